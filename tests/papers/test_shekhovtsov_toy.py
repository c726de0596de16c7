"""The toy of Section 4.1: quadrature, ELBO, best encoder, optima, distances, the network and the experiment's parts."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, stats
from torch import Tensor

from claims.papers.shekhovtsov_2022.models.error import ModelError
from claims.papers.shekhovtsov_2022.toy.distances import (
    disagreement,
    distance_by_code,
    distance_by_mass,
    divergence,
    gap,
    hellinger,
    reverse_divergence,
    to_nearest,
)
from claims.papers.shekhovtsov_2022.toy.mixture import Mixture, Plane, best_encoder, elbo, factorised
from claims.papers.shekhovtsov_2022.toy.network import encoder_network, network_elbo, train
from claims.papers.shekhovtsov_2022.toy.optimum import (
    FREE,
    FREE_S,
    HARMONIUM,
    PARALLELOGRAM,
    RECTANGLE,
    best_elbo,
    likelihood,
    maximise,
    relabelled,
)
from claims.papers.shekhovtsov_2022.toy.quadruples import CROSSED, GENERIC, RECTANGLES, SLANTED, Toy
from claims.papers.shekhovtsov_2022.toy.regions import decision_map, pieces

TOY = replace(GENERIC[1], step=0.5)
SEEDS = st.integers(0, 10**6)


def normal(seed: int, *shape: int) -> Tensor:
    """Standard normal numbers."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_likelihood_agrees_with_scipy_quadrature() -> None:
    """L of the truth and of another decoder is the integral of pd log p by scipy's densities and Simpson's rule."""
    parts = [stats.multivariate_normal(mean, np.eye(2)) for mean in TOY.centres]
    moved = [stats.multivariate_normal(np.add(mean, (0.5, -0.2)), np.eye(2)) for mean in TOY.centres]

    def density(of: list[Any], at: np.ndarray) -> np.ndarray:
        return np.asarray(np.mean([part.pdf(at) for part in of], axis=0))

    other = Mixture(TOY.truth.centres + torch.tensor([0.5, -0.2]), TOY.truth.s)
    grid = np.stack(np.meshgrid(*[np.linspace(-8, 8, 401)] * 2, indexing="ij"), -1)
    for of, model in ((parts, TOY.truth), (moved, other)):
        values = density(parts, grid) * np.log(density(of, grid))
        side = np.linspace(-8, 8, 401)
        expected = integrate.simpson(integrate.simpson(values, x=side), x=side)
        assert float(likelihood(model, TOY.plane)) == pytest.approx(expected, abs=1e-6)


def test_elbo_agrees_with_monte_carlo() -> None:
    """The ELBO with the best encoder is the mean over samples of log p(x,z) - log q, within five standard errors."""
    source = torch.Generator().manual_seed(1)
    z = torch.randint(4, (20_000,), generator=source)
    x = TOY.truth.centres[z] + normal(2, 20_000, 2)
    joint = TOY.truth.log_joint(x)
    log_q = factorised(best_encoder(joint))
    drawn = torch.multinomial(log_q.exp(), 1, generator=source)
    values = (joint - log_q).gather(1, drawn)
    error = float(values.std()) / math.sqrt(len(values))
    assert abs(float(values.mean()) - float(best_elbo(TOY.truth, TOY.plane))) < 5 * error + 1e-4


@given(SEEDS, st.sampled_from((0.1, 1.0, 10.0)))
@settings(max_examples=20, deadline=None)
def test_both_forms_of_the_elbo_agree(seed: int, scale: float) -> None:
    """(1a) and (1b) are equal for any encoder and any decoder, not only for optimal ones."""
    model = Mixture(normal(seed, 4, 2), torch.tensor(0.7, dtype=torch.float64))
    logits = scale * normal(seed + 1, len(TOY.plane.nodes), 2)
    one, two = elbo(model, TOY.plane, logits), elbo(model, TOY.plane, logits, by_gap=True)
    assert float(one) == pytest.approx(float(two), rel=1e-9, abs=1e-9)


@given(SEEDS, st.sampled_from((0.1, 1.0, 5.0, 30.0)))
@settings(max_examples=25, deadline=None)
def test_best_encoder_is_the_global_maximum(seed: int, scale: float) -> None:
    """No pair of logits on a fine grid, the other bit at its own optimum, does better than coordinate ascent."""
    joint = scale * normal(seed, 6, 4)
    log_q = factorised(best_encoder(joint))
    found = (log_q.exp() * (joint - log_q)).sum(-1)
    share = torch.linspace(0, 1, 4001, dtype=torch.float64)[:, None]
    entropy = -torch.special.xlogy(share, share) - torch.special.xlogy(1 - share, 1 - share)
    off, on = ((1 - share) * joint[:, k] + share * joint[:, 2 + k] for k in (0, 1))
    grid = (entropy + torch.logaddexp(off, on)).amax(0)
    assert bool((found >= grid - 1e-10 * scale).all())
    assert bool((found <= grid + 1e-3 * scale).all())


