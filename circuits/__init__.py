"""Boolean circuits, and nothing else: `Circuit`, `Builder`, and functions over them.

Families build circuits, formats read and write them, `simulation`, `sat` and `network` run, decide and compile them.
"""

from circuits.builder import Builder
from circuits.circuit import Circuit
from circuits.error import CircuitError
from circuits.reference import evaluate, evaluate_lanes
from circuits.transform import compose, cone, hashed, influence, restrict, tensor
from circuits.word import Bit, Word, concat, mux

__all__ = [
    "Bit",
    "Builder",
    "Circuit",
    "CircuitError",
    "Word",
    "compose",
    "concat",
    "cone",
    "evaluate",
    "evaluate_lanes",
    "hashed",
    "influence",
    "mux",
    "restrict",
    "tensor",
]
