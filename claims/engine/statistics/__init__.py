"""Statistics with error control: planned samples, exact binomial bounds, betting tests, alpha spending.

Pure numpy and scipy; it knows nothing of claims.
"""

from claims.engine.statistics.betting import Decision, MeanTest
from claims.engine.statistics.budget import Budget
from claims.engine.statistics.outcome import Outcome
from claims.engine.statistics.relation import Relation

__all__ = ["Budget", "Decision", "MeanTest", "Outcome", "Relation"]
