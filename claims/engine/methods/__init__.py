"""How a check decides: one small class a method, one file each.

Every method has `name`, `attacks` (whether it can refute, and so be tested by mutants) and
`decide(statement, context) -> Evidence`.
"""

from claims.engine.methods.exhaustive import exhaustive
from claims.engine.methods.interval import Box, interval
from claims.engine.methods.sat import Question, sat
from claims.engine.methods.search import search
from claims.engine.methods.simulation import simulation
from claims.engine.methods.statistical import Mean, statistical
from claims.engine.methods.symbolic import Step, derivation, symbolic

__all__ = [
    "Box", "Mean", "Question", "Step", "derivation", "exhaustive", "interval", "sat", "search", "simulation",
    "statistical", "symbolic",
]  # fmt: skip
