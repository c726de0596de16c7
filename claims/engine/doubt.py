"""Doubt: a refuted claim weakens what rests on it, unless a repair carries that.

Doubt is about the printed proof. A theorem in doubt may well be true, and its own check may say so; what it
has lost is the argument that the paper gives for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from claims.engine.verdict import Verdict

if TYPE_CHECKING:
    from claims.engine.claim import Claim
    from claims.engine.registry import Registry

#: The verdict of a claim by its id; None where the claim has not been run.
VerdictOf = Callable[[str], Verdict | None]


def in_doubt(registry: Registry, verdict_of: VerdictOf) -> dict[str, list[str]]:
    """For each claim in doubt, the refuted claims because of which it is.

    A refuted claim passes on doubt about itself, and nothing else: what it rested on no longer matters to
    those that use it. A claim that we proved by a way of our own passes on nothing, though its printed proof may
    be in doubt. Any other claim passes on the doubt that it is in. A claim is spared the doubt about a refuted
    claim if its `carried_by` names a repair of that claim which holds and is not itself in doubt.
    """
    doubts: dict[str, list[str]] = {}
    # A claim is declared after all that it names, so one pass in order of declaration sees every cause first.
    for claim in registry:
        passed_on = [refuted for id in claim.rests_on for refuted in _passed_on(id, verdict_of(id), doubts)]
        spared = _spared(registry, claim, verdict_of, doubts)
        causes = [refuted for refuted in dict.fromkeys(passed_on) if refuted not in spared]
        if causes:
            doubts[claim.id] = causes
    return doubts


def _passed_on(id: str, verdict: Verdict | None, doubts: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """The refuted claims about which this claim makes those doubtful that rest on it."""
    if verdict is Verdict.REFUTED:
        return [id]
    return () if verdict is Verdict.PROVED else doubts.get(id, ())


def _spared(
    registry: Registry, claim: Claim, verdict_of: VerdictOf, doubts: Mapping[str, Sequence[str]]
) -> set[str | None]:
    """The refuted claims that a sound repair replaces in this claim's proof."""
    return {
        registry[id].repairs
        for id in claim.carried_by
        if verdict_of(id) in (Verdict.PROVED, Verdict.SUPPORTED) and id not in doubts
    }


def doubt_sentence(claim: Claim, causes: Sequence[str]) -> str:
    """Why the claim is in doubt, for a reader."""
    direct = [id for id in causes if id in claim.rests_on]
    distant = [id for id in causes if id not in claim.rests_on]
    parts = []
    if direct:
        parts.append(f"its printed proof uses {_which_are_refuted(direct)}")
    if distant:
        parts.append(f"its printed proof uses, by way of other claims, {_which_are_refuted(distant)}")
    return "; ".join(parts)


def _which_are_refuted(ids: Sequence[str]) -> str:
    return f"{' and '.join(ids)}, which {'is' if len(ids) == 1 else 'are'} refuted"
