"""Proof of Theorem 2, its last sentence but one: the size of the Boolean circuit that simulates E."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from claims import Margin, claim, exhaustive
from claims.papers.pareek_risteski_2022.activations import log_circuits
from claims.papers.pareek_risteski_2022.closed_form import T2
from claims.papers.pareek_risteski_2022.gate_counts import number
from claims.papers.pareek_risteski_2022.precision_steps import SOURCE


@dataclass(frozen=True)
class Exponents:
    """Polynomial factors c (N log L log W log M)^c for c = 1..largest, d up to `bits`."""

    largest: int
    bits: int


def gates(d: int, c: int, power: int) -> int:
    """(3d + 1) c (N log W log M)^power: 3d + 1 weights, N = d + 1, L = 2, W = 2^d, M = 2^d (log L is taken as 1)."""
    return int((3 * d + 1) * c * ((d + 1) * d * d) ** power)


def log_bijections(d: int) -> int:
    """A lower bound of log2 (2^d)!: half of the factors are at least 2^(d-1)."""
    return (1 << (d - 1)) * (d - 1)


def _some_polynomial(case: Exponents, size: Callable[[int, int], int]) -> Margin:
    enough = any(
        all(log_circuits(d, size(d, c), d) >= log_bijections(d) for d in range(2, case.bits + 1))
        for c in range(1, case.largest + 1)
    )
    return Margin.positive(number(1 if enough else -1))


def _worked_exponents(case: Exponents) -> list[str]:
    lines = [
        "by step-lipschitz-activations 3d + 1 weights invert any of the (2^d)! bijections, so each needs a circuit"
    ]
    for c in range(1, case.largest + 1):
        tried = ((d, gates(d, c, c)) for d in range(2, case.bits + 1))
        d, s = next((d, s) for d, s in tried if log_circuits(d, s, d) < log_bijections(d))
        lines.append(
            f"c = {c}, d = {d}: {s} gates, 2^{log_circuits(d, s, d)} circuits; (2^d)! >= 2^{log_bijections(d)}"
        )
    return lines


@claim(
    f"{T2}/step-simulation",
    statement=r"\text{we can simulate } E \text{ by a Boolean circuit which is at most a factor of }"
    r" \mathrm{poly}(N, \log L, \log W, \log M) \text{ larger}",
    source=SOURCE + ", 'Hence, we can simulate E'",
    domain="some polynomial, all networks with L-Lipschitz activations",
    readings=["the word after 'a factor of' is missing: larger", "polynomials are tried as c (N log W log M)^c"],
    rests_on=[f"{T2}/step-gates-sum", f"{T2}/step-gates-activation"],
    effect="As step-gates-activation, for whole networks. With piecewise-linear activations: at most 58 b² gates a"
    " weight and 19 (K b + b²) a node, b = O(D log(LNW) + log M + log d), which is poly(d) as the paper says.",
    by=[
        exhaustive(lambda: iter([Exponents(8, 400)]), "c in 1..8, d to 400: the networks of step-lipschitz-activations")
    ],
    worked=_worked_exponents,
)
def simulation_is_polynomial(case: Exponents) -> Margin:
    """For some c there are as many circuits of the claimed size as bijections, at every d."""
    return _some_polynomial(case, lambda d, c: gates(d, c, c))


@simulation_is_polynomial.mutant("a factor of c (N log L log W log M)")
def _(case: Exponents) -> Margin:
    return _some_polynomial(case, lambda d, c: gates(d, c, 1))


@simulation_is_polynomial.mutant("a constant factor")
def _(case: Exponents) -> Margin:
    return _some_polynomial(case, lambda d, c: gates(d, c, 0))
