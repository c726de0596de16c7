"""Networks of smooth activations as ReLU networks within a certified error: Lemma 27, by interpolation."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float64

from reductions.error import ReductionError
from reductions.networks.activation import IDENTITY, RELU, Activation, PiecewiseLinear, tabulated
from reductions.networks.algebra import pruned
from reductions.networks.builder import NetworkBuilder
from reductions.networks.network import Network
from reductions.networks.smooth import Smooth

#: The most pieces of one interpolation: beyond it the wish for accuracy is most likely a slip.
MOST_PIECES = 1_000_000


@dataclass(frozen=True)
class ReluVersion:
    """A ReLU network, the same with one table a node, and how far both are from the original on the box, at most."""

    network: Network
    tables: Network
    error: float


@dataclass(frozen=True)
class _Pass:
    """Of each row, the interval that its sum stays in; of each node, how far it may be off."""

    low: Float64[np.ndarray, " rows"]
    high: Float64[np.ndarray, " rows"]
    error: Float64[np.ndarray, " nodes"]


def relu_version(network: Network, error: float, box: float = 1.0) -> ReluVersion:
    """Networks of ReLUs and linear nodes within `error` of `network` wherever all |inputs| <= box (Lemma 27).

    Each smooth activation is interpolated over an interval that holds the sums of both networks, to within one e0 for
    all nodes. A node that reads others with errors e_u is off by at most L sum_u |w_u| e_u + e0: that recursion, run
    node by node with the Lipschitz constant L on the interval, gives e0. What interpolates does not overshoot, so
    nothing has to be clipped. The error is that of exact arithmetic.

    Raises:
        ReductionError: if error or box is not positive and finite, a node needs more than `MOST_PIECES` pieces, or an
            activation's Lipschitz constant is not known.
    """
    if not (0 < error < math.inf and 0 < box < math.inf):
        raise ReductionError(f"error and box must be positive and finite, not {error} and {box}")
    network, local = pruned(network), error
    while (reached := _reached(network, found := _bounds(network, local, box))) > error:
        local *= min(0.5, error / reached) if reached > 2 * error else 0.999 * error / reached
    tables = _tabled(network, local, found)
    return ReluVersion(relu_nodes(tables), tables, reached)


def _reached(network: Network, found: _Pass) -> float:
    error = float(found.error[network.outputs].max(initial=0.0))
    if not math.isfinite(error):
        raise ReductionError("the network's values overflow on the box: choose a smaller box or smaller weights")
    return error


def relu_nodes(network: Network) -> Network:
    """The same function with ReLUs and linear nodes only. Raises `ReductionError` if an activation is smooth.

    f(s) = f(t_0) + a (s - t_0) + sum_k (jump of the slope at t_k) relu(s - t_k), a the slope before all knots t_k.
    """
    activations = network.piecewise_linear
    builder = NetworkBuilder(network.inputs)
    at = builder.input_nodes
    for row, kind in enumerate(network.kind.tolist()):
        edges = slice(network.start[row], network.start[row + 1])
        reads, weights = [at[node] for node in network.source[edges].tolist()], network.weight[edges].tolist()
        bias, one = float(network.bias[row]), activations[kind]
        plain = one if one in (IDENTITY, RELU) else IDENTITY
        node = builder.node(reads, weights, bias, plain)
        at.append(node if one == plain else _hinges(builder, node, one))
    return pruned(builder.build([at[node] for node in network.outputs.tolist()]))


def _hinges(builder: NetworkBuilder, s: int, one: PiecewiseLinear) -> int:
    jumps = np.diff(one.slopes)
    kept = [(knot, float(jump)) for knot, jump in zip(one.knots, jumps, strict=True) if jump]
    hinges = [builder.node([s], [1.0], -knot, RELU) for knot, _ in kept]
    weights = [jump for _, jump in kept]
    if one.left:
        hinges, weights = [s, *hinges], [one.left, *weights]
    return builder.node(hinges, weights, one.values[0] - one.left * one.knots[0])


@np.errstate(over="ignore", invalid="ignore")  # `_reached` complains
def _bounds(network: Network, local: float, box: float) -> _Pass:
    """Interval arithmetic through the network, each interpolation off by `local`."""
    least, most = (np.concatenate([np.full(network.inputs, sign * box), network.bias]) for sign in (-1.0, 1.0))
    error = np.zeros(network.num_nodes)
    low, high = np.zeros(len(network.bias)), np.zeros(len(network.bias))
    for row, kind in enumerate(network.kind.tolist()):
        edges = slice(network.start[row], network.start[row + 1])
        reads, weight, activation = network.source[edges], network.weight[edges], network.activations[kind]
        node, spread = network.inputs + row, float(np.abs(weight) @ error[reads])
        ends = np.sort(np.stack([weight * least[reads], weight * most[reads]]), axis=0).sum(1) + network.bias[row]
        low[row], high[row] = ends[0] - spread, ends[1] + spread
        steep = lipschitz_on(activation, low[row], high[row])
        error[node] = steep * spread + (local if isinstance(activation, Smooth) else 0.0)
        least[node], most[node] = _range(activation, ends[0], ends[1], steep)
    return _Pass(low, high, error)


def _range(activation: Activation, low: float, high: float, steep: float) -> tuple[float, float]:
    """An interval that holds the activation's values on [low, high]."""
    middle = float(activation(torch.tensor([(low + high) / 2], dtype=torch.float64)))
    reach = steep * (high - low) / 2
    bound = activation.bound if isinstance(activation, Smooth) else math.inf
    return max(middle - reach, -bound), min(middle + reach, bound)


def lipschitz_on(activation: Activation, low: float, high: float) -> float:
    """A Lipschitz constant on [low, high], finite also for rho."""
    if activation == Smooth("square"):
        return 2 * max(abs(low), abs(high))
    return activation.lipschitz


def pieces_for(activation: Smooth, low: float, high: float, local: float) -> int:
    """How many equal pieces interpolate within `local`: of width h they err by at most L h/2, and by C h²/8.

    L bounds |sigma'| on [low, high], C bounds |sigma''|. Raises `ReductionError` beyond `MOST_PIECES`.
    """
    curvature = activation.derivative.lipschitz if activation.order < 2 else math.inf
    steep = lipschitz_on(activation, low, high)
    needed = min((high - low) * math.sqrt(curvature / (8 * local)), (high - low) * steep / (2 * local))
    if not needed <= MOST_PIECES:
        raise ReductionError(
            f"activation {activation.name!r} would need {needed:.3g} pieces on [{low:.3g}, {high:.3g}]: allow a larger"
            " error, a smaller box or smaller weights"
        )
    return max(1, math.ceil(needed))


def _tabled(network: Network, local: float, found: _Pass) -> Network:
    """Each smooth node with a table of its own."""
    activations: list[Activation] = []
    for row, kind in enumerate(network.kind.tolist()):
        one = network.activations[kind]
        if isinstance(one, Smooth):
            low, high = float(found.low[row]), float(found.high[row])
            pieces = pieces_for(one, low, high, local)
            high = max(high, low + 1e-9 * (1 + abs(low)))
            one = tabulated(one, low, high, pieces, f"{one.name} at node {network.inputs + row}")
        activations.append(one)
    return replace(network, activations=tuple(activations), kind=np.arange(len(activations)))
