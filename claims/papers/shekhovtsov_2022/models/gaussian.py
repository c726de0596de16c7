"""Gaussian models of Section 3.1: the diagonal Gaussian family, the linear Gaussian VAE, probabilistic PCA.

Everything runs on batches of tensors and on one instance in balls (a batch of one), see `claims.engine.arithmetic`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from claims.engine.arithmetic import Array, concatenate, diagonal, eye, is_tensor, log, maximum, pi, solve, total
from claims.papers.shekhovtsov_2022.models.error import ModelError


def apply(matrix: Array, vector: Array) -> Array:
    """matrix [n, p, q] times vector [n, q]: [n, p]."""
    return (matrix @ vector[..., None])[..., 0]


def units(like: Array) -> Array:
    """The identity for each of the square matrices `like` [n, k, k]."""
    k = like.shape[-1]
    return eye(k, k, like) + 0 * like


def inverse(matrix: Array) -> Array:
    """Inverses of [n, k, k]."""
    return solve(matrix, units(matrix))


def determinant(matrix: Array) -> Array:
    """Determinants of [n, k, k]: [n]."""
    if is_tensor(matrix):
        return torch.linalg.det(matrix)
    entries = [flint.arb_mat([[flint.arb(entry) for entry in row] for row in one]).det() for one in matrix]
    return np.array(entries, dtype=object)


def diagonals(entries: Array) -> Array:
    """Diagonal matrices [n, k, k] of vectors [n, k]."""
    return entries[..., None] * eye(entries.shape[-1], entries.shape[-1], entries)


def form(matrix: Array, vector: Array) -> Array:
    """vector' matrix vector: [n]."""
    return total(vector * apply(matrix, vector))


@dataclass(frozen=True)
class DiagonalGaussian:
    """The exponential family with statistics (z, z²) and natural parameters (first, second), second < 0: [n, m] each.

    Raises `ModelError` where a float `second` is not negative (`from_moments`: where a variance is not positive).
    """

    first: Array
    second: Array

    def __post_init__(self) -> None:
        if is_tensor(self.second) and not bool((self.second.detach() < 0).all()):
            raise ModelError("second: the natural parameter of z² must be negative, or the density has no integral")

    @classmethod
    def from_moments(cls, mean: Array, variance: Array) -> DiagonalGaussian:
        """The member with that mean and those variances."""
        return cls(mean / variance, -1 / (2 * variance))

    @property
    def variance(self) -> Array:
        """[n, m]."""
        return -1 / (2 * self.second)

    @property
    def mean(self) -> Array:
        """[n, m]."""
        return self.first * self.variance

    def log_partition(self) -> Array:
        """log of the integral of exp(<first, z> + <second, z²>): [n]."""
        return total(log(-pi(self.second) / self.second) / 2 - self.first * self.first / (4 * self.second))

    def log_density(self, z: Array) -> Array:
        """At z [n, m]: [n]."""
        return total(self.first * z + self.second * z * z) - self.log_partition()

    def divergence(self, other: DiagonalGaussian) -> Array:
        """KL(self‖other): [n]."""
        ratio = self.variance / other.variance
        offset = self.mean - other.mean
        return total(ratio - 1 - log(ratio) + offset * offset / other.variance) / 2


def diagonal_gap(precision: Array) -> Array:
    """Least KL of a diagonal Gaussian from a Gaussian of precision P [n, m, m]: (sum_k log P_kk - log det P)/2, [n]."""
    return (total(log(diagonal(precision))) - log(determinant(precision))) / 2


@dataclass(frozen=True)
class Moments:
    """What a linear VAE sees of its data: the mean [n, d] and a factor F [n, d, k] of the covariance F F'."""

    mean: Array
    factor: Array

    @property
    def covariance(self) -> Array:
        """[n, d, d]."""
        return self.factor @ self.factor.mT


@dataclass(frozen=True)
class LinearEncoder:
    """q(z|x) = N(B x + c, diag D), with B [n, m, d], c [n, m], D [n, m] > 0."""

    B: Array
    c: Array
    D: Array


