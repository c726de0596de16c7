"""What the claims on the consistent set stand on: relations, affine decoders, the matrix of Theorem A.1, witnesses."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg, optimize

from claims.engine.arithmetic import Array
from claims.engine.registry import REGISTRY, load_papers
from claims.engine.strategies import draw
from claims.papers.shekhovtsov_2022.affine import AffineDecoder, Joints, Odds, Specified, joints
from claims.papers.shekhovtsov_2022.bernoulli_cases import monomials, multilinear
from claims.papers.shekhovtsov_2022.dependencies import (
    annihilated,
    differences,
    independent_states,
    independent_statistics,
    redundancies,
    relations,
)
from claims.papers.shekhovtsov_2022.domains import FAMILIES
from claims.papers.shekhovtsov_2022.models.families import Bits, FiniteFamily
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE
from claims.papers.shekhovtsov_2022.models.harmonium import Harmonium
from claims.papers.shekhovtsov_2022.theorem_a1 import form, matrix_of
from claims.papers.shekhovtsov_2022.tight_on_data import OneExample, second_differences

load_papers()
SEEDS = st.integers(0, 10**6)


def generator(seed: int = 0) -> torch.Generator:
    """A seeded generator."""
    return torch.Generator().manual_seed(seed)


class TestDependencies:
    """Integer relations of states and of statistics."""

    @pytest.mark.parametrize("family", FAMILIES, ids=str)
    def test_relations_span_what_scipy_calls_the_null_space(self, family: FiniteFamily) -> None:
        """They annihilate (1, statistics), are independent, and are as many as scipy's null space has dimensions."""
        table, found = family.extended(), relations(family)
        assert not (found @ table).any()
        assert len(found) == linalg.null_space(table.T).shape[1]
        assert len(found) == 0 or np.linalg.matrix_rank(found) == len(found)

    @pytest.mark.parametrize("family", FAMILIES, ids=str)
    def test_redundancies_are_absent_iff_the_statistics_are_minimal(self, family: FiniteFamily) -> None:
        """They annihilate the columns of (1, statistics), and minimal families have none."""
        assert not (family.extended() @ redundancies(family).T).any()
        assert (len(redundancies(family)) == 0) == family.is_minimal

    @pytest.mark.parametrize("family", FAMILIES, ids=str)
    def test_independent_states_and_statistics_make_an_invertible_matrix(self, family: FiniteFamily) -> None:
        """There are as many as the rank, and where they meet the table is invertible."""
        states, kept = list(independent_states(family)), list(independent_statistics(family))
        table = family.extended()
        assert len(states) == len(kept) == np.linalg.matrix_rank(table)
        assert kept[0] == 0
        assert abs(np.linalg.det(table[states][:, kept])) > 1e-9

    def test_relations_on_part_of_the_states_stay_there(self) -> None:
        """Among 000, 001, 010, 011 of three bits there is one relation, and it names no other state."""
        assert relations(Bits(3), (0, 1, 2, 3)).tolist() in ([[1, -1, -1, 1, 0, 0, 0, 0]], [[-1, 1, 1, -1, 0, 0, 0, 0]])
        assert len(relations(Bits(3), (0, 1, 2))) == 0

    @settings(max_examples=20)
    @given(SEEDS)
    def test_annihilated_is_the_product_of_three_matrices(self, seed: int) -> None:
        """The signed difference of its one part is rows @ values @ columns^T."""
        values = torch.randn(2, 4, 4, generator=generator(seed), dtype=torch.float64)
        rows, columns = differences(4), relations(Bits(2))
        (part,) = annihilated(rows, values, columns).parts
        plain = torch.as_tensor(rows, dtype=torch.float64) @ values @ torch.as_tensor(columns.T, dtype=torch.float64)
        torch.testing.assert_close(part.difference, plain)


class TestJoints:
    """Cases that satisfy their equations by construction."""

    @settings(max_examples=20)
    @given(joints(Specified), SEEDS)
    def test_idle_parameters_change_no_conditional(self, structure: Joints, seed: int) -> None:
        """Whatever moves along redundant statistics, decoder and encoder are those of the harmonium."""
        structure = Joints(Specified, structure.x, structure.z)
        case = draw(structure, 3, generator(seed))
        plain = case.base.vae()
        torch.testing.assert_close(case.vae.log_decoder, plain.log_decoder)
        torch.testing.assert_close(case.vae.log_encoder, plain.log_encoder)

    @settings(max_examples=20)
    @given(joints(Specified), SEEDS)
    def test_the_matrix_of_theorem_a1_is_what_least_squares_finds(self, structure: Joints, seed: int) -> None:
        """M from n + 1 states gives the joint that a least-squares fit to all states of the joint gives."""
        case = draw(Joints(Specified, structure.x, structure.z), 1, generator(seed))
        vae = case.vae
        x, z = vae.x.extended(), vae.z.extended()
        zero = torch.zeros(1, x.shape[1], z.shape[1], dtype=torch.float64)
        target = (vae.log_joint - form(zero, vae.x, vae.z))[0].numpy()
        fit = np.linalg.pinv(x) @ target @ np.linalg.pinv(z).T
        np.testing.assert_allclose(x @ matrix_of(vae)[0].numpy() @ z.T, x @ fit @ z.T, atol=1e-8)

    def test_an_affine_decoder_keeps_its_prior(self) -> None:
        """The prior of its VAE is the given one, not the harmonium's."""
        case = draw(Joints(AffineDecoder, Bits(1), Bits(2)), 3, generator())
        torch.testing.assert_close(case.vae.log_prior, case.prior.log_softmax(-1))


