"""Proof of Theorem 2: how many bits are said to suffice."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from claims import Margin, claim, derivation, exhaustive
from claims.engine.arithmetic import constant
from claims.papers.pareek_risteski_2022.closed_form import T2
from claims.papers.pareek_risteski_2022.deltas import delta_steps
from claims.papers.pareek_risteski_2022.precision import Network, fraction, truncate
from claims.papers.pareek_risteski_2022.precision_steps import SOURCE


def _average(N: int, places: int) -> Network:
    """N equal nodes, the mean of N inputs 1, its weights 1/N truncated to so many binary places."""
    return truncate([[[1 / N] * N] * N], (1,) * N, 2.0**-places)


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


def _deep_difference(places: int) -> Network:
    """w x1 + w x2 - 2 w x3, w = 2^-(places + 1), at x = (1, 1, 1), then as many doublings as there are places."""
    w, none = 2.0 ** -(places + 1), [0.0] * 3
    doublings: list[list[list[float]]] = [[[2.0, 0.0, 0.0], none, none]] * places
    return truncate([[[w, w, -2 * w], none, none], *doublings], (1, 1, 1), 2.0**-places)


def printed_count(c: int) -> int:
    """ceil(c (d log2(LNW) + log2 M)) at d = N = 3, L = 1, W = M = 2."""
    return math.ceil(c * (3 * math.log2(6) + 1))


def refuting() -> Iterator[tuple[Network, Untruncated]]:
    """Networks at the printed number of bits, and before truncation: W = 2, deep; then W = 1/N, of one layer."""
    cut = [_deep_difference(printed_count(c)) for c in range(1, 5)]
    for network in (*cut, *(_average(2 ** (places + 1), places) for places in range(6))):
        layers = tuple(tuple(map(tuple, layer.tolist())) for layer in network.weights[0])
        yield network, Untruncated(layers, tuple(network.x[0].tolist()))


def _refuting() -> Iterator[Network]:
    for network, _ in refuting():
        yield network


def _error_below(case: Network, bound: float) -> Margin:
    return Margin.positive(bound - case.errors()[-1])


def _worked_bits(case: Network) -> list[str]:
    p, w = case.depth - 1, Fraction(case.weights[0, 0, 0, 0])
    error = fraction(case.errors()[-1][0])
    return [
        f"d = N = 3, L = 1, W = 2; layer 1: v = w x1 + w x2 - 2w x3, w = {w}; then {p} layers that double",
        "for all x in {±1}^3 |v| <= 4 w at first and <= 2 at the end, so M = 2 and d log2(LNW) + log2 M = 3 log2 6 + 1"
        f" = 8.75...: c times as many are {p} places",
        f"at x = (1, 1, 1) every node of E is 0; cut to {p} places w becomes 0 and 2w stays: v' = -{2 * w}",
        f"after {p} doublings v' = -{error}: an error of {error}, not below 1",
        "so for every c, for the count knows nothing of the depth; c times the count and one more are poly(d) layers",
    ]


@claim(
    f"{T2}/step-bits",
    statement=r"\text{it suffices to only keep } O(d\log(LNW) + \log M) \text{ significant bits}",
    source=SOURCE + ", after the unfolding",
    domain="all networks; some constant in the O(.)",
    readings=[
        "suffices: for an error below 1, as the paper says",
        "significant bits are read as binary places, which is generous here: step-significant-bits",
        "L and W are bounds, so they may be taken >= 1; the witness has L = 1, W = 2. Taken literally with W = 1/N and"
        " L = M = 1 the count is 0, and no constant number of places does (tried, too: the mean of N inputs)",
    ],
    rests_on=[f"{T2}/step-delta"],
    effect="Harmless: with L, W, M >= 1, which costs nothing, it fails by the depth alone (step-depth); with the depth"
    " D for d it is O(D log(LNW) + log M + log 1/eta), and poly(d) in the theorem either way.",
    by=[
        exhaustive(
            _refuting,
            "W = 2, d = 3: c in 1..4, as many doublings as places; W = 1/N: the mean of N = 2^(p+1) inputs, p in 0..5",
        )
    ],
    worked=_worked_bits,
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
