"""Exact transitions of diffusions, their samplers, and when they leave a region."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import chi2, kstest, multivariate_normal, ncx2, norm

from reductions.diffusions import (
    Exit,
    OrnsteinUhlenbeck,
    SquareRoot,
    exit_at_least,
    exit_at_most,
    exit_probability,
    mean_exit_time,
)
from reductions.error import ReductionError

RATES = st.floats(0.1, 10)


def generator(seed: int = 0) -> torch.Generator:
    """A generator of that seed."""
    return torch.Generator().manual_seed(seed)


def brownian_exit(radius: float, horizon: float) -> float:
    """Pr[|W_t| >= radius for some t <= horizon], by the eigenfunctions of the interval."""
    terms = [
        (-1) ** k / (2 * k + 1) * math.exp(-((2 * k + 1) ** 2) * math.pi**2 * horizon / (8 * radius**2))
        for k in range(50)
    ]
    return float(1 - 4 / math.pi * sum(terms))


@given(RATES, RATES, st.floats(0.01, 5), st.floats(0.01, 5))
def test_ornstein_uhlenbeck_variances_add_up(rate: float, noise: float, s: float, t: float) -> None:
    """The variance over s + t is that over s, shrunk over t, and that over t: the transitions are a semigroup."""
    process = OrnsteinUhlenbeck(rate, noise)
    joined = math.exp(-2 * rate * t) * process.deviation(s) ** 2 + process.deviation(t) ** 2
    assert math.isclose(process.deviation(s + t) ** 2, joined, rel_tol=1e-9)


def test_ornstein_uhlenbeck_skeleton_has_the_gaussian_law() -> None:
    """Mahalanobis distances of sampled skeletons are chi-square, with the covariance of the textbook formula."""
    process, times = OrnsteinUhlenbeck(0.7, 1.3), torch.tensor([0.2, 1.0, 3.0], dtype=torch.float64)
    path = process.skeleton(torch.full((4000,), 2.0, dtype=torch.float64), times, generator()).numpy()
    t = times.numpy()
    gaps, sums = np.abs(t[:, None] - t), t[:, None] + t
    covariance = 1.3**2 / 1.4 * (np.exp(-0.7 * gaps) - np.exp(-0.7 * sums))
    away = path - 2 * np.exp(-0.7 * t)
    distances = (away @ np.linalg.inv(covariance) * away).sum(1)
    assert kstest(distances, chi2(3).cdf).pvalue > 1e-6
    assert np.isfinite(multivariate_normal(cov=covariance).logpdf(away)).all()


@pytest.mark.parametrize(
    ("N", "w", "start", "time"), [(1.0, 2.0, 0.0, 0.5), (3.0, 0.5, 4.0, 1.0), (8.0, 1.0, 0.1, 3.0)]
)
def test_both_samplers_have_the_noncentral_chi_square_law(N: float, w: float, start: float, time: float) -> None:
    """Poisson-Gamma sampling and sums of squares both pass Kolmogorov's test against scipy's law."""
    process, v = SquareRoot(N, w), -math.expm1(-w * time) / w
    starts = torch.full((4000,), start, dtype=torch.float64)
    law = ncx2(N, start * math.exp(-w * time) / v, scale=v) if start else chi2(N, scale=v)
    for sample in (process.sample, process.sample_by_squares):
        assert kstest(sample(starts, time, generator(1)).numpy(), law.cdf).pvalue > 1e-6


def test_skeleton_of_the_square_root_process_reaches_the_law_of_one_step() -> None:
    """Three exact steps have the law of one, for a dimension that is no integer; tail() is that law, too."""
    process, times = SquareRoot(2.5, 0.8), torch.tensor([0.1, 0.7, 2.0], dtype=torch.float64)
    path = process.skeleton(torch.full((4000,), 3.0, dtype=torch.float64), times, generator(2))
    end = path[:, -1]

    def cdf(levels: np.ndarray) -> np.ndarray:
        return np.array([1 - process.tail(3.0, 2.0, float(level)) for level in levels])

    assert kstest(end.numpy(), cdf).pvalue > 1e-6
    assert abs(float(end.mean()) - process.mean(3.0, 2.0)) < 0.2


def test_samples_follow_their_seed_device_and_dtype() -> None:
    """The same seed gives the same numbers, in the dtype of the start."""
    process, start = SquareRoot(2.0, 1.0), torch.ones(5, dtype=torch.float32)
    first, second = (process.sample(start, 1.0, generator(3)) for _ in range(2))
    assert torch.equal(first, second)
    assert first.dtype == torch.float32


@pytest.mark.parametrize(
    ("N", "w", "start", "level"), [(1.0, 2.0, 0.0, 3.0), (2.5, 0.5, 1.0, 9.0), (6.0, 1.0, 5.0, 20.0)]
)
def test_mean_exit_time_is_the_integral_of_scale_and_speed(N: float, w: float, start: float, level: float) -> None:
    """The series equals the double integral of scale and speed, by scipy's quadrature."""

    def speed(x: float) -> float:
        return float(quad(lambda y: y ** (N / 2 - 1) * math.exp(-w * y / 2) / 2, 0, x, epsabs=0, epsrel=1e-10)[0])

    time = quad(lambda x: x ** (-N / 2) * math.exp(w * x / 2) * speed(x), start, level)[0]
    assert math.isclose(mean_exit_time(SquareRoot(N, w), start, level), time, rel_tol=1e-6)


