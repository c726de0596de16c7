"""The encoding's models are the circuit's runs; solving, pre-images, propagation and bijectivity, replayed."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from aes import VECTORS, aes_circuit, aes_inputs, aes_output
from hypothesis import given
from hypothesis import strategies as st
from pysat.solvers import Solver
from table import TABLE, Row

from circuits import Bit, Builder, Circuit, CircuitError, concat, evaluate, hashed
from circuits.sat import (
    SOLVERS,
    Status,
    bijectivity_cnf,
    collision_circuit,
    encode,
    equivalent,
    is_bijective,
    preimage,
    propagate,
    solve,
)


@st.composite
def circuits(draw: st.DrawFn) -> Circuit:
    """Small random circuits, whose outputs may be constants, inputs, complements and each other."""
    builder = Builder("random")
    literals = [0, *(bit.literal for bit in builder.inputs(draw(st.integers(1, 5))))]
    some = st.integers(0, 2**20)
    for a, b, is_xor in draw(st.lists(st.tuples(some, some, st.booleans()), max_size=25)):
        left, right = (literals[c // 2 % len(literals)] ^ c % 2 for c in (a, b))
        literals.append(builder.xor_literals(left, right) if is_xor else builder.and_literals(left, right))
    for c in draw(st.lists(some, max_size=4)):
        builder.output(Bit(builder, literals[c // 2 % len(literals)] ^ c % 2))
    return builder.build()


def feistel(bits: int, rounds: int, *, broken: bool = False) -> Circuit:
    """A Feistel network with a nonlinear round; broken: one output bit is an AND."""
    builder = Builder("feistel")
    half = bits // 2
    x = builder.inputs(bits)
    left, right = x[:half], x[half:]
    for i in range(rounds):
        mixed = (right.rotate_left(1) & right.rotate_left(3)) ^ right.rotate_left(2) ^ builder.constant(5 * i + 1, half)
        left, right = right, left ^ (mixed + right.rotate_left(1))
    y = concat(left, right)
    builder.outputs([y[0] & y[1], *y[1:]] if broken else y)
    return builder.build()


@pytest.mark.parametrize("row", TABLE, ids=repr)
def test_each_assignment_has_one_model_and_it_is_the_circuits_run(row: Row) -> None:
    """Given the input, the outputs are the function's, no others can be had, and units alone find them."""
    encoding = encode(row.circuit)
    with Solver("minisat22", bootstrap_with=encoding.clause_lists()) as solver:
        for x, y in enumerate(row.outputs()):
            inputs = encoding.fix_inputs(x)
            assert solver.solve(assumptions=[*inputs, *encoding.fix_outputs(y)])
            for literal in encoding.fix_outputs(y):
                assert not solver.solve(assumptions=[*inputs, -literal])
            if x < 64:
                assert propagate(row.circuit, fixed_inputs=x).y == y


@given(circuits())
def test_clauses_are_clean_and_the_models_are_as_many_as_the_inputs(circuit: Circuit) -> None:
    """No tautology, no literal twice, every variable in use, and as many models as assignments."""
    encoding = encode(circuit)
    clauses = encoding.clause_lists()
    assert len(clauses) == encoding.num_clauses
    for clause in clauses:
        assert len({abs(literal) for literal in clause}) == len(clause) > 0
    used = {abs(literal) for clause in clauses for literal in clause} | set(encoding.inputs.tolist())
    assert used == set(range(1, encoding.num_variables + 1))
    native = encode(circuit, native_xors=True)
    assert len(native.xors) == circuit.num_xors
    assert encoding.num_clauses == native.num_clauses + 4 * circuit.num_xors
    assert sorted(map(sorted, native.clause_lists())) == sorted(map(sorted, clauses))
    with Solver("minisat22", bootstrap_with=clauses) as solver:
        if clauses:
            assert sum(1 for _ in solver.enum_models()) == 1 << circuit.num_inputs


@pytest.mark.parametrize("row", TABLE, ids=repr)
def test_two_copies_join_on_shared_inputs(row: Row) -> None:
    """A second copy on the first one's inputs, some negated, computes the function of the negated assignment."""
    first = encode(row.circuit)
    signs = [-1 if i % 2 else 1 for i in range(row.circuit.num_inputs)]
    flip = sum(1 << i for i, sign in enumerate(signs) if sign < 0)
    shared = [sign * int(literal) for sign, literal in zip(signs, first.inputs, strict=True)]
    second = encode(row.circuit, first=first.num_variables + 1, inputs=shared)
    apart = {abs(c) for clause in second.clause_lists() for c in clause} - set(np.abs(second.inputs).tolist())
    assert not apart & set(range(1, first.num_variables + 1))
    with Solver("minisat22", bootstrap_with=first.clause_lists() + second.clause_lists()) as solver:
        for x in range(min(32, 1 << row.circuit.num_inputs)):
            known = [*first.fix_inputs(x), *first.fix_outputs(row.function(x))]
            assert solver.solve(assumptions=[*known, *second.fix_outputs(row.function(x ^ flip))])
            for literal in second.fix_outputs(row.function(x ^ flip)):
                assert not solver.solve(assumptions=[*known, -literal])


