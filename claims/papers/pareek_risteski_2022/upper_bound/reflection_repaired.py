"""Proof of Lemma 14: what holds in place of eqs. (35) to (37)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import sympy
import torch
from scipy.special import erfc

from claims import Margin, Step, claim, derivation, simulation
from claims.papers.pareek_risteski_2022.upper_bound.square_root_process import L14, PROOF
from claims.papers.pareek_risteski_2022.upper_bound.suprema import ERROR, SECOND_ROUTE, Path, finer, tensor


@dataclass(frozen=True)
class Transform:
    """a sqrt(2 lambda), and how many nodes a quadrature has."""

    b: float
    nodes: int = 200

    def above(self, factor: float) -> torch.Tensor:
        """The integral of lambda e^{-lambda s} factor Pr[W_s >= a] over s > 0, by u² = lambda s: [1]."""
        x, weight = np.polynomial.legendre.leggauss(self.nodes)
        u = 4.5 * (x + 1)
        return tensor(4.5 * float((weight * 2 * u * np.exp(-u * u) * factor / 2 * erfc(self.b / (2 * u))).sum()))


def transforms(generator: torch.Generator, effort: str) -> Iterator[Transform]:  # noqa: ARG001 - a grid
    """a sqrt(2 lambda) from 1/8 to 8."""
    for k in range(-3, 4):
        yield Transform(2.0**k)


def reflection_steps() -> Iterator[Step]:
    """G(t) = e^{wt/2} F(t) is a continuous Gaussian martingale of variance tau(t) = (e^{wt} - 1)/w, that is a Brownian
    motion W at the time tau(t), an increasing function. So the left side is Pr[some W_s >= a, s <= tau(T)]. W starts
    afresh where it first meets a, and is as likely above as below a from there on: 2 Pr[W_tau(T) >= a].

    And for F itself with any a, T > 0, the left side of (35) is always the larger: where F meets a at a time S < T, it
    is above a at T with probability Phi(-a (1 - e^{-w(T-S)/2})/s) < 1/2 only.
    """  # noqa: D205 - the proof
    t, s, w = sympy.symbols("t s w", positive=True)
    tau = sympy.integrate(sympy.exp(w * s), (s, 0, t))
    yield Step.vanishes("tau(t) = (e^{wt} - 1)/w", tau - (sympy.exp(w * t) - 1) / w)
    yield Step.vanishes("tau e^{-wt} is the variance of F", tau * sympy.exp(-w * t) - (1 - sympy.exp(-w * t)) / w)


@claim(
    f"{L14}/step-35/repair",
    statement=r"\Pr[\exists t \in [0,T]: e^{wt/2}F(t) \ge a] = 2\Pr[e^{wT/2}F(T) \ge a]",
    source=f"{PROOF}, eq. (35)",
    domain="all T, a, w > 0",
    repairs=f"{L14}/step-35",
    changes="e^{wt/2} F(t), a Brownian motion after a change of time, in place of F(t)",
    rests_on=[f"{L14}/step-34"],
    by=[
        derivation(reflection_steps, "all T, a, w"),
        simulation(
            transforms, lambda case: replace(case, nodes=300), 1e-5,
            "the Laplace transform of the first time at a, e^{-a sqrt(2 lambda)} by the exponential martingale;"
            " a sqrt(2 lambda) = 1/8..8", "half as many nodes again",
        ),
    ],
)  # fmt: skip
def reflection_for_a_martingale(case: Transform) -> Margin:
    """The law 2 Pr[W_s >= a] has the Laplace transform of the first time at which W meets a."""
    return Margin.equal(case.above(2.0), tensor(math.exp(-case.b)))


@reflection_for_a_martingale.mutant("Pr[W_s >= a]")
def _(case: Transform) -> Margin:
    return Margin.equal(case.above(1.0), tensor(math.exp(-case.b)))


@reflection_for_a_martingale.mutant("2.001 Pr[W_s >= a]")
def _(case: Transform) -> Margin:
    return Margin.equal(case.above(2.001), tensor(math.exp(-case.b)))


def coordinate_paths(generator: torch.Generator, effort: str) -> Iterator[Path]:  # noqa: ARG001 - a grid
    """F(t)² from 0, which is a square-root process of dimension 1: r = 1, 2, 3, wT = .1..1000."""
    for r, horizon in itertools.product((1.0, 2.0, 3.0), (0.1, 1.0, 10.0, 1000.0)):
        yield Path(1.0, 2.0, 0.0, horizon / 2, 2 * r * r / 2.0)


def coordinate_steps() -> Iterator[Step]:
    """F² is the square-root process of dimension 1 from 0 (eq. 33 at N = 1): step-supermartingale at N = 1, X_0 = 0, K
    = 2r²/w gives e^{-r²/2} (1 + wT e^{-1/2}/2), and e^{-1/2}/2 <= 1.
    """  # noqa: D205 - the proof
    r, w = sympy.symbols("r w", positive=True)
    yield Step.vanishes("wK/4 = r²/2", w * (2 * r**2 / w) / 4 - r**2 / 2)
    yield Step.nonnegative("1 - e^{-1/2}/2", 1 - sympy.exp(-sympy.S(1) / 2) / 2)


@claim(
    f"{L14}/step-36/repair",
    statement=r"\Pr\left[\exists t \in [0,T], |F(t)| \ge r\sqrt{2/w}\right] \le (1 + wT)\,e^{-r^2/2}",
    source=f"{PROOF}, eq. (36)",
    domain="all T, r, w > 0",
    repairs=f"{L14}/step-36",
    changes="the factor 1 + wT, and r²/2 in the exponent",
    rests_on=[f"{L14}/step-33", f"{L14}/step-supermartingale"],
    by=[
        derivation(coordinate_steps, "all T, r, w"),
        simulation(coordinate_paths, finer, ERROR, "w = 2; r = 1, 2, 3; wT = .1..1000; exact exits", SECOND_ROUTE),
    ],
)
def bound_that_grows(case: Path) -> Margin:
    """The exit probability of F² at 2r²/w is at most (1 + wT) e^{-r²/2}."""
    return _grows(case, 0.5, 1.0)


def _grows(case: Path, rate: float, growth: float) -> Margin:
    square = case.w * case.level / 2
    bound = (1 + growth * case.w * case.horizon) * math.exp(-rate * square)
    return Margin.at_most(case.exits(), tensor(bound))


@bound_that_grows.mutant("4 e^{-r²}, as printed")
def _(case: Path) -> Margin:
    return Margin.at_most(case.exits(), tensor(4 * math.exp(-case.w * case.level / 2)))


@bound_that_grows.mutant("without the horizon")
def _(case: Path) -> Margin:
    return _grows(case, 0.5, 0.0)


def copies_of_paths(generator: torch.Generator, effort: str) -> Iterator[Path]:  # noqa: ARG001 - a grid
    """One coordinate; its level is set by the claim, its `level` is eps until then."""
    for horizon, level in itertools.product((0.1, 1.0, 10.0, 1000.0), (0.9, 0.3, 1e-2)):
        yield Path(1.0, 2.0, 0.0, horizon / 2, level)


def union_steps() -> Iterator[Step]:
    """step-36/repair at r² = 2 log(N(1 + wT)/eps): each coordinate leaves with at most eps/N."""
    N, u, eps, w = sympy.symbols("N u epsilon w", positive=True)  # u = 1 + wT
    r2 = 2 * sympy.log(N * u / eps)
    yield Step.vanishes("N u e^{-r²/2} = eps", N * u * sympy.exp(-r2 / 2) - eps)
    yield Step.vanishes("(r sqrt(2/w))²", r2 * 2 / w - 4 / w * sympy.log(N * u / eps))


@claim(
    f"{L14}/step-37/repair",
    statement=r"\text{w.p. } 1 - \epsilon: \forall t \in [0,T], \forall i \in [N],\ "
    r"(V_t^{(i)} - V_0^{(i)}e^{-wt/2})^2 \le \frac4w\log\left(\frac{N(1 + wT)}\epsilon\right)",
    source=f"{PROOF}, eq. (37)",
    domain="all T, w > 0, all N >= 1, 0 < eps < 1",
    repairs=f"{L14}/step-37",
    changes="(4/w) log(N(1 + wT)/eps)",
    rests_on=[f"{L14}/step-36"],
    carried_by=[f"{L14}/step-36/repair"],
    by=[
        derivation(union_steps, "all T, w, N, eps"),
        simulation(copies_of_paths, finer, ERROR, "w = 2; N = 1, 8; eps = .9, .3, .01; wT = .1..1000", SECOND_ROUTE),
    ],
)
def all_coordinates_stay_for_a_while(case: Path) -> Margin:
    """1 - (1 - exit of one)^N <= eps at that level."""
    return _all_stay(case, lambda N, u, eps: 4 * math.log(N * u / eps))


def _all_stay(case: Path, level: Callable[[int, float, float], float]) -> Margin:
    eps, u = case.level, 1 + case.w * case.horizon
    parts = [Margin.at_most(1 - (1 - case.exits(level(N, u, eps) / case.w)) ** N, tensor(eps)) for N in (1, 8)]
    return parts[0] & parts[1]


@all_coordinates_stay_for_a_while.mutant("(2/w) log(4N/eps), as printed")
def _(case: Path) -> Margin:
    return _all_stay(case, lambda N, _u, eps: 2 * math.log(4 * N / eps))


@all_coordinates_stay_for_a_while.mutant("(1/w) log(N(1 + wT)/eps)")
def _(case: Path) -> Margin:
    return _all_stay(case, lambda N, u, eps: math.log(N * u / eps))
