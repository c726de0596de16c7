"""`quantise`: a network in fixed point (proof of Theorem 2, before eq. (48)), and its integer-only reference.

Weights are truncated towards zero to multiples of delta_w. A value is an integer in units of delta_a, a sum an exact
integer in units of delta_w * delta_a, and an activation an integer function whose value is off by at most delta_a.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int64
from numpy.typing import ArrayLike
from scipy.sparse import csr_array
from torch import Tensor

from reductions.error import ReductionError
from reductions.networks import Network, PiecewiseLinear

#: Integers stay below 2^62 in modulus, so that no sum of two of them leaves int64.
MOST_BITS = 62

#: Bits below delta_a * delta_w that an activation may take to be exact; beyond them it is rounded.
EXACT_BITS = 8

#: Values (nodes times batch) held at once: 128 MB.
VALUES = 1 << 24


@dataclass(frozen=True)
class Precision:
    """Bits after the point: delta_w = 2^-weight_bits, delta_a = 2^-activation_bits.

    Raises `ReductionError` unless both are between 0 and 62.
    """

    weight_bits: int
    activation_bits: int

    def __post_init__(self) -> None:
        if not (0 <= self.weight_bits <= MOST_BITS and 0 <= self.activation_bits <= MOST_BITS):
            raise ReductionError(f"{self}: choose 0 to {MOST_BITS} bits after the point")

    @property
    def delta_w(self) -> Fraction:
        """The unit of weights."""
        return Fraction(1, 1 << self.weight_bits)

    @property
    def delta_a(self) -> Fraction:
        """The unit of values."""
        return Fraction(1, 1 << self.activation_bits)

    @property
    def sum_bits(self) -> int:
        """Bits after the point of a sum."""
        return self.weight_bits + self.activation_bits


@dataclass(frozen=True, eq=False)
class FixedActivation:
    """An activation sigma' on integers, from sums to values: (slope[k] * (s >> drop) + offset[k]) >> shift.

    k is the number of thresholds <= s. It is compiled for -2^bits <= s < 2^bits, where |sigma' - sigma| <= delta_a:
    the line before the last shift lies above sigma by e in [0, delta_a], and the shift takes off less than delta_a.
    Where slopes and offsets are short dyadic fractions e = 0: sigma' is sigma rounded down, which keeps its sign.
    """

    threshold: Int64[np.ndarray, " knots"]
    slope: Int64[np.ndarray, " knots_and_one"]
    offset: Int64[np.ndarray, " knots_and_one"]
    drop: int
    shift: int
    bits: int

    def __call__(self, s: Int64[np.ndarray, "*shape"]) -> Int64[np.ndarray, "*shape"]:
        """sigma'(s), entry by entry."""
        piece = np.searchsorted(self.threshold, s, side="right")
        value: Int64[np.ndarray, "*shape"] = (self.slope[piece] * (s >> self.drop) + self.offset[piece]) >> self.shift
        return value

    def range(self, low: int, high: int) -> tuple[int, int]:
        """The least and the largest value on low <= s <= high: a piece is monotone, so its ends suffice."""
        inside = self.threshold[(self.threshold > low) & (self.threshold <= high)]
        values = self(np.concatenate([np.array([low, high]), inside - 1, inside]))
        return int(values.min()), int(values.max())


class _Piece(NamedTuple):
    """sigma / delta_a = slope * s + offset for the integers first <= s <= last."""

    first: int
    last: int
    slope: Fraction
    offset: Fraction

    def bits(self) -> int:
        """Bits after the point of its numbers."""
        return max(self.slope.denominator, self.offset.denominator).bit_length() - 1

    def rounded(self, drop: int, shift: int) -> tuple[int, int]:
        """(A, C) such that 0 <= (A (s >> drop) + C) / 2^shift - sigma / delta_a <= 1 for all s of the piece."""
        a = round(self.slope * (1 << drop + shift))
        # What s loses by the drop, times the slope; and the error at both ends of the piece for C = 0.
        lost = self.slope * ((1 << drop) - 1)
        ends = [Fraction(a * t, 1 << shift) - self.slope * (t << drop) - self.offset
                for t in (self.first >> drop, self.last >> drop)]  # fmt: skip
        c = math.ceil((max(lost, Fraction(0)) - min(ends)) * (1 << shift))
        assert max(ends) + Fraction(c, 1 << shift) - min(lost, Fraction(0)) <= 1
        return a, c


