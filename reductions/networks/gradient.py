"""Backpropagation as a network, and one step of gradient descent or of Langevin's chain: Lemmas 5 and 20."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from reductions.error import ReductionError
from reductions.networks.activation import IDENTITY, Activation, PiecewiseLinear
from reductions.networks.algebra import append_all, output, pruned, times
from reductions.networks.builder import NetworkBuilder
from reductions.networks.network import Network
from reductions.networks.smooth import Smooth


@dataclass(frozen=True)
class Form:
    """constant + sum of weights times nodes of a builder: an adjoint before it is worth a node."""

    weights: Mapping[int, float] = field(default_factory=dict)
    constant: float = 0.0

    def __add__(self, other: Form) -> Form:
        merged = dict(self.weights)
        for node, weight in other.weights.items():
            merged[node] = merged.get(node, 0.0) + weight
        return Form({node: weight for node, weight in merged.items() if weight}, self.constant + other.constant)

    def scaled(self, factor: float) -> Form:
        """factor times the form."""
        return Form({node: factor * w for node, w in self.weights.items()} if factor else {}, factor * self.constant)

    def gathered(self, builder: NetworkBuilder) -> Form:
        """The same number as a multiple of at most one node: a sum of several becomes one new node."""
        alone = len(self.weights) + (self.constant != 0) <= 1
        return self if alone else Form({self.node(builder): 1.0})

    def node(self, builder: NetworkBuilder) -> int:
        """A node that computes the form: the one it consists of, if it is just that, else a new one."""
        if not self.constant and list(self.weights.values()) == [1.0]:
            return next(iter(self.weights))
        return builder.node(list(self.weights), list(self.weights.values()), self.constant)


def gradient(f: Network) -> Network:
    """The gradient of a scalar network by backpropagation (Lemma 5): at most 8 N - 6 parameters, if f has N >= 1.

    Its activations are those of f whose values are used, their derivatives, rho for the products, and linear nodes. A
    product is needed at a node that is nonlinear and not the last such on each of its paths.

    Raises:
        ReductionError: if f has more than one output, or an activation without a derivative everywhere.
    """
    if len(f.outputs) != 1:
        raise ReductionError(f"the gradient is that of one output, not of {len(f.outputs)}: choose one by `output`")
    builder = NetworkBuilder(f.inputs)
    at = append_all(builder, f, builder.input_nodes)
    forms = pull_back(builder, f, at, [Form(constant=1.0)])
    return pruned(builder.build([form.node(builder) for form in forms]))


def step(generator: Network, c1: float, c2: float, route: Literal["product", "jacobian"] = "product") -> Network:
    """c1 z + c2 J_G(z)^T (G(z) - x) of the inputs (z, x), z first (Lemma 20).

    `product`: one vector-Jacobian product, at most 8 N + 5 d parameters, 8 N + 4 d where G depends on all its inputs.
    `jacobian`, as printed: a gradient network for each output and d² products, at most 9 N d + 7 d² + 4 d.

    Raises:
        ReductionError: unless G has as many outputs as inputs and all its activations have a derivative everywhere.
    """
    d = generator.inputs
    if len(generator.outputs) != d:
        raise ReductionError(f"G must map R^d to itself: it has {d} inputs and {len(generator.outputs)} outputs")
    builder = NetworkBuilder(2 * d)
    z, x = builder.input_nodes[:d], builder.input_nodes[d:]
    at = append_all(builder, generator, z)
    residual = [Form({at[node]: 1.0, x[i]: -1.0}) for i, node in enumerate(generator.outputs.tolist())]
    if route == "product":
        pulled = pull_back(builder, generator, at, residual)
    else:
        pulled = _by_rows(builder, generator, residual)
    outputs = [Form({z[i]: c1} if c1 else {}) + pulled[i].scaled(c2) for i in range(d)]
    return pruned(builder.build([form.node(builder) for form in outputs]))


def _by_rows(builder: NetworkBuilder, generator: Network, residual: Sequence[Form]) -> list[Form]:
    """J^T r, entry by entry of J: a network for each row of J, a product for each entry."""
    pulled = [Form() for _ in range(generator.inputs)]
    for j, one in enumerate(residual):
        row = builder.append(gradient(output(generator, j)), builder.input_nodes[: generator.inputs])
        r = one.node(builder)
        pulled = [form + Form({times(builder, r, entry): 1.0}) for form, entry in zip(pulled, row, strict=True)]
    return pulled


def pull_back(builder: NetworkBuilder, network: Network, at: Sequence[int], cotangents: Sequence[Form]) -> list[Form]:
    """J^T c at the point where `network` is evaluated in `builder`: a form for each input.

    `at` says where each node of `network` is (from `append_all`); `cotangents` holds a form for each output.
    """
    live = _depends_on_inputs(network)
    adjoint = [Form() for _ in range(network.num_nodes)]
    for node, one in zip(network.outputs.tolist(), cotangents, strict=True):
        adjoint[node] = adjoint[node] + one
    for row in reversed(range(len(network.bias))):
        node = network.inputs + row
        form = adjoint[node]
        if not live[node] or not (form.weights or form.constant):
            continue
        through = _through(builder, network, at, row, form.gathered(builder))
        for edge in range(network.start[row], network.start[row + 1]):
            source = int(network.source[edge])
            adjoint[source] = adjoint[source] + through.scaled(float(network.weight[edge]))
    return adjoint[: network.inputs]


def _through(builder: NetworkBuilder, network: Network, at: Sequence[int], row: int, form: Form) -> Form:
    """The adjoint of a row's sum from that of its value: times sigma' of the sum."""
    activation = network.activations[network.kind[row]]
    slope = constant_slope(activation)
    if slope is not None:
        return form.scaled(slope)
    edges = slice(network.start[row], network.start[row + 1])
    derivative, scale = derivative_of(activation)
    sources = [at[node] for node in network.source[edges].tolist()]
    factor = builder.node(
        sources, (scale * network.weight[edges]).tolist(), scale * float(network.bias[row]), derivative
    )
    if not form.weights:
        return Form({factor: form.constant})
    ((node, weight),) = form.weights.items()
    return Form({times(builder, node, factor, weight): 1.0})


def constant_slope(activation: Activation) -> float | None:
    """sigma' where it is one number everywhere, as at a linear node; else None."""
    if isinstance(activation, PiecewiseLinear):
        slopes = set(activation.slopes)
        return slopes.pop() if len(slopes) == 1 else None
    if isinstance(activation, Smooth) and activation.base == "square" and activation.order > 0:
        return 2.0 if activation.order == 1 else 0.0
    return None


def derivative_of(activation: Activation) -> tuple[Activation, float]:
    """sigma' as an activation of `scale` times the sum: rho' is the linear node of twice the sum.

    Raises `ReductionError` where sigma has no derivative: at the knots of a piecewise-linear one.
    """
    if not isinstance(activation, Smooth):
        raise ReductionError(
            f"activation {activation.name!r} has no derivative at its knots: use a `Smooth` one, or a linear node"
        )
    return (IDENTITY, 2.0) if activation == Smooth("square") else (activation.derivative, 1.0)


def _depends_on_inputs(network: Network) -> list[bool]:
    """Of each node, whether a path leads to it from an input; derivatives of the others are 0."""
    live = np.zeros(network.num_nodes, dtype=bool)
    live[: network.inputs] = True
    for row, (begin, end) in enumerate(zip(network.start[:-1].tolist(), network.start[1:].tolist(), strict=True)):
        live[network.inputs + row] = bool(live[network.source[begin:end]].any())
    return [bool(one) for one in live]
