"""Models for the precision half of Theorem 2's proof: truncation, the two networks, circuits, counts."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given
from hypothesis import strategies as st

from circuits import evaluate
from claims.engine.balls import surely_holds, surely_violated
from claims.engine.cases import to_balls
from claims.engine.claim import Claim
from claims.engine.verdict import Verdict
from claims.engine.verify import Options, attack, decide
from claims.papers.pareek_risteski_2022 import (
    activations,
    bit_counts,
    bits,
    closed_form,
    conjecture_1,
    deltas,
    hard_coded,
    one_node,
    polynomial,
    recursion,
    simulation_size,
    unfolding,
)
from claims.papers.pareek_risteski_2022.fixed_point import PiecewiseLinear, inner_product, signed
from claims.papers.pareek_risteski_2022.precision import Network, Networks, truncate
from claims.papers.pareek_risteski_2022.remark_8 import FOURTH, SMOOTH, second, smooth

EIGHTHS = st.integers(-24, 24).map(lambda k: k / 8)


@given(st.lists(EIGHTHS, min_size=4, max_size=4), st.sampled_from([1.0, 0.5, 0.25]))
def test_truncation_is_towards_zero_and_onto_the_grid(weights: list[float], grid: float) -> None:
    """The kept weight is what integer division of exact fractions leaves, with the sign of the weight."""
    network = truncate([[weights[:2], weights[2:]]], (1, 1), grid)
    expected = [math.trunc(Fraction(w) / Fraction(grid)) * Fraction(grid) for w in weights]
    assert [Fraction(w) for w in network.truncated.ravel()] == expected
    assert network.weights.ravel().tolist() == weights


def test_network_is_torch_layer_by_layer() -> None:
    """E is torch's own linear layers with ReLU, E' the same with the truncated weights less the slips."""
    ensemble = Networks("relu", 2, 3, 1.0, *[bits.PositiveEnsemble(0.1)] * 3, aligned=False)
    case = ensemble.build(
        torch.randn(5, ensemble.size, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    )
    v = t = case.x
    for k in range(3):
        v = case.L[:, None] * torch.relu(torch.einsum("nij,nj->ni", case.weights[:, k], v))
        lost = case.delta_a[:, None] * case.slip[:, k]
        t = case.L[:, None] * torch.relu(torch.einsum("nij,nj->ni", case.truncated[:, k], t)) - lost
    exact, kept = case.outputs()
    torch.testing.assert_close(exact[-1], v)
    torch.testing.assert_close(kept[-1], t)
    torch.testing.assert_close(case.errors()[-1], (v - t).abs().amax(1))


@pytest.mark.parametrize(("terms", "width"), [(1, 1), (1, 4), (2, 2), (3, 1)])
def test_inner_product_is_that_of_numpy(terms: int, width: int) -> None:
    """The circuit's words, read as numpy integers, give numpy's dot product, for all inputs."""
    circuit = inner_product(terms, width)
    for x in range(1 << circuit.num_inputs):
        words = np.array([signed(x >> i * width, width) for i in range(2 * terms)])
        assert signed(evaluate(circuit, x), circuit.num_outputs) == int(np.dot(words[::2], words[1::2]))


def test_piecewise_linear_circuit_is_the_rectifier() -> None:
    """Two pieces with a knot at 0 are max(x, 0) on all words of five bits."""
    circuit = PiecewiseLinear(5, (0,), (0, 1), (0, 0)).circuit()
    for x in range(32):
        assert signed(evaluate(circuit, x), 11) == max(signed(x, 5), 0)


@given(st.permutations(list(range(8))))
def test_table_circuit_has_its_table(table: list[int]) -> None:
    """The circuit made from a table evaluates to it."""
    circuit = conjecture_1.table_circuit(table, 3)
    assert [evaluate(circuit, x) for x in range(8)] == table


def test_table_network_is_lipschitz_and_bounded() -> None:
    """Each t_j has slopes of at most 2 and values in [-1, 1], and n stays in 0..2^d - 1 for any input."""
    network = activations.TableNetwork(activations.two_bits())
    grid = [Fraction(k, 8) for k in range(25)]
    for j in range(2):
        values = [network.table(j, n) for n in grid]
        assert all(abs(b - a) <= 2 * Fraction(1, 8) for a, b in pairwise(values))
        assert all(abs(value) <= 1 for value in values)
    for x in ([Fraction(9), Fraction(-9)], [Fraction(1, 8), Fraction(0)]):
        assert 0 <= network.number(x) <= 3


def test_circuits_are_counted_generously() -> None:
    """With no gates there are no more functions than the bound, and it grows with every gate."""
    assert 2 ** activations.log_circuits(3, 0) >= 2 * 3 + 2
    counts = [activations.log_circuits(4, gates) for gates in range(20)]
    assert counts == sorted(counts)


@pytest.mark.parametrize("name", SMOOTH)
def test_second_derivative_is_autograd_s(name: str) -> None:
    """The closed form is what torch differentiates, and the bound of the fourth derivative holds and is attained."""
    x = torch.linspace(-5, 5, 2001, dtype=torch.float64, requires_grad=True)
    value = smooth(name, x)
    derivatives = []
    for _ in range(4):
        value = torch.autograd.grad(value.sum(), x, create_graph=True)[0] if value.requires_grad else 0 * x
        derivatives.append(value)
    torch.testing.assert_close(second(name, x), derivatives[1])
    if name in FOURTH:
        assert 0.99 * FOURTH[name] <= float(derivatives[3].detach().abs().max()) <= FOURTH[name]


def test_half_normal_probability_is_that_of_samples() -> None:
    """Pr[min |z_i| <= eta] agrees with a million normal samples."""
    z = torch.randn(250_000, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    share = (z.abs().amin(1) <= 0.1).double().mean()
    exact = bits.HalfNormal(4, torch.tensor([0.1], dtype=torch.float64)).some_below()
    assert abs(float(share - exact[0])) < 0.005


def test_repaired_deltas_pass_where_the_printed_ones_fail() -> None:
    """With the lost factor LN the body that refutes step-delta holds, for every constant c < 1 and dimension."""
    case = deltas.Fractions(12)
    assert surely_holds(to_balls(deltas._some_constant(case, range(1, 9), more=1)))
    assert all((case.gains(d, more=1) > 0).all() for d in range(1, 9))


def test_repaired_bits_pass_where_the_printed_ones_fail() -> None:
    """Each network of the refutation, cut to the places of the repair, meets the body that refutes step-bits."""
    for printed, network in bit_counts.refuting():
        repaired = network.kept(network.places(bit_counts.ETA))
        assert surely_holds(to_balls(bit_counts._error_below(repaired, 1)))
        assert surely_violated(to_balls(bit_counts._error_below(printed, 1))) is not None


def test_repaired_gates_pass_where_the_printed_ones_fail() -> None:
    """Counting the 2^d pieces of each table, 60 b² (e + K) gates are enough for all bijections at every d."""
    case = simulation_size.Exponents(1, 400)

    def repaired(d: int, _: int) -> int:
        edges, pieces, b = 5 * d + 2, d * 2**d, 2 * d + 4
        return 60 * b * b * (edges + pieces)

    assert surely_holds(to_balls(simulation_size._some_polynomial(case, repaired)))


def test_the_deep_difference_is_bounded_by_two() -> None:
    """The witness of step-bits has node outputs of at most 2 on all of {±1}³, so its count of bits is right."""
    network = bit_counts._deep_difference(bit_counts.printed_count(1))
    weights = network.weights[0].tolist()
    for x in itertools.product((1.0, -1.0), repeat=3):
        assert float(truncate(weights, x, 0.5).M[0]) <= 2
    assert float(network.W[0]) == 2


@pytest.mark.parametrize(("odd", "doublings"), [(1, 0), (3, 0), (5, 2), (7, 5)])
def test_the_largest_normal_is_that_of_scipy(odd: int, doublings: int) -> None:
    """Pr[max |xi_i| > t] of n normals, from scipy's tail."""
    n = odd << doublings
    for t in (0.5, 2.0, 6.0):
        found = hard_coded.Gaussians(1, odd, doublings).some_beyond(torch.tensor([t], dtype=torch.float64))
        assert found.item() == pytest.approx(-math.expm1(n * math.log1p(-2 * scipy.stats.norm.sf(t))), rel=1e-9)


