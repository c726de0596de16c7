"""Proof of Theorem 2, its last sentences: the simulating circuit is of size poly(d), and contradicts Conjecture 1."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sympy

from claims import Constant, Margin, Step, claim, derivation, exhaustive
from claims.engine.arithmetic import exp
from claims.papers.pareek_risteski_2022.closed_form import T2
from claims.papers.pareek_risteski_2022.events import Dimension, dimensions
from claims.papers.pareek_risteski_2022.gate_counts import Sum, built, built_pieces, random_activation
from claims.papers.pareek_risteski_2022.generator import number
from claims.papers.pareek_risteski_2022.precision_steps import SOURCE

LAST = SOURCE + ", its last paragraph"


# --- the whole network ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sized:
    """A network on words of b bits: for each node its degree, bias included, and the pieces of its activation."""

    bits: int
    nodes: tuple[tuple[int, int], ...]

    def gates(self) -> tuple[int, int]:
        """The gates of all nodes' circuits, and how many inputs any of them gets wrong."""
        gates = wrong = 0
        for degree, pieces in self.nodes:
            activation = random_activation(pieces, self.bits, 0)
            for count, errors in (built(Sum(degree, self.bits)), built_pieces(activation, activation.knots)):
                gates, wrong = gates + count, wrong + errors
        return gates, wrong

    @property
    def edges(self) -> int:
        """Weights and biases."""
        return sum(degree for degree, _ in self.nodes)

    @property
    def pieces(self) -> int:
        """The pieces of all nodes' activations."""
        return sum(pieces for _, pieces in self.nodes)


def sized() -> Iterator[Sized]:
    """One node; then four nodes at random: b in 1..8 and 12, degrees 1..16, pieces 1..64."""
    generator = np.random.default_rng(0)
    for bits in (*range(1, 9), 12):
        pieces = [k for k in (1, 2, 4, 16, 64) if k <= 1 << (bits - 1)]
        for degree in (1, 2, 16):
            for count in pieces:
                yield Sized(bits, ((degree, count),))
        for _ in range(3):
            drawn = zip(generator.choice((1, 2, 3, 5, 8, 16), 4), generator.choice(pieces, 4), strict=True)
            yield Sized(bits, tuple((int(degree), int(count)) for degree, count in drawn))


def network_steps() -> Iterator[Step]:
    """By step-gates-sum 58 b² gates a weight, by step-gates-activation/repair 19 (K_v b + b²) a node of K_v >= 1
    pieces: over all nodes 58 b² e + 19 K b + 19 n b² with n <= K nodes, at most 58 b² e + 38 b² K as b <= b².
    """  # noqa: D205 - the proof
    m, e, n, extra = sympy.symbols("m e n x", nonnegative=True)
    b, K = 1 + m, n + extra
    counted = 58 * b**2 * e + 19 * K * b + 19 * n * b**2
    yield Step.nonnegative("60 b² (e + K) - the count", sympy.expand(60 * b**2 * (e + K) - counted))


def _whole(case: Sized, most: float) -> Margin:
    gates, wrong = case.gates()
    return Margin.at_most(number(gates), number(int(most))) & Margin.equal(number(wrong), number(0))


@claim(
    f"{T2}/step-simulation/repair",
    statement=r"\text{a network of } e \text{ weights and biases, and } K \text{ linear pieces in all its activations,"
    r" on words of } b \text{ bits is simulated by a Boolean circuit of at most } 60\,b^2(e + K) \text{ gates}",
    source=SOURCE + ", 'Hence, we can simulate E'",
    domain="all networks with piecewise-linear activations of b-bit knots and slopes, all b >= 1",
    repairs=f"{T2}/step-simulation",
    changes="piecewise-linear activations, whose pieces count as size, in place of L-Lipschitz ones; 60 b² in place of"
    " poly(N, log L, log W, log M)",
    readings=[
        "a bias is the weight of an input 1",
        "b holds the places of step-bits/repair for both factors of a product, and the bits before the point",
        "each node's subcircuit is built and compared with integers; joining them is wiring, without gates",
    ],
    rests_on=[f"{T2}/step-gates-sum", f"{T2}/step-gates-activation"],
    carried_by=[f"{T2}/step-gates-activation/repair"],
    by=[
        derivation(network_steps, "all networks (counting)"),
        exhaustive(sized, "b in 1..8, 12; one node, and four at random: degrees 1..16, 1..64 pieces; built, counted"),
    ],
    constants={"c": Constant(60.0, 0.9)},
)
def networks_take_few_gates(case: Sized, c: float = 60.0) -> Margin:
    """At most 60 b² (e + K) gates, and every node's value is right."""
    return _whole(case, c * case.bits**2 * (case.edges + case.pieces))


