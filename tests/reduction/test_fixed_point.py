"""Fixed point: truncation, integers only, eqs. (48)-(53), and the least number of bits with the right signs."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits.families import family
from reductions import ReductionError
from reductions.fixed_point import FixedPointNetwork, Precision, fixed_activation, quantise
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
from reductions.precision import Constants, deviations, least_precision, printed_bits

STANDARD = (IDENTITY, RELU, MAGNITUDE, CLIP, TENT)
ODD = (
    tabulated(torch.tanh, -4.0, 4.0, 64, "tanh"),
    tabulated(torch.sigmoid, -4.1, 4.3, 37, "sigmoid"),
    PiecewiseLinear("leaky", (0.0,), (0.3,), 0.1, 1.3),
    PiecewiseLinear("steep", (-0.05, 0.05), (-1.0, 1.0)),
    PiecewiseLinear("close", (0.1, 0.11, 0.7), (0.5, -0.3, 0.2), 3.7, 0.01),
)
PRECISIONS = st.builds(Precision, st.integers(0, 12), st.integers(0, 12))
ENDS = st.tuples(st.integers(-300, 300), st.integers(-300, 300))


def cube(d: int) -> torch.Tensor:
    return signs_of(torch.arange(1 << d), d, dtype=torch.float64)


def random_network(seed: int, inputs: int = 4, rows: int = 9) -> Network:
    """A random graph that skips levels, with all kinds of activations, and nodes that read nothing."""
    rng = np.random.default_rng(seed)
    builder = NetworkBuilder(inputs)
    kinds = STANDARD + ODD
    for n in range(inputs, inputs + rows):
        reads = rng.integers(0, n, rng.integers(0, 5)).tolist()
        bias = float(rng.normal() * rng.integers(0, 2))
        builder.node(reads, rng.normal(size=len(reads)).tolist(), bias, kinds[rng.integers(len(kinds))])
    return builder.build([inputs + rows - 1, inputs + rows // 2, 0])


def by_hand(fixed: FixedPointNetwork, x: list[int]) -> list[Fraction]:
    """The values of all nodes in fractions: exact sums, and the standard activations rounded down to delta_a."""
    network, delta_a = fixed.network, fixed.precision.delta_a
    same = {"identity": lambda s: s, "relu": lambda s: max(s, 0), "magnitude": abs,
            "clip": lambda s: min(max(s, -1), 1), "tent": lambda s: max(1 - abs(s), -1)}  # fmt: skip

    def truncated(w: float) -> Fraction:
        return math.trunc(Fraction(w) / fixed.precision.delta_w) * fixed.precision.delta_w

    values = [Fraction(v) for v in x]
    for row in range(len(network.bias)):
        edges = range(network.start[row], network.start[row + 1])
        total = sum((truncated(network.weight[e]) * values[network.source[e]] for e in edges), Fraction(0))
        total += truncated(network.bias[row])
        exact = same[network.activations[network.kind[row]].name](total)
        values.append(math.floor(exact / delta_a) * delta_a)
    return values


# -- activations ---------------------------------------------------------------------------------------------------


@given(activation=st.sampled_from(STANDARD + ODD), precision=PRECISIONS, more=st.integers(-3, 4))
def test_an_activation_is_within_delta_a(activation: PiecewiseLinear, precision: Precision, more: int) -> None:
    """|sigma' - sigma| <= delta_a in exact arithmetic, at the ends of all pieces and at random sums."""
    fixed = fixed_activation(activation, precision, max(0, precision.sum_bits + more))
    ends = [-1 << fixed.bits, (1 << fixed.bits) - 1]
    random = np.random.default_rng(more + 3).integers(ends[0], ends[1] + 1, 20)
    sums = np.concatenate([ends, random, fixed.threshold, fixed.threshold - 1])
    knots = [Fraction(knot) for knot in activation.knots]
    slopes = [Fraction(slope) for slope in activation.slopes]
    for s, value in zip(sums.tolist(), fixed(sums).tolist(), strict=True):
        real = Fraction(s, 1 << precision.sum_bits)
        piece = sum(knot <= real for knot in knots)
        anchor = max(piece - 1, 0)
        exact = Fraction(activation.values[anchor]) + slopes[piece] * (real - knots[anchor])
        assert abs(value * precision.delta_a - exact) <= precision.delta_a


