"""How far a decoder of the toy model is from those whose posterior factorises, and posteriors from each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import permutations

import torch
from jaxtyping import Float
from torch import Tensor

from claims.papers.shekhovtsov_2022.toy.mixture import CODES, Mixture, Plane, best_encoder, factorised
from claims.papers.shekhovtsov_2022.toy.optimum import best_elbo


def gap(model: Mixture, plane: Plane) -> Float[Tensor, ""]:
    """E_pd KL(q(z|x)||p(z|x)) at the best factorised encoder: the distance that the ELBO itself measures (1b)."""
    return plane.likelihood(model) - best_elbo(model, plane)


def interaction(model: Mixture, x: Float[Tensor, "m 2"]) -> Float[Tensor, "*batch m"]:
    """log of p(00|x) p(11|x) / (p(01|x) p(10|x)): zero exactly where the posterior factorises."""
    joint = model.log_joint(x)
    return joint[..., 0] + joint[..., 3] - joint[..., 1] - joint[..., 2]


def distance_by_code(model: Mixture, plane: Plane) -> Float[Tensor, ""]:
    """Theorem 2's distance to the harmoniums, each z alike: RMS over pd and z of log p - log p~ at the nearest p~.

    The harmoniums are what lacks the interaction of z1 and z2, which is affine in x, so the least residual is a
    quarter of it with the sign of the code.
    """
    return plane.mean(interaction(model, plane.nodes).square()).sqrt() / 4


def distance_by_mass(model: Mixture, plane: Plane) -> Float[Tensor, ""]:
    """The same with the posterior's mass: least RMS of log p - log p~ under pd(x) p(z|x), by least squares."""
    x, joint = plane.nodes, model.log_joint(plane.nodes)
    target = joint + x.square().sum(-1, keepdim=True) / (2 * model.s**2)
    one_x = torch.cat([torch.ones_like(x[:, :1]), x / model.s], 1)
    one_z = x.new_tensor([[1, *code] for code in CODES])
    features = (one_x[:, None, :, None] * one_z[None, :, None, :]).flatten(2)
    mass = (plane.weights[:, None] * joint.softmax(-1)).sqrt()
    rows, right = (mass[..., None] * features).flatten(0, 1), (mass * target).flatten()
    # An orthonormal basis of the features' range: the pseudo-inverse also serves where some have no mass.
    left, values, _ = torch.linalg.svd(rows, full_matrices=False)
    kept = left * (values > values.max() * 1e-12)
    residual: Tensor = right - kept @ (kept.mT @ right)
    return residual.square().sum().sqrt()


def disagreement(p: Float[Tensor, "m 4"], q: Float[Tensor, "m 4"], plane: Plane) -> Float[Tensor, ""]:
    """E_pd of the total variation between two conditionals."""
    return plane.mean((p - q).abs().sum(-1) / 2)


def hellinger(p: Float[Tensor, "m 4"], q: Float[Tensor, "m 4"], plane: Plane) -> Float[Tensor, ""]:
    """The root of E_pd of the squared Hellinger distance, 1 - sum sqrt(p q)."""
    return plane.mean(1 - (p * q).sqrt().sum(-1)).clamp_min(0).sqrt()


def divergence(p: Float[Tensor, "m 4"], q: Float[Tensor, "m 4"], plane: Plane) -> Float[Tensor, ""]:
    """E_pd of KL(p||q)."""
    return plane.mean((torch.special.xlogy(p, p) - torch.special.xlogy(p, q)).sum(-1))


def reverse_divergence(p: Float[Tensor, "m 4"], q: Float[Tensor, "m 4"], plane: Plane) -> Float[Tensor, ""]:
    """E_pd of KL(q||p)."""
    return divergence(q, p, plane)


#: How far conditionals p and q are apart: m x 4 probabilities each, averaged over the data.
Measure = Callable[[Tensor, Tensor, Plane], Tensor]
MEASURES: tuple[Measure, ...] = (disagreement, hellinger, divergence, reverse_divergence)


def encoder_of(model: Mixture, plane: Plane) -> Float[Tensor, "m 4"]:
    """The best factorised q(z|x) at the nodes."""
    return factorised(best_encoder(model.log_joint(plane.nodes))).exp()


def to_nearest(model: Mixture, others: Iterable[Mixture], plane: Plane, measure: Measure = disagreement) -> float:
    """The least distance of the posterior to those of other models, whatever they call the codes."""
    mine = model.posterior(plane.nodes)
    theirs = [other.posterior(plane.nodes) for other in others]
    return min(float(measure(mine, one[:, list(order)], plane)) for one in theirs for order in permutations(range(4)))
