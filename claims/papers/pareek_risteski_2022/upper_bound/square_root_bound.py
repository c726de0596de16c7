"""Appendix C.2, Lemma 14: a Cox-Ingersoll-Ross process stays below a level, up to any time."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import sympy
import torch
from scipy.stats import chi2, ncx2, poisson

from claims import Margin, Step, claim, derivation, exhaustive, simulation
from claims.engine.arithmetic import Array, constant, exp, log, upper_gamma
from claims.papers.pareek_risteski_2022.upper_bound.reflection import APART
from claims.papers.pareek_risteski_2022.upper_bound.square_root_process import L14
from claims.papers.pareek_risteski_2022.upper_bound.suprema import (
    ERROR,
    SECOND_ROUTE,
    Path,
    finer,
    tensor,
)

SOURCE = "Appendix C.2, Lemma 14"
LOST = "the argument 4N/eps of the logarithm and 'Pr[...] >= 1 - eps' are lost in the text; restored from eq. (38)"
STEPS = [f"{L14}/step-{k}" for k in (33, 34, 35, 36, 37)]


@dataclass(frozen=True)
class Watched:
    """X from 0, looked at n times, w tau = 5, T = n tau. Array `eps` [1, 1].

    Whatever X was, wX/(1 - e^{-5}) after tau is stochastically larger than a chi-square variable of N degrees.
    """

    N: int
    n: int
    eps: Array

    def leaves(self, level: Array) -> Array:
        """A lower bound of Pr[some wX_t > level, t <= T]."""
        once = upper_gamma(self.N / 2, level / (2 * (1 - exp(constant([[-APART]], level)))))
        return 1 - exp(self.n * log(1 - once))

    def printed(self, factor: float = 4.0, inner: float = 4.0) -> Array:
        """w times the printed level from X_0 = 0: 4N log(4N/eps)."""
        return factor * self.N * log(inner * self.N / self.eps)


def watched() -> Iterator[Watched]:
    """eps = 1/2, 1/10, 1/1000 and N = 1, 2, 4 at 10^0, 10^3, ..., 10^60 looks."""
    for eps, N, k in itertools.product((0.5, 0.1, 1e-3), (1, 2, 4), range(0, 61, 3)):
        yield Watched(N, 10**k, np.array([[eps]]))


def _worked(case: Watched) -> list[str]:
    eps = float(case.eps[0, 0])
    level = 4 * case.N * math.log(4 * case.N / eps)
    once = float(chi2.cdf(level / -math.expm1(-APART), case.N))
    return [
        f"N = {case.N}, w = 1, X_0 = 0, eps = {eps:g}, T = {APART * case.n}: level 4N log(4N/eps) = {level:.6g}",
        f"X_5, X_10, ..., X_{APART * case.n}: each is below it with probability at most Pr[chi-square_N <= level/"
        f"(1 - e^-5)] = {once:.6g}, whatever was before (N = 1: 2 Phi(sqrt({level / -math.expm1(-APART):.6g})) - 1)",
        f"all {case.n} of them: at most {once:.6g}^{case.n} = {once**case.n:.3g} < 1 - eps = {1 - eps:g}",
    ]


@claim(
    L14,
    statement=r"dX_t = -wX_t\,dt + N\,dt + 2\sqrt{X_t}\,dB_t,\ N \in \mathbb N,\ w > 0:"
    r" \forall \epsilon > 0, \forall T > 0,"
    r" \Pr\left[\forall t \in [0,T]: X_t \le 2X_0 + \frac{4N}w\log\left(\frac{4N}\epsilon\right)\right]"
    r" \ge 1 - \epsilon",
    source=SOURCE,
    domain="all N >= 1, w > 0, X_0 >= 0, eps > 0, T > 0",
    readings=[LOST, "eps >= 1 says nothing"],
    rests_on=[*STEPS, f"{L14}/step-squares"],
    effect="The process is recurrent and unbounded: it leaves every level, so no bound without T holds for all T. As"
    " printed it holds up to a T that grows like a power of 1/eps (remark-horizon, for N >= 2), which Lemmas 2 and 17"
    " do not exceed: see lemma-13/repair. Lemma 12 lets t -> infinity in (25), where it matters.",
    by=[exhaustive(watched, "eps = 1/2, 1/10, 1/1000; N = 1, 2, 4; X_0 = 0; wT = 5..5 10^60, at the times k tau only")],
    worked=_worked,
)
def stays_below_for_ever(case: Watched) -> Margin:
    """A lower bound of the exit probability is at most eps."""
    return Margin.at_most(case.leaves(case.printed()), case.eps)


@stays_below_for_ever.mutant("(2N/w) log(4N/eps)")
def _(case: Watched) -> Margin:
    return Margin.at_most(case.leaves(case.printed(2.0)), case.eps)


@stays_below_for_ever.mutant("(8N/w) log(8N/eps)")
def _(case: Watched) -> Margin:
    return Margin.at_most(case.leaves(case.printed(8.0, 8.0)), case.eps)


def told_paths(generator: torch.Generator, effort: str) -> Iterator[Path]:  # noqa: ARG001 - a grid
    """N = 1/2, 1, 8; starts 0, N/w, 10N/w; wT = .1, 3, 1000. `level` is eps = .9, .05; the claims set the level."""
    grid = itertools.product(((0.5, 1.0), (1.0, 4.0), (8.0, 0.25)), (0.0, 1.0, 10.0), (0.1, 3.0, 1000.0), (0.9, 0.05))
    for (N, w), start, horizon, eps in grid:
        yield Path(N, w, start * N / w, horizon / w, eps)


def bound_steps() -> Iterator[Step]:
    """In step-supermartingale e^{wX_0/4} >= 1 and e^{N/2-1}/2 <= e^{N/2}, so the bracket is at most e^{wX_0/4} e^{N/2}
    (1 + wT). At the stated K the product with e^{-wK/4} is eps.
    """  # noqa: D205 - the proof
    w, N, u, x, eps = sympy.symbols("w N u X_0 epsilon", positive=True)  # u = 1 + wT
    K = x + 2 * N / w + 4 / w * sympy.log(u / eps)
    yield Step.vanishes("e^{-wK/4 + wX_0/4 + N/2} u", sympy.exp(sympy.expand(-w * K / 4 + w * x / 4 + N / 2)) * u - eps)
    yield Step.nonnegative("e - 1/2", sympy.E - sympy.S(1) / 2)


@claim(
    f"{L14}/repair",
    statement=r"\Pr\left[\forall t \in [0,T]: X_t \le X_0 + \frac{2N}w"
    r" + \frac4w\log\left(\frac{1 + wT}\epsilon\right)\right]"
    r" \ge 1 - \epsilon",
    source=SOURCE,
    domain="all real N > 0, all w > 0, X_0 >= 0, 0 < eps < 1, T > 0",
    repairs=L14,
    changes="log((1 + wT)/eps) for the logarithm; N stands beside it and not before it, and X_0 has the factor 1: for"
    " N >= 2 that is less than the printed level up to the T of remark-horizon",
    rests_on=[f"{L14}/step-supermartingale"],
    by=[
        derivation(bound_steps, "all N, w, X_0, eps, T"),
        simulation(
            told_paths, finer, ERROR,
            "N = 1/2, 1, 8; X_0 = 0, N/w, 10N/w; wT = .1, 3, 1000; eps = .9, .05; exact exits", SECOND_ROUTE,
        ),
    ],
)  # fmt: skip
def stays_below_for_a_while(case: Path) -> Margin:
    """The exit probability at that level is at most eps."""
    return _stays(case, 2.0, 4.0, 1 + case.w * case.horizon)


def _stays(case: Path, offset: float, rate: float, growth: float) -> Margin:
    level = case.start + (offset * case.N + rate * math.log(growth / case.level)) / case.w
    return Margin.at_most(case.exits(level), tensor(case.level))


@stays_below_for_a_while.mutant("without the horizon")
def _(case: Path) -> Margin:
    return _stays(case, 2.0, 4.0, 1.0)


@stays_below_for_a_while.mutant("without 2N/w, and 2/w in place of 4/w")
def _(case: Path) -> Margin:
    return _stays(case, 0.0, 2.0, 1 + case.w * case.horizon)


def _horizon(N: int, eps: float, power: float = 1.0) -> float:
    return math.exp(math.log(eps) + power * N * math.log(4 * N / (math.sqrt(math.e) * eps))) - 1


def horizons(generator: torch.Generator, effort: str) -> Iterator[Path]:  # noqa: ARG001 - a grid
    """N = 1, 2, 4 and eps from .9 to 1e-3, .1, .9 from 0 and N/w, w = 2, at the longest T. `level` is eps."""
    pairs = ((1, 0.9), (1, 0.1), (1, 1e-3), (2, 0.9), (2, 0.1), (4, 0.9))
    for (N, eps), start in itertools.product(pairs, (0.0, 1.0)):
        yield Path(N, 2.0, start * N / 2, _horizon(N, eps) / 2, eps)


def horizon_steps() -> Iterator[Step]:
    """lemma-14/repair's level is at most the printed one if 2N + 4 log((1 + wT)/eps) <= 4N log(4N/eps)."""
    N, eps = sympy.symbols("N epsilon", positive=True)
    log_u = sympy.log(eps) + N * (sympy.log(4 * N) - sympy.S(1) / 2 - sympy.log(eps))
    gap = 4 * N * (sympy.log(4 * N) - sympy.log(eps)) - 2 * N - 4 * (log_u - sympy.log(eps))
    yield Step.vanishes("equal at 1 + wT = eps (4N/(sqrt(e) eps))^N", sympy.expand(gap))


