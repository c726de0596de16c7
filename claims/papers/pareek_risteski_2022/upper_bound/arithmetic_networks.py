"""Appendix D.2, Lemmas 18 and 19, and the display of Section 5.3: sums and products of networks."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import sympy
import torch
from jaxtyping import Float
from torch import Tensor

from claims import Margin, Step, claim, derivation, exhaustive, simulation
from claims.engine.arithmetic import Array
from claims.papers.pareek_risteski_2022.upper_bound.random_networks import (
    SCOPE,
    agree,
    count,
    only_of,
    points,
    scalar_networks,
)  # fmt: skip
from reductions.networks import SQUARE, Network, combination, product

PAPER = "pareek-risteski-2022"
SIZE = "N and M count the weights, and the biases other than 0; M + N >= 1 (a wire and a constant 0 have none)"
LINEAR = "linear nodes are always available, as in 'no additional nonlinearity is needed'"


class Pair:
    """Two scalar networks on the same inputs and two numbers; no dataclass, for networks have no ball arithmetic."""

    def __init__(self, f: Network, g: Network, w1: float, w2: float, seed: int) -> None:
        self.f, self.g, self.w1, self.w2, self.seed = f, g, w1, w2, seed

    def __repr__(self) -> str:
        return f"w1 = {self.w1}, w2 = {self.w2}, f = {self.f!r}, g = {self.g!r}"

    def second_route(self) -> Pair:
        """The same networks at other points."""
        return Pair(self.f, self.g, self.w1, self.w2, self.seed + 1)

    @property
    def z(self) -> Float[Tensor, "points inputs"]:
        """Where values are compared."""
        return points(self.seed, self.f.inputs)

    @property
    def sizes(self) -> int:
        """M + N."""
        return self.f.parameters + self.g.parameters

    @property
    def padded(self) -> int:
        """How many linear nodes bring the shallower output to the deeper one's layer, where layers may not be skipped.

        Each layer after the first holds a weight, so there are at most max(M, N) + 1.
        """
        return abs(int(self.f.depths[self.f.outputs[0]]) - int(self.g.depths[self.g.outputs[0]]))


def pairs(generator: torch.Generator, effort: str) -> Iterator[Pair]:
    """Networks in 1 and 3 inputs, each with the next one; weights of both signs, 0 and 1000 among them."""
    base = int(torch.randint(1 << 30, (1,), generator=generator))
    weights = [(1.0, 1.0), (0.0, -2.5), (-1.0, 0.0), (0.0, 0.0), (1000.0, -0.001), (0.5, -0.5)]
    for inputs in (1, 3) if effort != "thorough" else (1, 2, 3, 8):
        networks = list(scalar_networks(base, inputs))
        for k, f in enumerate(networks):
            yield Pair(f, networks[(5 * k + 1) % len(networks)], *weights[k % len(weights)], base + k)


def runs(scope: str) -> simulation:
    """Built and compared at points, where both networks are evaluated by themselves."""
    return simulation(pairs, Pair.second_route, 1e-6, f"{SCOPE}; {scope}", "other points")


# --- Lemma 18 ---------------------------------------------------------------------------------------------


def sum_steps() -> Iterator[Step]:
    """Both networks stand side by side on the shared inputs: M + N parameters. One linear node reads the two outputs
    with the weights w1 and w2: two more, hence at most 3 (M + N) in all as M + N >= 1. Where a node may read only the
    layer before, |l_f - l_g| linear nodes with weight 1 carry the shallower output along; each layer after the first
    has a weight, so these are at most max(M, N) + 1, and 5 (M + N) suffice. No activation outside Sigma is used.
    """  # noqa: D205 - the proof
    more = sympy.Symbol("k", integer=True, nonnegative=True)
    sizes = 1 + more
    yield Step.nonnegative("3 (M + N) - (M + N + 2)", sympy.expand(3 * sizes - (sizes + 2)))
    yield Step.nonnegative("5 (M + N) - (M + N + 2 + max(M, N) + 1)", sympy.expand(5 * sizes - (2 * sizes + 3)))


@claim(
    f"{PAPER}/lemma-18",
    statement=r"w_1 f + w_2 g \text{ can be represented by a neural network with } O(M + N) \text{ parameters and set"
    r" of activation functions } \Sigma \text{ for any } w_1, w_2 \in \mathbb{R}",
    source="Appendix D.2, Lemma 18; Section 5.3, (2)",
    domain="all networks f, g: R^d -> R with M and N parameters, all w1, w2",
    readings=[SIZE, LINEAR],
    by=[derivation(sum_steps, "all networks f and g"), runs("w1 and w2 of both signs, 0, 1e-3 and 1e3")],
)
def sum_of_networks(case: Pair) -> Margin:
    """The built network is w1 f + w2 g, has M + N + 2 parameters, |l_f - l_g| more if layers may not be skipped."""
    return _is_sum(case, combination(case.f, case.g, case.w1, case.w2))


def _is_sum(case: Pair, built: Network, extra: int = 2) -> Margin:
    z = case.z
    same = agree(built(z), case.w1 * case.f(z) + case.w2 * case.g(z))
    small = Margin.equal(count(built.parameters), count(case.sizes + extra))
    padded = Margin.at_most(count(case.padded), count(1 + max(case.f.parameters, case.g.parameters)))
    sigma = Margin.positive(count(only_of(built, [*case.f.activations, *case.g.activations])))
    return same & small & padded & sigma


@sum_of_networks.mutant("the weights of f and g exchanged")
def _(case: Pair) -> Margin:
    return _is_sum(case, combination(case.f, case.g, case.w2, case.w1))


@sum_of_networks.mutant("one parameter more suffices")
def _(case: Pair) -> Margin:
    return _is_sum(case, combination(case.f, case.g, case.w1, case.w2), extra=1)


# --- Lemma 19 ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Numbers:
    """Two numbers. Arrays: `x`, `y` [n]."""

    x: Array
    y: Array

    def by_squares(self, factor: float, less: float) -> Array:
        """factor (x + y)² - less (x - y)²: [n]."""
        return factor * (self.x + self.y) * (self.x + self.y) - less * (self.x - self.y) * (self.x - self.y)


def _grid() -> Iterator[Numbers]:
    for x, y in itertools.product((0, 1, -1, 2, 1000, 2**-20), repeat=2):
        yield Numbers(np.array([float(x)]), np.array([float(y)]))


def polarisation_steps() -> Iterator[Step]:
    """Expand."""
    x, y = sympy.symbols("x y", real=True)
    yield Step.vanishes("((x + y)² - (x - y)²)/4 - x y", ((x + y) ** 2 - (x - y) ** 2) / 4 - x * y)


@claim(
    f"{PAPER}/lemma-19/step-polarisation",
    statement=r"xy = \tfrac14 \left((x+y)^2 - (x-y)^2\right) \text{ for all } x, y \in \mathbb{R}",
    source="Appendix D.2, proof of Lemma 19; the display in Section 5.3",
    domain="all real x and y",
    readings=["Section 5.3 prints xy = ¼(x + y)² - ¼(x - y)²; extraction lost its first fraction, the proof has both"],
    by=[derivation(polarisation_steps, "all x, y"), exhaustive(_grid, "x, y among 0, 1, -1, 2, 1000, 2^-20")],
)
def polarisation(case: Numbers) -> Margin:
    """X y by two squares."""
    return Margin.equal(case.x * case.y, case.by_squares(0.25, 0.25))


@polarisation.mutant("1/2 before the first square")
def _(case: Numbers) -> Margin:
    return Margin.equal(case.x * case.y, case.by_squares(0.5, 0.25))


@polarisation.mutant("a dropped square")
def _(case: Numbers) -> Margin:
    return Margin.equal(case.x * case.y, case.by_squares(0.25, 0.0))


def product_steps() -> Iterator[Step]:
    """Both networks side by side: M + N. The nodes rho(f/2 + g/2) and rho(f/2 - g/2) read two outputs each, a linear
    node reads both with the weights w and -w: six more, and no bias. By step-polarisation (at f/2, g/2) its value is
    w f g. In all at most 7 (M + N) parameters; 9 (M + N) with the at most max(M, N) + 1 linear nodes that carry the
    shallower output along where no layer may be skipped.
    """  # noqa: D205 - the proof
    more = sympy.Symbol("k", integer=True, nonnegative=True)
    f, g, w = sympy.symbols("f g w", real=True)
    sizes = 1 + more
    yield Step.vanishes(
        "w ((f/2 + g/2)² - (f/2 - g/2)²) - w f g", w * ((f + g) ** 2 / 4 - (f - g) ** 2 / 4) - w * f * g
    )
    yield Step.nonnegative("7 (M + N) - (M + N + 6)", sympy.expand(7 * sizes - (sizes + 6)))
    yield Step.nonnegative("9 (M + N) - (M + N + 6 + max(M, N) + 1)", sympy.expand(9 * sizes - (2 * sizes + 7)))


@claim(
    f"{PAPER}/lemma-19",
    statement=r"\text{for any } w \in \mathbb{R},\ v = wfg \text{ can be represented by a neural network with }"
    r" O(M + N) \text{ parameters with set of activations } \Sigma \cup \{\rho\}",
    source="Appendix D.2, Lemma 19; Section 5.3, (2)",
    domain="all networks f, g: R^d -> R with M and N parameters, all w",
    readings=[SIZE, LINEAR, "'two-layer': a layer of squares and a linear one"],
    rests_on=[f"{PAPER}/lemma-19/step-polarisation"],
    by=[derivation(product_steps, "all networks f and g"), runs("w of both signs, 0 and 1e3")],
)
def product_of_networks(case: Pair) -> Margin:
    """The built network is w f g, has M + N + 6 parameters, and uses Sigma, rho and linear nodes."""
    return _is_product(case, product(case.f, case.g, case.w1))


def _is_product(case: Pair, built: Network, extra: int = 6) -> Margin:
    z = case.z
    same = agree(built(z), case.w1 * case.f(z) * case.g(z))
    small = Margin.equal(count(built.parameters), count(case.sizes + extra))
    return same & small & Margin.positive(count(only_of(built, [*case.f.activations, *case.g.activations, SQUARE])))


@product_of_networks.mutant("a dropped square")
def _(case: Pair) -> Margin:
    built = product(case.f, case.g, case.w1)
    return _is_product(case, replace(built, weight=np.append(built.weight[:-1], 0.0)))


@product_of_networks.mutant("squares of f + g and f - g, without the quarter")
def _(case: Pair) -> Margin:
    return _is_product(case, product(case.f, case.g, 4 * case.w1))


@product_of_networks.mutant("five parameters more suffice")
def _(case: Pair) -> Margin:
    return _is_product(case, product(case.f, case.g, case.w1), extra=5)
