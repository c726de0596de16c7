"""The graph, the builder and the functions from circuits to circuits, against Python integers."""

from __future__ import annotations

from collections.abc import Callable

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from table import TABLE, Row

from circuits import (
    Builder,
    Circuit,
    CircuitError,
    Word,
    compose,
    cone,
    evaluate,
    evaluate_lanes,
    influence,
    mux,
    restrict,
    tensor,
)
from circuits.ports import ports


@pytest.mark.parametrize("row", TABLE, ids=repr)
def test_reference_evaluator_agrees_with_the_integer_function(row: Row) -> None:
    """Each circuit of the table computes its function, one input at a time and all lanes at once."""
    width = row.circuit.num_inputs
    assert [evaluate(row.circuit, x) for x in range(1 << width)] == row.outputs()
    columns = [sum((x >> i & 1) << x for x in range(1 << width)) for i in range(width)]
    lanes = evaluate_lanes(row.circuit, columns, 1 << width)
    assert [sum((lane >> x & 1) << i for i, lane in enumerate(lanes)) for x in range(1 << width)] == row.outputs()


@given(st.integers(1, 12), st.data())
def test_word_arithmetic_is_arithmetic_modulo_a_power_of_two(width: int, data: st.DataObject) -> None:
    """Sum, difference, product, comparison, shift, rotation and mux of words agree with Python's."""
    a, b = (data.draw(st.integers(0, 2**width - 1)) for _ in range(2))
    by = data.draw(st.integers(-width, width))
    builder = Builder()
    x, y = builder.inputs(width, "a"), builder.inputs(width, "b")
    mask = 2**width - 1
    expected = [(x + y, a + b & mask), (x - y, a - b & mask), (x * y, a * b & mask), (x.times(y), a * b)]
    expected += [
        (mux(x.less_than(y), x, y), min(a, b)),
        (Word([x.equals(y), x.any(), x.all()]), (a == b) + 2 * (a > 0) + 4 * (a == mask)),
    ]
    expected += [(x.shift_left(by), (a << by & mask) if by >= 0 else a >> -by)]
    expected += [(x.rotate_left(by), (a << by % width | a >> width - by % width) & mask)]
    for word, _ in expected:
        builder.outputs(word, f"r{builder.num_gates}.{len(builder._output_names)}")
    result = evaluate(builder.build(), a | b << width)
    for word, value in expected:
        assert result & (1 << len(word)) - 1 == value
        result >>= len(word)


def test_structural_hashing_finds_equal_gates() -> None:
    """The same gate is made once, whatever the order of its operands and the complements of a XOR."""
    b = Builder()
    x, y = b.inputs(2)
    assert (x & y).literal == (y & x).literal
    assert (x ^ ~y).literal == (~(y ^ x)).literal
    assert b.num_gates == 2
    assert (x & ~x).literal == (x ^ x).literal == b.false.literal
    assert (x & b.true).literal == (x ^ b.false).literal == x.literal


def test_a_circuit_is_immutable_and_compares_by_content() -> None:
    """Arrays are read-only; equal graphs are equal and hash alike; the name does not count."""
    first, second = (next(row.circuit for row in TABLE if str(row) == "adder") for _ in range(2))
    with pytest.raises(ValueError, match="read-only"):
        first.fanin0[0] = 4
    assert first == second.renamed("other")
    assert hash(first) == hash(second)
    assert first != cone(first, first.output_names[:2])


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"fanin1": [8]}, "reads itself or a later node"),
        ({"fanin0": [4], "fanin1": [2]}, "increasing order"),
        ({"fanin0": [0]}, "constant excluded"),
        ({"fanin0": [-2]}, "constant excluded"),
        ({"is_xor": [True], "fanin1": [5]}, "bears a complement"),
        ({"outputs": [8]}, "no literal"),
        ({"outputs": [-1]}, "no literal"),
        ({"outputs": [2, 4]}, "2 outputs, but 1 output names"),
        ({"is_xor": []}, "different lengths"),
        ({"input_names": ("a", "a")}, "two inputs are named 'a'"),
    ],
)
def test_arrays_that_are_no_circuit_are_refused(change: dict[str, object], complaint: str) -> None:
    """The constructor says which rule the arrays break."""
    arrays = {
        "input_names": ("a", "b"),
        "output_names": ("y",),
        "fanin0": [2],
        "fanin1": [4],
        "is_xor": [False],
        "outputs": [6],
    }
    with pytest.raises(CircuitError, match=complaint):
        Circuit(**(arrays | change))  # type: ignore[arg-type]


def test_misuse_of_the_builder_is_named() -> None:
    """Late inputs, foreign bits, unequal widths and `if bit` each get an error that says what to do."""
    b, other = Builder("one"), Builder("two")
    x = b.inputs(2)
    with pytest.raises(CircuitError, match="was used in 'two'"):
        other.input() & x[0]
    with pytest.raises(CircuitError, match="extend one of them"):
        x + x[:1]
    with pytest.raises(CircuitError, match="use mux"):
        bool(x[0])
    b.output(x[0] & x[1])
    with pytest.raises(CircuitError, match="declare all inputs first"):
        b.input("late")


