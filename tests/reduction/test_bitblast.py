"""Bit-blasting: the circuit is the integers, bit for bit, on all inputs; and what is broken on purpose is seen."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits import Bit, Builder, Circuit, Word
from circuits.circuit import TRUE
from circuits.families import family
from circuits.formats import read, write
from circuits.reference import evaluate
from circuits.simulation import outputs_of_range, truth_table, unpack
from reductions import ReductionError
from reductions.bitblast import Reach, Signed, bitblast, weighted_sum
from reductions.bitblast import adder as adder_module
from reductions.bitblast.adder import signed_digits
from reductions.fixed_point import FixedPointNetwork, Precision, quantise
from reductions.networks import (
    CLIP,
    IDENTITY,
    MAGNITUDE,
    RELU,
    TENT,
    Network,
    NetworkBuilder,
    PiecewiseLinear,
    tabulated,
)
from reductions.patterns import signs_of

ACTIVATIONS = (
    IDENTITY,
    RELU,
    MAGNITUDE,
    CLIP,
    TENT,
    tabulated(torch.tanh, -4.0, 4.0, 64, "tanh"),
    tabulated(torch.sigmoid, -4.1, 4.3, 37, "sigmoid"),
    PiecewiseLinear("leaky", (0.0,), (0.3,), 0.1, 1.3),
    PiecewiseLinear("steep", (-0.05, 0.05), (-1.0, 1.0)),
    PiecewiseLinear("zigzag", (-1.0, 0.2, 0.3, 2.0), (0.5, -0.3, 0.2, 0.25), -3.7, 0.01),
)


def integers(fixed: FixedPointNetwork) -> np.ndarray:
    """The outputs of the integer reference at all vertices, in the order of the integers that encode them."""
    d = fixed.network.inputs
    return fixed.run(fixed.encode(signs_of(torch.arange(1 << d), d, dtype=torch.float64)))


def numbers(circuit: Circuit, outputs: int) -> np.ndarray:
    """The words `value[j]` of the circuit at all inputs, as signed integers."""
    lanes = 1 << circuit.num_inputs
    bits = unpack(outputs_of_range(circuit, 0, lanes), lanes).astype(np.int64)
    columns = []
    for j in range(outputs):
        rows = [i for i, name in enumerate(circuit.output_names) if name.startswith(f"value[{j}][")]
        weights = [1 << k for k in range(len(rows))]
        weights[-1] = -weights[-1]
        columns.append(np.array(weights) @ bits[rows])
    return np.stack(columns, axis=1)


def signs(circuit: Circuit) -> np.ndarray:
    lanes = 1 << circuit.num_inputs
    return unpack(outputs_of_range(circuit, 0, lanes), lanes).T


def is_identical(fixed: FixedPointNetwork, most_values: int = 16) -> bool:
    """Words and signs of the circuit are the integer reference's, at every vertex."""
    reference = integers(fixed)
    words = numbers(bitblast(fixed, words=True, most_values=most_values), reference.shape[1])
    return np.array_equal(words, reference) and np.array_equal(
        signs(bitblast(fixed, most_values=most_values)), reference >= 0
    )


def random_network(seed: int, inputs: int, rows: int) -> Network:
    """A random graph that skips levels, reads nodes twice, and has all kinds of activations."""
    rng = np.random.default_rng(seed)
    builder = NetworkBuilder(inputs)
    for n in range(inputs, inputs + rows):
        reads = rng.integers(0, n, rng.integers(0, 5)).tolist()
        bias = float(rng.normal() * rng.integers(0, 2))
        activation = ACTIVATIONS[rng.integers(len(ACTIVATIONS))]
        builder.node(reads, (1.5 * rng.normal(size=len(reads))).tolist(), bias, activation)
    return builder.build([inputs + rows - 1, inputs + rows - 2, inputs, 0])


def planted(name: str, bits: int, rounds: int, seed: int, *, noisy: bool) -> tuple[Circuit, Network]:
    """The inverse of a family's member, and the network of it, perhaps behind noise and a steep clip."""
    inverse = family(name).build(bits, rounds, seed).inverse
    builder = NetworkBuilder(bits)
    nodes = builder.input_nodes
    if noisy:
        noise = 0.2 * np.random.default_rng(seed).normal(size=bits)
        nodes = builder.scaled(builder.scaled(nodes, bias=noise.tolist()), 30.0, activation=CLIP)
    return inverse, builder.build(builder.circuit(inverse, nodes))


