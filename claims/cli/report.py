"""What `lemmata verify` says at the end: verdicts by paper, what differs, what is in doubt, the counts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.text import Text

from claims.cli.console import paper_table, short_id, spare_column, verdict_text
from claims.cli.show import doubt_line
from claims.engine.state import State, by_paper
from claims.engine.verdict import Verdict

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from claims.engine.claim import Claim


def print_report(
    console: Console, state: State, claims: list[Claim], *, mutants: bool, ran: int, seconds: float
) -> None:
    """The table of verdicts of each paper, then the mutants if asked for, then the totals."""
    for paper, group in by_paper(claims).items():
        console.print(_verdicts(state, paper, group))
        console.print()
        if mutants:
            console.print(_mutants(state, paper, group))
            console.print()
    _print_remarks(console, state, claims)
    if mutants:
        total = sum(len(_found_mutants(state, claim)) for claim in claims)
        killed = total - len(surviving(state, claims))
        score = f", mutation score {100 * killed / total:.0f} %" if total else ""
        console.print(f"Mutants: {killed} of {total} refuted{score}.")
    console.print(_totals(state, claims, ran, seconds))


def surviving(state: State, claims: list[Claim]) -> list[str]:
    """Mutants that no method refuted, as `<id>: <name>`."""
    return [f"{c.id}: {name}" for c in claims for name, verdict in _found_mutants(state, c) if verdict != "refuted"]


def _found_mutants(state: State, claim: Claim) -> list[tuple[str, str]]:
    record = state.records[claim.id]
    if record is None or claim.id in state.errors:
        return []
    return [(mutant["name"], mutant["verdict"]) for mutant in record["result"]["mutants"]]


def _verdicts(state: State, paper: str, claims: list[Claim]) -> Table:
    table = paper_table(paper)
    table.add_column("claim", overflow="fold")
    table.add_column("verdict", no_wrap=True)
    table.add_column("recorded", no_wrap=True)
    table.add_column("method", no_wrap=True)
    spare_column(table, "scope")
    table.add_column("mutants", justify="right", no_wrap=True)
    table.add_column("s", justify="right", no_wrap=True)
    for claim in claims:
        table.add_row(*_verdict_row(state, claim))
    return table


def _verdict_row(state: State, claim: Claim) -> list[str | Text]:
    record, verdict, recorded = state.records[claim.id], state.verdict(claim.id), state.recorded(claim.id)
    if record is None or verdict is None:
        word = Text("error", "bold red") if claim.id in state.errors else verdict_text(None)
        return [short_id(claim.id), word, recorded.value if recorded else "", "", "", "", ""]
    shown = verdict_text(verdict)
    if claim.id in state.doubts():
        shown.append(" ?", "yellow")
    # A recorded verdict that differs is the one thing that must catch the eye.
    same = (
        Text("same", "dim") if verdict is recorded else Text(f"≠ {recorded.value if recorded else 'none'}", "bold red")
    )
    found = _found_mutants(state, claim)
    killed = sum(mutant == "refuted" for _, mutant in found)
    result = record["result"]
    return [
        short_id(claim.id), shown, same, result["method"], result["scope"], f"{killed}/{len(found)}",
        f"{record['run'].get('seconds', 0.0):.1f}",
    ]  # fmt: skip


def _mutants(state: State, paper: str, claims: list[Claim]) -> Table:
    table = paper_table(f"{paper}: mutants")
    table.add_column("claim", overflow="fold")
    table.add_column("verdict", no_wrap=True)
    table.add_column("mutant", overflow="fold", ratio=1)
    for claim in claims:
        for name, verdict in _found_mutants(state, claim):
            style = "dim" if verdict == "refuted" else "bold red"
            table.add_row(short_id(claim.id), Text(verdict, style), name)
    return table


def _print_remarks(console: Console, state: State, claims: list[Claim]) -> None:
    """What a reader of the table has to be told in words: doubt, and verdicts that differ."""
    doubts = state.doubts()
    doubtful = [claim for claim in claims if claim.id in doubts]
    if doubtful:
        console.print("? in doubt:")
        for claim in doubtful:
            console.print(f"  {doubt_line(state, claim.id)}")
        console.print()
    for claim in claims:
        record = state.records[claim.id]
        if record is not None and record["result"].get("reason") and claim.id not in state.errors:
            console.print(f"{claim.id} is {record['result']['verdict']}: {record['result']['reason']}.")
    differing = [c.id for c in claims if state.differs(c.id) and c.id not in state.errors]
    if differing:
        verb = "differs" if len(differing) == 1 else "differ"
        console.print(
            f"{len(differing)} {verb} from the recorded verdict: {', '.join(differing)}."
            " If they are right, accept them: the same command with --record."
        )
    if state.errors:
        console.print(f"{len(state.errors)} ended in an error: {', '.join(state.errors)}.")


def _totals(state: State, claims: list[Claim], ran: int, seconds: float) -> str:
    counts = Counter(state.verdict(claim.id) for claim in claims)
    words = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict])
    work = f"{ran} run, {len(claims) - ran} fresh, in {seconds:.1f} s"
    return f"{len(claims)} {'claim' if len(claims) == 1 else 'claims'}: {words or 'no verdict'}. {work}."
