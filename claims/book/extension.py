"""What Sphinx learns for the book: formulas as MathML, links to claims with their verdicts, sources, pictures."""

from __future__ import annotations

from functools import cache
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

from claims.book import api, execute, sources, symbols
from claims.book.mathml import mathml
from claims.engine.state import State


@cache
def _state() -> State:
    return State.load(None)


class ClaimRole(SphinxRole):
    """`{claim}` with an id: a link to the claim's home, with its verdict."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """The link and the badge; an id that no claim has is a warning, and so ends the build."""
        state = _state()
        if self.text not in state.registry:
            message = self.inliner.reporter.warning(f"no claim {self.text!r}", line=self.lineno)
            return [nodes.literal(text=self.text)], [message]
        target = {"refdomain": "std", "reftype": "ref", "reftarget": self.text, "refdoc": self.env.docname}
        link = addnodes.pending_xref("", **target, refexplicit=True, refwarn=True)
        link += nodes.inline(text=state.registry[self.text].label)
        verdict = state.verdict(self.text)
        word = verdict.value if verdict else "not run"
        return [link, nodes.Text(" "), nodes.inline(text=word, classes=["verdict", word.replace(" ", "-")])], []


def _visit_math(self: Any, node: nodes.math) -> None:
    self.body.append(mathml(node.astext(), display=False))
    raise nodes.SkipNode


def _visit_math_block(self: Any, node: nodes.math_block) -> None:
    self.body.append(f'<div class="math-display">{mathml(node.astext(), display=True)}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Register all of it."""
    app.add_html_math_renderer("mathml", (_visit_math, None), (_visit_math_block, None))
    app.add_role("claim", ClaimRole())
    for part in (api, execute, sources, symbols):
        part.register(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
