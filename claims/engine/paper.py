"""A paper as a reader meets it: who wrote it, its sections, and which claim each numbered item is.

A paper's package tells it in a module `contents`, as `PAPER`. Claims do not import it: a verdict does not depend on
the order in which a book lists it.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field

from claims.engine.claim import Claim
from claims.engine.registry import ClaimError, Registry
from claims.engine.state import by_paper


@dataclass(frozen=True)
class Section:
    """A section's title as printed, and the items in it (second parts of claims' ids), in the paper's order."""

    title: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class Paper:
    """One paper.

    Attributes: `id` (first part of its claims' ids), `title`, `authors`, `venue`, `year`, `about` (what of it is
    checked, in a sentence), `sections`, `elsewhere` (numbered items that are claims under another name: `Equation 9`
    and the ids that hold it, without the paper if it is this one), `open` (numbered items, tables and figures that no
    claim holds, each with what it shows).
    """

    id: str
    title: str
    authors: tuple[str, ...]
    venue: str
    year: int
    about: str = ""
    sections: tuple[Section, ...] = ()
    elsewhere: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    open: Mapping[str, str] = field(default_factory=dict)

    @property
    def short(self) -> str:
        """How one cites it in passing: `Pareek and Risteski 2022`, `Koehler et al. 2022`; the id if nobody is named."""
        names = [author.split()[-1] for author in self.authors]
        if not names:
            return self.id
        return f"{' and '.join(names) if len(names) < 3 else f'{names[0]} et al.'} {self.year}"

    def held_elsewhere(self, registry: Registry) -> dict[str, tuple[str, ...]]:
        """The whole ids of the claims that hold each item of `elsewhere`.

        Raises:
            ClaimError: if one of them is no claim.
        """
        return {name: tuple(self._whole(id, registry) for id in ids) for name, ids in self.elsewhere.items()}

    def _whole(self, id: str, registry: Registry) -> str:
        for whole in (f"{self.id}/{id}", id):
            if whole in registry:
                return whole
        raise ClaimError(f"contents of {self.id}: elsewhere names {id}, which is no claim")


def load_contents(registry: Registry) -> dict[str, Paper]:
    """The contents of each paper in the registry, in the order of their ids.

    A paper without a module `contents` (a user's own) has one section: its claims in order of declaration.

    Raises:
        ClaimError: if a module `contents` has no PAPER, or that of another paper; if a paper's contents list an item
            twice, leave one out, or name a claim that does not exist.
    """
    papers = {}
    # By id: the registry's own order is that of the imports.
    for id, claims in sorted(by_paper(list(registry)).items()):
        items = tuple(dict.fromkeys(claim.id.split("/")[1] for claim in claims))
        papers[id] = _contents(claims[0]) or Paper(id, id, (), "", 0, sections=(Section("Claims", items),))
        _check(papers[id], items, registry)
    return papers


def _contents(claim: Claim) -> Paper | None:
    """What the innermost package that holds the claim and has contents says."""
    package = claim.body.__module__
    while package := package.rpartition(".")[0]:
        if importlib.util.find_spec(f"{package}.contents") is not None:
            return _told(f"{package}.contents", claim.paper)
    return None


def _told(module: str, id: str) -> Paper:
    paper = getattr(importlib.import_module(module), "PAPER", None)
    if not isinstance(paper, Paper):
        raise ClaimError(f"{module}: PAPER is missing; write PAPER = Paper({id!r}, ...)")
    if paper.id != id:
        raise ClaimError(f"{module}: PAPER.id is {paper.id!r}, but the claims are {id}/...; write {id!r}")
    return paper


def _check(paper: Paper, items: tuple[str, ...], registry: Registry) -> None:
    listed = [item for section in paper.sections for item in section.items]
    if wrong := {item for item in listed if listed.count(item) > 1} | set(listed) ^ set(items):
        raise ClaimError(f"contents of {paper.id}: {', '.join(sorted(wrong))}: list each item that has claims once")
    paper.held_elsewhere(registry)
    if both := paper.elsewhere.keys() & paper.open.keys():
        raise ClaimError(f"contents of {paper.id}: {', '.join(sorted(both))}: open, and held by a claim; choose one")
