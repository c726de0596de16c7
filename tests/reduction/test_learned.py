"""Learned encoders, smooth generators, and the measures of the dichotomy."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.integrate import cumulative_trapezoid, quad
from torch.distributions import Bernoulli, MultivariateNormal, kl_divergence

from circuits.families import Permutation, family
from circuits.simulation import truth_table
from reductions import ReductionError
from reductions.dichotomy import measure_mean_field, measure_signs
from reductions.encoders.learned import (
    LearnedSigns,
    MeanField,
    _NegativeElbo,
    train_mean_field,
    train_signs,
)
from reductions.encoders.training import Perceptron, hidden_within, size_of
from reductions.generators import SeparableGenerator, SmoothGenerator, random_separable, random_smooth
from reductions.latent import small_noise
from reductions.patterns import signs_of
from reductions.posterior import SignPosterior


def _circuits(*rounds: int, d: int = 4) -> list:
    members = [family("toffoli").build(d, count, 0) for count in rounds]
    return [member.circuit for member in members if isinstance(member, Permutation)]


def _all_signs(d: int) -> torch.Tensor:
    return signs_of(torch.arange(1 << d), d)


@pytest.fixture(scope="module")
def learned() -> list[LearnedSigns]:
    """Encoders of two small circuits that are large enough to learn them."""
    return train_signs(_circuits(1, 4), (32, 32), steps=600, seed=0)


class TestTraining:
    def test_equal_seeds_give_equal_bytes(self) -> None:
        """Training depends on its seed alone, and leaves the global generator as it was."""
        before = torch.random.get_rng_state()
        first, second = (train_signs(_circuits(2), (8,), steps=20, seed=3)[0] for _ in range(2))
        other = train_signs(_circuits(2), (8,), steps=20, seed=4)[0]
        same = [torch.equal(a, b) for a, b in zip(first.model.parameters(), second.model.parameters(), strict=True)]
        assert all(same)
        assert first.loss == second.loss != other.loss
        assert torch.equal(before, torch.random.get_rng_state())

    def test_a_large_encoder_learns_a_small_circuit(self, learned: list[LearnedSigns]) -> None:
        """Both instances of a batch are learned, each its own circuit."""
        for one in learned:
            quality = measure_signs(one, repeats=32, seed=0)
            assert quality.inverted > 0.95 * quality.trials

    def test_supervised_loss_is_the_cross_entropy(self) -> None:
        """The loss of a step is minus the mean of torch's own log Bernoulli probability with mean Phi(f)."""
        one = train_signs(_circuits(1), (8,), steps=1, seed=0, batch=4096)[0]
        untrained = Perceptron((4, 8, 4), torch.Generator().manual_seed(0))
        rng = torch.Generator().manual_seed(7)
        patterns = torch.randint(16, (20000,), generator=rng)
        vertices = signs_of(torch.from_numpy(truth_table(one.circuit).astype("i8"))[patterns], 4, dtype=torch.float32)
        x = vertices + one.beta * torch.randn(vertices.shape, generator=rng)
        law = Bernoulli(torch.special.ndtr(untrained(x).detach()))
        expected = -law.log_prob((signs_of(patterns, 4, dtype=torch.float32) + 1) / 2).sum(-1).mean()
        assert one.loss == pytest.approx(float(expected), rel=0.05)

    def test_the_elbo_is_log_evidence_minus_divergence(self) -> None:
        """The enumerated ELBO equals log p(x) - KL(q || p(.|x)), with the evidence and the posterior of another module.

        log p(x) there and here are of the same density on R^d.
        """
        (circuit,) = _circuits(2)
        beta, x = 0.6, torch.randn(5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
        f = torch.randn(1, 5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
        posterior = SignPosterior(circuit, beta)
        q = Bernoulli(torch.special.ndtr(f[0])).log_prob((_all_signs(4)[:, None] + 1) / 2).sum(-1).T
        divergence = (q.exp() * (q - posterior.table(x))).sum(-1)
        vertices = signs_of(torch.from_numpy(truth_table(circuit).astype("i8")), 4)[None]
        elbo = -_NegativeElbo(vertices, beta)(f, (torch.zeros(1, 5, 4), x[None]))
        assert float(elbo) == pytest.approx(float((posterior.log_evidence(x) - divergence).mean()), abs=1e-9)

    def test_the_elbo_improves(self) -> None:
        """A few hundred steps on the ELBO invert more inputs than chance."""
        one = train_signs(_circuits(1), (16,), steps=300, seed=0, objective="elbo")[0]
        quality = measure_signs(one, repeats=32, seed=0)
        assert quality.inverted > 2 * quality.trials / 16

    def test_half_shown_means_half(self) -> None:
        """With half of the patterns shown, the others are tested apart."""
        one = train_signs(_circuits(1), (16,), steps=300, seed=0, shown=0.5)[0]
        assert len(one.shown) == 8 == len(set(one.shown.tolist()))
        assert measure_signs(one, repeats=4, seed=0, unseen=True).trials == 32
        assert measure_signs(one, repeats=4, seed=0).trials == 64

    def test_misuse_is_told(self) -> None:
        """Circuits of two widths, no step, no share, a budget too small, and nothing unseen are refused."""
        with pytest.raises(ReductionError, match="one width"):
            train_signs([*_circuits(1), *_circuits(1, d=5)], (4,), steps=1, seed=0)
        with pytest.raises(ReductionError, match="nothing to train"):
            train_signs(_circuits(1), (4,), steps=0, seed=0)
        with pytest.raises(ReductionError, match="share"):
            train_signs(_circuits(1), (4,), steps=1, seed=0, shown=0.0)
        with pytest.raises(ReductionError, match="budget"):
            hidden_within(10, 8, 8)
        with pytest.raises(ReductionError, match="unseen"):
            measure_signs(train_signs(_circuits(1), (4,), steps=1, seed=0)[0], repeats=1, seed=0, unseen=True)


class TestExport:
    def test_the_network_is_the_perceptron(self) -> None:
        """The exported network computes what torch's module computes, with no more parameters."""
        model = Perceptron((5, 7, 3), torch.Generator().manual_seed(0)).double()
        x = torch.randn(9, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
        torch.testing.assert_close(model.network()(x), model(x).detach())
        assert model.network().parameters <= model.parameter_count == size_of(5, (7,), 3)

    def test_the_encoder_has_the_law(self, learned: list[LearnedSigns]) -> None:
        """Signs of the exported encoder's samples are as often + as Phi(f) says, magnitudes half-normal."""
        one = learned[1]
        x = torch.randn(1, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(5)).expand(20000, 4)
        z = one.encoder().sample(x, torch.Generator().manual_seed(6))
        share = (z > 0).double().mean(0)
        expected = torch.special.ndtr(one.logits(x[:1])[0])
        assert float((share - expected).abs().max()) < 5 * 0.5 / math.sqrt(len(x)) + 1 / 1024
        assert stats.kstest(z[:, 0].abs().numpy(), "halfnorm").pvalue > 1e-6

    def test_a_budget_is_not_exceeded(self) -> None:
        """The widest layers within a budget: one unit more would exceed it."""
        (width, _) = hidden = hidden_within(800, 8, 8)
        assert size_of(8, hidden, 8) <= 800 < size_of(8, (width + 1,) * 2, 8)


class TestMeasures:
    def test_total_variation_is_that_of_the_tables(self, learned: list[LearnedSigns]) -> None:
        """1 - q(b*|x) is within the miss of the distance between both tables over all patterns."""
        one = train_signs(_circuits(2), (8,), steps=50, seed=0, beta=0.4)[0]
        rng = torch.Generator().manual_seed(0)
        patterns = torch.arange(16)
        x = signs_of(torch.from_numpy(truth_table(one.circuit).astype("i8")), 4)
        x = x + one.beta * torch.randn(x.shape, dtype=torch.float64, generator=rng)
        posterior = SignPosterior(one.circuit, one.beta).table(x).exp()
        q = torch.stack([one.log_probability(x, s.expand(16, 4)).exp() for s in _all_signs(4)], dim=1)
        exact = (q - posterior).abs().sum(-1) / 2
        quality = measure_signs(one, repeats=1, seed=0)
        assert len(patterns) == quality.trials
        assert quality.error is not None
        assert quality.total_variation is not None
        assert abs(float(exact.mean()) - quality.total_variation) <= quality.error + 1e-12
        assert quality.near is not None
        assert quality.near_or_undecided is not None
        assert quality.near <= int((exact <= 0.1).sum()) <= quality.near_or_undecided

    def test_the_wrong_circuit_is_not_inverted(self, learned: list[LearnedSigns]) -> None:
        """An encoder measured against another circuit fails: the measure sees."""
        one, other = learned
        crossed = LearnedSigns(other.circuit, one.beta, one.model, one.shown, one.loss)
        quality = measure_signs(crossed, repeats=32, seed=0)
        assert quality.inverted < quality.trials / 2
        assert (quality.near or 0) < quality.trials / 2


class TestSmooth:
    @pytest.mark.parametrize("seed", range(3))
    def test_strong_invertibility_holds(self, seed: int) -> None:
        """Random pairs, near and far, are never closer than m says, and the Jacobian's least singular value agrees."""
        rng = torch.Generator().manual_seed(seed)
        for one in (random_smooth(5, 20, rng), random_separable(5, 0.5, rng)):
            z = torch.randn(2000, 5, dtype=torch.float64, generator=rng)
            step = torch.randn(2000, 5, dtype=torch.float64, generator=rng) * torch.logspace(-4, 1, 2000)[:, None]
            ratio = (one(z + step) - one(z)).norm(dim=1) / step.norm(dim=1)
            assert float(ratio.min()) >= one.invertibility > 0.4
            jacobian = torch.func.jacrev(one)(z[0])
            assert float(torch.linalg.svdvals(jacobian)[-1]) >= one.invertibility

    def test_what_is_not_certified_is_refused(self) -> None:
        """|Q| |P| beyond sigma_min(A), and a U that is not orthogonal, are errors."""
        eye, zero = torch.eye(2, dtype=torch.float64), torch.zeros(2, dtype=torch.float64)
        with pytest.raises(ReductionError, match="certified"):
            SmoothGenerator(eye, -eye, eye, zero)
        with pytest.raises(ReductionError, match="orthogonal"):
            SeparableGenerator(2 * eye, zero + 1, 0.0)

    def test_the_linear_posterior_is_gaussian(self) -> None:
        """Quadrature agrees with the conjugate formula, through torch's own multivariate normal."""
        rng, beta = torch.Generator().manual_seed(0), 0.1
        one = random_separable(3, 0.0, rng)
        x = torch.randn(4, 3, dtype=torch.float64, generator=rng)
        precision = torch.eye(3) + one.A.T @ one.A / beta**2
        mean = torch.linalg.solve(precision, (x @ one.A / beta**2).T).T
        law = MultivariateNormal(mean, precision_matrix=precision)
        z = law.sample((6,)).transpose(0, 1)
        torch.testing.assert_close(one.log_posterior(z, x, beta), law.log_prob(z.transpose(0, 1)).T, rtol=0, atol=1e-8)

    def test_the_separable_posterior_is_normalised_and_sampled(self) -> None:
        """Ratios are those of Bayes' rule, scipy integrates one coordinate to 1, and samples follow that law."""
        rng, beta = torch.Generator().manual_seed(0), 0.3
        one = SeparableGenerator(torch.eye(1, dtype=torch.float64), torch.ones(1, dtype=torch.float64), 0.5)
        x = torch.tensor([[0.7]], dtype=torch.float64)

        def density(t: float) -> float:
            return math.exp(float(one.log_posterior(torch.tensor([[[t]]], dtype=torch.float64), x, beta)))

        mass, _ = quad(density, -3, 3)
        assert mass == pytest.approx(1, abs=1e-6)
        drawn = one.sample_posterior(x.expand(4000, 1), beta, rng)[:, 0].numpy()
        grid = np.linspace(-3, 3, 4001)
        heights = one.log_posterior(torch.from_numpy(grid)[None, :, None], x, beta).exp()[0].numpy()
        cdf = np.concatenate([[0], cumulative_trapezoid(heights, grid)])
        assert stats.kstest(drawn, lambda t: np.interp(t, grid, cdf)).pvalue > 1e-6

    def test_both_objectives_learn_a_linear_generator(self) -> None:
        """The ELBO brings a mean-field encoder to the posterior's own success, samples bring it beyond chance (1/4)."""
        generators = [random_separable(2, 0.0, torch.Generator().manual_seed(s)) for s in (0, 1)]
        for objective, short in (("elbo", 0.1), ("supervised", 0.6)):
            for one in train_mean_field(generators, (16, 16), steps=800, seed=0, objective=objective):
                quality = measure_mean_field(one, samples=300, seed=0, draws=200)
                assert quality.ceiling is not None
                assert quality.inverted / quality.trials > quality.ceiling - short

    def test_total_variation_of_gaussians(self) -> None:
        """Against the exact encoder the sampled distance is 0; shifted by half a deviation it is 2 Phi(1/4) - 1."""
        beta, scale = 0.1, 1.5
        one = SeparableGenerator(torch.eye(1, dtype=torch.float64), torch.full((1,), scale, dtype=torch.float64), 0.0)
        precision = 1 + scale**2 / beta**2
        for shift, expected in ((0.0, 0.0), (0.5, 2 * stats.norm.cdf(0.25) - 1)):
            model = Perceptron((1, 2), torch.Generator().manual_seed(0)).double()
            log_sigma = -0.5 * math.log(precision) - math.log(beta)
            with torch.no_grad():
                model.dense[0].weight.copy_(torch.tensor([[scale / beta**2 / precision], [0.0]]))
                model.dense[0].bias.copy_(torch.tensor([shift / math.sqrt(precision), 5 * math.atanh(log_sigma / 5)]))
            quality = measure_mean_field(MeanField(one, beta, model, 0.0), samples=100, seed=0, draws=2000)
            assert quality.total_variation == pytest.approx(expected, abs=0.005)
            assert quality.near == (100 if shift == 0 else 0) == quality.near_or_undecided


def test_beta_is_the_default() -> None:
    """1/(7 sqrt d), and the half-normal magnitudes' laws cancel: KL of signs alone is torch's Bernoulli KL."""
    assert small_noise(4) == pytest.approx(1 / 14)
    p = torch.tensor([0.2, 0.9], dtype=torch.float64)
    entropy = Bernoulli(p).entropy().sum()
    kl = kl_divergence(Bernoulli(p), Bernoulli(torch.full_like(p, 0.5))).sum()
    assert float(kl) == pytest.approx(2 * math.log(2) - float(entropy))