@claim(
    f"{L14}/remark-horizon",
    statement=r"\text{the printed bound holds for all } T \text{ with }"
    r" 1 + wT \le \epsilon\left(\frac{4N}{\sqrt e\,\epsilon}\right)^N",
    source=SOURCE,
    domain="all N >= 1, w > 0, X_0 >= 0, 0 < eps < 1",
    rests_on=[f"{L14}/repair"],
    by=[
        derivation(horizon_steps, "all N, eps, w, X_0"),
        simulation(
            horizons,
            finer,
            ERROR,
            "N = 1, 2, 4; eps = .9, .1, .001, the last two for small N; X_0 = 0, N/w; exact exits",
            SECOND_ROUTE,
        ),
    ],
)
def printed_bound_holds_up_to(case: Path) -> Margin:
    """At the longest T the exit probability at the printed level is at most eps."""
    return _printed(case)


def _printed(case: Path, factor: float = 4.0) -> Margin:
    level = 2 * case.start + factor * case.N / case.w * math.log(4 * case.N / case.level)
    return Margin.at_most(case.exits(level), tensor(case.level))


@printed_bound_holds_up_to.mutant("3N in the exponent")
def _(case: Path) -> Margin:
    return _printed(replace(case, horizon=_horizon(int(case.N), case.level, 3.0) / case.w))