def perceptron(seed: int, inputs: int = 6, width: int = 6) -> Network:
    rng = np.random.default_rng(seed)
    builder = NetworkBuilder(inputs)
    nodes = builder.dense(builder.input_nodes, rng.normal(size=(width, inputs)), rng.normal(size=width), RELU)
    return builder.build(builder.dense(nodes, rng.normal(size=(3, width)), rng.normal(size=3)))


# -- the circuit is the integers ------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    precision=st.builds(Precision, st.integers(0, 9), st.integers(0, 9)),
    most_values=st.sampled_from([0, 1, 4, 16, 64]),
)
def test_the_circuit_is_bit_identical_on_all_inputs(seed: int, precision: Precision, most_values: int) -> None:
    """On random graphs with every kind of activation, words and signs agree at all 2^5 inputs."""
    assert is_identical(quantise(random_network(seed, 5, 7), precision), most_values)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda one: one.name)
@pytest.mark.parametrize("precision", [Precision(0, 0), Precision(8, 8), Precision(3, 12), Precision(11, 2)], ids=str)
def test_every_activation_at_every_kind_of_precision(activation: PiecewiseLinear, precision: Precision) -> None:
    """Two layers of one activation on 6 inputs, whose sums run over all of its pieces."""
    rng = np.random.default_rng(7)
    builder = NetworkBuilder(6)
    nodes = builder.dense(builder.input_nodes, rng.normal(size=(2, 6)), rng.normal(size=2), activation)
    nodes = builder.dense(nodes, 2 * rng.normal(size=(2, 2)), rng.normal(size=2), activation)
    assert is_identical(quantise(builder.build(nodes), precision))


def test_a_table_of_4096_pieces() -> None:
    """A node whose activation is a table of 4096 pieces is right on all 2^8 inputs, at 10 bits."""
    table = tabulated(torch.tanh, -4.0, 4.0, 4096, "tanh")
    builder = NetworkBuilder(8)
    weight = np.random.default_rng(3).normal(size=(1, 8))
    fixed = quantise(builder.build(builder.dense(builder.input_nodes, weight, np.zeros(1), table)), Precision(10, 10))
    assert is_identical(fixed)


@pytest.mark.parametrize(("name", "bits", "rounds"), [("toffoli", 10, 40), ("feistel", 10, 4), ("spn", 8, 2)])
@pytest.mark.parametrize("noisy", [False, True])
def test_a_planted_network_becomes_its_circuit_again(name: str, bits: int, rounds: int, noisy: bool) -> None:
    """The blasted circuit computes the inverse on all inputs, and where values are listed is no larger than it."""
    inverse, network = planted(name, bits, rounds, 3, noisy=noisy)
    fixed = quantise(network, Precision(8, 8))
    assert is_identical(fixed)
    circuit = bitblast(fixed)
    assert np.array_equal(truth_table(circuit), truth_table(inverse))
    assert circuit.num_gates <= inverse.num_gates
    plain = bitblast(fixed, most_values=0)
    assert np.array_equal(truth_table(plain), truth_table(inverse))
    assert plain.num_gates > circuit.num_gates


def test_a_network_by_hand() -> None:
    """|2.7 x - 1.3 y| at bits (2, 1) in fractions, by a second simulator: the AIGER file run by the reference."""
    b = NetworkBuilder(2)
    network = b.build([b.node([0, 1], [2.7, -1.3], -0.6, MAGNITUDE)])
    fixed = quantise(network, Precision(2, 1))
    circuit = bitblast(fixed, "by hand", words=True)
    for x in range(4):
        u, v = (1 if x & 1 else -1), (1 if x & 2 else -1)
        exact = abs(Fraction(10, 4) * u - Fraction(5, 4) * v - Fraction(2, 4))
        assert evaluate(circuit, x) == math.floor(exact * 2)


