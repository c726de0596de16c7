"""The Gaussian models of shekhovtsov-2022, against scipy, numerical integration and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, stats
from torch import Tensor

from claims.engine.cases import instance, to_balls
from claims.papers.shekhovtsov_2022.gaussian_square import Encoder
from claims.papers.shekhovtsov_2022.models.error import ModelError
from claims.papers.shekhovtsov_2022.models.gaussian import (
    DiagonalGaussian,
    LinearDecoder,
    LinearEncoder,
    Moments,
    ppca_noise,
    ppca_optimum,
)
from claims.papers.shekhovtsov_2022.models.gaussian_harmonium import GaussianHarmonium

SEEDS = st.integers(0, 10_000)


def numbers(seed: int, *shape: int) -> Tensor:
    """Normal numbers of that shape."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def linear_vae(seed: int, d: int, m: int) -> tuple[LinearDecoder, LinearEncoder, Moments]:
    """A VAE and data, all at random, under a correlated prior."""
    parts = numbers(seed, 200)
    take = iter(torch.split(parts, 1))

    def some(*shape: int) -> Tensor:
        return torch.cat([next(take) for _ in range(int(np.prod(shape)))]).reshape(1, *shape)

    decoder = LinearDecoder(some(d, m), some(d), some(1)[:, 0].exp(), some(m), some(m, m) + 3 * torch.eye(m))
    return decoder, LinearEncoder(some(m, d), some(m), some(m).exp()), Moments(some(d), some(d, 3))


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.integers(1, 3), st.integers(1, 3))
def test_both_forms_of_the_elbo_agree(seed: int, d: int, m: int) -> None:
    """(1a) and (1b) give the same number for any parameters, data and prior."""
    decoder, q, data = linear_vae(seed, d, m)
    assert torch.allclose(decoder.elbo(q, data), decoder.elbo_by_posterior(q, data), rtol=1e-9)


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.integers(1, 3), st.integers(1, 3))
def test_the_best_diagonal_encoder_misses_by_the_least_gap(seed: int, d: int, m: int) -> None:
    """The likelihood exceeds the ELBO of the best encoder by least_gap, and no other encoder does better."""
    decoder, q, data = linear_vae(seed, d, m)
    most = decoder.elbo(decoder.best_encoder(), data)
    assert torch.allclose(decoder.log_likelihood(data) - most, decoder.least_gap(), rtol=1e-8, atol=1e-9)
    assert bool((decoder.elbo(q, data) <= most + 1e-9).all())


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_the_likelihood_is_that_of_scipy(seed: int) -> None:
    """For data at one point, E log p(x) is scipy's multivariate normal log-density there."""
    decoder, _, data = linear_vae(seed, 3, 2)
    point = Moments(data.mean, 0 * data.factor)
    scipys = stats.multivariate_normal(decoder.centre[0].numpy(), decoder.covariance[0].numpy())
    assert float(decoder.log_likelihood(point)) == pytest.approx(float(scipys.logpdf(data.mean[0].numpy())))


def test_the_elbo_is_the_expectation_that_it_is_defined_by() -> None:
    """(1a) for one pixel and one latent is what numerical integration over q gives."""
    decoder, q, data = linear_vae(3, 1, 1)
    point = Moments(data.mean, 0 * data.factor)
    x, mean = float(data.mean), float(q.B * data.mean + q.c)
    inner = stats.norm(mean, float(q.D.sqrt()))
    prior = stats.norm(float(decoder.a), abs(float(decoder.R)))

    def integrand(z: float) -> float:
        fit = stats.norm.logpdf(x, float(decoder.W) * z + float(decoder.u), float(decoder.s))
        return float(inner.pdf(z) * (fit + prior.logpdf(z) - inner.logpdf(z)))

    reached, _ = integrate.quad(integrand, mean - 12 * inner.std(), mean + 12 * inner.std())
    assert float(decoder.elbo(q, point)) == pytest.approx(reached)


def test_balls_and_floats_agree() -> None:
    """The same model in ball arithmetic gives the same ELBO."""
    decoder, q, data = linear_vae(5, 2, 2)
    exact = to_balls(instance(decoder, 0)).elbo(to_balls(instance(q, 0)), to_balls(instance(data, 0)))
    assert float(exact[0].mid()) == pytest.approx(float(decoder.elbo(q, data)))


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_the_diagonal_family_is_the_normal_distribution(seed: int) -> None:
    """Densities and divergences from natural parameters are those of scipy and of a known formula."""
    mean, width, other = numbers(seed, 3, 1, 2)
    p, q = (DiagonalGaussian.from_moments(one, width.exp()) for one in (mean, other))
    scipys = stats.norm(mean[0].numpy(), (width / 2).exp()[0].numpy()).logpdf(other[0].numpy()).sum()
    assert float(p.log_density(other)) == pytest.approx(float(scipys))
    assert float(p.divergence(q)) == pytest.approx(float(((mean - other) ** 2 / width.exp()).sum() / 2))


