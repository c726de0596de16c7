"""Network algebra: sums, products, gradients and steps against torch.func, sizes against the proofs, ReLU versions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reductions import ReductionError
from reductions.networks import (
    ARCTAN,
    IDENTITY,
    MAGNITUDE,
    RELU,
    SIGMOID,
    SIN,
    SOFTPLUS,
    SQUARE,
    TANH,
    Activation,
    Network,
    NetworkBuilder,
    PiecewiseLinear,
    combination,
    gradient,
    output,
    product,
    pruned,
    relu_nodes,
    relu_version,
    step,
)

SMOOTH = (TANH, SIGMOID, SOFTPLUS, SIN, ARCTAN, SQUARE)
TORCH: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "tanh": torch.tanh, "sigmoid": torch.sigmoid, "softplus": torch.nn.functional.softplus, "sin": torch.sin,
    "arctan": torch.arctan, "square": torch.square, "identity": lambda s: s, "relu": torch.relu, "magnitude": torch.abs,
}  # fmt: skip


def function_of(network: Network) -> Callable[[torch.Tensor], torch.Tensor]:
    """The network at one point by a loop over its nodes and torch's own functions, for torch.func."""

    def at(x: torch.Tensor) -> torch.Tensor:
        values = list(x)
        for row, kind in enumerate(network.kind.tolist()):
            total = x.sum() * 0 + float(network.bias[row])
            for edge in range(network.start[row], network.start[row + 1]):
                total = total + float(network.weight[edge]) * values[network.source[edge]]
            values.append(TORCH[network.activations[kind].name](total))
        return torch.stack([values[node] for node in network.outputs])

    return at


