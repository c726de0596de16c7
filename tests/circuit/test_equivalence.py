"""SAT sweeping: true for rewritten circuits, false with a replayed input for circuits that differ."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Container
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from table import TABLE, Row
from test_sat import circuits, feistel

from circuits import Builder, Circuit, CircuitError, Word, cone, evaluate
from circuits.families import family
from circuits.formats import read, write
from circuits.network import compile, to_circuit  # noqa: A004
from circuits.sat import Status, equivalent
from circuits.sat.prover import Prover


def rewritten(circuit: Circuit) -> Circuit:
    """The same function without XOR gates, and with every AND doubled in a form that does not hash to it."""
    builder = Builder(f"{circuit.name} rewritten")
    nodes = [builder.false, *builder.inputs(circuit.num_inputs)]
    for a, b, is_xor in zip(*(v.tolist() for v in (circuit.fanin0, circuit.fanin1, circuit.is_xor)), strict=True):
        left, right = (~nodes[c >> 1] if c & 1 else nodes[c >> 1] for c in (a, b))
        nodes.append((left | right) & ~(left & right) if is_xor else left & ~(left & ~right))
    builder.outputs([~nodes[y >> 1] if y & 1 else nodes[y >> 1] for y in circuit.outputs.tolist()])
    return builder.build()


def truth_table(circuit: Circuit) -> list[int]:
    return [evaluate(circuit, x) for x in range(1 << circuit.num_inputs)]


def check(a: Circuit, b: Circuit, same: bool) -> None:
    """The answer is right, and a counterexample is one."""
    answer = equivalent(a, b)
    assert bool(answer) is answer.equivalent is same
    assert (answer.counterexample is None) is same
    if answer.counterexample is not None:
        assert evaluate(a, answer.counterexample) != evaluate(b, answer.counterexample)


def mutants(circuit: Circuit) -> list[Circuit]:
    """One gate wrong: its type or a complement of a fan-in; or an output complemented."""
    found = []
    for gate in range(circuit.num_gates):
        if circuit.is_xor[gate]:
            changes = [("is_xor", False)]
        else:
            changes = [("fanin0", circuit.fanin0[gate] ^ 1), ("fanin1", circuit.fanin1[gate] ^ 1)]
        for attribute, value in changes:
            array = getattr(circuit, attribute).copy()
            array[gate] = value
            found.append(replace(circuit, **{attribute: array}))
    for i in range(circuit.num_outputs):
        flipped = circuit.outputs.copy()
        flipped[i] ^= 1
        found.append(replace(circuit, outputs=flipped))
    return found


@pytest.mark.parametrize("row", TABLE, ids=repr)
def test_a_circuit_equals_its_rewritten_form(row: Row) -> None:
    """Every row of the table, against a form that shares no gate with it."""
    check(row.circuit, rewritten(row.circuit), True)


@pytest.mark.parametrize("row", [row for row in TABLE if row.circuit.num_gates <= 120], ids=repr)
def test_every_gate_that_is_wrong_is_found_if_it_matters(row: Row) -> None:
    """Single mutations are told apart exactly when the truth table changes."""
    for mutant in mutants(row.circuit):
        check(rewritten(row.circuit), mutant, truth_table(mutant) == row.outputs())


@given(circuits(), st.data())
def test_the_answer_is_the_truth_tables(circuit: Circuit, data: st.DataObject) -> None:
    """Random circuits against a random mutant and against their rewritten form."""
    check(circuit, rewritten(circuit), True)
    if possible := mutants(circuit):
        mutant = data.draw(st.sampled_from(possible))
        check(circuit, mutant, truth_table(circuit) == truth_table(mutant))


@pytest.mark.parametrize("needle", [0x0123456789ABCDEF, 0x0123456789ABCDEE])
def test_a_difference_at_one_input_in_2_to_the_64_is_found(needle: int) -> None:
    """Random inputs cannot see it, whether the one is 1 and the other 0 there, or the other way about."""
    builder = Builder()
    x = builder.inputs(64)
    builder.output(x.parity())
    plain = builder.build()
    builder = Builder()
    x = builder.inputs(64)
    builder.output(x.parity() ^ (x ^ builder.constant(~needle, 64)).all())
    assert equivalent(plain, builder.build()).counterexample == needle


@pytest.mark.parametrize(("a", "b", "differ"), [(6, 2, {1}), (2, 6, {1}), (6, 0, {3}), (0, 6, {3}), (7, 6, range(4))])
def test_the_prover_asks_both_ways(a: int, b: int, differ: Container[int]) -> None:
    """x & y implies x, and only the other direction tells them apart; constants are no exception."""
    prover = Prover(2)
    prover.add_gate(3, 2, 4, False)
    status, x = prover.compare(a, b, None)
    assert status is Status.SAT
    assert x in differ
    assert prover.compare(a, a, None) == (Status.UNSAT, None)
    prover.close()


def test_candidates_left_open_are_decided_at_the_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one inner proof, the answers are the same: the outputs' own questions have no budget."""
    compare = Prover.compare

    def only_outputs(self: Prover, a: int, b: int, budget: int | None) -> tuple[Status, int | None]:
        return compare(self, a, b, None) if budget is None else (Status.UNKNOWN, None)

    monkeypatch.setattr(Prover, "compare", only_outputs)
    builder = Builder()
    x = builder.inputs(24)
    builder.output(x.parity())
    builder.output(x.all())
    circuit = builder.build()
    wrong = replace(circuit, outputs=[circuit.outputs[0], 0])
    assert equivalent(circuit, rewritten(circuit)).undecided > 0
    check(circuit, rewritten(circuit), True)
    check(circuit, wrong, False)