def test_ppca_optimum_is_what_ascent_finds() -> None:
    """Gradient ascent on the likelihood of probabilistic PCA ends at the closed form, for fixed and for learned s."""
    variances = torch.tensor([[4.0, 2.0, 0.5]], dtype=torch.float64)
    data = Moments(torch.zeros(1, 3, dtype=torch.float64), torch.diag_embed(variances.sqrt()))

    def loss(free: np.ndarray, learned: bool) -> float:
        W = torch.as_tensor(free[:3]).reshape(1, 3, 1)
        s = torch.as_tensor(free[3:]).exp() if learned else torch.ones(1, dtype=torch.float64)
        return -float(LinearDecoder.standard(W, data.mean, s).log_likelihood(data))

    for learned in (False, True):
        found = optimize.minimize(loss, np.array([1.0, 0.5, 0.2, 0.0]), args=(learned,))
        s = ppca_noise(variances, 1) if learned else torch.ones(1, dtype=torch.float64)
        assert float(-found.fun) == pytest.approx(float(ppca_optimum(variances, s, 1)), abs=1e-6)


def harmonium(w: float, coupling: float = 1.0, square: float = 0.0) -> GaussianHarmonium:
    """One pixel, one latent, s = 1."""
    one = torch.ones(1, 1, dtype=torch.float64)
    matrix = one[..., None]
    return GaussianHarmonium(one[:, 0], coupling * matrix, square * matrix, 0.3 * one, -0.2 * one, w * one)


def test_the_normaliser_is_the_integral() -> None:
    """Both orders of integration, and a double sum, give the same number."""
    H = harmonium(-1.0)

    line = torch.linspace(-15, 15, 301, dtype=torch.float64)
    x, z = torch.split(torch.cartesian_prod(line, line), 1, dim=1)
    integral = float(H.log_weight(x, z).exp().sum()) * float(line[1] - line[0]) ** 2
    assert float(H.log_normaliser()) == pytest.approx(np.log(integral), abs=1e-6)
    assert float(H.log_normaliser_by_pixels()) == pytest.approx(float(H.log_normaliser()))


@pytest.mark.parametrize(("w", "square", "named"), [(-0.25, 0.0, "w:"), (-1.0, 0.5, "V:")])
def test_what_is_no_distribution_is_refused(w: float, square: float, named: str) -> None:
    """w < 0 with -2w < s² W², and V != 0, are refused by name."""
    with pytest.raises(ModelError, match=named):
        harmonium(w, square=square).joint()


def test_a_curvature_of_the_wrong_sign_is_refused() -> None:
    """The posterior at an x where w + V'x is not negative is no Gaussian."""
    with pytest.raises(ModelError, match="second"):
        harmonium(-1.0, square=1.0).posterior(torch.full((1, 1), 2.0, dtype=torch.float64))


@pytest.mark.parametrize(("variances", "m", "named"), [([1.0, 0.0], 1, "variances"), ([1.0, 2.0], 2, "m:")])
def test_unbounded_likelihoods_are_refused(variances: list[float], m: int, named: str) -> None:
    """Learned noise needs a discarded variance that is positive."""
    with pytest.raises(ModelError, match=named):
        ppca_noise(torch.tensor(variances), m)


@settings(max_examples=20, deadline=None)
@given(st.floats(-1.5, 1.5), st.floats(-1.0, 1.0))
def test_the_square_decoder_has_the_elbo_of_its_definition(a: float, b: float) -> None:
    """Gauss-Hermite quadrature of the ELBO, at the t that scipy finds, is the closed form at its own t."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(12)
    weights = weights / weights.sum()
    x = nodes[:, None, None] ** 2 + nodes[:, None]
    law = weights[:, None, None] * weights[:, None] * weights

    def loss(log_t: float) -> float:
        y, t = a + b * (x - 1), np.exp(log_t)
        z = y + np.sqrt(t) * nodes
        return float((law * ((x - z**2) ** 2 + y**2 + t - 1 - log_t)).sum() / 2)

    found = optimize.minimize_scalar(loss, bounds=(-8, 1), method="bounded", options={"xatol": 1e-9})
    encoder = Encoder(torch.tensor([a], dtype=torch.float64), torch.tensor([b], dtype=torch.float64))
    assert float(encoder.elbo()) == pytest.approx(-found.fun, abs=1e-9)
    assert float(encoder.variance) == pytest.approx(np.exp(found.x), abs=1e-5)
