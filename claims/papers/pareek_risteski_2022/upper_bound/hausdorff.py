"""Section 2, Remark 1, first bullet: what Lipschitz maps do to the Hausdorff dimension."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import sympy
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, exp, greatest, log, sin, stack, total
from claims.engine.strategies import PositiveEnsemble, PositiveVectorEnsemble
from claims.papers.pareek_risteski_2022.laws import Instances
from claims.papers.pareek_risteski_2022.upper_bound.dimensions import R1, SOURCE, exact

#: Scales 2^-j at which boxes are counted.
COARSE, FINE = 4, 8


@dataclass(frozen=True)
class Stretched:
    """f(x, y) = (a x, b y) on the unit square, Lipschitz with M = max(a, b)."""

    a: Fraction
    b: Fraction

    def boxes(self, j: int) -> int:
        """How many boxes of side 2^-j cover the image [0, a] x [0, b]."""
        across, up = (max(-(-(side * 2**j) // 1), 1) for side in (self.a, self.b))
        return int(across * up)


def stretched() -> Iterator[Stretched]:
    """The square, half of it, a side, a point."""
    for a, b in ((1, 1), (1, Fraction(1, 2)), (1, 0), (0, 0)):
        yield Stretched(Fraction(a), Fraction(b))


def _dimension(case: Stretched, dimension: int) -> tuple[Array, Array]:
    """Both sides of N(2^-8) = 2^(4 dimension) N(2^-4), the count of a set of that dimension."""
    return exact(case.boxes(FINE)), exact(case.boxes(COARSE) * 2 ** ((FINE - COARSE) * dimension))


@claim(
    f"{R1}-hausdorff",
    statement=r"\text{Lipschitz maps preserve the Hausdorff dimension}",
    source=SOURCE,
    domain="all Lipschitz maps; attacked at linear ones of the unit square",
    effect="Harmless: what is used is that no Lipschitz map raises it, so none maps R onto R².",
    by=[exhaustive(stretched, "images of the square under (a x, b y), boxes of side 2^-4 and 2^-8")],
    worked=lambda case: [
        f"f(x, y) = ({case.a} x, {case.b} y) is Lipschitz, M = {max(case.a, case.b)}; the unit square has dimension 2",
        f"boxes of side 2^-j that cover the square: {4**COARSE} at j = {COARSE}, {4**FINE} at j = {FINE}: 4^j",
        f"that cover its image: {case.boxes(COARSE)} and {case.boxes(FINE)}: 2^j, a segment, of dimension 1",
    ],
)
def images_have_the_dimension_of_the_square(case: Stretched) -> Margin:
    """The image of the square has dimension 2."""
    return Margin.equal(*_dimension(case, 2))


@images_have_the_dimension_of_the_square.mutant("the image has dimension 1")
def _(case: Stretched) -> Margin:
    return Margin.equal(*_dimension(case, 1))


@images_have_the_dimension_of_the_square.mutant("the dimension is raised by one")
def _(case: Stretched) -> Margin:
    return Margin.at_least(*_dimension(case, 3))


@dataclass(frozen=True, repr=False)
class Cover:
    """Sets U_1, U_2, ... of points each, and a map h with slope between m and M in each coordinate.

    h(u) = (m + M)/2 u + (M - m)/2 sin u, so m‖x - y‖ <= ‖h(x) - h(y)‖ <= M‖x - y‖. Arrays: `place` [n, sets * points *
    dims], `m`, `more` = M - m and the exponent `s`, all positive [n].
    """

    sets: int
    points: int
    place: Array
    m: Array
    more: Array
    s: Array

    def __repr__(self) -> str:
        return f"Cover({self.sets} sets of {self.points} points)"

    @property
    def M(self) -> Array:  # noqa: N802 - the paper's letter
        """The Lipschitz constant: [n]."""
        return self.m + self.more

    def image(self) -> Array:
        """The points' images, flat as `place`: [n, sets * points * dims]."""
        middle, half = (self.m + self.more / 2)[..., None], (self.more / 2)[..., None]
        return middle * self.place + half * sin(self.place)

    def size(self, place: Array) -> Array:
        """sum_i diam(U_i)^s: [n]."""
        at = place.reshape(place.shape[0], self.sets, self.points, -1)
        gaps = [at[..., i, :] - at[..., j, :] for i in range(self.points) for j in range(i)]
        squares = greatest(stack([total(gap * gap) for gap in gaps]))
        return total(exp(self.s[..., None] / 2 * log(squares)))


def covers() -> SearchStrategy[Instances]:
    """One to three sets of two or three points in one to three dimensions; slopes alike or far apart."""
    found = []
    for sets, points, dims in ((1, 2, 1), (1, 3, 2), (3, 2, 2), (2, 3, 3)):
        for more in (1e-3, 1.0, 1e3):
            numbers = (PositiveEnsemble(), PositiveEnsemble(more), PositiveEnsemble())
            found.append(Instances(Cover, (sets, points), (PositiveVectorEnsemble(sets * points * dims), *numbers)))
    return st.sampled_from(found)


def cover_steps() -> Iterator[Step]:
    """The image of a set of diameter r has diameter at most M r, so a cover of A by U_i gives one of f(A) by f(U_i),
    sum diam^s <= M^s sum diam(U_i)^s: H^s(f(A)) <= M^s H^s(A), and dim f(A) <= dim A. With m‖x - y‖ <= ‖f(x) - f(y)‖
    the same holds for the inverse on f(A), with 1/m: dim A <= dim f(A).
    """  # noqa: D205 - the proof
    r, short, M, m = sympy.symbols("r q M m", positive=True)
    yield Step.nonnegative("M r - diam f(U), short by q", M * r - (M * r - short))
    yield Step.vanishes("the inverse: diam U <= diam f(U)/m", (m * r) / m - r)


@claim(
    f"{R1}-hausdorff/repair",
    statement=r"\text{Lipschitz maps never raise the Hausdorff dimension: } H^s(f(A)) \le M^s H^s(A);\ "
    r"\text{those with } m\|x - y\| \le \|f(x) - f(y)\|,\ m > 0, \text{ preserve it: } m^s H^s(A) \le H^s(f(A))",
    source=SOURCE,
    domain="all Lipschitz maps of subsets of R^d, all s >= 0",
    repairs=f"{R1}-hausdorff",
    changes="never raise in place of preserve; preserve with the lower bound",
    by=[
        derivation(cover_steps, "all maps, sets and exponents"),
        search(covers(), "up to 3 sets of up to 3 points in up to 3 dimensions; one family of maps"),
    ],
)
def covers_grow_by_the_constant(case: Cover) -> Margin:
    """m^s sum diam(U_i)^s <= sum diam(f(U_i))^s <= M^s sum diam(U_i)^s."""
    return _between(case, case.m, case.M)


def _between(case: Cover, low: Array, high: Array) -> Margin:
    before, after = case.size(case.place), case.size(case.image())
    least, most = (exp(case.s * log(slope)) * before for slope in (low, high))
    return Margin.at_least(after, least) & Margin.at_most(after, most)


@covers_grow_by_the_constant.mutant("the middle slope from above")
def _(case: Cover) -> Margin:
    return _between(case, case.m, case.m + case.more / 2)


@covers_grow_by_the_constant.mutant("M from below: every diameter grows by M")
def _(case: Cover) -> Margin:
    return _between(case, case.M, case.M)
