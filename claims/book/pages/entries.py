"""What the book says of one claim: statement, verdict, why it fails, repair, what it rests on, evidence, code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from claims.book.code import code_link, used_code
from claims.book.homes import item
from claims.book.known import Known
from claims.book.standing import mutants_refuted, number, slack_sentence, witness_lines
from claims.book.text.markdown import bullets, escaped, link, statement, table, typeset, verdict_badge
from claims.engine.claim import Claim
from claims.engine.verdict import Verdict

#: What stands before the argument of a derivation among the steps of its evidence.
ARGUMENT = "argument: "


def entry(known: Known, claim: Claim, level: int, title: str = "") -> str:
    """The claim's entry, under a heading of that level and with its id as label."""
    found = known.found[claim.id]
    blocks = [
        f"({claim.id})=\n{'#' * level} {escaped(title or claim.label)}",
        _verdict_line(known, claim),
        f":::{{container}} statement {found['verdict'] or 'not-run'}\n{statement(claim.statement)}\n:::",
        prose(claim.summary),
        _readings(claim),
        *_failure(known, claim),
        _details(known, claim),
        _evidence(found),
    ]
    return "\n\n".join(block for block in blocks if block)


def prose(text: str) -> str:
    """Authored text as one paragraph: a blank line would end the list or the table that it stands in."""
    return typeset(" ".join(text.split()))


def badge(known: Known, id: str) -> str:
    """The claim's verdict, and whether it is in doubt or stale, as coloured words."""
    words = [f"[{word}]{{.verdict .doubt}}" for word in known.doubtful(id)]
    return " ".join([verdict_badge(known.state.verdict(id)), *words])


def named(known: Known, id: str, within: str = "") -> str:
    """A link to the claim, with its verdict; its paper is named where it is not the one `within` which it is told."""
    claim = known.registry[id]
    other = within and claim.paper != within
    label = f"{known.papers[claim.paper].short}, {claim.label}" if other else claim.label
    return f"{link(label, id)} {badge(known, id)}"


def _verdict_line(known: Known, claim: Claim) -> str:
    """Badge, method, scope, mutants: what a reader in a hurry wants."""
    found = known.found[claim.id]
    said = ["no record in the ledger"]
    if found["verdict"]:
        said = [f"by {found['method']}", prose(found["scope"]), mutants_refuted(found["mutants"])]
    line = f"{badge(known, claim.id)} {' · '.join(filter(None, said))}"
    return f"{{#verdict-{claim.id.replace('/', '-')} .verdict-line}}\n{line}"


def _readings(claim: Claim) -> str:
    """How the statement was read, where symbols were lost or words leave a choice: the verdict is on this reading."""
    if not claim.readings:
        return ""
    several = len(claim.readings) > 1
    told = "\n\n" + bullets(map(prose, claim.readings)) if several else f" {prose(claim.readings[0])}"
    return f"**Read as:**{told}"


def _failure(known: Known, claim: Claim) -> Iterator[str]:
    """Why a refuted claim fails, what that touches, and what holds instead; why one is inconclusive or in doubt."""
    found = known.found[claim.id]
    if found["reason"]:
        yield f"**Why {found['verdict']}.** {prose(found['reason'])}."
    if found["witness"]:
        yield f"**Why it fails.** {_witness_heading(found['witness'])}"
        yield witness(found["witness"])
    if claim.effect and known.state.verdict(claim.id) is Verdict.REFUTED:
        yield f"**What it touches.** {prose(claim.effect)}"
    for repair in known.registry.repairs_of(claim.id):
        yield f"**What holds instead.** {named(known, repair.id, claim.paper)}: {prose(repair.changes)}"
    if claim.repairs:
        yield f"**Repairs** {named(known, claim.repairs, claim.paper)}: {prose(claim.changes)}"
    if found["in_doubt"]:
        causes = _names(known, claim, found["in_doubt"])
        yield f"**In doubt**, for its printed proof uses, directly or by way of other claims, {causes}."


