"""`lemmata graph`: what rests on what, coloured by verdict, as text for other programs or as a picture."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import networkx as nx
import typer

from claims.cli.drawing import to_dot, to_json
from claims.cli.options import LedgerFolder, Selectors
from claims.engine.claim import Claim
from claims.engine.registry import ClaimError
from claims.engine.state import State


class Format(StrEnum):
    """How the graph is written."""

    DOT = "dot"
    JSON = "json"
    SVG = "svg"


def graph(
    selectors: Selectors = None,
    written_as: Annotated[
        Format,
        typer.Option("--format", help="dot for Graphviz, json for programs, svg for readers (needs matplotlib)."),
    ] = Format.DOT,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write here instead of to stdout.")
    ] = None,
    ledger: LedgerFolder = None,
) -> None:
    """Draw what rests on what.

    The selected claims and all that they rest on, coloured by verdict, doubt marked. Runs nothing.

    Example: lemmata graph koehler-2022 --format svg --output graph.svg
    """
    state = State.load(ledger)
    claims = _with_what_they_rest_on(state, state.registry.select(selectors or []))
    drawn = state.registry.graph().subgraph([claim.id for claim in claims])
    writer = {Format.DOT: to_dot, Format.JSON: to_json, Format.SVG: _to_svg}[written_as]
    _write(writer(state, claims, drawn), output)


def _to_svg(state: State, claims: list[Claim], drawn: nx.DiGraph) -> str:
    """The picture.

    Raises:
        ClaimError: if matplotlib, an extra that only this format needs, is not installed.
    """
    try:
        from claims.cli.picture import to_svg  # noqa: PLC0415 - imports matplotlib
    except ImportError as error:
        raise ClaimError(
            f"--format svg needs matplotlib ({error}): pip install 'lemmata[pictures]', or write --format dot"
        ) from error
    return to_svg(state, claims, drawn)


def _with_what_they_rest_on(state: State, chosen: list[Claim]) -> list[Claim]:
    whole = state.registry.graph()
    ids = {claim.id for claim in chosen}.union(*(nx.descendants(whole, claim.id) for claim in chosen))
    return [claim for claim in state.registry if claim.id in ids]


def _write(text: str, output: Path | None) -> None:
    """Write to the file or to stdout.

    Raises:
        typer.BadParameter: if the file cannot be written.
    """
    if output is None:
        typer.echo(text)
        return
    try:
        output.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{output}: {error.strerror or error}", param_hint="--output") from error
