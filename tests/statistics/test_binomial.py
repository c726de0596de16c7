"""Exact intervals for probabilities: against scipy, and with their coverage summed exactly."""

import functools

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from claims.engine.statistics import clopper_pearson, pooled_clopper_pearson, simultaneous_clopper_pearson


def coverage(limits, n, probability, weights):
    """Sum the weights of the counts whose interval contains the probability."""
    inside = (limits.lower <= probability) & (probability <= limits.upper)
    return weights[inside].sum()


class TestClopperPearson:
    @pytest.mark.parametrize("n", [1, 7, 200])
    @pytest.mark.parametrize("error", [0.3, 0.05, 1e-6])
    @pytest.mark.parametrize(("side", "alternative"), [("both", "two-sided"), ("lower", "greater"), ("upper", "less")])
    def test_agrees_with_scipy(self, n, error, side, alternative):
        """Every count's limits are those of scipy's exact interval."""
        limits = clopper_pearson(np.arange(n + 1), n, error=error, side=side)
        for k in range(n + 1):
            expected = binomtest(k, n, alternative=alternative).proportion_ci(1 - error, method="exact")
            np.testing.assert_allclose(
                (limits.lower[k], limits.upper[k]), (expected.low, expected.high), rtol=1e-8, atol=1e-12
            )

    @pytest.mark.parametrize("n", [1, 5, 40, 300])
    @pytest.mark.parametrize("error", [0.2, 0.05, 1e-4])
    @pytest.mark.parametrize("side", ["both", "lower", "upper"])
    def test_coverage(self, n, error, side):
        """For every probability the exact coverage is at least what is declared, and nearly attained."""
        counts = np.arange(n + 1)
        limits = clopper_pearson(counts, n, error=error, side=side)
        grid = np.concatenate([np.linspace(0, 1, 501), limits.lower + 1e-12, limits.upper - 1e-12])
        grid = np.clip(grid, 0, 1)
        covered = [coverage(limits, n, p, binom.pmf(counts, n, p)) for p in grid]
        assert min(covered) >= 1 - error - 1e-9
        if side != "both":
            worst = [coverage(limits, n, p, binom.pmf(counts, n, p)) for p in (limits.lower - 1e-12)[1:]]
            worst += [coverage(limits, n, p, binom.pmf(counts, n, p)) for p in (limits.upper + 1e-12)[:-1]]
            assert min(worst) <= 1 - error + 1e-6

    def test_certain_ends(self):
        """No success leaves the lower limit at 0, no failure the upper at 1, no sample both."""
        limits = clopper_pearson([0, 10, 0], [10, 10, 0], error=0.05)
        np.testing.assert_array_equal(limits.lower == 0, [True, False, True])
        np.testing.assert_array_equal(limits.upper == 1, [False, True, True])

    def test_shapes(self):
        """Counts and samples broadcast."""
        limits = clopper_pearson(np.zeros((3, 1), int), np.full((1, 4), 9), error=0.05)
        assert limits.lower.shape == limits.upper.shape == (3, 4)


class TestSimultaneous:
    def test_splits_the_error(self):
        """Over m points each interval has the error divided by m."""
        counts = np.array([[3, 0], [10, 5]])
        together = simultaneous_clopper_pearson(counts, 10, error=0.04, side="lower")
        alone = clopper_pearson(counts, 10, error=0.01, side="lower")
        np.testing.assert_array_equal(together.lower, alone.lower)

    def test_coverage(self):
        """The probability that all intervals hold, multiplied out exactly, is at least what is declared."""
        n, points, counts = 30, 4, np.arange(31)
        limits = simultaneous_clopper_pearson(np.tile(counts[:, None], points), n, error=0.1)
        for p in np.linspace(0, 1, 201):
            inside = (limits.lower[:, 0] <= p) & (p <= limits.upper[:, 0])
            assert binom.pmf(counts, n, p)[inside].sum() ** points >= 0.9


