"""Caps for the betting test of a mean."""

import numpy as np
import pytest
from scipy.stats import binom

from claims.engine.statistics import (
    MeanTest,
    Outcome,
    Relation,
    least_violation_of_mean_at_least,
    least_violation_of_mean_at_most,
    samples_for_mean_at_least,
    samples_for_mean_at_most,
)

SHARP = {"false_alarm": 1e-6, "power": 1 - 1e-6}
#: Uneven rates, so that now the one gambler needs more samples and now the other.
UNEVEN = [{"false_alarm": 1e-6, "power": 0.8}, {"false_alarm": 0.2, "power": 0.9999}]
PAIRS = {
    Relation.AT_LEAST: (samples_for_mean_at_least, least_violation_of_mean_at_least),
    Relation.AT_MOST: (samples_for_mean_at_most, least_violation_of_mean_at_most),
}


@pytest.mark.parametrize("relation", Relation)
@pytest.mark.parametrize("bound", [0.2, 0.5, 0.7])
@pytest.mark.parametrize("violated", [False, True])
@pytest.mark.parametrize("rates", UNEVEN)
@pytest.mark.parametrize("coin", [True, False])
def test_the_cap_suffices(relation, bound, violated, rates, coin):
    """By the cap, true claims and violated ones are decided at least as often as promised."""
    cap = PAIRS[relation][0](bound, violation=0.1, **rates)
    shift = 0.1 if relation is Relation.AT_MOST else -0.1
    mean = bound + shift * violated
    rng = np.random.default_rng(1)
    undecided = 0
    for _ in range(200):
        samples = rng.random(cap) < mean if coin else rng.beta(mean, 1 - mean, cap)
        test = MeanTest(relation, bound, violation=0.1, **rates)
        undecided += test.update(samples) is Outcome.INCONCLUSIVE
    assert binom.sf(undecided - 1, 200, 1 - rates["power"]) > 1e-9


@pytest.mark.parametrize("relation", Relation)
def test_least_violation_inverts_the_cap(relation):
    """The least violation is one for which the samples suffice, and a part in 100 000 less is not."""
    samples_for, least_violation = PAIRS[relation]
    for bound, interval in [(0.5, (0.0, 1.0)), (0.9, (0.0, 1.0)), (3.0, (-2.0, 8.0))]:
        violation = least_violation(bound, 20_000, **SHARP, interval=interval)
        assert samples_for(bound, violation=violation, **SHARP, interval=interval) <= 20_000
        assert samples_for(bound, violation=violation * (1 - 1e-4), **SHARP, interval=interval) > 20_000


def test_coins_at_a_millionth():
    """The cap for .50 against .49 at 1e-6/1e-6 is about five times the median number of samples."""
    assert 390_000 < samples_for_mean_at_least(0.5, violation=0.01, **SHARP) < 420_000


def test_mirror_and_scale():
    """The cap does not change when the interval is mirrored or scaled."""
    caps = {
        samples_for_mean_at_least(0.75, violation=0.125, **SHARP),
        samples_for_mean_at_most(0.25, violation=0.125, **SHARP),
        samples_for_mean_at_most(1.0, violation=1.0, **SHARP, interval=(-1.0, 7.0)),
    }
    assert len(caps) == 1


def test_too_few_samples():
    """Samples too few for any violation are an error that names them."""
    with pytest.raises(ValueError, match=r"^samples: 3 "):
        least_violation_of_mean_at_least(0.5, 3, **SHARP)