@pytest.mark.parametrize("seed", range(3))
def test_its_aiger_file_is_the_integers_to_another_simulator(seed: int, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Written as AIGER, read back, and run by Python integers, the circuit has the signs of the integer reference."""
    fixed = quantise(perceptron(seed), Precision(4, 4))
    write(bitblast(fixed), tmp_path / "blasted.aig")
    circuit = read(tmp_path / "blasted.aig")
    expected = (integers(fixed) >= 0) @ (1 << np.arange(3))
    assert [evaluate(circuit, x) for x in range(64)] == expected.tolist()


def test_names_and_shapes() -> None:
    """Inputs are x[i]; outputs are sign[j], or words value[j][k] that are just wide enough."""
    b = NetworkBuilder(2)
    network = b.build([b.node([0, 1], [1.0, 1.0]), 1, b.node([], [], 3.0)])
    fixed = quantise(network, Precision(0, 0))
    circuit = bitblast(fixed, "three")
    assert circuit.input_names == ("x[0]", "x[1]")
    assert circuit.output_names == ("sign[0]", "sign[1]", "sign[2]")
    assert circuit.name == "three"
    words = bitblast(fixed, words=True)
    assert words.output_names == tuple(f"value[{j}][{k}]" for j, width in enumerate((3, 2, 3)) for k in range(width))


def test_a_network_without_boolean_inputs_is_refused() -> None:
    """A box without -1 and +1 has no Boolean inputs."""
    fixed = quantise(perceptron(0), Precision(4, 4), high=0.5)
    with pytest.raises(ReductionError, match=r"quantise it on \[-1, 1\]"):
        bitblast(fixed)


def test_gates_grow_no_faster_than_edges_times_bits_squared() -> None:
    """A perceptron takes at most 3 gates per edge and b (b + 4): the square is the product of weight and value."""
    network = perceptron(1, 8, 12)
    for bits in (2, 4, 8, 12):
        gates = bitblast(quantise(network, Precision(bits, bits))).num_gates
        assert gates <= 3 * network.parameters * bits * (bits + 4)


# -- the parts ------------------------------------------------------------------------------------------------------


@given(n=st.integers(-(10**9), 10**9))
def test_signed_digits(n: int) -> None:
    """The digits add up to n, no two are neighbours, and there are no more than in binary."""
    digits = list(signed_digits(n))
    assert sum(digit << k for k, digit in digits) == n
    assert all(b - a >= 2 for (a, _), (b, _) in pairwise(digits))
    assert len(digits) <= abs(n).bit_count() or n == 0


@given(
    coefficients=st.lists(st.tuples(st.integers(-99, 99), st.integers(0, 9)), max_size=9),
    constant=st.integers(-999, 999),
    width=st.integers(1, 12),
)
def test_a_weighted_sum(coefficients: list[tuple[int, int]], constant: int, width: int) -> None:
    """Integers times bits, complements and constants among them, add up modulo 2^width."""
    builder = Builder()
    inputs = list(builder.inputs(4))
    bits = [*inputs, *(~bit for bit in inputs), builder.false, builder.true]
    builder.outputs(weighted_sum(builder, [(c, bits[i]) for c, i in coefficients], constant, width))
    circuit = builder.build()
    for x in range(16):
        values = [x >> i & 1 for i in range(4)]
        values += [*(1 - v for v in values), 0, 1]
        assert evaluate(circuit, x) == (constant + sum(c * values[i] for c, i in coefficients)) % (1 << width)


@given(low=st.integers(-40, 40), size=st.integers(0, 60), bound=st.integers(-60, 110))
def test_comparison_with_a_bound(low: int, size: int, bound: int) -> None:
    """`at_least` compares every number of an interval with any bound, and with no gate where the interval decides."""
    reach = Reach(low, low + size)
    builder = Builder()
    word = builder.inputs(reach.width)
    builder.output(Signed(builder, word, reach).at_least(bound))
    circuit = builder.build()
    for v in range(low, low + size + 1):
        assert evaluate(circuit, v % (1 << reach.width)) == (v >= bound)
    assert circuit.num_gates < reach.width
    assert circuit.num_gates == 0 or low < bound <= low + size


@given(a=st.sets(st.integers(-20, 20), min_size=1), b=st.sets(st.integers(-20, 20), min_size=1),
       weight=st.integers(-5, 5), most=st.integers(0, 30))  # fmt: skip
def test_a_reach_holds_all_sums(a: set[int], b: set[int], weight: int, most: int) -> None:
    """Every v + weight w is within the reach, whether it lists values or spans them, and its width holds the ends."""
    reach = Reach.of(a, most).plus(weight, Reach.of(b, most), most)
    sums = {v + weight * w for v in a for w in b}
    assert reach.low == min(sums)
    assert reach.high == max(sums)
    assert reach.values is None or set(reach.values) == sums
    assert all(-(1 << reach.width - 1) <= v < 1 << reach.width - 1 for v in sums)
    assert reach.width == 1 or max(sums) >= 1 << reach.width - 2 or min(sums) < -(1 << reach.width - 2)


# -- what is broken on purpose --------------------------------------------------------------------------------------


def test_too_few_fraction_bits_change_signs() -> None:
    """At 1 bit the perceptron's signs differ from the real network's; at 12 bits they do not."""
    network = perceptron(2)
    wanted = (network(signs_of(torch.arange(64), 6, dtype=torch.float64)) >= 0).numpy()
    assert not np.array_equal(signs(bitblast(quantise(network, Precision(1, 1)))), wanted)
    assert np.array_equal(signs(bitblast(quantise(network, Precision(12, 12)))), wanted)


@pytest.mark.parametrize("most_values", [0, 16])
def test_too_few_integer_bits_are_seen(monkeypatch: pytest.MonkeyPatch, most_values: int) -> None:
    """Words a bit too narrow overflow: the circuit differs from the integers."""
    fixed = quantise(perceptron(0), Precision(4, 4))
    assert is_identical(fixed, most_values)
    width = Reach.width.fget  # type: ignore[attr-defined]
    monkeypatch.setattr(Reach, "width", property(lambda reach: max(1, width(reach) - 1)))
    assert not is_identical(fixed, most_values)


def test_a_dropped_carry_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """An adder that loses one carry is seen in four of five places; elsewhere that carry leaves the word or is 0."""
    fixed = quantise(perceptron(0), Precision(4, 4))
    reference, add3 = integers(fixed), adder_module._add3
    dropped, count, seen = 0, 0, []

    def lossy(a: Bit, b: Bit, c: Bit) -> tuple[Bit, Bit]:
        nonlocal count
        total, carry = add3(a, b, c)
        count += 1
        return total, a.builder.false if count == dropped else carry

    monkeypatch.setattr(adder_module, "_add3", lossy)
    assert is_identical(fixed)
    for dropped in range(1, 300, 12):
        count = 0
        seen.append(not np.array_equal(numbers(bitblast(fixed, words=True), 3), reference))
        assert count >= dropped
    assert sum(seen) >= 0.8 * len(seen)


def test_a_rectifier_made_linear_is_seen() -> None:
    """One relu replaced by the identity: the circuit differs from the integers of the network as it was."""
    network = perceptron(0)
    for node in range(6):
        kind = network.kind.copy()
        kind[node] = kind[-1]
        mutant = Network(
            network.inputs, network.start, network.source, network.weight, network.bias, kind, network.activations,
            network.outputs,
        )  # fmt: skip
        made = numbers(bitblast(quantise(mutant, Precision(6, 6)), words=True), 3)
        assert not np.array_equal(made, integers(quantise(network, Precision(6, 6))))


def test_every_gate_counts() -> None:
    """Of the gates of a small blasted circuit, turning any AND into an XOR or back is seen, with few exceptions."""
    fixed = quantise(perceptron(0, 5, 2), Precision(2, 2))
    circuit, reference = bitblast(fixed, words=True), integers(fixed)
    missed = 0
    for gate in range(circuit.num_gates):
        if circuit.is_xor[gate] or (circuit.fanin0[gate] | circuit.fanin1[gate]) & 1:
            continue
        flipped = circuit.is_xor.copy()
        flipped[gate] = TRUE
        mutant = Circuit(circuit.input_names, circuit.output_names, circuit.fanin0, circuit.fanin1, flipped,
                         circuit.outputs)  # fmt: skip
        missed += np.array_equal(numbers(mutant, 3), reference)
    assert missed <= circuit.num_gates // 50


def test_a_word_is_not_a_list_of_any_bits() -> None:
    """A word too short for its reach is not made: the width is the reach's."""
    builder = Builder()
    made = Signed.made(builder, builder.inputs(5), Reach(-3, 3))
    assert len(made.word) == 3
    assert isinstance(made.word, Word)
