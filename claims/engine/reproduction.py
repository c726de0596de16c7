"""Reproductions: experiments of a paper's theme that are run for their figures and decide no claim.

A reproduction is declared by the decorator `reproduction`, beside the paper's claims, and run by `lemmata reproduce`.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

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
class Reproduction:
    """A declared experiment. `about` is one line; the experiment keeps what is done in its folder and goes on there."""

    id: str
    about: str
    run: Experiment


#: The one registry that the decorator fills.
REPRODUCTIONS: dict[str, Reproduction] = {}


def reproduction(id: str, *, about: str) -> Callable[[Experiment], Experiment]:
    """Declare an experiment. Raises `ClaimError` if the id is taken, or is not written paper/name."""
    if id.count("/") != 1 or id in REPRODUCTIONS:
        raise ClaimError(f"reproduction {id!r}: " + ("declared twice" if id in REPRODUCTIONS else "write paper/name"))

    def declare(run: Experiment) -> Experiment:
        REPRODUCTIONS[id] = Reproduction(id, about, run)
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
