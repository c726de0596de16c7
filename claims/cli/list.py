"""`lemmata list`: which claims there are, and what is known of each."""

from rich.table import Table

from claims.cli.console import paper_table, short_id, spare_column, stdout, verdict_text, write_json
from claims.cli.options import AsJson, LedgerFolder, Selectors
from claims.engine.claim import Claim
from claims.engine.schema import describe
from claims.engine.state import State, by_paper


def list_claims(selectors: Selectors = None, as_json: AsJson = False, ledger: LedgerFolder = None) -> None:
    """List claims with their verdicts. Runs nothing.

    Example: lemmata list 'koehler-2022/lemma-*'
    """
    state = State.load(ledger)
    claims = state.registry.select(selectors or [])
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
