"""The page of the reproductions: the newest committed run of each, ours beside the printed, and what is not run."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claims.book.known import Known
from claims.book.pages.entries import named
from claims.book.symbols import REPOSITORY
from claims.book.text.markdown import bullets, escaped, table
from claims.engine.claim import Claim
from claims.engine.paper import Paper
from claims.engine.registry import ClaimError
from claims.engine.reproduction import Quantity, Reading, Reproduction, Table, load_reproductions
from claims.papers.unregistered import PAPERS

#: From the one that shows most.
EFFORTS = ("thorough", "standard", "quick")
#: A longer table is folded away.
LONG = 40
UNKNOWN = "–"
ANEW = "write it anew by `lemmata reproduce`"
#: Printed things that an experiment may make again, as the contents of a paper name them.
MAKEABLE = re.compile(r"(?:table|figure|fig\.)\s", re.IGNORECASE)

INTRODUCTION = """(reproductions)=
# Reproductions

Experiments of the papers, run again. They decide no claim: the claims about a table or figure are listed with it, and
have evidence of their own. What is shown is the run at the greatest effort that is in the repository. Where the paper
prints a number for the same quantity, it stands beside ours, with the difference (ours minus printed) or the ratio."""

OPEN = """Tables and figures that have neither a reproduction nor a claim yet. Some cannot be compared number by number:
FID, precision and recall of images need the weights of the Inception network, and faces need CelebA; neither can be
had offline."""


@dataclass(frozen=True)
class Kept:
    """A committed run: its effort, its data, its files by suffix."""

    effort: str
    data: Mapping[str, Any]
    files: Mapping[str, Path]


def pages(known: Known, results: Path = REPOSITORY / "benchmarks/results") -> dict[str, str]:
    """`reproductions.md`, and the pictures of the runs that are kept in `results`.

    Raises:
        ClaimError: if a kept run cannot be read.
    """
    declared = load_reproductions().values()
    kept = {one.id: newest(one, results) for one in declared}
    blocks = [INTRODUCTION]
    pictures = {}
    for id, paper in known.papers.items():
        mine = [one for one in declared if one.id.split("/")[0] == id]
        if mine:
            blocks.append(f"## {escaped(paper.title)}")
        for one in mine:
            run = kept[one.id]
            blocks += _section(known, one, run)
            if run and ".svg" in run.files:
                pictures[_picture(one)] = run.files[".svg"].read_text(encoding="utf-8")
    blocks += _open([*known.papers.values(), *PAPERS])
    return {"reproductions.md": "\n\n".join(filter(None, blocks)) + "\n", **pictures}


def newest(one: Reproduction, results: Path) -> Kept | None:
    """The run of the greatest effort that is kept, if any.

    Raises:
        ClaimError: if its JSON cannot be read, or tells nothing of the run.
    """
    for effort in EFFORTS:
        stem = results / f"{one.kept}-{effort}"
        files = {s: path for s in (".json", ".csv", ".svg") if (path := stem.with_name(stem.name + s)).is_file()}
        if ".json" in files:
            return Kept(effort, _data(one, files), files)
    return None


def _data(one: Reproduction, files: Mapping[str, Path]) -> dict[str, Any]:
    path = files[".json"]
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        data["run"]["seed"]
    except (ValueError, KeyError, TypeError) as error:
        raise ClaimError(f"{path}: no run of {one.id} ({error!r}): {ANEW}") from error
    if "rows" not in data and ".csv" in files:
        data["rows"] = list(csv.DictReader(files[".csv"].read_text(encoding="utf-8").splitlines()))
    return data


def title(one: Reproduction) -> str:
    """`Table 2` of `shekhovtsov-2022/table-2`."""
    return one.id.split("/")[1].replace("-", " ").capitalize()


def _section(known: Known, one: Reproduction, kept: Kept | None) -> Iterator[str]:
    label = "reproduction-" + one.id.replace("/", "-")
    yield f"({label})=\n### {escaped(title(one))}"
    yield f"{escaped(one.about[0].upper() + one.about[1:])}."
    if kept is None:
        yield "**Not run.** No figures of it are in the repository yet."
    else:
        yield from _run(one, kept)
    yield from _about_it(known, one)
    if told := _guides(one):
        yield f"Told in {', '.join(told)}."
    yield f"To run it ({_code(one)}):\n\n```console\n$ {_command(one)} --effort standard\n```"


def _run(one: Reproduction, kept: Kept) -> Iterator[str]:
    """What was run, its tables, its picture, its notes."""
    yield _told(kept)
    reading, tables = _read(one, kept)
    yield from tables
    if ".svg" in kept.files:
        alt = reading.picture or f"The picture of {title(one)}"
        yield f"```{{image}} {_picture(one)}\n:alt: {' '.join(alt.split())}\n:class: picture\n```\n\n*{escaped(alt)}*"
    else:
        yield "No picture of this run is in the repository; running it draws one."
    if reading.notes:
        yield "**What the run says, and what to read it by**"
        yield bullets(escaped(note) for note in reading.notes)


def _read(one: Reproduction, kept: Kept) -> tuple[Reading, list[str]]:
    """The run as it is read, and its tables as they are shown."""
    if one.read is None:
        return Reading((), kept.data.get("notes", ())), []
    try:
        reading = one.read(kept.data)
        return reading, [_shown(shown) for shown in reading.tables]
    except (KeyError, TypeError, ValueError) as error:
        raise ClaimError(f"{kept.files['.json']}: {one.id} cannot read it ({error!r}): {ANEW}") from error


def _told(kept: Kept) -> str:
    """Effort, seed and what else is told of the run, its versions, its files."""
    run = kept.data["run"]
    plain = [f"{name.replace('_', ' ')} {value}" for name, value in run.items() if not isinstance(value, Mapping)]
    versions = [f"{name} {version}" for name, version in run.get("versions", {}).items()]
    files = [f"[`{path.name}`](../benchmarks/results/{path.name})" for path in kept.files.values()]
    said = f"**The run:** {escaped(', '.join(plain))}. Kept in {', '.join(files)}."
    return said + (f" Made with {escaped(', '.join(versions))}." if versions else "")


def _shown(shown: Table) -> str:
    """A table, ours beside the printed wherever the paper prints a number."""
    columns = [*shown.settings, *(name for quantity in shown.quantities for name in _heads(quantity))]
    rows = [
        [
            *(_setting(row[key]) for key in shown.settings.values()),
            *(cell for quantity in shown.quantities for cell in _cells(quantity, row)),
        ]
        for row in shown.rows
    ]
    whole = table([escaped(name) for name in columns], rows, kind="figures")
    if len(rows) > LONG:
        whole = f"<details><summary>All {len(rows)} rows</summary>\n\n{whole}\n\n</details>"
    return "\n\n".join(filter(None, (f"**{escaped(shown.title)}**", escaped(shown.note), whole)))


def _setting(value: object) -> str:
    return escaped(value) if isinstance(value, str) else str(value)


def _heads(quantity: Quantity) -> Sequence[str]:
    if not quantity.printed:
        return (quantity.name,)
    if not quantity.ours:
        return (f"{quantity.name}, printed",)
    against = "printed / ours" if quantity.against == "ratio" else "difference"
    return f"{quantity.name}, ours", "printed", against


def _cells(quantity: Quantity, row: Mapping[str, Any]) -> Sequence[str]:
    ours = row[quantity.ours] if quantity.ours else None
    printed = row.get(quantity.printed)
    cells = [_number(value, quantity.form) for value in (ours, printed)]
    if not quantity.printed or not quantity.ours:
        return cells[:1] if quantity.ours else cells[1:]
    return *cells, _compared(quantity, ours, printed)


def _compared(quantity: Quantity, ours: float | None, printed: float | None) -> str:
    if ours is None or printed is None:
        return UNKNOWN
    if quantity.against == "ratio":
        return _number(printed / ours, quantity.form) if ours else UNKNOWN
    return _number(ours - printed, f"+{quantity.form}")


def _number(value: float | None, form: str) -> str:
    if value is None:
        return UNKNOWN
    # A printed 419 stays 419.
    return str(value) if isinstance(value, int) and form.endswith("f") else format(value, form)


def about(known: Known, one: Reproduction) -> list[Claim]:
    """The claims about that table, figure or theorem: those under its id, and those whose source names it."""
    paper, name = one.id.split("/")
    printed = re.compile(rf"\b{re.escape(name.replace('-', ' '))}\b(?!\.\d)", re.IGNORECASE)
    return [
        claim for claim in known.of(paper)
        if claim.id == one.id or claim.id.startswith(f"{one.id}/") or printed.search(claim.source)
    ]  # fmt: skip


def _about_it(known: Known, one: Reproduction) -> Iterator[str]:
    found = about(known, one)
    if found:
        yield f"**Claims about {escaped(title(one))}**"
        yield bullets(f"{named(known, claim.id)}: {escaped(claim.summary)}" for claim in found)


def _code(one: Reproduction) -> str:
    """The experiment's program, linked where it is part of the repository."""
    path = Path(one.run.__module__.replace(".", "/")).with_suffix(".py")
    return f"[`{path.name}`](../{path.as_posix()})" if (REPOSITORY / path).is_file() else f"`{path.name}`"


def _command(one: Reproduction) -> str:
    return f"lemmata reproduce {one.id}"


def _guides(one: Reproduction) -> list[str]:
    """The guides that run it, under their own titles."""
    docs = sorted((REPOSITORY / "docs").glob("*.md"))
    return [f"[]({path.name})" for path in docs if _command(one) in path.read_text(encoding="utf-8")]


def _picture(one: Reproduction) -> str:
    return f"reproductions/{one.id.replace('/', '-')}.svg"


def _open(papers: Sequence[Paper]) -> Iterator[str]:
    """Tables and figures that nobody has run again."""
    yield "(reproductions-open)=\n## What is open"
    left = [(paper, {item: what for item, what in paper.open.items() if MAKEABLE.match(item)}) for paper in papers]
    if not any(items for _, items in left):
        yield "Every table and figure of these papers has a reproduction or a claim."
        return
    yield OPEN
    for paper, items in left:
        if items:
            yield f"**{escaped(paper.title)}** ({paper.id})"
            yield table(
                ("as printed", "what it shows"), [(escaped(item), escaped(what)) for item, what in items.items()]
            )
