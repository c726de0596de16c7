"""DIMACS CNF: circuits as text for any SAT solver, with the command and the variable map in comments."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Int32

from circuits.circuit import Circuit
from circuits.error import CircuitError
from circuits.files import write_whole
from circuits.sat.tseitin import Rows, Values, encode


def dumps_cnf(
    circuit: Circuit,
    *,
    command: str | None = None,
    native_xors: bool = False,
    fixed_inputs: Values | None = None,
    fixed_outputs: Values | None = None,
) -> bytes:
    """The circuit as a DIMACS file: its models are the circuit's runs in which the fixed lines have their values.

    Values are an integer (bit i is line i) or a mapping from names. Comments give the generator's command line and
    the literal of every input and output (`c output y[0] -17`: output 0 is the negation of variable 17). XORs take
    four clauses each, or one line `x1 2 -3 0` in cryptominisat's convention, which the header counts as a clause.

    Raises `CircuitError` for a fixed line that the circuit does not have, or a command of more than one line.
    """
    encoding = encode(circuit, native_xors=native_xors)
    units = [] if fixed_inputs is None else encoding.fix_inputs(fixed_inputs)
    units += [] if fixed_outputs is None else encoding.fix_outputs(fixed_outputs)
    # A line that is fixed twice (an output that is an input, say) is one clause; two contrary ones stay two.
    units = list(dict.fromkeys(units))
    unit_rows = np.zeros((len(units), 3), dtype=np.int32)
    unit_rows[:, 0] = units
    total = encoding.num_clauses + len(encoding.xors) + len(units)
    head = [f"c {_one_line(circuit.name)}: {circuit.num_ands} ANDs, {circuit.num_xors} XORs"]
    head += [] if command is None else [f"c command {_single(command)}"]
    head += _variable_map("input", circuit.input_names, encoding.inputs)
    head += _variable_map("output", circuit.output_names, encoding.outputs)
    head += [f"p cnf {encoding.num_variables} {total}"]
    body = _lines(np.concatenate([encoding.clauses, unit_rows])) + _lines(encoding.xors, "x")
    return ("\n".join(head) + "\n" + body).encode()


def write_cnf(
    path: Path | str,
    circuit: Circuit,
    *,
    command: str | None = None,
    native_xors: bool = False,
    fixed_inputs: Values | None = None,
    fixed_outputs: Values | None = None,
) -> None:
    """Write `dumps_cnf` to a file, whole or not at all. Raises `CircuitError` as it does, or if that fails."""
    text = dumps_cnf(
        circuit,
        command=command,
        native_xors=native_xors,
        fixed_inputs=fixed_inputs,
        fixed_outputs=fixed_outputs,
    )
    write_whole(path, text)


def _variable_map(what: str, names: tuple[str, ...], literals: Int32[np.ndarray, " lines"]) -> Iterator[str]:
    for name, literal in zip(names, literals.tolist(), strict=True):
        yield f"c {what} {_one_line(name)} {literal}"


def _lines(rows: Rows, prefix: str = "") -> str:
    """One line a row, closed by 0. No literal is 0, so the zeros in the joined text are the ends of lines."""
    if not len(rows):
        return ""
    closed = np.concatenate([rows, np.zeros((len(rows), 1), dtype=np.int32)], axis=1)
    kept = closed != 0
    kept[:, 3] = True
    return prefix + " ".join(map(str, closed[kept].tolist())).replace(" 0 ", f" 0\n{prefix}") + "\n"


def _one_line(name: str) -> str:
    return " ".join(name.split())


def _single(command: str) -> str:
    if len(command.splitlines()) > 1:
        raise CircuitError("the command goes into one comment line: give it without line breaks")
    return command
