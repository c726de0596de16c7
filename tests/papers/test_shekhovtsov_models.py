"""The finite models of shekhovtsov-2022 against brute force, scipy and each other."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from torch import Tensor

from claims.papers.shekhovtsov_2022.domains import FAMILIES, MINIMAL, FiniteVAEs, finite_vaes
from claims.papers.shekhovtsov_2022.models import families
from claims.papers.shekhovtsov_2022.models.error import ModelError
from claims.papers.shekhovtsov_2022.models.families import (
    BernoulliMRF,
    Bits,
    Categorical,
    FiniteFamily,
    Multinomial,
    Table,
)
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE, divergence
from claims.papers.shekhovtsov_2022.models.harmonium import Harmonium
from claims.papers.shekhovtsov_2022.models.projection import nearest, project

FAMILY = st.sampled_from(FAMILIES)
SEEDS = st.integers(0, 10**6)


def normal(seed: int, *shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """Standard normal numbers."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def harmonium(x: FiniteFamily, z: FiniteFamily, seed: int = 0, dtype: torch.dtype = torch.float64) -> Harmonium:
    """Three random harmoniums."""
    n, m = x.dimension, z.dimension
    W, u, v = (normal(seed + k, 3, *shape, dtype=dtype) for k, shape in enumerate(((n, m), (n,), (m,))))
    return Harmonium(x, z, W, u, v)


class TestFamilies:
    """States, statistics and log-partitions."""

    @settings(max_examples=30)
    @given(FAMILY, SEEDS)
    def test_the_log_partition_is_the_sum_over_all_states(self, family: FiniteFamily, seed: int) -> None:
        """A closed log-partition, one in blocks, and a plain sum over a list of the states are the same."""
        natural = 3 * normal(seed, 4, family.dimension)
        states = np.arange(family.count)
        table, base = family.statistics_of(states), family.base_of(states)
        plain = [
            math.log(sum(h * math.exp(row @ t) for h, row in zip(base, table, strict=True))) for t in natural.numpy()
        ]
        torch.testing.assert_close(family.log_partition(natural), torch.tensor(plain, dtype=torch.float64))
        torch.testing.assert_close(family.log_density(natural).exp().sum(-1), torch.ones(4, dtype=torch.float64))

    @settings(max_examples=20)
    @given(st.integers(1, 4), st.integers(1, 5), SEEDS)
    def test_counts_have_scipys_multinomial_distribution(self, words: int, length: int, seed: int) -> None:
        """h exp(<counts, logits> - A) is the multinomial probability of the counts, all of them listed once."""
        family = Multinomial(words, length)
        logits = normal(seed, 1, words)
        counts = family.statistics_of(np.arange(family.count)).astype(int)
        assert len({tuple(row) for row in counts}) == family.count
        expected = stats.multinomial(length, logits[0].softmax(0).numpy()).pmf(counts)
        np.testing.assert_allclose(family.log_density(logits)[0].exp().numpy(), expected, rtol=1e-9)

    @pytest.mark.parametrize("spins", [False, True])
    def test_bits_count_from_the_left(self, spins: bool) -> None:
        """The states of three bits come in the order 000, 001, ..., 111."""
        values = (-1, 1) if spins else (0, 1)
        np.testing.assert_array_equal(
            Bits(3, spins).statistics_of(np.arange(8)), list(itertools.product(values, repeat=3))
        )

    def test_an_mrf_has_the_products_between_its_groups(self) -> None:
        """The statistics are (y, y', y_j y'_k row by row), for two bits and one and the state 1, 0, 1."""
        np.testing.assert_array_equal(BernoulliMRF(2, 1).statistics_of(np.array([0b101]))[0], [1, 0, 1, 1, 0])

    def test_minimal_families_are_told_from_others(self) -> None:
        """Counts of one length sum to it and repeated statistics are equal; bits, categories and MRFs are minimal."""
        assert set(MINIMAL) >= {Bits(2), Categorical(3), BernoulliMRF(2, 1), Bits(2, spins=True)}
        assert not Multinomial(3, 2).is_minimal
        assert not Table(((0.0, 0.0), (1.0, 1.0))).is_minimal

    def test_a_table_says_what_is_wrong_with_it(self) -> None:
        """Rows of unequal length and base measures that are not positive, or too few, are refused by name."""
        with pytest.raises(ModelError, match="rows"):
            Table(((0.0,), (1.0, 2.0)))
        for base in ((1.0, 0.0), (1.0,)):
            with pytest.raises(ModelError, match="base"):
                Table(((0.0,), (1.0,)), base)

    def test_too_many_states_are_refused_before_any_is_made(self) -> None:
        """Bits(25) has more states than are enumerated, and the message says how many."""
        with pytest.raises(ModelError, match=str(2**25)):
            next(Bits(25).blocks(1))


