"""The models of Lemmas 2 and 17, and the encoder of 2021, against quadrature, scipy and brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from claims.papers.pareek_risteski_2021.carried import carried
from claims.papers.pareek_risteski_2022.upper_bound.discretisation import Discretised, Stationary
from claims.papers.pareek_risteski_2022.upper_bound.gaussian_limit import Limit
from claims.papers.pareek_risteski_2022.upper_bound.girsanov import Chain
from claims.papers.pareek_risteski_2022.upper_bound.narrow import Bent, Narrow
from reductions import ReductionError
from reductions.generators import SeparableGenerator
from reductions.small_encoder import Setting, build_encoder, certified_step


def column(*numbers: float) -> torch.Tensor:
    """A batch of one."""
    return torch.tensor([numbers], dtype=torch.float64)


def narrow(kind: type[Narrow] = Narrow, d: int = 1, odds: float = 9.0) -> Narrow:
    """m = 2, M = 3, M2 = 1, M3 = 2, ‖x‖ = 1/2."""
    return kind(d, column(2.0, 0.5, 1.0, 2.0), column(0.5), column(odds), column(0.1, 1.0, 1.0))


def normal_distance(mu: float, v: float) -> float:
    """TV of N(mu, v) and N(0, 1) by quadrature."""

    def gap(u: float) -> float:
        return abs(float(stats.norm.pdf(u, mu, math.sqrt(v)) - stats.norm.pdf(u)))

    return float(integrate.quad(gap, -12, mu + 12, limit=400)[0]) / 2


def test_events_bound_the_distance_from_below():
    """`apart` is no more than the exact distance from either start, and more than half of the larger one."""
    case = narrow()
    for time in (0.01, 0.3, 2.0, 6.0):
        e = math.exp(-time * (1 + float(case.ratio)))
        pull = float(case.x) / float(case.m) * math.sqrt(float(case.ratio / (1 + case.ratio)))
        mu = e * (2 * float(case.root()) * math.sqrt(1 + float(case.ratio)) + pull)
        exact = max(normal_distance(mu, 1 - e * e), normal_distance(0.0, 1 - e * e))
        assert exact / 2 <= float(case.apart(column(time)[0])) <= exact * (1 + 1e-9)


def test_posterior_outside_is_a_chi_square_tail():
    """`beyond` is the tail of chi-square at rad² over the posterior's variance, and rad <= 1."""
    case = narrow(d=3)
    beta, m = float(case.beta()), float(case.m)
    rad = 4 * beta / m * float(case.root())
    assert rad <= 1
    expected = stats.chi2.sf(rad**2 * (1 + m**2 / beta**2), 3)
    assert float(case.beyond()) == pytest.approx(float(expected), rel=1e-6, abs=0)


def test_step_is_that_of_the_plan():
    """`Discretised.step` in units of 1/a is `certified_step` at Lemma 17's T."""
    case = narrow(Discretised, d=2)
    assert isinstance(case, Discretised)
    beta, m, eps = float(case.beta()), float(case.m), float(case.eps)

    class Bounds:
        m, M, M2, M3 = 2.0, 3.0, 1.0, 2.0

    setting = Setting(Bounds, 2, beta, eps, 0.5)  # type: ignore[arg-type] # only the four numbers are read
    horizon = (2 * setting.radius) ** 2 * math.log(1 / eps)
    unit = beta**2 / (m**2 + beta**2)
    assert float(case.printed_time()) == pytest.approx(horizon / unit, rel=1e-9)
    assert float(case.step(case.printed_time()) / certified_step(setting, horizon)) * unit == pytest.approx(1, rel=1e-9)


def test_chain_is_iterated_exactly():
    """`apart_by` uses the law that n steps of the recursion have, here with n = 40 and brute force."""
    case = narrow(Discretised, odds=1.0)
    assert isinstance(case, Discretised)
    h, time = 0.05, 2.0
    w = 0.0
    for _ in range(40):
        w = (1 - h) ** 2 * w + 2 * h
    v = 1 - math.exp(-2 * time)
    expected = abs(stats.chi2.cdf(1.0, 1) - stats.chi2.cdf(v / w, 1))
    assert float(case.apart_by(column(h)[0], column(time)[0])) == pytest.approx(float(expected), rel=1e-9)


