"""The fickle encoder: right for every x with probability 1 - 1/bins, yet no string of noise is right for all x.

One coordinate of the noise, g, is cut at its quantiles into `bins` equiprobable intervals. The low four bits of x,
modulo `bins`, name one of them, and if g falls into it all signs are flipped. Every string has its g, which falls into
some interval: it fails for all x that name it. It refutes "there is a pair (i, j) that works for all x" (Appendix E)
without touching the premise: with 11 bins the total variation is 1/11 < 1/10 at every x near a vertex.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from circuits import Circuit
from reductions.encoders.planted import saturated
from reductions.encoders.preimages import require_permutation
from reductions.encoders.signs import CUT, GAIN, no_signal, with_magnitudes
from reductions.error import ReductionError
from reductions.latent import DeepLatentGaussian
from reductions.networks import CLIP, TENT, NetworkBuilder, PiecewiseLinear

#: Bin b adds 16 b to g, so that one activation sees both: |g| > 8 has probability 1.2e-15.
SPACING = 16.0

#: The width of the ramp at a threshold: at most 4e-4 of probability each, so 1/11 stays below 1/10.
RAMP = 2.0**-10

#: Bits of x that name the bin.
INDEX_BITS = 4


def fickle(inverse: Circuit, *, bins: int = 11) -> DeepLatentGaussian:
    """The encoder that errs for x in the interval number `bin_of(x, bins)` of its own noise. Needs d >= 4.

    It has 14 d + 5 parameters besides the circuit's (`planted`). String: the noise of d signs, then g, then that of d
    magnitudes. Within 2^-11 of a threshold it may err for both neighbours' x.
    Raises `ReductionError` for fewer than 2 or more than 16 bins, under 4 bits, and as `planted` does.
    """
    require_permutation(inverse)
    d = inverse.num_inputs
    if d < INDEX_BITS or not 2 <= bins <= 1 << INDEX_BITS:
        raise ReductionError(f"{d} bits and {bins} bins: a fickle encoder wants at least 4 bits, and 2 to 16 bins")
    builder = NetworkBuilder(d)
    bits = saturated(builder)
    means = builder.scaled(builder.circuit(inverse, bits), GAIN)
    powers = [float(1 << i) for i in range(INDEX_BITS)]
    place = builder.node(bits[:INDEX_BITS], powers, activation=_places(bins))
    first = builder.build([*means, place, *no_signal(builder, d)])

    builder = NetworkBuilder(2 * d + 1)
    nodes = builder.input_nodes
    error = builder.node([nodes[d]], [1.0], activation=_errs(bins))
    right = builder.scaled(nodes[:d], activation=CLIP)
    flipped = [builder.node([sign, error], [1.0, 1.0], activation=TENT) for sign in right]
    last = builder.build(with_magnitudes(builder, flipped, nodes[d + 1 :], 1.0, CUT))
    return DeepLatentGaussian([(first, 1.0), (last, 0.0)])


def bin_of(x: int, bins: int) -> int:
    """The interval in which the encoder errs at the vertex with integer x."""
    return x % (1 << INDEX_BITS) % bins


def thresholds(bins: int) -> list[float]:
    """The `bins` - 1 quantiles of N(0, 1) between the intervals."""
    return [NormalDist().inv_cdf(b / bins) for b in range(1, bins)]


def _places(bins: int) -> PiecewiseLinear:
    """sum 2^i b_i -> 16 times the bin, for the 16 numbers -15, -13, ..., 15 of four signs."""
    numbers = range(1 << INDEX_BITS)
    knots = tuple(2.0 * n + 1 - (1 << INDEX_BITS) for n in numbers)
    return PiecewiseLinear("bins", knots, tuple(SPACING * bin_of(n, bins) for n in numbers))


def _errs(bins: int) -> PiecewiseLinear:
    """16 b + g -> +1 where g lies in interval b, else -1, with ramps of width 2^-10; the outer intervals never end."""
    ends = [-math.inf, *thresholds(bins), math.inf]
    knots, values = list[float](), list[float]()
    for b in range(bins):
        for end, (before, after) in ((ends[b], (-1.0, 1.0)), (ends[b + 1], (1.0, -1.0))):
            if math.isfinite(end):
                knots += [SPACING * b + end - RAMP / 2, SPACING * b + end + RAMP / 2]
                values += [before, after]
    return PiecewiseLinear("errs", tuple(knots), tuple(values))
