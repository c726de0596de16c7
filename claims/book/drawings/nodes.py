"""What a graph of claims shows: a node for each claim, or for each item with the steps of its proof folded into it."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import networkx as nx

from claims.book.drawings.marks import LETTER, LOOKS, PARTS, look
from claims.book.homes import is_whole, item
from claims.book.standing import is_stale
from claims.engine.doubt import doubt_sentence

if TYPE_CHECKING:
    from claims.engine.claim import Claim
    from claims.engine.state import State

#: Letters a line in a box; pixels a letter of the notes below its label.
LINE_LETTERS, NOTE_LETTER = 24, 6.3
LABEL_HEIGHT, NOTE_HEIGHT, PADDING, MARK = 16.0, 14.0, 8.0, 18.0

#: Where several claims of one item use another item, the edge is of the first kind here that one of theirs has.
KINDS = ("rests_on", "carried_by", "repairs")


@dataclass(frozen=True)
class Node:
    """One box. `home` is the id of the claim that a link leads to, `look` a class of `marks.LOOKS`."""

    id: str
    home: str
    label: str
    kind: str
    look: str
    doubt: bool
    title: str
    notes: tuple[str, ...] = ()
    stale: bool = False

    @property
    def lines(self) -> list[str]:
        """The label, broken lest one long label widen its whole column."""
        return textwrap.wrap(self.label, LINE_LETTERS)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of its box."""
        width = max(MARK + max(map(len, self.lines)) * LETTER, max(map(len, self.notes), default=0) * NOTE_LETTER)
        return width + 2 * PADDING, len(self.lines) * LABEL_HEIGHT + len(self.notes) * NOTE_HEIGHT + PADDING

    @property
    def spoken(self) -> str:
        """What a screen reader says."""
        words = f"{self.label}: {LOOKS[self.look].word}"
        words += f"{', stale' if self.stale else ''}{', in doubt' if self.doubt else ''}"
        return "; ".join([words, *self.notes])


def every_claim(state: State, claims: Sequence[Claim]) -> tuple[list[Node], nx.DiGraph]:
    """A node for each claim, and what rests on what among them."""
    doubts = state.doubts()
    nodes = [_node(state, claim, doubts.get(claim.id, [])) for claim in claims]
    return nodes, among(state, [claim.id for claim in claims])


def items(state: State, claims: Sequence[Claim]) -> tuple[list[Node], nx.DiGraph]:
    """A node for each item; an edge where some claim of the one names some claim of the other.

    A node shows the verdict of the item's own statement, and how many of its parts are refuted or in doubt.
    """
    doubts = state.doubts()
    folded: dict[str, list[Claim]] = {}
    for claim in claims:
        folded.setdefault(item(claim.id), []).append(claim)
    nodes = [_folded(state, id, members, doubts) for id, members in folded.items()]
    graph = nx.DiGraph()
    graph.add_nodes_from(folded)
    kinds = sorted(among(state, [claim.id for claim in claims]).edges(data="kind"), key=lambda e: KINDS.index(e[2]))
    for start, end, kind in kinds:
        if item(start) != item(end) and not graph.has_edge(item(start), item(end)):
            graph.add_edge(item(start), item(end), kind=kind)
    return nodes, graph


def among(state: State, ids: Sequence[str]) -> nx.DiGraph:
    """What rests on what among these claims, in the order given: networkx's own subgraph has another at each run."""
    chosen, whole = set(ids), state.registry.graph()
    graph = nx.DiGraph()
    graph.add_nodes_from(ids)
    graph.add_edges_from(edge for edge in whole.edges(data=True) if chosen.issuperset(edge[:2]))
    return graph


def _node(state: State, claim: Claim, causes: Sequence[str], notes: tuple[str, ...] = ()) -> Node:
    name, stale = look(state.verdict(claim.id)), is_stale(state, claim)
    said = [f"{claim.label}: {LOOKS[name].word}{', stale' if stale else ''}", *notes]
    if causes:
        said.append(f"In doubt: {doubt_sentence(claim, causes)}.")
    title = "\n".join([*said, claim.summary])
    return Node(claim.id, claim.id, claim.label, claim.kind, name, bool(causes), title, notes, stale)


def _folded(state: State, id: str, members: Sequence[Claim], doubts: dict[str, list[str]]) -> Node:
    own = [claim for claim in members if claim.id == id]
    parts = [claim for claim in members if not is_whole(claim.id) and claim.kind != "repair"]
    if own:
        repairs = [look(state.verdict(claim.id)) for claim in members if claim.repairs == id]
        notes = [f"repair {LOOKS[name].word}" for name in repairs] + _counted(state, parts, doubts)
        return _node(state, own[0], doubts.get(id, []), tuple(notes))
    label = members[0].label.split(",")[0]
    counts = Counter(look(state.verdict(claim.id)) for claim in parts)
    found = [f"{counts[name]} {each.word}" for name, each in LOOKS.items() if counts[name]]
    doubtful = sum(claim.id in doubts for claim in parts)
    notes = [*found, *([f"{doubtful} in doubt"] if doubtful else [])]
    title = "\n".join([f"{label}: {len(parts)} claims", *notes])
    kind = members[0].id.split("/")[1].split("-")[0]
    return Node(id, members[0].id, label, kind, PARTS, doubt=False, title=title, notes=tuple(notes))


def _counted(state: State, parts: Sequence[Claim], doubts: dict[str, list[str]]) -> list[str]:
    """How many parts are refuted, and how many in doubt; nothing of those that are neither."""
    refuted = sum(look(state.verdict(claim.id)) == "refuted" for claim in parts)
    doubtful = sum(claim.id in doubts for claim in parts)
    told = [(refuted, "refuted"), (doubtful, "in doubt")]
    return [f"{count} of {len(parts)} {'part' if len(parts) == 1 else 'parts'} {word}" for count, word in told if count]