@dataclass(frozen=True)
class LinearDecoder:
    """p(x|z) = N(W z + u, s² I) under the prior N(a, R R'): W [n, d, m], u [n, d], s [n], a [n, m], R [n, m, m].

    R must be regular. Raises `ModelError` where the shapes do not fit or a float s is not positive.
    """

    W: Array
    u: Array
    s: Array
    a: Array
    R: Array

    def __post_init__(self) -> None:
        d, m = self.W.shape[-2:]
        for name, array, shape in (("u", self.u, (d,)), ("a", self.a, (m,)), ("R", self.R, (m, m))):
            if tuple(array.shape[1:]) != shape:
                raise ModelError(f"{name}: {tuple(array.shape)} beside W {tuple(self.W.shape)}; give [n, {shape}]")
        if is_tensor(self.s) and not bool((self.s.detach() > 0).all()):
            raise ModelError("s: the standard deviation of the decoder must be positive")

    @classmethod
    def standard(cls, W: Array, u: Array, s: Array) -> LinearDecoder:
        """The decoder under the prior N(0, I)."""
        gram = W.mT @ W
        return cls(W, u, s, 0 * gram[..., 0], units(gram))

    @property
    def d(self) -> int:
        """Number of pixels."""
        return int(self.W.shape[-2])

    @property
    def m(self) -> int:
        """Number of latents."""
        return int(self.W.shape[-1])

    @property
    def _square(self) -> Array:
        return (self.s * self.s)[..., None, None]

    @property
    def prior_precision(self) -> Array:
        """(R R')^{-1}: [n, m, m]."""
        return inverse(self.R @ self.R.mT)

    @property
    def precision(self) -> Array:
        """Of the posterior: P = (R R')^{-1} + W'W/s², [n, m, m]."""
        return self.prior_precision + self.W.mT @ self.W / self._square

    @property
    def centre(self) -> Array:
        """W a + u, the mean of x: [n, d]."""
        return apply(self.W, self.a) + self.u

    @property
    def covariance(self) -> Array:
        """Of x: W R R' W' + s² I, [n, d, d]."""
        G = self.W @ self.R
        gram = G @ G.mT
        return gram + self._square * units(gram)

    def posterior(self) -> tuple[Array, Array]:
        """The exact posterior N(M (x - centre) + a, P^{-1}) as (M [n, m, d], P^{-1} [n, m, m])."""
        covariance = inverse(self.precision)
        return covariance @ self.W.mT / self._square, covariance

    def exact_encoder(self) -> LinearEncoder:
        """The posterior's mean, and the diagonal of its covariance: the posterior itself where P is diagonal."""
        M, covariance = self.posterior()
        return LinearEncoder(M, self.a - apply(M, self.centre), diagonal(covariance))

    def best_encoder(self) -> LinearEncoder:
        """The diagonal Gaussian of the least KL(q‖posterior): the posterior's mean, variances 1/P_kk."""
        exact = self.exact_encoder()
        return LinearEncoder(exact.B, exact.c, 1 / diagonal(self.precision))

    def least_gap(self) -> Array:
        """KL of the best diagonal Gaussian from the posterior, the same at every x: [n]."""
        return diagonal_gap(self.precision)

    def log_likelihood(self, data: Moments) -> Array:
        """E_pd log p(x): [n]."""
        C = self.covariance
        spread = total(diagonal(solve(C, data.covariance)))
        offset = data.mean - self.centre
        return -(self.d * log(2 * pi(self.s)) + log(determinant(C)) + spread + form(inverse(C), offset)) / 2

    def elbo(self, q: LinearEncoder, data: Moments) -> Array:
        """(1a): E_pd [E_q log p(x|z) - KL(q‖p(z))], in closed form: [n]."""
        rest = units(self.covariance) - self.W @ q.B
        offset = apply(rest, data.mean) - self.u - apply(self.W, q.c)
        columns = total(self.W * self.W, -2)
        miss = _energy(rest @ data.factor) + total(offset * offset) + total(q.D * columns)
        square = self.s * self.s
        fit = -(self.d * log(2 * pi(self.s) * square) + miss / square) / 2
        return fit - _divergence(q, data, self.prior_precision, self.a)

    def elbo_by_posterior(self, q: LinearEncoder, data: Moments) -> Array:
        """(1b): E_pd [log p(x) - KL(q‖p(z|x))], in closed form: [n]."""
        M, _ = self.posterior()
        shifted = LinearEncoder(q.B - M, q.c + apply(M, self.centre), q.D)
        return self.log_likelihood(data) - _divergence(shifted, data, self.precision, self.a)


def _energy(matrix: Array) -> Array:
    return total(matrix * matrix, (-2, -1))


def _divergence(q: LinearEncoder, data: Moments, precision: Array, centre: Array) -> Array:
    """E_pd KL(N(B x + c, D)‖N(centre, precision^{-1})): [n]."""
    code = q.B @ data.factor
    offset = apply(q.B, data.mean) + q.c - centre
    away = total(code * (precision @ code), (-2, -1)) + form(precision, offset)
    widths = total(diagonal(precision) * q.D - log(q.D)) - q.D.shape[-1]
    return (widths - log(determinant(precision)) + away) / 2


def ppca_optimum(variances: Float[Tensor, "n d"] | Any, s: Float[Tensor, " n"] | Any, m: int) -> Array:
    """Largest E_pd log p(x) of probabilistic PCA with m latents and fixed s: [n].

    `variances` are the data's, largest first. The model's covariance keeps the m largest variances where they exceed
    s², else it has s² (Tipping & Bishop).
    """
    d = variances.shape[-1]
    square = (s * s)[..., None] + 0 * variances
    kept = min(m, d)
    levels = concatenate([maximum(variances, square)[..., :kept], square[..., kept:]], -1)
    return -(d * log(2 * pi(s)) + total(log(levels) + variances / levels)) / 2


def ppca_noise(variances: Float[Tensor, "*batch d"], m: int) -> Float[Tensor, "*batch"]:
    """The s of maximum likelihood where s is learned: s² is the mean of the d - m least variances.

    Raises `ModelError` for m >= d (s tends to any value below the least variance) and for discarded variances that
    are all zero (the likelihood is unbounded).
    """
    d = variances.shape[-1]
    if m >= d:
        raise ModelError(f"m: {m} latents leave none of {d} variances to the noise; take m < {d} or fix s")
    least = variances.sort(dim=-1).values[..., : d - m].mean(dim=-1)
    if not bool((least > 0).all()):
        raise ModelError("variances: the data have rank at most m, so the likelihood is unbounded in s; fix s")
    return least.sqrt()


def log_normal(x: Float[Tensor, "*batch d"], mean: Float[Tensor, "*batch d"], s: float) -> Float[Tensor, "*batch"]:
    """log N(x; mean, s² I)."""
    return -((x - mean).square().sum(-1) / s**2 + x.shape[-1] * math.log(2 * math.pi * s**2)) / 2
