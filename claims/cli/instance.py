"""`lemmata instance`: planted pre-image problems as folders of files."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from circuits import CircuitError
from circuits.instances import Pairs, make_instances, preset, write_instance
from circuits.instances.folder import BUDGET, read_meta
from claims.cli.console import stderr, stdout, write_json
from claims.cli.options import AsJson


class Preset(StrEnum):
    """How long CaDiCaL takes: well below a second, seconds, a minute and more."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


FamilyName = Annotated[
    str, typer.Argument(metavar="FAMILY", help="A circuit family, such as feistel-key or goldreich (docs/families.md).")
]


def instance(  # noqa: PLR0917 - options, all of them given by name
    family: FamilyName,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="One folder an instance is made in here.")],
    bits: Annotated[int | None, typer.Option(metavar="N", help="Input bits.", show_default="the preset's")] = None,
    rounds: Annotated[
        int | None, typer.Option(metavar="N", help="Rounds.", show_default="the preset's, or the family's")
    ] = None,
    level: Annotated[
        Preset | None,
        typer.Option("--preset", help="Bits and rounds, by how long a solver takes.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="The same seed gives the same bytes.")] = 0,
    count: Annotated[int, typer.Option(min=1, metavar="N", help="Planted inputs, one an instance.")] = 1,
    pairs: Annotated[int, typer.Option(min=0, metavar="N", help="Rows of the data set; 0: none.")] = Pairs.count,
    beta: Annotated[float, typer.Option(min=0.0, metavar="X", help="Standard deviation of its noise.")] = Pairs.beta,
    budget: Annotated[
        int, typer.Option("--conflicts", min=0, metavar="N", help="Budget of the reference solver; 0: not run.")
    ] = BUDGET,
    with_solution: Annotated[
        bool, typer.Option("--with-solution", help="Write the planted solution to meta.json.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace instances that exist.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write planted pre-image or key-recovery problems.

    A circuit C of the family and a secret x are drawn from the seed; the problem is to find an x with
    C(x) = y. DIR gets one folder an instance: CNF, AIGER, ONNX with VNN-LIB 1.0 and 2.0, a data set
    of pairs (z, G(z) + noise), and meta.json with sizes, checksums and the reference solver's conflicts.
    The same call gives the same bytes, but for timing.json, the reference solver's CPU seconds.

    Exit code: 0, or 2 for a mistake in the call.

    Example: lemmata instance feistel-key --preset medium --count 3 --out instances
    """
    bits, rounds = _size(family, bits, rounds, level)
    data_set = Pairs(pairs, beta)
    made = make_instances(family, bits, rounds, seed, count)
    done: list[dict[str, Any]] = []
    console = stderr()
    columns = TextColumn("writing"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}")
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=count)
        for one in made:
            progress.update(task, description=one.name)
            folder = write_instance(one, out, pairs=data_set, budget=budget, with_solution=with_solution, force=force)
            done.append({"folder": str(folder), **read_meta(folder)})
            progress.advance(task)
    if as_json:
        write_json({"instances": done})
    else:
        stdout().print(_table(done))
        stdout().print(f"{count} in {out}. " + _remark(done))


def _size(family: str, bits: int | None, rounds: int | None, level: Preset | None) -> tuple[int, int | None]:
    """Bits and rounds, from a preset or given.

    Raises:
        CircuitError: unless one of --preset and --bits is given, or for a family without presets.
    """
    if level is not None:
        if bits is not None or rounds is not None:
            raise CircuitError("--preset sets bits and rounds: give it alone, or give --bits and --rounds")
        return preset(family, level.value)
    if bits is None:
        raise CircuitError("how large? give --bits, or --preset easy, medium or hard")
    return bits, rounds


def _table(done: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("instance", overflow="fold")
    for name in ("ANDs", "XORs", "variables", "clauses", "solutions", "conflicts"):
        table.add_column(name, justify="right")
    for meta in done:
        sizes = [str(meta["sizes"][name]) for name in ("ands", "xors", "variables", "clauses")]
        solutions = "unknown" if meta["solutions"] is None else str(meta["solutions"])
        table.add_row(meta["name"], *sizes, solutions, _conflicts(meta["reference"]))
    return table


def _conflicts(reference: dict[str, Any] | None) -> str:
    if reference is None:
        return "not run"
    return str(reference["conflicts"]) if reference["status"] == "SAT" else f"> {reference['budget']}"


def _remark(done: list[dict[str, Any]]) -> str:
    """What kind of problem this is; the meta data say it, so that nobody takes a control for a hard instance."""
    return f"Kind: {done[0]['kind']}. {done[0]['about']}"
