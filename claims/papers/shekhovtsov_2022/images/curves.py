"""Decoders with one latent and two pixels: z ~ N(0, 1), x|z ~ N(f(z), s² I) with f = C phi in a fixed basis phi.

All expectations are quadratures over a `Grid`, and nothing is sampled.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from claims.papers.shekhovtsov_2022.models.error import ModelError

#: The frequencies of the basis 1, z, sin(k z), cos(k z).
FREQUENCIES = (1.0, 2.0)


def basis(z: Float[Tensor, "*n"]) -> Float[Tensor, "*n K"]:
    """phi(z)."""
    waves = [wave(k * z) for k in FREQUENCIES for wave in (torch.sin, torch.cos)]
    return torch.stack([torch.ones_like(z), z, *waves], dim=-1)


def slopes(z: Float[Tensor, "*n"]) -> Float[Tensor, "*n K"]:
    """phi'(z)."""
    waves = [slope for k in FREQUENCIES for slope in (k * torch.cos(k * z), -k * torch.sin(k * z))]
    return torch.stack([torch.zeros_like(z), torch.ones_like(z), *waves], dim=-1)


@dataclass(frozen=True)
class CurveDecoder:
    """f = C phi with C [2, K], and s > 0. Raises `ModelError` where the shape or s is another."""

    C: Float[Tensor, "2 K"]
    s: float

    def __post_init__(self) -> None:
        if tuple(self.C.shape) != (2, 2 + 2 * len(FREQUENCIES)):
            raise ModelError(f"C: {tuple(self.C.shape)}; give two rows of {2 + 2 * len(FREQUENCIES)} coefficients")
        if not self.s > 0:
            raise ModelError(f"s: {self.s}; give a positive standard deviation")

    @classmethod
    def arc(cls, bend: float, frequency: int, s: float) -> CurveDecoder:
        """f(z) = (z, bend sin(frequency z)), frequency 1 or 2; a straight line where bend = 0."""
        if frequency not in (1, 2):
            raise ModelError(f"frequency: {frequency}; choose 1 or 2")
        C = torch.zeros(2, 2 + 2 * len(FREQUENCIES), dtype=torch.float64)
        C[0, 1] = 1.0
        C[1, 2 * frequency] = bend
        return cls(C, s)

    @classmethod
    def circle(cls, turns: int, s: float) -> CurveDecoder:
        """f(z) = (sin kz, cos kz) with k = `turns`, 1 or 2, radians a unit of z: the curve comes back."""
        if turns not in (1, 2):
            raise ModelError(f"turns: {turns}; choose 1 or 2")
        C = torch.zeros(2, 2 + 2 * len(FREQUENCIES), dtype=torch.float64)
        C[0, 2 * turns] = C[1, 2 * turns + 1] = 1.0
        return cls(C, s)

    def mean(self, z: Float[Tensor, "*n"]) -> Float[Tensor, "*n 2"]:
        """f(z)."""
        return basis(z) @ self.C.mT


@dataclass(frozen=True)
class Grid:
    """Nodes of the quadratures: `latents` z on [-6, 6] (trapezoidal), `noise`² of the pixels' noise, `inner` of q."""

    latents: int = 97
    noise: int = 5
    inner: int = 15

    def finer(self) -> Grid:
        """About twice as many nodes of z and of each pixel's noise."""
        return Grid(2 * self.latents - 1, 2 * self.noise, self.inner)

    def prior(self) -> tuple[Float[Tensor, " k"], Float[Tensor, " k"]]:
        """Nodes z and weights that integrate against N(0, 1)."""
        z = torch.linspace(-6, 6, self.latents, dtype=torch.float64)
        weights = torch.exp(-z * z / 2)
        return z, weights / weights.sum()

    def data(self, truth: CurveDecoder) -> tuple[Float[Tensor, "N 2"], Float[Tensor, " N"]]:
        """Nodes x and weights that integrate against p(x) of the truth; nodes of weight below 1e-9 are left out."""
        z, at_z = self.prior()
        e, at_e = hermite(self.noise)
        noise = torch.cartesian_prod(e, e)
        x = (truth.mean(z)[:, None] + truth.s * noise).reshape(-1, 2)
        weights = (at_z[:, None] * (at_e[:, None] * at_e).reshape(-1)).reshape(-1)
        keep = weights > 1e-9
        return x[keep], weights[keep] / weights[keep].sum()


@lru_cache(maxsize=32)
def hermite(count: int) -> tuple[Float[Tensor, " k"], Float[Tensor, " k"]]:
    """Nodes and weights that integrate against N(0, 1)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(count)
    return torch.as_tensor(nodes), torch.as_tensor(weights / weights.sum())


def misfit(log_posterior: Float[Tensor, "N k"], z: Float[Tensor, "k m"], cell: float) -> Float[Tensor, " N"]:
    """KL(p(z|x)‖q) of the best diagonal Gaussian q, at each x, in nats; `cell` is the volume that a node z stands for.

    0 for all x iff the decoder is consistent; the encoder's conditional likelihood can lose no less.
    """
    p = log_posterior.exp()
    mean = p @ z
    deviations = (p @ z**2 - mean**2).clamp(min=1e-12).sqrt()
    entropy_of_q = deviations.log().sum(-1) + z.shape[-1] * (1 + math.log(2 * math.pi)) / 2
    return (p * log_posterior).sum(-1) - math.log(cell) + entropy_of_q
