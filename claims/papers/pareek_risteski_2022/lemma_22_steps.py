"""Appendix E, the steps of Lemma 22's proof: Bayes' rule, the likelihood ratio, and its bound."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from random import Random

import sympy

from claims import Constant, Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, constant, exp, greatest, sqrt, total
from claims.engine.strategies import PositiveEnsemble, PositiveVectorEnsemble
from claims.papers.pareek_risteski_2022.hypercube import (
    NearVertex,
    PrintedNearVertex,
    PrintedNearVertices,
    SmallNoise,
    SmallNoises,
    printed_near_vertices,
    small_noises,
)

PRINTED = "d in 1..8, x over four decades, every beta that the hypothesis admits over eight decades"
#: Statements that run through all 2^d vertices: what can go wrong with a vertex goes wrong with one of sixteen.
FEW = "d in 1..4, x over four decades, every beta that the hypothesis admits over eight decades"
BOUNDED = "d in 1..8, 16 and 64; beta sqrt(d) and ‖x - sgn x‖ from far below their bounds up to them"
ANY_POINT = "all d >= 1, all beta > 0, all x with ‖x - sgn x‖ <= 6 beta sqrt(d)"

#: beta <= 1/(7 sqrt d): a round constant below the largest one that the exact posterior allows.
NOISE = 1 / 7

ONE_DIMENSION = PrintedNearVertices(PositiveVectorEnsemble(1), PositiveEnsemble())
#: x = 1 - 6 beta in one dimension, with 6 beta just below 1: the hypothesis is met with equality, nearly.
FAR_END = PrintedNearVertices(PositiveVectorEnsemble(1, 0.015), PositiveEnsemble(1e-8))
ON_THE_RIM = SmallNoises(1, PositiveEnsemble(1e-8), PositiveEnsemble(1e-8), one_sided=True)


def log_density(x: Array, vertex: Array, beta: Array) -> Array:
    """The log-density of N(vertex, beta² I) at x, less the part that is the same for every vertex: [n]."""
    return -total((x - vertex) * (x - vertex)) / (2 * beta * beta)


def vertices(near: NearVertex) -> list[Array]:
    """All vertices of {±1}^d, the nearest to x first."""
    return [constant(list(signs), near.x) for signs in itertools.product((1, -1), repeat=near.d)]


def bayes_steps() -> Iterator[Step]:
    """On the orthant where sgn z = b the mean is G(z) = C(b), so p(x|sgn z = b) = N(x; C(b), beta² I). Bayes' rule
    gives p(b|x) = 2^-d p(x|b) / sum_b' 2^-d p(x|b'): the uniform prior cancels, which is the printed proportionality.

    The rest is ours, for the exact posterior in `hypercube`: as C is a bijection the sum runs over all vertices v, and
    exp(-‖x - v‖²/(2 beta²)) is a product over coordinates, so by the distributive law sum_v = prod_i (w_i(+1) +
    w_i(-1)); the posterior of v = sgn x is the product of one factor a coordinate.
    """  # noqa: D205 - the proof
    x = sympy.Symbol("x", real=True)
    beta, prior, weights = sympy.symbols("beta p W", positive=True)
    right, wrong = (sympy.exp(-((x - v) ** 2) / (2 * beta**2)) for v in (1, -1))
    factor = 1 / (1 + sympy.exp(-2 * x / beta**2))
    odds = sympy.simplify(wrong / right)
    yield Step.vanishes("a uniform prior cancels", prior * right / (prior * weights) - right / weights)
    yield Step.vanishes("w(-1)/w(+1) = exp(-2x/beta²)", odds - sympy.exp(-2 * x / beta**2))
    yield Step.vanishes("w(+1)/(w(+1) + w(-1)) = 1/(1 + odds)", sympy.simplify(1 / (1 + odds) - factor))


@claim(
    "pareek-risteski-2022/lemma-22/step-bayes",
    statement=r"\text{By Bayes rule, since } p(\mathrm{sgn}(z)) \text{ is uniform, }"
    r" p(\mathrm{sgn}(z)\mid x) \propto p(x \mid \mathrm{sgn}(z))",
    source="Appendix E, proof of Lemma 22",
    domain="all d >= 1, all beta > 0, all x, all permutations C of {±1}^d",
    rests_on=["pareek-risteski-2022/lemma-22/step-uniform"],
    by=[
        derivation(bayes_steps, "all d, beta, x, C (Bayes' rule; the product coordinatewise, symbolic)"),
        search(printed_near_vertices(largest=4), f"{FEW}; a shuffled C in each dimension", corners=(ONE_DIMENSION,)),
    ],
)
def posterior_of_the_signs(case: PrintedNearVertex) -> Margin:
    """Summed over all sign patterns b, with their means C(b), Pr[sgn z != C^-1(sgn x) | x] is the product formula."""
    return _posterior(case, lambda _: 1)


def permutation(d: int) -> list[tuple[int, ...]]:
    """A permutation C of {±1}^d, shuffled by d: entry k is C of the k-th pattern in lexical order."""
    images = list(itertools.product((1, -1), repeat=d))
    Random(d).shuffle(images)
    return images


def _posterior(case: PrintedNearVertex, prior: Callable[[tuple[int, ...]], float], scale: float = 1.0) -> Margin:
    """Bayes' rule with a prior over patterns, and noise of variance scale * beta², against the product formula."""
    near = case.near
    best = constant([1] * near.d, near.x)
    beta = near.beta * sqrt(constant(scale, near.beta))
    right = wrong = 0 * near.beta
    for b, image in zip(itertools.product((1, -1), repeat=near.d), permutation(near.d), strict=True):
        mean = constant(list(image), near.x)
        weight = prior(b) * exp(log_density(near.x, mean, beta) - log_density(near.x, best, beta))
        if set(image) == {1}:
            right = right + weight
        else:
            wrong = wrong + weight
    return Margin.equal(near.wrong_sign() * (right + wrong), wrong)


