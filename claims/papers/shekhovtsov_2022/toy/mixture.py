"""The toy model: z uniform on {0,1}², x|z ~ N(mu(z), s² I) in the plane; likelihood and ELBO by quadrature.

The codes are ordered 00, 01, 10, 11 wherever four numbers stand for z. Leading axes are batches.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from claims.papers.shekhovtsov_2022.models.error import ModelError

#: The codes z = (z1, z2), in the order of all arrays.
CODES = ((0, 0), (0, 1), (1, 0), (1, 1))

#: What the nodes may miss of the mass of the data before `Plane.around` refuses.
LOST_MASS = 1e-6

#: A rotation whose slope is the golden ratio, the number worst to approximate by fractions.
_ANGLE = math.atan((math.sqrt(5) - 1) / 2)
SLANT = ((math.cos(_ANGLE), -math.sin(_ANGLE)), (math.sin(_ANGLE), math.cos(_ANGLE)))


@dataclass(frozen=True)
class Mixture:
    """A decoder: `centres` mu(z) [..., 4, 2], `s` > 0 [...], `log_prior` log p(z) [..., 4] (uniform unless given).

    Raises `ModelError` for centres that are not four points of the plane, or an s that is not positive.
    """

    centres: Float[Tensor, "*batch 4 2"]
    s: Float[Tensor, "*batch"]
    log_prior: Float[Tensor, "*batch 4"] | None = None

    def __post_init__(self) -> None:
        if self.centres.shape[-2:] != (4, 2):
            raise ModelError(f"centres: four points of the plane, [..., 4, 2], not {tuple(self.centres.shape)}")
        if not bool((self.s > 0).all()):
            raise ModelError(f"s: give a positive standard deviation, not {self.s.tolist()}")

    def log_joint(self, x: Float[Tensor, "m 2"]) -> Float[Tensor, "*batch m 4"]:
        """log p(x, z)."""
        square = (self.s * self.s)[..., None, None]
        offsets = x[:, None, :] - self.centres[..., None, :, :]
        log_prior = -math.log(4) if self.log_prior is None else self.log_prior[..., None, :]
        return log_prior - (2 * math.pi * square).log() - offsets.square().sum(-1) / (2 * square)

    def log_density(self, x: Float[Tensor, "m 2"]) -> Float[Tensor, "*batch m"]:
        """log p(x)."""
        return self.log_joint(x).logsumexp(-1)

    def posterior(self, x: Float[Tensor, "m 2"]) -> Float[Tensor, "*batch m 4"]:
        """p(z|x)."""
        return self.log_joint(x).softmax(-1)


@dataclass(frozen=True)
class Plane:
    """Nodes [m, 2] in the plane and weights [m] that integrate against the data: sum_i w_i f(x_i) = E_pd f(x)."""

    nodes: Float[Tensor, "m 2"]
    weights: Float[Tensor, " m"]

    @classmethod
    def around(cls, truth: Mixture, *, step: float = 0.4, reach: float = 7.0) -> Plane:
        """The trapezoidal rule on a slanted grid of spacing `step` s that covers `reach` s around the truth's centres.

        Its error falls exponentially in 1/step for analytic integrands such as the likelihood. The ELBO at the best
        encoder has kinks along lines, where the best q changes; the grid is slanted by an irrational slope, so that
        no such line of a simple quadruple runs along the nodes. Raises `ModelError` if the truth is a batch, or if
        the grid misses some of its mass.
        """
        if truth.centres.dim() != 2:
            raise ModelError("truth: quadrature is for one mixture, not a batch; call it once for each")
        width, turn = float(truth.s), truth.centres.new_tensor(SLANT)
        turned = truth.centres @ turn
        low, high = (turned.amin(0) - reach * width).tolist(), (turned.amax(0) + reach * width).tolist()
        counts = [math.ceil((b - a) / (step * width)) + 1 for a, b in zip(low, high, strict=True)]
        axes = [
            torch.linspace(a, b, n, dtype=turned.dtype, device=turned.device)
            for a, b, n in zip(low, high, counts, strict=True)
        ]
        nodes = torch.cartesian_prod(*axes) @ turn.mT
        area = math.prod((b - a) / (n - 1) for a, b, n in zip(low, high, counts, strict=True))
        weights = truth.log_density(nodes).exp() * area
        if abs(float(weights.sum()) - 1) > LOST_MASS:
            raise ModelError(f"step, reach: the grid's mass is {float(weights.sum()):.9g}; take step <= 1, reach >= 6")
        return cls(nodes, weights)

    def mean(self, values: Float[Tensor, "*batch m"]) -> Float[Tensor, "*batch"]:
        """E_pd of the values at the nodes."""
        return (self.weights * values).sum(-1)

    def likelihood(self, model: Mixture) -> Float[Tensor, "*batch"]:
        """L(theta) = E_pd log p(x)."""
        return self.mean(model.log_density(self.nodes))


def factorised(logits: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch 4"]:
    """log q(z) of two independent bits with these logits."""
    on, off = -torch.nn.functional.softplus(-logits), -torch.nn.functional.softplus(logits)
    first, second = (torch.stack((off[..., i], on[..., i]), -1) for i in (0, 1))
    return (first[..., :, None] + second[..., None, :]).flatten(-2)


def elbo(
    model: Mixture, plane: Plane, logits: Float[Tensor, "*batch m 2"], *, by_gap: bool = False
) -> Float[Tensor, "*batch"]:
    """E_pd[E_q log p(x|z) - KL(q||p(z))] (1a), or with `by_gap` L - E_pd KL(q||p(z|x)) (1b)."""
    log_q = factorised(logits)
    log_joint = model.log_joint(plane.nodes)
    if by_gap:
        divergence = (log_q.exp() * (log_q - log_joint.log_softmax(-1))).sum(-1)
        return plane.likelihood(model) - plane.mean(divergence)
    return plane.mean((log_q.exp() * (log_joint - log_q)).sum(-1))


def best_encoder(
    log_joint: Float[Tensor, "*batch 4"], *, tolerance: float = 1e-13, most: int = 500
) -> Float[Tensor, "*batch 2"]:
    """The logits (t, u) of the factorised q that maximises E_q[log p(x,z) - log q(z)]: the global maximum.

    With log p = c + a z1 + b z2 + e z1 z2 the stationary points are t = a + e sigma(u), u = b + e sigma(t), so the
    fixed points of t -> a + e sigma(b + e sigma(t)), which increases and whose Schwarzian derivative is negative:
    there are at most three, and the middle one is no maximum. Coordinate ascent from q(z1=1) = 0 and from 1 falls
    monotonically into the two outer ones, and the better is the answer. Near a point where two merge it is slow;
    there the value is flat, and `most` steps are enough.
    """
    # log p(x,z) may be any real numbers; the softmax's scale drops out of a, b and e.
    a, b = log_joint[..., 2] - log_joint[..., 0], log_joint[..., 1] - log_joint[..., 0]
    e = log_joint[..., 3] - log_joint[..., 2] - b
    share = torch.stack((torch.zeros_like(e), torch.ones_like(e)))  # sigma(t), from both ends
    for _ in range(most):
        u = b + e * share
        t = a + e * u.sigmoid()
        again = t.sigmoid()
        done = bool((again - share).abs().max() <= tolerance)
        share = again
        if done:
            break
    logits = torch.stack((t, u), -1)
    log_q = factorised(logits)
    low, high = (log_q.exp() * (log_joint - log_q)).sum(-1)
    return torch.where((high > low)[..., None], logits[1], logits[0])
