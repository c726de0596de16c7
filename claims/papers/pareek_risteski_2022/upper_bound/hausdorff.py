"""Section 2, Remark 1, first bullet: what Lipschitz maps do to the Hausdorff dimension."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import sympy
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, exp, greatest, log, sin, stack, total
from claims.engine.strategies import Instances, PositiveEnsemble, PositiveVectorEnsemble
from claims.papers.pareek_risteski_2022.upper_bound.dimensions import R1, SOURCE, exact

#: Scales 2^-j at which boxes are counted.
COARSE, FINE = 4, 8


@dataclass(frozen=True)
class Stretched:
    """x -> (a_1 x_1, ..., a_k x_k) on the unit cube of dimension k, Lipschitz with M = max(a); each a_i in 0, 1/2, 1.

    The image is a cuboid, whose Hausdorff dimension is its box dimension, the number of a_i > 0.
    """

    sides: tuple[Fraction, ...]

    def boxes(self, j: int) -> int:
        """How many boxes of side 2^-j cover the image [0, a_1] x ... x [0, a_k]."""
        return math.prod(max(math.ceil(side * 2**j), 1) for side in self.sides)

    @property
    def dimension(self) -> Fraction:
        """The box dimension of the image: log2 of N(2^-8)/N(2^-4), a power of two, over 4."""
        more = self.boxes(FINE) // self.boxes(COARSE)
        return Fraction(more.bit_length() - 1, FINE - COARSE)


def stretched() -> Iterator[Stretched]:
    """A constant map of the unit interval; its identity; the square, half of it, and its projection to a side."""
    zero, half, one = Fraction(0), Fraction(1, 2), Fraction(1)
    for sides in ((zero,), (one,), (one, one), (one, half), (one, zero)):
        yield Stretched(sides)


def _worked(case: Stretched) -> list[str]:
    found = [
        "f(x) = 0 on [0, 1] is Lipschitz with any M > 0; its image is one point, covered by one set of diameter 0:"
        " dimension 0, where [0, 1] has dimension 1",
        "f(x, y) = (x, 0) is Lipschitz, M = 1; the unit square has dimension 2, its image, a segment, dimension 1",
        f"boxes of side 2^-{COARSE} and 2^-{FINE} that cover the square: {4**COARSE} and {4**FINE}, 4^j; the segment:"
        f" {2**COARSE} and {2**FINE}, 2^j; that is the box dimension, which for a cuboid is the Hausdorff dimension",
    ]
    image = " x ".join(f"[0, {side}]" for side in case.sides)
    return [*found, f"here: [0, 1]^{len(case.sides)} -> {image}, dimension {case.dimension}"]


@claim(
    f"{R1}-hausdorff",
    statement=r"\text{Lipschitz maps preserve the Hausdorff dimension}",
    source=SOURCE,
    domain="all Lipschitz maps; attacked at linear ones of the unit interval and square",
    readings=["where boxes are counted, it is the box dimension; for the cuboids here both dimensions are the same"],
    effect="Harmless: what is used is that no Lipschitz map raises it, so none maps R onto R².",
    by=[exhaustive(stretched, "a constant map of the interval, the projection of the square, and maps with m > 0")],
    worked=_worked,
)
def images_have_the_dimension_of_the_cube(case: Stretched) -> Margin:
    """The image of the unit cube of dimension k has dimension k."""
    return Margin.equal(exact(case.dimension), exact(len(case.sides)))


@images_have_the_dimension_of_the_cube.mutant("the image has dimension 1")
def _(case: Stretched) -> Margin:
    return Margin.equal(exact(case.dimension), exact(1))


@images_have_the_dimension_of_the_cube.mutant("the dimension is raised by one")
def _(case: Stretched) -> Margin:
    return Margin.at_least(exact(case.dimension), exact(len(case.sides) + 1))


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
