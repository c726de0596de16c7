"""The models behind the claims on distances, Markov processes and dimensions are what their docstrings say."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest
import scipy.integrate
import scipy.linalg
import scipy.optimize
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.engine.cases import to_balls
from claims.engine.strategies import Instances, draw
from claims.papers.pareek_risteski_2022.upper_bound import chains, couplings, dimensions, distances, hausdorff

FEW = settings(max_examples=12, deadline=None)


def sampled(instances: Instances, count: int = 16) -> Any:
    """A batch of cases of one structure."""
    return draw(instances, count, torch.Generator().manual_seed(0))


@FEW
@given(chains.chains())
def test_a_chain_is_reversible_and_has_the_gap_of_its_generator(instances: Instances) -> None:
    """Detailed balance holds, rows add up to 0, and the gap is numpy's second smallest eigenvalue of -L."""
    case = sampled(instances)
    flow = case.p[..., None] * case.generator
    assert torch.allclose(flow, flow.mT)
    assert torch.allclose(case.generator.sum(-1), torch.zeros_like(case.p), atol=1e-9)
    for generator, gap in zip(case.generator.numpy(), case.gap.numpy(), strict=True):
        assert np.sort(np.linalg.eigvals(-generator).real)[1] == pytest.approx(gap, rel=1e-6)


@FEW
@given(chains.chains())
def test_a_chain_moves_by_the_matrix_exponential_of_scipy(instances: Instances) -> None:
    """Floats and balls agree with scipy.linalg.expm, also on the law at time t and its chi²."""
    case = sampled(instances, 2)
    kernels = case.kernel(case.time)
    for k in range(2):
        expected = scipy.linalg.expm(float(case.time[k]) * case.generator[k].numpy())
        assert np.allclose(kernels[k].numpy(), expected, atol=1e-12)
        law = case.initial[k].numpy() @ expected
        p = case.p[k].numpy()
        assert float(case.divergence(case.time)[k]) == pytest.approx(
            ((law / p - 1) ** 2 * p).sum(), rel=1e-6, abs=1e-12
        )
    balls = to_balls(case)
    exact = np.array(balls.kernel(balls.time), dtype=float)
    assert np.allclose(exact, kernels.numpy(), atol=1e-12)


@FEW
@given(chains.chains())
def test_form_and_variance_are_those_of_the_definition(instances: Instances) -> None:
    """-E_p g Lg and E_p (g - E_p g)² agree with the sums over pairs."""
    case = sampled(instances)
    image = (case.generator @ case.g[..., None])[..., 0]
    scale = float(case.g.abs().max()) ** 2
    assert torch.allclose(-case.mean(case.g * image), case.form(), rtol=1e-8)
    centred = case.g - case.mean(case.g)[..., None]
    assert torch.allclose(case.mean(centred**2), case.variance(), rtol=1e-8, atol=1e-12 * scale)


def test_reflected_brownian_motion_has_the_chi_square_of_a_finite_difference_scheme() -> None:
    """Jumps between 200 cells at rate 200²/length² approximate it: chi² agrees to a per cent."""
    numbers = (torch.tensor([2.0]), torch.tensor([[1.0, 0.5]]), torch.tensor([0.1]))
    case = chains.Reflected(*(x.double() for x in numbers))
    cells, length = 200, 2.0
    middle = (np.arange(cells) + 0.5) * length / cells
    modes = case.modes[0].numpy()
    density = 1 + sum(c * np.cos(k * np.pi * middle / length) for k, c in enumerate(modes, 1))
    laplacian = -2 * np.eye(cells) + np.eye(cells, k=1) + np.eye(cells, k=-1)
    laplacian[0, 0] = laplacian[-1, -1] = -1
    later = scipy.linalg.expm(0.1 * laplacian * (cells / length) ** 2) @ density
    assert float(case.divergence(case.time)) == pytest.approx(((later - 1) ** 2).mean(), rel=1e-2)
    assert float(case.first) == pytest.approx(((density - 1) ** 2).mean(), rel=1e-2)


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 50)), min_size=2, max_size=4))
@FEW
def test_the_maximal_coupling_is_the_optimal_transport_plan(weights: list[tuple[int, int]]) -> None:
    """No coupling has X != X' less often, as linear programming says."""
    p, q = (torch.tensor([[float(pair[k]) for pair in weights]]).double() for k in (0, 1))
    p, q = p / p.sum(), q / q.sum()
    size = len(weights)
    cost = 1 - np.eye(size)
    rows = np.kron(np.eye(size), np.ones(size))
    columns = np.kron(np.ones(size), np.eye(size))
    best = scipy.optimize.linprog(
        cost.ravel(), A_eq=np.vstack([rows, columns]), b_eq=np.concatenate([p[0].numpy(), q[0].numpy()])
    ).fun
    assert best == pytest.approx(float(distances.total_variation(p, q)), abs=1e-9)
    if not torch.equal(p, q):
        plan = couplings.maximal_coupling(p, q)[0].numpy()
        assert (plan * cost).sum() == pytest.approx(best, abs=1e-9)