@printed_bound_holds_up_to.mutant("a quarter of the logarithmic term")
def _(case: Path) -> Margin:
    return _printed(case, 1.0)


@dataclass(frozen=True)
class Instant:
    """X_t given X_0. `mixed`: its tail as a Poisson mixture of chi-square tails, else by the noncentral law."""

    N: float
    w: float
    start: float
    t: float
    eps: float
    mixed: bool = False

    def beyond(self, level: float) -> torch.Tensor:
        """Pr[X_t > level]: [1]."""
        v = -math.expm1(-self.w * self.t) / self.w
        noncentral = self.start * math.exp(-self.w * self.t) / v
        if not self.mixed:
            return tensor(float(ncx2.sf(level / v, self.N, noncentral)))
        k = np.arange(int(noncentral + 20 * math.sqrt(noncentral) + 40))
        return tensor(float((poisson.pmf(k, noncentral / 2) * chi2.sf(level / v, self.N + 2 * k)).sum()))


def instants(generator: torch.Generator, effort: str) -> Iterator[Instant]:  # noqa: ARG001 - a grid
    """N = 1..16, starts 0 to 100N/w, wt = .01..100, eps = .99..1e-6."""
    for N, start, t, eps in itertools.product((1, 2, 16), (0.0, 1.0, 100.0), (0.01, 1.0, 100.0), (0.99, 0.1, 1e-6)):
        yield Instant(N, 2.0, start * N / 2, t / 2, eps)


def fixed_time_steps() -> Iterator[Step]:
    """X_t <= 2X_0 + 2 sum F_i(t)² (step-squares without the common a), and each F_i(t)² is beyond (2/w) log(4N/eps)
    with at most 2e^{-log(4N/eps)} (step-tail, with 1 - e^{-wt} <= 1): N of them with at most eps/2.
    """  # noqa: D205 - the proof
    N, eps = sympy.symbols("N epsilon", positive=True)
    yield Step.vanishes("2N e^{-log(4N/eps)} = eps/2", 2 * N * sympy.exp(-sympy.log(4 * N / eps)) - eps / 2)


@claim(
    f"{L14}/remark-fixed-time",
    statement=r"\text{for each fixed } t:\ \Pr\left[X_t \le 2X_0 + \frac{4N}w\log\left(\frac{4N}\epsilon\right)\right]"
    r" \ge 1 - \epsilon",
    source=f"{SOURCE}: what its proof shows",
    domain="all N >= 1, w, t > 0, X_0 >= 0, 0 < eps < 1",
    rests_on=[f"{L14}/step-33", f"{L14}/step-34", f"{L14}/step-tail", f"{L14}/step-squares"],
    by=[
        derivation(fixed_time_steps, "all N, w, t, X_0, eps"),
        simulation(
            instants, lambda case: replace(case, mixed=True), 1e-6,
            "N = 1, 2, 16; X_0 = 0, N/w, 100N/w; wt = .01, 1, 100; eps = .99, .1, 1e-6; exact tails",
            "a Poisson mixture of chi-square tails",
        ),
    ],
)  # fmt: skip
def is_below_at_each_time(case: Instant) -> Margin:
    """Pr[X_t > 2X_0 + (4N/w) log(4N/eps)] <= eps."""
    return _below(case, 2.0, 4.0)


def _below(case: Instant, first: float, factor: float) -> Margin:
    level = first * case.start + factor * case.N / case.w * math.log(4 * case.N / case.eps)
    return Margin.at_most(case.beyond(level), tensor(case.eps))


@is_below_at_each_time.mutant("without 2X_0")
def _(case: Instant) -> Margin:
    return _below(case, 0.0, 4.0)


@is_below_at_each_time.mutant("(N/w) log(4N/eps)")
def _(case: Instant) -> Margin:
    return _below(case, 2.0, 1.0)
