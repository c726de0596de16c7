"""Samples of an encoder against the exact posterior, one coordinate at a time: Kolmogorov's distance with its bound."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from reductions.error import ReductionError
from reductions.generators import SeparableGenerator
from reductions.small_encoder.distance import reach_around
from reductions.small_encoder.encoder import LangevinEncoder
from reductions.small_encoder.law import normalised
from reductions.variation import Interval

#: Points on each axis of the posterior's grid, by dimension: ten a standard deviation and more, but for d = 3.
POINTS = {1: 2001, 2: 501, 3: 121}


def marginal_distances(
    encoder: LangevinEncoder, x: Float[Tensor, " d"], z: Float[Tensor, "n d"], *, confidence: float = 0.99
) -> list[Interval]:
    """sup |F - F*| for each coordinate, F of the encoder at this x and F* of the posterior, from n draws z of q(z|x).

    By Dvoretzky, Kiefer, Wolfowitz and Massart, F is within sqrt(log(2/alpha)/(2n)) of the draws' own distribution
    function, alpha = (1 - confidence)/d. Each distance is at most the total variation. Coordinates are those of V z for
    a separable generator, which may have any d. Raises `ReductionError` for dense ones of more than three.
    """
    radius = math.sqrt(math.log(2 * encoder.d / (1 - confidence)) / (2 * len(z)))
    draws = z @ encoder.generator.V.T if isinstance(encoder.generator, SeparableGenerator) else z
    intervals = []
    for column, (line, mass) in zip(draws.T, _marginals(encoder, x), strict=True):
        seen = kolmogorov(column, line, mass)
        intervals.append(Interval(max(0.0, seen - radius), min(1.0, seen + radius), confidence))
    return intervals


def kolmogorov(draws: Float[Tensor, " n"], line: Float[Tensor, " cells"], mass: Float[Tensor, " cells"]) -> float:
    """sup |F_n - F| over the ends of the cells, F having `mass` in cells of equal width about the points of `line`."""
    ends = (line[1:] + line[:-1]) / 2
    counted = torch.searchsorted(draws.sort().values, ends, right=True).to(mass) / len(draws)
    return float((counted - mass.cumsum(0)[:-1]).abs().max())


def _marginals(encoder: LangevinEncoder, x: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """For each coordinate the points of a line, and the posterior's mass in their cells."""
    generator, d = encoder.generator, encoder.d
    separable = isinstance(generator, SeparableGenerator)
    if d not in POINTS and not separable:
        raise ReductionError(f"no posterior on a grid in {d} dimensions: d <= {max(POINTS)}, or a separable generator")
    start = encoder.start(x[None])[0]
    reach = reach_around(encoder, x, start)
    line = torch.linspace(-reach, reach, POINTS[1 if separable else d], dtype=x.dtype, device=x.device)
    if isinstance(generator, SeparableGenerator):
        centre = generator.V.to(x) @ start
        # Along one coordinate of V z all others are fixed, and fall out of the normalised density.
        for j in range(d):
            at = centre.repeat(len(line), 1)
            at[:, j] += line
            yield centre[j] + line, torch.softmax(encoder.log_posterior(at @ generator.V.to(x), x), 0)
        return
    axes = [middle + line for middle in start]
    density = normalised(lambda z: encoder.log_posterior(z, x), axes).reshape([len(line)] * d)
    for j in range(d):
        mass = density.sum([k for k in range(d) if k != j]) if d > 1 else density
        yield axes[j], mass / mass.sum()
