"""Optima of the toy model: ELBO with free factorised encoders, or likelihood, over families of four centres."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from claims.papers.shekhovtsov_2022.models.error import ModelError
from claims.papers.shekhovtsov_2022.toy.mixture import CODES, Mixture, Plane, best_encoder, elbo

#: L-BFGS stops where no entry of the gradient is larger.
STATIONARY = 1e-8

#: The three ways to name four centres that differ for two bits: which centre is opposite to the first.
LABELS = ((0, 1, 2, 3), (0, 1, 3, 2), (0, 3, 2, 1))


@dataclass(frozen=True)
class Family:
    """Decoders described by a vector: `build` makes one of it and of s, `start` a vector from centres in units of s."""

    name: str
    build: Callable[[Float[Tensor, " k"], Float[Tensor, ""]], Mixture]
    start: Callable[[Float[Tensor, "4 2"]], Float[Tensor, " k"]]


def _codes(like: Tensor) -> Float[Tensor, "4 2"]:
    return like.new_tensor(CODES)


def _free(point: Tensor, s: Tensor) -> Mixture:
    return Mixture(point[:8].reshape(4, 2) * s, s)


def _free_with_s(point: Tensor, s: Tensor) -> Mixture:
    return Mixture(point[:8].reshape(4, 2) * s, s * point[8].exp())


def _affine(point: Tensor) -> Float[Tensor, "4 2"]:
    """The corners c + z1 a + z2 b, point = (c, a, b, ...)."""
    z = _codes(point)
    c, a, b = point[0:2], point[2:4], point[4:6]
    corners: Tensor = c + z[:, :1] * a + z[:, 1:] * b
    return corners


def _nearest_affine(centres: Tensor) -> Float[Tensor, " 6"]:
    z = _codes(centres)
    solution: Tensor = torch.linalg.lstsq(torch.cat([torch.ones_like(z[:, :1]), z], 1), centres).solution
    return solution.flatten()


def _parallelogram(point: Tensor, s: Tensor) -> Mixture:
    return Mixture(_affine(point) * s, s)


def _rectangle(point: Tensor, s: Tensor) -> Mixture:
    """point = (c, angle, lengths): the corners c + z1 a + z2 b with <a, b> = 0."""
    along = torch.stack((point[2].cos(), point[2].sin()))
    across = torch.stack((-along[1], along[0]))
    return Mixture(_affine(torch.cat((point[:2], point[3] * along, point[4] * across))) * s, s)


def _nearest_rectangle(centres: Tensor) -> Float[Tensor, " 5"]:
    c, a, b = _nearest_affine(centres).reshape(3, 2)
    # A length of zero would be a stationary point of every objective.
    lengths = torch.stack((a.norm(), b.norm())) + 0.1
    return torch.cat((c, torch.atan2(a[1], a[0])[None], lengths))


def harmonium(point: Float[Tensor, " 8"], s: Float[Tensor, ""]) -> Mixture:
    """The harmonium with centres s (c + z1 a + z2 b), point = (c, a, b, v): any parallelogram, with its own prior.

    Its marginal is p(z) ∝ exp(<v, z> + |mu(z)|²/(2 s²)), so that the joint's logarithm is bilinear in (1, x), (1, z).
    """
    centres = _affine(point)
    prior = (_codes(point) @ point[6:8] + centres.square().sum(-1) / 2).log_softmax(-1)
    return Mixture(centres * s, s, prior)


def _nearest_harmonium(centres: Tensor) -> Float[Tensor, " 8"]:
    point = _nearest_affine(centres)
    square = _affine(point).square().sum(-1)
    # The v whose prior is uniform up to the interaction of the bits.
    return torch.cat((point, (square[0] - square[[2, 1]]) / 2))


#: Four centres in general position, as in the paper; the same with s learned; and the subsets of them.
FREE = Family("free", _free, torch.Tensor.flatten)
FREE_S = Family("free, s learned", _free_with_s, lambda centres: torch.cat((centres.flatten(), centres.new_zeros(1))))
PARALLELOGRAM = Family("parallelogram", _parallelogram, _nearest_affine)
RECTANGLE = Family("rectangle", _rectangle, _nearest_rectangle)
#: The restricted Boltzmann machine with Gaussian x and two bits.
HARMONIUM = Family("harmonium", harmonium, _nearest_harmonium)

#: What is maximised: a number, differentiable in the model.
Objective = Callable[[Mixture, Plane], Tensor]


def likelihood(model: Mixture, plane: Plane) -> Float[Tensor, ""]:
    """L(theta) = E_pd log p(x)."""
    return plane.likelihood(model)


def best_elbo(model: Mixture, plane: Plane) -> Float[Tensor, ""]:
    """The ELBO of the model at its best factorised encoder, differentiable in the model.

    The encoder's own derivative vanishes at its optimum (envelope theorem), so it is held fixed.
    """
    with torch.no_grad():
        logits = best_encoder(model.log_joint(plane.nodes))
    return elbo(model, plane, logits)


@dataclass(frozen=True)
class Fit:
    """A local optimum, the best from `starts` starts: the model, its value, and the gradient's largest entry there."""

    model: Mixture
    value: float
    slope: float
    starts: int


def maximise(
    family: Family,
    objective: Objective,
    truth: Mixture,
    plane: Plane,
    starts: Sequence[Float[Tensor, "4 2"]] | None = None,
) -> Fit:
    """The best of the objective over the family by L-BFGS from `starts` (the truth's own centres), on the plane's data.

    Raises `ModelError` if the objective is not finite where the ascent ends.
    """
    begin = [truth.centres] if starts is None else list(starts)
    if not begin:
        raise ModelError("starts: give at least one quadruple of centres, or None for the truth's")
    fits = [_ascend(family, objective, truth.s, plane, centres) for centres in begin]
    best = max(fits, key=lambda fit: fit.value)
    return Fit(best.model, best.value, best.slope, len(fits))


def _ascend(family: Family, objective: Objective, s: Tensor, plane: Plane, centres: Tensor) -> Fit:
    point = family.start(centres / s).detach().clone().requires_grad_()
    optimiser = torch.optim.LBFGS(
        [point], max_iter=400, tolerance_grad=STATIONARY, tolerance_change=1e-15, history_size=20,
        line_search_fn="strong_wolfe",
    )  # fmt: skip

    def loss() -> Tensor:
        optimiser.zero_grad()
        value = -objective(family.build(point, s), plane)
        value.backward()  # type: ignore[no-untyped-call]
        return value.detach()

    if math.isfinite(float(loss())):
        optimiser.step(loss)  # type: ignore[no-untyped-call]
    value = -float(loss())
    if not math.isfinite(value) or point.grad is None:
        raise ModelError(f"starts: over {family.name} the objective is not finite; start nearer to the data")
    return Fit(family.build(point.detach(), s), value, float(point.grad.abs().max()), 1)


def relabelled(model: Mixture, order: Sequence[int]) -> Mixture:
    """The same four centres with other codes."""
    prior = None if model.log_prior is None else model.log_prior[..., list(order)]
    return Mixture(model.centres[..., list(order), :], model.s, prior)
