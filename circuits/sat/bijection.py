"""Is a circuit a permutation? C(x) = C(y) with x ≠ y must be unsatisfiable; a DRAT proof of it on request."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from circuits.builder import Builder
from circuits.circuit import Circuit
from circuits.error import CircuitError
from circuits.files import check_writable, write_whole
from circuits.reference import evaluate
from circuits.sat.dimacs import dumps_cnf
from circuits.sat.solve import Answer, Status
from circuits.sat.sweeping import every_node
from circuits.sat.twins import Twins
from circuits.transform import hashed
from circuits.word import Word


@dataclass(frozen=True)
class Bijectivity:
    """Whether a circuit is a permutation; if not, `collision` is two inputs with one output.

    `lemmas` counts the nodes that were proved to depend on the output alone, `conflicts` is the solver's.
    """

    bijective: bool
    collision: tuple[int, int] | None
    lemmas: int
    conflicts: int

    def __bool__(self) -> bool:
        return self.bijective


def is_bijective(circuit: Circuit, *, proof: Path | str | None = None) -> Bijectivity:
    """Whether C is one to one on {0,1}^inputs. Decides always, in time that nobody can promise.

    Two copies of C get equal outputs and different inputs. First, nodes that the output determines are found from the
    outputs backwards (a XOR of which the value and one operand are determined determines the other; small SAT calls
    where that does not suffice): with them Feistel rounds, ARX and small S-boxes fall at once, which they do not
    without. Then the solver decides. Dense linear layers are beyond it (from some 24 bits on): resolution cannot add
    equations. A collision is replayed by the reference evaluator. With `proof`, a permutation's
    DRAT proof is written there; it refutes the file of `bijectivity_cnf`, and any DRAT checker can read it.

    Raises `CircuitError` unless there are as many outputs as inputs, or if the proof's place cannot be written (found
    before any solving).
    """
    circuit = hashed(circuit)
    copies, pairs = _two_copies(circuit)
    if proof is not None:
        check_writable(proof)
    with Twins(circuit, copies, pairs, with_proof=proof is not None) as twins:
        twins.determine()
        answer = twins.decide()
        if answer.status is Status.UNSAT:
            if proof is not None:
                write_whole(proof, ("\n".join(twins.proof()) + "\n").encode())
            return Bijectivity(True, None, twins.lemmas, answer.conflicts)
        return Bijectivity(False, _collision(circuit, answer), twins.lemmas, answer.conflicts)


def collision_circuit(circuit: Circuit) -> Circuit:
    """(x, y) -> 1 if C(x) = C(y) and x ≠ y, with inputs `x[0]`, ..., `y[0]`, ... and the output `collision`.

    Raises `CircuitError` unless C has as many outputs as inputs.
    """
    return _two_copies(circuit)[0]


def bijectivity_cnf(circuit: Circuit, *, command: str | None = None) -> bytes:
    """A DIMACS file that is unsatisfiable if and only if C is a permutation: `collision_circuit`, its output set.

    Raises `CircuitError` unless C has as many outputs as inputs.
    """
    return dumps_cnf(collision_circuit(circuit), command=command, fixed_outputs=1)


def _two_copies(circuit: Circuit) -> tuple[Circuit, list[tuple[int, int]]]:
    """The collision circuit, and the literals in it of every node of C in the copy of x and in that of y."""
    width = circuit.num_inputs
    if width != circuit.num_outputs:
        raise CircuitError(f"{circuit.name!r} maps {width} bits to {circuit.num_outputs}: it cannot be a permutation")
    builder = Builder(f"collision of {circuit.name}")
    x, y = builder.inputs(width, "x"), builder.inputs(width, "y")
    left, right = (builder.apply(every_node(circuit), word) for word in (x, y))
    if width == 0:
        builder.output(builder.false, "collision")
    else:
        same = _outputs(circuit, left).equals(_outputs(circuit, right))
        builder.output(same & ~x.equals(y), "collision")
    return builder.build(), [(a.literal, b.literal) for a, b in zip(left, right, strict=True)]


def _outputs(circuit: Circuit, nodes: Word) -> Word:
    return Word([~nodes[y >> 1] if y & 1 else nodes[y >> 1] for y in circuit.outputs.tolist()])


def _collision(circuit: Circuit, answer: Answer) -> tuple[int, int]:
    width = circuit.num_inputs
    x, y = answer.number(range(1, 1 + width)), answer.number(range(1 + width, 1 + 2 * width))
    if x == y or evaluate(circuit, x) != evaluate(circuit, y):
        raise AssertionError(f"the solver's collision {x}, {y} of {circuit.name!r} does not replay")
    return min(x, y), max(x, y)