class TestPooled:
    def test_pools_counts(self):
        """The interval is that of the summed counts."""
        pooled = pooled_clopper_pearson([3, 4, 5], [10, 20, 30], error=0.05)
        alone = clopper_pearson(12, 60, error=0.05)
        assert (pooled.lower, pooled.upper) == (alone.lower, alone.upper)

    @pytest.mark.parametrize("error", [0.4, 0.1, 0.01])
    @pytest.mark.parametrize("side", ["both", "lower", "upper"])
    def test_coverage_of_unequal_probabilities(self, error, side):
        """For unequal probabilities the average is covered as declared (the count's law is exact)."""
        error = error / 2 if side != "both" else error
        rng = np.random.default_rng(1)
        n = 8
        counts = np.arange(n + 1)
        pooled = [pooled_clopper_pearson(k, n, error=error, side=side) for k in counts]
        lower, upper = (np.array([getattr(limits, end) for limits in pooled]) for end in ("lower", "upper"))
        profiles = [rng.beta(a, a, n) ** power for a in (0.05, 0.3, 1) for power in (0.2, 1, 5) for _ in range(60)]
        lone = [np.r_[p, np.zeros(n - 1)] for p in np.linspace(0, 1, 401)]
        for p in [*profiles, *lone, *(1 - q for q in lone)]:
            law = functools.reduce(np.convolve, [np.array([1 - q, q]) for q in p])
            inside = (lower <= p.mean() + 1e-12) & (p.mean() - 1e-12 <= upper)
            assert law[inside].sum() >= 1 - error - 1e-9

    def test_plain_interval_would_miss(self):
        """With one lively point among dead ones the plain interval misses too often: hence the exception."""
        n, error = 8, 0.2
        plain = clopper_pearson(1, n, error=error, side="lower").lower
        pooled = pooled_clopper_pearson(1, n, error=error, side="lower").lower
        lively = n * float((plain + pooled) / 2)
        # The lively point's success is the only count that misses, and it has the probability `lively`.
        assert pooled * n <= error < lively < plain * n

    def test_both_sides_swap(self):
        """Failures are treated as successes are."""
        few = pooled_clopper_pearson(1, 9, error=0.1)
        many = pooled_clopper_pearson(8, 9, error=0.1)
        np.testing.assert_allclose((1 - few.lower, 1 - few.upper), (many.upper, many.lower))


class TestBadInput:
    @pytest.mark.parametrize("error", [0.0, 1.0, np.nan])
    @pytest.mark.parametrize("bounds", [clopper_pearson, simultaneous_clopper_pearson, pooled_clopper_pearson])
    def test_error(self, bounds, error):
        """The error is a probability strictly between 0 and 1."""
        with pytest.raises(ValueError, match=r"^error: "):
            bounds(1, 2, error=error)

    def test_pooled_error(self):
        """Pooling is proved for tails below 1/4 only."""
        with pytest.raises(ValueError, match=r"^error: "):
            pooled_clopper_pearson(1, 2, error=0.5)

    @pytest.mark.parametrize(("successes", "samples"), [(3, 2), (-1, 2), (0, -1)])
    def test_counts(self, successes, samples):
        """Impossible counts are an error."""
        with pytest.raises(ValueError, match=r"^successes: "):
            clopper_pearson(successes, samples, error=0.05)

    def test_fractions(self):
        """A fraction is not a count."""
        with pytest.raises(ValueError, match=r"^successes, samples: "):
            clopper_pearson(0.5, 2, error=0.05)

    def test_nothing(self):
        """No points, or no samples, are an error."""
        with pytest.raises(ValueError, match=r"^successes: "):
            simultaneous_clopper_pearson(np.array([], int), 3, error=0.05)
        with pytest.raises(ValueError, match=r"^samples: "):
            pooled_clopper_pearson([0, 0], [0, 0], error=0.05)

    def test_side(self):
        """The side is one of three words."""
        with pytest.raises(ValueError, match=r"^side: "):
            clopper_pearson(1, 2, error=0.05, side="left")
