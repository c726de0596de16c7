"""Section 4.2: the one-layer ground truth, its VAE f(z) = A1 z + sigma(A2 z), g(x) = B x, and the parameters (6)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from jaxtyping import Float
from torch import Tensor

from claims.engine.arithmetic import Array, concatenate, constant, exp, eye, log
from claims.engine.strategies import Activation, activations
from claims.papers.koehler_2022.general_vae import Expectations, expectations, general_loss, signs


def decoder(first: Array, second: Array, activation: Activation, z: Array) -> Array:
    """f(z) = A1 z + sigma(A2 z), for points z [..., m, r]."""
    return z @ first.mT + activation(z @ second.mT)


@dataclass(frozen=True, repr=False)
class OneLayerVAE:
    """The setup of Section 4.2 with the parameters (6), on data points built from latent points and weights a.

    Shapes: latent [n, m, r*] (the first r* coordinates of the data), weights [n, r*] (ones in the paper; any a* in
    Section 6), D [n, r], epsilon [n].
    """

    latent: Array
    weights: Array
    D: Array
    epsilon: Array
    d: int
    s: int
    activation: Activation

    def __repr__(self) -> str:
        return f"OneLayerVAE(d={self.d}, r={self.r}, r*={self.r_star}, s={self.s}, sigma={self.activation.name})"

    @property
    def r(self) -> int:
        """Latent dimension."""
        return int(self.D.shape[-1])

    @property
    def r_star(self) -> int:
        """Intrinsic dimension of the data."""
        return int(self.weights.shape[-1])

    @property
    def representable(self) -> int:
        """How many of the r* + s ones of A1 in (6) fit into a d x r matrix."""
        return min(self.r_star + self.s, self.r)

    def partial_identity(self, rows: int, columns: int, rank: int) -> Array:
        """[I_rank 0; 0 0]: [rows, columns]."""
        return eye(rows, rank, self.D) @ eye(rank, columns, self.D)

    def data(self) -> Array:
        """x = (z, sigma(<a, z>), 0): [n, m, d]."""
        hidden = self.activation(self.latent @ self.weights[..., None])
        padding = 0 * self.latent[..., :1] @ constant([[0.0] * (self.d - self.r_star - 1)], self.D)
        return concatenate([self.latent, hidden, padding], -1)

    def decode(self, z: Array) -> Array:
        """f of (6): A1 = [I_{r*+s} 0; 0 0], A2 = 0."""
        first = self.partial_identity(self.d, self.r, self.representable)
        return decoder(first, 0 * first, self.activation, z)

    def encode(self, x: Array) -> Array:
        """g of (6): B = [I_{r*+1} 0; 0 0]."""
        return x @ self.partial_identity(self.r, self.d, self.r_star + 1).mT

    def truth(self, z: Array) -> Array:
        """The ground truth as a decoder: A1 = [I_{r*} 0; 0 0], A2 with the single row a in position r* + 1."""
        first = self.partial_identity(self.d, self.r, self.r_star)
        row = concatenate([self.weights, 0 * self.D[..., self.r_star :]], -1)[..., None, :]
        place = constant([[1.0 if i == self.r_star else 0.0] for i in range(self.d)], self.D)
        return decoder(first, place @ row, self.activation, z)

    def expectations(self) -> Expectations:
        """The expectations of (3); exact over z', for f is affine in z when A2 = 0."""
        return expectations(self.decode, self.encode, self.data(), self.D, signs(self.r))

    def loss(self) -> Array:
        """L at these parameters: [n]."""
        return general_loss(self.expectations(), self.D, self.epsilon, self.d)

    def best_variances(self, epsilon: Array) -> Array:
        """The D that minimizes L for the parameters (6) at that eps: eps²/(1 + eps²) for the used columns, else 1."""
        used = constant([1.0 if i < self.representable else 0.0 for i in range(self.r)], self.D)
        square = (epsilon * epsilon)[..., None]
        return used * square / (1 + square) + (1 - used)

    def best_loss(self, log_epsilon: Array) -> Array:
        """min over D of L at eps [n] given by its logarithm, up to the terms that do not depend on eps and D:
        (sum over used D_ii + d sigma(0)²)/(2 eps²) + d log eps + (Tr D - log det D)/2.

        E‖x - f(g(x) + D^½ z')‖² has these two parts because A2 = 0 leaves sigma(0) on every coordinate; the used
        D_ii/eps² are written 1/(1 + eps²), so that nothing underflows.
        """  # noqa: D205 - a formula
        square = exp(2 * log_epsilon)
        offset = self.activation(0 * self.epsilon)
        used = self.representable
        per_column = (1 + log(1 + square)) / 2 - log_epsilon
        return self.d * offset * offset * exp(-2 * log_epsilon) / 2 + self.d * log_epsilon + used * per_column


@dataclass(frozen=True)
class OneLayerVAEs:
    """Setups of one structure; `weighted` draws a general a* in place of ones."""

    d: int
    r: int
    r_star: int
    s: int
    activation: Activation
    weighted: bool = False
    points: int = 3

    @property
    def parts(self) -> list[int]:
        """Free coordinates of latent, weights, D, epsilon."""
        return [self.points * self.r_star, self.r_star if self.weighted else 0, self.r, 1]

    @property
    def size(self) -> int:
        """Free coordinates of an instance."""
        return sum(self.parts)

    def build(self, free: Float[Tensor, "n size"]) -> OneLayerVAE:
        """A batch of instances."""
        latent, weights, D, epsilon = torch.split(free, self.parts, dim=-1)
        n = len(free)
        ones = torch.ones(n, self.r_star, dtype=free.dtype, device=free.device)
        return OneLayerVAE(
            latent.reshape(n, self.points, self.r_star), weights if self.weighted else ones,
            torch.exp(D), torch.exp(epsilon[:, 0]), self.d, self.s, self.activation,
        )  # fmt: skip


def nonlinearities() -> SearchStrategy[Activation]:
    """All activations but the affine ones, the smooth first: an arbitrary nonlinearity, as the paper says."""
    affine = ("identity", "one")
    return st.one_of(activations(smooth=True), activations()).filter(lambda found: found.name not in affine)


@st.composite
def one_layer_vaes(draw: DrawFn, *, repaired: bool, weighted: bool = False) -> OneLayerVAEs:
    """The setup as printed: s >= 1, d > r* + s, r > r* + 1, arbitrary sigma; or with the repair's hypotheses.

    Those are sigma(0) = 0, E sigma(N(0, v))² finite, r >= r* + s.
    """
    r_star = draw(st.integers(1, 3))
    s = draw(st.integers(1, 3))
    d = r_star + s + draw(st.integers(1, 3))
    least_r = r_star + (max(s, 2) if repaired else 2)
    r = draw(st.integers(least_r, least_r + 2))
    admitted = activations(zero_at_zero=True, square_integrable=True) if repaired else nonlinearities()
    return OneLayerVAEs(d, r, r_star, s, draw(admitted), weighted)