def test_an_inexact_input_reaches_the_copy_alone() -> None:
    """E sees x, E' sees x - dx: with nothing truncated, a linear network carries dx through its weights."""
    network = truncate([[[2.0, 0.5], [1.0, 1.0]]] * 2, (1, -1), 0.5)
    case = hard_coded.Inexact(network, np.array([[0.25, 0.5]]))
    matrix = network.weights[0, 0]
    expected = [np.abs(matrix @ [0.25, 0.5]).max(), np.abs(matrix @ matrix @ [0.25, 0.5]).max()]
    assert [float(error[0]) for error in case.errors()] == expected


def test_bits_of_the_polynomial_count_are_enough() -> None:
    """2p + q is at least what the logarithms of step-bits/repair ask for, computed by floats."""
    for case in polynomial.sizes():
        y, d = case.y, case.d
        if y <= 64:
            logs = math.log2(y) + 2 * y
            places = math.ceil(math.log2(2 * y * 100 * d) + logs + (y - 1) * logs)
            before = math.log2(y) + y + math.log2(2.0**y + 1) + y + 1
            assert case.bits(y) >= 2 * places + before


REAL_ERRORS = Network.errors
REAL_ERROR = one_node.OneNode.error
SUMMED = unfolding.sum_is_at_most_its_length_times_the_largest


@pytest.mark.parametrize(
    ("place", "name", "broken", "target"),
    [
        (Network, "errors", lambda case: [3 * e for e in REAL_ERRORS(case)], closed_form.geometric_closed_form),
        (one_node.OneNode, "error", lambda case: 2 * REAL_ERROR(case), recursion.lipschitz_activation),
        (unfolding, "geometric", lambda q, terms: 0 * q + 2.0**terms, SUMMED),
    ],
)
def test_a_broken_model_is_found(
    monkeypatch: pytest.MonkeyPatch, place: object, name: str, broken: object, target: Claim
) -> None:
    """The claims are refuted while the model they share is broken."""
    monkeypatch.setattr(place, name, broken)
    assert decide(attack(target, Options(effort="quick"))).verdict is Verdict.REFUTED
