"""A paper as a reader meets it: who wrote it, its sections, and which claim each numbered item is.

A paper's package tells it in a module `contents`, as `PAPER`. Claims do not import it: a verdict does not depend on
the order in which a book lists it.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points

from claims.engine.registry import GROUP, ClaimError, Registry


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
    and the ids, without the paper, that hold it), `open` (numbered items, tables and figures that no claim holds yet).
    """

    id: str
    title: str
    authors: tuple[str, ...]
    venue: str
    year: int
    about: str = ""
    sections: tuple[Section, ...] = ()
    elsewhere: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    open: tuple[str, ...] = ()


def load_contents(registry: Registry) -> dict[str, Paper]:
    """The contents of each paper in the registry, by id, in the registry's order.

    A paper without a module `contents` (a user's own) has one section: its claims in order of declaration.

    Raises:
        ClaimError: if a paper's contents list an item twice, leave one out, or name a claim that does not exist.
    """
    told = {paper.id: paper for paper in map(_contents, (point.value for point in entry_points(group=GROUP))) if paper}
    papers = {}
    for id in dict.fromkeys(claim.paper for claim in registry):
        items = tuple(dict.fromkeys(claim.id.split("/")[1] for claim in registry if claim.paper == id))
        papers[id] = told.get(id) or Paper(id, id, (), "", 0, sections=(Section("Claims", items),))
        _check(papers[id], items, registry)
    return papers


def _contents(package: str) -> Paper | None:
    module = f"{package}.contents"
    if importlib.util.find_spec(module) is None:
        return None
    paper = importlib.import_module(module).PAPER
    assert isinstance(paper, Paper)
    return paper


def _check(paper: Paper, items: tuple[str, ...], registry: Registry) -> None:
    listed = [item for section in paper.sections for item in section.items]
    if wrong := {item for item in listed if listed.count(item) > 1} | set(listed) ^ set(items):
        raise ClaimError(f"contents of {paper.id}: {', '.join(sorted(wrong))}: list each item that has claims once")
    unknown = [id for ids in paper.elsewhere.values() for id in ids if f"{paper.id}/{id}" not in registry]
    if unknown:
        raise ClaimError(f"contents of {paper.id}: elsewhere names {', '.join(unknown)}, which is no claim")
