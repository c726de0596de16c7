"""How far a network in fixed point is from the real one: measured, by the recursion (53), and as the paper prints it.

Everything is the proof of Theorem 2, eqs. (48)-(53), with c = L N M delta_w + delta_a and E_0 = 0 (inputs are exact):
E_{t+1} <= L N W E_t + c, that is E_t <= c (1 + LNW + ... + (LNW)^{t-1}). Bounds are exact fractions: the powers leave
the doubles soon.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from reductions.error import ReductionError
from reductions.fixed_point import FixedPointNetwork, Precision, quantise
from reductions.networks import Network

#: Values (nodes times batch) held at once: 32 MB of float64.
BLOCK = 1 << 22


@dataclass(frozen=True)
class Constants:
    """N, W, L and M of a network: fan-in, largest weight, Lipschitz constant, and largest value of a node."""

    fan_in: int
    weight_bound: Fraction
    lipschitz: Fraction
    value_bound: Fraction

    @classmethod
    def of(cls, network: Network, value_bound: float) -> Constants:
        """Those of a network whose nodes' values are at most `value_bound`; M >= 1, for a bias reads the constant 1."""
        numbers = (Fraction(x) for x in (network.weight_bound, network.lipschitz, max(1.0, value_bound)))
        return cls(network.fan_in, *numbers)

    @property
    def growth(self) -> Fraction:
        """L N W: by how much an error grows from one depth to the next."""
        return self.lipschitz * self.fan_in * self.weight_bound

    def fresh(self, precision: Precision) -> Fraction:
        """L N M delta_w + delta_a: what each depth adds."""
        return self.lipschitz * self.fan_in * self.value_bound * precision.delta_w + precision.delta_a

    def recursion(self, precision: Precision, depth: int) -> Fraction:
        """E_t for t = `depth`, by eq. (53) step by step."""
        error = Fraction(0)
        for _ in range(depth):
            error = self.growth * error + self.fresh(precision)
        return error

    def unrolled(self, precision: Precision, depth: int) -> Fraction:
        """E_t for t = `depth` in closed form: c (r^t - 1) / (r - 1), or c t for r = LNW = 1."""
        r, c = self.growth, self.fresh(precision)
        return c * depth if r == 1 else c * (r**depth - 1) / (r - 1)

    def printed(self, precision: Precision, depth: int) -> Fraction:
        """The induction's claim for depth t >= 1 as printed: L (LNW)^{t-1} (L N M delta_w + delta_a)."""
        return self.lipschitz * self.growth ** (depth - 1) * self.fresh(precision)

    def printed_sum(self, precision: Precision, depth: int) -> Fraction:
        """The unfolding after (53) as printed, for depth t >= 1: E_t <= (LNW)^{t-1} (L N M delta_w + delta_a)."""
        return self.growth ** (depth - 1) * self.fresh(precision)


class AtDepth(NamedTuple):
    """One depth: the largest |v - v'| of its nodes, and what is said to bound it."""

    depth: int
    measured: float
    recursion: Fraction
    printed: Fraction
    printed_sum: Fraction


@dataclass(frozen=True, eq=False)
class Deviations:
    """max |v - v'| over some inputs, of each node; the constants that bound it; and a row for each depth from 1 on."""

    nodes: Float64[np.ndarray, " nodes"]
    constants: Constants
    by_depth: tuple[AtDepth, ...]

    @property
    def largest(self) -> float:
        """Over all nodes."""
        return float(self.nodes.max(initial=0.0))


def deviations(network: Network, fixed: FixedPointNetwork, x: Float[Tensor, "batch inputs"]) -> Deviations:
    """|v - v'| of every node, the largest over the rows of x, beside its bounds.

    M is the largest value of a node on x, so the recursion bounds what is measured, up to the rounding of float64.
    Raises `ReductionError` for inputs that `fixed` cannot take.
    """
    worst, largest = np.zeros(network.num_nodes), 0.0
    for part in torch.split(x, max(1, BLOCK // max(1, network.num_nodes))):
        exact = network.values(part.double()).cpu().numpy()
        error = np.abs(exact - fixed.decode(fixed.values(fixed.encode(part))))
        worst = np.maximum(worst, error.max(axis=0, initial=0.0))
        largest = max(largest, float(np.abs(exact).max(initial=0.0)))
    constants, precision, rows = Constants.of(network, largest), fixed.precision, []
    bound = Fraction(0)
    for t in range(1, network.depth + 1):
        bound = constants.growth * bound + constants.fresh(precision)
        measured = float(worst[network.depths == t].max())
        rows.append(AtDepth(t, measured, bound, constants.printed(precision, t), constants.printed_sum(precision, t)))
    return Deviations(worst, constants, tuple(rows))


class Least(NamedTuple):
    """The least precision with the right signs, the network at it, and its deviations."""

    precision: Precision
    fixed: FixedPointNetwork
    deviations: Deviations


def least_precision(network: Network, x: Float[Tensor, "batch inputs"], *, most: int = 40) -> Least:
    """The fewest bits, for weights and values alike, at which every output has the real network's sign on all of x.

    sgn(0) = +1. Each number of bits is tried from 0 on, for more bits may be worse: the signs need not agree at all
    larger ones. The box is that of x. Raises `ReductionError` if no number up to `most` will do.
    """
    if not len(x):
        raise ReductionError("no inputs to compare signs on: give at least one")
    wanted = (network(x.double()) >= 0).cpu().numpy()
    low, high = x.amin(0).double().cpu().numpy(), x.amax(0).double().cpu().numpy()
    for bits in range(most + 1):
        if not bool(((x.double() * 2**bits) % 1 == 0).all()):
            continue
        precision = Precision(bits, bits)
        try:
            fixed = quantise(network, precision, low=low, high=high)
        except ReductionError as error:
            raise ReductionError(
                f"no precision below {bits} bits has the network's signs, and from there: {error}"
            ) from None
        if np.array_equal(fixed.run(fixed.encode(x)) >= 0, wanted):
            return Least(precision, fixed, deviations(network, fixed, x))
    raise ReductionError(f"no precision up to {most} bits has the network's signs on these inputs: allow more bits")


def printed_bits(network: Network, value_bound: float, exponent: int) -> int:
    """The bits that are said to suffice: the least b >= 0 for delta_w = delta_a = 2^-b with (LNW)^exponent c < 1.

    The paper's exponent is d, the number of inputs; its induction would give the depth. M is `value_bound`.
    """
    constants = Constants.of(network, value_bound)
    bound = constants.growth**exponent * constants.fresh(Precision(0, 0))
    return math.floor(bound).bit_length()
