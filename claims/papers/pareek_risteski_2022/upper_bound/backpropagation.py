"""Section 5.3, Lemma 5: the gradient of a network is a network of comparable size."""

from __future__ import annotations

from collections.abc import Iterator

import sympy
import torch
from jaxtyping import Float
from torch import Tensor

from claims import Constant, Margin, Step, claim, derivation, simulation
from claims.papers.pareek_risteski_2022.upper_bound.random_networks import (
    SCOPE,
    agree,
    count,
    only_of,
    points,
    scalar_networks,
    with_activation,
)  # fmt: skip
from reductions.networks import MAGNITUDE, SIN, SQUARE, TANH, Network, Smooth, gradient

PAPER = "pareek-risteski-2022"


class Differentiable:
    """A scalar network and where its gradient is compared; no dataclass, for networks have no ball arithmetic."""

    def __init__(self, f: Network, seed: int) -> None:
        self.f, self.seed = f, seed

    def __repr__(self) -> str:
        return repr(self.f)

    def second_route(self) -> Differentiable:
        """The same network at other points."""
        return Differentiable(self.f, self.seed + 1)

    @property
    def z(self) -> Float[Tensor, "points inputs"]:
        """Where gradients are compared."""
        return points(self.seed, self.f.inputs)

    def reference(self) -> Float[Tensor, "points inputs"]:
        """The gradient by torch, which differentiates the activations themselves."""
        return jacobians(self.f, self.z)[:, 0]


def jacobians(network: Network, z: Float[Tensor, "points inputs"]) -> Float[Tensor, "points outputs inputs"]:
    """J at each point by torch's own reverse mode."""
    z = z.detach().clone().requires_grad_()
    # The product with z keeps outputs that depend on no input in torch's graph.
    values = network(z) + 0 * z.sum(1, keepdim=True)
    rows = [torch.autograd.grad(values[:, j].sum(), z, retain_graph=True)[0] for j in range(values.shape[1])]
    return torch.stack(rows, 1)


def differentiables(generator: torch.Generator, effort: str) -> Iterator[Differentiable]:
    """Scalar networks in 1, 2 and 5 inputs."""
    base = int(torch.randint(1 << 30, (1,), generator=generator))
    for inputs in (1, 2, 5) if effort != "thorough" else range(1, 17):
        for k, f in enumerate(scalar_networks(base + 100 * inputs, inputs)):
            yield Differentiable(f, base + k)


BUILT = simulation(differentiables, Differentiable.second_route, 1e-6, f"{SCOPE}; d in 1, 2, 5", "other points")
READINGS = [
    "N counts the weights, and the biases other than 0; N >= 1 (z_1 itself has none, its gradient has one)",
    "one network gives all d partial derivatives",
    "the lemma names no activations; products need rho from depth 2 on, as Theorem 1 and Lemma 20 have it (the proof of"
    " Lemma 20 says: Sigma and Sigma' only); rho' is a linear node",
]


def backpropagation_steps() -> Iterator[Step]:
    """Call an edge live if it lies on a path from an input to the output, and let E be their number, n that of nodes on
    such paths, d' >= 1 that of inputs on them. (With n = 0 the gradient is constant, one parameter at most.) The chain
    rule: a_out = 1, e_v = a_v sigma'(s_v) and a_u = sum of w e_v over the live edges from u to v, the gradient for an
    input u. The network computes
    - the values of all nodes but the output, and sigma'(s_v), which reads what v reads: at most 2 N - 1;
    - e_v by the six parameters of Lemma 19, but for the output, whose e is sigma'(s): at most 6 (n - 1);
    - a_u, if u has o >= 2 live edges: o parameters, and 1 for an input with o = 1 (else a_u is a multiple of one e_v,
      and the factor goes into the weights that read it). Each of the n - 1 + d' inputs and nodes but the output has
      o >= 1 and together they have E, so the o >= 2 add up to at most 2 sum (o - 1) = 2 (E - n + 1 - d'); with the
      inputs' at most 2 (E - n) + 2 - d' <= 2 (E - n) + 1.
    A node has a live edge that leads to it and each live edge is a parameter: n <= E <= N. In all at most 2 N - 1 +
    6 (n - 1) + 2 (E - n) + 1 <= 8 N - 6.
    """  # noqa: D205 - the proof
    n = sympy.Symbol("n", integer=True, positive=True)
    double, other, depth = sympy.symbols("E_n N_E l", integer=True, nonnegative=True)  # E - n and N - E
    edges = n + double
    size = edges + other
    most = 2 * size - 1 + 6 * (n - 1) + 2 * double + 1
    yield Step.nonnegative("8 N - 6 - (2 N - 1 + 6 (n - 1) + 2 (E - n) + 1)", sympy.expand(8 * size - 6 - most))
    yield Step.nonnegative("8 (N + l) - (8 N - 6)", sympy.expand(8 * (size + depth) - (8 * size - 6)))
    o = 2 + sympy.Symbol("k", integer=True, nonnegative=True)
    yield Step.nonnegative("2 (o - 1) - o for o >= 2", sympy.expand(2 * (o - 1) - o))


