"""Models for the second half of Theorem 2's proof: a network E and its truncated copy E', node by node.

Hypotheses hold by construction, also after a witness was rounded: a truncated weight is a part of the weight, what was
cut off is a share in [0, 1] of delta_w, and what an activation loses is a share in [-1, 1] of delta_a.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from jaxtyping import Float
from torch import Tensor

from claims.engine.arithmetic import Array, absolute, concatenate, constant, greatest, maximum, tanh, total
from claims.engine.strategies import PositiveEnsemble, positive

ACTIVATIONS = ("identity", "relu", "absolute", "tanh")


def activate(name: str, s: Array, L: Array) -> Array:
    """An L-Lipschitz activation: L times a 1-Lipschitz one."""
    if name == "identity":
        return L * s
    return L * {"relu": maximum(s, 0), "absolute": absolute(s), "tanh": tanh(s)}[name]


@dataclass(frozen=True, repr=False)
class Network:
    """E and E', `depth` layers of `N` nodes that see all of the layer before; every node has the activation L sigma.

    Arrays: `x` [n, N]; `sign` (±1), `kept` >= 0, `share` in [0, 1] [n, depth, N, N]: the weight is sign (kept + share
    delta_w), truncated it is sign kept; `slip` in [-1, 1] [n, depth, N]; `L`, `delta_w`, `delta_a` [n].
    """

    activation: str
    x: Array
    sign: Array
    kept: Array
    share: Array
    slip: Array
    L: Array
    delta_w: Array
    delta_a: Array

    def __repr__(self) -> str:
        return f"Network({self.activation}, N={self.N}, depth={self.depth})"

    @property
    def N(self) -> int:  # noqa: N802 - the paper's letter
        """The maximum degree."""
        return int(self.x.shape[-1])

    @property
    def depth(self) -> int:
        """The number of layers."""
        return int(self.sign.shape[-3])

    @property
    def weights(self) -> Array:
        """The weights of E: [n, depth, N, N]."""
        return self.sign * (self.kept + self.share * self.delta_w[..., None, None, None])

    @property
    def truncated(self) -> Array:
        """The weights of E', truncated towards zero: [n, depth, N, N]."""
        return self.sign * self.kept

    @property
    def W(self) -> Array:  # noqa: N802 - the paper's letter
        """The least bound of E's weights: [n]."""
        return greatest(absolute(self.weights.reshape(len(self.x), -1)))

    def outputs(self, start: Array | None = None) -> tuple[list[Array], list[Array]]:
        """The values of all nodes of E and of E', layer by layer, the inputs first: [n, N] each.

        `start` is what E' gets for the inputs, x itself if none.
        """
        exact, kept = [self.x], [self.x if start is None else start]
        for t in range(self.depth):
            sums = [
                total(w[..., t, :, :] * v[-1][..., None, :]) for w, v in ((self.weights, exact), (self.truncated, kept))
            ]
            exact.append(activate(self.activation, sums[0], self.L[..., None]))
            lost = self.delta_a[..., None] * self.slip[..., t, :]
            kept.append(activate(self.activation, sums[1], self.L[..., None]) - lost)
        return exact, kept

    @property
    def M(self) -> Array:  # noqa: N802 - the paper's letter
        """The least bound of the values of E's nodes, its inputs included: [n]."""
        return greatest(absolute(concatenate(self.outputs()[0], -1)))

    @property
    def rate(self) -> Array:
        """L N W: [n]."""
        return self.L * self.N * self.W

    @property
    def local(self) -> Array:
        """L N M delta_w + delta_a, what one node adds: [n]."""
        return self.L * self.N * self.M * self.delta_w + self.delta_a

    def errors(self, start: Array | None = None) -> list[Array]:
        """E_1, E_2, ...: the largest error of a node at each depth: [n] each."""
        return [greatest(absolute(a - b)) for a, b in zip(*self.outputs(start), strict=True)][1:]


def truncate(weights: Sequence[Sequence[Sequence[float]]], x: Sequence[float], grid: float, L: float = 1.0) -> Network:
    """A network of identity activations times L, its weights truncated towards zero to multiples of `grid` = delta_w.

    `weights` are layers of rows and must be dyadic, so that every float is exact. Activations keep all digits.
    """
    exact = np.array(weights, dtype=float)
    kept = np.floor(np.abs(exact) / grid) * grid
    one = [np.array([number]) for number in (L, grid, 0.0)]
    share = (np.abs(exact) - kept) / grid
    sign = np.where(exact < 0, -1.0, 1.0)
    slip = np.zeros((1, *exact.shape[:2]))
    return Network("identity", np.array([x], dtype=float), sign[None], kept[None], share[None], slip, *one)


