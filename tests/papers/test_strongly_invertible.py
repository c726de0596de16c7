"""Generators with proved constants, the loss L, its derivatives, and the region D are what their docstrings say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.optimize
import torch
from hypothesis import given, settings
from torch import Tensor

from claims.engine.cases import instance, to_balls
from claims.engine.strategies import Instances, draw
from claims.papers.pareek_risteski_2022.upper_bound.loss import Anywhere, Region
from claims.papers.pareek_risteski_2022.upper_bound.loss_structures import (
    ANYWHERE_CORNERS,
    BOUNDARY,
    TURNED_ANYWHERE,
    anywhere,
    region,
    wide_region,
    without_m,
)
from claims.papers.pareek_risteski_2022.upper_bound.strongly_invertible import SMOOTH, norm

FEW = settings(max_examples=12, deadline=None)


def sampled(structure: Instances, count: int = 16, seed: int = 0) -> Any:
    """A batch of cases of one structure."""
    return draw(structure, count, torch.Generator().manual_seed(seed))


def derivative(f: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """torch's Jacobian of f, one more axis at the end; differentiable itself."""
    return lambda z: torch.autograd.functional.jacobian(f, z, create_graph=True)  # type: ignore[no-untyped-call]


def alone(case: Anywhere) -> Any:
    """G as a function of one vector, and the loss, for a batch of one."""
    return (lambda z: case(z[None])[0]), (lambda z: case.loss(z[None])[0])


@pytest.mark.parametrize("name", SMOOTH)
def test_activations_have_the_derivatives_and_the_bounds_that_they_name(name: str) -> None:
    """Each derivative is torch's own of the one before; the bounds hold, and are met to one per cent."""
    t = torch.linspace(-12, 12, 24001, dtype=torch.float64, requires_grad=True)
    smooth = SMOOTH[name]
    for k, bound in enumerate(smooth.bounds, start=1):
        (slope,) = torch.autograd.grad(smooth.derivatives[k - 1](t).sum(), t)
        assert torch.allclose(slope, smooth.derivatives[k](t), atol=1e-12)
        assert 0.99 * bound <= float(slope.abs().max()) <= bound


@pytest.mark.parametrize("structure", ANYWHERE_CORNERS, ids=["tight", "linear", "turned"])
def test_derivatives_of_the_generator_are_those_of_torch(structure: Instances) -> None:
    """J v, J^T y, and the second and third derivatives along vectors agree with nested automatic derivatives."""
    case = instance(sampled(structure), 3)
    a, b, c = case.directions
    G, _ = alone(case)
    z = case.z[0]
    first, second, third = derivative(G), derivative(derivative(G)), derivative(derivative(derivative(G)))
    assert torch.allclose(case.jacobian(case.z, a)[0], first(z) @ a[0])
    assert torch.allclose(case.transposed(case.z, a)[0], first(z).T @ a[0])
    assert torch.allclose(case.second(case.z, a, b)[0], second(z) @ b[0] @ a[0], atol=1e-12)
    assert torch.allclose(case.third(case.z, a, b, c)[0], third(z) @ c[0] @ b[0] @ a[0], atol=1e-12)


@FEW
@given(anywhere())
def test_constants_hold(structure: Instances) -> None:
    """Singular values of J lie in [m, M], difference quotients of G too; second and third derivatives obey M2, M3."""
    case = sampled(structure, 64)
    a, b, c = case.directions
    units = torch.eye(case.d, dtype=torch.float64)
    jacobian = torch.stack([case.jacobian(case.z, unit.expand_as(a)) for unit in units], dim=-1)
    values = torch.linalg.svdvals(jacobian)
    slack = 1 + 1e-12
    assert (values[:, -1] * slack >= case.m).all()
    assert (values[:, 0] <= case.M * slack).all()
    quotient = norm(case.misfit(case.z)) / norm(case.offset)
    assert (quotient * (1 + 1e-9) >= case.m).all()
    assert (quotient <= case.M * (1 + 1e-9)).all()
    assert (norm(case.second(case.z, a, b)) <= case.M2 * norm(a) * norm(b) * slack).all()
    assert (norm(case.third(case.z, a, b, c)) <= case.M3 * norm(a) * norm(b) * norm(c) * slack).all()