@pytest.mark.parametrize("solver", SOLVERS)
def test_preimages_are_found_exactly_where_there_are_any(solver: str) -> None:
    """On every row and for small outputs: an x with C(x) = y, or the proof that there is none."""
    for row in TABLE:
        image = set(row.outputs())
        for y in range(min(8, 1 << row.circuit.num_outputs)):
            found = preimage(row.circuit, y, solver=solver)
            assert found.status is (Status.SAT if y in image else Status.UNSAT)
            assert found.x is None or row.function(found.x) == y


def test_a_partial_preimage_leaves_the_other_lines_free() -> None:
    """Some outputs and some inputs are asked for by name."""
    multiplier = next(row for row in TABLE if str(row) == "multiplier")
    found = preimage(multiplier.circuit, {"y[0]": 1, "y[9]": 1}, fixed_inputs={"x[1]": 0})
    assert found.x is not None
    assert found.x & 2 == 0
    assert multiplier.function(found.x) & 0x201 == 0x201


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_budget_of_conflicts_ends_a_hard_question(solver: str) -> None:
    """The answer says that the budget ran out, and has no model. Glucose notices late, at its next restart."""
    encoding = encode(collision_circuit(feistel(24, 8)))
    answer = solve(encoding, encoding.fix_outputs(1), solver=solver, conflicts=300)
    assert answer.status is Status.UNKNOWN
    assert 300 <= answer.conflicts <= (10_000 if solver == "glucose4" else 350)
    with pytest.raises(CircuitError, match="the budget of conflicts ran out"):
        answer.holds(1)


def test_a_feistel_with_known_keys_falls_to_units_backwards() -> None:
    """Fixed outputs determine the inputs by unit propagation alone: such permutations are easy to invert."""
    builder = Builder()
    left, right = builder.inputs(16, "l"), builder.inputs(16, "r")
    for i in range(16):
        left, right = right, left ^ (right.rotate_left(1) & right.rotate_left(8)) ^ builder.constant(977 * i, 16)
    builder.outputs(concat(left, right))
    circuit = builder.build()
    for x in (0, 1, 0xDEADBEEF, 2**32 - 1):
        assert propagate(circuit, fixed_outputs=evaluate(circuit, x)).x == x


def test_contradictions_meet_a_conflict_in_propagation() -> None:
    """A constant output that is fixed to its other value is inconsistent; nothing is inconsistent by itself."""
    row = next(row for row in TABLE if str(row) == "constants")
    assert not propagate(row.circuit, fixed_outputs=5).consistent
    assert propagate(row.circuit).y == 6
    assert propagate(row.circuit).x is None


@pytest.mark.parametrize(("key", "plaintext", "ciphertext"), VECTORS)
def test_units_alone_encrypt_by_aes(key: bytes, plaintext: bytes, ciphertext: bytes) -> None:
    """The FIPS-197 vectors come out of the CNF of the supplied AES by unit propagation."""
    found = propagate(aes_circuit(), fixed_inputs=aes_inputs(key, plaintext))
    assert found.y is not None
    assert aes_output(found.y) == ciphertext


@pytest.mark.parametrize("row", [row for row in TABLE if row.circuit.num_inputs == row.circuit.num_outputs], ids=repr)
def test_bijectivity_of_the_table_is_that_of_the_truth_table(row: Row) -> None:
    """The answer is the truth table's; a collision is two inputs with one output."""
    answer = is_bijective(row.circuit)
    assert bool(answer) is answer.bijective is (len(set(row.outputs())) == 1 << row.circuit.num_inputs)
    if answer.collision is not None:
        x, y = answer.collision
        assert x < y
        assert row.function(x) == row.function(y)


@given(st.lists(st.permutations(list(range(6))), max_size=12), st.booleans())
def test_toffoli_cascades_are_bijective_and_with_an_and_they_are_not(gates: list[list[int]], spoil: bool) -> None:
    """x[a] ^= x[b] & x[c] is a permutation whatever the wires; x[a] &= x[b] never is."""
    builder = Builder()
    wires = list(builder.inputs(6))
    for a, b, c, *_ in gates:
        wires[a] = wires[a] ^ (wires[b] & wires[c])
    if spoil:
        wires[0] = wires[0] & wires[1]
    builder.outputs(wires)
    circuit = builder.build()
    answer = is_bijective(circuit)
    assert answer.bijective is not spoil
    if answer.collision is not None:
        assert evaluate(circuit, answer.collision[0]) == evaluate(circuit, answer.collision[1])


