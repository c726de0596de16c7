"""The betting test of a mean: calibrated by simulation, exact where it can be, indifferent to cuts."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from claims.engine.statistics import Decision, MeanTest, Outcome, Relation
from claims.engine.statistics.betting import Wealth

SHARP = {"violation": 0.01, "false_alarm": 1e-6, "power": 1 - 1e-6}
COARSE = {"violation": 0.1, "false_alarm": 0.05, "power": 0.9}

#: A simulation fails only on what a kept promise would show with less than this probability.
FLUKE = 1e-9


def coins(p, rng):
    return lambda n: rng.random(n) < p


def narrow(mean, deviation, rng):
    """Draw uniformly with that mean and standard deviation."""
    half = math.sqrt(3) * deviation
    return lambda n: rng.uniform(mean - half, mean + half, n)


def skewed(mean, rng):
    """Draw 1 with probability mean / 4, else a small constant: rare large samples, the mean as stated."""
    rest = 0.75 * mean / (1 - mean / 4)
    return lambda n: np.where(rng.random(n) < mean / 4, 1.0, rest)


def outcomes(relation, bound, draw, runs, cap=20_000, **settings_):
    """Count the outcomes of independent runs."""
    said = [MeanTest(relation, bound, **settings_).decide(draw, cap=cap, chunk=500).outcome for _ in range(runs)]
    return {outcome: said.count(outcome) for outcome in Outcome}


def rate_is_plausibly_at_most(count, runs, rate):
    return binom.sf(count - 1, runs, rate) > FLUKE


def naive(relation, bound, stream, *, violation, false_alarm, power):
    """Test once more, from the definition: one sample and one bet at a time, wealth as a plain product."""
    claimed, violated = bound, bound - violation
    if relation is Relation.AT_MOST:
        claimed, violated, stream = 1 - bound, 1 - bound - violation, [1 - x for x in stream]
    wealths = []
    for null, other in [(1 - claimed, 1 - violated), (violated, claimed)]:
        bets = Wealth(null, other)
        wealths.append((null, [list(pair) for pair in zip(bets.shares, bets.bets, strict=True)]))
    for n, x in enumerate(stream, 1):
        for (null, bets), y in zip(wealths, [1 - x, x], strict=True):
            for bet in bets:
                bet[0] *= 1 + bet[1] * (y - null)
        refuting, supporting = (sum(share for share, _ in bets) for _, bets in wealths)
        if refuting >= 1 / false_alarm:
            return Outcome.REFUTED, n, refuting, supporting
        if supporting >= 1 / (1 - power):
            return Outcome.SUPPORTED, n, refuting, supporting
    return Outcome.INCONCLUSIVE, len(stream), refuting, supporting


class TestCalibration:
    @pytest.mark.parametrize("relation", Relation)
    @pytest.mark.parametrize("bound", [0.2, 0.5, 0.9])
    @pytest.mark.parametrize("law", [coins, skewed, lambda mean, rng: narrow(mean, 0.05, rng)])
    def test_false_alarm(self, relation, bound, law):
        """A claim true on the boundary is refuted no more often than declared, and else supported."""
        if relation is Relation.AT_MOST and bound == 0.9:
            bound = 0.8
        rng = np.random.default_rng(1)
        said = outcomes(relation, bound, law(bound, rng), 1500, **COARSE)
        assert rate_is_plausibly_at_most(said[Outcome.REFUTED], 1500, 0.05)
        assert said[Outcome.INCONCLUSIVE] == 0

    @pytest.mark.parametrize("relation", Relation)
    @pytest.mark.parametrize("law", [coins, skewed, lambda mean, rng: narrow(mean, 0.05, rng)])
    def test_power(self, relation, law):
        """A claim violated by just the declared violation is refuted at least as often as promised."""
        mean = 0.4 if relation is Relation.AT_LEAST else 0.6
        said = outcomes(relation, 0.5, law(mean, np.random.default_rng(2)), 1500, **COARSE)
        assert rate_is_plausibly_at_most(1500 - said[Outcome.REFUTED], 1500, 0.1)
        assert said[Outcome.INCONCLUSIVE] == 0

    def test_false_alarm_of_thousands_of_runs(self):
        """Over 5000 runs at the boundary the false alarms stay below the declared rate, but not far below."""
        said = outcomes(Relation.AT_LEAST, 0.5, coins(0.5, np.random.default_rng(3)), 5000, **COARSE)
        assert rate_is_plausibly_at_most(said[Outcome.REFUTED], 5000, 0.05)
        # A threshold twice too high would halve it; one that wastes so much is a defect as well.
        assert said[Outcome.REFUTED] > 5000 * 0.05 / 2

    def test_false_support_of_thousands_of_runs(self):
        """Over 5000 runs at the violation the false supports stay below, but not far below, 1 - power."""
        said = outcomes(Relation.AT_MOST, 0.5, coins(0.6, np.random.default_rng(4)), 5000, **COARSE)
        assert rate_is_plausibly_at_most(said[Outcome.SUPPORTED], 5000, 0.1)
        assert said[Outcome.SUPPORTED] > 5000 * 0.1 / 2

    def test_dependent_samples_with_the_conditional_mean(self):
        """Samples whose spread depends on the past, but not their mean, raise no more false alarms."""
        rng = np.random.default_rng(5)
        last = np.array([1])

        def draw(n):
            nonlocal last
            signs = np.concatenate([last, rng.integers(0, 2, n) * 2 - 1])
            last = signs[-1:]
            return 0.5 + signs[1:] * np.where(signs[:-1] > 0, 0.5, 0.05)

        said = outcomes(Relation.AT_LEAST, 0.5, draw, 1000, **COARSE)
        assert rate_is_plausibly_at_most(said[Outcome.REFUTED], 1000, 0.05)


class TestFairness:
    @pytest.mark.parametrize("relation", Relation)
    @pytest.mark.parametrize("bound", [0.25, 0.5, 0.7])
    def test_wealth_is_a_martingale_on_the_boundary(self, relation, bound):
        """The expected wealth over all coin sequences is exactly 1 for either gambler under his own null."""
        violation, length = 0.2, 9
        violated = bound - violation if relation is Relation.AT_LEAST else bound + violation
        expected = np.zeros(2)
        for path in itertools.product([0, 1], repeat=length):
            test = MeanTest(relation, bound, violation=violation, false_alarm=1e-12, power=1 - 1e-12)
            assert test.update(np.array(path)) is Outcome.INCONCLUSIVE
            heads = sum(path)
            chances = [p**heads * (1 - p) ** (length - heads) for p in (bound, violated)]
            expected += np.array(chances) * test.e_values
        np.testing.assert_allclose(expected, 1.0, rtol=1e-12)

    @pytest.mark.parametrize("null", [0.01, 0.3, 0.5, 0.99])
    @pytest.mark.parametrize("gap", [1e-6, 0.1, 0.9, 0.9999])
    def test_bets_can_neither_ruin_nor_add_wealth(self, null, gap):
        """The shares add up to 1, the stakes lie in (0, 1), and neighbours are at most a factor 2 apart."""
        wealth = Wealth(null, null + gap * (1 - null))
        stakes = wealth.bets * null
        assert math.isclose(wealth.shares.sum(), 1.0)
        assert wealth.e_value == pytest.approx(1.0)
        assert np.all((stakes > 0) & (stakes < 1))
        assert np.all(stakes[1:] / stakes[:-1] <= 2 + 1e-9)


class TestReference:
    @pytest.mark.parametrize("relation", Relation)
    @pytest.mark.parametrize("mean", [0.3, 0.4, 0.45, 0.5, 0.6, 0.7])
    def test_agrees_with_the_definition(self, relation, mean):
        """Outcome, stopping sample and e-values are those of the definition spelled out as a loop."""
        rng = np.random.default_rng(6)
        for stream in (rng.beta(2 * mean, 2 - 2 * mean, 400), (rng.random(400) < mean).astype(float)):
            rates = {"violation": 0.15, "false_alarm": 0.01, "power": 0.97}
            test = MeanTest(relation, 0.5, **rates)
            test.update(stream)
            outcome, n, refuting, supporting = naive(relation, 0.5, stream.tolist(), **rates)
            assert (test.outcome, test.samples) == (outcome, n)
            np.testing.assert_allclose(test.e_values, (refuting, supporting), rtol=1e-9)
            assert test.mean == pytest.approx(stream[:n].mean())

    @pytest.mark.parametrize(
        ("relation", "sample", "outcome"),
        [
            (Relation.AT_LEAST, 0.0, Outcome.REFUTED),
            (Relation.AT_LEAST, 1.0, Outcome.SUPPORTED),
            (Relation.AT_MOST, 1.0, Outcome.REFUTED),
            (Relation.AT_MOST, 0.0, Outcome.SUPPORTED),
        ],
    )
    def test_stops_at_the_first_crossing(self, relation, sample, outcome):
        """The winner's wealth is past its threshold at the stopping sample and not one sample earlier."""
        settings_ = {"violation": 0.1, "false_alarm": 1e-6, "power": 1 - 1e-3}
        test = MeanTest(relation, 0.5, **settings_)
        assert test.update(np.full(500, sample)) is outcome
        before = MeanTest(relation, 0.5, **settings_)
        assert before.update(np.full(test.samples - 1, sample)) is Outcome.INCONCLUSIVE
        winner, threshold = (0, 1e6) if outcome is Outcome.REFUTED else (1, 1e3)
        assert before.e_values[winner] < threshold <= test.e_values[winner]

    def test_between_bound_and_violation_false_is_false(self):
        """Where both gamblers win at one sample the claim is refuted: it is false, if only by a little."""
        test = MeanTest(Relation.AT_LEAST, 0.6, violation=0.2, false_alarm=1e-3, power=1 - 1e-3)
        assert test.update(np.full(5000, 0.5)) is Outcome.REFUTED
        assert min(test.e_values) >= 1e3


