"""Semantic hashing: the model against scipy, consistent decoders in exact fractions, and claims that turn red."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import multinomial

from claims.engine.registry import REGISTRY
from claims.engine.verdict import Verdict
from claims.engine.verify import Options, attack, decide
from claims.papers.shekhovtsov_2022 import hashing
from claims.papers.shekhovtsov_2022.hashing import (
    Decoder,
    LinearDecoder,
    ListeningDecoder,
    bernoulli,
    codes,
    documents,
    likelihood,
    monomials,
    posterior,
    probabilities,
    texts,
)
from claims.papers.shekhovtsov_2022.hashing_bits import correlations
from claims.papers.shekhovtsov_2022.hashing_claims import multinomial_decoder
from claims.papers.shekhovtsov_2022.hashing_counts import coupling_is_linear_in_counts
from claims.papers.shekhovtsov_2022.hashing_rbm import HashingRBM, interactions, squares

FACTORS = st.sampled_from([Fraction(1, 3), Fraction(1, 2), Fraction(2), Fraction(5, 2), Fraction(3)])


def exact(*rows: Sequence[Fraction | int]) -> np.ndarray:
    """One instance of an array of fractions."""
    return np.array([[Fraction(entry) for row in rows for entry in row]], dtype=object)


@given(st.integers(1, 3), st.integers(1, 4), st.integers(0, 4), st.integers(0, 2**32 - 1))
def test_the_likelihood_is_scipys_multinomial(m: int, words: int, length: int, seed: int) -> None:
    """Eq. (13) is the multinomial law of scipy for every code."""
    rates = torch.rand(1, 2**m * words, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + 0.1
    case = Decoder(m, words, (length,), rates)
    p = probabilities(case.rates)[0].numpy()
    expected = [[multinomial.pmf(x, n=length, p=row / row.sum()) for x in case.docs] for row in p]
    np.testing.assert_allclose(likelihood(case)[0].numpy(), expected, rtol=1e-9)


@given(st.lists(st.floats(-20, 20), min_size=1, max_size=4))
def test_the_encoder_is_a_product_of_sigmoids(logits: list[float]) -> None:
    """Eq. (14) gives each code the product of its bits' probabilities, by scipy's sigmoid."""
    m, odds = len(logits), torch.tensor([[logits]], dtype=torch.float64).exp()
    expected = [np.prod([expit(g if bit else -g) for g, bit in zip(logits, z, strict=True)]) for z in codes(m)]
    np.testing.assert_allclose(bernoulli(odds, m)[0, :, 0].numpy(), expected, rtol=1e-9)


def test_documents_are_all_counts_of_the_lengths() -> None:
    """Every text of a length is a text of exactly one document, and the base measure counts them."""
    docs, h = documents(3, (0, 2, 3)), hashing.base_measure(3, (0, 2, 3))
    assert len(set(docs)) == len(docs)
    assert [len(texts(x)) for x in docs] == list(h)
    assert sum(h) == 1 + 3**2 + 3**3


def test_two_bits_and_three_words_can_be_consistent() -> None:
    """The factors (3/2, 1/2, 1) and (5/4, 5/4, 1/2) of three equal words keep the sum of the rates at 1: all tight."""
    third, rows = (
        Fraction(1, 3),
        ((Fraction(3, 2), Fraction(5, 4)), (Fraction(1, 2), Fraction(5, 4)), (1, Fraction(1, 2))),
    )
    case = LinearDecoder(2, 3, (0, 1, 2, 3), exact([third] * 3), exact(*rows))
    odds = monomials(case.bits.swapaxes(-1, -2), case.docs).swapaxes(-1, -2)
    assert (case.rates.sum(-1) == 1).all()
    assert (posterior(likelihood(case)) == bernoulli(odds, 2)).all()


@given(st.lists(FACTORS, min_size=2, max_size=2), st.lists(FACTORS, min_size=2, max_size=2))
def test_of_two_words_no_two_bits_can_speak(base: list[Fraction], ratios: list[Fraction]) -> None:
    """With two words and two bits that both matter, no linear decoder has independent bits in its posterior."""
    case = LinearDecoder(2, 2, (1,), exact(base), exact(ratios, [1, 1]))
    ends, middles = interactions(posterior(likelihood(case)), 2)
    assert (ends != middles).all()


@given(
    st.lists(FACTORS, min_size=2, max_size=2),
    st.lists(FACTORS, min_size=4, max_size=4),
    st.lists(FACTORS, min_size=2, max_size=2),
)
def test_members_of_15_have_the_linear_encoder(base: list[Fraction], W: list[Fraction], v: list[Fraction]) -> None:
    """Each member of (15) has the posterior (14) with the logits W^T x + v, whatever its prior is."""
    case = HashingRBM(2, 2, (1, 2), exact(base), exact(W), exact(v), exact([1, 1]))
    odds = monomials(case.bits.swapaxes(-1, -2), case.docs).swapaxes(-1, -2) * case.tilt[..., None, :]
    assert (posterior(case.joint) == bernoulli(odds, 2)).all()


@given(st.lists(st.integers(-1, 2), min_size=1, max_size=5).map(tuple), st.data())
def test_words_that_listen_to_one_bit_have_rates_that_sum_to_one(listens: tuple[int, ...], data: st.DataObject) -> None:
    """The rates of a listening decoder are probabilities, and their logarithms have no interactions."""
    draws = [data.draw(st.lists(FACTORS, min_size=len(listens), max_size=len(listens))) for _ in range(3)]
    case = ListeningDecoder(3, listens, (1,), *(exact(row) for row in draws))
    ends, middles = interactions(case.rates, 3)
    assert (case.rates.sum(-1) == 1).all()
    assert (ends == middles).all()


def test_squares_are_pairs_of_bits_at_every_setting_of_the_others() -> None:
    """m bits have m(m-1)/2 pairs, each at 2^(m-2) settings."""
    assert [len(squares(m)) for m in (1, 2, 3, 4)] == [0, 1, 6, 24]
    assert squares(2) == [(0, 1, 2, 3)]


def no_normaliser(case: Any, docs: Any = None) -> Any:
    """Eq. (13) without l A(z)."""
    return monomials(case.rates, case.docs if docs is None else docs)


def no_base_measure(words: int, lengths: tuple[int, ...]) -> tuple[int, ...]:
    """Eq. (13) without h."""
    return (1,) * len(documents(words, lengths))


@pytest.mark.parametrize(
    ("name", "broken", "red"),
    [
        ("without_base", no_normaliser, [multinomial_decoder.id, coupling_is_linear_in_counts.id]),
        ("base_measure", no_base_measure, [multinomial_decoder.id]),
    ],
    ids=["no normaliser", "no base measure"],
)
def test_claims_turn_red_where_the_model_is_broken(
    name: str, broken: Callable[..., Any], red: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong likelihood is refuted by the claims that rest on it."""
    monkeypatch.setattr(hashing, name, broken)
    for id in red:
        assert decide(attack(REGISTRY[id], Options(effort="quick"))).verdict is Verdict.REFUTED


