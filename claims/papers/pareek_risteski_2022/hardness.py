"""The experiment `hardness`: learned encoders against permutations of growing rounds, and against smooth generators.

It decides no claim: `CAVEATS` say what its curves cannot show.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import torch

from circuits import CircuitError
from circuits.files import check_writable, write_whole
from circuits.kept import KeptRows
from claims.engine.evidence import library_versions
from claims.engine.reproduction import Progress, Reading, Reproduced, Table, reproduction
from claims.papers.pareek_risteski_2022.hardness_plot import to_svg
from claims.papers.pareek_risteski_2022.hardness_runs import ERROR, SIZES, Row, groups, is_candidate

CAVEATS = (
    "Nothing here is evidence about asymptotics: at d <= 12 an encoder of about 2^d parameters memorises the"
    " permutation, and the training sees each of the 2^d inputs many times (columns samples, patterns).",
    "A cipher with its key fixed has an inverse circuit about as small as itself, so a small encoder exists (the"
    " planted one): where the curves stay low, gradient descent did not find it. That is hardness of learning, of"
    " which the theorem does not speak.",
    "A toy modulus is no one-way permutation: at these widths a table inverts modexp, rsa and rabin, and so does a"
    " large enough encoder. They are the identity where the modulus ends (rabin off the squares): at d = 8 on 3, 27 and"
    " 79 % of all inputs, so their curves compare with no cipher's; and rabin has the same modulus for every seed.",
    "Low success may also be the optimiser's: affine maps are inverted by linear algebra, yet parities are hard for"
    " gradient descent; the ELBO of a circuit has poor local optima at so small a beta; and a mean-field Gaussian on"
    " samples of a smooth generator is slow to train (its sigma grows before its mean is right).",
    "Smooth generators are learned from fresh samples of a density; their success has a ceiling below 1, that of the"
    " posterior itself, because z near 0 has no certain sign. Compare with the column ceiling, not with 1.",
    "To be within total variation 1/10 a mean-field encoder must hit every mean within a small part of beta; having the"
    " right signs is far less. Where the smooth generators' TV is near 1, at most the signs were learned, and the"
    " theorem's own hypothesis fails there as it does for a hard circuit.",
)

PICTURE = (
    "Success against parameters, a row of panels for each d, objective and tested inputs; points are means over seeds,"
    " bars reach over the seeds' 99 % intervals, a dotted line is the posterior's own success."
)

ABOUT = "learned encoders against circuits of growing rounds and smooth generators, at equal parameter budgets"


def read(data: Mapping[str, Any]) -> Reading:
    """A kept run: success by budget, the mean over seeds."""
    rows = [loads(row) for row in data["rows"]]
    columns, table = summary(rows)
    success = Table(
        "Share of inputs inverted, by the encoder's parameters",
        {name: name for name in columns},
        (),
        [dict(zip(columns, line, strict=True)) for line in table],
        "The theorem prints no numbers: there is nothing to put beside ours, and the caveats among the notes say what"
        " these cannot show.",
    )
    return Reading([success], [*findings(rows), *data["caveats"]], PICTURE)


def loads(written: Mapping[str, Any]) -> Row:
    """A row from its line of the CSV, or from its JSON."""
    kinds: dict[str, Callable[[Any], Any]] = {"str": str, "int": int, "float": float}
    told: dict[str, Any] = {}
    for one in fields(Row):
        kind, _, unknown = str(one.type).partition(" | ")
        value = written[one.name]
        told[one.name] = None if unknown and value in ("", None) else kinds[kind](value)
    return Row(**told)


@reproduction("pareek-risteski-2022/hardness", about=ABOUT, read=read, kept="dichotomy")
def hardness(effort: str, seed: int, out: Path, progress: Progress) -> Reproduced:
    """Train and measure every group that `out/rows.jsonl` does not hold, then write hardness.csv, .json and .svg there.

    Raises `CircuitError` for an unknown effort, or a folder that cannot be written.
    """
    if effort not in SIZES:
        raise CircuitError(f"no effort {effort!r}: choose one of {', '.join(SIZES)}")
    kept = KeptRows(out / "rows.jsonl", Row)
    out.mkdir(parents=True, exist_ok=True)
    check_writable(out / "hardness.csv")
    # These matrices are small: more threads wait for each other longer than they work.
    torch.set_num_threads(1)
    planned = list(groups(effort, seed))
    done = {row.group for row in kept.rows}
    for number, group in enumerate(planned):
        if group.name not in done:
            progress(number, len(planned), group.name)
            kept.add(group.rows())
    progress(len(planned), len(planned), "done")
    names = [group.name for group in planned]
    rows = sorted((row for row in kept.rows if row.group in set(names)), key=lambda row: names.index(row.group))
    return _write(rows, effort, seed, out)


def _write(rows: Sequence[Row], effort: str, seed: int, out: Path) -> Reproduced:
    columns, table = summary(rows)
    run = {"effort": effort, "seed": seed, "interval_error": ERROR, "versions": library_versions()}
    data: dict[str, Any] = {"run": run, "caveats": list(CAVEATS), "rows": [asdict(row) for row in rows]}
    files = [out / "hardness.csv", out / "hardness.json"]
    write_whole(files[0], dumps_csv(rows).encode())
    write_whole(files[1], (json.dumps(data, indent=1) + "\n").encode())
    notes = [*findings(rows), *CAVEATS]
    try:
        write_whole(out / "hardness.svg", to_svg(rows).encode())
        files.append(out / "hardness.svg")
    except CircuitError as error:
        # The measurements are worth more than their picture.
        notes.append(f"no picture was drawn: {error}")
    return Reproduced(columns, table, notes, files, data)


def dumps_csv(rows: Sequence[Row]) -> str:
    """One line an encoder; an empty field is what is not known."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [one.name for one in fields(Row)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return text.getvalue()


