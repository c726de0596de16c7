"""Appendix D.2, Lemma 20: one step of gradient descent, or of Langevin's chain, as a network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import sympy
import torch
from jaxtyping import Float
from torch import Tensor

from claims import Margin, Step, claim, derivation, simulation
from claims.papers.pareek_risteski_2022.upper_bound.backpropagation import jacobians
from claims.papers.pareek_risteski_2022.upper_bound.random_networks import (
    SCOPE,
    agree,
    count,
    only_of,
    points,
    vector_networks,
    with_activation,
)  # fmt: skip
from reductions.networks import SIN, SQUARE, TANH, Network, Smooth, gradient, output, pruned, step

PAPER = "pareek-risteski-2022"
DOMAIN = "all networks G: R^d -> R^d of N >= 1 parameters with differentiable activations, all x, z, c1, c2"
READINGS = [
    "N counts the weights, and the biases other than 0; N >= 1 (a permutation has none, its step has up to 3 d)",
    "x and z are inputs of the network, z first",
]


class Chain:
    """A map G, the coefficients of one step, and where it is compared; no dataclass: networks have no balls."""

    def __init__(self, generator: Network, c1: float, c2: float, seed: int) -> None:
        self.generator, self.c1, self.c2, self.seed = generator, c1, c2, seed

    def __repr__(self) -> str:
        return f"c1 = {self.c1}, c2 = {self.c2}, G = {self.generator!r}"

    def second_route(self) -> Chain:
        """The same map at other points."""
        return Chain(self.generator, self.c1, self.c2, self.seed + 1)

    @property
    def zx(self) -> Float[Tensor, "points inputs"]:
        """Where steps are compared: z and x."""
        return points(self.seed, 2 * self.generator.inputs)

    def reference(self, *, transposed: bool = True, frozen: bool = False, shift: float = 0.0) -> Tensor:
        """The step by torch's Jacobian; the mutants take J for J^T, J at 0, or x + shift."""
        d = self.generator.inputs
        z, x = self.zx[:, :d], self.zx[:, d:]
        J = jacobians(self.generator, 0 * z if frozen else z)
        pulled = (J.mT if transposed else J) @ (self.generator(z) - x - shift)[:, :, None]
        return self.c1 * z + self.c2 * pulled[:, :, 0]

    @property
    def allowed(self) -> list[Smooth]:
        """Sigma, Sigma' and rho."""
        smooth = [one for one in self.generator.activations if isinstance(one, Smooth)]
        return [*smooth, *(one.derivative for one in smooth), SQUARE]


def chains(generator: torch.Generator, effort: str) -> Iterator[Chain]:
    """Maps in dimensions 1, 2 and 3; the steps of gradient descent and of Langevin, c1 = 0, c2 = 0 and large c2."""
    base = int(torch.randint(1 << 30, (1,), generator=generator))
    coefficients = [(1.0, -0.25), (0.99, -1.0), (0.0, 1.0), (2.0, 0.0), (-1.0, 100.0)]
    for d in (1, 2, 3) if effort != "thorough" else (1, 2, 3, 5, 8):
        for k, network in enumerate(vector_networks(base + 100 * d, d)):
            yield Chain(network, *coefficients[k % len(coefficients)], base + k)


BUILT = simulation(
    chains, Chain.second_route, 1e-6, f"{SCOPE}; d in 1, 2, 3; c1, c2 of both signs and 0", "other points"
)


def _is_step(case: Chain, built: Network, most: float) -> Margin:
    small = Margin.at_most(count(built.parameters), count(most)) & Margin.positive(count(only_of(built, case.allowed)))
    return agree(built(case.zx), case.reference()) & small


# --- the steps of the proof -------------------------------------------------------------------------------


def coordinate_steps() -> Iterator[Step]:
    """An entry of J is one output of the gradient of one output of G, which has at most 8 N - 6 parameters (1 if that
    output is a wire). A coordinate of G(z) - x is Lemma 18 with the wire x_i: N + 2 parameters.
    """  # noqa: D205 - the proof
    more = sympy.Symbol("k", integer=True, nonnegative=True)
    yield Step.nonnegative("8 N - max(8 N - 6, 1)", sympy.expand(8 * (1 + more) - (8 * (1 + more) - 6)))
    yield Step.nonnegative("8 N - 1", sympy.expand(8 * (1 + more) - 1))
    yield Step.nonnegative("3 N - (N + 2)", sympy.expand(3 * (1 + more) - (3 + more)))


