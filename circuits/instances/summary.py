"""What the rows of a campaign show: quartiles that count unsolved runs as infinite, and the growth with width."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from scipy import stats

from circuits.instances.campaign import Row

#: Lower quartile, median, upper quartile.
Quartiles = tuple[float, float, float]


@dataclass(frozen=True)
class Cell:
    """All seeds of one width, number of rounds and solver.

    A quartile q is the least effort within which the share q of the runs had found a solution; a run that ended without
    one took "more than its budget", which is entered as infinity. So a median of infinity says that fewer than half of
    the runs were solved, and no quartile is made smaller by runs that were given up.
    """

    family: str
    rounds: int
    bits: int
    solver: str
    runs: int
    solved: int
    conflicts: Quartiles
    seconds: Quartiles


@dataclass(frozen=True)
class Fit:
    """Least squares of log2(median conflicts) on bits: `slope` doublings a bit, `error` its standard error.

    Only finite medians of one conflict or more take part (`widths` of them); `error` is None for two, where a line
    always fits.
    """

    family: str
    rounds: int
    solver: str
    slope: float
    intercept: float
    error: float | None
    widths: int


@dataclass(frozen=True)
class Summary:
    """Cells in order of rounds, bits, solver; one fit for each (rounds, solver) with two or more usable medians."""

    cells: tuple[Cell, ...]
    fits: tuple[Fit, ...]

    def as_json(self) -> dict[str, Any]:
        """For JSON: infinite quartiles become null."""
        cells = [asdict(cell) for cell in self.cells]
        for cell in cells:
            for what in ("conflicts", "seconds"):
                names = ("lower_quartile", "median", "upper_quartile")
                values = (None if math.isinf(value) else value for value in cell[what])
                cell[what] = dict(zip(names, values, strict=True))
        return {"cells": cells, "fits": [asdict(fit) for fit in self.fits]}


def summarise(rows: Iterable[Row]) -> Summary:
    """Cells and fits of the rows."""
    groups: dict[tuple[str, int, int, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.family, row.rounds, row.bits, row.solver), []).append(row)
    cells = [_cell(key, groups[key]) for key in sorted(groups)]
    lines: dict[tuple[str, int, str], list[Cell]] = {}
    for cell in cells:
        lines.setdefault((cell.family, cell.rounds, cell.solver), []).append(cell)
    fits = (_fit(key, line) for key, line in lines.items())
    return Summary(tuple(cells), tuple(fit for fit in fits if fit is not None))


def dumps_csv(rows: Sequence[Row]) -> str:
    """One line a solve; an empty field is a budget that was not set or a count that is not known."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Row)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return text.getvalue()


def _cell(key: tuple[str, int, int, str], rows: list[Row]) -> Cell:
    family, rounds, bits, solver = key
    solved = [row for row in rows if row.solved]
    missing = [math.inf] * (len(rows) - len(solved))
    return Cell(
        family,
        rounds,
        bits,
        solver,
        runs=len(rows),
        solved=len(solved),
        conflicts=_quartiles([*(float(row.conflicts or 0) for row in solved), *missing]),
        seconds=_quartiles([*(row.seconds for row in solved), *missing]),
    )


def _quartiles(values: list[float]) -> Quartiles:
    # An order statistic, never a mean of two: infinities leave the lower ones finite.
    lower, median, upper = np.quantile(values, [0.25, 0.5, 0.75], method="inverted_cdf").tolist()
    return lower, median, upper


def _fit(key: tuple[str, int, str], cells: list[Cell]) -> Fit | None:
    used = [(cell.bits, cell.conflicts[1]) for cell in cells if 1 <= cell.conflicts[1] < math.inf]
    if len(used) < 2:
        return None
    bits, medians = zip(*used, strict=True)
    line = stats.linregress(bits, np.log2(medians))
    error = float(line.stderr) if len(used) > 2 else None
    return Fit(*key, float(line.slope), float(line.intercept), error, len(used))
