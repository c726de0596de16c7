"""`lemmata hardness`: how long solvers take on a family, against width and rounds."""

import math
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from circuits import CircuitError
from circuits.files import write_whole
from circuits.instances import Campaign, Summary, measure, summarise
from circuits.instances.campaign import ROWS, Row
from circuits.instances.plot import to_svg
from circuits.instances.summary import Quartiles, dumps_csv
from claims.cli.console import complain, stderr, stdout, write_json
from claims.cli.instance import FamilyName
from claims.cli.options import AsJson

#: What a shell expects of a program that Ctrl-C ended: 128 + SIGINT.
INTERRUPTED = 130


def hardness(  # noqa: PLR0917 - options, all of them given by name
    family: FamilyName,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Rows, CSV and picture are kept here.")],
    bits: Annotated[str, typer.Option(metavar="N,N,...", help="Input bits.")],
    rounds: Annotated[str, typer.Option(metavar="N,N,...", help="Rounds.", show_default="the family's")] = "",
    count: Annotated[int, typer.Option(min=1, metavar="N", help="Seeds.")] = 10,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="The first seed.")] = 0,
    solvers: Annotated[
        str,
        typer.Option(metavar="NAME,...", help="Of python-sat, or kissat or cadical on PATH."),
    ] = "cadical153",
    conflicts: Annotated[int, typer.Option(min=0, metavar="N", help="Budget of each solve; 0: none.")] = 1_000_000,
    seconds: Annotated[
        float | None, typer.Option(min=0.0, metavar="X", help="Wall-clock limit of each solve.", show_default="none")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure conflicts and CPU time of solvers on a family.

    Solves one planted instance a seed for each width, number of rounds and solver, each solve in a process of its
    own, one after another. Every row is kept in DIR/rows.jsonl at once; the same command goes on after Ctrl-C and
    solves no row twice. Writes DIR/hardness.csv (all rows) and, with matplotlib, DIR/hardness.svg.

    A run that ended without a solution counts as infinite: a median '> budget' says that fewer than half of the
    runs were solved. The fit is log2(median conflicts) against bits, over the finite medians of 1 or more.

    Exit code: 0, 2 for a mistake in the call, 130 after Ctrl-C (finished rows are kept).

    Example: lemmata hardness feistel-key --bits 12,16,20 --rounds 4,8 --count 5 --out feistel
    """
    campaign = Campaign(
        family,
        _numbers("--bits", bits),
        _numbers("--rounds", rounds),
        seed=seed,
        count=count,
        solvers=tuple(dict.fromkeys(name.strip() for name in solvers.split(",") if name.strip())),
        conflicts=conflicts or None,
        seconds=seconds,
    )
    rows = _measured(campaign, out)
    summary = summarise(rows)
    write_whole(out / "hardness.csv", dumps_csv(rows).encode())
    missing = _draw(summary, out / "hardness.svg")
    if as_json:
        write_json(summary.as_json())
    else:
        _report(summary, out)
    if missing is not None:
        complain(f"no picture was drawn: {missing}")


def _numbers(option: str, text: str) -> tuple[int, ...]:
    """The numbers of a comma-separated list.

    Raises:
        CircuitError: if something else stands in it.
    """
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise CircuitError(f"{option} {text!r} is no list of numbers: write them as 16,20,24") from None


def _measured(campaign: Campaign, out: Path) -> list[Row]:
    """All rows, behind a progress bar.

    Raises:
        typer.Exit: with code 130 on Ctrl-C, after one message.
    """
    console = stderr()
    total, done = len(list(campaign.tasks())), 0
    counts = BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    columns = TextColumn("solving"), *counts, TextColumn("{task.description}")
    try:
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("", total=total)

            def keep(row: Row, _: bool) -> None:
                nonlocal done
                done += 1
                name = f"{row.bits} bits, {row.rounds} rounds, seed {row.seed}, {row.solver}"
                progress.update(task, advance=1, description=f"after {name}: {row.status}")

            return measure(campaign, out, keep)
    except KeyboardInterrupt:
        complain(f"interrupted: {done} of {total} are kept in {out / ROWS}; run the same command again to go on")
        raise typer.Exit(INTERRUPTED) from None


def _draw(summary: Summary, path: Path) -> str | None:
    """Write the picture; what is missing, if matplotlib is not there: the measurements are worth more than it."""
    try:
        picture = to_svg(summary)
    except CircuitError as error:
        return str(error)
    write_whole(path, picture.encode())
    return None


def _report(summary: Summary, out: Path) -> None:
    console = stdout()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("rounds", "bits", "solver", "solved", "conflicts", "quartiles", "CPU s", "quartiles"):
        table.add_column(name, justify="left" if name == "solver" else "right")
    for cell in summary.cells:
        solved = f"{cell.solved}/{cell.runs}"
        efforts = (*_middle(cell.conflicts, "{:.0f}"), *_middle(cell.seconds, "{:.3g}"))
        table.add_row(str(cell.rounds), str(cell.bits), cell.solver, solved, *efforts)
    console.print(table)
    for fit in summary.fits:
        error = "" if fit.error is None else f" ± {fit.error:.2f}"
        console.print(
            f"{fit.solver}, {fit.rounds} rounds: conflicts double {fit.slope:.2f}{error} times a bit"
            f" (over {fit.widths} widths)"
        )
    if any(cell.solved < cell.runs for cell in summary.cells):
        console.print("Runs out of budget or time count as infinite: '> budget' is a median that was not reached.")
    console.print(f"Rows, CSV and picture are in {out}.")


def _middle(quartiles: Quartiles, form: str) -> tuple[str, str]:
    """The median, and the two others."""
    lower, median, upper = ("> budget" if math.isinf(value) else form.format(value) for value in quartiles)
    return median, lower if math.isinf(quartiles[0]) else f"{lower} to {upper}"