@posterior_of_the_signs.mutant("a prior that prefers the pattern (1, ..., 1)")
def _(case: PrintedNearVertex) -> Margin:
    return _posterior(case, lambda b: 2 if set(b) == {1} else 1)


@posterior_of_the_signs.mutant("one pattern left out of the sum")
def _(case: PrintedNearVertex) -> Margin:
    return _posterior(case, lambda b: 0 if set(b) == {-1} else 1)


@posterior_of_the_signs.mutant("twice the variance")
def _(case: PrintedNearVertex) -> Margin:
    return _posterior(case, lambda _: 1, scale=2.0)


def _ratio(case: PrintedNearVertex, denominator: float) -> Margin:
    near = case.near
    best, *others = vertices(near)
    margin = None
    for b in others:
        true = log_density(near.x, b, near.beta) - log_density(near.x, best, near.beta)
        gap = total((near.x - b) * (near.x - b)) - total((near.x - best) * (near.x - best))
        part = Margin.equal(true, -gap / (denominator * near.beta * near.beta))
        margin = part if margin is None else margin & part
    assert margin is not None
    return margin


def _worked_ratio(case: PrintedNearVertex) -> list[str]:
    near = case.near
    x, beta = [float(v) for v in near.x[0]], float(near.beta[0])
    other = [-1.0, *([1.0] * (near.d - 1))]
    gap = sum((v - b) ** 2 - (v - 1) ** 2 for v, b in zip(x, other, strict=True))
    return [
        f"x = {x}, beta = {beta:g}, b = {other}, sgn(z) = {[1.0] * near.d}",
        f"‖x - b‖² - ‖x - sgn z‖² = {gap:g}",
        f"densities of N(., beta² I): log ratio = -{gap:g}/(2 beta²) = {-gap / (2 * beta * beta):g}",
        f"printed: -{gap:g}/beta² = {-gap / (beta * beta):g}",
    ]


