"""Where in the book each claim has its home: on its paper's page, or on the page of its item's proof.

The items of a paper and their repairs stand on the paper's page, in the paper's order. Steps of a proof, and remarks
of an item, stand on a page of the item's own. A label is the claim's id.
"""

from __future__ import annotations

import posixpath

from claims.engine.claim import Claim
from claims.engine.registry import Registry


def item(id: str) -> str:
    """The item that a claim belongs to: the first two parts of its id."""
    return "/".join(id.split("/")[:2])


def is_whole(id: str) -> bool:
    """Whether it is an item, or the repair of one, which stand on the paper's page."""
    return id.count("/") == 1 or id == f"{item(id)}/repair"


def page(id: str) -> str:
    """The page that is the claim's home, without suffix: `papers/koehler-2022` or `papers/koehler-2022/lemma-5`."""
    return f"papers/{id.split('/', maxsplit=1)[0]}" if is_whole(id) else f"papers/{item(id)}"


def anchor(id: str) -> str:
    """The anchor within its page, as Sphinx makes it from the label."""
    return id.replace("/", "-")


def address(id: str, from_page: str) -> str:
    """The relative address of a claim's home, as HTML, seen from another page of the book (without suffix)."""
    target = posixpath.relpath(f"{page(id)}.html", posixpath.dirname(from_page) or ".")
    return f"{target}#{anchor(id)}"


def parts(registry: Registry, whole: str) -> list[Claim]:
    """The claims on the page of an item's proof, in order of declaration."""
    return [claim for claim in registry if item(claim.id) == whole and not is_whole(claim.id)]
