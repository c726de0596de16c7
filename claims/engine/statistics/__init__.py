"""Statistics with error control: planned samples, exact binomial bounds, betting tests, alpha spending.

Pure numpy and scipy; it knows nothing of claims.
"""

from claims.engine.statistics.betting import Decision, EValues, MeanTest
from claims.engine.statistics.binomial import (
    Interval,
    clopper_pearson,
    pooled_clopper_pearson,
    simultaneous_clopper_pearson,
)
from claims.engine.statistics.budget import SUITE_FALSE_ALARM, Budget, OverdrawnError
from claims.engine.statistics.mean_planning import (
    least_violation_of_mean_at_least,
    least_violation_of_mean_at_most,
    samples_for_mean_at_least,
    samples_for_mean_at_most,
)
from claims.engine.statistics.outcome import Outcome
from claims.engine.statistics.planning import (
    CountDecision,
    Plan,
    decide_probability_at_least,
    decide_probability_at_most,
    least_violation_of_probability_at_least,
    least_violation_of_probability_at_most,
    samples_for_probability_at_least,
    samples_for_probability_at_most,
)
from claims.engine.statistics.relation import Relation

__all__ = [
    "SUITE_FALSE_ALARM",
    "Budget",
    "CountDecision",
    "Decision",
    "EValues",
    "Interval",
    "MeanTest",
    "Outcome",
    "OverdrawnError",
    "Plan",
    "Relation",
    "clopper_pearson",
    "decide_probability_at_least",
    "decide_probability_at_most",
    "least_violation_of_mean_at_least",
    "least_violation_of_mean_at_most",
    "least_violation_of_probability_at_least",
    "least_violation_of_probability_at_most",
    "pooled_clopper_pearson",
    "samples_for_mean_at_least",
    "samples_for_mean_at_most",
    "samples_for_probability_at_least",
    "samples_for_probability_at_most",
    "simultaneous_clopper_pearson",
]