def _pieces(activation: PiecewiseLinear, precision: Precision, bits: int) -> Iterator[_Piece]:
    """The pieces that hold an integer of [-2^bits, 2^bits)."""
    knots = [Fraction(knot) for knot in activation.knots]
    # A sum is right of a knot from the first integer at or above the knot on.
    cuts = [math.ceil(knot * (1 << precision.sum_bits)) for knot in knots]
    low, high = -1 << bits, (1 << bits) - 1
    firsts, lasts = [low, *cuts], [*(cut - 1 for cut in cuts), high]
    anchors, values = [knots[0], *knots], [activation.values[0], *activation.values]
    for first, last, slope, knot, value in zip(firsts, lasts, activation.slopes, anchors, values, strict=True):
        if max(first, low) <= min(last, high):
            m = Fraction(slope)
            offset = (Fraction(value) - m * knot) * (1 << precision.activation_bits)
            yield _Piece(max(first, low), min(last, high), m * precision.delta_w, offset)


def _drop_and_shift(pieces: list[_Piece], precision: Precision, bits: int) -> tuple[int, int]:
    """(drop, shift): exact where that takes few bits; else the drop costs delta_a / 4 at most, and so does rounding."""
    exact = max(piece.bits() for piece in pieces)
    if exact <= precision.weight_bits + EXACT_BITS:
        return 0, exact
    steepest = max(abs(piece.slope) for piece in pieces)
    drop = 0
    while drop < bits and steepest * (8 << drop) <= 1:
        drop += 1
    longest = max(((piece.last >> drop) - (piece.first >> drop) + 1 for piece in pieces if piece.slope), default=0)
    return drop, (2 * longest + 2).bit_length()


@lru_cache(maxsize=1024)
def fixed_activation(activation: PiecewiseLinear, precision: Precision, bits: int) -> FixedActivation:
    """`activation` for sums of -2^bits <= s < 2^bits. Raises `ReductionError` if that takes more than 62 bits."""
    pieces = list(_pieces(activation, precision, bits))
    drop, shift = _drop_and_shift(pieces, precision, bits)
    lines = [piece.rounded(drop, shift) for piece in pieces]
    largest = max(
        abs(a) * max(abs(piece.first >> drop), abs(piece.last >> drop)) + abs(c)
        for piece, (a, c) in zip(pieces, lines, strict=True)
    )
    _check_bits(max(shift, bits, (max(largest, 1) - 1).bit_length()), f"activation {activation.name!r}", precision)
    slope, offset = np.array(lines, dtype=np.int64).T
    return FixedActivation(np.array([piece.first for piece in pieces[1:]], np.int64), slope, offset, drop, shift, bits)


def _check_bits(bits: int, what: str, precision: Precision) -> None:
    if bits > MOST_BITS:
        raise ReductionError(
            f"{what} takes integers of {bits} bits at {precision}, and {MOST_BITS} is the most: choose fewer bits after"
            " the point, smaller weights or a smaller box of inputs"
        )


