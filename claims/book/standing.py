"""How claims stand: counts of verdicts, which failure weighs most and how far it reaches, what the paper prints."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from claims.engine.claim import Claim
from claims.engine.state import State
from claims.engine.verdict import Verdict

#: The weightiest first. A kind that is not named comes before the steps.
WEIGHT = (
    "theorem", "corollary", "proposition", "lemma", "equation", "definition", "conclusion", "conjecture",
    "assumption", "example", "observation", "table", "figure", "remark", "step",
)  # fmt: skip
#: How the source of a claim says that the paper does not state it.
UNPRINTED = re.compile(r"\b(?:ours|not printed)\b", re.IGNORECASE)
HOLDS = frozenset({Verdict.PROVED, Verdict.SUPPORTED})
#: The end of a sentence; `Fig. 2` and `eq. (3)` go on.
SENTENCE_END = re.compile(r"(?<!\bFig)(?<!\beq)(?<!\bSec)\.(?:\s+(?=[A-Z‘'\"])|$)")


def counted(verdicts: Sequence[Verdict | None]) -> str:
    """`3 proved, 1 refuted`, in the order of `Verdict`."""
    counts = Counter(verdicts)
    words = [f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict]]
    return ", ".join([*words, *([f"{counts[None]} not run"] if counts[None] else [])])


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
    """Whether the paper states it; a few claims are variants of ours, and their source says so."""
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
