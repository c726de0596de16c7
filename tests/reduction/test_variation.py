"""Total variation between encoders and the posterior, against hand-worked cases, quadrature, scipy and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import binom, binomtest, norm
from torch import Tensor

from circuits import Builder, Circuit
from circuits.families import Permutation, family
from reductions import posterior as posterior_module
from reductions.error import ReductionError
from reductions.posterior import SignPosterior
from reductions.variation import (
    Interval,
    between_tables,
    by_density,
    by_event,
    clopper_pearson,
    from_densities,
    from_event,
    hypothesis_probability,
    independent_signs,
)

#: The confidence of intervals that must hold: one in a million of them may fail.
SURE = 1 - 1e-6

SEEDS = st.integers(0, 2**32 - 1)


def identity(d: int) -> Circuit:
    builder = Builder(f"identity {d}")
    builder.outputs(builder.inputs(d))
    return builder.build()


def toffoli(d: int) -> Circuit:
    built = family("toffoli").build(d)
    assert isinstance(built, Permutation)
    return built.circuit


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_tables(count: int, patterns: int, seed: int) -> list[Tensor]:
    """Log tables of three laws each, from nearly uniform to nearly concentrated."""
    sharpness = torch.tensor([[0.1], [2.0], [30.0]], dtype=torch.float64)
    generator = seeded(seed)
    return [
        (sharpness * torch.randn(3, patterns, dtype=torch.float64, generator=generator)).log_softmax(1)
        for _ in range(count)
    ]


class IndependentSigns:
    """An encoder with independent signs of given probabilities, whatever x, times magnitudes of `power` of a normal."""

    def __init__(self, positive: list[float], power: float = 1.0) -> None:
        self.positive = torch.tensor(positive, dtype=torch.float64)
        self.power = power

    def sample(self, x: Tensor, generator: torch.Generator) -> Tensor:
        shape = (len(x), len(self.positive))
        plus = torch.rand(shape, dtype=torch.float64, generator=generator) < self.positive
        return torch.randn(shape, dtype=torch.float64, generator=generator).abs() ** self.power * (plus * 2.0 - 1)

    def log_density(self, z: Tensor, x: Tensor) -> Tensor:
        assert self.power == 1
        signs = torch.where(z >= 0, self.positive, 1 - self.positive).log()
        return (signs + (math.log(2 / math.pi) - z**2) / 2).sum(-1)


class Gaussian:
    """z ~ N(mean, scale²) whatever x, for d = 1."""

    def __init__(self, mean: float, scale: float) -> None:
        self.mean, self.scale = mean, scale

    def sample(self, x: Tensor, generator: torch.Generator) -> Tensor:
        return self.mean + self.scale * torch.randn(len(x), 1, dtype=torch.float64, generator=generator)

    def log_density(self, z: Tensor, x: Tensor) -> Tensor:
        normal = torch.distributions.Normal(self.mean, self.scale)
        return normal.log_prob(z)[..., 0]

    def variation(self, plus: float) -> float:
        """TV from the half-normal law with that probability of a plus sign, by quadrature (d = 1)."""

        def gap(z: float) -> float:
            p = 2 * norm.pdf(z) * (plus if z >= 0 else 1 - plus)
            return float(abs(p - norm.pdf(z, loc=self.mean, scale=self.scale)) / 2)

        return sum(quad(gap, *ends, epsabs=1e-9, limit=200)[0] for ends in ((-15, -1e-300), (0, 15)))


class TestExact:
    def test_tables_by_hand(self) -> None:
        """(1/2, 1/2) against (1/4, 3/4) is 1/4; disjoint laws are at distance 1; a law is at 0 from itself."""
        p = torch.tensor([[0.5, 0.5], [1.0, 0.0], [0.3, 0.7]], dtype=torch.float64).log()
        q = torch.tensor([[0.25, 0.75], [0.0, 1.0], [0.3, 0.7]], dtype=torch.float64).log()
        assert between_tables(p, q).tolist() == pytest.approx([0.25, 1.0, 0.0], abs=1e-15)

    @given(st.integers(1, 40), SEEDS)
    def test_variation_is_a_metric(self, patterns: int, seed: int) -> None:
        """TV is symmetric, lies in [0, 1], obeys the triangle inequality, and is the largest gap of an event."""
        p, q, r = random_tables(3, patterns, seed)
        distance = between_tables(p, q)
        torch.testing.assert_close(distance, between_tables(q, p), rtol=0, atol=0)
        assert ((distance >= 0) & (distance <= 1)).all()
        assert (distance <= between_tables(p, r) + between_tables(r, q) + 1e-14).all()
        torch.testing.assert_close(distance, (p.exp() - q.exp()).clamp(min=0).sum(1), rtol=1e-9, atol=1e-12)

    def test_independent_signs_by_hand(self) -> None:
        """For d = 1 it is |q - sigmoid(2x/beta²)|; a deterministic sign is allowed."""
        x = torch.tensor([[0.5], [0.5]], dtype=torch.float64)
        positive = torch.tensor([[0.25], [1.0]], dtype=torch.float64)
        got = independent_signs(SignPosterior(identity(1), 1.0), x, positive)
        assert got.tolist() == pytest.approx([0.4810585786300049, 0.2689414213699951], rel=1e-14)

    @settings(max_examples=40)
    @given(st.integers(4, 7), st.sampled_from([4, 1 << 15]), SEEDS)
    def test_independent_signs_are_a_table(self, d: int, chunk: int, seed: int) -> None:
        """Streamed, over one chunk or many, it is the distance from the table that is numpy's Kronecker product."""
        rng = np.random.default_rng(seed)
        positive = rng.random((3, d))
        product = []
        for row in positive:
            law = np.ones(1)
            for q in row:
                law = np.kron([1 - q, q], law)  # bit i has weight 2^i: the last factor varies slowest
            product.append(law)
        x = torch.from_numpy(rng.normal(size=(3, d)))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(posterior_module, "CHUNK", chunk)
            posterior = SignPosterior(toffoli(d), 0.8)
            expected = between_tables(posterior.table(x), torch.from_numpy(np.log(product)))
            got = independent_signs(posterior, x, torch.from_numpy(positive))
        torch.testing.assert_close(got, expected, rtol=1e-11, atol=1e-13)

    def test_the_posterior_of_the_identity_has_independent_signs(self) -> None:
        """For C the identity the posterior's own signs are independent, so TV vanishes at sigmoid(2x/beta²)."""
        x = torch.randn(4, 12, dtype=torch.float64, generator=seeded(0))
        got = independent_signs(SignPosterior(identity(12), 0.9), x, (2 * x / 0.81).sigmoid())
        assert got.abs().max() < 1e-14


