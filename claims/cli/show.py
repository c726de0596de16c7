"""`lemmata show`: all that is known of one claim, from its statement to its witness."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from claims.book.standing import refuted_of, slack_sentence
from claims.cli.console import stdout, verdict_text, write_json
from claims.cli.layout import as_read, bulleted, indented, number_rows, pairs, section, witness_lines, witness_short
from claims.cli.options import AsJson, LedgerFolder
from claims.engine.claim import Claim
from claims.engine.doubt import doubt_sentence
from claims.engine.schema import describe
from claims.engine.state import State

Latex = Annotated[bool, typer.Option("--latex", help="Write statements in the LaTeX of their declaration.")]


def show(
    id: Annotated[str, typer.Argument(metavar="ID", help="The claim's id, as `lemmata list` writes it.")],
    as_json: AsJson = False,
    latex: Latex = False,
    ledger: LedgerFolder = None,
) -> None:
    """Show all that is known of one claim.

    First what a reader wants: verdict, statement as printed, why it fails, what holds instead, what it rests on and
    what rests on it. Then the evidence of each method, the mutants, the witness in full, code and run. Runs nothing.

    Example: lemmata show koehler-2022/lemma-5
    """
    state = State.load(ledger)
    claim = state.registry[id]
    described = describe(state, [claim])
    if as_json:
        write_json(described)
        return
    console, found = stdout(), described[0]
    _print_statement(console, state, claim, found, latex)
    _print_verdict(console, state, claim, found)
    print_repairs(console, state, claim, latex)
    _print_neighbours(console, state, claim, found)
    if found["verdict"] is not None:
        _print_evidence(console, found)
    _print_mutants(console, found)
    if found["witness"]:
        section(console, "Witness in full", *witness_lines(found["witness"]))
    _print_code(console, found)


def _print_statement(console: Console, state: State, claim: Claim, found: dict[str, Any], latex: bool) -> None:
    title = Text.assemble((claim.label, "bold"), "  ", verdict_text(state.verdict(claim.id)))
    if found["verdict"] and not found["fresh"]:
        title.append(" (stale)", "yellow")
    if found["in_doubt"]:
        title.append(" (in doubt)", "yellow")
    console.print(title.append(f"  {claim.id}", "dim"))
    console.print()
    indented(console, as_read(claim.statement, latex))
    console.print()
    pairs(console, [
        ("in words", claim.summary), ("source", claim.source), ("domain", claim.domain),
        *(("read as", reading) for reading in claim.readings),
        ("repairs", f"{claim.repairs}: {claim.changes}" if claim.repairs else ""),
    ])  # fmt: skip


def _print_verdict(console: Console, state: State, claim: Claim, found: dict[str, Any]) -> None:
    """What the verdict means here: why it fails, or why it is not stronger; how far a failure reaches."""
    verdict, recorded = state.verdict(claim.id), state.recorded(claim.id)
    if verdict is None:
        section(console, "Verdict: not run", f"No record in the ledger. `lemmata verify {claim.id}` runs the check.")
        return
    lines = [verdict.sentence]
    if found["reason"]:
        lines.append(f"Why: {found['reason']}.")
    if not found["fresh"]:
        lines.append(f"Stale: the code has changed since then. `lemmata verify {claim.id}` runs it again.")
    if state.differs(claim.id):
        lines.append(f"The recorded verdict is {recorded.value if recorded else 'missing'}: it differs.")
    if found["in_doubt"]:
        lines.append(f"In doubt: {doubt_sentence(claim, found['in_doubt'])}.")
    section(console, f"Verdict: {verdict.value}", *lines)
    pairs(console, [("method", found["method"]), ("scope", found["scope"])])
    if found["witness"]:
        bulleted(console, "Why it fails", *witness_short(found["witness"]))
    section(console, "How far it reaches", *filter(None, [claim.effect]))


def print_repairs(console: Console, state: State, claim: Claim, latex: bool) -> None:
    """The repairs of a claim, each with what it changes and what it says."""
    for repair in state.registry.repairs_of(claim.id):
        section(console, "What holds instead", named_verdict(state, repair.id), f"changes: {repair.changes}")
        indented(console, as_read(repair.statement, latex), by=4)


def _print_neighbours(console: Console, state: State, claim: Claim, found: dict[str, Any]) -> None:
    users = [other.id for other in state.registry if claim.id in other.rests_on]
    section(console, "Rests on", *(named_verdict(state, id) for id in claim.rests_on))
    section(console, "Carried by", *(named_verdict(state, id) for id in claim.carried_by))
    section(console, "What rests on it", *(named_verdict(state, id) for id in users))
    section(console, "In doubt because of it", *(doubt_line(state, id) for id in found["casts_doubt_on"]))


def _print_evidence(console: Console, found: dict[str, Any]) -> None:
    for evidence in found["evidence"]:
        section(console, f"Evidence by {evidence['method']}: {evidence['verdict']}", f"scope: {evidence['scope']}")
        pairs(console, number_rows(evidence["numbers"]))
        indented(console, *evidence["steps"])
    rows = [slack_sentence(name, slack) for name, slack in found["resolution"].items()]
    section(console, "Resolution: how far a printed constant may be tightened", *rows)


def _print_mutants(console: Console, found: dict[str, Any]) -> None:
    mutants = found["mutants"]
    known = f"{refuted_of(mutants)} refuted" if found["verdict"] else "not run"
    section(
        console,
        f"Mutants: {known}",
        *(f"{mutant['name']}: {mutant['verdict'] or 'not run'}" for mutant in mutants),
    )


def _print_code(console: Console, found: dict[str, Any]) -> None:
    section(console, "Code", found["code"])
    if run := found["run"]:
        how = f"seed {run['seed']}, {run['effort']} effort, {run['device']}, {run['dtype']}, {run['seconds']} s"
        section(console, "Run", how)


def named_verdict(state: State, id: str) -> Text:
    """The id of a claim with its verdict, and whether it is in doubt."""
    line = Text.assemble(id, "  ", verdict_text(state.verdict(id)))
    return line.append(" (in doubt)", "yellow") if id in state.doubts() else line


def doubt_line(state: State, id: str) -> str:
    """A claim in doubt, and why."""
    return f"{id}: {doubt_sentence(state.registry[id], state.doubts()[id])}"
