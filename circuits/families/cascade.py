"""Cascades of random reversible gates: Toffoli, Fredkin and CNOT."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from circuits.builder import Builder
from circuits.circuit import Circuit
from circuits.families.family import Family, Kind, Permutation, Widths, generator
from circuits.word import Bit


@dataclass(frozen=True)
class Gate:
    """One reversible gate on three (CNOT: two) different wires; `negated` says which controls act at 0."""

    wires: tuple[int, ...]
    negated: tuple[bool, ...]


Act = Callable[[list[Bit], Gate], None]


def _controls(wire: list[Bit], gate: Gate) -> list[Bit]:
    return [~wire[i] if negated else wire[i] for i, negated in zip(gate.wires, gate.negated, strict=False)]


def toffoli_gate(wire: list[Bit], gate: Gate) -> None:
    """The third wire is flipped where both controls act."""
    first, second = _controls(wire, gate)
    wire[gate.wires[2]] ^= first & second


def fredkin_gate(wire: list[Bit], gate: Gate) -> None:
    """The second and third wires are swapped where the control acts: one AND."""
    (control,) = _controls(wire, gate)
    _, i, j = gate.wires
    difference = wire[i] ^ wire[j]
    wire[i] ^= control & difference
    # Not wire[j] ^ (control & difference): from here, unit propagation gets the difference back from the two outputs.
    wire[j] = wire[i] ^ difference


def cnot_gate(wire: list[Bit], gate: Gate) -> None:
    """The second wire is flipped where the control acts."""
    (control,) = _controls(wire, gate)
    wire[gate.wires[1]] ^= control


def random_gates(bits: int, rounds: int, seed: int, *, kind: str) -> list[Gate]:
    """`bits` gates a round, wires and negations uniform."""
    size, controls = {"toffoli": (3, 2), "fredkin": (3, 1), "cnot": (2, 1)}[kind]
    rng: np.random.Generator = generator(seed, f"{kind} cascade")
    return [
        Gate(tuple(map(int, rng.choice(bits, size, replace=False))), tuple(map(bool, rng.integers(0, 2, controls))))
        for _ in range(bits * rounds)
    ]


def cascade(bits: int, gates: list[Gate], act: Act) -> Permutation:
    """The gates one after another; the inverse is the same gates backwards, each being its own inverse."""

    def circuit(order: Iterable[Gate]) -> Circuit:
        builder = Builder()
        wire = list(builder.inputs(bits))
        for gate in order:
            act(wire, gate)
        builder.outputs(wire)
        return builder.build()

    return Permutation(circuit(gates), circuit(reversed(gates)))


def _family(name: str, act: Act, kind: Kind, summary: str, hardness: str) -> Family:
    return Family(
        name=name,
        kind=kind,
        summary=summary,
        inverse="The same gates in reverse order.",
        hardness=hardness,
        source="T. Toffoli, Reversible computing, ICALP 1980; E. Fredkin and T. Toffoli, Conservative logic, 1982",
        bits=Widths(4, 128),
        round="`bits` random gates, with random wires and controls of random sign",
        default_rounds=lambda _: 8,
        builder=lambda bits, rounds, seed: cascade(bits, random_gates(bits, rounds, seed, kind=name), act),
    )


_EASY = (
    "The gates are constants of the circuit, as keys are elsewhere, so a pre-image falls to unit propagation backwards,"
    " without a conflict: a control, not a hard instance. Hard, if anything, is to learn the map from samples."
)

TOFFOLI = _family(
    "toffoli",
    toffoli_gate,
    Kind.EASY,
    "Random Toffoli gates: c ^= a & b.",
    f"{_EASY} From four bits on the map is an even permutation.",
)
FREDKIN = _family(
    "fredkin",
    fredkin_gate,
    Kind.EASY,
    "Random Fredkin gates: a and b change places where c says so.",
    f"{_EASY} The number of ones is kept: all zeros and all ones are fixed.",
)
CNOT = _family(
    "cnot",
    cnot_gate,
    Kind.TRIVIAL,
    "Random CNOT gates: b ^= a. The map is affine.",
    "Nothing: bits + 1 samples determine the map, and it has no AND gate.",
)
