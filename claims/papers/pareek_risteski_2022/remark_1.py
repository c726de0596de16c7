"""Remark 1: a circuit padded to more outputs is as hard to invert."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from circuits import Bit, Builder, Circuit, Word, evaluate
from circuits.families import padded
from claims import Step, claim, derivation, sat
from claims.papers.pareek_risteski_2022.boolean import FAMILIES, Equality, permutations, random_circuit

PADDINGS = (0, 1, 5)


class Padded:
    """A circuit C and a number of outputs d_o >= d_l. No dataclass, as `boolean.Case`."""

    def __init__(self, circuit: Circuit, outputs: int) -> None:
        self.circuit, self.outputs = circuit, outputs

    def __repr__(self) -> str:
        return f"{self.circuit!r} padded to {self.outputs} outputs"


def padded_cases(generator: np.random.Generator, effort: str) -> Iterator[Padded]:
    """Permutations of the families and random circuits, each with no, one and five outputs more."""
    drawn = [*permutations(generator, effort), *(random_circuit(generator, f"random {i}") for i in range(8))]
    for circuit in sorted(drawn, key=lambda c: (c.num_inputs, c.num_gates)):
        for more in PADDINGS:
            yield Padded(circuit, circuit.num_outputs + more)


Pad = Callable[[Circuit, int], Circuit]


def paired(circuit: Circuit) -> Circuit:
    """(x, x') -> (C(x), whether C(x) = C(x')): a circuit and its collisions in one."""
    builder = Builder(f"{circuit.name} and its collisions")
    x, other = builder.inputs(circuit.num_inputs, "x"), builder.inputs(circuit.num_inputs, "x'")
    y = builder.apply(circuit, x)
    builder.outputs([*y, _equal(builder, y, builder.apply(circuit, other))])
    return builder.build()


def _equal(builder: Builder, a: Word, b: Word) -> Bit:
    return a.equals(b) if len(a) else builder.true


def keeps_fibres(case: Padded, pad: Pad) -> Equality:
    """C~(x) = (C(x), 1, ..., 1), and C~(x) = C~(x') exactly where C(x) = C(x'): for all pairs (x, x')."""
    circuit = case.circuit
    width, more = circuit.num_inputs, case.outputs - circuit.num_outputs
    wide = pad(circuit, case.outputs)
    builder = Builder("C, ones, and C's collisions")
    bits = builder.apply(paired(circuit), builder.inputs(2 * width))
    builder.outputs([*bits[:-1], *[builder.true] * more, bits[-1]])
    ones = (1 << case.outputs) - (1 << circuit.num_outputs)

    def differs(pair: int) -> bool:
        x, other = pair & (1 << width) - 1, pair >> width
        same = evaluate(circuit, x) == evaluate(circuit, other)
        return evaluate(wide, x) != evaluate(circuit, x) | ones or (evaluate(wide, x) == evaluate(wide, other)) != same

    return Equality(paired(wide), builder.build(), differs)


def inverter_steps() -> Iterator[Step]:
    """Let D~ invert C~ on a fraction of the inputs: C~(D~(C~(z))) = C~(z). Then D(y) = D~(y, 1, ..., 1) inverts C on
    the same fraction: D(C(z)) = D~(C~(z)) is a point with the same C~, so with the same C, the first d_l outputs. D is
    D~ with inputs fixed, and no larger: gate by gate, an AND or a XOR with a constant is a constant or a literal.
    """  # noqa: D205 - the proof
    for name, operate in (("AND", Bit.__and__), ("XOR", Bit.__xor__)):
        for constant in (0, 1):
            builder = Builder("a gate with a constant")
            x = builder.input()
            operate(x, builder.true if constant else builder.false)
            yield Step(f"{name} with {constant} takes no gate", builder.num_gates == 0)


@claim(
    "pareek-risteski-2022/remark-1-padding",
    statement=r"\tilde C : \{\pm1\}^{d_l} \to \{\pm1\}^{d_o} \text{ equals } C \text{ on the first } d_l"
    r" \text{ coordinates and } 1 \text{ on the last } d_o - d_l.\ "
    r"\text{Then } \tilde C \text{ is one-way too: if we can invert it, we can invert } C",
    source="Section 2, Remark 1",
    domain="all d_l <= d_o, all circuits C with d_l outputs",
    readings=[
        "one-way too, by the argument given: every inverter of C~ is one of C, on the same fraction of inputs",
        "d_o = poly(d_l), or an inverter of size poly(d_o) would not count against C",
        "the rest of Remark 1 (d_l = d_o for Theorem 1; the reduction performed with C~) is not part of this claim",
    ],
    by=[
        derivation(inverter_steps, "all circuits and all paddings"),
        sat(
            padded_cases,
            f"{FAMILIES}; 8 random circuits; 0, 1, 5 outputs more; all pairs of inputs",
            "the reference evaluator on integers",
        ),
    ],
)
def padding_keeps_the_fibres(case: Padded) -> Equality:
    """C~ = (C, 1, ..., 1), and it has the same collisions as C."""
    return keeps_fibres(case, padded)


def _tampered(case: Padded, fill: Callable[[Builder, Word], Bit], keep: int = 0) -> Equality:
    def pad(circuit: Circuit, outputs: int) -> Circuit:
        builder = Builder(f"{circuit.name}, wrongly padded")
        x = builder.inputs(circuit.num_inputs)
        y = builder.apply(circuit, x)
        builder.outputs([*y[keep:], *[fill(builder, x)] * (outputs - circuit.num_outputs + min(keep, len(y)))])
        return builder.build()

    return keeps_fibres(case, pad)


@padding_keeps_the_fibres.mutant("0 in place of 1")
def _(case: Padded) -> Equality:
    return _tampered(case, lambda builder, _: builder.false)


@padding_keeps_the_fibres.mutant("an input in place of 1")
def _(case: Padded) -> Equality:
    return _tampered(case, lambda _, x: x[0])


@padding_keeps_the_fibres.mutant("the first output lost")
def _(case: Padded) -> Equality:
    return _tampered(case, lambda builder, _: builder.true, keep=1)
