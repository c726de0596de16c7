"""Where in the book each claim has its home: on its paper's page, or on the page of its item's proof.

The items of a paper and their repairs stand on the paper's page, in the paper's order. Steps of a proof, and remarks
of an item, stand on a page of the item's own. A label is the claim's id.
"""

from __future__ import annotations

import posixpath

from claims.engine.claim import Claim
from claims.engine.registry import ClaimError, Registry


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
    """The anchor within its page, as docutils makes it from the label."""
    from docutils.nodes import make_id  # noqa: PLC0415 - a part of Sphinx, which only the book needs

    return make_id(id)


def refuse_shared_anchors(registry: Registry) -> None:
    """See that each claim has an anchor of its own.

    Raises:
        ClaimError: if the ids of two claims on one page give the same anchor, or if one gives none.
    """
    taken: dict[tuple[str, str], str] = {}
    for claim in registry:
        place = page(claim.id), anchor(claim.id)
        if not place[1]:
            raise ClaimError(f"{claim.id}: no anchor in the book can be made from it; use letters in the id")
        if taken.setdefault(place, claim.id) != claim.id:
            raise ClaimError(f"{taken[place]} and {claim.id} would both be at #{place[1]} in the book; rename one")


def address(id: str, from_page: str) -> str:
    """The relative address of a claim's home, as HTML, seen from another page of the book (without suffix)."""
    target = posixpath.relpath(f"{page(id)}.html", posixpath.dirname(from_page) or ".")
    return f"{target}#{anchor(id)}"


def parts(registry: Registry, whole: str) -> list[Claim]:
    """The claims on the page of an item's proof, in order of declaration."""
    return [claim for claim in registry if item(claim.id) == whole and not is_whole(claim.id)]
