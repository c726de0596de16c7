"""`lemmata graph`: what rests on what, coloured by verdict, as text for other programs or as a picture."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import networkx as nx
import typer

from circuits.files import write_whole
from claims.book.drawings.graph import claims_svg
from claims.cli.drawing import to_dot, to_json
from claims.cli.options import LedgerFolder, Selectors
from claims.engine.claim import Claim
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
        typer.Option("--format", help="dot for Graphviz, json for programs, svg for readers."),
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
    writer = {Format.DOT: to_dot, Format.JSON: to_json, Format.SVG: claims_svg}[written_as]
    text = writer(state, claims)
    if output is None:
        typer.echo(text)
    else:
        write_whole(output, f"{text}\n".encode())


def _with_what_they_rest_on(state: State, chosen: list[Claim]) -> list[Claim]:
    whole = state.registry.graph()
    ids = {claim.id for claim in chosen}.union(*(nx.descendants(whole, claim.id) for claim in chosen))
    return [claim for claim in state.registry if claim.id in ids]
