"""How autodoc shows this code: where its source is, which members, which names and values in signatures."""

from __future__ import annotations

from contextlib import suppress
from enum import Enum

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

from claims.book.sphinx import docstrings
from claims.book.symbols import locate, source_page
from claims.engine.registry import ClaimError

#: Longer values and types of constants are not shown.
MOST_CHARACTERS = 200


def linkcode_resolve(_domain: str, info: dict[str, str]) -> str | None:
    """For `sphinx.ext.linkcode`: the source line of a symbol, as seen from a page of the reference."""
    try:
        place = locate(f"{info['module']}.{info['fullname']}")
    except ClaimError:
        return None
    return "../" + source_page(place.path, place.line)


def keep_members(_app: Sphinx, _what: str, _name: str, value: object, skip: bool, _options: object) -> bool | None:
    """Members of an enumeration are its point, with a docstring or without."""
    return False if isinstance(value, Enum) else skip


def settle_names(_app: Sphinx, doctree: nodes.document) -> None:
    """Give the names in signatures that could not be evaluated the meaning that they have in their module.

    Sphinx would otherwise look for anything that ends so, and find several.
    """
    for node in doctree.findall(addnodes.pending_xref):
        if node.get("refdomain") == "py" and node.hasattr("refspecific"):
            del node["refspecific"]
            with suppress(ClaimError):
                node["reftarget"] = locate(f"{node.get('py:module')}.{node['reftarget']}").dotted


def drop_long_values(_app: Sphinx, doctree: nodes.document) -> None:
    """Leave out a constant's value that would fill the page: its source says it better."""
    for node in list(doctree.findall(addnodes.desc_annotation)):
        if len(node.astext()) > MOST_CHARACTERS:
            node.parent.remove(node)


def register(app: Sphinx) -> None:
    """Add the hooks of autodoc."""
    docstrings.register(app)
    app.connect("doctree-read", settle_names)
    app.connect("doctree-read", drop_long_values)
    app.connect("autodoc-skip-member", keep_members)