@dataclass(frozen=True, eq=False)
class FixedPointNetwork:
    """A network in fixed point. `quantise` makes it.

    Attributes: `network` (whose graph it has), `precision`; `weight` and `bias` in units of delta_w; row k applies
    `activations[form[k]]`; node v lies in `low[v] <= v <= high[v]` (units of delta_a) for all inputs in the box that
    its inputs' `low` and `high` span.
    """

    network: Network
    precision: Precision
    weight: Int64[np.ndarray, " edges"]
    bias: Int64[np.ndarray, " rows"]
    activations: tuple[FixedActivation, ...]
    form: Int64[np.ndarray, " rows"]
    low: Int64[np.ndarray, " nodes"]
    high: Int64[np.ndarray, " nodes"]

    def encode(self, x: Float[Tensor, "batch inputs"]) -> Int64[np.ndarray, "batch inputs"]:
        """Inputs in units of delta_a. Raises `ReductionError` unless they are whole, and in the box."""
        scaled = np.ldexp(x.detach().to("cpu").double().numpy(), self.precision.activation_bits)
        whole = np.rint(scaled)
        if not np.array_equal(scaled, whole) or np.abs(whole).max(initial=0) >= 1 << MOST_BITS:
            raise ReductionError(
                f"inputs must be multiples of delta_a = 2^-{self.precision.activation_bits}: round them first, or"
                " choose more activation_bits"
            )
        return self._checked(whole.astype(np.int64))

    def decode(self, values: Int64[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
        """Values in units of delta_a as real numbers."""
        real: Float[np.ndarray, "*shape"] = np.ldexp(values.astype(np.float64), -self.precision.activation_bits)
        return real

    def run(self, inputs: Int64[np.ndarray, "batch inputs"]) -> Int64[np.ndarray, "batch outputs"]:
        """The outputs in units of delta_a, over blocks of the batch that bound the memory."""
        block = max(1, VALUES // max(1, self.network.num_nodes))
        parts = [self.values(inputs[i : i + block])[:, self.network.outputs] for i in range(0, len(inputs), block)]
        return np.concatenate(parts) if parts else np.empty((0, len(self.network.outputs)), dtype=np.int64)

    def values(self, inputs: Int64[np.ndarray, "batch inputs"]) -> Int64[np.ndarray, "batch nodes"]:
        """What every node computes, inputs included, in units of delta_a: integers only.

        Raises `ReductionError` for inputs outside the box, where the ranges would not hold.
        """
        values = np.empty((self.network.num_nodes, len(inputs)), dtype=np.int64)
        values[: self.network.inputs] = self._checked(inputs).T
        for rows, weights in self._levels:
            total = weights @ values + (self.bias[rows] << self.precision.activation_bits)[:, None]
            for form in np.unique(self.form[rows]):
                chosen = self.form[rows] == form
                values[self.network.inputs + rows[chosen]] = self.activations[form](total[chosen])
        return values.T

    def _checked(self, inputs: Int64[np.ndarray, "batch inputs"]) -> Int64[np.ndarray, "batch inputs"]:
        d = self.network.inputs
        if inputs.ndim != 2 or inputs.shape[1] != d or inputs.dtype != np.int64:
            raise ReductionError(f"inputs must be int64 of shape (batch, {d}), not {inputs.dtype} of {inputs.shape}")
        if np.any(inputs < self.low[:d]) or np.any(inputs > self.high[:d]):
            raise ReductionError("an input lies outside the box of `quantise`: give it a larger `low` and `high`")
        return inputs

    @cached_property
    def _levels(self) -> list[tuple[Int64[np.ndarray, " rows"], csr_array]]:
        """The rows of each depth, and their weights as a sparse integer matrix over all nodes."""
        network = self.network
        matrix = csr_array((self.weight, network.source, network.start), (len(self.bias), network.num_nodes))
        depth = network.depths[network.inputs :]
        levels = (np.flatnonzero(depth == t) for t in range(1, network.depth + 1))
        return [(rows, matrix[rows]) for rows in levels]


def quantise(
    network: Network, precision: Precision, *, low: ArrayLike = -1.0, high: ArrayLike = 1.0
) -> FixedPointNetwork:
    """The network in fixed point, for inputs low <= x <= high (one number, or one an input).

    Raises `ReductionError` if, for some input of the box, an integer might not fit into 62 bits.
    """
    scale, d = precision.activation_bits, network.inputs
    weight, bias = (_truncated(numbers, precision) for numbers in (network.weight, network.bias))
    least = [math.ceil(x) for x in np.ldexp(np.broadcast_to(low, d), scale).tolist()]
    most = [math.floor(x) for x in np.ldexp(np.broadcast_to(high, d), scale).tolist()]
    if any(a > b for a, b in zip(least, most, strict=True)):
        raise ReductionError(f"the box of inputs holds no multiple of 2^-{scale}: needs low <= high, or more bits")
    _check_bits(max((abs(x) for x in least + most), default=0).bit_length(), "an input", precision)
    form, forms = [], dict[FixedActivation, int]()
    edges = list(zip(network.source.tolist(), weight.tolist(), strict=True))
    for row, (begin, end) in enumerate(zip(network.start[:-1].tolist(), network.start[1:].tolist(), strict=True)):
        bounds = _sum_range(edges[begin:end], int(bias[row]) << scale, least, most)
        _check_bits(bounds.size.bit_length(), f"the sum of node {d + row}", precision)
        bits = max(bounds.high, ~bounds.low, 0).bit_length()
        activation = fixed_activation(network.piecewise_linear[network.kind[row]], precision, bits)
        form.append(forms.setdefault(activation, len(forms)))
        a, b = activation.range(bounds.low, bounds.high)
        least.append(a)
        most.append(b)
    arrays = (np.array(numbers, dtype=np.int64) for numbers in (form, least, most))
    return FixedPointNetwork(network, precision, weight, bias, tuple(forms), *arrays)


class _SumRange(NamedTuple):
    """Bounds of a sum, and of the modulus of every partial sum."""

    low: int
    high: int
    size: int


def _sum_range(edges: list[tuple[int, int]], constant: int, least: list[int], most: list[int]) -> _SumRange:
    low = high = constant
    size = abs(constant)
    for source, weight in edges:
        ends = weight * least[source], weight * most[source]
        low, high, size = low + min(ends), high + max(ends), size + max(abs(ends[0]), abs(ends[1]))
    return _SumRange(low, high, size)


def _truncated(numbers: Float[np.ndarray, " n"], precision: Precision) -> Int64[np.ndarray, " n"]:
    """Towards zero, in units of delta_w."""
    largest = math.frexp(float(np.abs(numbers).max(initial=0.0)))[1] + precision.weight_bits
    _check_bits(largest, "a weight", precision)
    truncated: Int64[np.ndarray, " n"] = np.trunc(np.ldexp(numbers, precision.weight_bits)).astype(np.int64)
    return truncated
