"""Networks and latent Gaussians: their values, their sizes, and what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from circuits import Builder, CircuitError
from circuits.families import family
from circuits.network import compile as compile_network
from circuits.network import generator
from reductions import ReductionError
from reductions.latent import DeepLatentGaussian, LatentGaussian, log_normal, parameter_count
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

DTYPES = (torch.float32, torch.float64)


def perceptron(layers: nn.Sequential) -> Network:
    """The same function as alternating nn.Linear and nn.ReLU, ending in nn.Linear."""
    linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
    builder = NetworkBuilder(linear[0].in_features)
    nodes = builder.input_nodes
    for i, layer in enumerate(linear):
        weight, bias = layer.weight.detach().double().numpy(), layer.bias.detach().double().numpy()
        nodes = builder.dense(nodes, weight, bias, IDENTITY if i == len(linear) - 1 else RELU)
    return builder.build(nodes)


def torch_perceptron(seed: int) -> nn.Sequential:
    layers = nn.Sequential(nn.Linear(3, 7), nn.ReLU(), nn.Linear(7, 5), nn.ReLU(), nn.Linear(5, 2))
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in layers.parameters():
            parameter.normal_(generator=generator)
    return layers


def normal(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


# -- activations ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("activation", "same"),
    [
        (IDENTITY, lambda s: s),
        (RELU, torch.relu),
        (MAGNITUDE, torch.abs),
        (CLIP, nn.functional.hardtanh),
        (TENT, lambda s: (1 - s.abs()).clamp(min=-1)),
        (PiecewiseLinear("leaky", (0.0,), (0.0,), 0.25, 1.0), lambda s: nn.functional.leaky_relu(s, 0.25)),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_standard_activations_are_what_torch_calls_them(activation, same, dtype: torch.dtype) -> None:  # type: ignore[no-untyped-def]
    """On a grid that holds all knots, each named activation equals torch's own function, in both dtypes."""
    s = torch.linspace(-4, 4, 65, dtype=dtype)
    assert torch.equal(activation(s), same(s))
    assert activation(s).dtype == dtype


def test_a_tabulated_function_is_within_its_bound() -> None:
    """Linear interpolation of tanh in pieces of width h errs by at most h²/8 max|tanh''| = h²/8 * 4/(3 sqrt 3)."""
    table = tabulated(torch.tanh, -6.0, 6.0, 96, "tanh")
    s = torch.linspace(-6, 6, 10_001, dtype=torch.float64)
    error = float((table(s) - torch.tanh(s)).abs().max())
    bound = (12 / 96) ** 2 / 8 * 4 / (3 * math.sqrt(3))
    assert 0.9 * bound < error <= bound
    assert table.lipschitz == pytest.approx(1, abs=0.01)
    assert float(table(torch.tensor([-50.0], dtype=torch.float64))) == math.tanh(-6.0)


@pytest.mark.parametrize(
    ("knots", "values", "said"),
    [((), (), "at least one"), ((0.0,), (1.0, 2.0), "one value a knot"), ((0.0, 0.0), (1.0, 2.0), "increase"),
     ((0.0,), (math.inf,), "finite")],
)  # fmt: skip
def test_an_activation_that_is_no_function_is_refused(knots, values, said: str) -> None:  # type: ignore[no-untyped-def]
    """Knots without values, out of order or not finite are named in the error."""
    with pytest.raises(ReductionError, match=said):
        PiecewiseLinear("bad", knots, values)


def test_a_table_needs_an_interval() -> None:
    """A table over an empty interval is refused."""
    with pytest.raises(ReductionError, match="low < high"):
        tabulated(torch.tanh, 1.0, 1.0, 4, "tanh")


