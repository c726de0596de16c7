"""`lemmata errata`: what the papers say that does not hold, and what holds instead."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from claims.book.known import Known
from claims.book.pages.citation import bibtex
from claims.book.pages.errata import errata_markdown
from claims.book.standing import by_weight, is_printed, short_effect, theorems_that_stand
from claims.cli.console import stderr, stdout, verdict_text, write_json
from claims.cli.layout import as_read, bulleted, indented, pairs, section, witness_short
from claims.cli.options import AsJson, LedgerFolder, Selectors
from claims.cli.show import Latex, doubt_line, named_verdict, print_repairs
from claims.engine.claim import Claim
from claims.engine.registry import ClaimError
from claims.engine.schema import describe
from claims.engine.state import State, by_paper
from claims.engine.verdict import Verdict

#: More errata than these begin with a list of them.
FEW = 3

Markdown = Annotated[bool, typer.Option("--markdown", help="Write Markdown, as it can be sent to an author.")]
Bibtex = Annotated[bool, typer.Option("--bibtex", help="Write BibTeX: of these errata, and of the papers.")]


def errata(
    selectors: Selectors = None,
    *,
    as_json: AsJson = False,
    markdown: Markdown = False,
    bib: Bibtex = False,
    latex: Latex = False,
    ledger: LedgerFolder = None,
) -> None:
    """Write what is refuted, why, and its repair.

    First a list, then each refuted claim as printed, with its witness, what it touches, its repair, and what is
    in doubt because of it. Runs nothing.

    Example: lemmata errata koehler-2022
    """
    if as_json + markdown + bib > 1:
        raise ClaimError("--json, --markdown and --bibtex exclude each other: give one of them")
    state = State.load(ledger)
    claims = state.registry.select(selectors or [])
    missing = sum(state.verdict(claim.id) is None for claim in claims)
    if missing:
        stderr().print(f"{missing} of {len(claims)} claims have not been run; `lemmata verify` runs them.")
    if markdown:
        typer.echo(errata_markdown(Known(state), claims), nl=False)
    elif bib:
        known = Known(state)
        typer.echo(bibtex((known.papers[id] for id in by_paper(claims)), known.failing), nl=False)
    elif as_json:
        write_json(describe(state, [claim for claim in claims if state.verdict(claim.id) is Verdict.REFUTED]))
    else:
        _print_errata(stdout(), state, claims, latex)
        stdout().print(f"{_number_refuted(state, claims)} refuted of {len(claims) - missing} claims that were run.")


def _number_refuted(state: State, claims: Sequence[Claim]) -> int:
    return sum(state.verdict(claim.id) is Verdict.REFUTED for claim in claims)


def _print_errata(console: Console, state: State, claims: Sequence[Claim], latex: bool) -> None:
    groups = by_paper([claim for claim in claims if state.verdict(claim.id) is Verdict.REFUTED])
    refuted = [claim for group in groups.values() for claim in by_weight(group)]
    if len(refuted) > FEW:
        console.print(Text(f"{len(refuted)} refuted, and what each comes to", "bold"))
        for paper, group in groups.items():
            if len(groups) > 1:
                console.print()
                console.print(Text(paper, "bold"))
            for claim in by_weight(group):
                _print_line(console, state, claim)
        console.print()
    if stand := theorems_that_stand(state, claims):
        console.print(Text("Theorems that stand, though their printed proofs use what is refuted", "bold"))
        pairs(console, [(claim.label, _why_it_stands(state, claim, lost)) for claim, lost in stand])
        console.print()
    for claim, found in zip(refuted, describe(state, refuted), strict=True):
        _print_erratum(console, state, claim, found, latex)


def _print_line(console: Console, state: State, claim: Claim) -> None:
    """One line of the list: what it is, what holds instead, and below it what it comes to."""
    line = Text(claim.label)
    for repair in state.registry.repairs_of(claim.id):
        line.append("  repair ").append_text(verdict_text(state.verdict(repair.id)))
    indented(console, line)
    indented(console, Text(short_effect(claim) + "." if claim.effect else "", "dim"), by=6)


def _why_it_stands(state: State, claim: Claim, lost: Sequence[str]) -> Text:
    """Its verdict, what of its proof is refuted, and the repairs instead."""
    carried = [part for id in claim.carried_by for part in (", ", named_verdict(state, id))][1:]
    return Text.assemble(verdict_text(state.verdict(claim.id)), f"; for {', '.join(lost)} read ", *carried)


def _print_erratum(console: Console, state: State, claim: Claim, found: dict[str, Any], latex: bool) -> None:
    console.rule(Text(claim.label, "bold"), align="left", characters="-")
    indented(console, Text(f"{claim.id}: {claim.source}", "dim"))
    if not is_printed(claim):
        indented(console, "Not printed: a variant of ours.")
    section(console, "As printed", as_read(claim.statement, latex), f"In words: {claim.summary}")
    section(console, "Read as", *claim.readings)
    if found["witness"]:
        bulleted(console, "Why it fails", *witness_short(found["witness"]))
    if not found["fresh"]:
        indented(console, f"Stale: the code has changed since. `lemmata verify {claim.id}` runs it again.")
    section(console, "How far it reaches", *filter(None, [claim.effect]))
    print_repairs(console, state, claim, latex)
    if not state.registry.repairs_of(claim.id):
        section(console, "What holds instead", "No repair has been found.")
    section(console, "In doubt because of it", *(doubt_line(state, id) for id in found["casts_doubt_on"]))
    carried = [named_verdict(state, id) for id in state.carried_past(claim.id)]
    section(console, "Not in doubt, for a repair carries it", *carried)
    console.print()