@given(activation=st.sampled_from(STANDARD), precision=PRECISIONS, s=st.integers(-(1 << 30), (1 << 30) - 1))
def test_a_standard_activation_is_exact_before_it_is_rounded_down(
    activation: PiecewiseLinear, precision: Precision, s: int
) -> None:
    """sigma'(s) = floor(sigma(s) / delta_a) for the five named activations, at every precision: signs stay."""
    real = Fraction(s, 1 << precision.sum_bits)
    exact = {"identity": real, "relu": max(real, Fraction(0)), "magnitude": abs(real),
             "clip": min(max(real, Fraction(-1)), Fraction(1)), "tent": max(1 - abs(real), Fraction(-1))}  # fmt: skip
    value = int(fixed_activation(activation, precision, 30)(np.array([s]))[0])
    assert value == math.floor(exact[activation.name] / precision.delta_a)
    assert (value >= 0) == (exact[activation.name] >= 0)


@given(
    activation=st.sampled_from(STANDARD + ODD), bits=st.integers(0, 4), ends=st.tuples(*[st.integers(-300, 300)] * 2)
)
def test_the_range_of_an_activation_is_attained(activation: PiecewiseLinear, bits: int, ends: tuple[int, int]) -> None:
    """`range` is the least and the largest value over all sums between two, none left out."""
    fixed = fixed_activation(activation, Precision(bits, 4), 9)
    values = fixed(np.arange(min(ends), max(ends) + 1))
    assert fixed.range(min(ends), max(ends)) == (values.min(), values.max())


def test_a_table_of_4096_pieces() -> None:
    """A table of 4096 pieces, at 12 and 20 bits, stays within delta_a of it at 100 000 sums."""
    table = tabulated(torch.tanh, -4.0, 4.0, 4096, "tanh")
    for bits in (12, 20):
        precision = Precision(bits, bits)
        fixed = fixed_activation(table, precision, 2 * bits + 3)
        sums = np.random.default_rng(bits).integers(-1 << fixed.bits, 1 << fixed.bits, 100_000)
        exact = table(torch.from_numpy(np.ldexp(sums.astype(float), -2 * bits))).numpy()
        assert np.abs(np.ldexp(fixed(sums).astype(float), -bits) - exact).max() <= 2.0**-bits + 1e-12


# -- the network ---------------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), precision=PRECISIONS)
def test_weights_are_truncated_towards_zero(seed: int, precision: Precision) -> None:
    """|w'| <= |w|, |w - w'| < delta_w, and w' has w's sign or is 0."""
    network = random_network(seed)
    fixed = quantise(network, precision)
    for real, whole in ((network.weight, fixed.weight), (network.bias, fixed.bias)):
        truncated = np.ldexp(whole.astype(float), -precision.weight_bits)
        assert np.all(np.abs(truncated) <= np.abs(real))
        assert np.all(np.abs(truncated - real) < 2.0**-precision.weight_bits)
        assert np.all(truncated * real >= 0)


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), precision=PRECISIONS)
def test_integers_give_what_fractions_give(seed: int, precision: Precision) -> None:
    """On a random graph of standard activations, `values` is what Python's fractions give, at every vertex."""
    rng = np.random.default_rng(seed)
    builder = NetworkBuilder(3)
    for n in range(3, 10):
        reads = rng.integers(0, n, rng.integers(0, 4)).tolist()
        builder.node(reads, (2 * rng.normal(size=len(reads))).tolist(), float(rng.normal()), STANDARD[rng.integers(5)])
    network = builder.build([9])
    fixed = quantise(network, precision)
    values = fixed.values(fixed.encode(cube(3)))
    for x, row in zip(cube(3).int().tolist(), values.tolist(), strict=True):
        assert [v * precision.delta_a for v in row] == by_hand(fixed, x)
    assert np.array_equal(fixed.run(fixed.encode(cube(3)))[:, 0], values[:, 9])


