"""Theorem 2's generator: G(z) = C(sgn z) as a network of sgn, min and max, its values and its size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import sympy
import torch
from torch.overrides import TorchFunctionMode

from circuits import Builder, Circuit, evaluate
from circuits.network import Generator, SignNetwork, gadgets, to_circuit
from circuits.network import generator as generator_of
from circuits.network.sign_network import Level
from claims import Margin, Step, claim, derivation, exhaustive, sat
from claims.engine.arithmetic import Array
from claims.papers.pareek_risteski_2022.boolean import SCOPE, Case, Equality, circuits

ALL_CIRCUITS = "all d >= 0, all circuits C of AND, XOR and complement gates with d inputs, all z in R^d"
ROUTE = "the network run on floats, against the reference evaluator on integers"
GATES = [f"pareek-risteski-2022/theorem-2/step-{gate}" for gate in ("and", "or", "xor", "not")]


def signs(x: int, width: int) -> list[float]:
    """The bits of x as ±1, the least significant first."""
    return [1.0 if x >> i & 1 else -1.0 for i in range(width)]


def network_at(network: SignNetwork, x: int) -> int:
    """The network's outputs at the vertex x, run on floats with magnitudes that differ: it must see signs alone."""
    vertex = torch.tensor([signs(x, network.num_inputs)], dtype=torch.float64)
    magnitudes = torch.linspace(0.25, 1e6, max(1, network.num_inputs), dtype=torch.float64)[: network.num_inputs]
    values = Generator(network)(vertex * magnitudes)[0].tolist()
    return sum((value > 0) << i for i, value in enumerate(values))


def equals_circuit(network: SignNetwork, circuit: Circuit) -> Equality:
    """The network, read back from its own arithmetic, is the circuit."""
    return Equality(to_circuit(network), circuit, lambda x: network_at(network, x) != evaluate(circuit, x))


def gate_steps() -> Iterator[Step]:
    """Replace every gate of C by its gadget, a complement by the weight -1, the constants by the biases -1 and 1. Each
    gadget maps {-1,1}^2 into {-1,1} and is its gate there (steps `and`, `xor`, `not`; run here on floats once more).
    So, by induction along the topological order, every node has the value ±1 of its gate, and the outputs are C's.
    sgn sends z >= 0 to +1 and z < 0 to -1, hence R^d to the vertices. That this is also what the compiler of
    `circuits.network` makes is a matter of code: its evidence is the method sat's, on the circuits of its scope.
    """  # noqa: D205 - the proof
    yield Step("min is AND on the four pairs", gadgets.truth_table(gadgets.conjunction) == 0b1000)
    yield Step("max(min(a,-b), min(-a,b)) is XOR there", gadgets.truth_table(gadgets.exclusive_or) == 0b0110)
    ends = torch.tensor([-1.0, 1.0], dtype=torch.float64)
    yield Step("the weight -1 is NOT", gadgets.complement(ends).tolist() == [1, -1])
    yield from sign_steps()


def sign_steps() -> Iterator[Step]:
    """G = N after sgn: z enters through its signs alone, whatever N is. The points with the signs of z are a product of
    half-lines, an infinite set: so every output is given at infinitely many inputs as soon as d >= 1.
    """  # noqa: D205 - the proof
    ends = torch.tensor([0.0, -0.0, 5e-324, -5e-324, 1e308, -1e308, torch.inf, -torch.inf], dtype=torch.float64)
    yield Step("sgn at both ends of the floats, 0 to +1", gadgets.sgn(ends).tolist() == [1, 1, 1, -1, 1, -1, 1, -1])


@claim(
    "pareek-risteski-2022/theorem-2/step-generator",
    statement=r"\text{Let } G \text{ be defined as } G(z) = C(\mathrm{sgn}(z)):\ "
    r"\text{a VAE generator with activation functions } \{\mathrm{sgn}, \min, \max\}",
    source="Theorem 2, Remarks 9 and 10; Appendix E",
    domain=ALL_CIRCUITS,
    readings=["sgn(0) = +1, for C is defined on {-1,1}^d alone; under the prior, z_i = 0 has probability 0"],
    rests_on=GATES,
    by=[
        derivation(gate_steps, "all circuits and all z (induction over the gates)"),
        sat(circuits, f"{SCOPE}; each for all inputs at once", ROUTE),
    ],
)
def network_is_the_circuit(case: Case) -> Equality:
    """The network made of gates' gadgets has the circuit's outputs on all of {-1,1}^d; checked on the compiled one."""
    return equals_circuit(SignNetwork(case.circuit), case.circuit)


