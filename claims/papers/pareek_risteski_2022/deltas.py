"""Proof of Theorem 2: how small delta_w and delta_a are said to be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import sympy
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from jaxtyping import Float
from torch import Tensor

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, constant, greatest, maximum
from claims.engine.strategies import PositiveVectorEnsemble, positives
from claims.papers.pareek_risteski_2022.closed_form import T2
from claims.papers.pareek_risteski_2022.precision import power
from claims.papers.pareek_risteski_2022.precision_steps import SOURCE


@dataclass(frozen=True)
class Fractions:
    """Constants c = 10^-1, ..., 10^-smallest of the O(.), and for each an N: L = M = W = 1, so LNW = N."""

    smallest: int

    def gains(self, d: int, more: int = 0) -> Array:
        """1 - (LNW)^d (LNM delta + delta) at delta = c M^-1 (LNW)^-d (LN)^-more, N = 1/c, for each c: [1, smallest]."""
        values = []
        for k in range(1, self.smallest + 1):
            c, N = Fraction(1, 10**k), 10**k
            delta = c / Fraction(N) ** (d + more)
            values.append(float(1 - Fraction(N) ** d * (N * delta + delta)))
        return constant([values], np.zeros(1))


def _some_constant(case: Fractions, dimensions: range, more: int = 0) -> Margin:
    gains = np.concatenate([case.gains(d, more) for d in dimensions], 1)
    return Margin.positive(greatest(constant(gains, np.zeros(1))))


@claim(
    f"{T2}/step-delta",
    statement=r"(LNW)^d(LNM\delta_w + \delta_a) < 1 \text{ obtains when }"
    r" \delta_w, \delta_a = O\left(M^{-1}(LNW)^{-d}\right)",
    source=SOURCE + ", after the unfolding",
    domain="some constant in the O(.), all L, N, W, M > 0 and d >= 1",
    readings=["the constant may not depend on L, N, W, M, d, as everywhere; 'O' for an upper bound on what is chosen"],
    effect="A factor LN is lost. delta = c/(LNM (LNW)^d) does it for M, LN >= 1: log(LN) bits more, which the factor"
    " d log(LNW) pays for if W >= 1.",
    by=[exhaustive(lambda: iter([Fractions(12)]), "c = 10^-1..10^-12, L = M = W = 1, N = 1/c, d = 1..8")],
    worked=lambda case: [
        "L = M = W = 1, delta_w = delta_a = c/(M (LNW)^d) = c/N^d",
        "(LNW)^d (LNM delta_w + delta_a) = c (N + 1), at N = 1/c that is 1 + c > 1",
        f"so for each of c = 10^-1..10^-{case.smallest}, and for every c <= 1, some N breaks it",
    ],
)
def printed_deltas_meet_the_condition(case: Fractions) -> Margin:
    """For some constant c the condition holds at N = 1/c, too."""
    return _some_constant(case, range(1, 9))


@printed_deltas_meet_the_condition.mutant("in dimension 1 only")
def _(case: Fractions) -> Margin:
    return _some_constant(case, range(1, 2))


@printed_deltas_meet_the_condition.mutant("in dimensions 5 to 8 only")
def _(case: Fractions) -> Margin:
    return _some_constant(case, range(5, 9))


@dataclass(frozen=True, repr=False)
class Bounds:
    """N, the depth D, and `numbers` [n, 4] > 0: L, W, M, eta."""

    N: int
    depth: int
    numbers: Array

    def __repr__(self) -> str:
        return f"Bounds(N={self.N}, D={self.depth})"

    def error(self, part: float, exponent: int) -> Array:
        """D max(1, LNW)^{D-1} (LNM delta + delta) / eta at delta = part eta/(D max(1, LNM) max(1, LNW)^exponent)."""
        L, W, M, eta = (self.numbers[..., i] for i in range(4))
        rate = maximum(L * self.N * W, 1)
        delta = part * eta / (self.depth * maximum(L * self.N * M, 1) * power(rate, exponent))
        return self.depth * power(rate, self.depth - 1) * (L * self.N * M * delta + delta) / eta


@dataclass(frozen=True)
class BoundsEnsemble:
    """Bounds of one N and D."""

    N: int
    depth: int
    numbers: PositiveVectorEnsemble

    @property
    def size(self) -> int:
        """Four numbers, or fewer that differ."""
        return self.numbers.size

    def build(self, free: Float[Tensor, "n size"]) -> Bounds:
        """A batch of instances."""
        return Bounds(self.N, self.depth, self.numbers.build(free))


@st.composite
def bounds(draw: DrawFn) -> BoundsEnsemble:
    """N and D in 1..8; L, W, M, eta over six decades each."""
    return BoundsEnsemble(draw(st.integers(1, 8)), draw(st.integers(1, 8)), draw(positives(4, scales=(1e-3, 1e3))))


def delta_steps() -> Iterator[Step]:
    """With a = max(1, LNM) and r = max(1, LNW): LNM delta + delta <= 2 a delta, so D r^{D-1} (LNM delta + delta) <= eta
    if delta <= eta/(2 D a r^{D-1}). That bounds the error by step-depth/repair.
    """  # noqa: D205 - the proof
    x, gap = sympy.symbols("x g", nonnegative=True)
    D, r, eta = sympy.symbols("D r eta", positive=True)
    yield Step.nonnegative("2 max(1, x) - x - 1 at x = 1 + g", sympy.expand(2 * (1 + gap) - (1 + gap) - 1))
    yield Step.nonnegative("2 max(1, x) - x - 1 at 1 = x + g", sympy.expand(2 * (x + gap) - x - (x + gap)))
    a = sympy.Symbol("a", positive=True)
    yield Step.vanishes("D r 2 a delta = eta", D * r * 2 * a * (eta / (2 * D * a * r)) - eta)


@claim(
    f"{T2}/step-delta/repair",
    statement=r"\delta_w, \delta_a \le \frac{\eta}{2D\max(1, LNM)\max(1, LNW)^{D-1}}"
    r" \text{ makes every error at most } \eta",
    source=SOURCE + ", after the unfolding",
    domain="all L, N, W, M, eta > 0, all depths D >= 1",
    repairs=f"{T2}/step-delta",
    changes="the factor LN, the depth D for d, and eta for 1",
    rests_on=[f"{T2}/step-depth"],
    carried_by=[f"{T2}/step-depth/repair"],
    by=[derivation(delta_steps, "all bounds"), search(bounds(), "N, D in 1..8; L, W, M, eta over six decades")],
)
def smaller_deltas_bound_the_error(case: Bounds) -> Margin:
    """D max(1, LNW)^{D-1} (LNM delta + delta) <= eta at the largest delta."""
    error = case.error(0.5, case.depth - 1)
    return Margin.at_most(error, 0 * error + 1)


@smaller_deltas_bound_the_error.mutant("D - 2 in the exponent")
def _(case: Bounds) -> Margin:
    error = case.error(0.5, max(case.depth - 2, 0))
    return Margin.at_most(error, 0 * error + 1)


@smaller_deltas_bound_the_error.mutant("without the 2")
def _(case: Bounds) -> Margin:
    error = case.error(1.0, case.depth - 1)
    return Margin.at_most(error, 0 * error + 1)