class TestFiniteVAE:
    """Posterior, likelihood and ELBO."""

    @settings(max_examples=20)
    @given(finite_vaes(scales=(1.0,), g_bends=(1.0,), f_bends=(1.0,)), SEEDS)
    def test_the_elbo_is_what_loops_over_x_and_z_give(self, structure: FiniteVAEs, seed: int) -> None:
        """Likelihood, ELBO and posterior agree with sums written out over the states, in plain Python."""
        vae = structure.build(normal(seed, 2, structure.size))
        prior, decoder = vae.log_prior[0].exp(), vae.log_decoder[0].exp()
        encoder, data = vae.log_encoder[0].exp(), vae.log_data[0].exp()
        seen = range(vae.x.count) if vae.support is None else vae.support
        likelihood = elbo = 0.0
        for mass, x in zip(data.tolist(), seen, strict=True):
            marginal = sum(float(prior[z] * decoder[x, z]) for z in range(vae.z.count))
            likelihood += mass * math.log(marginal)
            for z in range(vae.z.count):
                q = float(encoder[x, z])
                elbo += mass * q * math.log(float(prior[z] * decoder[x, z]) / q)
                assert math.isclose(
                    float(vae.log_posterior[0, x, z].exp()), float(prior[z] * decoder[x, z]) / marginal, rel_tol=1e-9
                )
        assert math.isclose(float(vae.log_likelihood()[0]), likelihood, rel_tol=1e-9)
        assert math.isclose(float(vae.elbo()[0]), elbo, rel_tol=1e-9)
        assert math.isclose(float(vae.elbo_by_gap()[0]), elbo, rel_tol=1e-9)

    def test_the_divergence_is_scipys(self) -> None:
        """KL(p || q) is the relative entropy that scipy computes."""
        p, q = normal(0, 5, 4).log_softmax(-1), normal(1, 5, 4).log_softmax(-1)
        expected = stats.entropy(p.exp().numpy(), q.exp().numpy(), axis=-1)
        np.testing.assert_allclose(divergence(p, q).numpy(), expected, rtol=1e-12)

    def test_data_outside_the_support_are_not_seen(self) -> None:
        """With all data on one state, the likelihood is that state's."""
        vae = FiniteVAE(Bits(2), Bits(2), normal(0, 1, 4, 2), normal(1, 1, 4, 2), support=(2,))
        torch.testing.assert_close(vae.log_likelihood(), vae.log_marginal[..., 2])


class TestHarmonium:
    """Normalisation and the VAE that it is."""

    @settings(max_examples=30)
    @given(FAMILY, FAMILY, SEEDS)
    def test_it_is_normalised_and_tight(self, x: FiniteFamily, z: FiniteFamily, seed: int) -> None:
        """The joint sums to 1; as a VAE it has the same joint, and the gap is 0 at every x."""
        model = harmonium(x, z, seed)
        vae = model.vae()
        torch.testing.assert_close(model.log_joint.exp().sum((-2, -1)), torch.ones(3, dtype=torch.float64))
        torch.testing.assert_close(vae.log_joint, model.log_joint)
        torch.testing.assert_close(vae.gaps(), torch.zeros(3, x.count, dtype=torch.float64), atol=1e-10, rtol=0)

    def test_streaming_changes_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Blocks of a state or two give the log-partitions that one block gives."""
        model, mrf = harmonium(BernoulliMRF(2, 1), Bits(3)), BernoulliMRF(2, 2)
        natural = normal(0, 2, mrf.dimension)
        whole = model.log_partition(), mrf.log_partition(natural)
        monkeypatch.setattr(families, "BLOCK", 3)
        torch.testing.assert_close((model.log_partition(), mrf.log_partition(natural)), whole)

    def test_too_many_hidden_states_are_refused(self) -> None:
        """A harmonium with 25 hidden bits names them instead of filling the memory."""
        with pytest.raises(ModelError, match="Bits"):
            harmonium(Bits(1), Bits(25)).log_partition()

    @pytest.mark.parametrize("x", [Bits(2), Multinomial(3, 2), BernoulliMRF(1, 1)])
    def test_single_precision_stays_single(self, x: FiniteFamily) -> None:
        """float32 parameters give float32 numbers throughout."""
        model = harmonium(x, Bits(2), dtype=torch.float32)
        vae = model.vae()
        for value in (model.log_joint, vae.elbo(), vae.gap(), vae.log_likelihood(), project(vae).rms):
            assert value.dtype == torch.float32


class TestProjection:
    """The nearest harmonium."""

    @settings(max_examples=20)
    @given(st.sampled_from(MINIMAL), st.sampled_from(MINIMAL), SEEDS)
    def test_a_harmonium_is_its_own_projection(self, x: FiniteFamily, z: FiniteFamily, seed: int) -> None:
        """Both projections find the W of a harmonium with minimal statistics, and nothing is left over."""
        model = harmonium(x, z, seed)
        for found in (project(model.vae()), nearest(model.vae())):
            torch.testing.assert_close(found.W, model.W, atol=1e-8, rtol=1e-8)
            assert float(found.rms.max()) < 1e-8

    @settings(max_examples=20)
    @given(finite_vaes(scales=(1.0,)), SEEDS)
    def test_none_is_nearer_than_the_nearest(self, structure: FiniteVAEs, seed: int) -> None:
        """The sum of mean squares of `nearest` is at most that of the proof's projection."""
        vae = structure.build(normal(seed, 3, structure.size))
        near, proof = (found.rms.square().sum(-1) for found in (nearest(vae), project(vae)))
        assert bool((near <= proof * (1 + 1e-9) + 1e-9).all())

    def test_the_least_probability_is_the_least(self) -> None:
        """alpha is below all posterior and encoder probabilities, and is one of them."""
        vae = FiniteVAE(Bits(2), Bits(2), normal(0, 1, 4, 2), normal(1, 1, 4, 2))
        entries = torch.cat([vae.log_encoder.exp().flatten(), vae.log_posterior.exp().flatten()])
        assert math.isclose(float(vae.alpha()), float(entries.min()), rel_tol=1e-12)
