"""Optima of ELBO and likelihood in finite models (Shekhovtsov et al. 2022, Section 2)."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import flint
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import entr

from claims.engine.cases import to_balls
from claims.papers.shekhovtsov_2022.amortisation import NEAR_HARMONIUMS
from claims.papers.shekhovtsov_2022.corollary_2 import Rival, witness
from claims.papers.shekhovtsov_2022.corollary_2_priors import orders
from claims.papers.shekhovtsov_2022.decoder_classes import (
    Classes,
    Harmoniums,
    constant_decoder,
    flows,
    parity,
    shifted_parities,
)
from claims.papers.shekhovtsov_2022.deeper_networks import witness as tilts
from claims.papers.shekhovtsov_2022.dependence import NEAR, dependence
from claims.papers.shekhovtsov_2022.models.error import ModelError
from claims.papers.shekhovtsov_2022.models.families import Bits
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE
from claims.papers.shekhovtsov_2022.models.projection import nearest
from claims.papers.shekhovtsov_2022.optima import FreeEncoders, affine_elbo, ascend, best_factorised, pick


def _doubles(values: Any) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def _best_by_scipy(log_weights: list[float]) -> float:
    """max over q1, q2 of E_q log w + H(q), by scipy from a grid of starts."""

    def loss(logits: np.ndarray) -> float:
        a, b = 1 / (1 + np.exp(-logits))
        q = np.array([(1 - a) * (1 - b), (1 - a) * b, a * (1 - b), a * b])
        return -float(q @ log_weights + entr(q).sum())

    return -float(min(minimize(loss, (s, t)).fun for s in (-2.0, 2.0) for t in (-2.0, 2.0)))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-6, 6), min_size=4, max_size=4))
def test_bounds_of_the_best_factorised_encoder_hold_scipys_optimum(log_weights: list[float]) -> None:
    """The enclosure is tight, holds what scipy finds, and is the same in balls."""
    lower, upper = (float(v) for v in best_factorised(_doubles([log_weights])))
    found = _best_by_scipy(log_weights)
    assert lower - 1e-7 <= found <= upper + 1e-9
    assert upper - lower < 0.01
    in_balls = [flint.arb(v[0]) for v in best_factorised(to_balls(_doubles([log_weights])))]
    assert [float(b.mid()) for b in in_balls] == pytest.approx([lower, upper], abs=1e-12)


def test_a_product_of_weights_is_its_own_best_encoder() -> None:
    """For weights that factorise the optimum is the logarithm of their sum."""
    first, second = _doubles([0.3, 1.7]), _doubles([2.0, 0.1])
    weights = (first[:, None] * second).reshape(1, 4)
    lower, upper = best_factorised(weights.log(), cells=2048)
    assert float(lower) == pytest.approx(float(weights.sum().log()), abs=1e-5)
    assert float(upper) == pytest.approx(float(weights.sum().log()), abs=1e-5)


def test_the_parity_decoder_has_the_gap_that_a_reader_computes() -> None:
    """log(9/8)/2, the same at a shift a and 1/a, and least at a = 1."""
    (case,) = shifted_parities()
    gaps = case.gap[0]
    assert float(gaps[2]) == pytest.approx(math.log(9 / 8) / 2, abs=1e-5)
    assert torch.allclose(gaps, gaps.flip(0), atol=1e-5)
    assert float(gaps.min()) == float(gaps[2])


def test_tight_decoders_are_told_from_the_others() -> None:
    """A constant decoder and one that uses one bit are tight, parity is not; in balls exactly."""
    one_bit = [[0.5], [0.5], [4.0], [4.0]]
    case = FreeEncoders(_doubles([[constant_decoder(0.75), one_bit, parity(1.0)]]), _doubles([[1.0, 3.0]]))
    assert case.tight.tolist() == [[1, 1, 0]]
    assert to_balls(case).tight[0].tolist() == [1, 1, 0]
    assert case.gap[0, :2].abs().max() < 1e-4


def test_the_distance_is_that_to_the_nearest_harmonium() -> None:
    """The closed form for two bits is the least-squares residual of the projection."""
    (case,) = flows()
    for k in range(2):
        vae = FiniteVAE(Bits(2), Bits(2), case.odds[:, k].log(), torch.zeros(1, 4, 2, dtype=torch.float64))
        assert nearest(vae).rms[0].tolist() == pytest.approx([float(case.distance[0, k])] * 4)
    assert float(case.distance[0, 0]) == pytest.approx(math.log(4) / 2)


def test_an_unsure_maximiser_is_said_to_be_unsure() -> None:
    """Overlapping balls are both possible, a separate one is not; tensors have one maximiser."""
    row = np.array([[flint.arb(1, 0.1), flint.arb(1.05, 0.1), flint.arb(0)]], dtype=object)
    first, second, third = pick(row)[0]
    assert all(ball.contains(flint.arb(end)) for ball in (first, second) for end in (0, 1))
    assert third == 0
    assert pick(_doubles([[1.0, 3.0, 2.0]])).tolist() == [[0, 1, 0]]


def test_finite_classes_agree_with_a_loop_over_pairs() -> None:
    """Likelihood, best ELBO and least gap of each decoder are those of the single VAEs."""
    structure = Classes(Bits(2), Bits(2), 2, 3)
    case = structure.build(torch.randn(1, structure.size, generator=torch.Generator().manual_seed(1)).double())
    for k in range(2):
        pairs = [FiniteVAE(case.x, case.z, case.f[:, k], case.g[:, j], data=case.data) for j in range(3)]
        assert float(case.likelihood[0, k]) == pytest.approx(float(pairs[0].log_likelihood()))
        assert float(case.elbo[0, k]) == pytest.approx(max(float(vae.elbo()) for vae in pairs))
        assert float(case.gap[0, k]) == pytest.approx(min(float(vae.gap()) for vae in pairs))


def test_ascent_uses_exact_gradients_and_says_what_it_reached() -> None:
    """A concave quadratic is climbed to its top; the affine ELBO's gradient is that of finite differences."""
    target = _doubles([1.0, -2.0])
    top = ascend(lambda p: -((p - target) ** 2).sum() + 3, _doubles([[0.0, 0.0], [5.0, 5.0]]))
    assert (top.value, top.slope, top.starts) == pytest.approx((3, 0, 2), abs=1e-6)
    data = _doubles([0.4, 0.1, 0.2, 0.3])
    point = torch.randn(14, generator=torch.Generator().manual_seed(0)).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda p: affine_elbo(p, data, 2), (point,))
    longer = torch.cat([point.detach(), _doubles([0.1, 0.0, -0.3, 1.0])]).requires_grad_()
    assert torch.autograd.gradcheck(lambda p: affine_elbo(p, data, 2, free_prior=True), (longer,))


