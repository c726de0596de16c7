"""The example for 'the pull may be benign': against samples written out in order and mean-field encoders."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.special import expit, xlogy

from claims.engine.registry import REGISTRY
from claims.engine.verdict import Verdict
from claims.engine.verify import Options, attack, decide
from claims.papers.shekhovtsov_2022.benign import BOTH_OR_NONE, CONJUNCTION, MIXTURES, FewData, example

ODDS = np.array([[1 / 32, 1 / 16], [32.0, 64.0]])


def case(*sizes: int, truth: int = BOTH_OR_NONE) -> FewData:
    """The example's class in float64, for samples of these sizes."""
    return FewData(sizes, torch.tensor(ODDS)[None], truth)


def law(code: int) -> NDArray[np.float64]:
    """p(x|z) over x = 00, 01, 10, 11 where the pixels are nearly the two bits of `code`."""
    p, q = (ODDS[bit, k] / (1 + ODDS[bit, k]) for k, bit in enumerate((code // 2, code % 2)))
    return np.array([(1 - p) * (1 - q), (1 - p) * q, p * (1 - q), p * q])


def best_elbo(joint: NDArray[np.float64]) -> NDArray[np.float64]:
    """max E_q log w + H(q) over q = q1 q2, for w [..., 4]: mean-field updates from nine starts."""
    w00, w01, w10, w11 = np.moveaxis(np.log(joint)[..., None, :], -1, 0)
    b = np.linspace(0.001, 0.999, 9)
    for _ in range(400):
        a = expit((1 - b) * (w10 - w00) + b * (w11 - w01))
        b = expit((1 - a) * (w01 - w00) + a * (w11 - w10))
    energy = (1 - a) * ((1 - b) * w00 + b * w01) + a * ((1 - b) * w10 + b * w11)
    best: NDArray[np.float64] = (energy - sum(xlogy(c, c) for c in (a, 1 - a, b, 1 - b))).max(-1)
    return best


@pytest.mark.parametrize("truth", [BOTH_OR_NONE, CONJUNCTION])
def test_the_gain_is_that_of_all_ordered_samples(truth: int) -> None:
    """All 256 decoders, all 64 ordered samples of three examples and mean-field encoders give the same gain."""
    decoders = [np.stack([law(code) for code in codes]) for codes in itertools.product(range(4), repeat=4)]
    likelihood = np.log([decoder.mean(0) for decoder in decoders])
    elbo = best_elbo(np.stack(decoders).swapaxes(-1, -2) / 4)
    p = np.mean([law(code) for code in MIXTURES[truth]], axis=0)
    expected = 0.0
    for sample in map(list, itertools.product(range(4), repeat=3)):
        learned, fitted = elbo[:, sample].sum(1).argmax(), likelihood[:, sample].sum(1).argmax()
        expected += p[sample].prod() * float(p @ (likelihood[learned] - likelihood[fitted]))
    assert float(case(3, truth=truth).gains()) == pytest.approx(expected, rel=1e-9)


def test_the_gains_are_those_that_the_reading_gives() -> None:
    """From 3 to 8 examples: between one and ten hundredths of a nat."""
    np.testing.assert_allclose(
        case(*range(3, 9)).gains()[0].numpy(), [0.0937, 0.0579, 0.0237, 0.0461, 0.0305, 0.0117], atol=6e-5
    )


def test_one_example_decides_nothing() -> None:
    """From a single example both choose the decoder that puts all codes on it, which is consistent."""
    assert float(case(1).gains()) == pytest.approx(0, abs=1e-12)


def test_maximum_likelihood_is_best_on_the_sample() -> None:
    """No choice has a larger likelihood on the sample itself."""
    assert bool((case(1, 2, 3, 6).gains(on_test=False) <= 1e-12).all())


def test_the_claim_holds_by_enumeration() -> None:
    """The example is decided in balls, for all of its sizes."""
    assert next(example()).sizes == (3, 4, 5, 6, 7, 8)
    assert decide(attack(REGISTRY["shekhovtsov-2022/conjecture-benign"], Options(effort="quick"))).verdict is (
        Verdict.PROVED
    )
