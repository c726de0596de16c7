"""Theorem 2's activation functions, which are asked to be L-Lipschitz and nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from circuits import Builder, Circuit, evaluate
from claims import Constant, Margin, claim, derivation, exhaustive
from claims.papers.pareek_risteski_2022.boolean import permutations
from claims.papers.pareek_risteski_2022.closed_form import T2
from claims.papers.pareek_risteski_2022.fixed_point import PiecewiseLinear
from claims.papers.pareek_risteski_2022.gate_counts import number, piece_steps, piecewise, some_activations
from claims.papers.pareek_risteski_2022.precision_steps import SOURCE


def log_circuits(inputs: int, gates: int, outputs: int = 1) -> int:
    """An upper bound of log2 of the number of functions that circuits of at most so many two-input gates compute.

    Each gate is one of 16 functions of two of the inputs + gates nodes, each output a node, a complement or a constant.
    """
    node = (inputs + gates + 1).bit_length()
    return gates * (4 + 2 * node) + outputs * (node + 1)


# --- one activation ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sizes:
    """The constants c = 1, 10, ..., 10^largest in O(b), words of b bits up to `bits`."""

    largest: int
    bits: int

    def shortfall(self, c: int, size: Callable[[int, int], int]) -> tuple[int, int]:
        """(b, log2 #circuits - log2 #activations) at the b where the latter is least."""
        return min(
            ((b, log_circuits(b, size(c, b)) - (1 << b)) for b in range(1, self.bits + 1)), key=lambda found: found[1]
        )


def _linear(c: int, b: int) -> int:
    return c * (b + 2)


def _enough_circuits(case: Sizes, size: Callable[[int, int], int]) -> Margin:
    """For some constant there are as many circuits as activations at every b. As ±1: the numbers exceed all floats."""
    enough = any(case.shortfall(10**k, size)[1] >= 0 for k in range(case.largest + 1))
    return Margin.positive(number(1 if enough else -1))


def _worked_sizes(case: Sizes) -> list[str]:
    lines = [
        "to each table t: {0..2^b - 1} -> {0,1} belongs the activation that is t at the integers, linear in between:",
        "1-Lipschitz, values in [0,1]; M = 2^b bounds the node before it, delta_a = 1/4: b + 2 = log M +"
        " log(1/delta_a)",
        "2^(2^b) tables, each needs a circuit of its own; s gates: at most (16 (b + s + 1)²)^s 2(b + s + 1) functions",
    ]
    for k in range(case.largest + 1):
        c = 10**k
        b = next(b for b in range(1, case.bits + 1) if log_circuits(b, _linear(c, b)) < 1 << b)
        s = _linear(c, b)
        lines.append(f"c = {c}, b = {b}: s = {s}, log2 of the circuits <= {log_circuits(b, s)} < 2^{b} = {1 << b}")
    return lines


@claim(
    f"{T2}/step-gates-activation",
    statement=r"\text{we need } O(\log M + \log(1/\delta_a)) \text{ nodes for the activation function}",
    source=SOURCE + ", 'we show how to simulate E by a Boolean circuit'",
    domain="some constant in the O(.), all L-Lipschitz activations with outputs bounded by M, all M, delta_a",
    readings=[
        "log(delta_a) is log(1/delta_a)",
        "nodes are gates of two inputs; with any bounded fan-in the argument is the same",
        "Theorem 2 asks of the activations only that they are L-Lipschitz, so that is their whole domain",
    ],
    effect="The heart of the last step. A Lipschitz function can hold any truth table: most need about 2^b/b gates on b"
    " bits. For piecewise-linear activations of K pieces O(K b + b²) gates do (the repair), so Theorem 2 needs a"
    " hypothesis: activations that circuits of size poly(b) compute to b bits, as all common ones are.",
    by=[exhaustive(lambda: iter([Sizes(6, 48)]), "c = 1, 10, ..., 10^6; b in 1..48; all 2^(2^b) tables, by counting")],
    worked=_worked_sizes,
)
def activations_take_linear_size(case: Sizes) -> Margin:
    """With s = c (b + 2) gates there are as many circuits as Lipschitz activations, for some c and every b."""
    return _enough_circuits(case, _linear)


@activations_take_linear_size.mutant("c b² gates")
def _(case: Sizes) -> Margin:
    return _enough_circuits(case, lambda c, b: c * b * b)


@activations_take_linear_size.mutant("c b³ gates")
def _(case: Sizes) -> Margin:
    return _enough_circuits(case, lambda c, b: c * b**3)


@claim(
    f"{T2}/step-gates-activation/repair",
    statement=r"\text{a piecewise-linear activation of } K \text{ pieces with knots, slopes of } b \text{ bits takes }"
    r" O(Kb + b^2) \text{ gates}",
    source=SOURCE + ", 'we show how to simulate E by a Boolean circuit'",
    domain="all K >= 1, b >= 1, all knots, slopes, offsets on the grid",
    repairs=f"{T2}/step-gates-activation",
    changes="a hypothesis on the activations (K linear pieces), and b² + K b in place of b; made explicit: 19"
    " (K b + b²)",
    by=[
        derivation(piece_steps, "all K, b (counting)"),
        exhaustive(some_activations, "K in 1..64, b in 1..24, random pieces; all inputs up to 10 bits, else 97; ReLU"),
    ],
    constants={"c": Constant(19.0, 0.95)},
)
def piecewise_linear_activations_take_few_gates(case: PiecewiseLinear, c: float = 19.0) -> Margin:
    """At most 19 (K b + b²) gates, and the value is right."""
    return piecewise(case, c)


@piecewise_linear_activations_take_few_gates.mutant("4 (K b + b²)")
def _(case: PiecewiseLinear) -> Margin:
    return piecewise(case, 4)


@piecewise_linear_activations_take_few_gates.mutant("a knot moved by one in the circuit")
def _(case: PiecewiseLinear) -> Margin:
    return piecewise(case, 19, moved=1)


# --- a network that inverts -------------------------------------------------------------------------------


class TableNetwork:
    """x -> the signs of C^-1(sgn x), by a network with 1- and 2-Lipschitz activations. No dataclass, as `boolean.Case`.

    h_i = ramp(2 x_i), n = sum_i 2^(i-1) h_i + (2^d - 1)/2, s_j = t_j(n): t_j is bit j of C^-1 as ±1 at the integers
    0..2^d - 1 and linear in between. 3d + 1 weights of size at most 2^d, node outputs at most 2^d - 1.
    """

    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit
        self.d = circuit.num_inputs
        self.inverse = [0] * (1 << self.d)
        for z in range(1 << self.d):
            self.inverse[evaluate(circuit, z)] = z

    def __repr__(self) -> str:
        return f"TableNetwork({self.circuit!r})"

    @property
    def parameters(self) -> int:
        """Weights: one into each ramp, d + 1 into n, one into each t_j."""
        return 3 * self.d + 1

    def number(self, x: list[Fraction]) -> Fraction:
        """The node n."""
        ramps = [max(Fraction(-1), min(Fraction(1), 2 * value)) for value in x]
        return sum((Fraction(2**i, 2) * h for i, h in enumerate(ramps)), Fraction(2**self.d - 1, 2))

    def table(self, j: int, n: Fraction) -> Fraction:
        """t_j(n), interpolated."""
        low = min(math.floor(n), (1 << self.d) - 2)
        left, right = (2 * (self.inverse[k] >> j & 1) - 1 for k in (low, low + 1))
        return left + (right - left) * (n - low)

    def __call__(self, x: list[Fraction]) -> list[Fraction]:
        """The d outputs."""
        n = self.number(x)
        return [self.table(j, n) for j in range(self.d)]

    def inverted(self, noise: Fraction) -> Fraction:
        """The fraction of z for which the network's signs at C(z) (1 ± noise) are z."""
        hits = 0
        for z in range(1 << self.d):
            y = evaluate(self.circuit, z)
            x = [(1 + noise * (-1) ** i) * (2 * (y >> i & 1) - 1) for i in range(self.d)]
            hits += all((s >= 0) == bool(z >> j & 1) for j, s in enumerate(self(x)))
        return Fraction(hits, 1 << self.d)


def two_bits() -> Circuit:
    """(x0, x1) -> (x0 XOR x1, x0)."""
    builder = Builder("(x0 XOR x1, x0)")
    x = builder.inputs(2)
    builder.outputs([x[0] ^ x[1], x[0]])
    return builder.build()


def _tables() -> Iterator[TableNetwork]:
    generator = np.random.default_rng(0)
    yield TableNetwork(two_bits())
    for circuit in permutations(generator, "quick"):
        yield TableNetwork(circuit)
    for circuit in permutations(generator, "standard"):
        if circuit.num_inputs == 8:
            yield TableNetwork(circuit)


def _inverts_at_most(case: TableNetwork, share: Fraction) -> Margin:
    found = min(case.inverted(Fraction(0)), case.inverted(Fraction(1, 2)))
    return Margin.at_most(number(float(found)), number(float(share)))


@claim(
    f"{T2}/step-lipschitz-activations",
    statement=r"\text{networks with } T(d) \text{ parameters, weights bounded by } W, L\text{-Lipschitz"
    r" activations, node outputs bounded by } M,\ L, M, W = o(\exp(\mathrm{poly}(d))), \text{ invert } C \text{"
    r" on a fraction }"
    r" \epsilon(d) \text{ of the inputs at most}",
    source="Theorem 2, the hypotheses on E, as the proof uses them",
    domain="all bijections C, T(d) >= 3d + 1, L >= 2, W, M >= 2^d",
    readings=[
        "the conclusion as the proof reaches it: a small good encoder is a small network that inverts C",
        "tested with epsilon(d) = 1/2; every epsilon(d) < 1 is refuted alike, as the network inverts all inputs",
        "exp(poly(d)) allows 2^d: o(exp(d²)), say",
    ],
    rests_on=[f"{T2}/step-gates-activation"],
    effect="Theorem 2 as printed fails with its proof: for every bijection C, one-way ones included, a network"
    " of 3d + 1 weights inverts C everywhere, inside the printed hypotheses, since a 2-Lipschitz activation may"
    " hold the table of"
    " C^-1. One activation serves all d, the tables side by side. With half-normal magnitudes it is a good"
    " encoder. With the activations of step-gates-activation/repair, or any that circuits of size poly(b)"
    " compute to b bits, the argument goes through.",
    by=[exhaustive(_tables, "one of 2 bits, five families of 4 and 8 bits; all inputs, without noise and with 1/2")],
    worked=lambda case: [
        f"d = {case.d}, C = {case.circuit.name}; h_i = ramp(2 x_i), n = sum 2^(i-1) h_i + {2**case.d - 1}/2",
        f"{case.parameters} weights <= {2 ** (case.d - 1)}, outputs <= {2**case.d - 1}, 2-Lipschitz activations t_j(n)",
        f"C^-1 as the integers at n = 0..{2**case.d - 1}: {case.inverse if case.d <= 4 else '...'}; t_j(n) is"
        f" its bit j",
        f"inverted: {case.inverted(Fraction(0))} of all inputs, with noise 1/2 too: {case.inverted(Fraction(1, 2))}",
    ],
)
def lipschitz_networks_do_not_invert(case: TableNetwork) -> Margin:
    """The network inverts C on at most half of the inputs."""
    return _inverts_at_most(case, Fraction(1, 2))


@lipschitz_networks_do_not_invert.mutant("at most 99 of 100")
def _(case: TableNetwork) -> Margin:
    return _inverts_at_most(case, Fraction(99, 100))


@lipschitz_networks_do_not_invert.mutant("at most one input, as a constant")
def _(case: TableNetwork) -> Margin:
    return _inverts_at_most(case, Fraction(1, 1 << case.d))