def test_ascent_refuses_an_objective_that_is_nowhere_finite() -> None:
    """The message names the argument and the remedy."""
    with pytest.raises(ModelError, match=r"starts: .*start nearer"):
        ascend(lambda p: p.sum() * math.nan, _doubles([[0.0]]))


def test_the_witness_against_corollary_2_is_bounded_from_both_sides() -> None:
    """The best ELBO found over affine decoders lies between that of the hand-made rival and L_ML, and has an error."""
    (case,) = witness()
    data, best = case.data[0], float(case.likelihood[0])
    starts = 2 * torch.randn(6, 14, generator=torch.Generator().manual_seed(0)).double()
    found = ascend(lambda p: affine_elbo(p, data, 2), starts, most=150)
    rival, bound = float(case.decoders.likelihood[0, 1]), float(case.most_at_maximisers()[0])
    assert bound + 0.1 < rival <= found.value + 1e-3 < best
    W, u = found.point[:4].reshape(2, 2), found.point[4:6]
    odds = (Bits(2).statistics(W) @ W.mT + u).exp()
    assert best - float(FreeEncoders(odds[None, None], data[None]).likelihood) > 0.1


def test_the_bound_at_maximisers_says_nothing_where_its_hypotheses_fail() -> None:
    """For two pixels that differ often the bound is L_ML itself."""
    often = _doubles([[1.0, 1.0], [0.5, 2.0], [3.0, 1.0], [1.0, 0.2]])
    nearly_always = _doubles([[99.0, 0.01]] * 4)
    case = Rival(torch.stack([often, nearly_always]), torch.stack([often, often]))
    assert case.most_at_maximisers().tolist() == case.likelihood.tolist()


