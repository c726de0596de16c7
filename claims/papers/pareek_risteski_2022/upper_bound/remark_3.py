"""Section 2.1, Remark 3: layers that are not invertible, and layers that are inverted one at a time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import sympy
import torch
from hypothesis import strategies as st
from jaxtyping import Float

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, concatenate, singular_energies, sqrt
from claims.engine.strategies import Instances, MatrixEnsemble
from claims.papers.pareek_risteski_2022.upper_bound.assumptions import PR
from claims.papers.pareek_risteski_2022.upper_bound.strongly_invertible import SMOOTH, dot, norm
from reductions.networks import IDENTITY, Network, NetworkBuilder, PiecewiseLinear


@dataclass(frozen=True)
class Widened:
    """G: R^d -> R^2d -> R^d, z -> (sigma(z), sigma(-z)) = h -> W (h_1 - h_2), with sigma the softplus.

    Arrays `W` [n, d, d], `points` [n, 3, d]: z, a step, and a vector u.
    """

    W: Array
    points: Array

    def up(self, z: Array) -> Array:
        """The first layer: [n, 2d]."""
        sigma = SMOOTH["softplus"].derivatives[0]
        return concatenate([sigma(z), sigma(-z)], -1)

    def back(self, h: Array) -> Array:
        """The second layer: [n, d]."""
        d = self.W.shape[-1]
        return (self.W @ (h[..., :d] - h[..., d:])[..., None])[..., 0]

    @property
    def least(self) -> Array:
        """m = sigma_min(W): [n]."""
        return sqrt(singular_energies(self.W)[..., -1])

    @property
    def kernel(self) -> Array:
        """h, and h + (u, u) with another u: [n, 2d] each."""
        u = self.points[..., 2, :]
        return concatenate([u, u], -1)


def _widened(d: int, reach: float) -> Instances:
    return Instances(Widened, (), (MatrixEnsemble(d, d, d), MatrixEnsemble(3, d, min(3, d), scale=reach)))


def widening_steps() -> Iterator[Step]:
    """ln(1 + e^z) - ln(1 + e^-z) = z, so G(z) = W z, which is strongly invertible with m = sigma_min(W) for invertible
    W. Its second layer maps (u, u) to 0 for each u, so it is not injective; the first is not onto R^2d.
    """  # noqa: D205 - the proof
    z = sympy.Symbol("z", real=True)
    yield Step.vanishes("1 + e^z = e^z (1 + e^-z)", sympy.expand(1 + sympy.exp(z) - sympy.exp(z) * (1 + sympy.exp(-z))))


@claim(
    f"{PR}/remark-3",
    statement=r"\text{we do not require that } G \text{ is layerwise invertible (i.e. that each map from one layer"
    r" to the next is invertible)}",
    source="Section 2.1, Remark 3, first sentence",
    domain="all d >= 1: some strongly invertible G has a layer that is not injective",
    readings=["shown by a G that first raises the dimension from d to 2d and then lowers it, for every d"],
    by=[
        derivation(widening_steps, "all d, all invertible W"),
        search(
            st.sampled_from([_widened(1, 1.0), _widened(2, 1.0), _widened(3, 10.0)]), "d in 1..3, W gaussian, |z| to 30"
        ),
    ],
)
def a_layer_need_not_be_invertible(case: Widened) -> Margin:
    """|G(z + step) - G(z)| >= sigma_min(W) |step|, and the second layer takes h and h + (u, u) to the same point."""
    z, step = case.points[..., 0, :], case.points[..., 1, :]
    moved = norm(case.back(case.up(z + step)) - case.back(case.up(z)))
    h = case.up(z)
    same = Margin.equal(case.back(h + case.kernel), case.back(h))
    return same & Margin.at_least(moved, case.least * norm(step))


@a_layer_need_not_be_invertible.mutant("one softplus: W sigma(z)")
def _(case: Widened) -> Margin:
    z, step = case.points[..., 0, :], case.points[..., 1, :]
    sigma = SMOOTH["softplus"].derivatives[0]
    moved = (case.W @ (sigma(z + step) - sigma(z))[..., None])[..., 0]
    return Margin.at_least(norm(moved), case.least * norm(step))


@a_layer_need_not_be_invertible.mutant("each layer is strongly invertible, with m/10")
def _(case: Widened) -> Margin:
    h = case.up(case.points[..., 0, :])
    moved = case.back(h + case.kernel) - case.back(h)
    # Squares: in balls the root of what may be 0 is nothing.
    return Margin.at_least(dot(moved, moved), (case.least / 10) ** 2 * dot(case.kernel, case.kernel))


LEAKY = PiecewiseLinear("leaky relu", (0.0,), (0.0,), 0.5, 1.0)
INVERSE = PiecewiseLinear("inverse of leaky relu", (0.0,), (0.0,), 2.0, 1.0)

#: W of determinant 1 with small integers, so that all is exact in float64: what its inverse looks like follows.
WEIGHTS: dict[str, Callable[[int], np.ndarray]] = {
    "cycle": lambda d: np.roll(np.eye(d), 1, axis=0),  # as sparse as itself
    "bidiagonal": lambda d: np.eye(d) - np.eye(d, k=-1),  # half full: all ones below the diagonal
    "tridiagonal": lambda d: (np.eye(d) - np.eye(d, k=-1)) @ (np.eye(d) - np.eye(d, k=1)),  # full
}


@dataclass(frozen=True)
class Stack:
    """G of `depth` layers z -> leaky(W z + b), d wide, each with the same kind of W; b = 0 or all ones."""

    kind: str
    d: int
    depth: int
    biased: bool

    @cached_property
    def W(self) -> Float[np.ndarray, "d d"]:  # noqa: N802 - as in the formulas
        """The weights."""
        return WEIGHTS[self.kind](self.d)

    @cached_property
    def b(self) -> Float[np.ndarray, " d"]:
        """The biases."""
        return np.full(self.d, float(self.biased))

    def network(self) -> Network:
        """G."""
        builder = NetworkBuilder(self.d)
        nodes = builder.input_nodes
        for _ in range(self.depth):
            nodes = builder.dense(nodes, self.W, self.b, LEAKY)
        return builder.build(nodes)

    def inverted(self, back: Float[np.ndarray, "d d"]) -> Network:
        """Each layer undone, the last one first: the inverse activation, then z -> back (z - b)."""
        builder = NetworkBuilder(self.d)
        nodes = builder.scaled(builder.input_nodes, activation=INVERSE)
        for layer in range(self.depth):
            last = layer == self.depth - 1
            nodes = builder.dense(nodes, back, -back @ self.b, IDENTITY if last else INVERSE)
        return builder.build(nodes)


def _stacks() -> Iterator[Stack]:
    for d, kind, depth, biased in itertools.product((1, 2, 5, 24), WEIGHTS, (1, 3), (False, True)):
        yield Stack(kind, d, depth, biased)


def layerwise_steps() -> Iterator[Step]:
    """An invertible W has no zero row, so at least d weights; its inverse has at most d² <= d times as many, and the
    inverse's biases, -W^-1 b, are 0 where b is, else at most d, and b has one at least. With d weights 1 to read x
    through the first inverse activation, N' <= d N + d <= (d + 1) N. As beta falls to 0 the posterior tends to the
    point mass at G^-1(x) where G is strongly invertible, and so does an encoder with this mean and little noise.
    """  # noqa: D205 - the proof
    d, more, biases = sympy.symbols("d w b", nonnegative=True)
    yield Step.nonnegative("d (d + w) - d²: weights", sympy.expand(d * (d + more) - d**2))
    yield Step.nonnegative("d (1 + b) - d: biases, where there is one", sympy.expand(d * (1 + biases) - d))
    yield Step.nonnegative("(d + 1)(d + w) - d (d + w) - d", sympy.expand((d + 1) * (d + more) - d * (d + more) - d))


@claim(
    f"{PR}/remark-3-layerwise",
    statement=r"\text{if that is the case, at least in the limit } \beta\to 0 \text{, the existence of an inference"
    r" decoder of comparable size to } G \text{ is rather obvious: we simply invert each layer one at a time}",
    source="Section 2.1, Remark 3",
    domain="all G of layers z -> sigma(W z + b) with W square and invertible and sigma a bijection of R",
    readings=[
        "inference decoder: the encoder, which in the limit returns G^-1(x)",
        "comparable: N' <= (d + 1) N, as Theorem 1 has N poly(d). Written layer by layer no constant factor will do: W"
        " bidiagonal has 2d - 1 weights, its inverse d (d + 1)/2. Solving W z = y as a recurrence instead takes 2d - 1"
        " again, but G's layers then become d deep, and sparse W in general fill in",
        "the activation sigma^-1 is allowed; Theorem 1's encoders have sigma, sigma' and the square only, and a bounded"
        " sigma such as tanh is no bijection of R, so there layers can only be inverted on their range",
    ],
    by=[
        derivation(layerwise_steps, "all d, W, b, all numbers of layers"),
        exhaustive(_stacks, "d in 1, 2, 5, 24; 1 or 3 layers; W a cycle, bidiagonal, tridiagonal; leaky ReLU"),
    ],
)
def layers_are_inverted_one_at_a_time(case: Stack) -> Margin:
    """The inverse network returns z exactly and has at most (d + 1) N parameters."""
    return _inverts(case, np.linalg.inv(case.W).round(), case.d + 1)


def _inverts(case: Stack, back: Float[np.ndarray, "d d"], factor: int) -> Margin:
    G, E = case.network(), case.inverted(back)
    z = torch.arange(case.d, dtype=torch.float64)[None] - torch.tensor([[0.0], [2.0]], dtype=torch.float64)
    gap = float((E(G(z)) - z).abs().max())
    size = Margin.at_most(np.array([E.parameters]), np.array([factor * G.parameters]))
    return size & Margin.at_most(np.array([gap]), np.array([0.0]))


@layers_are_inverted_one_at_a_time.mutant("N' <= 4 N")
def _(case: Stack) -> Margin:
    return _inverts(case, np.linalg.inv(case.W).round(), 4)


@layers_are_inverted_one_at_a_time.mutant("the transpose in place of the inverse")
def _(case: Stack) -> Margin:
    return _inverts(case, case.W.T, case.d + 1)
