"""The reference evaluator: Python integers, one bit a lane. Short, and what every engine must agree with."""

from __future__ import annotations

from collections.abc import Sequence

from circuits.circuit import Circuit
from circuits.error import CircuitError


def evaluate_lanes(circuit: Circuit, inputs: Sequence[int], lanes: int) -> list[int]:
    """Every output under `lanes` assignments at once: bit l of `inputs[i]` is input i in assignment l, of outputs too.

    Raises `CircuitError` unless there is one integer an input.
    """
    if len(inputs) != circuit.num_inputs:
        raise CircuitError(f"{circuit.name!r} has {circuit.num_inputs} inputs, but {len(inputs)} values were given")
    ones = (1 << lanes) - 1
    value = [0, *(lane & ones for lane in inputs)]
    for a, b, is_xor in zip(circuit.fanin0.tolist(), circuit.fanin1.tolist(), circuit.is_xor.tolist(), strict=True):
        left = value[a >> 1] ^ (ones if a & 1 else 0)
        right = value[b >> 1] ^ (ones if b & 1 else 0)
        value.append(left ^ right if is_xor else left & right)
    return [value[y >> 1] ^ (ones if y & 1 else 0) for y in circuit.outputs.tolist()]


def evaluate(circuit: Circuit, x: int) -> int:
    """C(x), where bit i of the integers x and C(x) is input i and output i.

    Raises `CircuitError` if x is negative or has more bits than the circuit has inputs.
    """
    if not 0 <= x < 1 << circuit.num_inputs:
        raise CircuitError(f"{x} is no assignment of the {circuit.num_inputs} inputs of {circuit.name!r}")
    bits = [x >> i & 1 for i in range(circuit.num_inputs)]
    return sum(bit << i for i, bit in enumerate(evaluate_lanes(circuit, bits, 1)))