def test_the_third_derivative_of_the_loss_is_that_of_torch() -> None:
    """(58) along three vectors agrees with torch's, and so do (55) and (56)."""
    case = instance(sampled(TURNED_ANYWHERE), 5)
    a, b, c = case.directions
    _, loss = alone(case)
    z = case.z[0]
    gradient, hessian = derivative(loss), derivative(derivative(loss))
    assert torch.allclose(case.gradient(case.z)[0], gradient(z))
    assert torch.allclose(case.hessian(case.z, a, b)[0], a[0] @ hessian(z) @ b[0])
    assert torch.allclose(case.third_of_loss(case.z, a, b, c)[0], derivative(hessian)(z) @ c[0] @ b[0] @ a[0])


def test_the_inverse_point_is_the_root_that_scipy_finds() -> None:
    """scipy solves G(z) = x from 0 and lands on hat, for generators with a quarter turn."""
    cases = sampled(TURNED_ANYWHERE, 8)
    for k in range(8):
        case = instance(cases, k)
        x = case(case.hat)[0].numpy()

        def misfit(z: np.ndarray, case: Anywhere = case, x: np.ndarray = x) -> np.ndarray:
            found = case(torch.from_numpy(z)[None])[0].numpy() - x
            return np.asarray(found, dtype=float)

        # Least squares descends from anywhere, as f has one stationary point.
        found = scipy.optimize.least_squares(misfit, np.zeros(case.d), xtol=1e-14, ftol=1e-14, gtol=1e-14)
        assert np.allclose(found.x, case.hat[0].numpy(), atol=1e-6)


@FEW
@given(anywhere())
def test_balls_and_floats_agree(structure: Instances) -> None:
    """The gradient of an instance is the same in both arithmetics."""
    case = instance(sampled(structure), 2)
    balls = to_balls(case)
    exact = [float(entry.mid()) for entry in balls.gradient(balls.z).flat]
    assert torch.allclose(case.gradient(case.z)[0], torch.tensor(exact, dtype=torch.float64), rtol=1e-6)


@FEW
@given(anywhere())
def test_a_generator_is_centred_exactly_if_it_says_so(structure: Instances) -> None:
    """G(0) = 0, or not."""
    case = sampled(structure)
    at_zero = norm(case(0 * case.z))
    assert (at_zero == 0).all() if case.centred else (at_zero > 0).all()


def lemma_11(case: Region) -> Tensor:
    """The printed bound of rad(D): [n]."""
    second = case.m**2 / (6 * case.d * case.M * case.M2)
    third = case.m / torch.sqrt(2 * case.d**0.5 * case.M * case.M3)
    return torch.minimum(second, third)


@FEW
@given(region())
def test_the_region_is_that_of_lemmas_11_and_13(structure: Instances) -> None:
    """beta <= beta_0, ‖z - hat‖ <= rad(D) = (beta/beta_0) times Lemma 11's bound."""
    case = sampled(structure, 64)
    assert (case.beta <= case.beta_0).all()
    assert torch.allclose(case.radius, case.beta / case.beta_0 * lemma_11(case))
    assert (norm(case.offset) <= case.radius * (1 + 1e-12)).all()


def test_the_ends_of_the_region_are_met() -> None:
    """Some instances lie on the boundary of D at beta = beta_0, and some inside."""
    case = sampled(BOUNDARY, 256)
    on_boundary = torch.isclose(norm(case.offset), lemma_11(case), rtol=1e-9)
    assert 0 < int(on_boundary.sum()) < 256


@FEW
@given(wide_region(), without_m())
def test_the_larger_balls_end_where_they_say(wide: Instances, without: Instances) -> None:
    """rad(D) <= m²/(M M2) with our beta_0; ‖z - hat‖ <= m/M2 without one."""
    case = sampled(wide)
    assert (case.radius <= case.m**2 / (case.M * case.M2) * (1 + 1e-12)).all()
    case = sampled(without)
    assert (norm(case.offset) <= case.m / case.M2 * (1 + 1e-12)).all()