def test_affine_encoders_miss_what_free_ones_reach() -> None:
    """The best affine encoder of the parity decoder, found by scipy, obeys its bound; the best free one does not."""
    (case,) = tilts()
    bound = float(case.most_affine()[0])

    def loss(free: np.ndarray) -> float:
        slope, offset = _doubles(free[None, :2]), _doubles(free[None, 2:])
        return -float(type(case)(case.tilt, case.odds, slope, offset).vae.elbo()[0, 0])

    starts = ((0.1, 0.1, 0.0, 0.0), (1.0, 0.0, 0.0, 1.0), (0.0, 0.0, 1.0, 1.0))
    found = -min(minimize(loss, start, options={"maxiter": 40}).fun for start in starts)
    assert found <= bound < float(case.free[0, 0]) - 0.01


def test_dependence_vanishes_for_products_and_bounds_the_gap() -> None:
    """Zero for a harmonium of bits; the gap of any encoder is at least half the mean of its largest square."""
    harmonium = Harmoniums(Bits(2), Bits(2)).build(torch.linspace(-1, 2, 12, dtype=torch.float64)[None])
    assert dependence(harmonium.vae).abs().max() < 1e-15
    vae = NEAR[1].build(torch.randn(50, NEAR[1].size, generator=torch.Generator().manual_seed(0)).double())
    assert (vae.gap() >= vae.expectation((dependence(vae) ** 2).amax(dim=-1)) / 2).all()


def test_dependence_sees_what_no_two_bits_show() -> None:
    """p ~ exp(+-s1 s2 s3) has pairs of independent bits and no vanishing dependence of one bit on the rest."""
    signs = Bits(3, spins=True).statistics(torch.zeros(1, dtype=torch.float64)).prod(dim=-1)
    vae = FiniteVAE(Bits(1), Bits(3), signs[None, :, None], torch.zeros(1, 2, 3, dtype=torch.float64))
    pairs = vae.log_posterior.exp().reshape(1, 2, 2, 2, 2).sum(dim=-1)
    assert pairs.flatten().tolist() == pytest.approx([0.25] * 8)
    assert dependence(vae).abs().amax(dim=-1).min() > 0.01


def test_the_affine_encoder_loses_at_most_half_the_squared_distance() -> None:
    """Near harmoniums the gap is at most d²/2; a harmonium, whatever its constant, has the distance 0."""
    for structure in NEAR_HARMONIUMS:
        free = torch.randn(100, structure.size, generator=torch.Generator().manual_seed(1)).double()
        case = structure.build(free)
        assert (case.vae.gap() <= case.distance**2 / 2 + 1e-12).all()
        same = replace(case, f=0 * case.f, prior=0 * case.prior + 3)
        assert same.distance.abs().max() < 1e-12


def test_the_marginal_of_the_witness_identifies_its_decoder() -> None:
    """8 of the 24 orders of the codes leave all logits affine; numpy's determinants are those of the pixels' laws."""
    renamed = list(orders())
    assert len(renamed) == 24
    assert sum(case.is_symmetry for case in renamed) == 8
    assert all(bool(case.affine) == case.is_symmetry for case in renamed)
    p = (renamed[0].truth[0] / (1 + renamed[0].truth[0])).numpy()
    laws = np.array([np.kron([1 - a, a], [1 - b, b]) for a, b in p[:, :2]]).T
    assert float(renamed[0].determinant(0, 1)) == pytest.approx(np.linalg.det(laws))
