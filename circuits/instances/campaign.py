"""A campaign: every combination of width, rounds, solver and seed, solved once each, row by row, and resumable."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, get_type_hints

from circuits.error import CircuitError
from circuits.families import family
from circuits.files import write_whole
from circuits.instances.instance import Instance, make_instances
from circuits.instances.solver import run_solver, solver_version
from circuits.sat.solve import Status

ROWS = "rows.jsonl"


@dataclass(frozen=True)
class Task:
    """One solve, and all that its outcome depends on: the key of its row."""

    family: str
    bits: int
    rounds: int
    seed: int
    solver: str
    version: str
    budget: int | None
    limit: float | None


@dataclass(frozen=True)
class Row(Task):
    """A task and what became of it: `status` SAT or UNKNOWN (out of budget or time), `conflicts` None if not told."""

    status: str
    conflicts: int | None
    seconds: float

    @property
    def task(self) -> Task:
        """The row's key."""
        return Task(*(getattr(self, field.name) for field in fields(Task)))

    @property
    def solved(self) -> bool:
        """Whether a solution was found; if not, conflicts and seconds are only lower bounds."""
        return self.status == Status.SAT.name


@dataclass(frozen=True)
class Campaign:
    """What to measure: seeds `seed` to `seed + count - 1`, the instance of index 0 under each.

    `conflicts` is the budget of each solve (None: none), `seconds` its wall-clock limit (None: none). `rounds` empty
    means the family's default at each width. Raises `CircuitError` for what cannot be built or no solver takes.
    """

    family: str
    bits: tuple[int, ...]
    rounds: tuple[int, ...] = ()
    seed: int = 0
    count: int = 10
    solvers: tuple[str, ...] = ("cadical153",)
    conflicts: int | None = 1_000_000
    seconds: float | None = None

    def __post_init__(self) -> None:
        chosen = family(self.family)
        if not self.bits or not self.solvers:
            raise CircuitError("a campaign needs at least one width and one solver")
        if self.count < 1:
            raise CircuitError(f"count {self.count} is no number of seeds: choose 1 or more")
        for what, limit in (("conflicts", self.conflicts), ("seconds", self.seconds)):
            if limit is not None and limit <= 0:
                raise CircuitError(f"{limit} {what} is no budget: choose a positive number, or none")
        for bits in self.bits:
            for rounds in self.rounds or (None,):
                chosen.build(bits, rounds, self.seed)
        for solver in self.solvers:
            solver_version(solver)

    def tasks(self) -> Iterator[Task]:
        """All tasks: small widths first, so that a run which is interrupted has shown something."""
        default = family(self.family).default_rounds
        versions = {solver: solver_version(solver) for solver in self.solvers}
        for bits in sorted(set(self.bits)):
            for rounds in sorted(set(self.rounds)) or [default(bits)]:
                for seed in range(self.seed, self.seed + self.count):
                    for solver, version in versions.items():
                        limits = self.conflicts, self.seconds
                        yield Task(self.family, bits, rounds, seed, solver, version, *limits)


def measure(campaign: Campaign, folder: Path | str, progress: Callable[[Row, bool], None] | None = None) -> list[Row]:
    """The campaign's rows, in order. Rows that `folder/rows.jsonl` holds are taken from there, others solved and added.

    Each row is on disk before the next solve begins, so an interrupted campaign goes on where it stopped. `progress` is
    called with every row and whether it was solved just now.

    Raises `CircuitError` if the file cannot be read or written, or a solver fails.
    """
    path = Path(folder) / ROWS
    known = _read(path)
    rows = []
    for task in campaign.tasks():
        fresh = task not in known
        if fresh:
            known[task] = _solve(task)
            _append(path, known[task])
        rows.append(known[task])
        if progress is not None:
            progress(known[task], fresh)
    return rows


def _solve(task: Task) -> Row:
    instance = _instance(task.family, task.bits, task.rounds, task.seed)
    run = run_solver(instance, task.solver, conflicts=task.budget, seconds=task.limit)
    return Row(**asdict(task), status=run.status.name, conflicts=run.conflicts, seconds=round(run.seconds, 4))


@lru_cache(maxsize=1)
def _instance(name: str, bits: int, rounds: int, seed: int) -> Instance:
    """The instance that the solvers take in turn."""
    return make_instances(name, bits, rounds, seed)[0]


def _read(path: Path) -> dict[Task, Row]:
    """The rows on disk. A last line without an end is the trace of a crash: it is cut off."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise CircuitError(f"{path} cannot be read: {error.strerror}") from error
    whole = data[: data.rfind(b"\n") + 1]
    known = {}
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            row = _row(json.loads(line))
        except (ValueError, TypeError, RecursionError) as error:
            raise CircuitError(f"{path}, line {number} is no row of a campaign: mend it or take it out") from error
        known[row.task] = row
    if whole != data:
        write_whole(path, whole)
    return known


def _row(fields: dict[str, Any]) -> Row:
    """A row of exactly these fields. Raises `TypeError` or `ValueError` where one is not what `measure` writes."""
    row = Row(**fields)
    for name, kind in get_type_hints(Row).items():
        value = getattr(row, name)
        # JSON does not tell 5 from 5.0, and Python counts a bool as an int.
        if isinstance(value, bool) or not isinstance(value, kind | int if kind in {float, float | None} else kind):
            raise TypeError(f"{name} is {value!r}")
    if row.status not in {Status.SAT.name, Status.UNKNOWN.name} or (row.solved and row.conflicts is None):
        raise ValueError(f"status is {row.status!r}, conflicts {row.conflicts}")
    return row


def _append(path: Path, row: Row) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(json.dumps(asdict(row)).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise CircuitError(f"{path} cannot be written: {error.strerror or error}") from error
