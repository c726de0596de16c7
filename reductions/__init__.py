"""The constructive proofs of Pareek and Risteski, as programs: Theorem 1 builds an encoder, Theorem 2 a circuit.

Imports `circuits` only; `claims` imports it.
"""

from reductions.error import ReductionError

__all__ = ["ReductionError"]
