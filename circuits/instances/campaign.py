"""A campaign: every combination of width, rounds, solver and seed, solved once each, row by row, and resumable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path

from circuits.error import CircuitError
from circuits.families import family
from circuits.instances.instance import Instance, make_instances
from circuits.instances.solver import run_solver, solver_version
from circuits.kept import KeptRows
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

    def __post_init__(self) -> None:
        if self.status not in {Status.SAT.name, Status.UNKNOWN.name} or (self.solved and self.conflicts is None):
            raise ValueError(f"status is {self.status!r}, conflicts {self.conflicts}")

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
    kept = KeptRows(Path(folder) / ROWS, Row)
    known = {row.task: row for row in kept.rows}
    rows = []
    for task in campaign.tasks():
        fresh = task not in known
        if fresh:
            known[task] = _solve(task)
            kept.add([known[task]])
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
