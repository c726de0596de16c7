"""`lemmata show`: all that is known of one claim, from its statement to its witness."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from claims.cli.console import stdout, verdict_text, write_json
from claims.cli.layout import indented, number_rows, pairs, section, witness_lines
from claims.cli.options import AsJson, LedgerFolder
from claims.engine.claim import Claim
from claims.engine.doubt import doubt_sentence
from claims.engine.schema import describe
from claims.engine.state import State


def show(
    id: Annotated[str, typer.Argument(metavar="ID", help="The claim's id, as `lemmata list` writes it.")],
    as_json: AsJson = False,
    ledger: LedgerFolder = None,
) -> None:
    """Show all that is known of one claim.

    Its statement as printed, source and code, what it rests on, the evidence of each method, its mutants, the
    witness in full, its repairs, and what is in doubt because of it. Runs nothing.

    Example: lemmata show koehler-2022/lemma-5
    """
    state = State.load(ledger)
    claim = state.registry[id]
    described = describe(state, [claim])
    if as_json:
        write_json(described)
        return
    console, found = stdout(), described[0]
    _print_declaration(console, state, claim, found)
    _print_verdict(console, state, claim, found)
    if found["verdict"] is not None:
        _print_evidence(console, found)
    _print_mutants(console, found)
    if found["witness"]:
        section(console, "Witness", *witness_lines(found["witness"]))
    _print_repairs(console, state, claim)
    section(console, "In doubt because of it", *(doubt_line(state, id) for id in found["casts_doubt_on"]))


def _print_declaration(console: Console, state: State, claim: Claim, found: dict[str, Any]) -> None:
    console.print(Text.assemble((claim.label, "bold"), f"  ({claim.id})"))
    console.print()
    rows: list[tuple[str, str]] = [
        ("statement", claim.statement),
        ("in words", claim.summary),
        ("source", claim.source),
        ("domain", claim.domain),
        *(("reading", reading) for reading in claim.readings),
        ("code", found["code"]),
        ("repairs", f"{claim.repairs}: {claim.changes}" if claim.repairs else ""),
    ]
    pairs(console, rows)
    section(console, "Rests on", *(named_verdict(state, id) for id in claim.rests_on))
    section(console, "Carried by", *(named_verdict(state, id) for id in claim.carried_by))


def _print_verdict(console: Console, state: State, claim: Claim, found: dict[str, Any]) -> None:
    verdict, recorded = state.verdict(claim.id), state.recorded(claim.id)
    title = Text.assemble(("Verdict: ", "bold"), verdict_text(verdict))
    console.print()
    if verdict is None:
        console.print(title)
        indented(console, f"No record in the ledger. `lemmata verify {claim.id}` runs the check.")
        return
    if not found["fresh"]:
        title.append("  (stale)", "yellow")
    console.print(title)
    indented(console, verdict.sentence)
    if not found["fresh"]:
        again = f"`lemmata verify {claim.id}` runs it again."
        indented(console, f"Stale: the code has changed since this verdict was found. {again}")
    if state.differs(claim.id):
        indented(console, f"The recorded verdict is {recorded.value if recorded else 'missing'}: it differs.")
    if found["reason"]:
        indented(console, f"Why: {found['reason']}.")
    if found["in_doubt"]:
        indented(console, f"In doubt: {doubt_sentence(claim, found['in_doubt'])}.")
    run = found["run"]
    how = f"seed {run['seed']}, {run['effort']} effort, {run['device']}, {run['dtype']}, {run['seconds']} s"
    pairs(console, [("method", found["method"]), ("scope", found["scope"]), ("run", how)])
    if claim.effect:
        pairs(console, [("effect", claim.effect)])


def _print_evidence(console: Console, found: dict[str, Any]) -> None:
    for evidence in found["evidence"]:
        section(console, f"Evidence by {evidence['method']}: {evidence['verdict']}", f"scope: {evidence['scope']}")
        pairs(console, number_rows(evidence["numbers"]))
        indented(console, *evidence["steps"])
    rows = [
        f"{name}: printed {slack['printed']:.6g}, still held at {slack['held_at']:.6g}, "
        + ("never refuted" if slack["refuted_at"] is None else f"refuted at {slack['refuted_at']:.6g}")
        for name, slack in found["resolution"].items()
    ]
    section(console, "Resolution: how far a printed constant may be tightened", *rows)


def _print_mutants(console: Console, found: dict[str, Any]) -> None:
    mutants = found["mutants"]
    killed = sum(mutant["verdict"] == "refuted" for mutant in mutants)
    known = f"{killed} of {len(mutants)} refuted" if found["verdict"] else "not run"
    section(
        console,
        f"Mutants: {known}",
        *(f"{mutant['name']}: {mutant['verdict'] or 'not run'}" for mutant in mutants),
    )


def _print_repairs(console: Console, state: State, claim: Claim) -> None:
    lines = [
        Text.assemble(named_verdict(state, repair.id), f"\n  changes: {repair.changes}\n  {repair.statement}")
        for repair in state.registry.repairs_of(claim.id)
    ]
    section(console, "Repairs", *lines)


def named_verdict(state: State, id: str) -> Text:
    """The id of a claim with its verdict, and whether it is in doubt."""
    line = Text.assemble(id, "  ", verdict_text(state.verdict(id)))
    return line.append(" (in doubt)", "yellow") if id in state.doubts() else line


def doubt_line(state: State, id: str) -> str:
    """A claim in doubt, and why."""
    return f"{id}: {doubt_sentence(state.registry[id], state.doubts()[id])}"
