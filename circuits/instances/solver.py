"""One instance, one solver, one process: status, conflicts, CPU seconds, and the answer replayed on the circuit."""

from __future__ import annotations

import json
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from circuits.error import CircuitError
from circuits.instances.instance import Instance
from circuits.sat.dimacs import dumps_cnf
from circuits.sat.solve import SOLVERS, Status
from circuits.sat.tseitin import encode

#: Programs that are used if they are on PATH, and how each is told a budget of conflicts.
PROGRAMS: dict[str, tuple[str, ...]] = {"kissat": ("--conflicts={}",), "cadical": ("-c", "{}")}

_WORKER = Path(__file__).with_name("worker.py")


@dataclass(frozen=True)
class Run:
    """What became of one solve.

    `status` is SAT, or UNKNOWN if a budget ran out. `conflicts` is None if the clock ended the solve, for then nobody
    can ask the solver. `seconds` are CPU seconds of the solve, reading the file excluded for the solvers of python-sat.
    """

    status: Status
    conflicts: int | None
    seconds: float


def solver_version(name: str) -> str:
    """The solver's version, python-sat's for one that it brings.

    Raises `CircuitError` for a solver that is unknown or a program that is not on PATH.
    """
    if name in SOLVERS:
        return f"python-sat {version('python-sat')}"
    if name not in PROGRAMS:
        raise CircuitError(f"no solver {name!r}: choose among {', '.join((*SOLVERS, *PROGRAMS))}")
    if shutil.which(name) is None:
        raise CircuitError(f"solver {name!r} is not on PATH: install it, or choose among {', '.join(SOLVERS)}")
    return subprocess.run([name, "--version"], capture_output=True, text=True, check=True).stdout.strip()


def run_solver(
    instance: Instance, solver: str = "cadical153", *, conflicts: int | None = None, seconds: float | None = None
) -> Run:
    """Solve the instance in a child process, within a budget of conflicts and a limit of wall-clock seconds.

    Budgets are soft: CaDiCaL overruns by a conflict or so, Glucose, which looks at its own at restarts only, by about a
    thousand. Ctrl-C ends the child. Raises `CircuitError` for an unknown or absent solver, a solver that dies, or one
    whose answer does not replay.
    """
    text = dumps_cnf(instance.circuit, fixed_outputs=instance.target)
    solver_version(solver)
    command = _command(solver, conflicts)
    done, spent = _run(command, text, seconds)
    if done is None:
        return Run(Status.UNKNOWN, None, spent)
    read = _from_python_sat if solver in SOLVERS else _from_program
    try:
        status, count, taken, true = read(done)
    except (KeyError, ValueError) as error:
        last = _last_line(done.stderr or done.stdout)
        raise CircuitError(f"{solver} died with exit code {done.returncode}: {last}") from error
    if status is Status.UNSAT:
        raise CircuitError(f"{solver} says that {instance.name} has no solution, but one was planted: a defect")
    if status is Status.SAT:
        inputs = encode(instance.circuit).inputs.tolist()
        x = sum((literal in true) << i for i, literal in enumerate(inputs))
        if not instance.holds(x):
            raise CircuitError(f"{solver} says that {x} solves {instance.name}, but it does not: a defect")
    return Run(status, count, spent if taken is None else taken)


def _command(solver: str, conflicts: int | None) -> list[str]:
    if solver in SOLVERS:
        return [sys.executable, "-P", str(_WORKER), solver, str(-1 if conflicts is None else conflicts)]
    return [solver, *([] if conflicts is None else (part.format(conflicts) for part in PROGRAMS[solver]))]


#: Status, conflicts, CPU seconds if the solver itself told them, and the variables that are true.
_Read = tuple[Status, int, float | None, set[int]]


def _from_python_sat(done: subprocess.CompletedProcess[bytes]) -> _Read:
    answer = json.loads(done.stdout)
    return Status[answer["status"]], answer["conflicts"], answer["seconds"], set(answer["true"])


def _from_program(done: subprocess.CompletedProcess[bytes]) -> _Read:
    """What SAT solvers print by convention: exit code 10 or 20, lines `v`; and the statistics of this kin."""
    status = {10: Status.SAT, 20: Status.UNSAT, 0: Status.UNKNOWN}[done.returncode]
    counted = re.search(rb"^c conflicts:\s+(\d+)", done.stdout, re.MULTILINE)
    if counted is None:
        raise ValueError("no count of conflicts")
    lines = re.findall(rb"^v (.*)$", done.stdout, re.MULTILINE)
    return status, int(counted.group(1)), None, {int(word) for line in lines for word in line.split()}


def _run(
    command: Sequence[str], text: bytes, seconds: float | None
) -> tuple[subprocess.CompletedProcess[bytes] | None, float]:
    """The finished process, or None if the clock ran out, and its CPU seconds.

    The process has a session of its own: Ctrl-C reaches the parent only, which kills it.
    """
    before = _children_seconds()
    try:
        done = subprocess.run(
            command, input=text, capture_output=True, timeout=seconds, check=False, start_new_session=True
        )
    except subprocess.TimeoutExpired:
        done = None
    return done, _children_seconds() - before


def _children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _last_line(text: bytes) -> str:
    return (text.decode(errors="replace").strip().splitlines() or ["it said nothing"])[-1]
