"""`Instance`: a circuit C, a target y = C(x) for a secret x, and what is known of the pre-images of y."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from circuits.builder import Builder
from circuits.circuit import Circuit
from circuits.error import CircuitError
from circuits.families import Kind, Permutation, family
from circuits.families.family import generator, random_integer
from circuits.reference import evaluate
from circuits.simulation import exhaustive
from circuits.word import concat

#: Input bits up to which the solutions of a function are counted by running it on every input: a second or so.
COUNTED = 20


@dataclass(frozen=True)
class Instance:
    """Find x with `circuit`(x) = `target`; for the key-recovery families, x is the key.

    Attributes: `family`, `kind`, `bits`, `rounds`, `seed` (the circuit is theirs), `index` (which planted x under this
    seed), `circuit`, `target` (bit i is output i), `solution` (the planted x; None where it has not been handed over),
    `solutions` (how many x there are, None if that is unknown).
    """

    family: str
    kind: Kind
    bits: int
    rounds: int
    seed: int
    index: int
    circuit: Circuit
    target: int
    solution: int | None
    solutions: int | None

    @property
    def name(self) -> str:
        """`family-bits-rounds-seed-index`."""
        return f"{self.family}-{self.bits}-{self.rounds}-{self.seed}-{self.index}"

    @property
    def command(self) -> str:
        """The shortest command line that writes this instance."""
        parameters = f"--bits {self.bits} --rounds {self.rounds} --seed {self.seed} --count {self.index + 1}"
        return f"lemmata instance {self.family} {parameters} --out DIR"

    def holds(self, x: int) -> bool:
        """Whether x is a solution, by the reference evaluator."""
        return evaluate(self.circuit, x) == self.target

    def decision(self) -> Circuit:
        """The circuit [C(x) = y] with the single output `solved`: satisfiable exactly if a solution exists."""
        builder = Builder(f"{self.name}-decision")
        outputs = builder.apply(self.circuit, concat([builder.input(name) for name in self.circuit.input_names]))
        builder.output(outputs.equals(builder.constant(self.target, len(outputs))), "solved")
        return builder.build()


def make_instances(
    family_name: str, bits: int, rounds: int | None = None, seed: int = 0, count: int = 1
) -> list[Instance]:
    """`count` instances on one circuit, the family's member of (bits, rounds, seed), each with a planted x of its own.

    Instance k depends on the arguments and on k alone, not on `count`. Solutions are counted where that is cheap: a
    permutation has one, a function of up to 20 bits is run on all inputs. `rounds` None is the family's default.

    Raises `CircuitError` as `Family.build` does, and for a count below 1.
    """
    if count < 1:
        raise CircuitError(f"count {count} is no number of instances: choose 1 or more")
    chosen = family(family_name)
    built = chosen.build(bits, rounds, seed)  # first: it refuses widths that have no default
    rounds = chosen.default_rounds(bits) if rounds is None else rounds
    circuit, made = built.circuit, []
    for index in range(count):
        x = random_integer(generator(seed, f"planted {index}"), circuit.num_inputs)
        y = evaluate(circuit, x)
        if isinstance(built, Permutation):
            solutions: int | None = 1
        else:
            solutions = count_solutions(circuit, y) if circuit.num_inputs <= COUNTED else None
        made.append(Instance(family_name, chosen.kind, bits, rounds, seed, index, circuit, y, x, solutions))
    return made


def count_solutions(circuit: Circuit, target: int) -> int:
    """How many x there are with C(x) = target, by running all 2^inputs."""
    wanted = [np.uint64(0 if target >> i & 1 else 2**64 - 1) for i in range(circuit.num_outputs)]
    total = 1 << circuit.num_inputs
    count = 0
    for first, outputs in exhaustive(circuit):
        equal = np.full(outputs.shape[1], 2**64 - 1, dtype=np.uint64)
        for row, flip in zip(outputs, wanted, strict=True):
            equal &= row ^ flip
        if total - first < 64:  # lanes beyond the last input hold nothing
            equal &= np.uint64((1 << total - first) - 1)
        count += int(np.bitwise_count(equal).sum())
    return count