@st.composite
def networks(draw: st.DrawFn, inputs: int = 3, outputs: int = 1, extra: tuple[Activation, ...] = ()) -> Network:
    """Random graphs of 0 to 12 nodes with skips, dead nodes, repeated reads and outputs that are wires or constants."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = draw(st.integers(0, 12))
    kinds: tuple[Activation, ...] = (*SMOOTH, IDENTITY, *extra)
    builder = NetworkBuilder(inputs)
    for count in range(inputs, inputs + rows):
        reads = rng.integers(max(0, count - 5), count, rng.integers(0, 4))
        weights = rng.normal(size=len(reads)) / max(1, len(reads))
        builder.node(reads.tolist(), weights.tolist(), rng.normal() * rng.integers(2), kinds[rng.integers(len(kinds))])
    return builder.build(rng.integers(0 if rows < 3 else rows, inputs + rows, outputs).tolist())


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def close(found: torch.Tensor, reference: torch.Tensor) -> None:
    """Equal to 1e-12 relative to 1 and the square of the values, as products by squares are."""
    scale = 1 + float(reference.abs().amax()) ** 2
    assert float((found - reference).abs().amax()) <= 1e-12 * scale


@given(f=networks(), g=networks(), w1=st.floats(-10, 10), w2=st.floats(-10, 10))
@settings(max_examples=30)
def test_sums_and_products(f: Network, g: Network, w1: float, w2: float) -> None:
    """w1 f + w2 g takes M + N + 2 parameters, w1 f g takes M + N + 6."""
    z = normal(5, 3)
    total, times = combination(f, g, w1, w2), product(f, g, w1)
    close(total(z), w1 * f(z) + w2 * g(z))
    close(times(z), w1 * f(z) * g(z))
    size = f.parameters + g.parameters
    assert (total.parameters, times.parameters) == (size + 2, size + 6)


def test_a_dropped_square_shows() -> None:
    """Without its second square the product of 3 and 5 is 16, not 15."""
    b = NetworkBuilder(2)
    f, g = b.build([0]), b.build([1])
    times = product(f, g)
    x = torch.tensor([[3.0, 5.0]], dtype=torch.float64)
    assert float(times(x)) == 15
    assert float(replace(times, weight=np.append(times.weight[:-1], 0.0))(x)) == 16


@given(f=networks())
@settings(max_examples=40)
def test_the_gradient_is_torch_func_s(f: Network) -> None:
    """Backpropagation as a network equals torch.func.jacrev of a loop over the nodes, within 8 N - 6 parameters."""
    z, built = normal(3, 3), gradient(f)
    close(built(z), torch.stack([torch.func.jacrev(function_of(f))(one)[0] for one in z]))
    assert built.parameters <= max(1, 8 * f.parameters - 6)


@given(g=networks(outputs=3), c1=st.sampled_from((1.0, 0.0, -0.5)), c2=st.sampled_from((-0.25, 0.0, 3.0)))
@settings(max_examples=40)
def test_a_step_is_a_vector_jacobian_product(g: Network, c1: float, c2: float) -> None:
    """Both routes equal c1 z + c2 vjp(G(z) - x) by torch.func, and each other, within the sizes of their docstrings."""
    z, x = normal(3, 3), normal(3, 3, seed=1)
    one, many = step(g, c1, c2), step(g, c1, c2, "jacobian")
    pulled = [torch.func.vjp(function_of(g), p)[1](g(p[None])[0] - q)[0] for p, q in zip(z, x, strict=True)]
    zx = torch.cat([z, x], 1)
    close(one(zx), c1 * z + c2 * torch.stack(pulled))
    close(many(zx), one(zx))
    assert one.parameters <= 8 * g.parameters + 15
    assert many.parameters <= 27 * g.parameters + 75


@pytest.mark.parametrize("d", [1, 4])
def test_chains_attain_the_sizes(d: int) -> None:
    """A chain of n tanh has a gradient of 8 n - 6 parameters; d of them side by side a step of 8 N + 4 d."""
    builder = NetworkBuilder(d)
    nodes = builder.input_nodes
    for _ in range(6):
        nodes = builder.scaled(nodes, 0.5, activation=TANH)
    g = builder.build(nodes)
    assert gradient(output(g, 0)).parameters == 8 * 6 - 6
    assert step(g, 0.5, 2.0).parameters == 8 * g.parameters + 4 * d


def test_a_linear_map_by_hand() -> None:
    """For G = [[1, 2], [0, 1]] at z = (1, 1), x = 0: J^T G(z) = (3, 7), and not J G(z) = (5, 1); no products needed."""
    b = NetworkBuilder(2)
    g = b.build(b.dense(b.input_nodes, np.array([[1.0, 2.0], [0.0, 1.0]]), np.zeros(2)))
    built = step(g, 1.0, 1.0)
    assert built(torch.tensor([[1.0, 1, 0, 0]])).tolist() == [[4.0, 8.0]]
    assert {one.name for one in built.activations} == {"identity"}


def test_gradients_of_gradients() -> None:
    """The second derivative of tanh(z)² is that of calculus; the fourth derivative of tanh is refused."""
    b = NetworkBuilder(1)
    f = b.build([b.node([b.node([0], [1.0], activation=TANH)], [1.0], activation=SQUARE)])
    z = normal(7, 1)
    t, slope = torch.tanh(z), 1 - torch.tanh(z) ** 2
    close(gradient(gradient(f))(z), 2 * slope**2 - 4 * t**2 * slope)
    with pytest.raises(ReductionError, match="orders 0 to 3"):
        gradient(gradient(gradient(gradient(b.build([1])))))


def test_what_cannot_be_differentiated_is_refused() -> None:
    """Kinks, several outputs, a map between different dimensions, networks that do not fit together."""
    b = NetworkBuilder(2)
    kink, wire = b.node([0], [1.0], activation=RELU), b.node([0, 1], [1.0, 1.0])
    with pytest.raises(ReductionError, match="'relu' has no derivative"):
        gradient(b.build([kink]))
    with pytest.raises(ReductionError, match="not of 2"):
        gradient(b.build([wire, wire]))
    with pytest.raises(ReductionError, match="2 inputs and 1 outputs"):
        step(b.build([wire]), 1.0, 1.0)
    with pytest.raises(ReductionError, match="one output, not 2 and 1"):
        product(b.build([0, 1]), b.build([wire]))
    with pytest.raises(ReductionError, match="same inputs"):
        combination(b.build([wire]), NetworkBuilder(1).build([0]), 1.0, 1.0)


def test_an_affine_piecewise_linear_activation_is_differentiable() -> None:
    """Pieces of one slope have that slope as derivative."""
    b = NetworkBuilder(1)
    f = b.build([b.node([0], [3.0], 1.0, PiecewiseLinear("double", (0.0, 1.0), (0.0, 2.0), 2.0, 2.0))])
    assert gradient(f)(torch.tensor([[5.0]])).tolist() == [[6.0]]


@given(f=networks(outputs=2))
@settings(max_examples=30)
def test_pruning_keeps_the_function(f: Network) -> None:
    """What no output needs goes, and nothing else changes."""
    small, z = pruned(f), normal(4, 3)
    assert torch.equal(small(z), f(z))
    assert small.parameters <= f.parameters
    assert len(pruned(small).bias) == len(small.bias)


@given(f=networks(outputs=2, extra=(MAGNITUDE, RELU)), error=st.sampled_from((1.0, 0.1)),
       box=st.sampled_from((0.1, 1.0)))  # fmt: skip
@settings(max_examples=20)
def test_a_relu_version_is_within_its_error(f: Network, error: float, box: float) -> None:
    """On points of the box and its corners, within the certified error, which is within the wanted one; ReLUs only."""
    version = relu_version(f, error, box)
    x = torch.cat([box * (2 * torch.sigmoid(3 * normal(200, 3)) - 1), box * normal(20, 3).sign()])
    assert float((version.network(x) - f(x)).abs().max()) <= version.error + 1e-9
    assert version.error <= error
    assert {one.name for one in version.network.activations} <= {"relu", "identity"}
    torch.testing.assert_close(version.tables(x), version.network(x), rtol=1e-9, atol=1e-9)


def test_an_interpolated_sine_is_nearly_as_far_as_certified() -> None:
    """One sine on [-pi, pi] within 0.01: the true error is above 0.009, so the certificate is not loose there."""
    b = NetworkBuilder(1)
    f = b.build([b.node([0], [1.0], activation=SIN)])
    version = relu_version(f, 0.01, np.pi)
    x = torch.linspace(-np.pi, np.pi, 4001, dtype=torch.float64)[:, None]
    assert 0.009 < float((version.network(x) - f(x)).abs().max()) <= version.error <= 0.01


def test_relu_versions_that_cannot_be_are_refused() -> None:
    """No error, no box, too many pieces, values that overflow, an activation left smooth."""
    b = NetworkBuilder(1)
    f = b.build([b.node([0], [1.0], activation=SIN)])
    for error, box in ((0.0, 1.0), (0.1, 0.0), (float("nan"), 1.0)):
        with pytest.raises(ReductionError, match="positive and finite"):
            relu_version(f, error, box)
    with pytest.raises(ReductionError, match="larger error"):
        relu_version(f, 1e-9, 1e6)
    node = 0
    for _ in range(12):
        node = b.node([node], [1.0], activation=SQUARE)
    with pytest.raises(ReductionError, match="overflow"):
        relu_version(b.build([node]), 0.1, 1e3)
    with pytest.raises(ReductionError, match="not piecewise linear"):
        relu_nodes(f)
