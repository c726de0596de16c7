"""Fixed-sample plans for probabilities: least samples, least violations, and the judgement of counts."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from claims.engine.statistics import (
    Outcome,
    Relation,
    decide_probability_at_least,
    decide_probability_at_most,
    least_violation_of_probability_at_least,
    least_violation_of_probability_at_most,
    samples_for_probability_at_least,
    samples_for_probability_at_most,
)

RATES = {"false_alarm": 1e-6, "power": 1 - 1e-6}
SAMPLES = {
    Relation.AT_LEAST: samples_for_probability_at_least,
    Relation.AT_MOST: samples_for_probability_at_most,
}
LEAST_VIOLATION = {
    Relation.AT_LEAST: least_violation_of_probability_at_least,
    Relation.AT_MOST: least_violation_of_probability_at_most,
}
DECIDE = {Relation.AT_LEAST: decide_probability_at_least, Relation.AT_MOST: decide_probability_at_most}

CASES = [
    (Relation.AT_LEAST, 0.5, 0.1, 0.05, 0.9),
    (Relation.AT_MOST, 0.5, 0.1, 0.05, 0.9),
    (Relation.AT_LEAST, 0.95, 0.05, 1e-3, 0.99),
    (Relation.AT_MOST, 0.05, 0.05, 1e-3, 0.99),
    (Relation.AT_LEAST, 0.1, 0.07, 1e-4, 0.999),
    (Relation.AT_MOST, 0.3, 0.7, 1e-6, 0.999),
    (Relation.AT_LEAST, 1.0, 0.02, 1e-6, 0.99),
    (Relation.AT_MOST, 0.0, 0.02, 1e-6, 0.99),
    (Relation.AT_LEAST, 0.7, 0.7, 0.01, 0.5),
]


def best_power(relation, n, bound, violation, false_alarm):
    """Return the power of the best deterministic test with n samples, from scipy's two tails directly."""
    counts = np.arange(n + 1)
    if relation is Relation.AT_LEAST:
        sizes, powers = binom.cdf(counts, n, bound), binom.cdf(counts, n, bound - violation)
    else:
        sizes, powers = binom.sf(counts - 1, n, bound), binom.sf(counts - 1, n, min(bound + violation, 1))
    return powers[sizes <= false_alarm].max(initial=0.0)


class TestSamples:
    @pytest.mark.parametrize(("relation", "bound", "violation", "false_alarm", "power"), CASES)
    def test_no_smaller_sample_does(self, relation, bound, violation, false_alarm, power):
        """The planned sample attains both rates, and no smaller one does, not only the next smaller."""
        plan = SAMPLES[relation](bound, violation=violation, false_alarm=false_alarm, power=power)
        powers = [best_power(relation, n, bound, violation, false_alarm) for n in range(1, plan.samples + 1)]
        assert powers[-1] >= power
        assert max(powers[:-1], default=0.0) < power
        assert plan.attained_power == pytest.approx(powers[-1], rel=1e-9)

    @pytest.mark.parametrize(("relation", "bound", "violation", "false_alarm", "power"), CASES)
    def test_attained_rates_are_those_of_the_critical_count(self, relation, bound, violation, false_alarm, power):
        """The attained rates, summed over the counts that the plan refutes, keep to those asked for."""
        plan = SAMPLES[relation](bound, violation=violation, false_alarm=false_alarm, power=power)
        counts = np.array([k for k in range(plan.samples + 1) if plan.refutes(k)])
        violated = bound - violation if relation is Relation.AT_LEAST else min(bound + violation, 1.0)
        assert binom.pmf(counts, plan.samples, bound).sum() == pytest.approx(
            plan.attained_false_alarm, rel=1e-9, abs=1e-15
        )
        assert binom.pmf(counts, plan.samples, violated).sum() == pytest.approx(plan.attained_power)
        assert plan.attained_false_alarm <= false_alarm
        assert plan.attained_power >= power

    def test_mirror(self):
        """Pr[event] >= 3/4 needs the sample of Pr[no event] <= 1/4, with the complementary critical count."""
        left = samples_for_probability_at_least(0.75, violation=0.125, **RATES)
        right = samples_for_probability_at_most(0.25, violation=0.125, **RATES)
        assert left.samples == right.samples
        assert left.critical == left.samples - right.critical

    def test_coins_at_a_millionth(self):
        """Telling .50 from .49 at 1e-6/1e-6 takes 225 963 tosses, fewer than the 290 174 of a DKWM test."""
        plan = samples_for_probability_at_least(0.5, violation=0.01, **RATES)
        assert plan.samples == 225_963

    def test_an_event_without_exception(self):
        """The claim that an event is certain is refuted by a single miss."""
        plan = samples_for_probability_at_least(1.0, violation=0.001, **RATES)
        assert plan.critical == plan.samples - 1
        assert plan.samples == math.ceil(math.log(1e-6) / math.log(0.999))

    def test_simulated(self):
        """In simulation the plan's rates are met on the boundary and at the violation."""
        plan = samples_for_probability_at_most(0.3, violation=0.1, false_alarm=0.05, power=0.9)
        rng = np.random.default_rng(1)
        alarms = sum(plan.refutes(k) for k in rng.binomial(plan.samples, 0.3, 20_000))
        found = sum(plan.refutes(k) for k in rng.binomial(plan.samples, 0.4, 20_000))
        assert binom.sf(alarms - 1, 20_000, 0.05) > 1e-9
        assert binom.cdf(found, 20_000, 0.9) > 1e-9


