"""Activations, and the piecewise-linear ones: those that become circuits. The smooth ones are in `smooth`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reductions.error import ReductionError


class Activation(Protocol):
    """A function of one variable that a node applies; hashable, and equal where its fields are."""

    @property
    def name(self) -> str:
        """How files and pictures call it."""

    @property
    def lipschitz(self) -> float:
        """L: the least constant with |f(s) - f(t)| <= L |s - t|; infinite if there is none."""

    def __call__(self, s: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """The function at each entry."""


@dataclass(frozen=True)
class PiecewiseLinear:
    """The function through (knots[k], values[k]), with slopes `left` and `right` outside the knots.

    Raises:
        ReductionError: unless the knots increase and each has a finite value.
    """

    name: str
    knots: tuple[float, ...]
    values: tuple[float, ...]
    left: float = 0.0
    right: float = 0.0

    def __post_init__(self) -> None:
        if not self.knots or len(self.knots) != len(self.values):
            raise ReductionError(f"activation {self.name!r}: one value a knot, and at least one knot")
        if not np.isfinite([*self.knots, *self.values, self.left, self.right]).all():
            raise ReductionError(f"activation {self.name!r}: knots, values and slopes must be finite")
        if any(b <= a for a, b in pairwise(self.knots)):
            raise ReductionError(f"activation {self.name!r}: its knots must increase")

    @property
    def slopes(self) -> tuple[float, ...]:
        """The slope of each of the `len(knots) + 1` pieces, from left to right."""
        inner = np.diff(self.values) / np.diff(self.knots)
        return (self.left, *(float(slope) for slope in inner), self.right)

    @property
    def lipschitz(self) -> float:
        """L: the least constant with |f(s) - f(t)| <= L |s - t|."""
        return max(abs(slope) for slope in self.slopes)

    def __call__(self, s: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """The function at each entry; exact at the knots, and to the right of the last where `right` is 0."""
        knots = torch.tensor(self.knots, dtype=s.dtype, device=s.device)
        values = torch.tensor((self.values[0], *self.values), dtype=s.dtype, device=s.device)
        slopes = torch.tensor(self.slopes, dtype=s.dtype, device=s.device)
        piece = torch.bucketize(s, knots, right=True)
        return values[piece] + slopes[piece] * (s - knots[(piece - 1).clamp(min=0)])


IDENTITY = PiecewiseLinear("identity", (0.0,), (0.0,), 1.0, 1.0)
RELU = PiecewiseLinear("relu", (0.0,), (0.0,), 0.0, 1.0)
MAGNITUDE = PiecewiseLinear("magnitude", (0.0,), (0.0,), -1.0, 1.0)
"""|s|, which is max(s, -s)."""
CLIP = PiecewiseLinear("clip", (-1.0, 1.0), (-1.0, 1.0))
"""min(max(s, -1), 1): with bias -1 the AND of two numbers ±1."""
TENT = PiecewiseLinear("tent", (-2.0, 0.0, 2.0), (-1.0, 1.0, -1.0))
"""1 - |s| on [-2, 2]: the XOR of two numbers ±1, from their sum."""


def tabulated(
    function: Callable[[Float[Tensor, " knots"]], Float[Tensor, " knots"]],
    low: float,
    high: float,
    pieces: int,
    name: str,
) -> PiecewiseLinear:
    """`function` interpolated at `pieces + 1` equidistant knots of [low, high], constant outside.

    How far that is from the function is the caller's to say: pieces of width h are within h²/8 max|f''|.
    """
    if pieces < 1 or not low < high:
        raise ReductionError(f"activation {name!r}: needs low < high and at least one piece")
    knots = torch.linspace(low, high, pieces + 1, dtype=torch.float64)
    values = function(knots)
    return PiecewiseLinear(name, tuple(knots.tolist()), tuple(values.tolist()))
