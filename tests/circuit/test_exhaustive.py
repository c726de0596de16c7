"""Exhaustive simulation and bijectivity, against the table, the reference and numpy's sort."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from table import TABLE, Row

from circuits import Builder, Circuit, CircuitError, Word, evaluate
from circuits.simulation import (
    Engine,
    exhaustive,
    find_collision,
    is_permutation,
    outputs_of_range,
    truth_table,
    unpack,
)


def cascade(width: int, gates: int, seed: int, broken: int | None = None) -> Circuit:
    """Toffoli gates on random wires with random controls; gate `broken` writes c & a & b in place of c ^ a & b."""
    rng = np.random.default_rng(seed)
    builder = Builder(f"cascade {width}")
    wires = list(builder.inputs(width))
    for gate in range(gates):
        a, b, c = rng.permutation(width)[:3].tolist()
        control = wires[a] & ~wires[b]
        wires[c] = wires[c] & control if gate == broken else wires[c] ^ control
    builder.outputs(Word(wires))
    return builder.build()


@pytest.mark.parametrize("engine", list(Engine))
@pytest.mark.parametrize("row", TABLE, ids=repr)
def test_truth_table_of_each_circuit(row: Row, engine: Engine) -> None:
    """All 2^d outputs, as integers and as words whose bits beyond the last lane are 0, whatever the engine."""
    circuit, lanes = row.circuit, 1 << row.circuit.num_inputs
    assert truth_table(circuit, engine=engine).tolist() == row.outputs()
    seen = 0
    for first, words in exhaustive(circuit, engine=engine, block_words=3):
        assert first == seen
        here = min(64 * words.shape[1], lanes - first)
        bits = unpack(words)
        assert not bits[:, here:].any()
        for i in range(circuit.num_outputs):
            assert bits[i, :here].tolist() == [bool(y >> i & 1) for y in row.outputs()[first : first + here]]
        seen += here
    assert seen == lanes


@given(st.integers(0, 2**40), st.integers(0, 300), st.sampled_from([1, 2]))
@settings(max_examples=30)
def test_a_range_anywhere_among_many_inputs(block: int, count: int, threads: int) -> None:
    """Lanes far from 0 of a 64-bit circuit: the inputs above the block's own are right too."""
    b = Builder()
    b.outputs(b.inputs(64).rotate_left(1))
    words = outputs_of_range(b.build(), 64 * block, count, threads=threads)
    bits = unpack(words, count)
    for lane in {0, count // 2, count - 1} & set(range(count)):
        y = sum(int(bit) << i for i, bit in enumerate(bits[:, lane]))
        assert y == (64 * block + lane) << 1
    assert not unpack(words)[:, count:].any()


@settings(max_examples=25)
@given(st.integers(3, 14), st.integers(0, 30), st.integers(0, 2**32), st.sampled_from([1, 2]))
def test_cascades_are_permutations_and_broken_ones_collide(width: int, gates: int, seed: int, threads: int) -> None:
    """No collision in a Toffoli cascade; one Toffoli replaced by an AND gives two inputs with one output."""
    assert find_collision(cascade(width, gates, seed), threads=threads) is None
    broken = cascade(width, gates + 1, seed, broken=gates // 2)
    collision = find_collision(broken, threads=threads)
    assert collision is not None
    x, other = collision
    assert 0 <= x < other < 1 << width
    assert evaluate(broken, x) == evaluate(broken, other)


@pytest.mark.parametrize("row", [row for row in TABLE if row.circuit.num_inputs == row.circuit.num_outputs], ids=repr)
def test_bijectivity_of_the_table(row: Row) -> None:
    """The answer is that of a set of the table's outputs."""
    assert is_permutation(row.circuit) == (len(set(row.outputs())) == len(row.outputs()))


def test_one_collision_among_a_million_inputs_is_found() -> None:
    """Two outputs merged across the threads' shares: x = 0 and x = 2^20 - 1 both go to 0."""
    b = Builder()
    x = b.inputs(20)
    b.outputs(Word([bit & ~x.all() for bit in x]))
    for threads in (1, 2):
        assert find_collision(b.build(), threads=threads) == (0, 2**20 - 1)


def test_truth_table_agrees_with_numpy_on_a_sum() -> None:
    """Something that we did not write: numpy's integers, over 2^18 inputs and several chunks."""
    b = Builder()
    x = b.inputs(18)
    b.outputs(x[:9] + x[9:])
    xs = np.arange(2**18, dtype=np.uint64)
    for engine in Engine:
        assert np.array_equal(truth_table(b.build(), engine=engine, threads=2), (xs + (xs >> np.uint64(9))) % 512)


def test_limits_are_named() -> None:
    """Too many inputs, unequal widths and ranges outside say what to do instead."""
    b = Builder()
    b.outputs(b.inputs(29))
    with pytest.raises(CircuitError, match="ask SAT"):
        find_collision(b.build())
    with pytest.raises(CircuitError, match="use exhaustive"):
        truth_table(b.build())
    with pytest.raises(CircuitError, match="cannot be a permutation"):
        is_permutation(next(row.circuit for row in TABLE if str(row) == "adder"))
    with pytest.raises(CircuitError, match="multiple of 64"):
        outputs_of_range(b.build(), 32, 64)
    with pytest.raises(CircuitError, match="no range"):
        outputs_of_range(b.build(), 2**29 - 64, 65)
    with pytest.raises(CircuitError, match="by 0 words"):
        exhaustive(b.build(), block_words=0)