@networks_take_few_gates.mutant("the pieces not counted")
def _(case: Sized) -> Margin:
    return _whole(case, 60 * case.bits**2 * case.edges)


@networks_take_few_gates.mutant("60 b (e + K)")
def _(case: Sized) -> Margin:
    return _whole(case, 60 * case.bits * (case.edges + case.pieces))


# --- poly(d) ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sizes:
    """N, D, e, K = y and L, W, M = 2^y for y = d^a: the largest that are admitted, and the count grows with each."""

    d: int
    a: int

    @property
    def y(self) -> int:
        """d^a."""
        return int(self.d**self.a)

    def bits(self, log_weights: int) -> int:
        """2p + q: p places by step-bits/repair for eta = 1/(100 d); q bits before the point of ± L N W (M + 1).

        For L = W = M = 2^log_weights; logarithms are rounded up.
        """
        y, s = self.y, log_weights
        places = (2 * y * y * 100 * self.d).bit_length() + 2 * s + (y - 1) * (y.bit_length() + 2 * s)
        return 2 * places + y.bit_length() + 3 * s + 3

    def gates(self, pieces: int, log_weights: int) -> int:
        """60 b² (e + K)."""
        return 60 * self.bits(log_weights) ** 2 * (self.y + pieces)


def sizes() -> Iterator[Sizes]:
    """a in 1..6; d in 2..64, and 128..1024 by doubling."""
    for a in range(1, 7):
        for d in (*range(2, 65), 128, 256, 512, 1024):
            yield Sizes(d, a)


def _polynomial(case: Sizes, gates: int, exponent: int) -> Margin:
    return Margin.at_most(number(gates), number(int(case.d**exponent)))


def polynomial_steps() -> Iterator[Step]:
    """With y = d^a >= 2: log2 y, log2 d <= y, log2 200 < 8, and a logarithm rounded up is at most itself plus 1. So
    p <= (8 + 2y + y + 1) + 2y + (y - 1)(3y + 1) = 3y² + 3y + 8, q <= (y + 1) + 3y + 3, and b = 2p + q <= 6y² + 10y +
    20 <= 16 y². The count is at most 60 (16 y²)² 2y = 30720 y^5 <= 2^15 y^5 <= d^(5a + 15), as d >= 2.
    """  # noqa: D205 - the proof
    y = 2 + sympy.Symbol("m", nonnegative=True)
    places = (8 + 2 * y + y + 1) + 2 * y + (y - 1) * (3 * y + 1)
    b = 2 * places + (y + 1) + 3 * y + 3
    yield Step.vanishes("p", sympy.expand(places - (3 * y**2 + 3 * y + 8)))
    yield Step.nonnegative("16 y² - b", sympy.expand(16 * y**2 - b))
    yield Step.vanishes("60 (16 y²)² 2y = 30720 y^5", 60 * (16 * y**2) ** 2 * 2 * y - 30720 * y**5)
    yield Step.nonnegative("2^15 - 30720", sympy.Integer(2**15 - 30720))
    yield Step.nonnegative("256 - 200", sympy.Integer(256 - 200))


@claim(
    f"{T2}/step-polynomial",
    statement=r"\text{Since } L, W, M \text{ are } o(\exp(\mathrm{poly}(d))), \text{ the size of the resulting Boolean"
    r" circuit is still } \mathrm{poly}(d)",
    source=LAST,
    domain="all d >= 2, a >= 1; N, D, e, K <= d^a and L, W, M <= 2^(d^a); the resulting circuit as repaired",
    readings=[
        "'o(exp(poly(d)))' is: at most 2^(d^a) for some a, for large d; poly(d) is made explicit: d^(5a + 15)",
        "the resulting circuit is that of step-simulation/repair, 60 b² (e + K) gates, with the bits of"
        " step-bits/repair for eta = 1/(100 d). With the printed hypothesis, L-Lipschitz activations, K may be 2^d and"
        " there is no such circuit: step-simulation",
        "W and M are those of the hard-coded network, polynomially larger: step-hard-coded-noise, step-hard-coded-bias",
    ],
    rests_on=[f"{T2}/step-simulation", f"{T2}/step-bits"],
    carried_by=[f"{T2}/step-simulation/repair", f"{T2}/step-bits/repair"],
    by=[
        derivation(polynomial_steps, "all d >= 2, a >= 1"),
        exhaustive(sizes, "a in 1..6; d in 2..64 and 128..1024; exact integers"),
    ],
)
def circuits_stay_polynomial(case: Sizes) -> Margin:
    """60 b² (e + K) <= d^(5a + 15)."""
    return _polynomial(case, case.gates(case.y, case.y), 5 * case.a + 15)


