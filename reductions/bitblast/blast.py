"""`bitblast`: the Boolean circuit that computes what a fixed-point network does, bit for bit."""

from __future__ import annotations

import numpy as np

from circuits import Bit, Builder, Circuit, Word
from circuits.transform import cone
from reductions.bitblast.adder import weighted_sum
from reductions.bitblast.reach import Reach
from reductions.bitblast.signed import Signed, choose, tabulated
from reductions.error import ReductionError
from reductions.fixed_point import FixedActivation, FixedPointNetwork

#: Values of a number that are listed one by one; more are an interval.
MOST_VALUES = 16

#: Lines computed side by side and chosen among; with more, slope and offset are looked up and multiplied.
MOST_LINES = 6


def bitblast(
    fixed: FixedPointNetwork, name: str = "bit-blasted", *, words: bool = False, most_values: int = MOST_VALUES
) -> Circuit:
    """The circuit of the fixed-point network on Boolean inputs `x[0]`, `x[1]`, ...: 1 is the number +1, 0 is -1.

    Its outputs are `sign[j]`, 1 where output j of the network is at least 0, or, with `words`, the two's complement
    words `value[j][k]` in units of delta_a (bit k, the last one the sign). Numbers that take at most `most_values`
    values over all inputs, as far as can be seen node by node, are known to take only those; 0 uses intervals alone.

    Raises `ReductionError` unless -1 and +1 are in the network's box.
    """
    network, one = fixed.network, 1 << fixed.precision.activation_bits
    if np.any(fixed.low[: network.inputs] > -one) or np.any(fixed.high[: network.inputs] < one):
        raise ReductionError("a Boolean input is -1 or +1, and the network's box lacks one: quantise it on [-1, 1]")
    builder = Builder(name)
    ends = Reach.of((-one, one), most_values)
    bits = list(builder.inputs(network.inputs))
    zeros = [builder.false] * fixed.precision.activation_bits
    numbers = [Signed.made(builder, Word([*zeros, builder.true, ~bit]), ends) for bit in bits]
    sources, weights = network.source.tolist(), fixed.weight.tolist()
    for row, (begin, end) in enumerate(zip(network.start[:-1].tolist(), network.start[1:].tolist(), strict=True)):
        terms = [(weights[e], numbers[sources[e]]) for e in range(begin, end) if weights[e]]
        total = _sum(builder, terms, int(fixed.bias[row]) * one, most_values)
        numbers.append(_activated(total, fixed.activations[fixed.form[row]], most_values))
    for j, node in enumerate(network.outputs.tolist()):
        if words:
            builder.outputs(numbers[node].word, f"value[{j}]")
        else:
            builder.output(numbers[node].nonnegative, f"sign[{j}]")
    return cone(builder.build())


def _sum(builder: Builder, terms: list[tuple[int, Signed]], constant: int, most: int) -> Signed:
    """constant + the sum of weight times number."""
    reach = Reach.of((constant,), max(most, 1))
    for weight, number in terms:
        reach = reach.plus(weight, number.reach, most)
    products = (term for weight, number in terms for term in number.times(weight))
    return Signed.made(builder, weighted_sum(builder, products, constant, reach.width), reach)


def _activated(s: Signed, activation: FixedActivation, most: int) -> Signed:
    """activation(s): only the pieces that s can be in are built."""
    reach = s.reach.through(activation, most)
    first, last = np.searchsorted(activation.threshold, [s.reach.low, s.reach.high], side="right").tolist()
    at_least = [s.at_least(bound) for bound in activation.threshold[first:last].tolist()]
    slopes, offsets = (numbers[first : last + 1].tolist() for numbers in (activation.slope, activation.offset))
    # Only these bits of a line count: what lies above would say what the reach says already.
    width = activation.shift + reach.width
    dropped = Word(list(s.word[activation.drop :]) or [s.word[-1]])
    argument = Signed(s.builder, dropped, s.reach)
    if len(set(zip(slopes, offsets, strict=True))) <= MOST_LINES:
        lines = [weighted_sum(s.builder, argument.times(a), c, width) for a, c in zip(slopes, offsets, strict=True)]
        value = lines[0]
        for bit, line in zip(at_least, lines[1:], strict=True):
            value = choose(bit, line, value)
    else:
        value = _looked_up(argument, at_least, slopes, offsets, width)
    images = s.reach.values and activation(np.array(s.reach.values, dtype=np.int64)).tolist()
    return s.image(value[activation.shift :], reach, images)


def _looked_up(s: Signed, at_least: list[Bit], slopes: list[int], offsets: list[int], width: int) -> Word:
    """slope * s + offset modulo 2^width, with slope and offset from a table that `at_least` indexes."""
    slope_bits = Reach(min(slopes), max(slopes)).width
    slope = Signed(s.builder, Word(tabulated(s.builder, at_least, slopes, slope_bits)), Reach(min(slopes), max(slopes)))
    offset = tabulated(s.builder, at_least, offsets, width)
    products = [(c * d, a & b) for c, a in slope.times(1) for d, b in s.times(1)]
    return weighted_sum(s.builder, [*products, *((1 << k, bit) for k, bit in enumerate(offset))], 0, width)