def summary(rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """Success, the mean over seeds, by budget: a line for each d, objective, tested inputs, family and rounds.

    Ceiling and TV are those at the largest budget.
    """
    budgets = sorted({row.budget for row in rows})
    lines: dict[tuple[int, str, str, str, int], list[Row]] = {}
    for row in rows:
        lines.setdefault((row.d, row.objective, row.tested, row.family, row.rounds), []).append(row)
    columns = [
        "d",
        "objective",
        "tested",
        "family",
        "rounds",
        *(f"{budget} par." for budget in budgets),
        "ceiling",
        "TV",
    ]
    table = []
    for key, line in lines.items():
        cells = [_mean([row.success for row in line if row.budget == budget]) for budget in budgets]
        largest = [row for row in line if row.budget == budgets[-1]]
        ceiling, distance = (_mean([getattr(row, name) for row in largest]) for name in ("ceiling", "tv_mean"))
        table.append([*map(str, key), *cells, ceiling, distance])
    return columns, table


def findings(rows: Sequence[Row]) -> list[str]:
    """What these rows say, in sentences made from the numbers."""
    said = []
    for d in sorted({row.d for row in rows}):
        here = [row for row in rows if row.d == d]
        for objective, tested in (("supervised", "all"), ("supervised", "unseen"), ("elbo", "all")):
            said += _about_ciphers(d, objective, tested, here)
        candidates = [r for r in here if is_candidate(r) and (r.objective, r.tested) == ("supervised", "all")]
        if candidates:
            shares = _by_budget(candidates, lambda of: _mean([row.success for row in of]))
            said.append(f"d = {d}: mean success on modexp, rsa and rabin: {shares} (2^d = {1 << d} inputs in all).")
        for objective in ("supervised", "elbo"):
            said += _about_smooth(d, objective, here)
    return said


def _about_ciphers(d: int, objective: str, tested: str, rows: Sequence[Row]) -> list[str]:
    chosen = [row for row in rows if (row.objective, row.tested, row.kind) == (objective, tested, "easy")]
    if not chosen:
        return []
    few, many = (pick(row.rounds for row in chosen) for pick in (min, max))

    def ends(of: Sequence[Row]) -> str:
        return " to ".join(_mean([row.success for row in of if row.rounds == rounds]) for rounds in (few, many))

    names = ", ".join(sorted({row.family for row in chosen}))
    where = f"d = {d}, {objective}, {tested} inputs"
    return [f"{where}: mean success on {names}, from {few} to {many} rounds: {_by_budget(chosen, ends)}."]


def _about_smooth(d: int, objective: str, rows: Sequence[Row]) -> list[str]:
    chosen = [row for row in rows if (row.objective, row.kind) == (objective, "smooth")]
    if not chosen:
        return []

    def success(of: Sequence[Row]) -> str:
        tv, near = (_mean([getattr(row, name) for row in of]) for name in ("tv_mean", "near"))
        return f"{_mean([row.success for row in of])} (TV {tv}, Pr[TV <= 1/10] {near})"

    own = _mean([row.ceiling for row in chosen])
    said = f"d = {d}, {objective}: mean success on the smooth generators: {_by_budget(chosen, success)}"
    return [f"{said}; the posterior's own is {own}."]


def _by_budget(rows: Sequence[Row], say: Callable[[Sequence[Row]], str]) -> str:
    budgets = sorted({row.budget for row in rows})
    return ", ".join(f"{say([row for row in rows if row.budget == budget])} at {budget}" for budget in budgets)


def _mean(values: Sequence[float | None]) -> str:
    """The mean of what is known; a dash if nothing is."""
    known = [value for value in values if value is not None]
    return f"{sum(known) / len(known):.2f}" if known else "-"
