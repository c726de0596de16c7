"""`lemmata reduce`: Theorem 2's proof run on an encoder, from the encoder to a Boolean circuit that inverts."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from circuits import Circuit, CircuitError
from circuits.families import FAMILIES, Kind, Permutation, family
from circuits.files import check_writable
from circuits.formats import read
from claims.cli.console import complain, stderr, stdout, write_json
from claims.cli.hardness import INTERRUPTED
from claims.cli.options import AsJson

if TYPE_CHECKING:
    from reductions.encoders.named import Made, Order
    from reductions.pipeline import Plan, Reduction

PERMUTATIONS = tuple(name for name, member in FAMILIES.items() if member.kind is not Kind.FUNCTION)


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
        str | None,
        typer.Option("--family", metavar="NAME", help=f"One of {', '.join(PERMUTATIONS)}.", show_default=False),
    ] = None,
    circuit_file: Annotated[
        Path | None,
        typer.Option(
            "--circuit", metavar="FILE", help="The permutation, as AIGER, BENCH, BLIF or Bristol.", show_default=False
        ),
    ] = None,
    bits: Annotated[int, typer.Option(min=1, metavar="N", help="Bits of the family's member.")] = 8,
    rounds: Annotated[int | None, typer.Option(metavar="N", help="Its rounds.", show_default="the family's")] = None,
    inverse_file: Annotated[
        Path | None,
        typer.Option(
            "--inverse",
            metavar="FILE",
            help="The inverse of --circuit: planted, partial, fickle need it.",
            show_default=False,
        ),
    ] = None,
    fraction: Annotated[
        float | None,
        typer.Option(min=0.0, max=1.0, metavar="X", help="Of the x for which `partial` is good.", show_default="0.5"),
    ] = None,
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
    circuit. DIR gets all of them, report.json and, with matplotlib, report.svg. With 12 bits that takes seconds to
    half a minute; encoders that are exact or learned take minutes from 8 or 10 bits on, for their circuits are large.

    Exit code: 0, 1 if a SAT solver or ABC contradicts the simulation, 2 for a mistake in the call, 130 after Ctrl-C
    (nothing is written).

    Example: lemmata reduce --family toffoli --bits 10 --encoder planted --out reduction
    """
    import torch  # noqa: PLC0415 - it takes a second: `lemmata --help` need not wait

    from reductions.encoders.named import Order  # noqa: PLC0415
    from reductions.latent import small_noise  # noqa: PLC0415
    from reductions.pipeline import Plan  # noqa: PLC0415
    from reductions.report import describe, write  # noqa: PLC0415

    torch.set_num_threads(1)  # the steps are many and small: threads would wait for each other
    if (family_name is None) == (circuit_file is None):
        raise CircuitError("which permutation? give one of --family NAME and --circuit FILE")
    if inverse_file is not None and circuit_file is None:
        raise CircuitError("--inverse goes with --circuit: a family knows its own")
    if fraction is not None and encoder != "partial":
        raise CircuitError(f"--fraction goes with --encoder partial, not with {encoder}")
    if circuit_file is None:
        circuit, inverse = _from_family(str(family_name), bits, rounds, seed)
    else:
        circuit, inverse = _from_files(circuit_file, inverse_file)
    plan = Plan(small_noise(circuit.num_inputs) if beta is None else beta, seed, draws, shifts, strings)
    with _folder(out, force):
        order = Order(circuit, inverse, plan.beta, 0.5 if fraction is None else fraction, seed=seed)
        done = _run(encoder, order, plan)
        report = {"encoder": encoder, **describe(done)}
        picture, missing = _picture(report)
        write(done, out, report, picture)
    if as_json:
        write_json(report)
    else:
        _say(report, out)
    if missing is not None:
        complain(f"no picture was drawn: {missing}")
    if not done.verdict.sat or done.verdict.abc is False:
        raise typer.Exit(1)


