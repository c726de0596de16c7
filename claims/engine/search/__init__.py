"""Search for counterexamples: batches of float instances, and gradient ascent on the violation.

What is found is simplified to numbers that a reader can check by hand.
"""

from claims.engine.search.attack import Attack, Effort, Finding
from claims.engine.search.simplify import simplify

__all__ = ["Attack", "Effort", "Finding", "simplify"]
