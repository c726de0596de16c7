"""The law of a Langevin chain on a grid, and total variation from the posterior: d = 1, 2, and products in any d.

The trapezoid rule on a grid of spacing D is exact up to exp(-2 pi² s²/D²) for a Gaussian of deviation s, so one step of
the chain, a convolution with N(0, 2h I), costs no accuracy once D is nine tenths of sqrt(2h): what is left out is the
mass beyond the grid, which is computed, and the aliasing, which a finer grid shows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from scipy.signal import fftconvolve
from torch import Tensor

from reductions.error import ReductionError
from reductions.variation import Interval


@dataclass(frozen=True, slots=True)
class Estimate:
    """A total variation by numerical analysis: within [low, high] as far as two grids show. No proof, no confidence."""

    low: float
    high: float


#: z -> the mean of the chain's next state, for a batch (n, d); z -> log of an unnormalised density.
Mean = Callable[[Tensor], Tensor]
LogDensity = Callable[[Tensor], Tensor]

#: Grid spacings, in units of sqrt(2h): the one that is reported, and the coarser one that it is compared with.
FINE, COARSE = 0.6, 0.9

#: Entries of one kernel at most, a line of the grid times all of its points: 1 GB of float64.
MOST_ENTRIES = 1 << 27

#: How much finer the axes are on which densities are compared, for d = 1 and 2.
REFINED = {1: 8, 2: 3}

#: In total variation: where the steps to come change less than this, the chain is stationary.
STATIONARY = 1e-5

#: Width of the lattice on which log likelihood ratios of products are rounded, up and down, and its reach.
LATTICE, REACH = 2e-4, 30.0


def points(axes: Sequence[Float[Tensor, " n"]]) -> Float[Tensor, "cells d"]:
    """The grid's points, the last coordinate fastest."""
    return torch.cartesian_prod(*axes).reshape(-1, len(axes))


def cell_of(axes: Sequence[Float[Tensor, " n"]]) -> float:
    """The volume of one cell."""
    return math.prod(float(axis[1] - axis[0]) for axis in axes)


def axes_around(
    centre: Float[Tensor, " d"], reach: float, step: float, spacing: float = FINE
) -> list[Float[Tensor, " n"]]:
    """Equidistant points centre ± reach on each axis, `spacing` times sqrt(2 step) apart.

    Raises `ReductionError` for more than two coordinates or for a grid that would be too large.
    """
    if len(centre) > 2:
        raise ReductionError(f"a grid in {len(centre)} dimensions: d = 1 and 2 can be had, else separable generators")
    count = 2 * math.ceil(reach / (spacing * math.sqrt(2 * step))) + 1
    if count ** (len(centre) + 1) > MOST_ENTRIES:
        raise ReductionError(f"a grid of {count}^{len(centre)} points is too large: a larger h or a smaller M/m")
    line = torch.linspace(-reach, reach, count, dtype=centre.dtype, device=centre.device)
    return [middle + line for middle in centre]


def chain_density(
    mean: Mean, start: Float[Tensor, " d"], step: float, steps: int, axes: Sequence[Float[Tensor, " n"]]
) -> tuple[Float[Tensor, " cells"], list[Float[Tensor, " m"]]]:
    """The density after `steps` >= 1 steps z -> N(mean(z), 2 step I) from `start`, at the points of finer axes.

    The steps but the last run on the grid of `axes`; the density of the last is smooth and known wherever one likes.
    """
    fine, cell = refined(axes), cell_of(axes)
    means, mass = mean(start[None]), start.new_ones(1)
    if steps > 1:
        density = _kernel(means, step, axes)(mass)
        means = mean(points(axes))
        advance = _kernel(means, step, axes)
        for left in range(steps - 2, 0, -1):
            before, density = density, advance(density * cell)
            # A step never moves two laws apart, so what all the steps to come can change is at most this.
            if left * float((density - before).abs().sum()) * cell < STATIONARY:
                break
        mass = density * cell
    return _kernel(means, step, fine)(mass), fine


def refined(axes: Sequence[Float[Tensor, " n"]]) -> list[Float[Tensor, " m"]]:
    """The same intervals with `REFINED` times as many points: |p - q| has kinks, where the trapezoid rule errs."""
    factor = REFINED[len(axes)]
    return [
        torch.linspace(float(a[0]), float(a[-1]), factor * (len(a) - 1) + 1, dtype=a.dtype, device=a.device)
        for a in axes
    ]


def _kernel(
    means: Float[Tensor, "sources d"], step: float, axes: Sequence[Float[Tensor, " n"]]
) -> Callable[[Tensor], Tensor]:
    """Masses at the sources -> the density of the sum of N(mean, 2 step I) at the points of the grid."""
    factors = [
        torch.exp(-((axis[:, None] - means[None, :, k]) ** 2) / (4 * step)) / math.sqrt(4 * math.pi * step)
        for k, axis in enumerate(axes)
    ]
    if len(factors) == 1:
        return lambda mass: factors[0] @ mass
    return lambda mass: ((factors[0] * mass) @ factors[1].T).reshape(-1)