def test_a_pair_has_laws_and_p_lives_where_it_was_kept() -> None:
    """Both add up to 1, and chi² is the integral of the squared relative density."""
    case = distances.Pair((0, 1, 1), torch.tensor([[5.0, 1.0, 3.0]]), torch.tensor([[2.0, 1.0, 1.0]]))
    assert case.p.tolist() == [[0.0, 0.25, 0.75]]
    assert case.q.tolist() == [[0.5, 0.25, 0.25]]
    assert distances.chi_square(case.p, case.q).tolist() == [0.5 + 0 + 1.0]
    assert distances.over_events(case.p, case.q).amax() == 0.5 == distances.total_variation(case.p, case.q)


def _drawn(level: int) -> list[tuple[int, int]]:
    """Hilbert's walk over 4^level cells by the well-known bit recipe, independent of the affine maps."""
    cells = []
    for t in range(4**level):
        x = y = 0
        rest, side = t, 1
        while side < 2**level:
            up = 1 & rest // 2
            right = 1 & (rest ^ up)
            if right == 0:
                if up == 1:
                    x, y = side - 1 - x, side - 1 - y
                x, y = y, x
            x, y = x + side * up, y + side * right
            rest, side = rest // 4, side * 2
        cells.append((x, y))
    return cells


def test_hilberts_curve_runs_through_the_cells_in_hilberts_order() -> None:
    """During [t, t + 1]/4^4 the curve is in the cell of that number, up to one reflection of the square."""
    level, cells = 4, _drawn(4)
    as_drawn, reflected = [], []
    for t, digits in enumerate(itertools.product(range(4), repeat=level)):
        x, y = (value * 2**level for value in dimensions.hilbert((digits, 1)))
        u, v = cells[t]
        as_drawn.append(u <= x <= u + 1 and v <= y <= v + 1)
        reflected.append(v <= x <= v + 1 and u <= y <= u + 1)
        assert dimensions.time_of((digits, 0)) == Fraction(t, 4**level)
    assert all(as_drawn) or all(reflected)


def test_hilberts_curve_meets_itself_in_the_middle_three_times() -> None:
    """H(1/6) = H(1/2) = H(5/6) = (1/2, 1/2)."""
    times = {dimensions.time_of(d): dimensions.hilbert(d) for d in (((0,), 2), ((2,), 0), ((3,), 1))}
    half = Fraction(1, 2)
    assert times == {Fraction(1, 6): (half, half), half: (half, half), Fraction(5, 6): (half, half)}


def test_two_expansions_of_one_time_have_one_point() -> None:
    """0.1333... = 0.2000... in base 4, and the curve is well defined there: it is continuous."""
    for digit in range(3):
        assert dimensions.hilbert(((digit,), 3)) == dimensions.hilbert(((digit + 1,), 0))


@FEW
@given(hausdorff.covers())
def test_the_map_of_a_cover_keeps_its_slopes(instances: Instances) -> None:
    """Each coordinate difference is stretched by between m and M."""
    case = sampled(instances)
    before = case.place[:, :1] - case.place[:, 1:]
    after = case.image()[:, :1] - case.image()[:, 1:]
    slack = 1e-9 * case.image().abs().amax(1, keepdim=True)
    assert (after.abs() <= case.M[:, None] * before.abs() + slack).all()
    assert (after.abs() >= case.m[:, None] * before.abs() - slack).all()


def test_the_kernel_of_definition_7_composes_by_quadrature() -> None:
    """The Ornstein-Uhlenbeck densities compose under scipy's quadrature, as the derivation says."""
    a, t, s, x, y = 0.7, 0.4, 1.1, 0.8, -0.5

    def density(time: float, start: float, end: float) -> float:
        variance = -np.expm1(-2 * a * time) / a
        return float(np.exp(-((end - np.exp(-a * time) * start) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance))

    composed, _ = scipy.integrate.quad(lambda z: density(t, x, z) * density(s, z, y), -12, 12)
    assert composed == pytest.approx(density(t + s, x, y), rel=1e-9)


def test_the_exponential_of_balls_is_exact_for_a_nilpotent_matrix() -> None:
    """e^[[0, 1], [0, 0]] = [[1, 1], [0, 1]], entries as balls."""
    zero, one = flint.arb(0), flint.arb(1)
    power = chains.exponential(np.array([[[zero, one], [zero, zero]]], dtype=object))
    assert np.allclose(np.array(power[0], dtype=float), [[1, 1], [0, 1]])
