"""What Sphinx learns for the book: formulas as MathML, links to claims with their verdicts, sources, pictures."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from claims.book.sphinx import autodoc, execute, roles, sources
from claims.book.text.mathml import mathml


def _visit_math(self: Any, node: nodes.math) -> None:
    self.body.append(mathml(node.astext(), display=False))
    raise nodes.SkipNode


def _visit_math_block(self: Any, node: nodes.math_block) -> None:
    self.body.append(f'<div class="math-display">{mathml(node.astext(), display=True)}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Register all of it."""
    app.add_html_math_renderer("mathml", (_visit_math, None), (_visit_math_block, None))
    for part in (autodoc, execute, roles, sources):
        part.register(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
