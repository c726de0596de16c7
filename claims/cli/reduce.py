"""`lemmata reduce`: Theorem 2's proof run on an encoder, from the encoder to a Boolean circuit that inverts."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from circuits import Circuit, CircuitError
from circuits.families import Permutation, family
from circuits.files import check_writable
from circuits.formats import read
from claims.cli.console import complain, stderr, stdout, write_json
from claims.cli.options import AsJson

if TYPE_CHECKING:
    from reductions.encoders.named import Made, Order


def reduce(  # noqa: PLR0917 - options, all of them given by name
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Every artefact is written here.")],
    encoder: Annotated[
        str,
        typer.Option(
            metavar="NAME|FILE",
            help="planted, exact, partial, fickle, tabled or learned (docs/reductions.md), or a .safetensors file.",
        ),
    ] = "planted",
    family_name: Annotated[
        str | None, typer.Option("--family", metavar="NAME", help="A family of permutations.", show_default=False)
    ] = None,
    circuit_file: Annotated[
        Path | None,
        typer.Option("--circuit", metavar="FILE", help="The permutation, in any circuit format.", show_default=False),
    ] = None,
    bits: Annotated[int, typer.Option(min=1, metavar="N", help="Bits of the family's member.")] = 8,
    rounds: Annotated[int | None, typer.Option(metavar="N", help="Its rounds.", show_default="the family's")] = None,
    inverse_file: Annotated[
        Path | None,
        typer.Option("--inverse", metavar="FILE", help="The inverse of --circuit, for encoders that are told it."),
    ] = None,
    fraction: Annotated[
        float, typer.Option(min=0.0, max=1.0, metavar="X", help="Of the x for which `partial` is good.")
    ] = 0.5,
    beta: Annotated[
        float | None, typer.Option(metavar="X", help="The generator's noise.", show_default="1/(7 sqrt d)")
    ] = None,
    shifts: Annotated[int, typer.Option(min=1, metavar="M", help="Noises xi that are tried.")] = 8,
    strings: Annotated[int, typer.Option(min=1, metavar="M", help="Strings of the encoder's noise, too.")] = 8,
    draws: Annotated[int, typer.Option(min=1, metavar="N", help="Rounds of the randomised invertor an input.")] = 32,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="The same seed gives the same bytes.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Replace the report that is in DIR.")] = False,
    as_json: AsJson = False,
) -> None:
    """Turn an encoder for G(z) = C(sgn z) into a Boolean circuit that inverts C: Theorem 2's proof, run.

    C is a member of a family, or a circuit of a file. Each stage is measured over all 2^d inputs: the encoder's
    total variation, the randomised invertor, the network with its noise hard-coded, fixed-point integers, the
    circuit. DIR gets all of them, report.json and, with matplotlib, report.svg.

    Exit code: 0, 1 if a SAT solver or ABC contradicts the simulation, 2 for a mistake in the call.

    Example: lemmata reduce --family toffoli --bits 10 --encoder planted --out reduction
    """
    import torch  # noqa: PLC0415 - it takes a second: `lemmata --help` need not wait

    from reductions.encoders.named import Order  # noqa: PLC0415
    from reductions.latent import small_noise  # noqa: PLC0415
    from reductions.pipeline import STAGES, Plan  # noqa: PLC0415
    from reductions.pipeline import reduce as run  # noqa: PLC0415
    from reductions.report import describe, write  # noqa: PLC0415

    torch.set_num_threads(1)  # the steps are many and small: threads would wait for each other
    out = _free(out, force)
    if (family_name is None) == (circuit_file is None):
        raise CircuitError("which permutation? give one of --family NAME and --circuit FILE")
    if circuit_file is None:
        circuit, inverse = _from_family(str(family_name), bits, rounds, seed)
    else:
        circuit, inverse = read(circuit_file), None if inverse_file is None else read(inverse_file)
    plan = Plan(small_noise(circuit.num_inputs) if beta is None else beta, seed, draws, shifts, strings)
    console = stderr()
    columns = TextColumn("reducing"), BarColumn(), TextColumn("{task.description}")
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("making the encoder", total=len(STAGES) + 1)
        made = _encoder(encoder, Order(circuit, inverse, plan.beta, fraction, seed=seed))

        def started(stage: str) -> None:
            progress.update(task, advance=1, description=stage)

        done = run(circuit, made.encoder, plan, half_normal=made.half_normal, started=started)
    report = {"encoder": encoder, **describe(done)}
    picture, missing = _picture(report)
    write(done, out, report, picture)
    if as_json:
        write_json(report)
    else:
        stdout().print(_table(report))
        stdout().print(f"Every artefact is in {out}.")
    if missing is not None:
        complain(f"no picture was drawn: {missing}")
    if not done.verdict.sat or done.verdict.abc is False:
        raise typer.Exit(1)


def _free(out: Path, force: bool) -> Path:
    """The folder, made. Raises `CircuitError` if it holds a report already, or cannot be written."""
    if (out / "report.json").exists() and not force:
        raise CircuitError(f"{out} holds a report already: choose another folder, or --force")
    out.mkdir(parents=True, exist_ok=True)
    check_writable(out / "report.json")
    return out


def _from_family(name: str, bits: int, rounds: int | None, seed: int) -> tuple[Circuit, Circuit | None]:
    """C, and its inverse if it is known. Raises `CircuitError` for a family of other functions."""
    built = family(name).build(bits=bits, rounds=rounds, seed=seed)
    if not isinstance(built, Permutation):
        raise CircuitError(f"{name} is no family of permutations: lemmata circuit families lists them")
    return built.circuit, built.inverse


def _encoder(name: str, order: "Order") -> "Made":
    """The named encoder, or the one in a file, of whose law nothing is taken on trust."""
    from reductions.encoders.named import Made, make  # noqa: PLC0415
    from reductions.files import load  # noqa: PLC0415

    return Made(load(name), None) if name.endswith(".safetensors") else make(name, order)


def _picture(report: dict[str, Any]) -> tuple[bytes | None, str | None]:
    """The picture, or what is missing for it."""
    from reductions.picture import dumps_svg  # noqa: PLC0415

    try:
        return dumps_svg(report), None
    except CircuitError as error:
        return None, str(error)


def _table(report: dict[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("stage", "inverts", "size", "measured", "promised"):
        table.add_column(name, overflow="fold")
    for stage in report["stages"]:
        table.add_row(stage["name"], _success(stage), *(_lines(stage[part]) for part in ("size", "error", "promised")))
    return table


def _success(stage: dict[str, Any]) -> str:
    if stage["success"] is None:
        return ""
    interval = "" if stage["interval"] is None else "\n{:.2%} to {:.2%}".format(*stage["interval"])
    return f"{stage['success']:.2%}{interval}"


def _lines(values: dict[str, Any]) -> str:
    return "\n".join(f"{name}: {_short(value)}" for name, value in values.items())


def _short(value: object) -> str:
    if isinstance(value, list):
        return " to ".join(_short(one) for one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