@pytest.mark.parametrize(("radius", "horizon"), [(1.0, 1.0), (2.0, 0.7), (0.5, 0.05)])
def test_exit_without_pull_is_that_of_brownian_motion(radius: float, horizon: float) -> None:
    """As w falls to 0 in dimension 1, X is W² and its exit that of W from an interval, a known series."""
    found = exit_probability(SquareRoot(1.0, 1e-9), 0.0, radius**2, horizon)
    assert abs(found.probability - brownian_exit(radius, horizon)) < max(found.error, 1e-6)


def exit_by_transform(N: float, start: float, level: float, horizon: float) -> float:
    """The same for w = 1, by mpmath's inversion of the Laplace transform M(s, N/2, x/2)/(s M(s, N/2, K/2))."""

    def transform(s: Any) -> Any:
        return mpmath.hyp1f1(s, N / 2, start / 2) / (s * mpmath.hyp1f1(s, N / 2, level / 2))

    with mpmath.workdps(25):
        return float(mpmath.invertlaplace(transform, horizon, method="talbot", degree=24))


@pytest.mark.parametrize("N", [0.1, 0.3, 0.5, 1.0, 2.5, 8.0])
@pytest.mark.parametrize(("share", "height", "horizon"), [(0.0, 1.5, 3.0), (1.0, 1.5, 0.5), (0.0, 4.0, 1000.0)])
def test_exit_has_the_confluent_laplace_transform(N: float, share: float, height: float, horizon: float) -> None:
    """The probability is that of the transform within the error that it states, and that error is small and falls."""
    process, start, level = SquareRoot(N, 1.0), share * N, height * (N + 2)
    exact = exit_by_transform(N, start, level, horizon)
    rough, fine = (exit_probability(process, start, level, horizon, points=points) for points in (50, 100))
    for found in (rough, fine):
        assert abs(found.probability - exact) <= found.error
    assert fine.error < 5e-3 * exact
    # Of second order at any N, where rounding does not drown it.
    assert abs(fine.probability - exact) < abs(rough.probability - exact) / 3 + 1e-9


def test_infinite_horizons_exit_surely() -> None:
    """X is recurrent: the probability and both its bounds are 1."""
    process = SquareRoot(2.0, 1.0)
    assert exit_probability(process, 0.0, 9.0, math.inf) == Exit(1.0, 0.0)
    assert exit_at_least(process, 9.0, math.inf) == exit_at_most(process, 0.0, 9.0, math.inf) == 1


@pytest.mark.parametrize("time", [-1.0, 0.0, math.nan])
def test_times_that_are_none_are_refused(time: float) -> None:
    """Each function that takes a time or a horizon refuses what is not positive, by one error."""
    process, start = SquareRoot(2.0, 1.0), torch.ones(2, dtype=torch.float64)
    calls: list[Callable[[], object]] = [
        lambda: exit_probability(process, 0.0, 9.0, time),
        lambda: exit_at_most(process, 0.0, 9.0, time),
        lambda: exit_at_least(process, 9.0, time),
        lambda: process.scale(time),
        lambda: process.tail(1.0, time, 1.0),
        lambda: process.mean(1.0, time),
        lambda: process.sample(start, time, generator()),
        lambda: process.sample_by_squares(start, time, generator()),
        lambda: process.skeleton(start, torch.tensor([time]), generator()),
        lambda: OrnsteinUhlenbeck(1.0).deviation(time),
        lambda: OrnsteinUhlenbeck(1.0).skeleton(start, torch.tensor([time]), generator()),
    ]
    for call in calls:
        with pytest.raises(ReductionError, match="positive"):
            call()