def test_bits_of_a_consistent_decoder_are_orthogonal() -> None:
    """Two bits of three words: their vectors exp W - 1 have mean 0 and no correlation, and a third has no place."""
    rows = [(Fraction(3, 2), Fraction(5, 4)), (Fraction(1, 2), Fraction(5, 4)), (Fraction(1), Fraction(1, 2))]
    factors = torch.tensor([[float(entry) for row in rows for entry in row]], dtype=torch.float64)
    case = LinearDecoder(2, 3, (1,), torch.full((1, 3), 1 / 3, dtype=torch.float64), factors)
    for centred in (True, False):
        np.testing.assert_allclose(correlations(case, centred=centred)[0].numpy(), np.eye(2), atol=1e-12)
    assert np.linalg.matrix_rank(np.array(rows, dtype=float) - 1) == case.words - 1


@given(st.integers(2, 4), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_correlations_are_those_of_numpy(words: int, m: int, seed: int) -> None:
    """The correlations of exp W over the words, weighted by p(0), are numpy's."""
    base, factors = (
        torch.rand(1, size, generator=torch.Generator().manual_seed(seed + size), dtype=torch.float64) + 0.1
        for size in (words, words * m)
    )
    case = LinearDecoder(m, words, (1,), base, factors)
    covariance = np.cov(case.bits[0].mT.numpy(), aweights=(base / base.sum())[0].numpy(), ddof=0).reshape(m, m)
    expected = covariance / np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    np.testing.assert_allclose(correlations(case)[0].numpy(), expected, rtol=1e-6, atol=1e-8)