def told(case: Network) -> list[str]:
    """The network and both sets of values, as exact fractions."""
    exact, kept = ([", ".join(map(fraction, layer[0])) for layer in layers] for layers in case.outputs())
    lines = [f"L = {fraction(case.L[0])}, N = {case.N}, delta_w = {fraction(case.delta_w[0])}, x = ({exact[0]})"]
    for t in range(case.depth):
        w, cut = (a[0, t].tolist() for a in (case.weights, case.truncated))
        lines.append(f"layer {t + 1}: weights {matrix(w)}, truncated {matrix(cut)}:")
        lines.append(f"  ({exact[t + 1]}) becomes ({kept[t + 1]})")
    return lines


def matrix(rows: list[list[float]]) -> str:
    """A matrix of fractions on one line."""
    return "[" + "; ".join(" ".join(map(fraction, row)) for row in rows) + "]"


def fraction(x: float) -> str:
    """A dyadic float as a fraction."""
    return str(Fraction(float(x)))


@dataclass(frozen=True)
class Networks:
    """Networks of one shape: scales of the weights, of L and of both precisions."""

    activation: str
    N: int
    depth: int
    weight: float
    L: PositiveEnsemble
    delta_w: PositiveEnsemble
    delta_a: PositiveEnsemble
    aligned: bool

    @property
    def size(self) -> int:
        """Inputs, signs, magnitudes and shares, slips, three numbers."""
        return self.N + self.depth * (3 * self.N**2 + self.N) + 3

    def build(self, free: Float[Tensor, "n size"]) -> Network:
        """A batch of instances; `aligned`: all errors add up (positive weights and inputs)."""
        n, d, count = self.N, self.depth, self.depth * self.N**2
        x, sign, kept, share, slip, L, w, a = split_sizes(free, [n, count, count, count, d * n, 1, 1, 1])
        cube = (-1, d, n, n)
        signs = torch.where(sign < 0, -1.0, 1.0).reshape(cube)
        slips = torch.tanh(slip).reshape(-1, d, n)
        if self.aligned:
            x, signs, slips = x.abs(), torch.ones_like(signs), slips.abs()
        magnitude = self.weight * torch.exp(kept.clamp(-30, 30)).reshape(cube)
        numbers = (self.L.build(L), self.delta_w.build(w), self.delta_a.build(a))
        return Network(self.activation, x, signs, magnitude, torch.sigmoid(share).reshape(cube), slips, *numbers)


def split_sizes(free: Float[Tensor, "n size"], sizes: Sequence[int]) -> tuple[Tensor, ...]:
    """The columns of `free` in consecutive groups of these sizes."""
    return tuple(torch.split(free, list(sizes), dim=-1))


@st.composite
def networks(draw: DrawFn) -> Networks:
    """N 1..3, depth 1..4, four activations; weights, L and precisions over some decades each."""
    small = positive(scales=(1e-4, 1.0))
    return Networks(
        draw(st.sampled_from(ACTIVATIONS)), draw(st.integers(1, 3)), draw(st.integers(1, 4)),
        draw(st.sampled_from((0.01, 0.3, 1.0, 3.0))), draw(positive(scales=(1e-1, 1e1))), draw(small), draw(small),
        draw(st.booleans()),
    )  # fmt: skip


NETWORKS = "N 1..3, depth 1..4; identity, ReLU, absolute value, tanh; weights, L, delta_w, delta_a over decades"

#: The equality cases: one input, aligned errors, weights all but nothing before truncation gives delta_w back.
ALIGNED = Networks("identity", 1, 2, 1.0, PositiveEnsemble(), PositiveEnsemble(1e-4), PositiveEnsemble(1e-4), True)


def power(base: Array, exponent: int) -> Array:
    """base^exponent by multiplication, so that base^0 = 1: [n]."""
    result = constant([1.0], base) + 0 * base
    for _ in range(exponent):
        result = result * base
    return result


def geometric(q: Array, terms: int) -> Array:
    """1 + q + ... + q^(terms - 1): [n]."""
    result = 0 * q
    for _ in range(terms):
        result = result * q + 1
    return result