class TestLeastViolation:
    @given(
        relation=st.sampled_from(Relation),
        bound=st.floats(0.05, 0.95),
        samples=st.integers(50, 5000),
        false_alarm=st.sampled_from([0.05, 1e-2]),
    )
    @settings(max_examples=60, deadline=None)
    def test_is_found_and_none_smaller_is(self, relation, bound, samples, false_alarm):
        """The violation is found with the power asked for; one smaller by a thousandth is not."""
        rates = {"false_alarm": false_alarm, "power": 0.9}
        if best_power(relation, samples, bound, 1e-9, false_alarm) == 0.0:
            with pytest.raises(ValueError, match=r"^samples: "):
                LEAST_VIOLATION[relation](bound, samples, **rates)
            return
        plan = LEAST_VIOLATION[relation](bound, samples, **rates)
        assert plan.samples == samples
        assert plan.attained_power >= 0.9
        assert best_power(relation, samples, bound, plan.violation * 0.999, false_alarm) < 0.9

    @pytest.mark.parametrize(("relation", "bound", "violation", "false_alarm", "power"), CASES)
    def test_inverts_the_sample(self, relation, bound, violation, false_alarm, power):
        """The sample planned for a violation finds that violation, or a smaller one still."""
        rates = {"false_alarm": false_alarm, "power": power}
        plan = SAMPLES[relation](bound, violation=violation, **rates)
        assert LEAST_VIOLATION[relation](bound, plan.samples, **rates).violation <= violation * (1 + 1e-9)


class TestDecide:
    @pytest.mark.parametrize("relation", Relation)
    @pytest.mark.parametrize("count", [0, 13, 30, 47, 60])
    def test_p_value(self, relation, count):
        """The p-value is that of scipy's exact one-sided test, and decides."""
        decision = DECIDE[relation](count, 0.6, 60, violation=0.3, false_alarm=0.01, power=0.9)
        side = "less" if relation is Relation.AT_LEAST else "greater"
        expected = binomtest(count, 60, 0.6, alternative=side).pvalue
        assert decision.p_value == pytest.approx(expected, rel=1e-9)
        assert (decision.outcome is Outcome.REFUTED) == (expected <= 0.01)

    def test_never_supported_without_power(self):
        """A claim that is not refuted is supported if the sample has the power, else inconclusive."""
        arguments = {"violation": 0.1, "false_alarm": 0.05, "power": 0.9}
        plan = samples_for_probability_at_least(0.5, **arguments)
        enough, less = plan.samples, plan.samples - 1
        assert decide_probability_at_least(enough, 0.5, enough, **arguments).outcome is Outcome.SUPPORTED
        assert decide_probability_at_least(less, 0.5, less, **arguments).outcome is Outcome.INCONCLUSIVE
        assert decide_probability_at_least(0, 0.5, less, **arguments).outcome is Outcome.REFUTED

    def test_a_sample_too_small_to_refute(self):
        """Five tosses can refute nothing at 1e-6, whatever they show, so they are inconclusive."""
        for count in range(6):
            decision = decide_probability_at_most(count, 0.5, 5, violation=0.5, **RATES)
            assert decision.outcome is Outcome.INCONCLUSIVE


class TestBadInput:
    @pytest.mark.parametrize(
        ("name", "change"),
        [
            ("bound", {"bound": 1.5}),
            ("bound", {"bound": math.nan}),
            ("violation", {"violation": 0.0}),
            ("violation", {"violation": 0.500001}),
            ("violation", {"violation": 1e-9}),
            ("false_alarm", {"false_alarm": 0.0}),
            ("power", {"power": 1.0}),
            ("power", {"power": 1e-7}),
        ],
    )
    @pytest.mark.parametrize("relation", Relation)
    def test_samples(self, relation, name, change):
        """Each bad argument is named by the error."""
        arguments = {"bound": 0.5, "violation": 0.1, **RATES} | change
        with pytest.raises(ValueError, match=rf"^{name}: "):
            SAMPLES[relation](**arguments)

    @pytest.mark.parametrize("samples", [0, 2.5, math.nan, math.inf, 19])
    @pytest.mark.parametrize("relation", Relation)
    def test_least_violation(self, relation, samples):
        """A sample that is none, or that can never refute, is an error."""
        with pytest.raises(ValueError, match=r"^samples: "):
            LEAST_VIOLATION[relation](0.5, samples, **RATES)

    @pytest.mark.parametrize("count", [-1, 11, 0.5, math.nan])
    @pytest.mark.parametrize("relation", Relation)
    def test_count(self, relation, count):
        """A count beyond the sample is an error."""
        with pytest.raises(ValueError, match=r"^count: "):
            DECIDE[relation](count, 0.5, 10, violation=0.1, **RATES)