class Tampered(SignNetwork):
    """The compiled network with some gadgets replaced by others."""

    def __init__(self, circuit: Circuit, swaps: Mapping[gadgets.Gadget, gadgets.Gadget]) -> None:
        super().__init__(circuit, engine="torch")
        self.swaps = swaps

    def gates(self, level: Level) -> list[tuple[int, int, gadgets.Gadget]]:
        """The level's runs, with the other gadgets."""
        return [(start, stop, self.swaps.get(gadget, gadget)) for start, stop, gadget in super().gates(level)]


def swapped_xor(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """XOR's gadget with min and max swapped: XNOR, in fact."""
    return torch.minimum(torch.maximum(a, -b), torch.maximum(-a, b))


@network_is_the_circuit.mutant("max for min in every AND")
def _(case: Case) -> Equality:
    return equals_circuit(Tampered(case.circuit, {gadgets.conjunction: gadgets.disjunction}), case.circuit)


@network_is_the_circuit.mutant("min and max swapped in every XOR")
def _(case: Case) -> Equality:
    return equals_circuit(Tampered(case.circuit, {gadgets.exclusive_or: swapped_xor}), case.circuit)


@network_is_the_circuit.mutant("a dropped complement: the last output's")
def _(case: Case) -> Equality:
    network = SignNetwork(case.circuit)
    network.outputs[-1:] ^= 1
    return equals_circuit(network, case.circuit)


@network_is_the_circuit.mutant("a wrong gate: the last AND reads its second argument complemented")
def _(case: Case) -> Equality:
    network = SignNetwork(case.circuit, engine="torch")
    mins = [node for level in network.levels for node in range(level.start, level.xors)]
    if mins:
        network.right[mins[-1] - 1 - network.num_inputs] ^= 1
    return equals_circuit(network, case.circuit)


class SignedPoints:
    """A circuit and points z with the same signs, row by row those of a base vertex."""

    def __init__(self, circuit: Circuit, points: torch.Tensor) -> None:
        self.circuit, self.points = circuit, points

    def __repr__(self) -> str:
        return f"{self.circuit!r} at {len(self.points)} points of equal signs"


def number(n: int) -> Array:
    """An exact integer, as a batch of one."""
    return np.array([n], dtype=object)


def _signed_points() -> Iterator[SignedPoints]:
    generator = np.random.default_rng(0)
    for case in circuits(generator, "standard"):
        d = case.circuit.num_inputs
        vertex = np.where(generator.integers(2, size=d), 1.0, -1.0)
        magnitudes = 10.0 ** generator.uniform(-20, 20, size=(16, d))
        magnitudes[0] = 1
        magnitudes[1] = np.where(vertex > 0, 0, 5e-324)  # zero has the sign +1
        magnitudes[2] = np.inf
        yield SignedPoints(case.circuit, torch.from_numpy(vertex * magnitudes))


def _same(case: SignedPoints, f: Callable[[torch.Tensor], torch.Tensor]) -> Margin:
    values = f(case.points)
    changed = int((values != values[:1]).sum())
    return Margin.equal(number(changed), number(0))


@claim(
    "pareek-risteski-2022/remark-9",
    statement=r"G \text{ will give the same output on many inputs: it will only depend on the sign of the inputs,}"
    r" \text{ rather than their values}",
    readings=["'highly non-invertible' is read as this: whole orthants have one image"],
    source="Section 2.2, Remark 9",
    domain=ALL_CIRCUITS.replace("d >= 0", "d >= 1"),
    rests_on=["pareek-risteski-2022/theorem-2/step-generator"],
    by=[
        derivation(sign_steps, "all circuits and all z: they enter through sgn alone"),
        exhaustive(_signed_points, f"{SCOPE}; z of equal signs over forty decades, zeros, infinities"),
    ],
)
def generator_depends_on_signs_alone(case: SignedPoints) -> Margin:
    """G(z) = G(z') whenever sgn z = sgn z'."""
    return _same(case, generator_of(case.circuit))


@generator_depends_on_signs_alone.mutant("no sgn before the network")
def _(case: SignedPoints) -> Margin:
    return _same(case, SignNetwork(case.circuit))


@generator_depends_on_signs_alone.mutant("torch.sign, which sends 0 to 0")
def _(case: SignedPoints) -> Margin:
    return _same(case, lambda z: SignNetwork(case.circuit)(torch.sign(z)))


def _sized_cases() -> Iterator[Case]:
    generator = np.random.default_rng(0)
    yield from circuits(generator, "standard")
    yield Case(chain_and_row())


def chain_and_row() -> Circuit:
    """A deep and a wide end: a chain of 4000 gates beside a row of 2000."""
    builder = Builder("chain and row")
    x = builder.inputs(64)
    bit = x[0]
    for i in range(2000):
        bit = (bit & x[i % 64]) ^ x[(i + 1) % 64]
    builder.output(bit)
    builder.outputs([x[i % 64] & ~x[i // 64] for i in range(2000)], "row")
    return builder.build()


def size_steps() -> Iterator[Step]:
    """An AND is one min with two weights, a XOR two mins and a max with two weights each, an output one weight, an
    input one sgn with one weight; complements are the signs of these weights. A XOR is two layers deep, an AND one,
    and the layer of sgn comes before them: by induction over the levels the depth is at most 2 depth(C) + 1.
    """  # noqa: D205 - the proof
    ands, xors, inputs, outputs = sympy.symbols("a x d m", nonnegative=True, integer=True)
    bound, parameters = 6 * (ands + xors) + inputs + outputs, 2 * ands + 6 * xors + inputs + outputs
    yield Step.nonnegative("6 |C| + d + m - (2 a + 6 x + d + m) = 4 a", sympy.expand(bound - parameters))


@claim(
    "pareek-risteski-2022/theorem-2/step-generator-size",
    statement=r"\text{a VAE generator } G : \mathbb R^d \to \mathbb R^d \text{ with size } \mathrm{poly}(d)",
    source="Theorem 2",
    domain="all circuits C of AND, XOR and complement gates; C of size poly(d) as in Conjecture 1",
    readings=[
        "size is the number of parameters, that is of non-zero weights; made explicit: 6|C| + inputs + outputs",
        "edges may skip layers, of which there are 2 depth(C) + 1; to carry values on takes |C| units more a layer",
    ],
    rests_on=["pareek-risteski-2022/theorem-2/step-generator"],
    by=[
        derivation(size_steps, "all circuits (counting)"),
        exhaustive(_sized_cases, f"{SCOPE}; a chain of 4000 gates beside a row of 2000; each built and counted"),
    ],
)
def generator_is_linear_in_the_circuit(case: Case) -> Margin:
    """Parameters <= 6 |C| + d + d_o, depth <= 2 depth(C) + 1, weights in {-1, 1}."""
    return _sizes(case, 6, 2)


class UnitCounter(TorchFunctionMode):
    """Counts the scalar mins and maxs that torch is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.units = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Pass the call on; a min or a max of n entries is n units."""
        if func in (torch.minimum, torch.maximum):
            self.units += args[0].numel()
        return func(*args, **(kwargs or {}))


def units(circuit: Circuit) -> int:
    """The mins and maxs that one evaluation of the network takes, counted as it runs."""
    with UnitCounter() as counter:
        SignNetwork(circuit, engine="torch")(torch.ones(1, circuit.num_inputs))
    return int(counter.units)


def _sizes(case: Case, per_gate: int, per_level: int) -> Margin:
    circuit, size = case.circuit, generator_of(case.circuit).size()
    ends, deepest = circuit.num_inputs + circuit.num_outputs, int(circuit.levels.max())
    parameters = 2 * units(circuit) + ends  # two weights into each min and max, one into each sgn and each output
    return (
        Margin.equal(number(size.parameters), number(parameters))
        & Margin.at_most(number(parameters), number(per_gate * circuit.num_gates + ends))
        & Margin.at_most(number(size.depth), number(per_level * deepest + 1))
        & Margin.at_least(number(size.depth), number(deepest + min(1, circuit.num_inputs)))
    )


@generator_is_linear_in_the_circuit.mutant("five parameters a gate")
def _(case: Case) -> Margin:
    return _sizes(case, 5, 2)


@generator_is_linear_in_the_circuit.mutant("one layer a level")
def _(case: Case) -> Margin:
    return _sizes(case, 6, 1)
