"""Reproductions: experiments of a paper's theme that are run for their figures and decide no claim.

A reproduction is declared by the decorator `reproduction`, beside the paper's claims, and run by `lemmata reproduce`.
What it wrote can be read again by its `read`: the book shows the run that is kept, ours beside the printed.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Literal

from claims.engine.registry import GROUP, ClaimError

#: Called with what is done, what there is to do in all, and what was done last.
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Reproduced:
    """What came out: a table to read, notes to read it by, the files written, and all of it as plain data."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str]
    files: Sequence[Path]
    data: dict[str, Any] = field(default_factory=dict)


#: Effort (quick, standard, thorough), seed, folder, progress.
Experiment = Callable[[str, int, Path, Progress], Reproduced]


@dataclass(frozen=True)
class Quantity:
    """A number that rows hold: its name, the key of ours, and the key of the paper's where it prints one.

    `form` is Python's format of both. `against` says how the two are compared, ours minus the printed or the printed
    over ours.
    """

    name: str
    ours: str
    printed: str = ""
    form: str = ".2f"
    against: Literal["difference", "ratio"] = "difference"


@dataclass(frozen=True)
class Table:
    """Rows of a run as a table: `settings` (column: key) say what a row is, `quantities` what was measured.

    `note` is what a reader must know before comparing anything.
    """

    title: str
    settings: Mapping[str, str]
    quantities: Sequence[Quantity]
    rows: Sequence[Mapping[str, Any]]
    note: str = ""


@dataclass(frozen=True)
class Reading:
    """A kept run as a reader meets it: tables, notes, and what its picture shows, for who cannot see it."""

    tables: Sequence[Table]
    notes: Sequence[str] = ()
    picture: str = ""


#: From the data of a kept run (its JSON, with the rows of its CSV if they stand there) to what is shown of it.
Read = Callable[[Mapping[str, Any]], Reading]


@dataclass(frozen=True)
class Reproduction:
    """A declared experiment. `about` is one line; the experiment keeps what is done in its folder and goes on there.

    `kept` is the name under which a run of it is committed: `<kept>-<effort>.json`, and .csv and .svg beside it.
    """

    id: str
    about: str
    run: Experiment
    read: Read | None = None
    kept: str = ""


#: The one registry that the decorator fills.
REPRODUCTIONS: dict[str, Reproduction] = {}


def reproduction(
    id: str, *, about: str, read: Read | None = None, kept: str = ""
) -> Callable[[Experiment], Experiment]:
    """Declare an experiment. Its runs are kept under the name in its id if no other is given.

    Raises `ClaimError` if the id is taken, or is not written paper/name.
    """
    if id.count("/") != 1 or id in REPRODUCTIONS:
        raise ClaimError(f"reproduction {id!r}: " + ("declared twice" if id in REPRODUCTIONS else "write paper/name"))

    def declare(run: Experiment) -> Experiment:
        REPRODUCTIONS[id] = Reproduction(id, about, run, read, kept or id.split("/")[1])
        return run

    return declare


def load_reproductions() -> dict[str, Reproduction]:
    """Import the module `reproductions` of every installed paper that has one; all reproductions by id.

    The papers' packages do not import it: a claim's digest must not depend on experiments that decide nothing.
    """
    for point in entry_points(group=GROUP):
        module = f"{point.value}.reproductions"
        if importlib.util.find_spec(module) is not None:
            importlib.import_module(module)
    return REPRODUCTIONS


def find(id: str) -> Reproduction:
    """The experiment of that id. Raises `ClaimError`, listing all, for an unknown one."""
    if id not in REPRODUCTIONS:
        raise ClaimError(f"no reproduction {id!r}: there is {', '.join(sorted(REPRODUCTIONS)) or 'none'}")
    return REPRODUCTIONS[id]
