"""A thin layer over python-sat: solve, find a pre-image, propagate units."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from pysat.solvers import Solver

from circuits.circuit import Circuit
from circuits.error import CircuitError
from circuits.reference import evaluate
from circuits.sat.tseitin import Encoding, Values, encode

#: The solvers of python-sat that take a conflict budget and count their conflicts. Glucose looks at its budget at
#: restarts only and may overrun it by thousands of conflicts, the others by a few.
SOLVERS = ("cadical153", "cadical195", "glucose4", "minisat22")


class Status(Enum):
    """What a solver found out."""

    SAT = "an assignment was found"
    UNSAT = "no assignment exists"
    UNKNOWN = "the budget of conflicts ran out"


@dataclass(frozen=True)
class Answer:
    """A solver's answer: `model` holds the variables that are true, and is None unless the status is SAT."""

    status: Status
    model: frozenset[int] | None
    conflicts: int
    propagations: int

    def holds(self, literal: int) -> bool:
        """Whether a DIMACS literal holds in the model; variables that the solver never saw are false."""
        if self.model is None:
            raise CircuitError(f"there is no model: {self.status.value}")
        return (abs(literal) in self.model) == (literal > 0)

    def number(self, literals: Iterable[int]) -> int:
        """The integer whose bit i is the i-th literal's value in the model."""
        return sum(self.holds(literal) << i for i, literal in enumerate(literals))


def solve(
    encoding: Encoding, assumptions: Iterable[int] = (), *, solver: str = "cadical153", conflicts: int | None = None
) -> Answer:
    """Decide whether the encoding has a model under the assumed literals, within a budget of conflicts (None: no end).

    Raises `CircuitError` for a solver that is not in `SOLVERS`, or a budget below 1.
    """
    with open_solver(solver, encoding.clause_lists()) as engine:
        return ask(engine, list(assumptions), conflicts)


def open_solver(name: str, clauses: Iterable[list[int]] = (), *, with_proof: bool = False) -> Solver:
    """A python-sat solver with these clauses. Raises `CircuitError` for a solver that is not in `SOLVERS`."""
    if name not in SOLVERS:
        raise CircuitError(f"no solver {name!r}: choose one of {', '.join(SOLVERS)}")
    return Solver(name=name, bootstrap_with=clauses, **({"with_proof": True} if with_proof else {}))


def ask(engine: Solver, assumptions: list[int], conflicts: int | None = None) -> Answer:
    """One question to a solver; the counts are its own, over all its questions. Raises for a budget below 1."""
    # python-sat takes a budget of 0 for none at all.
    if conflicts is not None and conflicts < 1:
        raise CircuitError(f"a budget of {conflicts} conflicts: give at least 1, or None for no budget")
    if conflicts is None:
        found = engine.solve(assumptions=assumptions)
    else:
        engine.conf_budget(conflicts)
        found = engine.solve_limited(assumptions=assumptions)
    status = Status.UNKNOWN if found is None else Status.SAT if found else Status.UNSAT
    model = frozenset(literal for literal in engine.get_model() if literal > 0) if found else None
    counts = engine.accum_stats()
    return Answer(status, model, counts["conflicts"], counts["propagations"])


@dataclass(frozen=True)
class Preimage:
    """An x with C(x) = y if the status is SAT; none exists if it is UNSAT."""

    status: Status
    x: int | None
    conflicts: int
    propagations: int


def preimage(
    circuit: Circuit,
    y: Values,
    *,
    fixed_inputs: Values | None = None,
    solver: str = "cadical153",
    conflicts: int | None = None,
) -> Preimage:
    """An x with C(x) = y, replayed by the reference evaluator.

    `y` is an integer (bit i is output i), or a mapping that leaves the outputs free which it does not name.
    Raises `CircuitError` for lines that the circuit does not have, an unknown solver, or a budget below 1.
    """
    encoding = encode(circuit)
    wanted = encoding.fix_outputs(y)
    known = [] if fixed_inputs is None else encoding.fix_inputs(fixed_inputs)
    answer = solve(encoding, wanted + known, solver=solver, conflicts=conflicts)
    if answer.status is not Status.SAT:
        return Preimage(answer.status, None, answer.conflicts, answer.propagations)
    x = answer.number(encoding.inputs.tolist())
    image = evaluate(circuit, x)
    line = {abs(literal): literal > 0 for literal in encoding.fix_outputs(image)}
    if any(line[abs(literal)] != (literal > 0) for literal in wanted):
        raise AssertionError(f"{solver} says that {circuit.name!r} maps {x} to the wanted outputs; it gives {image}")
    return Preimage(answer.status, x, answer.conflicts, answer.propagations)


@dataclass(frozen=True)
class Propagation:
    """What unit propagation alone finds: a value an input and an output, None where it finds none."""

    consistent: bool
    inputs: tuple[bool | None, ...]
    outputs: tuple[bool | None, ...]

    @property
    def x(self) -> int | None:
        """The input as an integer, if all of it is determined."""
        return _number(self.inputs)

    @property
    def y(self) -> int | None:
        """The output as an integer, if all of it is determined."""
        return _number(self.outputs)


def propagate(
    circuit: Circuit, *, fixed_inputs: Values | None = None, fixed_outputs: Values | None = None
) -> Propagation:
    """Fix some lines and read the others, by unit propagation in the Tseitin encoding and no search at all.

    `consistent` is False if propagation meets a conflict. Raises `CircuitError` for an unknown line.
    """
    encoding = encode(circuit)
    known = [] if fixed_inputs is None else encoding.fix_inputs(fixed_inputs)
    known += [] if fixed_outputs is None else encoding.fix_outputs(fixed_outputs)
    clauses = encoding.clause_lists()
    # MiniSat reports what follows from the assumptions only: the constant's unit clause must be one of them.
    known += [clause[0] for clause in clauses if len(clause) == 1]
    with open_solver("minisat22", clauses) as engine:
        consistent, implied = engine.propagate(assumptions=known)
    values = {abs(literal): literal > 0 for literal in (*implied, *known)}

    def read(literals: Iterable[int]) -> tuple[bool | None, ...]:
        found = ((values.get(abs(literal)), literal > 0) for literal in literals)
        return tuple(None if value is None else value == sign for value, sign in found)

    return Propagation(consistent, read(encoding.inputs.tolist()), read(encoding.outputs.tolist()))


def _number(bits: tuple[bool | None, ...]) -> int | None:
    return None if None in bits else sum(bool(bit) << i for i, bit in enumerate(bits))
