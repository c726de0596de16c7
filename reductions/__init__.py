"""Constructive proofs of the papers, as programs: Theorem 2 of Pareek and Risteski, from an encoder to a circuit.

Imports `circuits` only; `claims` imports it.
"""

from reductions.error import ReductionError

__all__ = ["ReductionError"]
