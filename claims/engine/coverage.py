"""Where each numbered item of a paper is: which claims hold it, and which items are open.

An item is found by its id (`lemma-14`; `remark-1-padding` belongs to Remark 1; `table-2/remark-depth` is what the
text says of Table 2), or its paper's contents say where it is (`elsewhere`), or that no claim holds it (`open`).
What is held only by claims below its id, and a table or figure of which only remarks are claims, is held through its
parts: counted apart, since its numbers may be nobody's claim.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from claims.engine.claim import NUMBERED, printed_number
from claims.engine.paper import Paper, load_contents
from claims.engine.registry import ClaimError, Registry

#: The kinds of items that papers number, in the order in which they are listed.
KINDS = (
    "Theorem", "Lemma", "Corollary", "Proposition", "Definition", "Assumption", "Conjecture", "Remark", "Example",
    "Requirement", "Equation", "Algorithm", "Table", "Figure",
)  # fmt: skip

#: The kinds of which a claim may hold what the text says, and not what they show.
PICTURES = ("Table", "Figure")


@dataclass(frozen=True)
class Item:
    """One item of a paper: its name (`Equation 33`), the ids of the claims that hold it, and what it shows if none.

    `through_parts`: those claims hold parts of it, or what the text says of it, and none holds the whole.
    """

    name: str
    claims: tuple[str, ...]
    shows: str = ""
    through_parts: bool = False

    @property
    def mapped(self) -> bool:
        """Whether claims hold it, and not only parts of it."""
        return bool(self.claims) and not self.through_parts

    @property
    def kind(self) -> str:
        """`Equation`."""
        return self.name.split(" ", 1)[0]

    @property
    def number(self) -> str:
        """`33`, `A.1`, or what stands in place of a number."""
        return self.name.split(" ", 1)[-1]

    @property
    def printed(self) -> str:
        """As papers refer to it: `Equation (33)`, `Theorem A.1`."""
        return f"Equation ({self.number})" if self.kind == "Equation" else self.name


@dataclass(frozen=True)
class Coverage:
    """The numbered items of a paper, in order of kind and number; `registered` if it has claims at all."""

    paper: Paper
    items: tuple[Item, ...]
    registered: bool

    @property
    def mapped(self) -> tuple[Item, ...]:
        """The items that claims hold."""
        return tuple(item for item in self.items if item.mapped)

    @property
    def through_parts(self) -> tuple[Item, ...]:
        """The items of which claims hold parts only."""
        return tuple(item for item in self.items if item.through_parts)

    @property
    def open(self) -> tuple[Item, ...]:
        """The items that no claim holds."""
        return tuple(item for item in self.items if not item.claims)

    def by_kind(self) -> dict[str, list[Item]]:
        """The items of each kind that the paper has."""
        kinds: dict[str, list[Item]] = {}
        for item in self.items:
            kinds.setdefault(item.kind, []).append(item)
        return kinds


def coverages(registry: Registry, unregistered: Iterable[Paper] = ()) -> dict[str, Coverage]:
    """The coverage of each paper by id: those with claims, then those without.

    Raises:
        ClaimError: if a paper's contents do not agree with its claims.
    """
    papers = load_contents(registry)
    found = {id: _coverage(paper, registry, registered=True) for id, paper in papers.items()}
    return found | {
        paper.id: _coverage(paper, registry, registered=False) for paper in unregistered if paper.id not in papers
    }


def _coverage(paper: Paper, registry: Registry, *, registered: bool) -> Coverage:
    held = _held_by_id(paper, registry)
    for name, claims in paper.held_elsewhere(registry).items():
        held[name] = held.get(name, {}) | {id: _is_remark_on(name, id) for id in claims}
    if both := held.keys() & paper.open.keys():
        raise ClaimError(f"contents of {paper.id}: {', '.join(sorted(both))}: called open, but a claim holds it")
    items = [
        Item(name, tuple(claims), through_parts=bool(claims) and all(claims.values())) for name, claims in held.items()
    ]
    items += [Item(name, (), shows) for name, shows in paper.open.items()]
    return Coverage(paper, tuple(sorted(items, key=_order)), registered)


def _held_by_id(paper: Paper, registry: Registry) -> dict[str, dict[str, bool]]:
    """The items that claims are by their ids, and whether each claim holds but a part of the item.

    An item that is no claim itself is held by the claims below it, each a part.
    """
    held: dict[str, dict[str, bool]] = {}
    for part in (part for section in paper.sections for part in section.items):
        match = NUMBERED.match(part)
        if match and match[1].capitalize() in KINDS:
            name, whole = f"{match[1].capitalize()} {printed_number(match[2])}", f"{paper.id}/{part}"
            below = {c.id: True for c in registry if c.id.startswith(f"{whole}/") and c.repairs is None}
            held[name] = held.get(name, {}) | ({whole: False} if whole in registry else below)
    return held


def _is_remark_on(name: str, id: str) -> bool:
    return name.startswith(PICTURES) and id.rsplit("/", 1)[1].startswith("remark")


def _order(item: Item) -> tuple[int, str, tuple[int, ...], str]:
    """By kind, then by number; what has a letter comes after what has none, and names without number come first."""
    kind = KINDS.index(item.kind) if item.kind in KINDS else len(KINDS)
    match = re.fullmatch(r"(?:([A-Z])\.?)?(\d+(?:\.\d+)*)([a-z]?)", item.number)
    return (kind, match[1] or "", tuple(map(int, match[2].split("."))), match[3]) if match else (kind, "", (), "")