@claim(
    f"{PAPER}/lemma-20/step-coordinates",
    statement=r"\text{Each coordinate of } J_G: \mathbb{R}^d \to \mathbb{R}^{d \times d} \text{ can be written as a"
    r" neural network with } O(N) \text{ parameters}",
    source="Appendix D.2, proof of Lemma 20; Section 5.3, (1)",
    domain=DOMAIN,
    readings=[
        READINGS[0],
        "with the activations Sigma, Sigma' and rho: the proof says Sigma and Sigma' only, but from depth 2 on the"
        " chain rule multiplies, and the lemma itself admits rho",
    ],
    rests_on=[f"{PAPER}/lemma-5", f"{PAPER}/lemma-18"],
    by=[derivation(coordinate_steps, "all networks"), BUILT],
)
def coordinates_are_networks(case: Chain) -> Margin:
    """Each entry, built by itself, has at most 8 N parameters and is torch's."""
    return _are_entries(case)


def _are_entries(case: Chain, *, transposed: bool = False, factor: float = 8.0) -> Margin:
    d, size = case.generator.inputs, case.generator.parameters
    z = case.zx[:, :d]
    J = jacobians(case.generator, z)
    rows = [gradient(output(case.generator, j)) for j in range(d)]
    entries = [[output(row, i) for i in range(d)] for row in rows]
    found = torch.stack([torch.cat([entry(z) for entry in row], 1) for row in entries], 1)
    most = max(entry.parameters for row in entries for entry in row)
    return agree((found.mT if transposed else found).flatten(1), J.flatten(1)) & Margin.at_most(
        count(most), count(factor * size)
    )


@coordinates_are_networks.mutant("J for J^T")
def _(case: Chain) -> Margin:
    return _are_entries(case, transposed=True)


@coordinates_are_networks.mutant("at most N / 2 parameters")
def _(case: Chain) -> Margin:
    return _are_entries(case, factor=0.5)


def product_steps() -> Iterator[Step]:
    """G itself has N parameters, each of the d gradients at most 8 N - 6 or 1 (Lemma 5), each G_j - x_j two more, each
    of the d² products six (Lemma 19); an output reads d products and z_i. In all at most N + 8 N d + 2 d + 6 d² + d² +
    d <= 9 N d + 7 d² + 3 d <= 19 N d².
    """  # noqa: D205 - the proof
    j, k = sympy.symbols("j k", integer=True, nonnegative=True)
    d, n = 1 + j, 1 + k
    total = n + 8 * n * d + 2 * d + 6 * d**2 + d**2 + d
    yield Step.nonnegative("9 N d + 7 d² + 3 d - total", sympy.expand(9 * n * d + 7 * d**2 + 3 * d - total))
    yield Step.nonnegative("19 N d² - total", sympy.expand(19 * n * d**2 - total))


@claim(
    f"{PAPER}/lemma-20/step-products",
    statement=r"\text{Performing the multiplications needed for } J_G(z)^T (G(z) - x) \text{ via Lemma 19 results in a"
    r" network of size } O(Nd^2)",
    source="Appendix D.2, proof of Lemma 20",
    domain=DOMAIN,
    readings=READINGS,
    rests_on=[f"{PAPER}/lemma-20/step-coordinates", f"{PAPER}/lemma-19"],
    by=[derivation(product_steps, "all networks"), BUILT],
)
def printed_route(case: Chain) -> Margin:
    """The printed route, built: all entries of J, d² products; at most 19 N d² parameters."""
    size, d = case.generator.parameters, case.generator.inputs
    return _is_step(case, step(case.generator, case.c1, case.c2, "jacobian"), 19 * size * d**2)


@printed_route.mutant("a step towards x + 1")
def _(case: Chain) -> Margin:
    built = step(case.generator, case.c1, case.c2, "jacobian")
    return agree(built(case.zx), case.reference(shift=1.0))


@printed_route.mutant("at most 2 N d²")
def _(case: Chain) -> Margin:
    size, d = case.generator.parameters, case.generator.inputs
    return _is_step(case, step(case.generator, case.c1, case.c2, "jacobian"), 2 * size * d**2)


# --- the lemma --------------------------------------------------------------------------------------------


