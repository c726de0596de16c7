"""The graph of claims as text for other programs: DOT and JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from claims.book.drawings.marks import DOUBT, LOOKS, look
from claims.book.drawings.nodes import among
from claims.engine.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    from claims.engine.claim import Claim
    from claims.engine.state import State

#: Lines by what one claim names another for.
EDGE_STYLES = {"rests_on": "solid", "carried_by": "dotted", "repairs": "dashed"}


def names(claims: list[Claim]) -> dict[str, str]:
    """What each node is called: its label, with the paper in front where there is more than one."""
    several = len({claim.paper for claim in claims}) > 1
    return {claim.id: f"{claim.paper}: {claim.label}" if several else claim.label for claim in claims}


def to_dot(state: State, claims: list[Claim]) -> str:
    """The graph for Graphviz."""
    doubts, called = state.doubts(), names(claims)
    lines = ["digraph lemmata {", "  rankdir=RL;", '  node [shape=box, style=filled, fontname="sans-serif"];']
    for claim in claims:
        verdict = state.verdict(claim.id)
        attributes = {
            "label": called[claim.id],
            "tooltip": LOOKS[look(verdict)].word,
            "fillcolor": LOOKS[look(verdict)].light[0],
        }
        if claim.id in doubts:
            attributes["label"] += " (in doubt)"
            attributes |= {"color": DOUBT[0], "style": "filled,dashed", "penwidth": "2"}
        written = ", ".join(f"{name}={json.dumps(value)}" for name, value in attributes.items())
        lines.append(f"  {json.dumps(claim.id)} [{written}];")
    for start, end, kind in _edges(state, claims):
        lines.append(f'  "{start}" -> "{end}" [style={EDGE_STYLES[kind]}, tooltip="{kind}"];')
    return "\n".join([*lines, "}"])


def to_json(state: State, claims: list[Claim]) -> str:
    """Nodes and edges, as docs/json-schema.md says."""
    doubts = state.doubts()
    nodes = []
    for claim in claims:
        verdict = state.verdict(claim.id)
        nodes.append({
            "id": claim.id, "label": claim.label, "kind": claim.kind, "paper": claim.paper,
            "verdict": verdict.value if verdict else None, "in_doubt": doubts.get(claim.id, []),
        })  # fmt: skip
    edges = [{"from": start, "to": end, "kind": kind} for start, end, kind in _edges(state, claims)]
    whole = {"schema_version": SCHEMA_VERSION, "nodes": nodes, "edges": edges}
    return json.dumps(whole, indent=2, ensure_ascii=False)


def _edges(state: State, claims: list[Claim]) -> list[tuple[str, str, str]]:
    return list(among(state, [claim.id for claim in claims]).edges(data="kind"))
