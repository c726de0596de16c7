"""`lemmata circuit families|build|convert|draw`: circuits made, translated and shown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from circuits import CircuitError
from circuits.families import FAMILIES, OneWayFunction, family
from claims.cli.circuit.places import FromFormat, Source, ToFormat, load, store
from claims.cli.console import paper_table, stdout, write_json
from claims.cli.options import AsJson

#: What `draw` writes.
PICTURES = ".svg", ".dot"

Target = Annotated[str, typer.Option("--out", "-o", metavar="FILE", help="Where to write; '-' for standard output.")]


def families(as_json: AsJson = False) -> None:
    """List the families: what can be built, at which widths, and what is known about inverting it."""
    rows = [
        {
            "name": member.name, "kind": member.kind.value, "bits": str(member.bits), "round": member.round,
            "summary": member.summary, "inverse": member.inverse, "hardness": member.hardness,
            "source": member.source,
        }
        for member in FAMILIES.values()
    ]  # fmt: skip
    if as_json:
        write_json(rows)
        return
    console = stdout()
    table = paper_table("families of circuits")
    for name in ("family", "kind", "bits"):
        table.add_column(name, no_wrap=True)
    table.add_column("what it is", overflow="fold", ratio=1)
    for row in rows:
        table.add_row(row["name"], row["kind"], row["bits"], row["summary"])
    console.print(table)
    for kind in dict.fromkeys(member.kind for member in FAMILIES.values()):
        console.print(Text.assemble((f"{kind.value}: ", "bold"), kind.sentence))


def build(  # noqa: PLR0917 - the options of the command
    name: Annotated[str, typer.Argument(metavar="FAMILY", help="See `lemmata circuit families`.")],
    bits: Annotated[int, typer.Option("--bits", "-d", help="Width of the input.")],
    rounds: Annotated[
        int | None, typer.Option("--rounds", "-r", help="Rounds; the family's default if left out.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", "-s", help="Equal seeds give equal circuits.")] = 0,
    inverse: Annotated[
        bool, typer.Option("--inverse", help="The circuit of the inverse, where the family knows it.")
    ] = False,
    out: Target = "-",
    written_as: ToFormat = None,
) -> None:
    """Build a member of a family.

    Example: lemmata circuit build feistel --bits 16 --rounds 8 --seed 1 --out feistel.aag
    """
    built = family(name).build(bits, rounds, seed)
    circuit = built.circuit
    if inverse:
        known = None if isinstance(built, OneWayFunction) else built.inverse
        if known is None:
            raise CircuitError(f"family {name!r} knows no circuit of its inverse: {family(name).inverse}")
        circuit = known
    store(circuit, out, written_as)


def convert(
    source: Source,
    target: Annotated[str, typer.Argument(metavar="TARGET", help="Where to write; '-' for standard output.")],
    read_as: FromFormat = None,
    written_as: ToFormat = None,
    optimise: Annotated[
        bool, typer.Option("--optimise", help="Rewrite by aigverse first, proved equivalent (needs lemmata[exchange]).")
    ] = False,
) -> None:
    """Translate a circuit into another format.

    .onnx and .safetensors hold its network of min and max on {-1,1}.

    Example: lemmata circuit convert aes.txt aes.aig
    """
    circuit = load(source, read_as)
    if optimise:
        from circuits.formats.aigverse import optimised  # noqa: PLC0415 - an extra

        circuit = optimised(circuit)
    store(circuit, target, written_as)


def draw(source: Source, out: Target = "-", read_as: FromFormat = None) -> None:
    """Draw a small circuit: a picture if FILE ends in .svg (needs matplotlib), Graphviz text if in .dot or for '-'.

    Example: lemmata circuit draw adder.aag --out adder.svg
    """
    if out != "-" and Path(out).suffix.lower() not in PICTURES:
        raise CircuitError(
            f"{out}: a picture is {' or '.join(PICTURES)}; `lemmata circuit convert` writes other formats"
        )
    store(load(source, read_as), out, "dot" if out == "-" else None)
