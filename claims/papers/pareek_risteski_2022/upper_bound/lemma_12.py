"""Lemma 12, the limit t -> infinity in (25), the lemma itself, and what it should say."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import sympy
import torch

from claims import Margin, Step, claim, derivation, exhaustive
from claims.engine.arithmetic import Array, constant, exp, greatest, log, upper_gamma
from claims.papers.pareek_risteski_2022.upper_bound.comparing_chains import (
    GRID,
    L12,
    MIXING,
    REGIONS,
    ROUNDING,
    SOURCE,
)
from claims.papers.pareek_risteski_2022.upper_bound.line import Region, variation

BEYOND = "Appendix C.1, Lemma 12"
VACUOUS = (
    "the hypothesis is for all t >= 0 at once, with one alpha. Where alpha < 1 nothing meets it, see"
    " step-25-hypothesis, and where alpha >= 1 the conclusion is empty: true, and of no use to Lemma 2"
)


def limit_steps() -> Iterator[Step]:
    """The events {z left D by the time t} grow to {z ever left D}, so the latter has probability at most alpha. At each
    t, Pr[z_t outside D] <= Pr[z left D by the time t] <= alpha; and P_t -> P in total variation, so P(D^c) <= alpha.
    That limit: L is smooth and e^{-L} integrable, so cutoffs of slope 1/n have energy at most int e^{-L}/n² -> 0; z is
    recurrent, hence does not explode, and has positive densities, so that P_t -> P from every start (Doob).
    """  # noqa: D205 - the proof
    alpha, slack, gap = sympy.symbols("alpha s g", nonnegative=True)
    at_t = alpha - slack
    yield Step.nonnegative("alpha + TV(P_t, P) - P(D^c), for P(D^c) <= P_t(D^c) + TV", alpha + gap - (at_t + gap))
    yield Step.limit("and TV(P_t, P) -> 0", alpha + gap, gap, 0, alpha)


def _limit(case: Region, ever: float, factor: float = 1.0) -> Margin:
    now = case.free[..., : case.first].sum(-1) + case.free[..., case.last :].sum(-1)
    stationary = 0 * now + case.outside
    return Margin.at_most(now, factor * case.left + ROUNDING) & Margin.at_most(stationary, 0 * now + ever)


@claim(
    f"{L12}/step-25",
    statement=r"\forall t\ge 0,\ \Pr[\exists a\in[0,t],\ z_a\notin D] \le \alpha \implies"
    r" \Pr[\exists a\in[0,\infty),\ z_a\notin D]\le\alpha \implies \Pr[z_\infty\notin D]\le\alpha",
    source=SOURCE + ", equation (25)",
    domain=REGIONS + "; L need not be convex",
    readings=[VACUOUS],
    by=[derivation(limit_steps, REGIONS), GRID],
)
def limit_of_the_exit_probability(case: Region) -> Margin:
    """Pr[z_t outside D] <= Pr[z left D by t], and P(D^c) <= Pr[z ever leaves D]."""
    return _limit(case, case.ever_left)


@limit_of_the_exit_probability.mutant("the exit probability up to the time 32 rad² for that of all times")
def _(case: Region) -> Margin:
    return _limit(case, float(case.left[-1].min()) + ROUNDING)


@limit_of_the_exit_probability.mutant("half of alpha")
def _(case: Region) -> Margin:
    return _limit(case, case.ever_left, factor=0.5)


@dataclass(frozen=True)
class Staying:
    """dz = -z dt + sqrt(2) dB in D = [-R, R], watched at whole times only. Array: `alpha` [1, n], all < 1."""

    radius: int
    alpha: Array

    def leaves(self) -> Array:
        """From any z_k in D, Pr[z_{k+1} outside D] is at least this: the noise has variance 1 - e^-2: [1, 1]."""
        variance = 1 - exp(constant([[-2]], self.alpha))
        return upper_gamma(0.5, self.radius**2 / (2 * variance))

    @property
    def steps(self) -> int:
        """A number n of steps after which Pr[z_1, ..., z_n in D] <= e^-20."""
        return math.ceil(20 / math.erfc(self.radius / math.sqrt(2 * (1 - math.exp(-2)))))

    def stays(self) -> Array:
        """(1 - Pr[leaves])^n, at least Pr[z_1, ..., z_n in D]: [1, 1]."""
        return exp(self.steps * log(1 - self.leaves()))


def staying_cases() -> Iterator[Staying]:
    """One case, for the sentence says "some alpha": alpha = 1/2, 9/10, ..., 1 - 10^-8."""
    alphas = [0.5, *(1 - 10.0**-k for k in range(1, 9))]
    yield Staying(4, torch.tensor([alphas], dtype=torch.float64))


def _some_alpha(case: Staying) -> Margin:
    best = greatest(case.stays() - (1 - case.alpha))
    return Margin.at_least(best, 0 * best)


def _worked_staying(case: Staying) -> list[str]:
    missed = math.erfc(case.radius / math.sqrt(2 * (1 - math.exp(-2))))
    return [
        f"L = z²/2, dz = -z dt + sqrt(2) dB, D = [-{case.radius}, {case.radius}]; given z_k, z_{{k+1}} is"
        " N(z_k/e, 1 - 1/e²)",
        f"Pr[|z_{{k+1}}| <= 4] is largest at z_k = 0 (Anderson): at most erf(4/sqrt(2 (1 - 1/e²))) = 1 - {missed:.3e}",
        f"after n = {case.steps} steps z has stayed with probability at most e^-20 = 2.1e-9, after more with less",
        "in general: if the drift is at most K on D, of diameter R, then sqrt(2) N(0,1) > R + K drives z out within"
        " each unit of time with a probability p > 0, wherever in D it is: (1 - p)^n -> 0",
    ]


@claim(
    f"{L12}/step-25-hypothesis",
    statement=r"\text{'Using Lemma 12 with } D \text{ defined as in Lemma 13, with } \alpha := \epsilon/4"
    r"\text{ in Lemma 13': } \forall T > 0,\ \Pr[\exists t\in[0,T],\ z_t \notin D] \le \alpha \text{ for some }"
    r" \alpha < 1",
    source="Appendix C.4, proof of Lemma 2; Appendix C.2, Lemma 13 ('for all T > 0'); 'the drift bound' before (25)",
    readings=["quoted with any alpha < 1 in place of eps/4, which makes it weaker; 0 < eps < 1"],
    domain="bounded D; the simplest case, L = z²/2 in one dimension and D = [-4, 4], refutes it",
    effect="Lemma 12 is never applicable with alpha = epsilon/4: every Langevin diffusion leaves every bounded D sooner"
    " or later, with probability 1. What the proof of Lemma 2 needs is true and is the repair of Lemma 12: the exit"
    " probability up to the one time T, and a bound on P(D^c), which must then be proved on its own.",
    by=[exhaustive(staying_cases, "L = z²/2, D = [-4, 4]; alpha = 1/2, 9/10, ..., 1 - 10^-8")],
    worked=_worked_staying,
)
def hypothesis_can_be_met(case: Staying) -> Margin:
    """For some alpha < 1, Pr[z_1, ..., z_n in D] >= 1 - alpha for all n."""
    return _some_alpha(case)


@hypothesis_can_be_met.mutant("a narrower region, [-1, 1]")
def _(case: Staying) -> Margin:
    return _some_alpha(Staying(1, case.alpha))


@hypothesis_can_be_met.mutant("a wider region, [-8, 8]")
def _(case: Staying) -> Margin:
    return _some_alpha(Staying(8, case.alpha))


def stationary_steps() -> Iterator[Step]:
    """(24) says that the distance is P(D^c), and (25) that this is at most alpha."""
    alpha, slack = sympy.symbols("alpha s", nonnegative=True)
    yield Step.nonnegative("alpha - P(D^c) for P(D^c) = alpha/(1 + s)", sympy.factor(alpha - alpha / (1 + slack)))


def _stationary(case: Region, alpha: float) -> Margin:
    gap = variation(case.law_in_region, case.line.law).reshape(1, 1)
    return Margin.at_most(gap, 0 * gap + alpha + ROUNDING)


@claim(
    f"{L12}/step-26",
    statement=r"d_{TV}(\tilde P, P) \le \alpha",
    source=SOURCE + ", equation (26)",
    domain=REGIONS + "; alpha as in the hypothesis",
    readings=[VACUOUS],
    rests_on=[f"{L12}/step-24", f"{L12}/step-25"],
    by=[derivation(stationary_steps, REGIONS), GRID],
)
def stationary_laws_are_close(case: Region) -> Margin:
    """TV(P~, P) <= the probability that z ever leaves D."""
    return _stationary(case, case.ever_left)


@stationary_laws_are_close.mutant("alpha up to the time 32 rad² only: one of two wells holds z for long")
def _(case: Region) -> Margin:
    return _stationary(case, float(case.left[-1].min()))


@stationary_laws_are_close.mutant("a third of alpha")
def _(case: Region) -> Margin:
    return _stationary(case, case.ever_left / 3)


def _within(case: Region, exit_part: torch.Tensor | float, stationary_part: float, rate: float = 0.5) -> Margin:
    decay = MIXING * torch.exp(-rate * case.times)[:, None]
    bound = exit_part + stationary_part + decay + ROUNDING
    return Margin.at_most(variation(case.free, case.line.law), bound)


def printed_steps() -> Iterator[Step]:
    """Let K bound |∇L| on D and R be its diameter. If z stays in D for a unit of time, its first coordinate moves by at
    least sqrt(2) (B_1 - B_0) - K and at most by R; so from wherever in D it leaves within that time with probability at
    least p = Pr[sqrt(2) N(0,1) > R + K] > 0, and stays for n units with at most (1 - p)^n -> 0. So the hypothesis asks
    that alpha >= 1, and d_TV <= 1 <= 2 alpha.
    """  # noqa: D205 - the proof
    p, n = sympy.Symbol("p", positive=True), sympy.Symbol("n", positive=True)
    yield Step.limit("(1 + p/(1-p))^-n -> 0, n = 1/m", (1 + p) ** (-1 / n), n, 0, 0)
    more = sympy.Symbol("a", nonnegative=True)
    yield Step.nonnegative("2 alpha - 1 at alpha = 1 + a", 2 * (1 + more) - 1)


@claim(
    L12,
    statement=r"\text{If } \forall t\ge 0,\ \Pr[\exists a\in[0,t],\ z_a\notin D] \le \alpha, \text{ then }"
    r" d_{TV}(P_t, P) \lesssim 2\alpha + e^{-t/(2\,\mathrm{rad}^2(D))}\ \forall t \ge 0",
    source=BEYOND,
    domain=REGIONS,
    readings=[
        VACUOUS,
        "D a ball and L convex over D (Lemma 4), z_0 in D: the proof uses them",
        "P_0 need not be absolutely continuous; a point will do, and the paper starts at one",
    ],
    effect="True and never applicable as it stands, so Lemma 2, which applies it with alpha = epsilon/4, is carried by"
    " its repair or not at all.",
    rests_on=[f"{L12}/step-{k}" for k in range(21, 27)],
    by=[derivation(printed_steps, REGIONS), GRID],
)
def close_to_the_stationary_law(case: Region) -> Margin:
    """TV(P_t, P) <= 2 alpha + e^{1/3} e^{-t/(2 rad²)}, alpha the probability that z ever leaves D."""
    return _within(case, case.ever_left, case.ever_left)


@close_to_the_stationary_law.mutant("alpha the probability of leaving by the time t: one of two wells holds z for long")
def _(case: Region) -> Margin:
    return _within(case, 2 * case.left, 0.0)


@close_to_the_stationary_law.mutant("without 2 alpha")
def _(case: Region) -> Margin:
    return _within(case, 0.0, 0.0)


@close_to_the_stationary_law.mutant("the rate 6/rad²")
def _(case: Region) -> Margin:
    return _within(case, case.ever_left, case.ever_left, rate=6.0)


def repaired_steps() -> Iterator[Step]:
    """(21), with (23) for the first term, (22) for the second and (24) for the third. Nothing is sent to infinity."""
    terms = sympy.symbols("first second third", nonnegative=True)
    slacks = sympy.symbols("u v w", nonnegative=True)
    bounds = [term + slack for term, slack in zip(terms, slacks, strict=True)]
    yield Step.nonnegative("the bounds add up", sympy.expand(sum(bounds) - sum(terms)))


@claim(
    f"{L12}/repair",
    statement=r"\Pr[\exists a\in[0,t],\ z_a\notin D]\le\alpha \text{ for one } t,\ P(D^c)\le\alpha' \implies"
    r" d_{TV}(P_t,P) \le \alpha + \alpha' + e^{1/3} e^{-t/(2\,\mathrm{rad}^2(D))}",
    source=BEYOND,
    domain=REGIONS,
    repairs=L12,
    changes="the exit probability up to the one time t, and the mass P(D^c) as a hypothesis of its own",
    rests_on=[f"{L12}/step-21", f"{L12}/step-22", f"{L12}/step-23", f"{L12}/step-24"],
    by=[derivation(repaired_steps, REGIONS), GRID],
)
def close_by_one_time(case: Region) -> Margin:
    """TV(P_t, P) <= Pr[z leaves D by the time t] + P(D^c) + e^{1/3} e^{-t/(2 rad²)}."""
    return _within(case, case.left, case.outside)


@close_by_one_time.mutant("without P(D^c): one of two wells holds z for long")
def _(case: Region) -> Margin:
    return _within(case, case.left, 0.0)


@close_by_one_time.mutant("the rate 6/rad²")
def _(case: Region) -> Margin:
    return _within(case, case.left, case.outside, rate=6.0)


@close_by_one_time.mutant("a third of P(D^c)")
def _(case: Region) -> Margin:
    return _within(case, case.left, case.outside / 3)