@claim(
    "pareek-risteski-2022/lemma-22/step-likelihood-ratio",
    statement=r"\frac{p(x\mid b)}{p(x\mid \mathrm{sgn}(z))}"
    r" = e^{-\frac{1}{\beta^2}\left(\|x-b\|^2 - \|x-\mathrm{sgn}(z)\|^2\right)}",
    source="Appendix E, proof of Lemma 22",
    domain="all d >= 1, all beta > 0, all x, all b != sgn(z) in {±1}^d",
    readings=[
        "b and sgn(z) stand for the vertices C(b) and C(sgn z)",
        "the sign of the exponent in the denominator of the middle expression is a slip: the last one has it right",
        "1/beta² without the 2 is legible in all three places: no loss of extraction",
    ],
    effect="A factor 2 in an exponent, which o(1/sqrt d) absorbs: the bound that e^{-10d} asks of beta sqrt(d) falls"
    " from (sqrt 46 - 6)/5 to (sqrt 14 - 3)/5.",
    by=[search(printed_near_vertices(largest=4), FEW, corners=(ONE_DIMENSION,))],
    worked=_worked_ratio,
)
def likelihood_ratio(case: PrintedNearVertex) -> Margin:
    """The log of the ratio of two Gaussian densities of variance beta² is the printed exponent."""
    return _ratio(case, 1)


@likelihood_ratio.mutant("the printed sign in the denominator taken at its word")
def _(case: PrintedNearVertex) -> Margin:
    return _ratio(case, -2)


@likelihood_ratio.mutant("1/(4 beta²)")
def _(case: PrintedNearVertex) -> Margin:
    return _ratio(case, 4)


def ratio_steps() -> Iterator[Step]:
    """The density of N(v, beta² I) at x is a constant times exp(-‖x - v‖²/(2 beta²)): the constants cancel, and the
    exponents subtract, coordinate by coordinate.
    """  # noqa: D205 - the proof
    x, b, s = sympy.symbols("x b s", real=True)
    beta = sympy.Symbol("beta", positive=True)
    at_b, at_s = (sympy.exp(-((x - v) ** 2) / (2 * beta**2)) / (beta * sympy.sqrt(2 * sympy.pi)) for v in (b, s))
    ratio = sympy.log(sympy.simplify(at_b / at_s))
    printed = -((x - b) ** 2 - (x - s) ** 2) / (2 * beta**2)
    yield Step.vanishes(
        "log p(x|b) - log p(x|s), a coordinate", sympy.simplify(sympy.expand_log(ratio, force=True) - printed)
    )


@claim(
    "pareek-risteski-2022/lemma-22/step-likelihood-ratio/repair",
    statement=r"\frac{p(x\mid b)}{p(x\mid \mathrm{sgn}(z))}"
    r" = e^{-\frac{1}{2\beta^2}\left(\|x-b\|^2 - \|x-\mathrm{sgn}(z)\|^2\right)}",
    source="Appendix E, proof of Lemma 22",
    domain="all d >= 1, all beta > 0, all x, all b != sgn(z) in {±1}^d",
    repairs="pareek-risteski-2022/lemma-22/step-likelihood-ratio",
    changes="1/(2 beta²) in place of 1/beta²",
    by=[
        derivation(ratio_steps, "all d, beta, x, b (coordinatewise, symbolic)"),
        search(printed_near_vertices(largest=4), FEW, corners=(ONE_DIMENSION,)),
    ],
)
def likelihood_ratio_with_the_half(case: PrintedNearVertex) -> Margin:
    """The log of the ratio of two Gaussian densities of variance beta²."""
    return _ratio(case, 2)


@likelihood_ratio_with_the_half.mutant("1/beta², as printed")
def _(case: PrintedNearVertex) -> Margin:
    return _ratio(case, 1)


@likelihood_ratio_with_the_half.mutant("the sign turned")
def _(case: PrintedNearVertex) -> Margin:
    return _ratio(case, -2)


