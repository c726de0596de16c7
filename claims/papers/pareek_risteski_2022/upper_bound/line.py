"""Langevin diffusion on an interval, by numbers: reversible chains on a grid, their laws at all dyadic times.

The diffusion dz = -g'(z) dt + sqrt(2) dB, reflected at both ends, becomes the birth-and-death chain that jumps between
neighbouring cells at rate exp(-(g_to - g_from)/2)/width². Its stationary law is e^{-g}, normalised, exactly. Its
semigroup is squared up from a short time: products of nonnegative matrices, so no entry suffers from cancellation.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

#: Terms of the exponential series for a matrix of norm at most 1/2: the rest is below 1e-19.
TERMS = 15


@dataclass(frozen=True)
class Potential:
    """g(x) = slope x + bend (x - centre)²/2 + quartic (x - centre)⁴; convex where bend, quartic >= 0."""

    slope: float = 0.0
    bend: float = 0.0
    quartic: float = 0.0
    centre: float = 0.0

    def __call__(self, x: Float[Tensor, "*s"]) -> Float[Tensor, "*s"]:
        """g(x)."""
        y = x - self.centre
        return self.slope * x + self.bend * y**2 / 2 + self.quartic * y**4

    def drift(self, x: Float[Tensor, "*s"]) -> Float[Tensor, "*s"]:
        """-g'(x)."""
        y = x - self.centre
        return -(self.slope + self.bend * y + 4 * self.quartic * y**3)


@dataclass(frozen=True)
class Line:
    """The interval [low, high] in `cells` cells, with a potential; the diffusion is reflected at both ends."""

    potential: Potential
    low: float
    high: float
    cells: int = 96

    @property
    def diameter(self) -> float:
        """high - low."""
        return self.high - self.low

    @property
    def width(self) -> float:
        """The width of a cell."""
        return self.diameter / self.cells

    @cached_property
    def points(self) -> Float[Tensor, " cells"]:
        """The middle of each cell."""
        return self.low + self.width * (torch.arange(self.cells, dtype=torch.float64) + 0.5)

    @cached_property
    def law(self) -> Float[Tensor, " cells"]:
        """e^{-g}, normalised."""
        return torch.softmax(-self.potential(self.points), dim=0)

    def rates(self) -> Float[Tensor, "cells cells"]:
        """The chain's generator: rows sum to 0."""
        rise = self.potential(self.points).diff()
        up, down = torch.exp(-rise / 2) / self.width**2, torch.exp(rise / 2) / self.width**2
        jumps = torch.diag(up, 1) + torch.diag(down, -1)
        return jumps - torch.diag(jumps.sum(1))

    def part(self, first: int, last: int) -> Line:
        """The cells first..last-1 alone, with a reflecting end wherever a cell was cut off."""
        return Line(self.potential, self.low + first * self.width, self.low + last * self.width, last - first)


def semigroup(
    rates: Float[Tensor, "cells cells"], first: float, doublings: int
) -> Iterator[Float[Tensor, "cells cells"]]:
    """exp(t rates) at t = first, 2 first, ..., first 2^doublings, for `rates` whose rows sum to 0."""
    fastest = float(-rates.diagonal().min())
    halvings = max(0, math.ceil(math.log2(2 * first * fastest)))
    weight = first * fastest / 2**halvings
    # The sum of weight^k jumps^k / k!, with jumps >= 0: no term is negative.
    jumps = rates / fastest + torch.eye(len(rates), dtype=rates.dtype, device=rates.device)
    term = transition = torch.eye(len(rates), dtype=rates.dtype, device=rates.device)
    for k in range(1, TERMS):
        term = term @ jumps * (weight / k)
        transition = transition + term
    for k in range(halvings + doublings + 1):
        transition = transition @ transition if k else transition
        # Without this what rounding adds to a row sum would double with the time.
        transition = transition / transition.sum(1, keepdim=True)
        if k >= halvings:
            yield transition


