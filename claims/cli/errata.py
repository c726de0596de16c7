"""`lemmata errata`: what the papers say that does not hold, and what holds instead."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from claims.cli.console import stderr, stdout, verdict_text, write_json
from claims.cli.layout import indented, pairs, section, witness_lines
from claims.cli.options import AsJson, LedgerFolder, Selectors
from claims.cli.show import doubt_line, named_verdict
from claims.engine.claim import Claim
from claims.engine.schema import describe
from claims.engine.state import State
from claims.engine.verdict import Verdict

#: More errata than these begin with a list of them.
FEW = 3


def errata(selectors: Selectors = None, as_json: AsJson = False, ledger: LedgerFolder = None) -> None:
    """Write what is refuted, why, and its repair.

    Each refuted claim as printed, with its witness, what it touches, its repair, and what is in doubt because
    of it. Runs nothing.

    Example: lemmata errata koehler-2022
    """
    state = State.load(ledger)
    claims = state.registry.select(selectors or [])
    refuted = items_first([claim for claim in claims if state.verdict(claim.id) is Verdict.REFUTED])
    missing = sum(state.verdict(claim.id) is None for claim in claims)
    if missing:
        stderr().print(f"{missing} of {len(claims)} claims have not been run; `lemmata verify` runs them.")
    described = describe(state, refuted)
    if as_json:
        write_json(described)
        return
    console = stdout()
    if len(refuted) > FEW:
        console.print(Text(f"{len(refuted)} refuted, and what each comes to", "bold"))
        pairs(console, [(claim.label, claim.effect.split(". ")[0].rstrip(".") + ".") for claim in refuted])
        console.print()
    stands = [(claim.label, _why_it_stands(state, claim)) for claim in claims if _stands_all_the_same(state, claim)]
    if stands:
        console.print(Text("Theorems that stand, though their printed proofs use what is refuted", "bold"))
        pairs(console, stands)
        console.print()
    for claim, found in zip(refuted, described, strict=True):
        _print_erratum(console, state, claim, found)
    console.print(f"{len(refuted)} refuted of {len(claims) - missing} claims that were run.")


def items_first(claims: Sequence[Claim]) -> list[Claim]:
    """The claims in their order, but each theorem, lemma or remark before the steps of its own proof."""
    items = ["/".join(claim.id.split("/")[:2]) for claim in claims]
    first = {item: place for place, item in reversed(list(enumerate(items)))}
    return sorted(claims, key=lambda claim: (first["/".join(claim.id.split("/")[:2])], claim.id.count("/") > 1))


def _stands_all_the_same(state: State, claim: Claim) -> bool:
    """Whether it is a theorem that holds and rests on something refuted, with repairs that carry it."""
    whole = claim.kind == "theorem" and claim.id.count("/") == 1 and bool(claim.carried_by)
    holds = state.verdict(claim.id) in {Verdict.PROVED, Verdict.SUPPORTED}
    return whole and holds and any(state.verdict(id) is Verdict.REFUTED for id in claim.rests_on)


def _why_it_stands(state: State, claim: Claim) -> Text:
    """Its verdict, what of its proof is refuted, and the repairs instead."""
    lost = [id for id in claim.rests_on if state.verdict(id) is Verdict.REFUTED]
    carried = [part for id in claim.carried_by for part in (", ", named_verdict(state, id))][1:]
    return Text.assemble(verdict_text(state.verdict(claim.id)), f"; for {', '.join(lost)} read ", *carried)


def _print_erratum(console: Console, state: State, claim: Claim, found: dict[str, Any]) -> None:
    console.rule(Text(claim.label, "bold"), align="left", characters="-")
    pairs(console, [
        ("id", claim.id), ("source", claim.source),
        ("as printed", claim.statement), ("in words", claim.summary),
        *(("reading", reading) for reading in claim.readings), ("effect", claim.effect),
    ])  # fmt: skip
    if not found["fresh"]:
        indented(console, f"Stale: the code has changed since. `lemmata verify {claim.id}` runs it again.")
    if found["witness"]:
        section(console, "Why it fails", *witness_lines(found["witness"]))
    repairs = state.registry.repairs_of(claim.id)
    for repair in repairs:
        section(console, "Repair", Text.assemble(repair.id, "  ", verdict_text(state.verdict(repair.id))))
        pairs(console, [("statement", repair.statement), ("changes", repair.changes)])
    if not repairs:
        section(console, "Repair", "none yet")
    section(console, "In doubt because of it", *(doubt_line(state, id) for id in found["casts_doubt_on"]))
    carried = [named_verdict(state, id) for id in state.carried_past(claim.id)]
    section(console, "Not in doubt, for a repair carries it", *carried)
    console.print()
