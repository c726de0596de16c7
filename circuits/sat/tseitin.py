"""Tseitin's encoding: a variable an input and a gate, three clauses an AND, four clauses (or one constraint) a XOR."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int32

from circuits.circuit import Circuit
from circuits.error import CircuitError

#: Clauses (some literal holds) or XORs (an odd number does), of at most three literals; shorter ones end in zeros.
Rows = Int32[np.ndarray, "rows 3"]
Literals = Int32[np.ndarray, " literals"]

#: Values of input or output bits: an integer (bit i is line i), or by name; lines that are not named stay free.
Values = int | Mapping[str, bool | int]


@dataclass(frozen=True, eq=False)
class Encoding:
    """A circuit in conjunctive normal form: its models are exactly the runs of the circuit.

    `num_variables` is the highest variable in use, `clauses` holds DIMACS literals, `xors` constraints of which an odd
    number of literals must hold. `inputs` and `outputs` are the DIMACS literals of the circuit's bits, in its order.
    """

    circuit: Circuit
    num_variables: int
    clauses: Rows
    xors: Rows
    inputs: Literals
    outputs: Literals

    @property
    def num_clauses(self) -> int:
        """Clauses, native XOR constraints not counted."""
        return len(self.clauses)

    def clause_lists(self) -> list[list[int]]:
        """Every clause as a list of literals, XOR constraints expanded into four clauses each: what solvers take."""
        rows = np.concatenate([self.clauses, xor_clauses(self.xors)]) if len(self.xors) else self.clauses
        return [row if row[2] else [literal for literal in row if literal] for row in rows.tolist()]

    def fix_inputs(self, values: Values) -> list[int]:
        """The literals that say that the inputs have these values. Raises `CircuitError` for an unknown line."""
        return _fixed(self.circuit, "input", self.circuit.input_names, self.inputs, values)

    def fix_outputs(self, values: Values) -> list[int]:
        """The literals that say that the outputs have these values. Raises `CircuitError` for an unknown line."""
        return _fixed(self.circuit, "output", self.circuit.output_names, self.outputs, values)


def encode(
    circuit: Circuit, *, native_xors: bool = False, first: int = 1, inputs: Sequence[int] | None = None
) -> Encoding:
    """The circuit in conjunctive normal form, in time and memory proportional to its size.

    Variables are numbered from `first`: the inputs, then the gates, so that with `first` = 1 the variable is the node.
    `inputs` gives the inputs literals that exist already (two copies on the same inputs: encode the second one with
    the first one's inputs and `first=encoding.num_variables + 1`); then numbering starts with the gates. One variable
    more, set by a unit clause, stands for the constant if an output is constant. No clause is a tautology or has a
    literal twice. With `native_xors` each XOR gate is one constraint instead of four clauses. Source: G. Tseitin, 1968.

    Raises `CircuitError` if `first` is not positive, or `inputs` has a wrong length, zeros, or a variable twice.
    """
    own = np.arange(first, first + circuit.num_inputs, dtype=np.int32)
    given = own if inputs is None else np.array(inputs, dtype=np.int32)
    _check_inputs(circuit, first, given)
    start = first + (circuit.num_inputs if inputs is None else 0)
    gates = np.arange(start, start + circuit.num_gates, dtype=np.int32)
    constant = bool(np.any(circuit.outputs <= 1))
    # Node 0 is false: the negation of the unit variable, which exists only where an output needs it.
    literal = np.concatenate([np.array([-start - circuit.num_gates], dtype=np.int32), given, gates])
    a, b, outputs = (
        np.where(source & 1, -1, 1).astype(np.int32) * literal[source >> 1]
        for source in (circuit.fanin0, circuit.fanin1, circuit.outputs)
    )
    is_xor = circuit.is_xor
    xors = xor_rows(gates[is_xor], a[is_xor], b[is_xor])
    clauses = and_clauses(gates[~is_xor], a[~is_xor], b[~is_xor])
    if constant:
        clauses = np.concatenate([clauses, np.array([[-literal[0], 0, 0]], dtype=np.int32)])
    if not native_xors:
        clauses, xors = np.concatenate([clauses, xor_clauses(xors)]), xors[:0]
    used = int(max(start + circuit.num_gates - 1 + constant, np.abs(given).max(initial=0)))
    return Encoding(circuit, used, clauses, xors, given, outputs)


def and_clauses(out: Literals, a: Literals, b: Literals) -> Rows:
    """out = a AND b, one gate an entry: (-out a)(-out b)(out -a -b)."""
    none = np.zeros_like(out)
    columns = [-out, a, none, -out, b, none, out, -a, -b]
    return np.stack(columns, axis=-1).reshape(-1, 3)


def xor_rows(out: Literals, a: Literals, b: Literals) -> Rows:
    """out = a XOR b, one gate an entry: an odd number of (-out, a, b) holds."""
    return np.stack([-out, a, b], axis=-1).reshape(-1, 3)


def xor_clauses(xors: Rows) -> Rows:
    """Four clauses for each constraint of three literals: no even number of them holds."""
    signs = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], dtype=np.int32)
    clauses: Rows = (xors[:, None, :] * signs).reshape(-1, 3)
    return clauses


def _check_inputs(circuit: Circuit, first: int, given: Literals) -> None:
    if first < 1:
        raise CircuitError(f"first={first}: DIMACS variables are numbered from 1")
    if len(given) != circuit.num_inputs:
        raise CircuitError(f"{circuit.name!r} has {circuit.num_inputs} inputs, but {len(given)} literals were given")
    if len(np.unique(np.abs(given))) != len(given) or np.any(given == 0):
        raise CircuitError(f"the input literals of {circuit.name!r} must be distinct variables, none of them 0")


def _fixed(circuit: Circuit, what: str, names: Sequence[str], literals: Literals, values: Values) -> list[int]:
    if isinstance(values, int):
        if not 0 <= values < 1 << len(names):
            raise CircuitError(f"{values} does not fit the {len(names)} {what}s of {circuit.name!r}")
        values = {name: values >> i & 1 for i, name in enumerate(names)}
    if unknown := sorted(set(values) - set(names)):
        raise CircuitError(f"{circuit.name!r} has no {what} {unknown[0]!r}")
    pairs = zip(names, literals.tolist(), strict=True)
    return [literal if values[name] else -literal for name, literal in pairs if name in values]
