"""Exponential-family VAEs on finite spaces (Assumption 1): posterior, likelihood and ELBO exactly.

A decoder network enters by its values f(z), an encoder network by its values g(x): on finite spaces "arbitrary
networks" are arbitrary tables. Runs in torch (batched, any device), in balls and in symbols; the batch comes first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from torch import Tensor

from claims.engine.arithmetic import Array, exp, greatest, minimum, total
from claims.papers.shekhovtsov_2022.models.error import ModelError
from claims.papers.shekhovtsov_2022.models.families import FiniteFamily, log_sum_exp

Network = Callable[[Tensor], Tensor]


def divergence(log_p: Array, log_q: Array) -> Array:
    """KL(p || q) over the last axis, from log-probabilities that are finite: [...]."""
    return total(exp(log_p) * (log_p - log_q))


@dataclass(frozen=True, repr=False)
class FiniteVAE:
    """p(z) p(x|z) with p(x|z) = h(x) exp(<nu(x), f(z)> - a(z)), and q(z|x) = h'(z) exp(<psi(z), g(x)> - b(x)).

    Arrays: `f` [N, Z, n], `g` [N, X, m]; `prior` [N, Z] and `data` [N, S] are log-weights, normalised here; without
    them the prior is uniform (what a setting with a known simple prior fixes), and so are the data. `support` lists
    the S states x that the data have (all of them if None): an empirical distribution seldom has all.
    """

    x: FiniteFamily
    z: FiniteFamily
    f: Array
    g: Array
    prior: Array | None = None
    data: Array | None = None
    support: tuple[int, ...] | None = None

    @classmethod
    def of_networks(
        cls, x: FiniteFamily, z: FiniteFamily, decoder: Network, encoder: Network, like: Tensor, **rest: Any
    ) -> FiniteVAE:
        """The VAE of two networks, tabulated: `decoder` maps psi(z) [Z, m] to [Z, n], `encoder` nu(x) to [X, m].

        One instance (N = 1), differentiable in the networks' parameters, of the dtype and on the device of `like`;
        `rest` are prior, data and support. Raises `ModelError` where a network gives other shapes.
        """
        f, g = decoder(z.statistics(like)), encoder(x.statistics(like))
        for name, table, shape in (("decoder", f, (z.count, x.dimension)), ("encoder", g, (x.count, z.dimension))):
            if table.shape != shape:
                raise ModelError(f"{name}: gives {tuple(table.shape)}, but {shape} is asked for: one row a state")
        return cls(x, z, f[None], g[None], **rest)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(x={self.x}, z={self.z})"

    @cached_property
    def log_prior(self) -> Array:
        """log p(z): [N, Z]."""
        weights = 0 * self.f[..., 0] if self.prior is None else self.prior
        return weights - log_sum_exp(weights)[..., None]

    @cached_property
    def log_data(self) -> Array:
        """log p_d(x) on its support: [N, S]."""
        weights = 0 * self.seen(self.g[..., 0]) if self.data is None else self.data
        return weights - log_sum_exp(weights)[..., None]

    @cached_property
    def log_decoder(self) -> Array:
        """log p(x|z): [N, X, Z]."""
        return self.x.log_density(self.f).mT

    @cached_property
    def log_encoder(self) -> Array:
        """log q(z|x): [N, X, Z]."""
        return self.z.log_density(self.g)

    @cached_property
    def log_joint(self) -> Array:
        """log p(x, z): [N, X, Z]."""
        return self.log_decoder + self.log_prior[..., None, :]

    @cached_property
    def log_marginal(self) -> Array:
        """log p(x): [N, X]."""
        return log_sum_exp(self.log_joint)

    @cached_property
    def log_posterior(self) -> Array:
        """log p(z|x): [N, X, Z]."""
        joint = self.log_joint
        return joint - log_sum_exp(joint)[..., None]

    def seen(self, of: Array) -> Array:
        """Those of values [..., X] that belong to the data's support: [..., S]."""
        return of if self.support is None else of[..., list(self.support)]

    def expectation(self, of: Array) -> Array:
        """E over the data of values [N, X]: [N]."""
        return total(exp(self.log_data) * self.seen(of))

    def log_likelihood(self) -> Array:
        """L = E_pd log p(x): [N]."""
        return self.expectation(self.log_marginal)

    def elbo(self) -> Array:
        """E_pd[E_q log p(x|z) - KL(q(z|x) || p(z))], eq. (1a): [N]."""
        encoder = self.log_encoder
        reconstruction = total(exp(encoder) * self.log_decoder)
        return self.expectation(reconstruction - divergence(encoder, self.log_prior[..., None, :]))

    def elbo_by_gap(self) -> Array:
        """L - E_pd KL(q(z|x) || p(z|x)), eq. (1b): [N]."""
        return self.log_likelihood() - self.gap()

    def gaps(self) -> Array:
        """KL(q(z|x) || p(z|x)) of each x: [N, X]."""
        return divergence(self.log_encoder, self.log_posterior)

    def gap(self) -> Array:
        """E_pd KL(q(z|x) || p(z|x)), the eps of Definition 1: [N]."""
        return self.expectation(self.gaps())

    def alpha(self, *, on_support: bool = False) -> Array:
        """The least q(z|x) and p(z|x), the alpha of Theorem 2, over all x or over those that the data have: [N]."""
        lowest = -greatest(-minimum(self.log_encoder, self.log_posterior))
        return exp(-greatest(-(self.seen(lowest) if on_support else lowest)))