# -- networks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_dense_network_is_torch_s(dtype: torch.dtype) -> None:
    """A perceptron made by `dense` agrees with nn.Sequential, in both dtypes, and has as many parameters."""
    layers = torch_perceptron(1)
    network = perceptron(layers)
    x = normal(50, 3, dtype=dtype)
    torch.testing.assert_close(network(x), layers.to(dtype)(x).detach(), rtol=2e-5, atol=2e-5)
    assert network(x).dtype == dtype
    assert network.parameters == parameter_count(layers) == 3 * 7 + 7 + 7 * 5 + 5 + 5 * 2 + 2
    assert (network.depth, network.fan_in, network.lipschitz) == (3, 8, 1.0)


@pytest.mark.parametrize("name", ["toffoli", "feistel", "spn"])
def test_a_circuit_in_a_network_is_that_circuit(name: str) -> None:
    """At all 256 vertices, `NetworkBuilder.circuit` agrees with the compiler of circuits/, which uses other gadgets."""
    circuit = family(name).build(8, 3, 5).circuit
    builder = NetworkBuilder(8)
    network = builder.build(builder.circuit(circuit, builder.input_nodes))
    x = signs_of(torch.arange(256), 8, dtype=torch.float64)
    assert torch.equal(network(x), compile_network(circuit)(x))


def test_constant_and_complemented_outputs_get_a_node() -> None:
    """A circuit's outputs 0, 1, NOT x and x are -1, 1, -x and x."""
    made = Builder("wires")
    x = made.input("x")
    for bit in (made.false, made.true, ~x, x):
        made.output(bit)
    builder = NetworkBuilder(1)
    network = builder.build(builder.circuit(made.build(), builder.input_nodes))
    assert network(torch.tensor([[1.0], [-1.0]])).tolist() == [[-1, 1, -1, 1], [-1, 1, 1, -1]]
    assert network.parameters == 3


def test_values_by_hand() -> None:
    """A network of four nodes that skips levels, computed by hand: |x - y| = 3, then relu(1 - 2 * 3 + 4 y)."""
    b = NetworkBuilder(2)
    x, y = b.input_nodes
    gap = b.node([x, y], [1.0, -1.0], activation=MAGNITUDE)
    late = b.node([gap, y], [-2.0, 4.0], 1.0, RELU)
    constant = b.node([], [], 0.5)
    network = b.build([late, constant, x])
    point = torch.tensor([[5.0, 2.0], [2.0, 5.0], [1.0, 1.0]], dtype=torch.float64)
    assert network(point).tolist() == [[3.0, 0.5, 5.0], [15.0, 0.5, 2.0], [5.0, 0.5, 1.0]]
    assert network.depths.tolist() == [0, 0, 1, 2, 1]
    assert (network.parameters, network.fan_in, network.weight_bound) == (6, 3, 4.0)


@given(seed=st.integers(0, 2**32 - 1))
def test_values_are_those_of_a_loop(seed: int) -> None:
    """On a random graph, `values` equals one Python loop over the nodes."""
    rng = np.random.default_rng(seed)
    b = NetworkBuilder(3)
    kinds = (IDENTITY, RELU, MAGNITUDE, CLIP, TENT)
    for n in range(3, 12):
        reads = rng.integers(0, n, rng.integers(0, 4)).tolist()
        b.node(reads, rng.normal(size=len(reads)).tolist(), float(rng.normal()), kinds[rng.integers(5)])
    network = b.build([3, 11, 0])
    x = rng.normal(size=3).tolist()
    values = list(x)
    same = {"identity": lambda s: s, "relu": lambda s: max(s, 0), "magnitude": abs,
            "clip": lambda s: min(max(s, -1), 1), "tent": lambda s: max(1 - abs(s), -1)}  # fmt: skip
    for row in range(9):
        edges = range(network.start[row], network.start[row + 1])
        total = network.bias[row] + sum(network.weight[e] * values[network.source[e]] for e in edges)
        values.append(same[network.activations[network.kind[row]].name](total))
    np.testing.assert_allclose(
        network.values(torch.tensor([x], dtype=torch.float64))[0], values, rtol=1e-12, atol=1e-12
    )
    np.testing.assert_allclose(network(torch.tensor([x], dtype=torch.float64))[0], np.array(values)[[3, 11, 0]])


