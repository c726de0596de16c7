"""Padding: constant outputs added to a circuit."""

from __future__ import annotations

import numpy as np

from circuits.circuit import TRUE, Circuit
from circuits.error import CircuitError


def padded(circuit: Circuit, outputs: int) -> Circuit:
    """The circuit with constant outputs 1 appended, to have `outputs` of them (named `pad[0]`, `pad[1]`, ...).

    Remark 1 of Pareek and Risteski (2022): so a permutation of d_l bits becomes an injection into d_o > d_l bits that
    is as hard to invert. Raises `CircuitError` if the circuit has more outputs already.
    """
    missing = outputs - circuit.num_outputs
    if missing < 0:
        raise CircuitError(f"{circuit.name!r} has {circuit.num_outputs} outputs already: pad it to that or more")
    return Circuit(
        circuit.input_names,
        (*circuit.output_names, *(f"pad[{i}]" for i in range(missing))),
        circuit.fanin0,
        circuit.fanin1,
        circuit.is_xor,
        np.concatenate([circuit.outputs, np.full(missing, TRUE, dtype=np.int32)]),
        name=f"{circuit.name}-padded-{outputs}",
    )