class TestStream:
    @given(data=st.data(), seed=st.integers(0, 2**32 - 1), p=st.sampled_from([0.35, 0.45, 0.5, 0.6]))
    @settings(max_examples=60, deadline=None)
    def test_cuts_do_not_matter(self, data, seed, p):
        """Bit for bit the same result comes of a stream whole and of the stream in pieces."""
        rng = np.random.default_rng(seed)
        stream = rng.beta(4 * p, 4 - 4 * p, 9000) if seed % 2 else (rng.random(9000) < p) * 1.0
        cuts = sorted(data.draw(st.lists(st.integers(0, 9000), max_size=12)))
        whole, pieces = (MeanTest(Relation.AT_LEAST, 0.5, **SHARP | {"violation": 0.05}) for _ in range(2))
        whole.update(stream)
        for piece in np.split(stream, cuts):
            pieces.update(piece)
        assert (whole.outcome, whole.samples, whole.e_values) == (
            pieces.outcome,
            pieces.samples,
            pieces.e_values,
        )
        assert whole.mean == pieces.mean or whole.samples == 0

    @given(chunk=st.integers(1, 3000), cap=st.integers(1, 3000))
    @settings(max_examples=40, deadline=None)
    def test_decide_keeps_to_the_cap(self, chunk, cap):
        """`decide` draws at most the cap, and decides the same whatever the chunk."""
        stream, drawn = np.random.default_rng(7).random(3000) * 0.8, 0

        def draw(n):
            nonlocal drawn
            drawn += n
            return stream[drawn - n : drawn]

        decision = MeanTest(Relation.AT_LEAST, 0.5, **SHARP).decide(draw, cap=cap, chunk=chunk)
        reference = MeanTest(Relation.AT_LEAST, 0.5, **SHARP)
        reference.update(stream[:cap])
        assert drawn <= cap
        assert (decision.outcome, decision.samples) == (reference.outcome, reference.samples)

    def test_nothing_changes_after_the_crossing(self):
        """Samples after the crossing change nothing: the first crossing is the result."""
        test = MeanTest(Relation.AT_LEAST, 0.5, **COARSE)
        test.update(np.zeros(100))
        state = (test.outcome, test.samples, test.e_values, test.mean)
        test.update(np.ones(100))
        assert (test.outcome, test.samples, test.e_values, test.mean) == state

    def test_empty_chunk(self):
        """An empty chunk is no news."""
        test = MeanTest(Relation.AT_LEAST, 0.5, **COARSE)
        assert test.update(np.array([])) is Outcome.INCONCLUSIVE
        assert test.samples == 0
        assert math.isnan(test.mean)