def test_a_node_by_hand() -> None:
    """2.7 x - 1.3 y + 0.6 in bits (2, 1): (10 x - 5 y + 2) / 4 is 7/4 at (1, 1), so 1.5; -13/4 at (-1, 1), so -3.5."""
    builder = NetworkBuilder(2)
    network = builder.build([builder.node([0, 1], [2.7, -1.3], 0.6)])
    fixed = quantise(network, Precision(2, 1))
    assert (fixed.weight.tolist(), fixed.bias.tolist()) == ([10, -5], [2])
    assert fixed.decode(fixed.run(np.array([[2, 2], [-2, 2]]))).tolist() == [[1.5], [-3.5]]
    assert (fixed.low[2], fixed.high[2]) == (-7, 8)


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), precision=PRECISIONS, width=st.floats(0.5, 4))
def test_no_node_leaves_its_range(seed: int, precision: Precision, width: float) -> None:
    """Over random inputs and the corners of a box, low <= value <= high."""
    fixed = quantise(random_network(seed), precision, low=-width, high=[width, 0.0, width / 2, 0.0])
    rng = np.random.default_rng(seed)
    low, high = fixed.low[:4], fixed.high[:4]
    inputs = np.concatenate([rng.integers(low, high + 1, (30, 4)), np.where(rng.random((16, 4)) < 0.5, low, high)])
    values = fixed.values(inputs)
    assert np.all((fixed.low <= values) & (values <= fixed.high))


def test_a_compiled_circuit_needs_no_fraction_bits() -> None:
    """An inverse circuit as a network is exact at 0 bits after the point, at all 2^8 vertices."""
    inverse = family("spn").build(8, 2, 0).inverse
    builder = NetworkBuilder(8)
    network = builder.build(builder.circuit(inverse, builder.input_nodes))
    for precision in (Precision(0, 0), Precision(3, 0), Precision(0, 7), Precision(8, 8)):
        fixed = quantise(network, precision)
        x = cube(8)
        assert np.array_equal(fixed.decode(fixed.run(fixed.encode(x))), network(x).numpy())
        assert deviations(network, fixed, x).largest == 0
    assert least_precision(network, cube(8)).precision == Precision(0, 0)


def test_what_does_not_fit_into_62_bits_is_refused() -> None:
    """Too many bits, weights too large or a box too large raise, and name the node or activation; never overflow."""
    builder = NetworkBuilder(1)
    node = 0
    for _ in range(3):
        node = builder.node([node], [3.0], 0.5)
    network = builder.build([node])
    quantise(network, Precision(28, 28))
    with pytest.raises(ReductionError, match=r"the sum of node 3 takes integers of 6\d bits .* choose fewer bits"):
        quantise(network, Precision(29, 29))
    with pytest.raises(ReductionError, match="a weight takes"):
        quantise(network, Precision(61, 0))
    with pytest.raises(ReductionError, match="an input takes"):
        quantise(network, Precision(0, 40), high=1e9)
    b = NetworkBuilder(1)
    leaky = b.build([b.node([0], [1.0], activation=ODD[2])])
    with pytest.raises(ReductionError, match="activation 'leaky'"):
        quantise(leaky, Precision(30, 30))
    with pytest.raises(ReductionError, match="0 to 62"):
        Precision(-1, 3)


