"""Circuits and SAT solvers: Tseitin's encoding, DIMACS files, pre-images, equivalence by sweeping, bijectivity.

The solvers are python-sat's. Every model is replayed by the reference evaluator before it is reported.
"""

from circuits.sat.bijection import Bijectivity, bijectivity_cnf, collision_circuit, is_bijective
from circuits.sat.dimacs import dumps_cnf, write_cnf
from circuits.sat.equivalence import Equivalence, equivalent
from circuits.sat.solve import SOLVERS, Answer, Preimage, Propagation, Status, preimage, propagate, solve
from circuits.sat.tseitin import Encoding, Values, encode

__all__ = [
    "SOLVERS",
    "Answer",
    "Bijectivity",
    "Encoding",
    "Equivalence",
    "Preimage",
    "Propagation",
    "Status",
    "Values",
    "bijectivity_cnf",
    "collision_circuit",
    "dumps_cnf",
    "encode",
    "equivalent",
    "is_bijective",
    "preimage",
    "propagate",
    "solve",
    "write_cnf",
]
