"""The exponential-family harmonium (7), exactly normalised, and the VAE that it is; the RBM is one of two `Bits`."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from claims.engine.arithmetic import Array, constant, is_tensor, log
from claims.papers.shekhovtsov_2022.models.families import FiniteFamily, log_sum_exp
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE


@dataclass(frozen=True, repr=False)
class Harmonium:
    """p(x, z) = h(x) h'(z) exp(<nu(x), W psi(z)> + <nu(x), u> + <psi(z), v> - A). Arrays `W` [N, n, m], `u`, `v`."""

    x: FiniteFamily
    z: FiniteFamily
    W: Array
    u: Array
    v: Array

    def __repr__(self) -> str:
        return f"Harmonium(x={self.x}, z={self.z})"

    @property
    def f(self) -> Array:
        """Natural parameters W psi(z) + u of p(x|z), eq. (5): [N, Z, n]."""
        return self.z.statistics(self.W) @ self.W.mT + self.u[..., None, :]

    @property
    def g(self) -> Array:
        """Natural parameters W^T nu(x) + v of p(z|x), eq. (6): [N, X, m]."""
        return self.x.statistics(self.W) @ self.W + self.v[..., None, :]

    @property
    def log_weights(self) -> Array:
        """log p~(x, z), eq. (8), not normalised: [N, X, Z]."""
        linear = self.x.statistics(self.W) @ self.u[..., None]
        bases = self.x.log_base(self.W)[:, None] + self.z.log_base(self.W)
        return bases + linear + self.g @ self.z.statistics(self.W).T

    @property
    def log_hidden_weights(self) -> Array:
        """log sum_x p~(x, z) = log h'(z) + <psi(z), v> + a(z) with a(z) the decoder's log-partition: [N, Z]."""
        return self.z.log_weights(self.v) + self.x.log_partition(self.f)

    def log_partition(self) -> Array:
        """A: the logarithm of the sum over all x and z, [N].

        The sum over x is the family's own (closed where it is closed), that over z runs in blocks.
        Raises `ModelError` for more states than are enumerated.
        """
        if not is_tensor(self.W):
            return log_sum_exp(self.log_hidden_weights)
        parts = []
        for states in self.z.blocks(len(self.W) * (self.x.summands + self.x.dimension)):
            psi = constant(self.z.statistics_of(states), self.W)
            weights = log(constant(self.z.base_of(states), self.W)) + self.v @ psi.T
            parts.append(log_sum_exp(weights + self.x.log_partition(psi @ self.W.mT + self.u[..., None, :])))
        return log_sum_exp(torch.stack(parts, dim=-1))

    @property
    def log_joint(self) -> Array:
        """log p(x, z), eq. (7): [N, X, Z]."""
        return self.log_weights - self.log_partition()[..., None, None]

    def vae(self, data: Array | None = None) -> FiniteVAE:
        """The tight VAE of this joint: decoder (5), encoder (6) and the harmonium's own prior."""
        return FiniteVAE(self.x, self.z, self.f, self.g, self.log_hidden_weights, data)