def test_divergence_is_that_of_fine_skeletons():
    """Girsanov's integral is the limit of the divergence of one step watched n times, a sum of Gaussian ones."""
    a, y, h, n = 1.5, 0.7, 0.4, 4000
    case = Chain(1, column(a), column(y), column(h))
    dt, mean, spread, total = h / n, y, 0.0, 0.0
    for _ in range(n):  # given the past, both increments are N(., 2 dt): drifts -a y and -a z^_t
        gap = a * a * ((mean - y) ** 2 + spread)
        total += gap * dt**2 / (2 * 2 * dt)
        mean, spread = mean - dt * a * y, spread + 2 * dt
    assert float(case.divergence()) == pytest.approx(total, rel=2e-3)


def test_bent_diffusion_without_a_bend_is_gaussian():
    """On the grid, TV of P_T and P from D/2 is that of two Gaussians, for G(z) = z up to a bend of 1e-9."""
    case = Bent(1.0, 1e-9, 0.0, 0.5, 1.0)
    e = math.exp(-1.0 * (1 + float(case.region.ratio)))
    mu = e * 2 * float(case.root()) * math.sqrt(1 + float(case.region.ratio))
    assert float(case.apart(column(1.0)[0])) == pytest.approx(normal_distance(mu, 1 - e * e), abs=0.02)


def test_stationary_distance_is_exact():
    """Against quadrature in one dimension."""
    for share in (0.3, 2.0, 50.0):
        case = Stationary(1, column(share)[0])
        assert float(case.distance()) == pytest.approx(normal_distance(0.0, (1 + share) / share), rel=1e-6)


def test_limit_is_the_distance_of_the_posterior():
    """`Limit.distances` against adaptive quadrature at its first beta."""
    case = Limit(1.0, 0.9, 0.3, 0.1)
    x = 0.3 + 0.9 * math.tanh(0.3)

    def weight(z: float) -> float:
        return math.exp(-((z + 0.9 * math.tanh(z) - x) ** 2) / 0.02 - z * z / 2)

    s = 1 / math.sqrt(1 + (case.slope(0.3) / 0.1) ** 2)
    mass = integrate.quad(weight, 0.3 - 12 * s, 0.3 + 12 * s)[0]

    def gap(z: float) -> float:
        return abs(weight(z) / mass - float(stats.norm.pdf(z, 0.3, s)))

    expected = integrate.quad(gap, 0.3 - 12 * s, 0.3 + 12 * s, limit=400)[0] / 2
    assert float(case.distances()[0, 0]) == pytest.approx(expected, rel=1e-4)


def test_carried_layers_are_the_chain_on_a_spoilt_x():
    """The deep latent Gaussian on input x is descent, then the Langevin chain at x + sqrt(2h) (sum of noise)/K."""
    one = torch.eye(2, dtype=torch.float64)
    encoder = build_encoder(SeparableGenerator(one, one.sum(0), 0.5), 0.1, 0.3)
    K, rng = 7.0, torch.Generator().manual_seed(1)
    deep = carried(encoder, K)
    x = torch.tensor([[0.4, -0.2], [1.0, 0.3]], dtype=torch.float64)
    strings = deep.draw_strings(2, rng, x)
    z, told, root, steps = encoder.start(x), x, math.sqrt(2 * encoder.plan.h), encoder.plan.langevin_steps
    for k, noise in enumerate(torch.split(strings, [4] * (steps - 1) + [2], dim=1)):
        z = encoder.langevin(torch.cat((z, told), dim=1)) + root * noise[:, :2]
        told = told + root * noise[:, 2:] / K if k < steps - 1 else told
    torch.testing.assert_close(deep(x, strings), z, rtol=1e-10, atol=1e-10)
    assert np.isfinite(deep.parameter_count)


@pytest.mark.parametrize("K", [0.0, -1.0, math.inf])
def test_carried_wants_a_positive_factor(K: float):
    """Other factors are refused."""
    encoder = build_encoder(
        SeparableGenerator(torch.eye(1, dtype=torch.float64), torch.ones(1).double(), 0.0), 0.1, 0.3
    )
    with pytest.raises(ReductionError, match="K ="):
        carried(encoder, K)