def _is_gradient(case: Differentiable, built: Network, most: float) -> Margin:
    smooth = [one for one in case.f.activations if isinstance(one, Smooth)]
    allowed = [*smooth, *(one.derivative for one in smooth), SQUARE]
    small = Margin.at_most(count(built.parameters), count(most)) & Margin.positive(count(only_of(built, allowed)))
    return (agree(built(case.z), case.reference()) & small).report(
        size_over_N=count(built.parameters / case.f.parameters)
    )


@claim(
    f"{PAPER}/lemma-5",
    statement=r"\text{Given a neural network } G: \mathbb{R}^d \to \mathbb{R} \text{ of depth } l \text{ and size } N,"
    r" \text{ there is a neural network of size } O(N + l) \text{ which calculates the gradient }"
    r" \partial G/\partial z_i \text{ for } i \in [d]",
    source="Section 5.3, Lemma 5",
    domain="all networks G: R^d -> R of size N >= 1 with differentiable activations",
    readings=READINGS,
    rests_on=[f"{PAPER}/lemma-19"],
    by=[derivation(backpropagation_steps, "all networks"), BUILT],
)
def gradient_is_a_network(case: Differentiable) -> Margin:
    """The built network is the gradient, of at most 8 (N + l) parameters, with Sigma, Sigma' and rho."""
    return _is_gradient(case, gradient(case.f), 8 * (case.f.parameters + case.f.depth))


@gradient_is_a_network.mutant("sin' in place of tanh'")
def _(case: Differentiable) -> Margin:
    wrong = with_activation(gradient(case.f), TANH.derivative, SIN.derivative)
    return _is_gradient(case, wrong, 8 * (case.f.parameters + case.f.depth))


@gradient_is_a_network.mutant("|s| in place of s² in the products")
def _(case: Differentiable) -> Margin:
    wrong = with_activation(gradient(case.f), SQUARE, MAGNITUDE)
    return agree(wrong(case.z), case.reference())


@gradient_is_a_network.mutant("at most 3 (N + l)")
def _(case: Differentiable) -> Margin:
    return _is_gradient(case, gradient(case.f), 3 * (case.f.parameters + case.f.depth))


@claim(
    f"{PAPER}/lemma-5/remark-sharper",
    statement=r"\text{at most } 8N - 6 \text{ parameters, whatever the depth, attained by chains without biases}",
    source="Section 5.3, Lemma 5",
    domain="all networks G: R^d -> R of size N >= 1 with differentiable activations",
    readings=READINGS,
    rests_on=[f"{PAPER}/lemma-19"],
    by=[derivation(backpropagation_steps, "all networks"), BUILT],
    constants={"factor": Constant(8.0, 0.95)},
)
def gradient_costs_eight_times_the_network(case: Differentiable, factor: float = 8.0) -> Margin:
    """The built network has at most 8 N - 6 parameters: depth adds nothing."""
    return _is_gradient(case, gradient(case.f), factor * case.f.parameters - 6)


@gradient_costs_eight_times_the_network.mutant("7 N")
def _(case: Differentiable) -> Margin:
    return gradient_costs_eight_times_the_network.margin(case, factor=7.0)


@gradient_costs_eight_times_the_network.mutant("8 N - 7")
def _(case: Differentiable) -> Margin:
    return _is_gradient(case, gradient(case.f), 8 * case.f.parameters - 7)