class TestFromDraws:
    @pytest.mark.parametrize(("mean", "scale"), [(0.5, 0.6), (-1.0, 0.2), (0.0, 1.0)])
    def test_densities_bound_the_value_of_quadrature(self, mean: float, scale: float) -> None:
        """For d = 1 and a Gaussian encoder, the interval contains TV by quadrature and is as narrow as it should be."""
        encoder = Gaussian(mean, scale)
        posterior, x = SignPosterior(identity(1), 1.0), torch.tensor([[0.5], [-0.1]], dtype=torch.float64)
        intervals = by_density(posterior, encoder, x, seeded(1), draws=40_000, confidence=SURE)
        for row, interval in zip(x, intervals, strict=True):
            truth = encoder.variation(1 / (1 + math.exp(-2 * row.item())))
            assert interval.low <= truth <= interval.high
            assert interval.high - interval.low < 2 * 5 * 0.5 / math.sqrt(40_000)

    def test_the_interval_keeps_its_confidence(self) -> None:
        """Over 400 repetitions of a 90 % interval, no more fail than Binomial(400, 1/10) allows to one in a million."""
        posterior, encoder = SignPosterior(identity(1), 1.0), Gaussian(0.5, 0.6)
        x, generator = torch.tensor([[0.5]], dtype=torch.float64), seeded(2)
        truth = encoder.variation(1 / (1 + math.exp(-1)))
        z = encoder.sample(x.expand(400 * 50, -1), generator)
        log_q, log_p = encoder.log_density(z, x), posterior.log_density(z.unsqueeze(0), x)[0]
        intervals = from_densities(log_q.reshape(400, 50), log_p.reshape(400, 50), generator, confidence=0.9)
        failures = sum(not interval.low <= truth <= interval.high for interval in intervals)
        assert failures <= binom.isf(1e-6, 400, 0.1)

    def test_the_posterior_is_at_no_distance_from_itself(self) -> None:
        """`SignPosterior` is an encoder, and the interval of its own distance is that of no hits in the draws."""
        posterior = SignPosterior(toffoli(4), 0.7)
        x = torch.randn(2, 4, dtype=torch.float64, generator=seeded(3))
        for interval in by_density(posterior, posterior, x, seeded(4), draws=1000):
            assert interval == clopper_pearson(0, 1000, 0.99)

    @pytest.mark.parametrize("beta", [0.2, 1.0])
    @pytest.mark.parametrize("positive", [[0.9, 0.8, 0.95, 0.5], [0.01, 0.99, 0.01, 0.99]])
    def test_events_bound_the_exact_value(self, beta: float, positive: list[float]) -> None:
        """An encoder of known TV lies within the bounds by event and by density; without magnitudes the upper is 1."""
        posterior, encoder = SignPosterior(toffoli(4), beta), IndependentSigns(positive)
        x = torch.randn(3, 4, dtype=torch.float64, generator=seeded(5))
        truth = independent_signs(posterior, x, encoder.positive.expand(3, -1)).tolist()
        by_events = by_event(posterior, encoder.sample, x, seeded(6), draws=5000, half_normal=True, confidence=SURE)
        by_densities = by_density(posterior, encoder, x, seeded(6), draws=5000, confidence=SURE)
        for exact, event, density in zip(truth, by_events, by_densities, strict=True):
            assert event.low <= exact <= event.high
            assert density.low <= exact <= density.high
        cubes = IndependentSigns(positive, power=3.0)
        below = by_event(posterior, cubes.sample, x, seeded(6), draws=5000, confidence=SURE)
        assert all(interval.high == 1 and interval.low <= exact for interval, exact in zip(below, truth, strict=True))

    def test_a_concentrated_posterior_is_bounded_tightly(self) -> None:
        """Near a vertex at small beta, the event's two bounds differ by no more than the binomial interval."""
        posterior, x = SignPosterior(identity(4), 0.1), torch.ones(1, 4, dtype=torch.float64)
        encoder = IndependentSigns([0.98] * 4)
        interval = by_event(posterior, encoder.sample, x, seeded(7), draws=20_000, half_normal=True, confidence=SURE)[0]
        q = clopper_pearson(round(0.98**4 * 20_000), 20_000, SURE)
        assert interval.low <= 1 - 0.98**4 <= interval.high
        assert interval.high - interval.low == pytest.approx(q.high - q.low, abs=1e-3)

    @given(st.integers(2, 12), st.integers(1, 400), SEEDS)
    def test_event_bounds_hold_wherever_the_frequency_does(self, patterns: int, draws: int, seed: int) -> None:
        """Whenever q(b) is in its binomial interval, TV of the sign laws is in the event's, for any law and pattern."""
        p, q = random_tables(2, patterns, seed)
        rng = np.random.default_rng(seed)
        for exact, law_p, law_q in zip(between_tables(p, q).tolist(), p.exp(), q.exp(), strict=True):
            event = int(rng.integers(patterns))
            hits = int(rng.binomial(draws, min(float(law_q[event]), 1.0)))
            frequency = clopper_pearson(hits, draws, 0.9)
            if frequency.low <= law_q[event] <= frequency.high:
                miss = min(max(1 - float(law_p[event]), 0.0), 1.0)
                got = from_event(hits, draws, miss, half_normal=True, confidence=0.9)
                assert got.low - 1e-12 <= exact <= got.high + 1e-12

    def test_the_same_seed_gives_the_same_interval(self) -> None:
        """All randomness is the generator's."""
        posterior, x = SignPosterior(identity(1), 1.0), torch.tensor([[0.5]], dtype=torch.float64)
        one, two = (by_density(posterior, Gaussian(0.1, 0.9), x, seeded(8), draws=500) for _ in range(2))
        assert one == two


