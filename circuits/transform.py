"""Circuits from circuits: composition, tensor product, restriction, cone of influence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Int32

from circuits.builder import Builder
from circuits.circuit import Circuit
from circuits.error import CircuitError
from circuits.word import Word

Literals = Int32[np.ndarray, " literals"]


def hashed(circuit: Circuit) -> Circuit:
    """The same function with equal gates merged and constants folded: what `Builder` makes, arrays need not be."""
    builder = Builder(circuit.name)
    inputs = [builder.input(name) for name in circuit.input_names]
    _outputs(builder, builder.apply(circuit, inputs), circuit.output_names)
    return builder.build()


def compose(outer: Circuit, inner: Circuit) -> Circuit:
    """x -> outer(inner(x)). Raises `CircuitError` unless inner has as many outputs as outer has inputs."""
    if inner.num_outputs != outer.num_inputs:
        raise CircuitError(
            f"{outer.name!r} has {outer.num_inputs} inputs, but {inner.name!r} has {inner.num_outputs} outputs"
        )
    builder = Builder(f"{outer.name} after {inner.name}")
    bits = [builder.input(name) for name in inner.input_names]
    _outputs(builder, builder.apply(outer, builder.apply(inner, bits)), outer.output_names)
    return builder.build()


def tensor(left: Circuit, right: Circuit) -> Circuit:
    """(x, x') -> (left(x), right(x')): side by side. Names get the prefix `0.` or `1.`."""
    builder = Builder(f"{left.name} beside {right.name}")
    inputs = [[builder.input(f"{i}.{name}") for name in part.input_names] for i, part in enumerate((left, right))]
    for i, part in enumerate((left, right)):
        _outputs(builder, builder.apply(part, inputs[i]), [f"{i}.{name}" for name in part.output_names])
    return builder.build()


def restrict(circuit: Circuit, values: Mapping[str, bool | int]) -> Circuit:
    """The circuit with some inputs fixed; they are inputs no longer. Raises `CircuitError` for an unknown name."""
    if unknown := sorted(set(values) - set(circuit.input_names)):
        raise CircuitError(f"{circuit.name!r} has no input {unknown[0]!r}")
    builder = Builder(f"{circuit.name} restricted")
    free = {name: builder.input(name) for name in circuit.input_names if name not in values}
    fixed = {name: builder.true if value else builder.false for name, value in values.items()}
    named = free | fixed
    _outputs(builder, builder.apply(circuit, [named[name] for name in circuit.input_names]), circuit.output_names)
    return cone(builder.build())


def cone(circuit: Circuit, outputs: Sequence[str] | None = None) -> Circuit:
    """Only the gates that the named outputs (all, if None) depend on. The inputs all stay.

    Raises `CircuitError` for an unknown output name.
    """
    names = circuit.output_names if outputs is None else tuple(outputs)
    if unknown := sorted(set(names) - set(circuit.output_names)):
        raise CircuitError(f"{circuit.name!r} has no output {unknown[0]!r}")
    index = {name: i for i, name in enumerate(circuit.output_names)}
    literals = circuit.outputs[[index[name] for name in names]]
    needed = _influence(circuit, literals)
    kept = np.flatnonzero(needed[1 + circuit.num_inputs :])
    number = np.arange(circuit.num_nodes, dtype=np.int32)
    number[1 + circuit.num_inputs + kept] = 1 + circuit.num_inputs + np.arange(len(kept), dtype=np.int32)

    def moved(literal: Literals) -> Literals:
        renumbered: Literals = 2 * number[literal >> 1] + (literal & 1)
        return renumbered

    arrays = moved(circuit.fanin0[kept]), moved(circuit.fanin1[kept]), circuit.is_xor[kept], moved(literals)
    return Circuit(circuit.input_names, names, *arrays, name=circuit.name)


def influence(circuit: Circuit, outputs: Sequence[str] | None = None) -> tuple[str, ...]:
    """The inputs that the graph below the named outputs (all, if None) contains: outside them nothing can depend."""
    part = cone(circuit, outputs)
    needed = _influence(part, part.outputs)
    return tuple(name for name, used in zip(part.input_names, needed[1 : 1 + part.num_inputs], strict=True) if used)


def _influence(circuit: Circuit, literals: Literals) -> Bool[np.ndarray, " nodes"]:
    needed = bytearray(circuit.num_nodes)
    for node in (literals >> 1).tolist():
        needed[node] = 1
    fanin0, fanin1 = (circuit.fanin0 >> 1).tolist(), (circuit.fanin1 >> 1).tolist()
    offset = 1 + circuit.num_inputs
    for gate in range(circuit.num_gates - 1, -1, -1):
        if needed[offset + gate]:
            needed[fanin0[gate]] = needed[fanin1[gate]] = 1
    return np.frombuffer(bytes(needed), dtype=np.bool_)


def _outputs(builder: Builder, word: Word, names: Sequence[str]) -> None:
    for bit, name in zip(word, names, strict=True):
        builder.output(bit, name)
