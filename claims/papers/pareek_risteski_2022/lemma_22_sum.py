"""Appendix E, the last step of Lemma 22's proof: the sum over all other patterns."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, constant, exp, log, pi
from claims.papers.pareek_risteski_2022.hypercube import NearVertex, SmallNoise, small_noises
from claims.papers.pareek_risteski_2022.lemma_22_steps import BOUNDED, NOISE, ON_THE_RIM, log_density

WHERE = "all d >= 1, all 0 < beta <= 1/(7 sqrt d), all x with ‖x - sgn x‖ <= 6 beta sqrt(d), all permutations C"


def bound(near: NearVertex, weight: Array, rate: int = 10) -> Array:
    """2^d e^{-rate d} times a weight: [n]."""
    return exp(near.d * (log(constant(2.0, near.beta) + 0 * near.beta) - rate)) * weight


def density(near: NearVertex) -> Array:
    """p(x | sgn z) where C(sgn z) = sgn x, the density of N(sgn x, beta² I): [n]."""
    best = constant([1] * near.d, near.x)
    variance = near.beta * near.beta
    return exp(log_density(near.x, best, near.beta) - near.d * log(2 * pi(near.beta) * variance) / 2)


def target(near: NearVertex, rate: int = 2) -> Array:
    """e^{-rate d}: [n]."""
    return exp(constant(-rate * near.d, near.beta) + 0 * near.beta)


def worked(case: SmallNoise) -> list[str]:
    """The two sides of the printed chain, with numbers."""
    near = case.at(NOISE)
    x, beta = [float(v) for v in near.x[0]], float(near.beta[0])
    weight = float(bound(near, density(near))[0])
    return [
        f"d = {near.d}, x = {x}, beta = {beta:g}, sgn x = {[1.0] * near.d}",
        f"Pr[another pattern | x] = {float(near.wrong_sign()[0]):.3g}",
        f"2^d e^(-10d) times the density p(x | sgn z) = {weight:.3g}; e^(-2d) = {float(target(near)[0]):.3g}",
    ]


@claim(
    "pareek-risteski-2022/lemma-22/step-sum",
    statement=r"p(\mathrm{sgn}(z)\mid x) = 1 - \sum_{b \ne \mathrm{sgn}(z)} p(b\mid x)"
    r" \ge 1 - 2^d e^{-10d}\, p(x\mid \mathrm{sgn}(z)) \ge 1 - e^{-2d}",
    source="Appendix E, proof of Lemma 22",
    domain=WHERE,
    readings=["beta is as small as the step before asks for", "sgn(z) is C^{-1}(sgn x)"],
    effect="Harmless: p(x | sgn z) is a density and of any size; surely the posterior p(sgn z | x) <= 1 is meant.",
    rests_on=["pareek-risteski-2022/lemma-22/step-ratio-bound"],
    by=[search(small_noises(), BOUNDED, corners=(ON_THE_RIM,))],
    worked=worked,
)
def sum_with_the_density(case: SmallNoise) -> Margin:
    """Pr[another pattern | x] <= 2^d e^{-10d} p(x | sgn z) <= e^{-2d}."""
    near = case.at(NOISE)
    weight = bound(near, density(near))
    return Margin.at_most(near.wrong_sign(), weight) & Margin.at_most(weight, target(near))


@sum_with_the_density.mutant("e^{-30d}")
def _(case: SmallNoise) -> Margin:
    near = case.at(NOISE)
    return Margin.at_most(near.wrong_sign(), bound(near, density(near), rate=30))


@sum_with_the_density.mutant("the last bound e^{-10d}")
def _(case: SmallNoise) -> Margin:
    near = case.at(NOISE)
    return Margin.at_most(bound(near, density(near)), target(near, rate=10))


def sum_steps() -> Iterator[Step]:
    """By step-ratio-bound each of the 2^d - 1 other patterns has p(b|x) <= e^{-10d} p(sgn z|x), for a ratio of
    posteriors is one of likelihoods; and p(sgn z|x) <= 1, log 2 - 10 <= -2.
    """  # noqa: D205 - the proof
    yield Step.nonnegative("8 >= log 2", 8 - sympy.log(2))


@claim(
    "pareek-risteski-2022/lemma-22/step-sum/repair",
    statement=r"p(\mathrm{sgn}(z)\mid x) = 1 - \sum_{b \ne \mathrm{sgn}(z)} p(b\mid x)"
    r" \ge 1 - 2^d e^{-10d}\, p(\mathrm{sgn}(z)\mid x) \ge 1 - e^{-2d}",
    source="Appendix E, proof of Lemma 22",
    domain=WHERE,
    repairs="pareek-risteski-2022/lemma-22/step-sum",
    changes="p(sgn(z) | x) in place of p(x | sgn(z))",
    rests_on=["pareek-risteski-2022/lemma-22/step-ratio-bound"],
    by=[derivation(sum_steps, "all d, beta, x, C"), search(small_noises(), BOUNDED, corners=(ON_THE_RIM,))],
)
def sum_with_the_posterior(case: SmallNoise) -> Margin:
    """Pr[another pattern | x] <= 2^d e^{-10d} Pr[this pattern | x] <= e^{-2d}."""
    near = case.at(NOISE)
    weight = bound(near, 1 - near.wrong_sign())
    return Margin.at_most(near.wrong_sign(), weight) & Margin.at_most(weight, target(near))


@sum_with_the_posterior.mutant("2^d e^{-15d}")
def _(case: SmallNoise) -> Margin:
    near = case.at(NOISE)
    return Margin.at_most(near.wrong_sign(), bound(near, 1 - near.wrong_sign(), rate=15))


@sum_with_the_posterior.mutant("the last bound e^{-10d}")
def _(case: SmallNoise) -> Margin:
    near = case.at(NOISE)
    return Margin.at_most(bound(near, 1 - near.wrong_sign()), target(near, rate=10))