def test_a_merged_gate_that_is_met_again_keeps_its_complement() -> None:
    """p ^ q is first met as ~p' ^ q with p' = p, merged with another form of the XNOR, and then met as itself."""
    builder = Builder()
    x = builder.inputs(4)
    p, q = x[0] & x[1], x[3]
    xnor = ~(p & ~q) & ~(~p & q)
    opposite = ~p & ~(p & x[2])
    builder.outputs([xnor, opposite ^ q, p ^ q])
    circuit = builder.build()
    builder = Builder()
    x = builder.inputs(4)
    exclusive = (x[0] & x[1]) ^ x[3]
    builder.outputs([~exclusive, ~exclusive, exclusive])
    check(circuit, builder.build(), True)
    check(circuit, rewritten(builder.build()), True)


def test_false_candidates_are_refuted_and_refine_the_classes() -> None:
    """Nodes that are nearly always 0 look alike at random; a counterexample tells many apart at once."""
    builder = Builder()
    x = builder.inputs(40)
    builder.outputs([Word(x[i : i + 20]).all() for i in range(20)])
    circuit = builder.build()
    answer = equivalent(circuit, rewritten(circuit))
    assert answer.equivalent
    assert 0 < answer.refutations < circuit.num_gates
    assert answer.merges > 0


def test_sums_in_another_order_are_equal_and_off_by_one_is_not() -> None:
    """(a + b) + c = a + (b + c) at 8 bits; the inputs' names do not matter."""
    builder = Builder("left")
    a, b, c = (builder.inputs(8, name) for name in "abc")
    builder.outputs((a + b) + c)
    left = builder.build()
    for constant, same in ((0, True), (1, False)):
        builder = Builder("right")
        a, b, c = builder.inputs(8, "p"), builder.inputs(8, "q"), builder.inputs(8, "r")
        builder.outputs(a + (b + c) + builder.constant(constant, 8), "z")
        check(left, builder.build(), same)


def test_inner_nodes_merge_so_that_proofs_stay_small() -> None:
    """A rewritten Feistel network merges node by node, none is left undecided, and the same seed does the same."""
    circuit = feistel(32, 16)
    answer = equivalent(circuit, rewritten(circuit))
    assert answer.equivalent
    assert answer.merges > circuit.num_gates // 2
    assert answer.undecided == 0
    assert equivalent(circuit, rewritten(circuit)) == answer


def test_unequal_widths_are_an_error() -> None:
    """The message names both circuits and their widths."""
    adder = next(row.circuit for row in TABLE if str(row) == "adder")
    with pytest.raises(CircuitError, match="'adder' has 8 inputs, but 'identity' has 3"):
        equivalent(adder, TABLE[0].circuit)
    with pytest.raises(CircuitError, match="'adder' has 5 outputs, but 'adder' has 1"):
        equivalent(adder, cone(adder, ["y[0]"]))


@pytest.mark.skipif(shutil.which("berkeley-abc") is None, reason="the program `berkeley-abc` is not on PATH")
@pytest.mark.parametrize("same", [True, False])
def test_abc_agrees_about_its_own_rewriting(same: bool, tmp_path: Path) -> None:
    """ABC rewrites a Feistel network; `cec` and we say the same of the result, whole and with a gate broken."""
    circuit = feistel(32, 8)
    write(circuit, tmp_path / "a.aig")
    commands = "read a.aig; strash; dc2; balance; rewrite; refactor; balance; write_aiger b.aig"
    subprocess.run(["berkeley-abc", "-q", commands], cwd=tmp_path, check=True, capture_output=True)
    other = read(tmp_path / "b.aig")
    if not same:
        fanin1 = other.fanin1.copy()
        fanin1[np.flatnonzero(~other.is_xor)[200]] ^= 1
        other = replace(other, fanin1=fanin1)
        write(other, tmp_path / "b.aig")
    check(circuit, other, same)
    done = subprocess.run(["berkeley-abc", "-q", "cec -n a.aig b.aig"], cwd=tmp_path, check=True, capture_output=True)
    assert ("Networks are equivalent" in done.stdout.decode()) is same


@pytest.mark.parametrize("seed", range(20))
def test_complements_that_merging_brings_to_a_xor_are_kept(seed: int) -> None:
    """A small S-box network read back through another form: its XORs get complemented operands as nodes merge."""
    circuit = family("spn").build(bits=4, rounds=8, seed=seed).circuit
    assert equivalent(circuit, to_circuit(compile(circuit)))
    spoilt = replace(circuit, outputs=circuit.outputs ^ np.eye(4, dtype=np.int32)[seed % 4])
    answer = equivalent(spoilt, to_circuit(compile(circuit)))
    assert answer.counterexample is not None
