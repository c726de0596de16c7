"""Proof of Theorem 2: the gates of a pre-activation, and of an activation function."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import sympy

from circuits import Circuit, Word, evaluate
from claims import Constant, Margin, Step, claim, derivation, exhaustive
from claims.engine.arithmetic import Array
from claims.papers.pareek_risteski_2022.closed_form import T2
from claims.papers.pareek_risteski_2022.fixed_point import PiecewiseLinear, inner_product, signed, signed_times
from claims.papers.pareek_risteski_2022.precision_steps import SOURCE

#: Input bits up to which a circuit is compared with integer arithmetic on all inputs.
ALL_INPUTS = 10


def number(value: float) -> Array:
    """A number as the one-entry array that a margin takes."""
    return np.array([value], dtype=float)


@dataclass(frozen=True)
class Sum:
    """A node of N inputs, words of b bits."""

    terms: int
    bits: int

    def wrong(self, circuit: Circuit) -> int:
        """How many inputs give another sum than integers do: all inputs where they are few, else none is tried."""
        if 2 * self.terms * self.bits > ALL_INPUTS:
            return 0
        inputs = range(1 << 2 * self.terms * self.bits)
        return sum(signed(evaluate(circuit, x), circuit.num_outputs) != self.value(x) for x in inputs)

    def value(self, x: int) -> int:
        """sum_i w_i v_i by integers."""
        words = [signed(x >> i * self.bits, self.bits) for i in range(2 * self.terms)]
        return sum(a * b for a, b in zip(words[::2], words[1::2], strict=True))


def _sums() -> Iterator[Sum]:
    for terms in (1, 2, 3, 4, 5, 8, 16, 64):
        for bits in (*range(1, 9), 12, 16):
            if terms <= 16 or bits <= 4:
                yield Sum(terms, bits)


def sum_steps() -> Iterator[Step]:
    """A product of b-bit words takes b² ANDs and b additions of b bits (5 gates a bit): 6 b². Two's complement takes 2
    subtractions of masked b-bit words more: 2 (b + 5 b). Level k of the tree has ceil(y) words of 2b + k bits, y =
    N/2^(k-1), and adds floor(ceil(y)/2) <= (y + 1)/2 pairs, which is at most y = 2 N/2^k where there is a pair at all,
    y > 1. Over all levels: 5 sum_k (2 N/2^k)(2b + k) = 10 N (2b + 2), as sum 2^-k = 1 and sum k 2^-k = 2. Together 6 b²
    + 32 b + 20 a term, at most 58 N b².
    """  # noqa: D205 - the proof
    more = sympy.Symbol("m", nonnegative=True)
    k = sympy.Symbol("k", integer=True, positive=True)
    b = 1 + more
    yield Step.vanishes("sum 2^-k = 1", sympy.summation(2**-k, (k, 1, sympy.oo)) - 1)
    yield Step.vanishes("sum k 2^-k = 2", sympy.summation(k * 2**-k, (k, 1, sympy.oo)) - 2)
    yield Step.nonnegative("58 b² - (6 b² + 32 b + 20) at b = 1 + m", sympy.expand(58 * b**2 - 6 * b**2 - 32 * b - 20))


SUMS = "N in 1..5, 8, 16 and b in 1..8, 12, 16; N = 64 and b in 1..4; each built and counted; all inputs up to 10 bits"


@cache
def built(case: Sum, *, unsigned: bool = False) -> tuple[int, int]:
    """The gates of the circuit, and how many inputs it gets wrong."""
    circuit = inner_product(case.terms, case.bits, Word.times if unsigned else signed_times)
    return circuit.num_gates, case.wrong(circuit)


def _count(case: Sum, most: float) -> Margin:
    gates, wrong = built(case)
    return Margin.at_most(number(gates), number(most)) & Margin.equal(number(wrong), number(0))


@claim(
    f"{T2}/step-gates-sum",
    statement=r"\text{each pre-activation can be computed by a subcircuit of size } O(N b^2)"
    r" \text{ with words of } b \text{ bits}",
    source=SOURCE + ", 'we show how to simulate E by a Boolean circuit'",
    domain="all N >= 1, b >= 1",
    readings=[
        "b is the printed d log(LNW) + log M, or what the repair of step-bits puts in its place",
        "the constant 58 is ours, by counting the gates of one construction; the paper leaves it open",
        "gates are AND and XOR of two inputs; complements are free. Ripple-carry adders: carry-lookahead ones are of"
        " the same order, and less deep",
        "weights are inputs; hard-coded they cost less",
    ],
    by=[derivation(sum_steps, "all N, b (counting)"), exhaustive(_sums, SUMS)],
    constants={"c": Constant(58.0, 0.95)},
)
def sum_takes_few_gates(case: Sum, c: float = 58.0) -> Margin:
    """A sum of N products of signed b-bit words takes at most 58 N b² gates, and is right."""
    return _count(case, c * case.terms * case.bits**2)


@sum_takes_few_gates.mutant("5 N b²")
def _(case: Sum) -> Margin:
    return _count(case, 5 * case.terms * case.bits**2)


@sum_takes_few_gates.mutant("58 N b")
def _(case: Sum) -> Margin:
    return _count(case, 58 * case.terms * case.bits)


@sum_takes_few_gates.mutant("a circuit for unsigned words")
def _(case: Sum) -> Margin:
    return Margin.equal(number(built(case, unsigned=True)[1]), number(0))


# --- piecewise-linear activations -------------------------------------------------------------------------


def random_activation(pieces: int, bits: int, seed: int) -> PiecewiseLinear:
    """Knots, slopes and offsets at random; knots are distinct where there are enough integers."""
    generator = np.random.default_rng([pieces, bits, seed])
    half = 1 << (bits - 1)
    knots = np.sort(generator.choice(np.arange(-half, half), pieces - 1, replace=False))
    slopes = generator.integers(-half, half, pieces)
    offsets = generator.integers(-half * half, half * half, pieces)
    return PiecewiseLinear(bits, *(tuple(int(v) for v in values) for values in (knots, slopes, offsets)))


def some_activations() -> Iterator[PiecewiseLinear]:
    """Random ones of 1..64 pieces on 1..24 bits, and the rectifier."""
    for bits in (*range(1, 9), 12, 16, 24):
        for pieces in (1, 2, 3, 4, 8, 16, 64):
            if pieces <= 1 << (bits - 1):
                yield random_activation(pieces, bits, 0)
    yield PiecewiseLinear(8, (0,), (0, 1), (0, 0))  # ReLU


def piece_steps() -> Iterator[Step]:
    """A comparison is a subtraction: 5 b gates; three times b bits are chosen: at most 3 gates a bit, as a mux is one
    AND and two XORs. So 14 b a knot; then one signed product, 6 b² + 12 b, and one addition of 2b + 1 bits, 10 b + 5.
    With K - 1 knots that is 14 (K - 1) b + 6 b² + 22 b + 5 <= 19 (K b + b²).
    """  # noqa: D205 - the proof
    more, extra = sympy.symbols("m j", nonnegative=True)
    b, K = 1 + more, 1 + extra
    counted = 14 * (K - 1) * b + 6 * b**2 + 22 * b + 5
    yield Step.nonnegative("19 (K b + b²) - the count", sympy.expand(19 * K * b + 19 * b**2 - counted))


@cache
def built_pieces(case: PiecewiseLinear, knots: tuple[int, ...]) -> tuple[int, int]:
    """The gates of the circuit with these knots, and how many inputs it gets wrong: of all, or of 97."""
    circuit, b = replace(case, knots=knots).circuit(), case.bits
    inputs = range(1 << b) if b <= ALL_INPUTS else range(0, 1 << b, (1 << b) // 97)
    wrong = sum(signed(evaluate(circuit, x), 2 * b + 1) != case.value(signed(x, b)) for x in inputs)
    return circuit.num_gates, wrong


def piecewise(case: PiecewiseLinear, factor: float, moved: int = 0) -> Margin:
    """At most factor (K b + b²) gates, and right; the knots of the circuit may be moved on purpose."""
    gates, wrong = built_pieces(case, tuple(knot + moved for knot in case.knots))
    b, K = case.bits, len(case.slopes)
    return Margin.at_most(number(gates), number(factor * (K * b + b * b))) & Margin.equal(number(wrong), number(0))
