"""Appendix E, Lemma 22: the posterior of the signs concentrates near the pre-image."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from claims import Constant, Margin, Step, claim, derivation, search
from claims.engine.arithmetic import constant, exp
from claims.papers.pareek_risteski_2022.hypercube import (
    NearVertex,
    PrintedNearVertex,
    SmallNoise,
    distance,
    printed_near_vertices,
    small_noises,
)
from claims.papers.pareek_risteski_2022.lemma_22_steps import (
    ANY_POINT,
    BOUNDED,
    FAR_END,
    NOISE,
    ON_THE_RIM,
    ONE_DIMENSION,
    PRINTED,
)

LOST = "the lost sign of inequality between sgn(z) and C^{-1}(sgn x) is restored"


def _concentrates(near: NearVertex) -> Margin:
    return Margin.at_most(near.wrong_sign(), exp(constant(-2 * near.d, near.beta) + 0 * near.beta))


def _worked_lemma(case: PrintedNearVertex) -> list[str]:
    near = case.near
    x, beta = [float(v) for v in near.x[0]], float(near.beta[0])
    return [
        f"d = {near.d}, C any permutation of {{±1}}^{near.d}, x = {x}, beta = {beta:g}",
        f"‖x - sgn x‖ = {float(distance(near.x)[0]):g} <= 6 beta sqrt(d) = {6 * beta * near.d**0.5:g}",
        "Pr[C(sgn z) = sgn x | x] = prod_i 1/(1 + exp(-2|x_i|/beta²))",
        f"so Pr[sgn z != C^-1(sgn x) | x] = {float(near.wrong_sign()[0]):g}"
        f" > exp(-2d) = {float(exp(constant(-2.0 * near.d, near.beta))):g}",
    ]


@claim(
    "pareek-risteski-2022/lemma-22",
    statement=r"\text{Let } x \text{ be such that } \|x - \mathrm{sgn}(x)\| \le 6\beta\sqrt d. \text{ Then }"
    r" \Pr_{z\sim p(z|x)}[\mathrm{sgn}(z) \ne C^{-1}(\mathrm{sgn}(x))] \le \exp(-2d)",
    source="Appendix E, Lemma 22",
    domain=ANY_POINT + ", all permutations C of {±1}^d",
    readings=[
        LOST,
        "beta is free, as printed; with Theorem 2's beta = o(1/sqrt d) the repair applies for large d",
    ],
    rests_on=[
        "pareek-risteski-2022/lemma-22/step-bayes",
        "pareek-risteski-2022/lemma-22/step-likelihood-ratio",
        "pareek-risteski-2022/lemma-22/step-ratio-bound",
        "pareek-risteski-2022/lemma-22/step-sum",
    ],
    carried_by=[
        "pareek-risteski-2022/lemma-22/step-likelihood-ratio/repair",
        "pareek-risteski-2022/lemma-22/step-sum/repair",
    ],
    effect="The statement lacks a bound on beta that its proof uses. Theorem 2 assumes beta = o(1/sqrt d), so it may"
    " use the repair for all large d.",
    by=[search(printed_near_vertices(), PRINTED, corners=(FAR_END, ONE_DIMENSION))],
    worked=_worked_lemma,
)
def posterior_concentrates(case: PrintedNearVertex) -> Margin:
    """The exact posterior probability of another sign pattern is at most exp(-2d)."""
    return _concentrates(case.near)


@posterior_concentrates.mutant("exp(-3d)")
def _(case: PrintedNearVertex) -> Margin:
    near = case.near
    return Margin.at_most(near.wrong_sign(), exp(constant(-3 * near.d, near.beta) + 0 * near.beta))


@posterior_concentrates.mutant("probability at least exp(-2d)")
def _(case: PrintedNearVertex) -> Margin:
    near = case.near
    return Margin.at_least(near.wrong_sign(), exp(constant(-2 * near.d, near.beta) + 0 * near.beta))


def lemma_22_steps() -> Iterator[Step]:
    """As printed, with probabilities for densities: each of the 2^d - 1 patterns b with C(b) != sgn x has posterior at
    most e^{-10d} (step-ratio-bound, with the constant 1/7; C is a permutation), so the probability of all of them is at
    most 2^d e^{-10d} <= e^{-2d}, as log 2 - 10 <= -2.
    """  # noqa: D205 - the proof
    yield Step.nonnegative("8 >= log 2", 8 - sympy.log(2))


@claim(
    "pareek-risteski-2022/lemma-22/repair",
    statement=r"\text{Let } \beta \le \frac{1}{7\sqrt d} \text{ and } \|x - \mathrm{sgn}(x)\| \le 6\beta\sqrt d."
    r" \text{ Then }"
    r" \Pr_{z\sim p(z|x)}[\mathrm{sgn}(z) \ne C^{-1}(\mathrm{sgn}(x))] \le \exp(-2d)",
    source="Appendix E, Lemma 22",
    domain="all d >= 1, all 0 < beta <= 1/(7 sqrt d), all x with ‖x - sgn x‖ <= 6 beta sqrt(d), all permutations C",
    repairs="pareek-risteski-2022/lemma-22",
    changes="adds the hypothesis beta <= 1/(7 sqrt d), which beta = o(1/sqrt d) gives for all large d",
    readings=[LOST],
    rests_on=["pareek-risteski-2022/lemma-22/step-bayes", "pareek-risteski-2022/lemma-22/step-ratio-bound"],
    by=[
        derivation(lemma_22_steps, "all d, beta <= 1/(7 sqrt d) (symbolic)"),
        search(small_noises(), BOUNDED, corners=(ON_THE_RIM,)),
    ],
    constants={"c": Constant(NOISE, 1.02)},
)
def posterior_concentrates_for_small_noise(case: SmallNoise, c: float = NOISE) -> Margin:
    """The exact posterior probability of another sign pattern is at most exp(-2d)."""
    return _concentrates(case.at(c))


@posterior_concentrates_for_small_noise.mutant("beta <= 1/(6.05 sqrt d)")
def _(case: SmallNoise) -> Margin:
    return _concentrates(case.at(1 / 6.05))


@posterior_concentrates_for_small_noise.mutant("exp(-20 d)")
def _(case: SmallNoise) -> Margin:
    near = case.at(NOISE)
    return Margin.at_most(near.wrong_sign(), exp(constant(-20 * near.d, near.beta) + 0 * near.beta))
