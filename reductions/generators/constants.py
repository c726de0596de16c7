"""`Constants`: the four numbers of Assumptions 1 and 2, and how they combine when maps do."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from reductions.error import ReductionError

#: Taken off, or put on, a singular value for rounding, relative to the Frobenius norm: far more than float64 loses on
#: matrices of up to a thousand rows.
ROUNDING = 1e-9

#: The same for a few sums and products of constants.
ARITHMETIC = 2.0**-48


@dataclass(frozen=True)
class Constants:
    """m |z - z'| <= |G(z) - G(z')| <= M |z - z'|, |D²G(z)[u, v]| <= M2, |D³G(z)[u, v, w]| <= M3 for all unit u, v, w.

    Bounds, not best values: m is rounded down, the others up. m = 0 says nothing, and M2 = M3 = 0 that G is affine.
    Raises `ReductionError` unless 0 <= m <= M < inf and M2, M3 are finite and not negative.
    """

    m: float
    M: float
    M2: float
    M3: float

    def __post_init__(self) -> None:
        numbers = (self.m, self.M, self.M2, self.M3)
        if not (0 <= self.m <= self.M and min(numbers) >= 0 and all(map(math.isfinite, numbers))):
            raise ReductionError(f"m, M, M2, M3 = {numbers}: expected 0 <= m <= M, M2 >= 0 and M3 >= 0, all finite")

    def then(self, outer: Constants) -> Constants:
        """Of outer(inner(z)), where `self` is the inner map.

        D²(f o g)[u, v] = D²f[Dg u, Dg v] + Df D²g[u, v]; D³ has D³f[Dg u, Dg v, Dg w], three terms
        D²f[D²g[u, v], Dg w], and Df D³g[u, v, w].
        """
        return Constants(
            down(self.m * outer.m),
            up(self.M * outer.M),
            up(outer.M2 * self.M**2 + outer.M * self.M2),
            up(outer.M3 * self.M**3 + 3 * outer.M2 * self.M2 * self.M + outer.M * self.M3),
        )

    def plus(self, other: Constants) -> Constants:
        """Of the sum of two maps: the sum moves by at least m |z - z'| of one less M |z - z'| of the other."""
        m = max(down(self.m) - up(other.M), down(other.m) - up(self.M), 0.0)
        return Constants(down(m), up(self.M + other.M), up(self.M2 + other.M2), up(self.M3 + other.M3))

    @property
    def conditioning(self) -> float:
        """M/m, infinite where m = 0."""
        return self.M / self.m if self.m else math.inf


#: Of the identity map.
ISOMETRY = Constants(1.0, 1.0, 0.0, 0.0)


def down(bound: float) -> float:
    """A little less: what float arithmetic may have put on a nonnegative number."""
    return bound * (1 - ARITHMETIC)


def up(bound: float) -> float:
    """A little more: what float arithmetic may have taken off a nonnegative number."""
    return bound * (1 + ARITHMETIC)


def extreme_singular_values(matrix: Float[Tensor, "rows columns"]) -> tuple[float, float]:
    """A lower bound of min |Mz|/|z| (0 if rows < columns) and an upper one of max; both 0 for an empty matrix."""
    if not matrix.numel():
        return 0.0, 0.0
    values = torch.linalg.svdvals(matrix.detach().cpu().double())
    slack = ROUNDING * float(values.norm())
    least = float(values[-1]) - slack if matrix.shape[0] >= matrix.shape[1] else 0.0
    return max(least, 0.0), float(values[0]) + slack


def longest_row(matrix: Float[Tensor, "rows columns"]) -> float:
    """An upper bound of the Euclidean norm of the rows; 0 if there is none."""
    return up(float(matrix.detach().cpu().double().norm(dim=1).max())) if matrix.numel() else 0.0