@contextmanager
def _folder(out: Path, force: bool) -> Iterator[None]:
    """The folder, made; gone again if nothing was written to it. Raises `CircuitError` if it holds a report already."""
    if (out / "report.json").exists() and not force:
        raise CircuitError(f"{out} holds a report already: choose another folder, or --force")
    if out.exists() and not out.is_dir():
        raise CircuitError(f"--out {out} is no folder: choose another place")
    out.mkdir(parents=True, exist_ok=True)
    try:
        check_writable(out / "report.json")
        yield
    finally:
        with suppress(OSError):
            out.rmdir()  # only if it is empty


def _run(encoder: str, order: "Order", plan: "Plan") -> "Reduction":
    """All stages, behind a progress bar.

    Raises:
        typer.Exit: with code 130 on Ctrl-C, after one message.
    """
    from reductions.pipeline import STAGES, reduce  # noqa: PLC0415

    console = stderr()
    columns = TextColumn("reducing"), BarColumn(), TextColumn("{task.description}")
    try:
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("making the encoder", total=len(STAGES) + 1)
            made = _encoder(encoder, order)

            def started(stage: str) -> None:
                progress.update(task, advance=1, description=stage)

            return reduce(order.circuit, made.encoder, plan, half_normal=made.half_normal, started=started)
    except KeyboardInterrupt:
        complain("interrupted: nothing was written")
        raise typer.Exit(INTERRUPTED) from None


def _from_family(name: str, bits: int, rounds: int | None, seed: int) -> tuple[Circuit, Circuit | None]:
    """C, and its inverse if it is known. Raises `CircuitError` for a family of other functions, or an unknown one."""
    if name not in PERMUTATIONS:
        raise CircuitError(f"{name} is no family of permutations: choose one of {', '.join(PERMUTATIONS)}")
    built = family(name).build(bits=bits, rounds=rounds, seed=seed)
    assert isinstance(built, Permutation)
    return built.circuit, built.inverse


def _from_files(circuit_file: Path, inverse_file: Path | None) -> tuple[Circuit, Circuit | None]:
    """C, and its inverse if there is a file. Raises `CircuitError` if the one does not invert the other."""
    from reductions.invertor import target  # noqa: PLC0415
    from reductions.verdict import inverted_by  # noqa: PLC0415

    circuit = read(circuit_file)
    if inverse_file is None:
        return circuit, None
    inverse, permutation = read(inverse_file), target(circuit)
    if (inverse.num_inputs, inverse.num_outputs) != (permutation.d, permutation.d):
        raise CircuitError(f"{inverse_file} has not the {permutation.d} inputs and outputs of {circuit_file}")
    if not bool(inverted_by(permutation, inverse).all()):
        raise CircuitError(f"{inverse_file} does not invert {circuit_file}: leave it out, or give the inverse")
    return circuit, inverse


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


def _say(report: dict[str, Any], out: Path) -> None:
    """The table, what it comes to, and what it does not promise."""
    console = stdout()
    console.print(_table(report))
    rows = {stage["name"]: stage for stage in report["stages"]}
    size, d = rows["Boolean circuit"]["size"], report["circuit"]["num_inputs"]
    console.print(
        f"The circuit inverts {rows['Boolean circuit']['success']:.2%} of the {1 << d} inputs, with"
        f" {size['ANDs'] + size['XORs']} gates; C has {size['gates of C']}."
    )
    low = rows["encoder"]["error"]["Pr[total variation <= 1/10]"][0]
    said = f"eps in the promises is the lower end of the interval of Pr[total variation <= 1/10], {low:.4g}"
    console.print(said + (": they promise nothing." if low == 0 else "."))
    if report["beta"] > 1.000001 / (7 * d**0.5):
        console.print("beta is above 1/(7 sqrt d): Lemma 22 is not proved for so much noise.")
    console.print(f"Every artefact is in {out}.")


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
    return "\n".join(f"{name}{' ' if name[-1] == '=' else ': '}{_short(value)}" for name, value in values.items())


def _short(value: object) -> str:
    if isinstance(value, list):
        return " to ".join(_short(one) for one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and 0.9999 < value < 1:
        return f"1 - {1 - value:.2g}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