def test_append_composes() -> None:
    """g after f by `append` is g(f(x)), and the sizes add up."""
    f, g = perceptron(torch_perceptron(2)), NetworkBuilder(2)
    g_network = g.build(g.dense(g.input_nodes, np.array([[1.0, -2.0], [0.0, 3.0]]), np.array([0.5, 0.0]), CLIP))
    x = normal(20, 3)
    builder = NetworkBuilder(3)
    composed = builder.build(builder.append(g_network, builder.append(f, builder.input_nodes)))
    torch.testing.assert_close(composed(x), g_network(f(x)))
    assert composed.parameters == f.parameters + g_network.parameters
    assert g_network.parameters == 4


def test_a_scaled_copy() -> None:
    """`scaled` gives activation(factor v + bias), a bias for each node."""
    b = NetworkBuilder(2)
    network = b.build(b.scaled(b.input_nodes, 2.0, [1.0, -1.0], RELU))
    assert network(torch.tensor([[3.0, 0.25]])).tolist() == [[7.0, 0.0]]


def test_an_empty_batch_and_a_network_without_rows() -> None:
    """No inputs give no outputs; a network may consist of wires."""
    b = NetworkBuilder(2)
    network = b.build([1, 0, 1])
    assert network(torch.empty(0, 2)).shape == (0, 3)
    assert network(torch.tensor([[1.0, 2.0]])).tolist() == [[2, 1, 2]]
    assert (network.parameters, network.depth, network.fan_in, network.weight_bound, network.lipschitz) == (0,) * 5


def test_what_is_no_network_is_refused() -> None:
    """Forward references, lengths that do not fit, weights that are not finite, outputs that are no node."""
    b = NetworkBuilder(1)
    with pytest.raises(ReductionError, match="one weight a node"):
        b.node([0], [1.0, 2.0])
    with pytest.raises(CircuitError, match="not one of its nodes"):
        b.build([1])
    b.node([1], [1.0])
    with pytest.raises(ReductionError, match="itself, a later node"):
        b.build([0])
    c = NetworkBuilder(1)
    c.node([0], [math.nan])
    with pytest.raises(ReductionError, match="not finite"):
        c.build([1])
    with pytest.raises(ReductionError, match="has 3 inputs, not 1"):
        c.append(perceptron(torch_perceptron(0)), [0])
    with pytest.raises(ReductionError, match="has 8 inputs, not 1"):
        c.circuit(family("spn").build(8, 1, 0).circuit, [0])
    for x in (torch.zeros(3), torch.zeros(2, 4), torch.zeros(2, 3, dtype=torch.int64)):
        with pytest.raises(ReductionError, match="floating-point batch"):
            perceptron(torch_perceptron(0))(x)


def test_a_network_s_arrays_cannot_be_changed() -> None:
    """The arrays are read-only copies."""
    network = perceptron(torch_perceptron(0))
    with pytest.raises(ValueError, match="read-only"):
        network.weight[0] = 1.0


# -- latent Gaussians ----------------------------------------------------------------------------------------------


def test_log_normal_is_torch_s() -> None:
    """log N(x; mean, beta² I) is the sum of torch.distributions' log densities."""
    x, mean = normal(4, 5), normal(4, 5, seed=1)
    reference = torch.distributions.Normal(mean, 0.3).log_prob(x).sum(-1)
    torch.testing.assert_close(log_normal(x, mean, 0.3), reference)


def test_definition_1() -> None:
    """x - G(z) is beta times the second draw of the generator, and its density is that of the residual."""
    g = generator(family("feistel").build(6, 3, 0).circuit)
    model = LatentGaussian(g, 6, 0.25)
    like = torch.empty(40_000, 6, dtype=torch.float64)
    z, x = model.sample(like, torch.Generator().manual_seed(3))
    noise = (x - g(z)) / 0.25
    assert abs(float(noise.mean())) < 6 / math.sqrt(240_000)
    assert abs(float(noise.square().mean()) - 1) < 6 * math.sqrt(2 / 240_000)
    torch.testing.assert_close(model.log_density(x, z), torch.distributions.Normal(g(z), 0.25).log_prob(x).sum(-1))
    again = model.sample(like, torch.Generator().manual_seed(3))
    assert torch.equal(again[0], z)
    assert torch.equal(again[1], x)
    assert model.parameter_count == g.size().parameters
    for beta in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(ReductionError, match="positive, finite"):
            LatentGaussian(g, 6, beta)


