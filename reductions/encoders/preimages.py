"""The table of the inverse of a permutation, for the encoders that are allowed to be exponentially large."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int64

from circuits import Circuit
from circuits.simulation import evaluate_batch, is_permutation
from reductions.error import ReductionError

#: The widest table: an encoder with 2^16 knots or nodes is made in seconds.
MOST_BITS = 16

#: The widest circuit whose bijectivity is checked where no table is needed: a few milliseconds.
CHECKED_BITS = 20


def preimages(circuit: Circuit) -> Int64[np.ndarray, " 2**d"]:
    """C^{-1}(x) at place x. Raises `ReductionError` for a circuit that is no permutation, and beyond 16 bits."""
    d = circuit.num_inputs
    require_permutation(circuit)
    if d > MOST_BITS:
        raise ReductionError(f"{circuit.name!r} has {d} inputs: a table of its inverse ends at {MOST_BITS}")
    outputs = evaluate_batch(circuit, np.arange(1 << d, dtype=np.uint64)).astype(np.int64)
    table = np.empty(1 << d, dtype=np.int64)
    table[outputs] = np.arange(1 << d)
    return table


def require_permutation(circuit: Circuit) -> None:
    """Raise `ReductionError` unless it maps d >= 1 bits to d bits, one to one where d <= 20 (beyond: not checked)."""
    d = circuit.num_inputs
    if not 1 <= d == circuit.num_outputs:
        raise ReductionError(
            f"{circuit.name!r} has {d} inputs and {circuit.num_outputs} outputs: give a permutation of at least one bit"
        )
    if d <= CHECKED_BITS and not is_permutation(circuit):
        raise ReductionError(f"{circuit.name!r} maps two inputs to one output: give a permutation")
