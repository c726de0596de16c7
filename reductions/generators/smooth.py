"""Generators of one hidden layer, G(z) = A z + Q (sigma(P z + b) - [centred] sigma(b)) + c, and linear ones."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from reductions.error import ReductionError
from reductions.generators.constants import Constants, down, extreme_singular_values, longest_row, up
from reductions.generators.generator import Generator
from reductions.networks import TANH, Network, NetworkBuilder, Smooth

#: Activations that increase, with slopes that come as near to 0 as one likes.
INCREASING = ("tanh", "sigmoid", "softplus", "arctan")


class SmoothGenerator(Generator):
    """G(z) = A z + Q (sigma(P z + b) - [centred] sigma(b)) + c: A (d, d), Q (d, k), P (k, d), b (k), c (d), float64.

    Its constants, in spectral norms and with s1, s2, s3 the suprema of |sigma'|, |sigma''|, |sigma'''|:

    - DG = A + Q diag(sigma'(.)) P. With slopes in [low, s1], centre a and half-width h, DG = (A + a QP) + Q E P with
      |E| <= h, so |DG u - DG' u| aside, m = sigma_min(A + a QP) - h |Q| |P| and M = sigma_max(A + a QP) + h |Q| |P|.
      For pairs z, z', the same holds: sigma(s) - sigma(t) = slope (s - t) with a slope between, entry by entry.
    - D²G[u, v] = Q (sigma''(.) * Pu * Pv), * entry by entry. |Pu * Pv|² = sum_i (p_i u)² (p_i v)² <= r² |Pv|² with r
      the longest row of P, so M2 = |Q| s2 r |P|; likewise M3 = |Q| s3 r² |P|.

    Raises `ReductionError` for shapes that do not fit, an activation without such suprema, or m <= 0.
    """

    def __init__(
        self,
        A: Float[Tensor, "d d"],
        Q: Float[Tensor, "d k"],
        P: Float[Tensor, "k d"],
        b: Float[Tensor, " k"],
        sigma: Smooth = TANH,
        *,
        centred: bool = False,
        c: Float[Tensor, " d"] | None = None,
    ) -> None:
        super().__init__()
        d, k = len(A), len(b)
        c = A.new_zeros(d) if c is None else c
        if not d or A.shape != (d, d) or Q.shape != (d, k) or P.shape != (k, d) or b.shape != (k,) or c.shape != (d,):
            raise ReductionError(
                f"A {tuple(A.shape)}, Q {tuple(Q.shape)}, P {tuple(P.shape)}, b {tuple(b.shape)}, c {tuple(c.shape)} do"
                " not fit: they are (d, d), (d, k), (k, d), (k), (d), with d >= 1"
            )
        self.sigma, self.shifted = sigma, centred
        self.A: Tensor
        self.Q: Tensor
        self.P: Tensor
        self.b: Tensor
        self.c: Tensor
        for name, matrix in (("A", A), ("Q", Q), ("P", P), ("b", b), ("c", c)):
            if not bool(torch.isfinite(matrix).all()):
                raise ReductionError(f"{name} has an entry that is not finite")
            self.register_buffer(name, matrix.detach().double().clone())
        self.constants = self._certified()

    @property
    def latents(self) -> int:
        """d."""
        return len(self.A)

    @property
    def centred(self) -> bool:
        """Whether G(0) = 0, exactly."""
        start = torch.zeros_like(self.b) if self.shifted else self.Q * self.sigma(self.b)
        return not bool(start.any() or self.c.any())

    def forward(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """G(z), in z's dtype and on its device."""
        A, Q, P, b, c = (matrix.to(z) for matrix in (self.A, self.Q, self.P, self.b, self.c))
        hidden = self.sigma(z @ P.T + b)
        if self.shifted:
            hidden = hidden - self.sigma(b)
        return z @ A.T + hidden @ Q.T + c

    def network(self) -> Network:
        """k hidden nodes, d outputs that read the inputs and them."""
        A, Q, P, b, c = (matrix.cpu() for matrix in (self.A, self.Q, self.P, self.b, self.c))
        out = c - Q @ self.sigma(b) if self.shifted else c
        builder = NetworkBuilder(self.latents)
        hidden = builder.dense(builder.input_nodes, P.numpy(), b.numpy(), self.sigma)
        both = torch.cat([A, Q], dim=1).numpy()
        return builder.build(builder.dense([*builder.input_nodes, *hidden], both, out.numpy()))

    def jacobian(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d d"]:
        """DG(z), in z's dtype and on its device."""
        A, Q, P, b = (matrix.to(z) for matrix in (self.A, self.Q, self.P, self.b))
        return A + (Q * self.sigma.derivative(z @ P.T + b)[..., None, :]) @ P

    def _certified(self) -> Constants:
        low, high, s2, s3 = slopes(self.sigma)
        middle, half = (low + high) / 2, up((high - low) / 2)
        least, most = extreme_singular_values(self.A + middle * self.Q @ self.P)
        norms = up(extreme_singular_values(self.Q)[1] * extreme_singular_values(self.P)[1])
        m = down(least) - up(half * norms)
        if not m > 0:
            raise ReductionError(
                f"m = {m:.3g}: not certified as strongly invertible; make Q or P smaller, or A better conditioned"
            )
        r = longest_row(self.P)
        return Constants(down(m), up(most + half * norms), up(norms * r * s2), up(norms * r * r * s3))


class LinearGenerator(SmoothGenerator):
    """G(z) = A z + c, with m and M the extreme singular values of A. Raises `ReductionError` for a singular A."""

    def __init__(self, A: Float[Tensor, "d d"], c: Float[Tensor, " d"] | None = None) -> None:
        d = len(A)
        super().__init__(A, A.new_zeros(d, 0), A.new_zeros(0, d), A.new_zeros(0), c=c)


def slopes(sigma: Smooth) -> tuple[float, float, float, float]:
    """inf sigma', sup sigma', sup |sigma''|, sup |sigma'''|. Raises `ReductionError` where one is not finite."""
    bounds = [Smooth(sigma.base, order).bound for order in (1, 2, 3)] if sigma.order == 0 else [math.inf]
    if not all(map(math.isfinite, bounds)):
        raise ReductionError(
            f"activation {sigma.name!r} has no finite bounds of its first three derivatives: take tanh, sigmoid,"
            " softplus, sin or arctan"
        )
    first, second, third = map(up, bounds)
    return 0.0 if sigma.base in INCREASING else -first, first, second, third