def step_steps() -> Iterator[Step]:
    """J^T r is the gradient of r·G(z) at fixed r: the proof of lemma-5 with the adjoints r_j = G_j - x_j at the outputs
    in place of 1. With its letters (live: on a path from an input to some output) and K <= d distinct outputs:
    values and derivatives at most 2 N, a product at each live node at most 6 n; an adjoint now has o + 1 terms at an
    output that is used once, and o + 1 + m at one used m times, so the terms add up to E + K + d, over n + d' nodes
    and inputs with at least one each: those with two or more have at most 2 (E + K + d - n - d') of them, an input
    with one adds at most 1 (d' in all), and c1 z_i adds d. In all at most 2 N + 6 n + 2 (E - n) + 2 K + 3 d - d' <=
    8 N + 5 d - d', which is 8 N + 4 d if G depends on all inputs, and at most 13 N d² for N, d >= 1.
    """  # noqa: D205 - the proof
    n, j = sympy.symbols("n j", integer=True, nonnegative=True)
    double, other, fewer, used = sympy.symbols("E_n N_E d_K d_used", integer=True, nonnegative=True)
    d = 1 + j
    size = n + double + other
    most = 2 * size + 6 * n + 2 * double + 2 * (d - fewer) + 3 * d - used
    yield Step.nonnegative("8 N + 5 d - d' - total", sympy.expand(8 * size + 5 * d - used - most))
    positive = 1 + n
    yield Step.nonnegative("13 N d² - (8 N + 5 d)", sympy.expand(13 * positive * d**2 - 8 * positive - 5 * d))


@claim(
    f"{PAPER}/lemma-20",
    statement=r"\text{If } G: \mathbb{R}^d \to \mathbb{R}^d \text{ is represented by a neural network with } N"
    r" \text{ parameters and differentiable activations } \Sigma, \text{ one can compute for any } c_1, c_2: "
    r" c_1 z + c_2 J_G(z)^T (G(z) - x) \text{ via a neural network with } O(Nd^2) \text{ parameters and activation"
    r" functions } \Sigma \cup \Sigma' \cup \{\rho\}",
    source="Appendix D.2, Lemma 20",
    domain=DOMAIN,
    readings=READINGS,
    rests_on=[f"{PAPER}/lemma-20/step-products", f"{PAPER}/lemma-18"],
    by=[derivation(step_steps, "all networks"), BUILT],
)
def step_is_a_network(case: Chain) -> Margin:
    """The step by one vector-Jacobian product is torch's and the printed route's, of at most 13 N d² parameters."""
    built = step(case.generator, case.c1, case.c2)
    most = 13 * case.generator.parameters * case.generator.inputs**2
    printed = step(case.generator, case.c1, case.c2, "jacobian")
    return _is_step(case, built, most) & agree(built(case.zx), printed(case.zx))


@step_is_a_network.mutant("J for J^T")
def _(case: Chain) -> Margin:
    return agree(step(case.generator, case.c1, case.c2)(case.zx), case.reference(transposed=False))


@step_is_a_network.mutant("the Jacobian frozen at 0")
def _(case: Chain) -> Margin:
    return agree(step(case.generator, case.c1, case.c2)(case.zx), case.reference(frozen=True))


@step_is_a_network.mutant("sin' in place of tanh'")
def _(case: Chain) -> Margin:
    wrong = with_activation(step(case.generator, case.c1, case.c2), TANH.derivative, SIN.derivative)
    return agree(wrong(case.zx), case.reference())


@step_is_a_network.mutant("without the term c1 z")
def _(case: Chain) -> Margin:
    return agree(step(case.generator, 0.0, case.c2)(case.zx), case.reference())


@claim(
    f"{PAPER}/lemma-20/remark-sharper",
    statement=r"\text{at most } 8N + 5d - d' \text{ parameters, where } G \text{ depends on } d' \text{ of its inputs:"
    r" one product of the transposed Jacobian with a vector, as in Lemma 5, in place of its } d^2 \text{ entries}",
    source="Appendix D.2, Lemma 20; Section 4 ('at most O(d) bigger than the size of G')",
    domain=DOMAIN,
    readings=READINGS,
    rests_on=[f"{PAPER}/lemma-20"],
    by=[derivation(step_steps, "all networks"), BUILT],
)
def step_costs_eight_times_the_network(case: Chain) -> Margin:
    """At most 8 N + 5 d - d' parameters, with equality for d chains side by side: no factor d or d²."""
    return _costs(case)


def _costs(case: Chain, less: int = 0, route: Literal["product", "jacobian"] = "product") -> Margin:
    built, d = step(case.generator, case.c1, case.c2, route), case.generator.inputs
    needed = pruned(case.generator)
    used = len({node for node in [*needed.source.tolist(), *needed.outputs.tolist()] if node < d})
    most = 8 * case.generator.parameters + 5 * d - used - less
    return _is_step(case, built, most).report(size_over_most=count(built.parameters / most))


@step_costs_eight_times_the_network.mutant("one parameter fewer")
def _(case: Chain) -> Margin:
    return _costs(case, less=1)


@step_costs_eight_times_the_network.mutant("as many by the printed route")
def _(case: Chain) -> Margin:
    return _costs(case, route="jacobian")
