"""The registry: every declared claim, in order of declaration, and how papers are found.

A claim rests only on claims that were declared before it, so the graph of claims has no cycle by construction.
"""

from __future__ import annotations

import fnmatch
import importlib
import sys
import tomllib
from collections.abc import Iterator, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import networkx as nx

if TYPE_CHECKING:
    from claims.engine.claim import Claim

#: Entry point group by which a distribution registers its papers (each one an importable package).
GROUP = "lemmata.papers"


class ClaimError(Exception):
    """A claim, a selector or a paper is declared wrongly. The message says where and what to write instead."""


class Registry:
    """Claims by id. Iterates in order of declaration."""

    def __init__(self) -> None:
        self._claims: dict[str, Claim] = {}

    def __iter__(self) -> Iterator[Claim]:
        return iter(self._claims.values())

    def __len__(self) -> int:
        return len(self._claims)

    def __contains__(self, id: object) -> bool:
        return id in self._claims

    def __getitem__(self, id: str) -> Claim:
        if id not in self._claims:
            raise ClaimError(f"no claim {id!r}; `lemmata list` shows what there is")
        return self._claims[id]

    def add(self, claim: Claim) -> None:
        """Register a claim.

        Raises:
            ClaimError: if its id is taken, or it rests on (repairs, is carried by) itself or an unknown claim.
        """
        if claim.id in self._claims:
            raise ClaimError(f"{claim.id} is declared twice: {self._claims[claim.id].code} and {claim.code}")
        named = {"rests_on": claim.rests_on, "carried_by": claim.carried_by, "repairs": (claim.repairs,)}
        for field, ids in named.items():
            for id in ids:
                if id == claim.id:
                    raise ClaimError(f"{claim.id}: {field} makes a cycle, it names the claim itself")
                if id is not None and id not in self._claims:
                    raise ClaimError(
                        f"{claim.id}: {field} names {id!r}, which is not declared before it (a misspelt id, or a cycle)"
                    )
        self._claims[claim.id] = claim

    def select(self, selectors: Sequence[str] = ()) -> list[Claim]:
        """The claims that match any selector: an id, a paper, or a glob such as `*/lemma-*`; all if none is given.

        Raises:
            ClaimError: if a selector matches nothing.
        """
        chosen: set[str] = set()
        for selector in selectors:
            found = [c.id for c in self if fnmatch.fnmatchcase(c.id, selector) or c.paper == selector]
            if not found:
                raise ClaimError(f"selector {selector!r} matches no claim; `lemmata list` shows the ids")
            chosen.update(found)
        return [c for c in self if c.id in chosen or not selectors]

    def repairs_of(self, id: str) -> list[Claim]:
        """The corrected claims that stand beside the claim of that id."""
        return [c for c in self if c.repairs == id]

    def graph(self) -> nx.DiGraph:
        """What rests on what: an edge from a claim to each that it rests on (kind `rests_on` or `repairs`)."""
        graph = nx.DiGraph()
        graph.add_nodes_from(c.id for c in self)
        for c in self:
            graph.add_edges_from(((c.id, id) for id in c.rests_on), kind="rests_on")
            graph.add_edges_from(((c.id, id) for id in c.carried_by), kind="carried_by")
            if c.repairs:
                graph.add_edge(c.id, c.repairs, kind="repairs")
        return graph


#: The one registry that the decorator `claim` fills.
REGISTRY = Registry()


def load_papers(project: Path | None = None) -> Registry:
    """Import every registered paper, then return the registry.

    Papers come from installed distributions (entry points of group `lemmata.papers`) and from the table
    `[tool.lemmata]` of the pyproject.toml in `project` (default: the working folder): `papers = ["my_paper"]`,
    packages that are importable from that folder.

    Raises:
        ClaimError: if a paper cannot be imported, or pyproject.toml is malformed.
    """
    project = project or Path.cwd()
    modules = [point.value for point in entry_points(group=GROUP)]
    local = _papers_of_project(project / "pyproject.toml")
    if local and str(project) not in sys.path:
        sys.path.insert(0, str(project))
    for module in dict.fromkeys(modules + local):
        try:
            importlib.import_module(module)
        except (ImportError, SyntaxError) as error:
            raise ClaimError(f"paper {module!r} cannot be imported: {error}") from error
    return REGISTRY


def _papers_of_project(pyproject: Path) -> list[str]:
    if not pyproject.is_file():
        return []
    try:
        table = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ClaimError(f"{pyproject}: {error}") from error
    papers = table.get("tool", {}).get("lemmata", {}).get("papers", [])
    if not isinstance(papers, list) or not all(isinstance(name, str) for name in papers):
        raise ClaimError(f"{pyproject}: tool.lemmata.papers must be a list of package names")
    return papers
