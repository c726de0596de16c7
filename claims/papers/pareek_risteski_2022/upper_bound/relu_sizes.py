"""Appendix G, Lemma 27: how many parameters the ReLU network has."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import sympy
import torch
from jaxtyping import Float
from torch import Tensor

from claims import Margin, Step, claim, derivation, exhaustive, simulation
from claims.papers.pareek_risteski_2022.upper_bound.random_networks import count
from claims.papers.pareek_risteski_2022.upper_bound.relu_networks import BOUNDED, BUDGET, L27, LIPSCHITZ
from reductions.networks import ARCTAN, SIGMOID, SIN, TANH, Network, NetworkBuilder, ReluVersion, Smooth, relu_version

NO_BIAS = "the bound B names weights only, so there are no biases; n >= 1, the weights"
COUNT = "O(n X log X) with X = (LB)^l l B M/eps; where X < 1 its logarithm is negative: read as n X (1 + |log X|)"


# --- as printed -------------------------------------------------------------------------------------------

#: Constants in O(.) that are tried. What fails for each of them fails for every one.
CONSTANTS = (1, 10, 100, 1000, 10**6)


@dataclass(frozen=True)
class Cosines:
    """For each constant C the depth l of cos(cos(.../2)/2), n = l: L = 1, B = 1/2, M = 11/10, eps = 1/10."""

    rows: tuple[tuple[int, int], ...]


def printed_count(l: int, power: int = 1, factor: int = 1) -> float:  # noqa: E741 - the paper's letter
    """`factor` X (1 + |log X|), X = (LB)^(power l) l B M/eps, at the constants of `Cosines`."""
    x = 0.5 ** (power * l) * l * 0.5 * 1.1 / 0.1
    return factor * x * (1 + abs(math.log(x)))


def _first(c: int) -> int:
    return next(depth for depth in range(1, 200) if c * printed_count(depth, factor=depth) < 1)


def cosines() -> Iterator[Cosines]:
    """One case, for the lemma says O(.): each constant at the least depth where the count is below 1."""
    yield Cosines(tuple((c, _first(c)) for c in CONSTANTS))


def _some_constant(case: Cosines, size: Callable[[int], float]) -> Margin:
    """G2 needs one parameter at least; the count admits it for some constant."""
    best = max(c * size(depth) for c, depth in case.rows)
    return Margin.at_least(np.array([best], dtype=object), np.array([1.0], dtype=object))


def _worked(case: Cosines) -> list[str]:
    return [
        "L = 1, B = 1/2, M = 11/10, eps = 1/10: G1(x) = cos(cos(... cos(x/2)/2 ...)/2), l nodes; |cos| <= 1 < M",
        "|G1(0)| >= cos(1/2) = 0.877, and a network without parameters gives 0 at x = 0 (or x itself): off by > eps",
        *(
            f"C = {c}, l = {depth}: X = 2^-{depth} * {depth} * 5.5 = {0.5**depth * depth * 5.5:.3g},"
            f" C l X (1 + |log X|) = {c * printed_count(depth, factor=depth):.4g} < 1"
            for c, depth in case.rows
        ),
        "the count tends to 0 as l grows, for every constant",
    ]


@claim(
    L27,
    statement=r"\text{Let } G_1: [-M,M]^d \to \mathbb{R} \text{ be a network with at most } l \text{ layers, } n"
    r" \text{ parameters, } \forall i,j: \sum_k |W^{(i)}_{j,k}| \le B, \text{ all activations with }"
    r" \sup_{[-BM,BM]} \sigma < M. \text{ There is a ReLU network } G_2 \text{ with }"
    r" O\left(n \tfrac{(LB)^l l B M}{\epsilon} \log \tfrac{(LB)^l l B M}{\epsilon}\right) \text{ parameters and }"
    r" \sup_x |G_1(x) - G_2(x)| \le \epsilon",
    source="Appendix G, Lemma 27",
    domain="some constant, all L, B, M, eps > 0, l and n >= 1, all such G1",
    readings=[LIPSCHITZ, BOUNDED, BUDGET, COUNT, NO_BIAS, "'for all sup' is read as: for all x in Omega, at most eps"],
    rests_on=[f"{L27}/step-induction", f"{L27}/step-range"],
    effect="The refutation is confined to counts X < 1, where n X (1 + |log X|) is our reading of the garbled count:"
    " the proof's 'at most a factor of O(X log X) bigger' presupposes X >= 1. Smaller ones: for LB < 1 X falls"
    " to 0 with the depth (the witness); for B < 1 at LB = 1 X lacks an L (cos of 100 times x/100). Harmless:"
    " for B, L, X >= 1, which bounds may be, it follows from the repair, and no theorem uses it. The factor is"
    " exponential in the depth, so 'comparably sized' holds at bounded depth only.",
    by=[exhaustive(cosines, "C = 1..10^6, each at the least depth where the count is below 1")],
    worked=_worked,
)
def printed_size(case: Cosines) -> Margin:
    """Some constant times the printed count admits a parameter at every depth."""
    return _some_constant(case, lambda depth: printed_count(depth, factor=depth))


@printed_size.mutant("(LB)^{2l}")
def _(case: Cosines) -> Margin:
    return _some_constant(case, lambda depth: printed_count(depth, power=2, factor=depth))


@printed_size.mutant("without the factor n")
def _(case: Cosines) -> Margin:
    return _some_constant(case, printed_count)


# --- repaired ---------------------------------------------------------------------------------------------


class Approximated:
    """Dense layers of one activation, rows of l1 norm B, and its ReLU version; no dataclass: no ball arithmetic."""

    def __init__(self, activation: Smooth, widths: tuple[int, ...], rate: float, eps: float, seed: int) -> None:
        self.activation, self.widths, self.rate, self.eps, self.seed = activation, widths, rate, eps, seed
        self.M = 1.01 * activation.bound
        self.B = rate / activation.lipschitz

    def __repr__(self) -> str:
        return f"{self.activation.name}, widths {self.widths}, LB = {self.rate}, eps = {self.eps}"

    def second_route(self) -> Approximated:
        """The same network at other points."""
        other = Approximated(self.activation, self.widths, self.rate, self.eps, self.seed)
        other.draw = self.draw + 1
        return other

    draw = 0

    def network(self) -> Network:
        """The network: no biases, every node with the activation."""
        rng = np.random.default_rng(self.seed)
        builder = NetworkBuilder(self.widths[0])
        nodes = builder.input_nodes
        for width in self.widths[1:]:
            weight = rng.normal(size=(width, len(nodes)))
            weight *= self.B / np.abs(weight).sum(1, keepdims=True)
            nodes = builder.dense(nodes, weight, np.zeros(width), self.activation)
        return builder.build(nodes)

    def x(self) -> Float[Tensor, "points inputs"]:
        """Points of [-M, M]^d, along diagonals, where the sums range widest, and anywhere."""
        generator = torch.Generator().manual_seed(self.seed + self.draw)
        cube = 2 * torch.rand(256, self.widths[0], dtype=torch.float64, generator=generator) - 1
        line = torch.linspace(-1, 1, 256, dtype=torch.float64)[:, None] * cube[:1].sign()
        return self.M * torch.cat([cube, line])

    def off(self, version: ReluVersion) -> float:
        """The largest difference at the points."""
        x = self.x()
        return float((self.network()(x) - version.network(x)).abs().max())

    @property
    def most(self) -> float:
        """15 n (1 + max(1, LB)^{l-1} l LBM/eps)."""
        depth = len(self.widths) - 1
        pieces = max(1.0, self.rate) ** (depth - 1) * depth * self.rate * self.M / self.eps
        return 15 * self.network().parameters * (1 + pieces)


def approximated(generator: torch.Generator, effort: str) -> Iterator[Approximated]:
    """One to four layers, LB from 1/4 to 3, eps from 0.3 to 0.003."""
    seed = int(torch.randint(1 << 30, (1,), generator=generator))
    finest = 0.01 if effort != "thorough" else 0.001
    for k, widths in enumerate([(1, 1), (1, 1, 1), (2, 3, 1), (1, 1, 1, 1, 1), (3, 4, 2, 2)]):
        for activation in (TANH, SIN, SIGMOID, ARCTAN):
            yield Approximated(activation, widths, (0.25, 1.0, 3.0)[k % 3], 0.3 if k % 2 else finest, seed + k)


def relu_steps() -> Iterator[Step]:
    """Interpolate sigma at equal pieces of [-BM, BM]: an L-Lipschitz function is within L h/2 of its interpolation by
    pieces of width h (at a place t h the chord is (1 - t) f(0) + t f(h), off by at most (1 - t) L t h + t L (1 - t) h =
    2 t (1 - t) L h). So K = ceil(LBM/e0) pieces reach e0, without a logarithm and without the cited theorem; constant
    outside, |R| <= M (step-range/repair). With e0 = eps/(l max(1, LB)^{l-1}) the error at layer l is at most eps (step-
    induction/repair), K <= 1 + Y with Y = max(1, LB)^{l-1} l LBM/eps. A node becomes its sum, at most K + 1 ReLUs of
    two parameters, and a sum of them with a bias: at most 3 (K + 1) + 1 more. Nodes that matter are the output and such
    as have an edge leading from them: at most n + 1 <= 2 n. In all n + 2 n (3 K + 4) <= 15 n K <= 15 n (1 + Y).
    """  # noqa: D205 - the proof
    t = sympy.Symbol("t", real=True)
    j, k = sympy.symbols("j k", integer=True, nonnegative=True)
    n, pieces = 1 + j, 1 + k
    yield Step.nonnegative("1/2 - 2 t (1 - t) = 2 (t - 1/2)²", 2 * (t - sympy.Rational(1, 2)) ** 2)
    yield Step.vanishes("that identity", sympy.Rational(1, 2) - 2 * t * (1 - t) - 2 * (t - sympy.Rational(1, 2)) ** 2)
    yield Step.nonnegative("15 n K - n - 2 n (3 K + 4)", sympy.expand(15 * n * pieces - n - 2 * n * (3 * pieces + 4)))
    yield Step.nonnegative("2 n - (n + 1)", sympy.expand(2 * n - (n + 1)))


@claim(
    f"{L27}/repair",
    statement=r"O\left(n \left(1 + \max(1, LB)^{l-1}\, \tfrac{l L B M}{\epsilon}\right)\right) \text{ parameters, the"
    r" constant } 15, \text{ for } |\sigma| \le M \text{ on } [-BM, BM] \text{ and } L\text{-Lipschitz there}",
    source="Appendix G, Lemma 27",
    domain="all L, B, M, eps > 0, l and n >= 1, all G1 without biases",
    repairs=L27,
    changes="max(1, LB)^{l-1} LB for (LB)^l B, one parameter more a weight, |sigma| for sigma; no logarithm",
    readings=[NO_BIAS],
    rests_on=[f"{L27}/step-recursion", f"{L27}/step-induction", f"{L27}/step-range"],
    carried_by=[f"{L27}/step-induction/repair", f"{L27}/step-range/repair"],
    by=[
        derivation(relu_steps, "all networks"),
        simulation(
            approximated, Approximated.second_route, 1e-9, "1..4 layers; tanh, sin, sigmoid, arctan; LB 1/4, 1, 3",
            "other points",
        ),
    ],
)  # fmt: skip
def relu_network_is_near(case: Approximated) -> Margin:
    """The built network is within its certified error, that within eps, and it is small enough."""
    version = relu_version(case.network(), case.eps, case.M)
    certified = Margin.at_most(count(version.error), count(case.eps))
    return _near(case, version) & certified & Margin.at_most(count(version.network.parameters), count(case.most))


def _near(case: Approximated, version: ReluVersion) -> Margin:
    off = case.off(version)
    return Margin.at_most(count(off), count(case.eps)).report(error_over_eps=count(off / case.eps))


@relu_network_is_near.mutant("a hundred times the error in the tables")
def _(case: Approximated) -> Margin:
    return _near(case, relu_version(case.network(), 100 * case.eps, case.M))


@relu_network_is_near.mutant("interpolated on a third of the box")
def _(case: Approximated) -> Margin:
    return _near(case, relu_version(case.network(), case.eps, case.M / 3))


@relu_network_is_near.mutant("at most 3 n parameters")
def _(case: Approximated) -> Margin:
    network = case.network()
    version = relu_version(network, case.eps, case.M)
    return Margin.at_most(count(version.network.parameters), count(3 * network.parameters))