class TestWitnesses:
    """The two refutations, by other means."""

    def test_no_encoder_of_independent_bits_closes_the_gap_of_theorem_1(self) -> None:
        """scipy's best encoder of the printed witness leaves over 3e-4 nats at x = 1, posterior 15:20:20:24."""
        posterior = Odds(torch.tensor([[2.0, 2.0]], dtype=torch.float64)).vae.log_posterior[0, 1].exp().numpy()
        np.testing.assert_allclose(posterior, np.array([15, 20, 20, 24]) / 79)

        def gap(logits: np.ndarray) -> float:
            on = 1 / (1 + np.exp(-logits))
            q = np.array([a * b for a, b in itertools.product(*((1 - p, p) for p in on))])
            return float((q * np.log(q / posterior)).sum())

        best = optimize.minimize(gap, np.zeros(2)).fun
        assert 3e-4 < best < 3e-3

    def test_the_tight_example_is_tight_on_its_data_and_nowhere_else(self) -> None:
        """The gap at x = 1 is 0, that at x = 0 is positive for the best encoder, and f is not affine."""
        vae = OneExample(torch.tensor([0.5]).double(), torch.tensor([[0.5, 0.5]]).double()).vae
        assert abs(float(vae.gap())) < 1e-15
        one, two, three, four = vae.log_posterior[0, 0].tolist()
        assert abs(one + four - two - three) > 0.2
        np.testing.assert_allclose(vae.log_decoder[0, 1].exp().numpy(), [0.5, 0.25, 0.25, 0.125])


class TestMonomials:
    """Coefficients of products of bits."""

    def test_they_are_those_of_the_polynomial(self) -> None:
        """For 2 + 3a + 5ab + 7bc in groups (a), (b, c) the one inadmissible product that occurs is bc."""
        a, b, c = Bits(3).statistics_of(np.arange(8)).T
        values = 2 + 3 * a + 5 * a * b + 7 * b * c
        found = monomials((1, 2), multilinear) @ values
        assert found.tolist() == [7, 0]  # bc, abc

    def test_second_differences_annihilate_what_is_affine_and_no_more(self) -> None:
        """Their rank is that of the relations of the bits."""
        bits = Bits(3)
        assert not (second_differences(bits) @ bits.extended()).any()
        assert np.linalg.matrix_rank(second_differences(bits)) == len(relations(bits))


def transposed_coupling(self: Harmonium) -> Array:
    """g with W in place of W^T."""
    return self.x.statistics(self.W) @ self.W.mT + self.v[..., None, :]


@pytest.mark.parametrize(
    ("part", "broken", "id", "make"),
    [
        ((Harmonium, "g"), transposed_coupling, "equation-7", Harmonium),
        ((Harmonium, "g"), transposed_coupling, "theorem-1/remark-free-prior", Harmonium),
        ((Harmonium, "g"), transposed_coupling, "theorem-a-1", Specified),
        ((FiniteVAE, "log_joint"), lambda self: self.log_decoder, "theorem-1/repair", AffineDecoder),
        ((Harmonium, "f"), lambda self: 2 * self.u[..., None, :] * self.x.statistics(self.W)[:, :1], "corollary-1",
         AffineDecoder),
    ],
)  # fmt: skip
def test_a_broken_model_turns_its_claims_red(
    monkeypatch: pytest.MonkeyPatch, part: tuple[type, str], broken: Callable[[Any], Any], id: str, make: Any
) -> None:
    """With a transposed coupling, a forgotten prior, or a decoder that is not affine, the claims' margins fall."""
    claim = REGISTRY[f"shekhovtsov-2022/{id}"]
    cases = draw(Joints(make, Bits(2), Bits(2)), 16, generator())
    assert float(claim.margin(cases).violation().max()) < 1e-12
    monkeypatch.setattr(*part, property(broken))
    assert float(claim.margin(cases).violation().max()) > 1e-3
