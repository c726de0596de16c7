"""What Sphinx learns for the book: formulas as MathML, links to claims with their verdicts, sources, pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

from claims.book.sphinx import autodoc, execute, roles, sources
from claims.book.text.mathml import mathml


def _visit_math(self: Any, node: nodes.math) -> None:
    self.body.append(mathml(node.astext(), display=False))
    raise nodes.SkipNode


def _visit_math_block(self: Any, node: nodes.math_block) -> None:
    self.body.append(f'<div class="math-display">{mathml(node.astext(), display=True)}</div>')
    raise nodes.SkipNode


def _find_scorer(app: Sphinx, config: Config) -> None:
    """Sphinx looks for the scorer of the search from where it is started, and not from `conf.py`."""
    if config.html_search_scorer:
        config.html_search_scorer = str(Path(app.confdir, config.html_search_scorer))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register all of it."""
    app.add_html_math_renderer("mathml", (_visit_math, None), (_visit_math_block, None))
    app.connect("config-inited", _find_scorer)
    for part in (autodoc, execute, roles, sources):
        part.register(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