class TestSampleSizes:
    @pytest.mark.parametrize(
        ("draw", "least", "most"),
        [
            (lambda rng: coins(0.5, rng), 60_000, 84_458),
            (lambda rng: narrow(0.5, 0.1, rng), 2_500, 4_000),
            (lambda rng: narrow(0.5, 0.01, rng), 700, 1_000),
        ],
        ids=["coins", "deviation .1", "deviation .01"],
    )
    @pytest.mark.parametrize("true", [True, False])
    def test_median(self, draw, least, most, true):
        """Telling .50 from .51 at 1e-6 takes coins at most 84 458 samples in the median, quiet laws few."""
        rng = np.random.default_rng(8)
        bound = 0.5 if true else 0.51
        tests = [MeanTest(Relation.AT_LEAST, bound, **SHARP).decide(draw(rng), cap=10**6) for _ in range(25)]
        expected = Outcome.SUPPORTED if true else Outcome.REFUTED
        assert {test.outcome for test in tests} == {expected}
        assert least <= np.median([test.samples for test in tests]) <= most

    def test_cap_leaves_it_inconclusive(self):
        """At the cap the test says inconclusive, never supported, and the record is complete."""
        decision = MeanTest(Relation.AT_MOST, 0.5, **SHARP).decide(coins(0.5, np.random.default_rng(9)), cap=1000)
        assert decision == Decision(
            outcome=Outcome.INCONCLUSIVE,
            samples=1000,
            e_values=decision.e_values,
            mean=decision.mean,
            relation=Relation.AT_MOST,
            bound=0.5,
            interval=(0.0, 1.0),
            cap=1000,
            **SHARP,
        )
        assert max(decision.e_values) < 1e6