def test_inputs_that_cannot_be_taken_are_refused() -> None:
    """Inputs between two multiples of delta_a, outside the box, of a wrong shape or type raise."""
    fixed = quantise(random_network(0), Precision(4, 1))
    assert fixed.encode(torch.tensor([[0.5, -1, 1, 0]])).tolist() == [[1, -2, 2, 0]]
    with pytest.raises(ReductionError, match="multiples of delta_a"):
        fixed.encode(torch.tensor([[0.25, 0, 0, 0]]))
    with pytest.raises(ReductionError, match="outside the box"):
        fixed.encode(torch.tensor([[1.5, 0, 0, 0]]))
    for bad in (np.zeros((2, 3), dtype=np.int64), np.zeros((2, 4)), np.zeros(4, dtype=np.int64)):
        with pytest.raises(ReductionError, match="int64 of shape"):
            fixed.values(bad)
    with pytest.raises(ReductionError, match="no multiple"):
        quantise(random_network(0), Precision(4, 0), low=0.2, high=0.7)


# -- eqs. (48)-(53) ------------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), precision=PRECISIONS)
def test_no_node_is_farther_off_than_the_recursion_says(seed: int, precision: Precision) -> None:
    """At every depth the measured deviation is at most E_t of the recursion (53), on all inputs."""
    network = random_network(seed)
    fixed = quantise(network, precision)
    report = deviations(network, fixed, cube(4))
    assert [row.depth for row in report.by_depth] == list(range(1, network.depth + 1))
    for row in report.by_depth:
        assert row.measured <= float(row.recursion) + 1e-12
        assert row.recursion == report.constants.recursion(precision, row.depth)
    assert report.largest == max(row.measured for row in report.by_depth)
    assert np.all(report.nodes[:4] == 0)


@given(
    n=st.integers(1, 50), w=st.fractions(0, 9), lipschitz=st.fractions(0, 9), m=st.fractions(1, 9),
    depth=st.integers(1, 30),
)  # fmt: skip
def test_the_closed_form_is_the_recursion(n: int, w: Fraction, lipschitz: Fraction, m: Fraction, depth: int) -> None:
    """c (r^t - 1)/(r - 1), or c t for r = 1, is the recursion unrolled: an identity of fractions."""
    constants, precision = Constants(n, w, lipschitz, m), Precision(7, 4)
    assert constants.unrolled(precision, depth) == constants.recursion(precision, depth)
    same = Constants(n, Fraction(1, n), Fraction(1), m)
    assert same.unrolled(precision, depth) == same.recursion(precision, depth) == depth * same.fresh(precision)


def test_the_printed_forms_are_passed() -> None:
    """A chain of 0.999 v at L = N = 1 loses delta_a at every step: depth 40 is beyond (LNW)^t c and L (LNW)^{t-1} c."""
    builder = NetworkBuilder(1)
    node = 0
    for _ in range(40):
        node = builder.node([node], [1 - 2.0**-8])
    network = builder.build([node])
    report = deviations(network, quantise(network, Precision(8, 8)), cube(1))
    last = report.by_depth[-1]
    assert last.printed == last.printed_sum < last.measured / 4
    assert last.measured <= float(last.recursion)


def test_the_bounds_do_not_overflow() -> None:
    """Where LNW = 10^4 and the depth is 300 the bound has 1200 digits, and is still exact."""
    constants = Constants(100, Fraction(100), Fraction(1), Fraction(1))
    bound = constants.unrolled(Precision(8, 8), 300)
    assert bound == constants.recursion(Precision(8, 8), 300)
    assert len(str(math.floor(bound))) > 1190


def test_the_constants_are_the_network_s() -> None:
    """N counts the bias, W is the largest weight, L the steepest slope, and M at least the constant 1."""
    builder = NetworkBuilder(2)
    network = builder.build([builder.node([0, 1], [0.5, -3.0], 0.25, ODD[3])])
    constants = Constants.of(network, 0.5)
    assert (constants.fan_in, constants.weight_bound, constants.value_bound) == (3, 3, 1)
    assert constants.lipschitz == Fraction(network.lipschitz) == Fraction(ODD[3].slopes[1])


