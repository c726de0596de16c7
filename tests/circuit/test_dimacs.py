"""The written DIMACS text: exact counts, the variable map, fixed lines, native XORs, and a solver that is not ours."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from pysat.solvers import Solver
from table import TABLE, Row

from circuits import CircuitError
from circuits.sat import bijectivity_cnf, dumps_cnf, write_cnf

Parsed = tuple[int, list[list[int]], list[list[int]], dict[str, int]]


def parse(text: bytes) -> Parsed:
    """(variables, clauses, XORs, literal of each line by name), with the header's counts checked."""
    lines = text.decode().splitlines()
    header = [line.split() for line in lines if line.startswith("p ")]
    assert len(header) == 1
    kind, variables, count = header[0][1:]
    rows = [line for line in lines if line[0] not in "cp"]
    assert kind == "cnf"
    assert len(rows) == int(count)
    parsed = [[int(word) for word in row.removeprefix("x").split()] for row in rows]
    assert all(row[-1] == 0 and 0 not in row[:-1] for row in parsed)
    clauses = [row[:-1] for row, line in zip(parsed, rows, strict=True) if not line.startswith("x")]
    xors = [row[:-1] for row, line in zip(parsed, rows, strict=True) if line.startswith("x")]
    assert max((abs(c) for row in (*clauses, *xors) for c in row), default=0) <= int(variables)
    fields = (line.split() for line in lines if line.startswith(("c input ", "c output ")))
    return int(variables), clauses, xors, {f"{what} {name}": int(literal) for _, what, name, literal in fields}


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("row", TABLE, ids=repr)
def test_the_text_read_back_has_the_function_for_its_models(row: Row, native: bool) -> None:
    """Counts are exact, and the variable map's lines take the function's values in every model."""
    circuit = row.circuit
    _, clauses, xors, line = parse(dumps_cnf(circuit, native_xors=native))
    assert len(xors) == (circuit.num_xors if native else 0)
    outputs = [line[f"output y[{i}]"] for i in range(circuit.num_outputs)]
    for xor in xors:  # no even number of the three holds
        assert len({abs(literal) for literal in xor}) == 3
        a, b, c = xor
        clauses += [[a, b, c], [a, -b, -c], [-a, b, -c], [-a, -b, c]]
    with Solver("minisat22", bootstrap_with=clauses) as solver:
        for x, y in enumerate(row.outputs()):
            inputs = [line[f"input x[{i}]"] * (1 if x >> i & 1 else -1) for i in range(circuit.num_inputs)]
            wanted = [literal * (1 if y >> i & 1 else -1) for i, literal in enumerate(outputs)]
            assert solver.solve(assumptions=inputs + wanted)
            assert not any(solver.solve(assumptions=[*inputs, -literal]) for literal in wanted)


def test_the_comments_bear_the_command_and_odd_names_stay_on_one_line() -> None:
    """The command line is there as given; one with a line break is refused."""
    circuit = TABLE[0].circuit.renamed("two\nlines")
    text = dumps_cnf(circuit, command="lemmata instance feistel --seed 3")
    assert b"\nc command lemmata instance feistel --seed 3\n" in text
    parse(text)
    with pytest.raises(CircuitError, match="without line breaks"):
        dumps_cnf(circuit, command="one\ntwo")


def test_fixed_lines_are_unit_clauses_that_the_header_counts() -> None:
    """By integer or by name; a line that is fixed twice is one clause, and two contrary values stay two."""
    identity = TABLE[0].circuit
    assert parse(dumps_cnf(identity, fixed_outputs=5))[1] == [[1], [-2], [3]]
    assert parse(dumps_cnf(identity, fixed_inputs={"x[0]": 1}, fixed_outputs={"y[0]": 1}))[1] == [[1]]
    assert parse(dumps_cnf(identity, fixed_inputs={"x[0]": 1}, fixed_outputs={"y[0]": 0}))[1] == [[1], [-1]]
    assert dumps_cnf(identity, fixed_outputs={"y[2]": True}) == dumps_cnf(identity, fixed_outputs={"y[2]": 1})


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    """The file holds the text, and nothing else is left in the folder."""
    path = tmp_path / "adder.cnf"
    circuit = next(row.circuit for row in TABLE if str(row) == "adder")
    write_cnf(path, circuit, fixed_outputs=9)
    assert path.read_bytes() == dumps_cnf(circuit, fixed_outputs=9)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(shutil.which("cadical") is None, reason="the program `cadical` is not on PATH")
@pytest.mark.parametrize("row", TABLE, ids=repr)
def test_cadical_accepts_the_files_and_agrees(row: Row, tmp_path: Path) -> None:
    """Planted pre-images are satisfiable, missing outputs and bijectivity of permutations unsatisfiable."""
    image = set(row.outputs())
    outputs = range(1 << row.circuit.num_outputs)
    wanted = [(y, y in image) for y in [*sorted(image)[:1], *(y for y in outputs if y not in image)][:2]]
    texts = [(dumps_cnf(row.circuit, fixed_outputs=y), found) for y, found in wanted]
    if row.circuit.num_inputs == row.circuit.num_outputs:
        texts.append((bijectivity_cnf(row.circuit), len(image) < 1 << row.circuit.num_inputs))
    for text, satisfiable in texts:
        path = tmp_path / "problem.cnf"
        path.write_bytes(text)
        done = subprocess.run(["cadical", "-q", str(path)], capture_output=True, check=False, timeout=60)
        assert done.returncode == (10 if satisfiable else 20), done.stderr