def deep(seed: int = 0) -> DeepLatentGaussian:
    """3 -> 2 -> 4 -> 1, the middle layer deterministic."""
    rng, layers = np.random.default_rng(seed), []
    for width, outputs, beta in ((3, 2, 0.5), (2, 4, 0.0), (4, 1, 0.125)):
        b = NetworkBuilder(width)
        nodes = b.dense(b.input_nodes, rng.normal(size=(outputs, width)), rng.normal(size=outputs), MAGNITUDE)
        layers.append((b.build(nodes), beta))
    return DeepLatentGaussian(layers)


@pytest.mark.parametrize("dtype", DTYPES)
def test_definition_2_by_hand(dtype: torch.dtype) -> None:
    """The sample is layer after layer of mean plus beta times its share of the string; its size adds up."""
    model, x = deep(), normal(6, 3, dtype=dtype)
    strings = model.draw_strings(6, torch.Generator().manual_seed(1), x)
    first = model.layers[0].network(x) + 0.5 * strings[:, :2]
    expected = model.layers[2].network(model.layers[1].network(first)) + 0.125 * strings[:, 2:]
    assert torch.equal(model(x, strings), expected)
    assert model(x, strings).dtype == dtype
    assert (model.inputs, model.outputs, model.noise_size) == (3, 1, 3)
    assert model.parameter_count == (6 + 2) + (8 + 4) + (4 + 1)
    assert torch.equal(model.sample(x, torch.Generator().manual_seed(1)), expected)


@given(seed=st.integers(0, 1000), shifted=st.booleans())
def test_a_frozen_network_is_the_model_with_that_string(seed: int, shifted: bool) -> None:
    """`freeze(string, shift)` at x is `forward` at x + shift with the string, and no noise is left."""
    model = deep(seed)
    string = normal(3, seed=seed)
    shift = normal(3, seed=seed + 1) if shifted else None
    x = normal(9, 3, seed=seed + 2)
    frozen = model.freeze(string, shift)
    forward = model(x if shift is None else x + shift, string.expand(9, 3))
    torch.testing.assert_close(frozen(x), forward, rtol=1e-12, atol=1e-12)
    # A node with a weight and a bias for each noisy coordinate, and for each shifted input.
    assert frozen.parameters == model.parameter_count + 2 * 3 + (2 * 3 if shifted else 0)


def test_the_density_of_a_layer() -> None:
    """log p(z_1 | x) is torch.distributions'; a deterministic layer has none."""
    model, x, z = deep(), normal(5, 3), normal(5, 2, seed=1)
    reference = torch.distributions.Normal(model.layers[0].network(x), 0.5).log_prob(z).sum(-1)
    torch.testing.assert_close(model.log_density(0, x, z), reference)
    with pytest.raises(ReductionError, match="deterministic"):
        model.log_density(1, z, normal(5, 4))


def test_layers_that_do_not_fit_are_refused() -> None:
    """No layers, widths that differ, a negative beta, strings of a wrong length."""
    model = deep()
    one, two, _ = model.layers
    with pytest.raises(ReductionError, match="at least one layer"):
        DeepLatentGaussian([])
    with pytest.raises(ReductionError, match="layer 1 reads 3 numbers, layer 0 gives 4"):
        DeepLatentGaussian([two, one])
    with pytest.raises(ReductionError, match=r"beta = -0\.5"):
        DeepLatentGaussian([(one.network, -0.5)])
    with pytest.raises(ReductionError, match="one string of 3 numbers"):
        model(normal(2, 3), normal(2, 4))
    with pytest.raises(ReductionError, match="has 3 numbers"):
        model.freeze(normal(4))
