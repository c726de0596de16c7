"""The grid models behind the claims on Langevin diffusion are what their docstrings say."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.integrate
import scipy.linalg
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.papers.pareek_risteski_2022.upper_bound.line import (
    Line,
    Potential,
    Region,
    projected,
    semigroup,
    variation,
)
from claims.papers.pareek_risteski_2022.upper_bound.reflected import Ball

FEW = settings(max_examples=20, deadline=None)
POTENTIALS = st.builds(Potential, st.floats(-3, 3), st.floats(-5, 5), st.floats(0, 5), st.floats(-1, 1))


def one(value: float) -> torch.Tensor:
    """A batch of one number."""
    return torch.tensor([value], dtype=torch.float64)


@FEW
@given(POTENTIALS)
def test_the_chain_is_reversible(potential: Potential) -> None:
    """Probability flows as much one way as the other, so e^{-g} stays."""
    line = Line(potential, -1.0, 2.0, 40)
    flow = line.law[:, None] * line.rates()
    torch.testing.assert_close(flow, flow.T)
    torch.testing.assert_close(flow.sum(0), torch.zeros(40, dtype=torch.float64), atol=1e-9, rtol=0)


@settings(max_examples=6, deadline=None)
@given(POTENTIALS, st.floats(1e-4, 1e-2))
def test_the_semigroup_is_the_matrix_exponential(potential: Potential, first: float) -> None:
    """At each of its times, against scipy."""
    rates = Line(potential, -1.0, 1.0, 24).rates()
    for k, found in enumerate(semigroup(rates, first, 3)):
        expected = scipy.linalg.expm(rates.numpy() * first * 2**k)
        np.testing.assert_allclose(found.numpy(), expected, atol=1e-9)


def test_a_steep_potential_loses_no_digits() -> None:
    """From the far end of g = 100 x the chain comes to its law, which has entries below 1e-80."""
    line = Line(Potential(slope=100.0), -1.0, 1.0)
    final = list(semigroup(line.rates(), 2.0**-6, 8))[-1]
    assert float(variation(final, line.law).max()) < 1e-13
    assert (final >= 0).all()


@pytest.mark.parametrize("t", [0.02, 0.1, 0.5])
def test_flat_reflection_is_the_theta_series(t: float) -> None:
    """On [0, 1] with g = 0, from the end: 1 + 2 sum e^{-n² pi² t} cos(n pi x)."""
    line = Line(Potential(), 0.0, 1.0, 160)
    (law,) = (p[0] for p in semigroup(line.rates(), t, 0))
    n = torch.arange(1, 60, dtype=torch.float64)[:, None]
    density = 1 + 2 * (torch.exp(-(n**2) * math.pi**2 * t) * torch.cos(n * math.pi * line.points)).sum(0)
    torch.testing.assert_close(law * line.cells, density, atol=1e-2, rtol=0)


def test_leaving_a_region_is_the_exit_probability_of_brownian_motion() -> None:
    """sqrt(2) B from 0 leaves (-1, 1) by the time t with 1 - (4/pi) sum (-1)^k e^{-(2k+1)² pi² t/4}/(2k+1)."""
    region = Region(Line(Potential(), -2.0, 2.0, 200), 50, 150)
    k = torch.arange(40, dtype=torch.float64)[:, None]
    series = (-1) ** k * torch.exp(-((2 * k + 1) ** 2) * math.pi**2 * region.times / 4) / (2 * k + 1)
    expected = 1 - 4 / math.pi * series.sum(0)
    torch.testing.assert_close(region.left[:, 50], expected, atol=1e-2, rtol=0)


def test_the_free_law_in_a_gaussian_potential_is_ornstein_uhlenbeck() -> None:
    """g = z²/2 from z_0: N(z_0 e^{-t}, 1 - e^{-2t}), cell by cell."""
    line = Line(Potential(bend=1.0), -8.0, 8.0, 320)
    start, t = 200, 0.5
    law = next(semigroup(line.rates(), t, 0))[start].numpy()
    edges = np.linspace(-8, 8, 321)
    exact = scipy.stats.norm(float(line.points[start]) * math.exp(-t), math.sqrt(1 - math.exp(-2 * t)))
    assert np.abs(law - np.diff(exact.cdf(edges))).sum() / 2 < 2e-3


def test_what_has_not_left_is_in_the_region_under_either_law() -> None:
    """The free and the reflected law differ by at most the exit probability, and by something."""
    region = Region(Line(Potential(bend=1.0), -4.0, 4.0), 30, 66)
    gap = variation(region.free, region.reflected)
    assert (gap <= region.left + 1e-12).all()
    assert float(gap.max()) > 0.1
    assert region.law_in_region.sum() == pytest.approx(1)
    assert region.outside == pytest.approx(1 - float(region.line.law[30:66].sum()))


def test_the_projected_step_is_a_clipped_gaussian() -> None:
    """Its atoms are Gaussian tails, its rows laws, its mean from the middle the drift's."""
    line, h = Line(Potential(slope=0.5), -1.0, 1.0, 400), 0.04
    step = projected(line, h)
    torch.testing.assert_close(step.sum(1), torch.ones(402, dtype=torch.float64))
    exact = scipy.stats.norm(1.0 - 0.5 * h, math.sqrt(2 * h))
    assert float(step[-1, -1]) == pytest.approx(exact.sf(1.0), abs=1e-4)
    assert float(step[-1, -2]) == pytest.approx(exact.cdf(-1.0), abs=1e-4)


@FEW
@given(st.integers(1, 5), st.floats(0.1, 4), st.floats(0.3, 2))
def test_the_ball_integrals_are_quadratures(d: int, a: float, radius: float) -> None:
    """E[y.∇g] and the boundary's share of e^{-g}, against scipy in polar coordinates."""
    ball = Ball(d, one(a), one(radius))

    def shell(power: int) -> float:
        return float(scipy.integrate.quad(lambda r: r**power * math.exp(-a * r * r / 2), 0, radius)[0])

    mass = shell(d - 1)
    assert float(ball.mean_of_radial_drift()) == pytest.approx(a * shell(d + 1) / mass, rel=1e-8)
    assert float(ball.surface()) == pytest.approx(radius ** (d - 1) * math.exp(-a * radius**2 / 2) / mass, rel=1e-8)