@pytest.mark.parametrize("start", [-1.0, math.nan, math.inf])
def test_starts_that_are_none_are_refused(start: float) -> None:
    """A square-root process starts at a finite number of 0 or above."""
    process, starts = SquareRoot(2.0, 1.0), torch.tensor([start])
    calls: list[Callable[[], object]] = [
        lambda: exit_probability(process, start, 9.0, 1.0),
        lambda: exit_at_most(process, start, 9.0, 1.0),
        lambda: mean_exit_time(process, start, 9.0),
        lambda: process.tail(start, 1.0, 1.0),
        lambda: process.mean(start, 1.0),
        lambda: process.sample(starts, 1.0, generator()),
        lambda: process.skeleton(starts, torch.tensor([1.0]), generator()),
    ]
    for call in calls:
        with pytest.raises(ReductionError, match="start"):
            call()
    with pytest.raises(ReductionError, match="finite"):
        process.scale(math.inf)


def test_exit_of_a_symmetric_interval_is_what_fine_skeletons_find() -> None:
    """|Z| leaves [-1, 1] oftener than a fine skeleton shows, and as often as it says after the known correction."""
    process, count = OrnsteinUhlenbeck(1.0), 20_000
    times = torch.linspace(0, 1, 401, dtype=torch.float64)[1:]
    highest = process.skeleton(torch.zeros(count, dtype=torch.float64), times, generator(4)).abs().amax(1)
    exact = exit_probability(process.squared(), 0.0, 1.0, 1.0).probability
    # Discrete looks act like a barrier that is 0.5826 sqrt(h) farther away (Broadie, Glasserman and Kou).
    nearer = float((highest > 1 - 0.5826 * math.sqrt(1 / 400)).double().mean())
    assert float((highest > 1).double().mean()) < exact
    assert abs(nearer - exact) < 5 * math.sqrt(exact * (1 - exact) / count) + 0.005


@settings(max_examples=15, deadline=None)
@given(st.floats(0.3, 6), RATES, st.floats(0, 0.9), st.floats(0.05, 50), st.floats(0.5, 3))
def test_bounds_enclose_the_exit_probability(N: float, w: float, share: float, horizon: float, height: float) -> None:
    """exit_at_least <= exit_probability <= exit_at_most, and the bounds do not cross."""
    process, level = SquareRoot(N, w), height * (N + 2) / w
    found = exit_probability(process, share * level, level, horizon / w)
    slack = found.error + 1e-6
    assert found.probability <= exit_at_most(process, share * level, level, horizon / w) + slack
    assert found.probability >= exit_at_least(process, level, horizon / w) - slack


def test_looks_from_anywhere_bound_the_exit_from_below() -> None:
    """A skeleton's bound, Pr[X_tau <= K | 0]^n for staying, is below the exact exit probability."""
    process, level, tau, n = SquareRoot(1.0, 1.0), 8.0, 5.0, 20
    stays = (1 - process.tail(0.0, tau, level)) ** n
    assert math.isclose(process.tail(0.0, tau, level), 2 * norm.sf(math.sqrt(level / -math.expm1(-tau))), rel_tol=1e-9)
    assert 1 - stays < exit_probability(process, 0.0, level, n * tau).probability


def test_wrong_arguments_are_named() -> None:
    """Each error says which argument is wrong and what to give."""
    process, start = SquareRoot(1.5, 1.0), torch.ones(2)
    with pytest.raises(ReductionError, match=r"w = 0\.0: give a positive"):
        SquareRoot(1.0, 0.0)
    with pytest.raises(ReductionError, match=r"rate = -1\.0"):
        OrnsteinUhlenbeck(-1.0)
    with pytest.raises(ReductionError, match=r"call sample\(\)"):
        process.sample_by_squares(start, 1.0, generator())
    with pytest.raises(ReductionError, match="starts at 0 or above"):
        process.sample(-start, 1.0, generator())
    with pytest.raises(ReductionError, match="increasing times"):
        process.skeleton(start, torch.tensor([1.0, 0.5]), generator())
    with pytest.raises(ReductionError, match="between 0 and the level"):
        mean_exit_time(process, 3.0, 2.0)
    with pytest.raises(ReductionError, match="overflows"):
        exit_at_most(process, 0.0, 2000.0, 1.0)
    with pytest.raises(ReductionError, match="asks for a start above"):
        exit_probability(SquareRoot(64.0, 1.0), 0.0, 150.0, 1.0)
    with pytest.raises(ReductionError, match="use exit_at_least"):
        exit_probability(SquareRoot(9.5, 1.0), 180.0, 730.0, 1e4)
