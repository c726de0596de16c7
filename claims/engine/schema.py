"""The JSON object of a claim: the one that every command writes. docs/json-schema.md documents it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from claims.engine.claim import Claim
    from claims.engine.state import Record, State

#: Goes up when a key changes its meaning or disappears; new keys do not change it.
SCHEMA_VERSION = 1


def describe(state: State, claims: list[Claim]) -> list[dict[str, Any]]:
    """One object a claim, in the order given."""
    doubts = state.doubts()
    return [
        {**_declared(state, claim, doubts), **_found(state, claim), "in_doubt": doubts.get(claim.id, [])}
        for claim in claims
    ]


def _declared(state: State, claim: Claim, doubts: dict[str, list[str]]) -> dict[str, Any]:
    """What the declaration says, and how the claim stands among others."""
    return {
        "schema_version": SCHEMA_VERSION,
        "id": claim.id,
        "label": claim.label,
        "kind": claim.kind,
        "paper": claim.paper,
        "statement": claim.statement,
        "summary": claim.summary,
        "domain": claim.domain,
        "readings": list(claim.readings),
        "source": claim.source,
        "code": claim.code,
        "effect": claim.effect,
        "rests_on": list(claim.rests_on),
        "carried_by": list(claim.carried_by),
        "repairs": [repair.id for repair in state.registry.repairs_of(claim.id)],
        "repairs_what": {"claim": claim.repairs, "changes": claim.changes} if claim.repairs else None,
        "casts_doubt_on": [id for id, causes in doubts.items() if claim.id in causes],
    }


def _found(state: State, claim: Claim) -> dict[str, Any]:
    """What the last run found. All of it is null or empty if there was none."""
    verdict, recorded = state.verdict(claim.id), state.recorded(claim.id)
    record = state.records[claim.id] if verdict is not None else None
    result = record["result"] if record is not None else {}
    return {
        "verdict": verdict.value if verdict else None,
        "recorded": recorded.value if recorded else None,
        "fresh": state.fresh(claim),
        "error": state.errors.get(claim.id),
        "reason": result.get("reason", ""),
        "method": result.get("method"),
        "scope": result.get("scope"),
        "numbers": _decisive_numbers(result),
        "mutants": result.get("mutants", [{"name": m.name, "verdict": None} for m in claim.mutants]),
        "resolution": result.get("resolution", {}),
        "witness": next((e["witness"] for e in result.get("evidence", []) if e.get("witness")), None),
        "evidence": result.get("evidence", []),
        "run": record["run"] if record is not None else None,
    }


def _decisive_numbers(result: Record) -> dict[str, Any]:
    """The numbers of the evidence that decided."""
    for evidence in result.get("evidence", []):
        if (evidence["method"], evidence["scope"]) == (result["method"], result["scope"]):
            return dict(evidence["numbers"])
    return {}