@pytest.mark.parametrize("row", [row for row in TABLE if row.circuit.num_inputs], ids=repr)
def test_composition_tensor_restriction_and_cone(row: Row) -> None:
    """Each transform computes what its docstring says, on all inputs."""
    circuit, width = row.circuit, row.circuit.num_inputs
    both = tensor(circuit, circuit)
    for x in range(1 << width):
        y = row.function(x)
        assert evaluate(both, x | (x ^ 1) << width) == y | row.function(x ^ 1) << circuit.num_outputs
    fixed = restrict(circuit, {"x[0]": 1})
    assert [evaluate(fixed, x) for x in range(1 << width - 1)] == [
        row.function(x << 1 | 1) for x in range(1 << width - 1)
    ]
    if circuit.num_outputs:
        last = cone(circuit, circuit.output_names[-1:])
        assert last.num_gates <= circuit.num_gates
        assert [evaluate(last, x) for x in range(1 << width)] == [y >> circuit.num_outputs - 1 for y in row.outputs()]
    if circuit.num_outputs == width:
        twice = compose(circuit, circuit)
        assert [evaluate(twice, x) for x in range(1 << width)] == [
            row.function(row.function(x)) for x in range(1 << width)
        ]


def test_influence_names_the_inputs_below_an_output() -> None:
    """A bit of a sum depends on its own and lower positions only."""
    b = Builder()
    x = b.inputs(8)
    b.outputs(x[:4] + x[4:])
    assert influence(b.build(), ["y[1]"]) == ("x[0]", "x[1]", "x[4]", "x[5]")


def test_unknown_names_and_wrong_widths_are_errors() -> None:
    """Composition, restriction and cone name the mismatch."""
    circuit = TABLE[0].circuit
    with pytest.raises(CircuitError, match="no input 'q'"):
        restrict(circuit, {"q": 1})
    with pytest.raises(CircuitError, match="no output 'q'"):
        cone(circuit, ["q"])
    with pytest.raises(CircuitError, match="has 1 inputs, but"):
        compose(TABLE[1].circuit, circuit)


def test_networkx_view_has_the_same_depth() -> None:
    """The longest path in the view, less the edge into the output, is the depth."""
    circuit = next(row.circuit for row in TABLE if str(row) == "multiplier")
    graph = circuit.to_networkx()
    assert nx.dag_longest_path_length(nx.DiGraph(graph)) - 1 == circuit.depth
    assert sum(kind == "xor" for _, kind in graph.nodes(data="kind")) == circuit.num_xors


def test_a_large_circuit_takes_memory_in_proportion_to_its_gates() -> None:
    """Ten thousand levels, no recursion; arrays of nine bytes a gate."""
    b = Builder()
    x = b.inputs(64)
    for _ in range(400):
        x = (x + x.rotate_left(7)) ^ x.rotate_left(31)
    b.outputs(x)
    circuit = b.build()
    assert circuit.depth > 10_000
    assert sum(a.nbytes for a in (circuit.fanin0, circuit.fanin1, circuit.is_xor)) == 9 * circuit.num_gates
    assert cone(circuit).num_gates <= circuit.num_gates


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ((), []),
        (("a[0]", "a[1]", "b[0]"), [("a", 0, 2), ("b", 2, 1)]),
        (("a", "a[1]"), [("a", 0, 1), ("a[1]", 1, 1)]),
        (("a[1]", "a[2]"), [("a[1]", 0, 1), ("a[2]", 1, 1)]),
        (("a[0]", "a[2]", "carry"), [("a", 0, 1), ("a[2]", 1, 1), ("carry", 2, 1)]),
        (("a[0][0]", "a[0][1]"), [("a[0]", 0, 2)]),
    ],
)
def test_words_are_found_in_names(names: tuple[str, ...], words: list[tuple[str, int, int]]) -> None:
    """Consecutive indices from 0 make a word; anything else is a word of one bit by its full name."""
    assert [(port.name, port.first, port.width) for port in ports(names)] == words
    assert sum(port.value(2**9 - 1).bit_count() for port in ports(names)) == len(names)


def test_digests_tell_names_and_counts_apart() -> None:
    """No choice of names makes two different circuits equal."""
    empty = np.array([], dtype=np.int32)
    one = Circuit(("a\0b",), ("y",), empty, empty, empty, [2])
    two = Circuit(("a", "b"), ("y",), empty, empty, empty, [2])
    assert one != two
    with pytest.raises(CircuitError, match="no Unicode text"):
        Circuit(("\ud800",), ("y",), empty, empty, empty, [2])


def test_an_assignment_has_no_more_bits_than_the_circuit() -> None:
    """Bits beyond the inputs are an error, not ignored."""
    for x in (8, -1):
        with pytest.raises(CircuitError, match="no assignment"):
            evaluate(TABLE[0].circuit, x)


@pytest.mark.parametrize("operate", [lambda w: w.shift_left(1), lambda w: w.extended(3), Word.parity, Word.any])
def test_words_of_no_bits_say_so(operate: Callable[[Word], object]) -> None:
    """Arithmetic on nothing is an error with a remedy."""
    with pytest.raises(CircuitError, match="no bits"):
        operate(Word([]))
