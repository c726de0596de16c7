"""The VAE of Section 4 for arbitrary f and g: its loss (3), and the negative ELBO from which Lemma 7 derives it.

Expectations run over a finite set of data points and, for z', over nodes or samples that the caller gives; with
the nodes of an exact quadrature, or with fresh samples, they are expectations over N(0, I).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Normal

from claims.engine.arithmetic import Array, constant, log, sqrt, total

#: A decoder or encoder: [..., m, k] points in, [..., m, l] points out.
Map = Callable[[Array], Array]


def signs(dimension: int) -> Tensor:
    """All of {-1, 1}^dimension: [2^dimension, dimension]. With equal weights they have the mean, the variances and
    the covariances of N(0, I), so they integrate quadratics exactly.
    """  # noqa: D205 - one sentence and its reason
    return torch.tensor(list(itertools.product((-1.0, 1.0), repeat=dimension)), dtype=torch.float64)


@dataclass(frozen=True)
class Expectations:
    """What the loss (3) needs to know of f, g and the data: two expectations."""

    reconstruction_error: Array
    code_energy: Array


def expectations(f: Map, g: Map, points: Array, variances: Array, noise: Array) -> Expectations:
    """E‖x - f(g(x) + D^½ z')‖² and E‖g(x)‖² over data points [..., m, d] and noise nodes [k, r]."""
    codes = g(points)
    m, k = points.shape[-2], noise.shape[-2]
    spread = sqrt(variances)[..., None, :] * constant(noise, variances)
    error: Array = 0
    for node in range(k):
        output = f(codes + spread[..., node : node + 1, :])
        error = error + total((points - output) ** 2, (-2, -1))
    return Expectations(error / (m * k), total(codes * codes, (-2, -1)) / m)


def general_loss(found: Expectations, variances: Array, epsilon: Array, d: int) -> Array:
    """L(f, g, D, eps), eq. (3)."""
    quadratic = found.reconstruction_error / (2 * epsilon * epsilon) + found.code_energy / 2
    return quadratic + d * log(epsilon) + total(variances - log(variances)) / 2


def elbo_offset(d: int, r: int) -> float:
    """Negative ELBO minus L: the additive constant of Lemma 7, (d/2) log 2 pi - r/2."""
    return d / 2 * math.log(2 * math.pi) - r / 2


@dataclass(frozen=True)
class GeneralVAE:
    """A VAE with f(z) = sigma(W z), g(x) = sigma(V x) on finitely many data points.

    Shapes in a batch: points [n, m, d], weights [n, in, out], D [n, r], epsilon [n]. The noise runs over the
    sign vectors: Lemmas 1 and 2 hold for whatever law z' has, and this one makes the expectations finite sums.
    """

    points: Array
    encoder: Array
    decoder: Array
    D: Array
    epsilon: Array
    activation: Map

    @property
    def d(self) -> int:
        """Ambient dimension."""
        return int(self.points.shape[-1])

    @property
    def r(self) -> int:
        """Latent dimension."""
        return int(self.D.shape[-1])

    def expectations(self) -> Expectations:
        """The two expectations in (3)."""
        return expectations(self.decode, self.encode, self.points, self.D, signs(self.r))

    def encode(self, x: Array) -> Array:
        """g(x): [n, m, r]."""
        return self.activation(x @ self.encoder)

    def decode(self, z: Array) -> Array:
        """f(z): [n, m, d]."""
        return self.activation(z @ self.decoder)

    @property
    def reconstruction_error(self) -> Array:
        """E‖x - f(g(x) + D^½ z')‖²: [n]."""
        return self.expectations().reconstruction_error

    def loss(self) -> Array:
        """L(f, g, D, eps), eq. (3): [n]."""
        return self.loss_with(self.epsilon)

    def loss_with(self, epsilon: Array) -> Array:
        """L with another eps: [n]."""
        return general_loss(self.expectations(), self.D, epsilon, self.d)


@dataclass(frozen=True)
class SampledVAE:
    """A VAE with one hidden layer in encoder and in decoder, with numbers drawn once: for Monte Carlo. Float only.

    Shapes: points [m, d]; weights as their names say; D [r]; epsilon [].
    """

    points: Tensor
    encoder_in: Tensor
    encoder_out: Tensor
    decoder_in: Tensor
    decoder_out: Tensor
    D: Tensor
    epsilon: Tensor
    activation: Map

    def encode(self, x: Tensor) -> Tensor:
        """g(x) = V sigma(W x)."""
        code: Tensor = self.activation(x @ self.encoder_in) @ self.encoder_out
        return code

    def decode(self, z: Tensor) -> Tensor:
        """f(z) = V sigma(W z)."""
        output: Tensor = self.activation(z @ self.decoder_in) @ self.decoder_out
        return output

    def negative_elbo(self, x: Tensor, noise: Tensor) -> Tensor:
        """-(log p(x|z) + log p(z) - log q(z|x)) at z = g(x) + D^½ noise, from torch's own densities: [n]."""
        posterior = Normal(self.encode(x), torch.sqrt(self.D).expand(len(x), -1))
        z = posterior.mean + posterior.stddev * noise
        likelihood = log_density(Normal(self.decode(z), self.epsilon), x)
        prior = log_density(Normal(torch.zeros_like(z), torch.ones_like(z)), z)
        return log_density(posterior, z) - likelihood - prior

    def integrand(self, x: Tensor, noise: Tensor) -> Tensor:
        """The integrand of (3) plus its terms outside the expectation: [n]."""
        code = self.encode(x)
        error = ((x - self.decode(code + torch.sqrt(self.D) * noise)) ** 2).sum(-1)
        outside = x.shape[-1] * torch.log(self.epsilon) + (self.D - torch.log(self.D)).sum() / 2
        return error / (2 * self.epsilon**2) + (code**2).sum(-1) / 2 + outside

    def difference_deviation(self) -> float:
        """Standard deviation of negative ELBO - integrand, whose only random part is
        <g(x), D^½ z'> + sum_i (D_ii - 1)(z'_i^2 - 1) / 2.
        """  # noqa: D205 - a formula
        code = self.encode(self.points)
        variance = float((code**2 @ self.D).mean() + ((self.D - 1) ** 2).sum() / 2)
        return math.sqrt(variance)


def log_density(law: Normal, x: Tensor) -> Tensor:
    """Joint log density of independent coordinates: [n]."""
    densities: Tensor = law.log_prob(x)  # type: ignore[no-untyped-call]
    return densities.sum(-1)


def away_from_one(normal: Tensor) -> Tensor:
    """Positive numbers whose logarithms are at least one half away from zero: where D = 1, D and its root agree."""
    return torch.exp(torch.sign(normal) * (0.5 + normal.abs()))


def sampled_vae(generator: np.random.Generator, d: int, r: int, activation: Map) -> SampledVAE:
    """A random instance with five data points and three hidden units."""

    def normal(*shape: int) -> Tensor:
        return torch.as_tensor(generator.standard_normal(shape))

    return SampledVAE(
        normal(5, d), normal(d, 3), normal(3, r), normal(r, 3), normal(3, d),
        away_from_one(normal(r)), torch.exp(normal(1)[0]), activation,
    )  # fmt: skip