def _witness_heading(found: Mapping[str, Any]) -> str:
    return f"A witness, confirmed by {escaped(found['route'])} (margin {escaped(found['violation'])}):"


def witness(found: Mapping[str, Any]) -> str:
    """The arithmetic line by line, or the arrays themselves if nobody has worked them out."""
    return "{.worked}\n" + "\n".join(f"1. {prose(line)}" for line in witness_lines(found))


def _details(known: Known, claim: Claim) -> str:
    """Where it stands, over what it quantifies, on what it rests, what rests on it, its code."""
    rows = [
        ("Source", prose(claim.source)),
        ("Domain", prose(claim.domain)),
        ("Rests on", _names(known, claim, claim.rests_on)),
        ("Carried by", _names(known, claim, claim.carried_by)),
        ("What rests on it", _names(known, claim, known.users[claim.id])),
        ("In doubt because of it", _names(known, claim, known.found[claim.id]["casts_doubt_on"])),
        ("Code", code_link(claim)),
        ("It uses", ", ".join(used_code(claim))),
        ("Id", f"`{claim.id}`"),
    ]
    return "\n".join(f"{name}\n: {value}\n" for name, value in rows if value)


def _names(known: Known, claim: Claim, ids: Sequence[str]) -> str:
    return ", ".join(named(known, id, claim.paper) for id in ids)


def _evidence(found: Mapping[str, Any]) -> str:
    """What each method found, the slack of constants, mutants and the run, folded away."""
    if not found["verdict"]:
        return ""
    lines = [line for evidence in found["evidence"] for line in _one_method(evidence)]
    slack = [escaped(slack_sentence(name, each)) for name, each in found["resolution"].items()]
    lines += ["**How far a constant may be tightened**", bullets(slack)] if slack else []
    mutants = [f"{escaped(mutant['name'])}: {mutant['verdict'] or 'not run'}" for mutant in found["mutants"]]
    lines += ["**Mutants** (false on purpose: the check must refute each)", bullets(mutants)] if mutants else []
    run = found["run"]
    lines.append(
        f"**Run** with seed {run['seed']}, {run['effort']} effort, on {run['device']} in {run['dtype']}, "
        f"{run['seconds']} s. Again: `lemmata verify {found['id']} --force`"
    )
    inside = "\n\n".join(lines)
    return f"<details><summary>Evidence, mutants and run</summary>\n\n{inside}\n\n</details>"


def _one_method(evidence: Mapping[str, Any]) -> Iterator[str]:
    numbers = "; ".join(f"{name.replace('_', ' ')} {number(value)}" for name, value in evidence["numbers"].items())
    yield f"**By {evidence['method']}: {evidence['verdict']}.** Scope: {escaped(evidence['scope'])}." + (
        f" {escaped(numbers)}." if numbers else ""
    )
    arguments = [step.removeprefix(ARGUMENT) for step in evidence["steps"] if step.startswith(ARGUMENT)]
    yield from (prose(argument) for argument in arguments)
    if steps := [escaped(step) for step in evidence["steps"] if not step.startswith(ARGUMENT)]:
        yield bullets(steps)


def proof_table(known: Known, claims: Sequence[Claim], from_page: str) -> str:
    """Step and its claim, where it is printed, what it says, its code: one row a step."""
    rows = [
        (
            f"{link(_within_item(claim), claim.id)} {badge(known, claim.id)} `{claim.id}`",
            prose(claim.source), statement(claim.statement), code_link(claim, from_page),
        )
        for claim in claims
    ]  # fmt: skip
    return table(("step, claim", "equation, place", "what it says", "code"), rows, kind="proof")


def _within_item(claim: Claim) -> str:
    """The label without its item: `step 33` of Lemma 14."""
    rest = claim.id.removeprefix(item(claim.id) + "/")
    return re.sub(r"[-/]", " ", rest.replace("/", ", "))