class TestScaling:
    @pytest.mark.parametrize("relation", Relation)
    def test_interval(self, relation):
        """Scaling samples, bound and violation together changes neither outcome nor stopping sample."""
        stream = np.random.default_rng(10).random(2000)
        unit = MeanTest(relation, 0.45, violation=0.05, false_alarm=1e-3, power=0.999)
        scaled = MeanTest(relation, -3 + 8 * 0.45, violation=0.4, false_alarm=1e-3, power=0.999, interval=(-3, 5))
        unit.update(stream)
        scaled.update(-3 + 8 * stream)
        assert unit.outcome is (Outcome.SUPPORTED if relation is Relation.AT_LEAST else Outcome.REFUTED)
        assert (scaled.outcome, scaled.samples) == (unit.outcome, unit.samples)
        assert scaled.mean == pytest.approx(-3 + 8 * unit.mean)
        np.testing.assert_allclose(scaled.e_values, unit.e_values)

    def test_mirror(self):
        """The claim "mean >= b" of x and the claim "mean <= 1 - b" of 1 - x come to the same."""
        stream = np.random.default_rng(11).random(3000)
        left = MeanTest(Relation.AT_LEAST, 0.55, **COARSE)
        right = MeanTest(Relation.AT_MOST, 0.45, **COARSE)
        left.update(stream)
        right.update(1 - stream)
        assert (left.outcome, left.samples) == (right.outcome, right.samples)
        np.testing.assert_allclose(left.e_values, right.e_values)

    @pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.bool_])
    def test_number_types(self, dtype):
        """Floats of either width, whole numbers and booleans are all samples."""
        test = MeanTest(Relation.AT_LEAST, 0.5, **COARSE)
        assert test.update(np.zeros(100, dtype)) is Outcome.REFUTED


class TestBadInput:
    @pytest.mark.parametrize("bad", [1.0000001, -1e-300, math.nan, math.inf])
    def test_samples_out_of_range(self, bad):
        """A sample outside the interval, or none, raises and uses up nothing of its chunk."""
        test = MeanTest(Relation.AT_LEAST, 0.5, **COARSE)
        with pytest.raises(ValueError, match=r"^samples: .* at 2$"):
            test.update(np.array([0.5, 0.5, bad]))
        assert test.samples == 0

    @pytest.mark.parametrize("bad", [np.zeros((2, 2)), np.array(["a"]), np.array([1j])])
    def test_samples_that_are_no_samples(self, bad):
        """Samples are real numbers on one axis."""
        with pytest.raises(ValueError, match=r"^samples: "):
            MeanTest(Relation.AT_LEAST, 0.5, **COARSE).update(bad)

    @pytest.mark.parametrize(
        ("name", "change"),
        [
            ("bound", {"bound": 1.0}),
            ("bound", {"bound": math.nan}),
            ("violation", {"violation": 0.0}),
            ("violation", {"violation": 0.5}),
            ("violation", {"violation": math.nan}),
            ("false_alarm", {"false_alarm": 0.0}),
            ("false_alarm", {"false_alarm": math.nan}),
            ("power", {"power": 1.0}),
            ("power", {"power": 0.01}),
            ("interval", {"interval": (1.0, 0.0)}),
            ("interval", {"interval": (0.0, math.inf)}),
        ],
    )
    @pytest.mark.parametrize("relation", Relation)
    def test_arguments(self, relation, name, change):
        """Each bad argument is named by the error."""
        arguments = {"bound": 0.5, **COARSE} | change
        with pytest.raises(ValueError, match=rf"^{name}: "):
            MeanTest(relation, arguments.pop("bound"), **arguments)

    def test_draw_of_the_wrong_length(self):
        """A draw that returns another number of samples than asked raises."""
        with pytest.raises(ValueError, match=r"^draw: expected 4096 "):
            MeanTest(Relation.AT_LEAST, 0.5, **COARSE).decide(lambda n: np.zeros(n + 1), cap=10**6)

    @pytest.mark.parametrize("name", ["cap", "chunk"])
    def test_cap_and_chunk(self, name):
        """Cap and chunk are positive."""
        with pytest.raises(ValueError, match=rf"^{name}: "):
            MeanTest(Relation.AT_LEAST, 0.5, **COARSE).decide(np.zeros, **{"cap": 10, "chunk": 10} | {name: 0})


def test_outcomes_carry_sentences():
    """Each outcome carries a sentence of its own."""
    assert len({outcome.sentence for outcome in Outcome}) == 3
    assert all(outcome.sentence.endswith(".") for outcome in Outcome)