def normalised(log_density: LogDensity, axes: Sequence[Float[Tensor, " n"]]) -> Float[Tensor, " cells"]:
    """exp(log_density) on the grid, of total mass 1 there."""
    cell = cell_of(axes)
    return torch.softmax(log_density(points(axes)), 0) / cell


def grid_variation(
    mean: Mean,
    log_posterior: LogDensity,
    start: Float[Tensor, " d"],
    centre: Float[Tensor, " d"],
    *,
    step: float,
    steps: int,
    reach: float,
    finer: float = 1.0,
) -> Estimate:
    """TV between the chain's law and the posterior, for d = 1 and 2, within the error that was seen.

    The error is the chain's mass beyond the grid, what `STATIONARY` allows, twice the `kinks` of |p - q| where it is 0,
    and twice the change from a coarser grid. The posterior's mass beyond `reach` is the caller's to bound.
    """
    values, leak, bend = [], 0.0, 0.0
    for spacing in (COARSE, FINE):
        p, axes = chain_density(mean, start, step, steps, axes_around(centre, reach, step, spacing / finer))
        cell = cell_of(axes)
        difference = (p - normalised(log_posterior, axes)).reshape([len(axis) for axis in axes]) * cell
        bend = kinks(difference)
        values.append(float(difference.abs().sum()) / 2 - bend / 2)
        leak = abs(1 - float(p.sum()) * cell)
    error = leak + STATIONARY + 2 * bend + 2 * abs(values[1] - values[0])
    return Estimate(max(0.0, values[1] - error), min(1.0, values[1] + error))


def kinks(difference: Float[Tensor, "*grid"]) -> float:
    """By how much half the sum of |f| over the grid exceeds half its integral, where f passes through 0.

    Between values a and -b of opposite signs the trapezoid rule is too large by ab/(a + b) for a linear f; summed over
    all edges of the grid, and halved.
    """
    total = 0.0
    for axis in range(difference.ndim):
        edges = difference.shape[axis] - 1
        first, second = difference.narrow(axis, 0, edges), difference.narrow(axis, 1, edges)
        crossing = first * second < 0
        a, b = first[crossing].abs(), second[crossing].abs()
        total += float((a * b / (a + b)).sum()) / 2
    return total


def product_variation(
    p: Sequence[Float[Tensor, " cells"]], q: Sequence[Float[Tensor, " cells"]], *, lattice: float = LATTICE
) -> Interval:
    """TV between two products of discrete laws, factor by factor given as probabilities: surely within the interval.

    TV = E_p[(1 - q/p)^+], and log(p/q) adds up over factors: each factor's ratios are rounded to a lattice, down for
    the lower end and up for the upper one, and the laws of the rounded sums convolved.
    """
    ends = []
    for up in (False, True):
        total, offset = np.ones(1), 0
        sure = 0.0  # an upper bound of the mass where some ratio is beyond the lattice
        for mine, theirs in zip(p, q, strict=True):
            law, shift, beyond = _ratio_law(mine, theirs, lattice, up=up)
            total, offset = np.maximum(fftconvolve(total, law), 0.0), offset + shift
            sure += beyond
        ratio = lattice * (np.arange(len(total)) + offset)
        inside = float((total * -np.expm1(-np.maximum(ratio, 0))).sum())
        ends.append(inside + (sure if up else 0.0))
    return Interval(max(0.0, ends[0] - 1e-9), min(1.0, ends[1] + 1e-9), 1.0)


def _ratio_law(p: Tensor, q: Tensor, lattice: float, *, up: bool) -> tuple[np.ndarray, int, float]:
    """The law of log(p/q) under p on the lattice, the index of its first point, and the mass beyond the lattice."""
    mine, theirs = (law.detach().cpu().double().numpy() for law in (p, q))
    held = mine > 0
    with np.errstate(divide="ignore"):
        ratio = np.log(mine[held]) - np.log(theirs[held])
    place = np.clip((np.ceil if up else np.floor)(np.clip(ratio, -REACH, REACH) / lattice), None, REACH // lattice)
    far = ratio > REACH
    # What lies below the reach is lifted to it for the upper end, and left out for the lower one.
    kept = ~far if up else ratio >= -REACH
    place, weight = place[kept].astype(np.int64), mine[held][kept]
    if not len(place):
        return np.zeros(1), 0, float(mine[held][far].sum())
    first = int(place.min())
    law = np.bincount(place - first, weights=weight)
    return law, first, float(mine[held][far].sum())