def ratio_bound_steps() -> Iterator[Step]:
    """Let b differ from s = sgn(x) in k >= 1 places, so ‖x - b‖² - ‖x - s‖² = 4 sum_{those i} s_i x_i. By
    Cauchy-Schwarz the sum is at least k - sqrt(k) ‖x - s‖ >= k (1 - ‖x - s‖) >= k/7, as ‖x - s‖ <= 6 beta sqrt(d)
    <= 6/7. So the exponent is at least 4 (k/7)/(2 beta²) >= (2k/7) 49 d = 14 k d >= 10 d.
    """  # noqa: D205 - the proof
    x, s = sympy.symbols("x s", real=True)
    k, d = sympy.symbols("k d", positive=True, integer=True)
    yield Step.vanishes("(x + s)² - (x - s)² = 4 s x", (x + s) ** 2 - (x - s) ** 2 - 4 * s * x)
    root = sympy.Symbol("r", nonnegative=True)  # sqrt(k) = 1 + r
    yield Step.nonnegative("k - sqrt(k) rho >= k (1 - rho): sqrt(k) >= 1", (1 + root) ** 2 - (1 + root))
    exponent = 4 * (k / 7) * 49 * d / 2
    yield Step.vanishes("the exponent at the bounds is 14 k d", exponent - 14 * k * d)
    extra = sympy.Symbol("j", nonnegative=True, integer=True)
    yield Step.nonnegative("14 k d >= 10 d", sympy.expand((14 * k * d - 10 * d).subs(k, 1 + extra)))


@claim(
    "pareek-risteski-2022/lemma-22/step-ratio-bound",
    statement=r"e^{-\frac{1}{\beta^2}(\|x-b\|^2-\|x-\mathrm{sgn}(z)\|^2)} \le e^{-10d}"
    r"\text{ for } \beta = o(1/\sqrt d) \text{ and a small enough constant in the } o(\cdot)",
    source="Appendix E, proof of Lemma 22",
    domain="all d >= 1, all 0 < beta <= c/sqrt(d) for the small enough constant c = 1/7 (found here), all x with"
    " ‖x - sgn x‖ <= 6 beta sqrt(d), C(sgn z) = sgn x, all b != sgn z",
    readings=[
        "a constant in o(.): there is a c > 0 such that it holds for every beta <= c/sqrt(d)",
        "checked with 1/(2 beta²): the difference of squares is positive, so with the printed 1/beta² it is smaller",
        "b and sgn(z) stand for C(b) and C(sgn z) = sgn x",
    ],
    by=[
        derivation(ratio_bound_steps, "all d, b, beta <= 1/(7 sqrt d) (symbolic)"),
        search(small_noises(), BOUNDED, corners=(ON_THE_RIM,)),
    ],
    rests_on=["pareek-risteski-2022/lemma-22/step-likelihood-ratio"],
    carried_by=["pareek-risteski-2022/lemma-22/step-likelihood-ratio/repair"],
    constants={"c": Constant(NOISE, 1.02)},
)
def every_other_pattern_is_unlikely(case: SmallNoise, c: float = NOISE) -> Margin:
    """2 x_i/beta² >= 10 d for the worst single flip, and so for every set of flips (they add up)."""
    return _flip_costs(case.at(c), 10)


def _flip_costs(near: NearVertex, rate: int) -> Margin:
    least = -greatest(-near.x)
    return Margin.at_least(2 * least / (near.beta * near.beta), constant(rate * near.d, near.beta) + 0 * near.beta)


@every_other_pattern_is_unlikely.mutant("e^{-15 d}")
def _(case: SmallNoise) -> Margin:
    return _flip_costs(case.at(NOISE), 15)


@every_other_pattern_is_unlikely.mutant("beta <= 1/(6.2 sqrt d)")
def _(case: SmallNoise) -> Margin:
    return every_other_pattern_is_unlikely.margin(case, c=1 / 6.2)