def test_best_encoder_takes_the_better_of_two_maxima() -> None:
    """Two opposite codes, one a little more probable: the encoder takes that one, and not the independent mean."""
    log_q = factorised(best_encoder(torch.tensor([[9.0, 0.0, 0.0, 10.0], [10.0, 0.0, 0.0, 9.0]], dtype=torch.float64)))
    assert log_q.argmax(-1).tolist() == [3, 0]
    assert bool((log_q.exp().amax(-1) > 0.99).all())


@pytest.mark.parametrize("seed", range(5))
def test_gradient_of_the_elbo_is_that_of_finite_differences(seed: int) -> None:
    """The envelope theorem's gradient is that of the value, encoder optimised anew (away from kinks: fixed seeds)."""
    centres = normal(seed, 4, 2).requires_grad_()
    along = normal(seed + 1, 4, 2)
    best_elbo(Mixture(centres, TOY.truth.s), TOY.plane).backward()  # type: ignore[no-untyped-call]
    assert centres.grad is not None

    def at(t: float) -> float:
        return float(best_elbo(Mixture(centres.detach() + t * along, TOY.truth.s), TOY.plane))

    assert float((centres.grad * along).sum()) == pytest.approx((at(1e-4) - at(-1e-4)) / 2e-4, rel=1e-5, abs=1e-6)


def test_joint_optimum_agrees_with_scipy() -> None:
    """A simplex search without gradients finds no higher ELBO near the optimum."""

    def loss(point: np.ndarray) -> float:
        return -float(best_elbo(Mixture(torch.from_numpy(point.reshape(4, 2)), TOY.truth.s), TOY.plane))

    start = TOY.joint.model.centres.flatten().numpy()
    found = optimize.minimize(loss, start, method="Nelder-Mead", options={"maxfev": 60})
    assert -found.fun <= TOY.joint.value + 1e-8
    assert TOY.joint.slope < 1e-6


def test_rectangles_are_exact() -> None:
    """A rectangle's gap and distances are zero, its joint optimum is itself, and the best harmonium is as likely."""
    toy = replace(RECTANGLES[0], step=0.5)
    assert float(gap(toy.truth, toy.plane)) == pytest.approx(0, abs=1e-12)
    assert float(distance_by_code(toy.truth, toy.plane)) == pytest.approx(0, abs=1e-12)
    assert float(distance_by_mass(toy.truth, toy.plane)) == pytest.approx(0, abs=1e-8)
    assert torch.allclose(toy.joint.model.centres, toy.truth.centres)
    assert toy.harmonium.value == pytest.approx(float(likelihood(toy.truth, toy.plane)))


def test_families_are_nested() -> None:
    """The best ELBO grows from rectangles to parallelograms to free centres to a free s; the harmonium's is its L."""
    values = [maximise(f, best_elbo, TOY.truth, TOY.plane).value for f in (RECTANGLE, PARALLELOGRAM, FREE, FREE_S)]
    assert values == sorted(values)
    assert float(best_elbo(TOY.harmonium.model, TOY.plane)) == pytest.approx(TOY.harmonium.value, abs=1e-9)
    boxed = RECTANGLE.build(normal(3, 5), TOY.truth.s)
    assert float(gap(boxed, TOY.plane)) == pytest.approx(0, abs=1e-12)
    slanted = PARALLELOGRAM.build(normal(3, 6), TOY.truth.s)
    assert float(gap(slanted, TOY.plane)) > 1e-4
    assert float(gap(HARMONIUM.build(normal(3, 8), TOY.truth.s), TOY.plane)) == pytest.approx(0, abs=1e-12)


@given(SEEDS)
@settings(max_examples=8, deadline=None)
def test_distance_by_code_is_a_least_squares_residual(seed: int) -> None:
    """The closed form is numpy's least-squares residual of log p over the harmonium's nine functions."""
    model = Mixture(normal(seed, 4, 2), torch.tensor(1.3, dtype=torch.float64))
    x = TOY.plane.nodes
    target = (model.log_joint(x) + x.square().sum(-1, keepdim=True) / (2 * 1.3**2)).flatten().numpy()
    z = np.array([[1, 0, 0], [1, 0, 1], [1, 1, 0], [1, 1, 1]])
    rows = np.einsum("mi,kj->mkij", np.c_[np.ones(len(x)), x.numpy()], z).reshape(-1, 9)
    root = np.sqrt(np.repeat(TOY.plane.weights.numpy() / 4, 4))
    solution = np.linalg.lstsq(rows * root[:, None], target * root, rcond=None)[0]
    expected = np.linalg.norm((rows @ solution - target) * root)
    assert float(distance_by_code(model, TOY.plane)) == pytest.approx(expected, rel=1e-6)
    assert float(distance_by_mass(model, TOY.plane)) > 0


