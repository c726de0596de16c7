"""`lemmata list`: which claims there are, and what is known of each."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from circuits.files import write_whole
from claims.book.drawings.tiles import verdicts_svg
from claims.cli.console import complain, paper_table, short_id, spare_column, stdout, verdict_text, write_json
from claims.cli.options import AsJson, LedgerFolder, Selectors
from claims.engine.claim import Claim
from claims.engine.paper import load_contents
from claims.engine.schema import describe
from claims.engine.state import State, by_paper


def list_claims(
    selectors: Selectors = None,
    as_json: AsJson = False,
    picture: Annotated[
        Path | None,
        typer.Option(
            "--picture", metavar="FILE", help="Draw them as well, one tile a claim (SVG).", show_default=False
        ),
    ] = None,
    ledger: LedgerFolder = None,
) -> None:
    """List claims with their verdicts. Runs nothing.

    Example: lemmata list 'koehler-2022/lemma-*'
    """
    state = State.load(ledger)
    claims = state.registry.select(selectors or [])
    if picture is not None:
        drawn = verdicts_svg(state, claims, load_contents(state.registry))
        write_whole(picture, f"{drawn}\n".encode())
        complain(f"{len(claims)} claims drawn in {picture}")
    if as_json:
        write_json(describe(state, claims))
        return
    console = stdout()
    for paper, group in by_paper(claims).items():
        console.print(_table(state, paper, group))
        console.print()
    console.print(f"{len(claims)} claims. `lemmata show ID` tells all about one, `lemmata verify` runs them.")


def _table(state: State, paper: str, claims: list[Claim]) -> Table:
    table = paper_table(paper)
    table.add_column("claim", overflow="fold")
    table.add_column("verdict", no_wrap=True)
    spare_column(table, "in words")
    for claim in claims:
        verdict = verdict_text(state.verdict(claim.id))
        if state.verdict(claim.id) and not state.fresh(claim):
            verdict.append(" (stale)", "dim")
        table.add_row(short_id(claim.id), verdict, claim.summary)
    return table
