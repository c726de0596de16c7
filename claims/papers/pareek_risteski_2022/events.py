"""Proof of Theorem 2, the events E1 and E2: what the noisy input is, and how often both events occur."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import sympy
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from claims import Constant, Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, constant, exp, is_below, log, sqrt, total
from claims.engine.strategies import Instances, PositiveVectorEnsemble
from claims.papers.pareek_risteski_2022.generator import number
from claims.papers.pareek_risteski_2022.hypercube import GaussianTail
from claims.papers.pareek_risteski_2022.laws import TwoEvents, two_events, weights

PROOF = "Appendix E, proof of Theorem 2"
OVERLINES = (
    "extraction lost the overlines: 'Pr[E1] <= 1 - eps' and 'Pr[E2] <= eps/2' speak of the complements of E1, E2"
)


@dataclass(frozen=True)
class Rival:
    """A point x = signs * magnitudes, zeros included, and a vertex. Array: `magnitudes` [n, d]."""

    signs: tuple[int, ...]
    vertex: tuple[int, ...]
    magnitudes: Array

    @property
    def x(self) -> Array:
        """The point: [n, d]."""
        return self.magnitudes * constant(list(self.signs), self.magnitudes)


def sgn(x: Array) -> Array:
    """The signs as ±1, that of 0 is +1."""
    return 1 - 2 * is_below(x, 0)


def length(x: Array) -> Array:
    """The Euclidean norm: [n]."""
    return sqrt(total(x * x))


@st.composite
def rivals(draw: DrawFn) -> Instances:
    """d in 1..8, entries of both signs and zeros over twelve decades, every vertex."""
    d = draw(st.integers(1, 8))
    signs = draw(st.tuples(*[st.sampled_from((1, -1, 0))] * d))
    vertex = draw(st.tuples(*[st.sampled_from((1, -1))] * d))
    return Instances(Rival, (signs, vertex), (draw(weights(d)),))


def nearest_steps() -> Iterator[Step]:
    """Coordinate by coordinate: v_i = sgn(x_i) gives (x_i - v_i)² = (|x_i| - 1)², the other sign (|x_i| + 1)²."""
    size = sympy.Symbol("a", nonnegative=True)
    yield Step.nonnegative("(|x_i| + 1)² - (|x_i| - 1)²", sympy.expand((size + 1) ** 2 - (size - 1) ** 2))


@claim(
    "pareek-risteski-2022/theorem-2/step-nearest-vertex",
    statement=r"\|x - \mathrm{sgn}(x)\| \le \|x - G(z)\|",
    source=f"{PROOF}: implicit where Lemma 21, on ‖x - G(z)‖, is used for the event E2, on ‖x - sgn(x)‖",
    domain="all d >= 1, all x in R^d, all vertices G(z) of {±1}^d",
    readings=["not printed", "sgn(0) = +1"],
    by=[
        derivation(nearest_steps, "all d, x and vertices (coordinatewise, symbolic)"),
        search(rivals(), "d in 1..8, entries of both signs and zeros over twelve decades, every vertex"),
    ],
)
def nearest_vertex_is_the_sign(case: Rival) -> Margin:
    """No vertex of the hypercube is nearer to x than sgn(x)."""
    return Margin.at_most(length(case.x - sgn(case.x)), length(case.x - constant(list(case.vertex), case.x)))


@nearest_vertex_is_the_sign.mutant("‖x‖ in place of ‖x - G(z)‖")
def _(case: Rival) -> Margin:
    return Margin.at_most(length(case.x - sgn(case.x)), length(case.x))


@nearest_vertex_is_the_sign.mutant("the vertex (1, ..., 1) in place of sgn(x)")
def _(case: Rival) -> Margin:
    return Margin.at_most(length(case.x - 1), length(case.x - constant(list(case.vertex), case.x)))


@dataclass(frozen=True)
class Images:
    """A map C of {±1}^d to itself: pattern k, as an integer, goes to images[k]."""

    d: int
    images: tuple[int, ...]


def permutations() -> Iterator[Images]:
    """Every permutation of {±1}^d for d = 1, 2, 3: 2 + 24 + 40320."""
    for d in (1, 2, 3):
        for images in itertools.permutations(range(1 << d)):
            yield Images(d, images)


PERMUTATIONS = "every permutation of {±1}^d, d = 1, 2, 3 (40346 in all)"


def uniform_steps() -> Iterator[Step]:
    """sgn z is uniform (lemma-22/step-uniform), and a bijection has one pre-image for each y, so C(sgn z) = y has the
    probability 2^-d, that of x = y. Both then get independent noise N(0, beta² I): x + xi and G(z) + xi have one law.
    For any other map some y has no pre-image, so only bijections will do.
    """  # noqa: D205 - the proof
    for d in (1, 2):
        maps = list(itertools.product(range(1 << d), repeat=1 << d))
        agrees = all((sorted(images) == list(range(1 << d))) == (len(set(images)) == 1 << d) for images in maps)
        yield Step(f"of all {len(maps)} maps with d = {d}, the injective ones alone give the uniform law", agrees)


@claim(
    "pareek-risteski-2022/theorem-2/step-uniform-input",
    statement=r"\tilde x = x + \xi \text{ is distributed according to the distribution of the generator } G"
    r" \text{ (since } x \text{ is uniformly distributed on the hypercube)}",
    source=PROOF,
    domain="all d >= 1, all bijections C of {±1}^d, all beta > 0",
    readings=["the tilde of x in equation (47) is lost", "the noise is the same on both sides: the law of C(sgn z)"],
    rests_on=["pareek-risteski-2022/lemma-22/step-uniform"],
    by=[derivation(uniform_steps, "all d, all bijections (counting)"), exhaustive(permutations, PERMUTATIONS)],
)
def vertices_are_uniform(case: Images) -> Margin:
    """Each vertex y has exactly one of the 2^d equally likely sign patterns as its pre-image under C."""
    return _counts(case.images)


def _counts(images: tuple[int, ...], prior: tuple[int, ...] = ()) -> Margin:
    weight = prior or (1,) * len(images)
    sums = [sum(w for w, image in zip(weight, images, strict=True) if image == y) for y in range(len(images))]
    return Margin.equal(number(max(sums)), number(1)) & Margin.equal(number(min(sums)), number(1))


@vertices_are_uniform.mutant("C not injective: the last pattern goes where the first does")
def _(case: Images) -> Margin:
    return _counts((*case.images[:-1], case.images[0]))


@vertices_are_uniform.mutant("a prior that prefers the first pattern to the last")
def _(case: Images) -> Margin:
    return _counts(case.images, (2, *(1,) * (len(case.images) - 2), 0))


@dataclass(frozen=True)
class Dimension:
    """d, and eps(d) = d^-k."""

    d: int
    k: int


def dimensions() -> Iterator[Dimension]:
    """k = 0..8; d = (k+1)² and the ten that follow, then powers of two up to 4096."""
    for k in range(9):
        start = (k + 1) ** 2
        for d in sorted({*range(start, start + 11), *(1 << i for i in range(13) if 1 << i > start)}):
            yield Dimension(d, k)


def e2_steps() -> Iterator[Step]:
    """Lemma 21 in the limit c -> 1 gives Pr[not E2] <= exp(-d), and exp(-d) <= d^-k/2 iff d >= k ln d + ln 2. With r =
    sqrt(d) >= k + 1 and ln d = 2 ln r <= r (r - 2 ln r has its least value 2 - 2 ln 2 > 0 at r = 2):
    d - k ln d >= r² - k r >= r >= 1 > ln 2.
    """  # noqa: D205 - the proof
    r = sympy.Symbol("r", positive=True)
    k, extra = sympy.symbols("k e", nonnegative=True)
    least = 2 - 2 * sympy.log(2)
    yield Step.convex_minimum("r - 2 ln r", r - 2 * sympy.log(r), r, sympy.Integer(2), least)
    yield Step.nonnegative("2 - 2 ln 2", least)
    root = k + 1 + extra
    yield Step.nonnegative("r² - k r >= 1 for r >= k + 1", sympy.expand(root**2 - k * root - 1))
    yield Step.nonnegative("1 > ln 2", 1 - sympy.log(2))


@claim(
    "pareek-risteski-2022/theorem-2/step-e2",
    statement=r"\text{by Lemma 21, for a large enough } d,\ \Pr[\overline{E_2}] \le \frac{\epsilon(d)}{2}",
    source=PROOF,
    domain="all eps(d) = d^-k, k >= 0, all d >= (k + 1)²",
    readings=[
        OVERLINES,
        "eps(d) = 1/poly(d): eps(d) >= d^-k for some k. Large enough: d >= (k+1)² suffices; the least d from which on"
        " it holds are 1, 1, 3, 7, 10 for k = 0, 1, 2, 3, 4",
        "Lemma 21 is stated for c > 1 and used at c = 1, its limit",
    ],
    rests_on=["pareek-risteski-2022/lemma-21", "pareek-risteski-2022/theorem-2/step-nearest-vertex"],
    by=[
        derivation(e2_steps, "all k >= 0 and d >= (k+1)² (symbolic)"),
        exhaustive(dimensions, "k = 0..8, eleven d from (k+1)² on and powers of two to 4096; the exact tail, too"),
    ],
    constants={"half": Constant(0.5, 0.9)},
)
def noise_is_rarely_large(case: Dimension, half: float = 0.5) -> Margin:
    """Pr[‖xi‖ > 6 sqrt(d)] <= exp(-d) <= eps(d)/2."""
    return _rarely(case, half=half)


def _rarely(case: Dimension, half: float = 0.5, radius: float = 6.0, rate: float = 1.0) -> Margin:
    d = number(case.d)
    tail = GaussianTail(case.d, number(0)).beyond(number(1) * radius * sqrt(d))
    bound = exp(-rate * d)
    return Margin.at_most(tail, bound) & Margin.at_most(bound, half * exp(-case.k * log(d)))


@noise_is_rarely_large.mutant("radius 2 sqrt(d)")
def _(case: Dimension) -> Margin:
    return _rarely(case, radius=2.0)


@noise_is_rarely_large.mutant("the density's own rate, exp(-18 d)")
def _(case: Dimension) -> Margin:
    return _rarely(case, rate=18.0)


@noise_is_rarely_large.mutant("from d >= k + 1 on, no square")
def _(case: Dimension) -> Margin:
    return _rarely(Dimension(case.k + 1, case.k))


@noise_is_rarely_large.mutant("exp(-d/4)")
def _(case: Dimension) -> Margin:
    return _rarely(case, rate=0.25)


def intersection_steps() -> Iterator[Step]:
    """With a, b, c the probabilities of E1 without E2, of neither, of both: c = Pr[E1] - a and a <= a + b = Pr[not E2],
    so c >= eps - eps/2.
    """  # noqa: D205 - the proof
    a, b, more, slack = sympy.symbols("a b m s", nonnegative=True)
    eps = 2 * (a + b) + slack
    both = eps + more - a
    yield Step.nonnegative("Pr[E1 and E2] - eps/2", sympy.expand(both - eps / 2))


#: Nearly no outcome without either event, no slack: the union bound is met with equality in the limit.
DISJOINT = Instances(TwoEvents, (), (PositiveVectorEnsemble(5, (1.0, 1e-9, 1.0, 1e-9, 1e-9)),))


@claim(
    "pareek-risteski-2022/theorem-2/step-intersection",
    statement=r"\Pr[\overline{E_1} \vee \overline{E_2}] \le 1 - \frac{\epsilon(d)}{2},"
    r"\text{ i.e. } \Pr[E_1 \wedge E_2] \ge \frac{\epsilon(d)}{2}",
    source=PROOF,
    domain="all pairs of events with Pr[E1] >= eps and Pr[not E2] <= eps/2",
    readings=[OVERLINES, "extraction prints the second bound as 1 - an unreadable fraction; the third has eps/2"],
    rests_on=["pareek-risteski-2022/theorem-2/step-e2"],
    by=[
        derivation(intersection_steps, "all pairs of events (symbolic)"),
        search(two_events(), "joint laws of two events over twelve decades", corners=(DISJOINT,)),
    ],
    constants={"share": Constant(0.5, 1.01)},
)
def both_events_occur(case: TwoEvents, share: float = 0.5) -> Margin:
    """Pr[E1 and E2] >= eps/2, by the union bound."""
    return Margin.at_least(case.both / case.whole, constant(share, case.eps) * case.eps)


@both_events_occur.mutant("Pr[E1 and E2] >= eps")
def _(case: TwoEvents) -> Margin:
    return both_events_occur.margin(case, share=1.0)


@both_events_occur.mutant("as if E1 and E2 were independent")
def _(case: TwoEvents) -> Margin:
    first, second = case.both + case.free[..., 0], case.both + case.free[..., 2]
    return Margin.at_least(case.both / case.whole, first * second / (case.whole * case.whole))
