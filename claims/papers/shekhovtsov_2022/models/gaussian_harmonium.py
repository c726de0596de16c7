"""The Gaussian harmonium of eq. (10): exp(-‖x‖²/2s² + x'Wz + x'Vz² + u'x + v'z + w'z²), squares coordinatewise."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from claims.engine.arithmetic import Array, concatenate, constant, is_tensor, log, pi, total
from claims.papers.shekhovtsov_2022.models.error import ModelError
from claims.papers.shekhovtsov_2022.models.gaussian import (
    DiagonalGaussian,
    apply,
    determinant,
    diagonals,
    form,
    inverse,
    units,
)


@dataclass(frozen=True)
class GaussianHarmonium:
    """s [n] > 0, W and V [n, d, m], u [n, d], v and w [n, m]."""

    s: Array
    W: Array
    V: Array
    u: Array
    v: Array
    w: Array

    @property
    def _square(self) -> Array:
        return (self.s * self.s)[..., None]

    def log_weight(self, x: Array, z: Array) -> Array:
        """The exponent of (10) at x [n, d], z [n, m]: [n]."""
        coupling = total(x * (apply(self.W, z) + apply(self.V, z * z) + self.u))
        return coupling - total(x * x / (2 * self._square)) + total(self.v * z + self.w * z * z)

    def decoder_mean(self, z: Array) -> Array:
        """f(z) = s² (Wz + Vz² + u), the mean of p(x|z) = N(f(z), s² I): [n, d]."""
        return self._square * (apply(self.W, z) + apply(self.V, z * z) + self.u)

    def posterior(self, x: Array) -> DiagonalGaussian:
        """p(z|x), with natural parameters (W'x + v, V'x + w). Raises `ModelError` where w + V'x < 0 fails."""
        return DiagonalGaussian(apply(self.W.mT, x) + self.v, apply(self.V.mT, x) + self.w)

    # --- V = 0: a joint Gaussian --------------------------------------------------------------------------

    @property
    def precision(self) -> Array:
        """Of (x, z) jointly where V = 0: [[I/s², -W], [-W', -2 diag w]], [n, d+m, d+m]."""
        pixels = self.W @ self.W.mT
        top = concatenate([units(pixels) / self._square[..., None], -self.W], -1)
        return concatenate([top, concatenate([-self.W.mT, -2 * diagonals(self.w)], -1)], -2)

    @property
    def schur(self) -> Array:
        """-2 diag w - s² W'W, the precision of z's marginal where V = 0: [n, m, m]."""
        return -2 * diagonals(self.w) - self._square[..., None] * (self.W.mT @ self.W)

    def joint(self) -> tuple[Array, Array]:
        """Mean [n, d+m] and covariance [n, d+m, d+m] of (x, z).

        Raises `ModelError` for a V that is not zero, or W, w of which there is no distribution.
        """
        if is_tensor(self.V):
            if bool((self.V != 0).any()):
                raise ModelError("V: the joint is normalisable only for V = 0 (Section 3.1)")
            if bool((torch.linalg.cholesky_ex(self.schur).info != 0).any()):
                raise ModelError("w: -2 diag(w) - s² W'W must be positive definite; lower w or shrink W")
        covariance = inverse(self.precision)
        return apply(covariance, concatenate([self.u, self.v], -1)), covariance

    def log_normaliser(self) -> Array:
        """log of the integral of (10) for V = 0, taken over z first: [n]. Raises as `joint`."""
        mean, _ = self.joint()
        d = self.u.shape[-1]
        at_zero = constant([0.0], self.u) * self.u
        base = self.posterior(at_zero).log_partition()
        # The exponent left is -x'Lx/2 + x'Lk: L the precision of x, k its mean.
        L = units(self.W @ self.W.mT) / self._square[..., None] + self.W @ diagonals(1 / (2 * self.w)) @ self.W.mT
        return base + (form(L, mean[..., :d]) + d * log(2 * pi(self.s)) - log(determinant(L))) / 2

    def log_normaliser_by_pixels(self) -> Array:
        """The same with the integral over x taken first."""
        mean, _ = self.joint()
        d, m = self.W.shape[-2:]
        base = (total(self.u * self.u * self._square) + d * log(2 * pi(self.s) * self.s * self.s)) / 2
        S = self.schur
        return base + (form(S, mean[..., d:]) + m * log(2 * pi(self.s)) - log(determinant(S))) / 2
