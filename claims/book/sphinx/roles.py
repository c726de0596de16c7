"""Roles of the book: {claim} and {symbol} link an id or a dotted name to its home.

A claim or a symbol that does not exist is a warning, and so the book is not built.
"""

from __future__ import annotations

from functools import cache

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import ReferenceRole, SphinxRole
from sphinx.util.osutil import relative_uri

from claims.book.symbols import REPOSITORY, locate, source_page
from claims.engine.registry import ClaimError
from claims.engine.state import State

LOGGER = logging.getLogger(__name__)


@cache
def state() -> State:
    """Registry and ledger, read once."""
    return State.load(None)


class ClaimRole(SphinxRole):
    """`{claim}` with an id: a link to the claim's home, with its verdict, and "in doubt" or "stale" if it is so."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """The link and the badge; an id that no claim has is a warning, and so ends the build."""
        known = state()
        if self.text not in known.registry:
            message = self.inliner.reporter.warning(f"no claim {self.text!r}", line=self.lineno)
            return [nodes.literal(text=self.text)], [message]
        target = {"refdomain": "std", "reftype": "ref", "reftarget": self.text, "refdoc": self.env.docname}
        link = addnodes.pending_xref("", **target, refexplicit=True, refwarn=True)
        link += nodes.inline(text=known.registry[self.text].label)
        written: list[nodes.Node] = [link]
        for word, kind in badges(known, self.text):
            written += [nodes.Text(" "), nodes.inline(text=word, classes=["verdict", kind])]
        return written, []


def badges(state: State, id: str) -> list[tuple[str, str]]:
    """What stands beside a claim, each word with its class: the verdict, whether it is in doubt, whether it is old."""
    verdict = state.verdict(id)
    word = verdict.value if verdict else "not run"
    doubt = [("in doubt", "doubt")] if id in state.doubts() else []
    stale = [("stale", "doubt")] if verdict and not state.fresh(state.registry[id]) else []
    return [(word, word.replace(" ", "-")), *doubt, *stale]


def link(docname: str, address: str, *inside: nodes.Node) -> nodes.reference:
    """A link from a page of the book to an address from the book's root."""
    page, _, anchor = address.partition("#")
    uri = relative_uri(f"{docname}.html", page) + (f"#{anchor}" if anchor else "")
    return nodes.reference("", "", *inside, refuri=uri, internal=True)


class SymbolRole(ReferenceRole):
    """{symbol}`circuits.sat.solve`, or {symbol}`the solver <circuits.sat.solve>`: a link to the source line."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """The link, with a dotted name as code; or the bare text, with a warning."""
        text = nodes.inline("", self.title) if self.has_explicit_title else nodes.literal("", self.title)
        try:
            place = locate(self.target)
        except ClaimError as error:
            LOGGER.warning("%s", error, location=self.get_location(), type="lemmata", subtype="symbol")
            return [text], []
        self.env.note_dependency(REPOSITORY / place.path)
        return [link(self.env.docname, source_page(place.path, place.line), text)], []


def register(app: Sphinx) -> None:
    """Add the roles."""
    app.add_role("claim", ClaimRole())
    app.add_role("symbol", SymbolRole())
