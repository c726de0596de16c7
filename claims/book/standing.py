"""How claims stand: counts of verdicts, which failure weighs most and how far it reaches, what the paper prints.

Pages and commands say the same of a claim, so the words that they share are made here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from claims.engine.claim import Claim
from claims.engine.paper import Paper
from claims.engine.state import State
from claims.engine.verdict import Verdict

#: The weightiest first. A kind that is not named comes before the steps.
WEIGHT = (
    "theorem", "corollary", "proposition", "lemma", "equation", "definition", "conclusion", "conjecture",
    "assumption", "example", "observation", "table", "figure", "remark", "step",
)  # fmt: skip
#: How the source of a claim says that the paper does not state it: `not printed`, or a part of it that begins with
#: `ours`. "Section 4.1; abstract. The generality is ours" is printed.
UNPRINTED = re.compile(r"(?:^|[;.:]\s)ours\b|\bnot printed\b", re.IGNORECASE)
#: The verdicts of a claim, a repair above all, that one may build on.
HOLDS = frozenset({Verdict.PROVED, Verdict.SUPPORTED})
#: The end of a sentence; `Fig. 2` and `eq. (3)` go on.
SENTENCE_END = re.compile(r"(?<!\bFig)(?<!\beq)(?<!\bSec)\.(?:\s+(?=[A-Z‘'\"])|$)")


def counted(verdicts: Sequence[Verdict | None]) -> str:
    """`3 proved, 1 refuted`, in the order of `Verdict`."""
    counts = Counter(verdicts)
    words = [f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict]]
    return ", ".join([*words, *([f"{counts[None]} not run"] if counts[None] else [])])


def mended(state: State, claims: Iterable[Claim]) -> list[Verdict]:
    """The verdict of the best repair of each of these claims that has one that holds; `counted` puts it in words."""
    best = []
    for claim in claims:
        repairs = {state.verdict(repair.id) for repair in state.registry.repairs_of(claim.id)}
        best += [verdict for verdict in Verdict if verdict in HOLDS & repairs][:1]
    return best


def is_stale(state: State, claim: Claim) -> bool:
    """Whether the code has changed since the verdict was found."""
    return state.verdict(claim.id) is not None and not state.fresh(claim)


def refuted_of(mutants: Sequence[Mapping[str, Any]]) -> str:
    """`2 of 3`: how many of the mutants are refuted."""
    return f"{sum(mutant['verdict'] == 'refuted' for mutant in mutants)} of {len(mutants)}"


def mutants_refuted(mutants: Sequence[Mapping[str, Any]]) -> str:
    """`2 of 3 mutants refuted`; nothing if there are none."""
    return f"{refuted_of(mutants)} mutants refuted" if mutants else ""


def slack_sentence(name: str, slack: Mapping[str, Any]) -> str:
    """How far a printed constant may be tightened."""
    end = "never refuted" if slack["refuted_at"] is None else f"refuted at {slack['refuted_at']:.6g}"
    return f"{name}: printed {slack['printed']:.6g}, still held at {slack['held_at']:.6g}, {end}"


def witness_lines(witness: Mapping[str, Any]) -> list[str]:
    """The arithmetic line by line, or the arrays themselves if nobody has worked them out."""
    worked = [line.strip() for line in witness["worked"] or ()]
    return worked or [f"{name} = {value}" for name, value in witness["values"].items()]


def number(value: Any) -> str:
    """A reported number, or several; a list of two is a range."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {number(entry)}" for name, entry in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return (" to " if len(value) == 2 else ", ").join(map(number, value))
    return str(value)


def published(paper: Paper) -> str:
    """Authors, venue and year, as far as they are known."""
    return ", ".join(filter(None, (*paper.authors, paper.venue, str(paper.year or ""))))


def short_effect(claim: Claim) -> str:
    """The first sentence of what a failure touches."""
    return SENTENCE_END.split(claim.effect, maxsplit=1)[0]


def by_weight(claims: Sequence[Claim]) -> list[Claim]:
    """Theorems first, then lemmas, ..., remarks; steps and remarks of items last. Otherwise in their order."""
    return sorted(claims, key=lambda claim: (not is_statement(claim), _weight(claim)))


def is_statement(claim: Claim) -> bool:
    """Whether it is an item of its own, and not a step of a proof or a remark on an item."""
    return claim.id.count("/") == 1


def is_printed(claim: Claim) -> bool:
    """Whether the paper states it; other claims are variants of ours, and their source says so."""
    return not UNPRINTED.search(claim.source)


def _weight(claim: Claim) -> int:
    return WEIGHT.index(claim.kind) if claim.kind in WEIGHT else WEIGHT.index("remark")


def theorems_that_stand(state: State, claims: Sequence[Claim]) -> list[tuple[Claim, list[str]]]:
    """The theorems that hold though their printed proofs use what is refuted, each with what it uses of that.

    Their `carried_by` names the repairs that suffice instead.
    """
    doubts, stand = state.doubts(), []
    for claim in claims:
        lost = [id for id in claim.rests_on if state.verdict(id) is Verdict.REFUTED]
        holds = state.verdict(claim.id) in HOLDS and claim.id not in doubts
        if claim.kind == "theorem" and is_statement(claim) and claim.carried_by and lost and holds:
            stand.append((claim, lost))
    return stand
