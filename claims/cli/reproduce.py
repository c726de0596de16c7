"""`lemmata reproduce`: run an experiment of a paper for its figures."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from claims.cli.console import complain, stderr, stdout, write_json
from claims.cli.hardness import INTERRUPTED
from claims.cli.options import AsJson, EffortName
from claims.engine.reproduction import Reproduced, Reproduction, find, load_reproductions


def reproduce(
    id: Annotated[str | None, typer.Argument(metavar="ID", help="Which; none lists all.", show_default=False)] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Results are kept here.", show_default="named after ID"),
    ] = None,
    effort: Annotated[EffortName, typer.Option(help="How much to spend.")] = EffortName.STANDARD,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="The first seed.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Run an experiment of a paper for its figures. It decides no claim.

    Results are kept in DIR, group by group; the same command goes on after Ctrl-C and does no group twice. At effort
    quick, theorem-1 takes less than a minute and hardness some eight on one core; standard and thorough take longer.

    Exit code: 0, 2 for a mistake in the call, 130 after Ctrl-C (what is finished is kept).

    Example: lemmata reproduce pareek-risteski-2022/hardness --effort quick --out hardness
    """
    known = load_reproductions()
    if id is None:
        _list([known[name] for name in sorted(known)], as_json)
        return
    chosen = find(id)
    folder = out or Path(id.replace("/", "-"))
    result = _ran(chosen, effort, seed, folder)
    if as_json:
        write_json({**result.data, "notes": list(result.notes), "files": [str(path) for path in result.files]})
    else:
        _report(result)


def _list(found: list[Reproduction], as_json: bool) -> None:
    if as_json:
        write_json([{"id": one.id, "about": one.about} for one in found])
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("reproduction", "about"):
        table.add_column(name)
    for one in found:
        table.add_row(one.id, one.about)
    stdout().print(table)


def _ran(chosen: Reproduction, effort: EffortName, seed: int, out: Path) -> Reproduced:
    """The result, behind a progress bar.

    Raises:
        typer.Exit: with code 130 on Ctrl-C, after one message.
    """
    console = stderr()
    columns = TextColumn("running"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    try:
        with Progress(
            *columns, TextColumn("{task.description}"), console=console, transient=True, disable=not console.is_terminal
        ) as progress:
            task = progress.add_task("", total=None)

            def tell(done: int, total: int, what: str) -> None:
                progress.update(task, completed=done, total=total, description=what)

            return chosen.run(effort.value, seed, out, tell)
    except KeyboardInterrupt:
        complain(f"interrupted: what is finished is kept in {out}; run the same command again to go on")
        raise typer.Exit(INTERRUPTED) from None


def _report(result: Reproduced) -> None:
    console = stdout()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in result.columns:
        table.add_column(name)
    for row in result.rows:
        table.add_row(*row)
    console.print(table)
    for note in result.notes:
        console.print(f"- {note}")
    console.print(f"Written: {', '.join(map(str, result.files))}.")