# -- bits ----------------------------------------------------------------------------------------------------------


def close_call() -> Network:
    """sgn(x + y + x y / 100 + ...) by hand: 0.01 (x XOR y) decides where x + y = 0, so about 7 bits are needed."""
    b = NetworkBuilder(2)
    tent = b.node([0, 1], [1.0, 1.0], activation=TENT)
    return b.build([b.node([0, 1, tent], [1.0, 1.0, -0.01])])


def test_the_least_precision_is_the_least() -> None:
    """0.01 is 0 below 7 bits: the sign at x + y = 0 is lost at 6 bits, right at 7."""
    network = close_call()
    least = least_precision(network, cube(2))
    assert least.precision == Precision(7, 7)
    wanted = network(cube(2)) >= 0
    for bits in range(9):
        fixed = quantise(network, Precision(bits, bits))
        agrees = np.array_equal(fixed.run(fixed.encode(cube(2))) >= 0, wanted.numpy())
        assert agrees == (bits >= 7)
    assert 0 < least.deviations.largest < 0.01


def test_no_precision_may_do() -> None:
    """Where the limit is too low, or 62 bits come first, the error says so."""
    with pytest.raises(ReductionError, match="up to 6 bits"):
        least_precision(close_call(), cube(2), most=6)
    b = NetworkBuilder(1)
    tiny = b.build([b.node([0], [-(2.0**-45)]), b.node([0], [2.0**20])])
    with pytest.raises(ReductionError, match=r"below 21 bits .* there: the sum of node 2"):
        least_precision(tiny, cube(1), most=60)
    with pytest.raises(ReductionError, match="at least one"):
        least_precision(tiny, cube(1)[:0])


def test_inputs_with_a_fraction_begin_at_their_own_bits() -> None:
    """Inputs that are multiples of 1/8 are compared from 3 bits on."""
    b = NetworkBuilder(1)
    network = b.build([b.node([0], [1.0])])
    assert least_precision(network, torch.tensor([[0.375], [-2.5]])).precision == Precision(3, 3)


@given(seed=st.integers(0, 2**32 - 1), exponent=st.integers(0, 12))
def test_the_printed_bits_are_the_least_with_a_bound_below_1(seed: int, exponent: int) -> None:
    """(LNW)^exponent (LNM delta_w + delta_a) < 1 at that many bits, and at no fewer."""
    network = random_network(seed)
    bits = printed_bits(network, 3.0, exponent)
    constants = Constants.of(network, 3.0)

    def bound(b: int) -> Fraction:
        delta = Fraction(1, 1 << b)
        return constants.growth**exponent * (constants.lipschitz * constants.fan_in * constants.value_bound + 1) * delta

    assert bound(bits) < 1
    assert bits == 0 or bound(bits - 1) >= 1


@pytest.mark.parametrize("bits", [2, 5, 8])
def test_a_rectifier_made_linear_is_seen(bits: int) -> None:
    """One relu replaced by the identity is what was computed, and moves the output by 1 or more."""
    b = NetworkBuilder(3)
    layer = b.dense([0, 1, 2], np.array([[1.0, -1.5, 0.5], [-0.5, 1.0, 1.0]]), np.zeros(2), RELU)
    network = b.build(b.dense(layer, np.array([[1.0, -1.0]]), np.zeros(1)))
    mutant = Network(network.inputs, network.start, network.source, network.weight, network.bias,
                     np.array([1, 0, 1]), network.activations, network.outputs)  # fmt: skip
    good, bad = quantise(network, Precision(bits, bits)), quantise(mutant, Precision(bits, bits))
    x = cube(3)
    right, wrong = (np.abs(one.decode(one.run(one.encode(x))) - network(x).numpy()).max() for one in (good, bad))
    assert right <= float(deviations(network, good, x).by_depth[-1].recursion)
    assert wrong >= 1 > right
