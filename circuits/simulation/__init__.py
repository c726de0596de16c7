"""Bit-sliced simulation: 64 lanes a word, all inputs or given ones, by an interpreter or by native code.

`simulate` and `simulate_signs` run given lanes, `exhaustive` and its kin all 2^d; `find_collision` decides
bijectivity up to d = 28.
"""

from circuits.simulation.batch import evaluate_batch, simulate, simulate_signs
from circuits.simulation.bijective import find_collision, is_permutation
from circuits.simulation.engine import Engine
from circuits.simulation.exhaustive import exhaustive, outputs_of_range, truth_table
from circuits.simulation.lanes import pack, random_inputs, unpack

__all__ = [
    "Engine",
    "evaluate_batch",
    "exhaustive",
    "find_collision",
    "is_permutation",
    "outputs_of_range",
    "pack",
    "random_inputs",
    "simulate",
    "simulate_signs",
    "truth_table",
    "unpack",
]
