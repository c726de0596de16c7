"""Circuits for a node of a truncated network: a sum of products of signed words, and a piecewise-linear activation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from circuits import Bit, Builder, Circuit, Word, concat, mux


def signed(value: int, bits: int) -> int:
    """The integer that `bits` bits mean in two's complement."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def sign_extended(word: Word, width: int) -> Word:
    """The same number in two's complement on more bits."""
    return concat(word, [word[-1]] * (width - len(word)))


def signed_times(a: Word, b: Word) -> Word:
    """The product of two words of b bits in two's complement, on 2b bits.

    a b = |a||b| of the unsigned readings, minus 2^b (a's sign times b, and b's sign times a), modulo 2^(2b).
    """
    product = a.times(b)
    high = product[len(a) :]
    for sign, other in ((a[-1], b), (b[-1], a)):
        high = high - Word([sign & bit for bit in other])
    return concat(product[: len(a)], high)


def signed_sum(words: Sequence[Word]) -> Word:
    """The exact sum by a balanced tree of ripple-carry adders, one bit wider at each level."""
    row = list(words)
    while len(row) > 1:
        width = len(row[0]) + 1
        row = [sign_extended(word, width) for word in row]
        row = [row[i] + row[i + 1] if i + 1 < len(row) else row[i] for i in range(0, len(row), 2)]
    return row[0]


def inner_product(terms: int, bits: int, times: Callable[[Word, Word], Word] = signed_times) -> Circuit:
    """sum_i w_i v_i of signed words of `bits` bits: inputs w_1, v_1, w_2, v_2, ..."""
    builder = Builder(f"{terms} products of {bits} bits")
    words = [builder.inputs(bits, name) for i in range(terms) for name in (f"w{i}", f"v{i}")]
    builder.outputs(signed_sum([times(words[2 * i], words[2 * i + 1]) for i in range(terms)]))
    return builder.build()


@dataclass(frozen=True)
class PiecewiseLinear:
    """f(x) = slope_j x + offset_j for knot_{j-1} <= x < knot_j on signed words of `bits` bits: K pieces, K - 1 knots.

    Slopes have `bits` bits, offsets 2 `bits`, the value 2 `bits` + 1, all in two's complement.
    """

    bits: int
    knots: tuple[int, ...]
    slopes: tuple[int, ...]
    offsets: tuple[int, ...]

    def value(self, x: int) -> int:
        """f(x), on integers."""
        piece = sum(x >= knot for knot in self.knots)
        return self.slopes[piece] * x + self.offsets[piece]

    def circuit(self) -> Circuit:
        """Compare with each knot, choose slope and offset, multiply and add."""
        builder = Builder(f"{len(self.slopes)} pieces of {self.bits} bits")
        x = builder.inputs(self.bits)
        slope = builder.constant(self.slopes[0], self.bits)
        offset = builder.constant(self.offsets[0], 2 * self.bits)
        for knot, a, c in zip(self.knots, self.slopes[1:], self.offsets[1:], strict=True):
            beyond = ~signed_less(x, builder.constant(knot, self.bits))
            slope = mux(beyond, builder.constant(a, self.bits), slope)
            offset = mux(beyond, builder.constant(c, 2 * self.bits), offset)
        builder.outputs(signed_sum([signed_times(x, slope), offset]))
        return builder.build()


def signed_less(a: Word, b: Word) -> Bit:
    """1 if a < b in two's complement: as unsigned numbers with both signs turned."""
    flip = [concat(word[:-1], [~word[-1]]) for word in (a, b)]
    return flip[0].less_than(flip[1])