def test_names_do_not_matter_to_the_nearest() -> None:
    """A model is at no distance from itself under other names, though its ELBO changes with them."""
    toy = replace(CROSSED, step=0.5)
    other = relabelled(toy.truth, (0, 3, 2, 1))
    assert to_nearest(toy.truth, [other], toy.plane) == pytest.approx(0, abs=1e-12)
    elbos = {round(float(best_elbo(relabelled(toy.truth, o), toy.plane)), 6) for o in ((0, 1, 2, 3), (0, 1, 3, 2))}
    assert len(elbos) == 2


@given(SEEDS)
@settings(max_examples=10, deadline=None)
def test_measures_between_posteriors_agree_with_scipy(seed: int) -> None:
    """Both divergences are scipy's mean entropies, and total variation lies between Hellinger's bounds."""
    p, q = (normal(seed + k, len(TOY.plane.nodes), 4).softmax(-1) for k in (0, 1))
    for mine, one, other in ((divergence, p, q), (reverse_divergence, q, p)):
        expected = float(TOY.plane.weights.numpy() @ stats.entropy(one.numpy(), other.numpy(), axis=1))
        assert float(mine(p, q, TOY.plane)) == pytest.approx(expected)
    roots = np.linalg.norm(p.sqrt().numpy() - q.sqrt().numpy(), axis=1) / math.sqrt(2)
    assert float(hellinger(p, q, TOY.plane)) == pytest.approx(math.sqrt(TOY.plane.weights.numpy() @ roots**2))
    assert float(disagreement(p, q, TOY.plane)) <= math.sqrt(2) * float(hellinger(p, q, TOY.plane)) + 1e-12


def test_decision_map_of_a_rectangle_is_its_quadrants() -> None:
    """The four corners own a quadrant each, in one piece; a crossing of regions is seen as several pieces."""
    codes = decision_map(RECTANGLES[0].truth)
    side = torch.linspace(-1, 1, len(codes), dtype=torch.float64)
    # RECTANGLES[0]: z1 is the side of the first axis, z2 that of the second; the axes themselves are ties.
    inside = (side.abs() > 1e-9)[:, None] & (side.abs() > 1e-9)
    expected = 2 * (side > 0)[:, None] + (side > 0).long()
    assert torch.equal(codes[inside], expected[inside])
    assert [pieces(codes == code) for code in range(4)] == [1, 1, 1, 1]
    assert pieces((codes == 0) | (codes == 3)) == 2
    assert pieces(codes == 4) == 0


def test_network_nears_the_best_encoder_from_below() -> None:
    """Training raises the ELBO towards that of the best encoder and never beyond; the seed fixes the result."""
    plane = Plane.around(SLANTED.truth, step=0.8)
    results = []
    for _ in range(2):
        network = encoder_network(0, SLANTED.truth.centres)
        before = network_elbo(network, SLANTED.truth, plane)
        train(network, SLANTED.truth, plane, 80, centres=False, rate=1e-2)
        results.append(network_elbo(network, SLANTED.truth, plane))
    best = float(best_elbo(SLANTED.truth, plane))
    assert before < results[0] <= best
    assert results[0] > best - 0.02
    assert results[0] == results[1]


def test_what_cannot_be_is_refused() -> None:
    """Messages name the argument and what to do."""
    one = torch.tensor(1.0, dtype=torch.float64)
    with pytest.raises(ModelError, match="centres: four points"):
        Mixture(normal(0, 3, 2), one)
    with pytest.raises(ModelError, match="s: give a positive"):
        Mixture(normal(0, 4, 2), 0 * one)
    with pytest.raises(ModelError, match="take step"):
        Plane.around(TOY.truth, reach=2.0)
    with pytest.raises(ModelError, match="not a batch"):
        Plane.around(Mixture(normal(0, 5, 4, 2), one.expand(5)))
    with pytest.raises(ModelError, match="starts: give"):
        maximise(FREE, likelihood, TOY.truth, TOY.plane, [])
    with pytest.raises(ModelError, match="starts: over free"):
        maximise(FREE, best_elbo, TOY.truth, TOY.plane, [normal(0, 4, 2) * math.nan])


def test_the_grid_hardly_matters() -> None:
    """A finer and larger grid gives the same likelihood, and the same ELBO up to its kinks."""
    toy = Toy("any", ((0, 0), (-3, 0), (2, 2), (-2, 1)))
    assert float(likelihood(toy.truth, toy.plane)) == pytest.approx(
        float(likelihood(toy.truth, toy.finer.plane)), abs=1e-8
    )
    assert float(best_elbo(toy.truth, toy.plane)) == pytest.approx(
        float(best_elbo(toy.truth, toy.finer.plane)), abs=2e-4
    )