class TestIntervals:
    @given(st.integers(1, 3000), st.floats(0, 1), st.sampled_from([0.9, 0.99, 0.999999]))
    def test_clopper_pearson_is_scipys(self, draws: int, share: float, confidence: float) -> None:
        """Both limits are those of scipy's exact binomial test."""
        hits = round(draws * share)
        got = clopper_pearson(hits, draws, confidence)
        expected = binomtest(hits, draws).proportion_ci(confidence, method="exact")
        assert (got.low, got.high) == pytest.approx((expected.low, expected.high), rel=1e-6, abs=1e-9)

    def test_exact_variations_give_a_binomial_interval(self) -> None:
        """With exact values the frequency of good x has its Clopper-Pearson interval; the threshold itself is good."""
        variations = [Interval(v, v, 1.0) for v in (0.0, 0.1, 0.1000001, 0.9)]
        assert hypothesis_probability(variations) == clopper_pearson(2, 4, 0.95)

    def test_vague_variations_give_no_information(self) -> None:
        """If no interval decides, neither does the whole."""
        got = hypothesis_probability([Interval(0.0, 1.0, 0.99)] * 50)
        assert (got.low, got.high) == (0.0, 1.0)

    @pytest.mark.parametrize("good", [0.1, 0.5, 0.9])
    def test_failing_intervals_are_accounted_for(self, good: float) -> None:
        """Intervals that name the wrong side as often as their confidence allows still give an interval that holds."""
        rng, delta = np.random.default_rng(0), 0.2
        surely, possibly = Interval(0.0, 0.05, 1 - delta), Interval(0.5, 0.6, 1 - delta)
        failures, naive = 0, 0
        for _ in range(400):
            truth = rng.random(300) < good
            for named in (truth | (rng.random(300) < delta), truth & (rng.random(300) >= delta)):
                intervals = [surely if flag else possibly for flag in named]
                got = hypothesis_probability(intervals)
                failures += not got.low <= good <= got.high
                plain = clopper_pearson(int(named.sum()), 300, 0.95)
                naive += not plain.low <= good <= plain.high
        assert failures <= binom.isf(1e-6, 800, 0.05)
        assert naive > 200

    def test_what_is_no_count_or_table_is_refused(self) -> None:
        """Wrong counts, confidences, shapes, tables and densities are named."""
        half = torch.full((1, 2), 0.5, dtype=torch.float64).log()
        posterior, x = SignPosterior(identity(2), 1.0), torch.zeros(1, 2)
        for call, message in (
            (lambda: clopper_pearson(3, 2, 0.9), "3 of 2 draws"),
            (lambda: clopper_pearson(0, 0, 0.9), "0 of 0 draws"),
            (lambda: clopper_pearson(1, 2, 1.0), "confidence 1.0"),
            (lambda: from_event(1, 2, 1.5), "outside of"),
            (lambda: Interval(0.2, 0.1, 0.9), "is no interval"),
            (lambda: Interval(math.nan, 0.1, 0.9), "is no interval"),
            (lambda: hypothesis_probability([]), "no x was tried"),
            (lambda: between_tables(half, half[:, :1]), "two tables"),
            (lambda: between_tables(half, half - 1), "log_q does not sum to 1"),
            (lambda: independent_signs(posterior, x, torch.full((1, 2), 1.5)), "probabilities"),
            (lambda: independent_signs(posterior, x, torch.full((1, 3), 0.5)), "probabilities"),
            (lambda: from_densities(half, half[0], seeded(0)), "two tables"),
            (lambda: from_densities(half, half * math.nan, seeded(0)), "finite at its own draws"),
            (lambda: from_densities(half - math.inf, half, seeded(0)), "finite at its own draws"),
        ):
            with pytest.raises(ReductionError, match=message):
                call()