def variation(p: Float[Tensor, "*s cells"], q: Float[Tensor, "*s cells"]) -> Float[Tensor, "*s"]:
    """Total variation distance of laws on the same cells."""
    return (p - q).abs().sum(-1) / 2


@dataclass(frozen=True)
class Region:
    """A line and the region D made of its cells first..last-1: the diffusion, its reflected version, and its exit.

    All at the times rad(D)²/128 * 2^k, k = 0..12, from every start in D. Tensors are [times, starts, cells].
    """

    line: Line
    first: int
    last: int

    @property
    def region(self) -> Line:
        """D alone, reflected at its ends."""
        return self.line.part(self.first, self.last)

    @property
    def times(self) -> Float[Tensor, " times"]:
        """The times in units of rad(D)²."""
        return 2.0 ** torch.arange(-7, 6, dtype=torch.float64)

    @property
    def law_in_region(self) -> Float[Tensor, " cells"]:
        """The stationary law of the reflected diffusion, 0 outside D."""
        return self._wide(self.region.law)

    @property
    def outside(self) -> float:
        """P(D^c)."""
        return float(self.line.law[: self.first].sum() + self.line.law[self.last :].sum())

    @property
    def ever_left(self) -> float:
        """Pr[z leaves D at some time]: 1 for an irreducible chain, unless D is the whole line."""
        return float(self.last - self.first < self.line.cells)

    @cached_property
    def free(self) -> Float[Tensor, "times starts cells"]:
        """The law of z_t."""
        return self._run(self.line.rates())[:, self.first : self.last]

    @cached_property
    def reflected(self) -> Float[Tensor, "times starts cells"]:
        """The law of the reflected diffusion."""
        return self._wide(self._run(self.region.rates()))

    @cached_property
    def left(self) -> Float[Tensor, "times starts"]:
        """Pr[z_s is outside D for some s <= t]: what an absorbing state beyond D's ends holds."""
        rows = self.line.rates()[self.first : self.last]
        out = rows[:, : self.first].sum(1) + rows[:, self.last :].sum(1)
        rates = torch.nn.functional.pad(rows[:, self.first : self.last], (0, 1, 0, 1))
        rates[:-1, -1] = out
        return self._run(rates)[:, :-1, -1]

    def _run(self, rates: Float[Tensor, "n n"]) -> Float[Tensor, "times n n"]:
        first = float(self.times[0]) * (self.region.diameter / 2) ** 2
        return torch.stack(list(semigroup(rates, first, len(self.times) - 1)))

    def _wide(self, laws: Float[Tensor, "*s n"]) -> Float[Tensor, "*s cells"]:
        return torch.nn.functional.pad(laws, (self.first, self.line.cells - self.last))


def projected(line: Line, h: float, *, noise: float = 2.0, to_middle: bool = False) -> Float[Tensor, "n n"]:
    """One step of y -> Pi(y - h g'(y) + sqrt(noise h) xi) on the cells of a line and its two end points, n = cells + 2.

    Moving what is in a cell to its middle adds width²/12 to the variance (Sheppard), so the noise gets so much less:
    width² must be below 12 noise h. Cells come first, then low and high, which are atoms. `to_middle`: what leaves is
    sent to the middle instead.
    """
    at = torch.cat([line.points, line.points.new_tensor([line.low, line.high])])
    mean = at + h * line.potential.drift(at)
    edges = torch.linspace(line.low, line.high, line.cells + 1, dtype=at.dtype)
    below = torch.special.ndtr((edges - mean[:, None]) / math.sqrt(noise * h - line.width**2 / 12))
    step = torch.cat([below.diff(dim=1), below[:, :1], 1 - below[:, -1:]], dim=1)
    if to_middle:
        step[:, line.cells // 2] += step[:, -2:].sum(1)
        step[:, -2:] = 0
    return step
