"""Proof of Theorem 2: how small delta_w and delta_a are said to be, and how many bits that is."""

from __future__ import annotations

import math
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
from claims.papers.pareek_risteski_2022.precision import Network, power, told, truncate
from claims.papers.pareek_risteski_2022.precision_steps import SOURCE

# --- delta ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fractions:
    """Constants c = 10^-1, ..., 10^-smallest of the O(.), and for each an N: L = M = W = 1, so LNW = N."""

    smallest: int

    def gains(self, d: int) -> Array:
        """1 - (LNW)^d (LNM delta + delta) at delta = c M^-1 (LNW)^-d and N = 1/c, for each c: [1, smallest]."""
        values = []
        for k in range(1, self.smallest + 1):
            c, N = Fraction(1, 10**k), 10**k
            delta = c / Fraction(N) ** d
            values.append(float(1 - Fraction(N) ** d * (N * delta + delta)))
        return constant([values], np.zeros(1))


def _some_constant(case: Fractions, dimensions: range) -> Margin:
    return Margin.positive(greatest(constant(np.concatenate([case.gains(d) for d in dimensions], 1), np.zeros(1))))


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


# --- bits -------------------------------------------------------------------------------------------------


def _average(N: int, places: int) -> Network:
    """N equal nodes, the mean of N inputs 1, its weights 1/N truncated to so many binary places."""
    return truncate([[[1 / N] * N] * N], (1,) * N, 2.0**-places)


def _averages() -> Iterator[Network]:
    for places in range(6):
        yield _average(2 ** (places + 1), places)


def _error_below(case: Network, bound: float) -> Margin:
    return Margin.positive(bound - case.errors()[-1])


@claim(
    f"{T2}/step-bits",
    statement=r"\text{it suffices to only keep } O(d\log(LNW) + \log M) \text{ significant bits}",
    source=SOURCE + ", after the unfolding",
    domain="all networks; some constant in the O(.), and p bits more for some constant p",
    readings=[
        "suffices: for an error below 1, as the paper says; an additive constant p is granted to the O(.)",
        "for LNW < 1 the number is even negative",
    ],
    rests_on=[f"{T2}/step-delta"],
    effect="What is lost is log(LNM) where W is small, and log W, as precision is absolute. With W, L, M >= 1 and the"
    " depth D for d it is O(D log(LNW) + log M) indeed, and poly(d) in the theorem either way.",
    by=[exhaustive(_averages, "L = M = 1, W = 1/N: the mean of N = 2^(p+1) inputs, p places kept, p in 0..5")],
    worked=lambda case: [
        *told(case)[:2],
        "L = M = 1, LNW = 1: d log(LNW) + log M = 0, so O(.) of it are no bits",
        "all weights become 0: the output 1 becomes 0, an error of 1, not below 1",
        "p bits more do not help: at N = 2^(p+1) all weights 2^-(p+1) become 0 as well (tried for p <= 5)",
    ],
)
def printed_bits_suffice(case: Network) -> Margin:
    """The error is below 1 with O(d log(LNW) + log M) bits."""
    return _error_below(case, 1)


@printed_bits_suffice.mutant("for an error below 1/2")
def _(case: Network) -> Margin:
    return _error_below(case, 0.5)


@printed_bits_suffice.mutant("for an error below 1/10")
def _(case: Network) -> Margin:
    return _error_below(case, 0.1)


@dataclass(frozen=True, repr=False)
class Untruncated:
    """A network of dyadic weights, L = 1, at one input. No arrays: `layers` and `x` are exact numbers."""

    layers: tuple[tuple[tuple[float, ...], ...], ...]
    x: tuple[float, ...]

    def __repr__(self) -> str:
        return f"Untruncated(N={len(self.x)}, depth={len(self.layers)})"

    def kept(self, places: int) -> Network:
        """E and E' with so many binary places."""
        return truncate(self.layers, self.x, 2.0**-places)

    def places(self, eta: float) -> int:
        """ceil(log2(2 D max(1, LNM)/eta) + (D - 1) log2 max(1, LNW))."""
        full, N, D = self.kept(40), len(self.x), len(self.layers)
        W, M = float(full.W[0]), float(full.M[0])
        return math.ceil(math.log2(2 * D * max(1, N * M) / eta) + (D - 1) * math.log2(max(1, N * W)))


def _untruncated() -> Iterator[Untruncated]:
    """The means that refute the printed count, then random networks."""
    for places in range(6):
        N = 2 ** (places + 1)
        yield Untruncated((((1 / N,) * N,) * N,), (1.0,) * N)
    generator = np.random.default_rng(0)
    for N in (1, 2, 3):
        for depth in (1, 2, 3, 4):
            for scale in (2.0**-4, 1.0, 4.0):
                for signed in (False, True):
                    w = np.round(generator.uniform(-scale if signed else 0, scale, (depth, N, N)) * 2**20) / 2**20
                    yield Untruncated(tuple(tuple(map(tuple, layer.tolist())) for layer in w), (1.0,) * N)


ETA = 0.25


def _within(case: Untruncated, places: int) -> Margin:
    error = case.kept(places).errors()[-1]
    return Margin.at_most(error, constant([ETA], error))


@claim(
    f"{T2}/step-bits/repair",
    statement=r"\log_2\frac{2D\max(1, LNM)}{\eta} + (D-1)\log_2\max(1, LNW) \text{ binary places suffice for"
    r" errors } \le"
    r" \eta",
    source=SOURCE + ", after the unfolding",
    domain="all networks, all eta > 0; and log2 max(W, M + eta) + 1 bits before the point",
    repairs=f"{T2}/step-bits",
    changes="log(LNM), log D and log 1/eta are added, the depth D replaces d, and the bits are places after the point",
    rests_on=[f"{T2}/step-delta"],
    carried_by=[f"{T2}/step-delta/repair"],
    by=[
        derivation(delta_steps, "all bounds: the logarithm of step-delta/repair"),
        exhaustive(
            _untruncated, "means of 2..64 inputs; random networks, N 1..3, D 1..4, three scales; eta = 1/4, L = 1"
        ),
    ],
)
def enough_places_bound_the_error(case: Untruncated) -> Margin:
    """Truncated to so many places, the network's error is at most eta."""
    return _within(case, case.places(ETA))


@enough_places_bound_the_error.mutant("the printed count, with constant 1")
def _(case: Untruncated) -> Margin:
    full = case.kept(40)
    d, W, M = len(case.x), float(full.W[0]), float(full.M[0])
    return _within(case, max(0, math.ceil(d * math.log2(d * W) + math.log2(M))))


@enough_places_bound_the_error.mutant("half as many places")
def _(case: Untruncated) -> Margin:
    return _within(case, case.places(ETA) // 2)