def _s_boxes() -> Circuit:
    """Two PRESENT S-boxes, their outputs mixed, and two more: small SAT calls must find what is determined."""
    box = next(row for row in TABLE if str(row) == "present-s-box").circuit
    builder = Builder("two rounds of S-boxes")
    x = builder.inputs(8)
    for _ in range(2):
        x = concat(builder.apply(box, x[:4]), builder.apply(box, x[4:])).permuted([0, 4, 1, 5, 2, 6, 3, 7])
    builder.outputs(x)
    return builder.build()


@pytest.mark.parametrize("circuit", [feistel(32, 8), feistel(10, 4), _s_boxes(), TABLE[0].circuit], ids=repr)
def test_the_proof_of_bijectivity_refutes_the_written_file(circuit: Circuit, tmp_path: Path) -> None:
    """Each line of the proof follows by units from the file and the lines before it, and the last is empty."""
    path = tmp_path / "proof.drat"
    assert is_bijective(circuit, proof=path)
    lines = bijectivity_cnf(circuit).decode().splitlines()
    with Solver("minisat22") as checker:
        for line in (*(line for line in lines if line[0] not in "cp"), *path.read_text().splitlines()):
            clause = [int(word) for word in line.split()[:-1]]
            follows, _ = checker.propagate(assumptions=[-literal for literal in clause])
            assert line in lines or not follows
            checker.add_clause(clause)
    assert path.read_text().endswith("\n0\n") or path.read_text() == "0\n"


def test_a_spoilt_feistel_has_a_collision_and_no_proof(tmp_path: Path) -> None:
    """At 32 bits, beyond quick enumeration; and no proof file is left behind."""
    circuit = feistel(32, 8, broken=True)
    answer = is_bijective(circuit, proof=tmp_path / "proof.drat")
    assert answer.collision is not None
    assert len({evaluate(circuit, x) for x in answer.collision}) == 1
    assert not list(tmp_path.iterdir())


def test_the_collision_circuit_says_what_a_collision_is() -> None:
    """1 exactly for two different inputs with one output, by enumeration."""
    builder = Builder()
    x = builder.inputs(3)
    builder.outputs([x[0] & x[1], x[1] ^ x[2], x[2]])
    circuit = builder.build()
    collision = collision_circuit(circuit)
    for x0, y0 in product(range(8), repeat=2):
        assert evaluate(collision, x0 | y0 << 3) == (x0 != y0 and evaluate(circuit, x0) == evaluate(circuit, y0))


def test_misuse_is_named() -> None:
    """Unknown lines and solvers, wrong widths and shared variables each get an error that names them."""
    row = next(row for row in TABLE if str(row) == "adder")
    with pytest.raises(CircuitError, match="no solver 'chaff': choose one of"):
        solve(encode(row.circuit), solver="chaff")
    with pytest.raises(CircuitError, match="a budget of 0 conflicts: give at least 1"):
        solve(encode(row.circuit), conflicts=0)
    with pytest.raises(CircuitError, match="has no output 'q'"):
        preimage(row.circuit, {"q": 1})
    with pytest.raises(CircuitError, match="32 does not fit the 5 outputs"):
        preimage(row.circuit, 32)
    with pytest.raises(CircuitError, match="it cannot be a permutation"):
        is_bijective(row.circuit)
    with pytest.raises(CircuitError, match="distinct variables"):
        encode(row.circuit, inputs=[1, -1, 2, 3, 4, 5, 6, 7])
    with pytest.raises(CircuitError, match="has 8 inputs, but 1 literals"):
        encode(row.circuit, inputs=[1])
    with pytest.raises(CircuitError, match="numbered from 1"):
        encode(row.circuit, first=0)


def test_gates_that_are_not_hashed_are_no_obstacle() -> None:
    """Arrays may hold one gate twice, and so a hidden constant: bijectivity and equivalence see through it."""
    names, twice = (("a", "b"), ("y", "z")), ([2, 2, 6], [4, 4, 8], [False, False, True])
    hidden_zero = Circuit(*names, *twice, [10, 4])
    swapped = Circuit(*names, [2, 2, 6, 2], [4, 4, 8, 10], [False, False, True, True], [12, 4])
    assert hashed(hidden_zero).num_gates == 1
    assert not is_bijective(hidden_zero)
    assert is_bijective(swapped)
    assert equivalent(swapped, hashed(swapped))