@circuits_stay_polynomial.mutant("tables of d bits: K = 2^d pieces")
def _(case: Sizes) -> Margin:
    return _polynomial(case, case.gates(2**case.d, case.y), 5 * case.a + 15)


@circuits_stay_polynomial.mutant("L, W, M = 2^(2^d)")
def _(case: Sizes) -> Margin:
    return _polynomial(case, case.gates(case.y, 2**case.d), 5 * case.a + 15)


@circuits_stay_polynomial.mutant("d^(4a + 15)")
def _(case: Sizes) -> Margin:
    return _polynomial(case, case.gates(case.y, case.y), 4 * case.a + 15)


# --- the contradiction ------------------------------------------------------------------------------------


def inverse_polynomials() -> Iterator[Dimension]:
    """eps(d) = d^-k with k = 1..8 and d >= (k + 1)²."""
    for case in dimensions():
        if case.k:
            yield case


def violation_steps() -> Iterator[Step]:
    """With r = sqrt(d) >= k + 1 >= 2, d - k ln d >= r² - k r >= r >= 2 (step-e2), so e^-d <= e^-2 d^-k <= eps/7. Then
    (4/5)(eps - eps/7) - 2 eps/7 = 2 eps/5 > eps/4. Conjecture 1 is for every T(d) and epsilon(d), so for d^(5a + 15)
    and eps/4, too, and the circuit of step-polynomial violates it, for every large d.
    """  # noqa: D205 - the proof
    eps = sympy.Symbol("eps", positive=True)
    left = sympy.Rational(4, 5) * (eps - eps / 7) - 2 * eps / 7
    yield Step.vanishes("(4/5)(eps - eps/7) - 2 eps/7 = 2 eps/5", left - 2 * eps / 5)
    yield Step.nonnegative("2/5 - 1/4", sympy.Rational(2, 5) - sympy.Rational(1, 4))
    yield Step.nonnegative("e² - 7", sympy.exp(2) - 7)
    k, extra = sympy.symbols("k x", nonnegative=True)
    r = k + 1 + extra
    yield Step.nonnegative("r² - k r - r at r = k + 1 + x", sympy.expand(r**2 - k * r - r))


def _inverted(case: Dimension, share: float, lost: int = 2) -> Margin:
    d = number(case.d)
    eps, rare = 1 / (exp(0 * d) * case.d**case.k), exp(-d)
    return Margin.at_least(4 * (eps - rare) / 5 - lost * rare, share * eps)


@claim(
    f"{T2}/step-contradiction",
    statement=r"\tfrac45(\epsilon - e^{-d}) - 2e^{-d} > \tfrac{\epsilon}{4} \text{ for } \epsilon = d^{-k},"
    r"\ d \ge (k+1)^2: \text{ a polynomial-sized circuit which inverts the one-way-permutation, violating Conjecture"
    r" 1}",
    source=LAST,
    domain="all eps(d) = d^-k, k >= 1, all d >= (k + 1)²",
    readings=[
        "the fraction of inputs is that of step-averaging/remark-bounded-outputs with delta = 2 e^-d",
        "at infinitely many d where the encoder is assumed; Conjecture 1 is read with 'for all large d'",
    ],
    rests_on=[f"{T2}/step-averaging/remark-bounded-outputs", f"{T2}/step-polynomial", f"{T2}/step-e2"],
    by=[
        derivation(violation_steps, "all k >= 1, d >= (k + 1)²"),
        exhaustive(inverse_polynomials, "k = 1..8; eleven d from (k + 1)² on and powers of two to 4096"),
    ],
    constants={"share": Constant(0.25, 1.1)},
)
def the_conjecture_is_violated(case: Dimension, share: float = 0.25) -> Margin:
    """(4/5)(eps - e^-d) - 2 e^-d >= eps/4."""
    return _inverted(case, share)


@the_conjecture_is_violated.mutant("eps itself")
def _(case: Dimension) -> Margin:
    return _inverted(case, 1.0)


@the_conjecture_is_violated.mutant("d e^-d lost")
def _(case: Dimension) -> Margin:
    return _inverted(Dimension(case.k + 1, case.k), 0.25, case.k + 1)
