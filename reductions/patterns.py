"""Sign patterns as integers, bit i set where sgn z_i = +1 (sgn(0) = +1); and the checks of what they come with."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from circuits import Circuit
from reductions.error import ReductionError

#: One pattern for each x, or k of them; and a number for each.
Patterns = Int64[Tensor, "n ..."]
Logarithms = Float[Tensor, "n ..."]


def pattern_of(z: Float[Tensor, "*batch d"]) -> Int64[Tensor, "*batch"]:
    """The integer of sgn z: bit i is set where z_i >= 0 (d < 64)."""
    places = torch.arange(z.shape[-1], device=z.device)
    return ((z >= 0).to(torch.int64) << places).sum(-1)


def signs_of(
    patterns: Int64[Tensor, "*batch"], d: int, *, dtype: torch.dtype = torch.float64
) -> Float[Tensor, "*batch d"]:
    """The signs ±1 whose integer the pattern is: the inverse of `pattern_of`."""
    places = torch.arange(d, device=patterns.device)
    return ((patterns.unsqueeze(-1) >> places & 1) * 2 - 1).to(dtype)


def checked_beta(beta: float) -> float:
    """A noise level. Raises `ReductionError` unless its square and its inverse square are finite and positive."""
    if not (math.isfinite(beta) and 1e-100 < beta < 1e100):
        raise ReductionError(f"beta = {beta} is no standard deviation: give a positive number, say 0.1")
    return float(beta)


def checked_x(x: Tensor, circuit: Circuit, beta: float) -> Tensor:
    """Points of the outputs. Raises `ReductionError` for another shape or dtype, or where |x|/beta² overflows."""
    if x.ndim != 2 or x.shape[1] != circuit.num_outputs or x.dtype not in (torch.float32, torch.float64):
        wanted = f"float32 or float64 of shape (n, {circuit.num_outputs})"
        raise ReductionError(f"{circuit.name!r} wants x as {wanted}, not {x.dtype} of shape {tuple(x.shape)}")
    if not bool((x.abs() * (2 / beta**2)).sum(1).isfinite().all()):
        raise ReductionError(f"some x is not finite, or |x|/beta² overflows {x.dtype} at beta = {beta}: use float64")
    return x.detach()


def checked_patterns(patterns: Tensor, n: int, num_patterns: int) -> Int64[Tensor, "n k"]:
    """Patterns for each of n points, as [n, k]. Raises `ReductionError` for another shape, dtype or range."""
    if patterns.ndim not in (1, 2) or len(patterns) != n or patterns.dtype != torch.int64:
        raise ReductionError(
            f"patterns must be int64 of shape ({n},) or ({n}, k), not {patterns.dtype} of shape {tuple(patterns.shape)}"
        )
    if patterns.numel() and not 0 <= int(patterns.min()) <= int(patterns.max()) < num_patterns:
        raise ReductionError(f"a pattern lies outside of [0, {num_patterns})")
    return patterns.reshape(n, -1)
