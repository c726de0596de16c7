"""The code in the book: a highlighted page for each Python file, and links of the guides to files of the repository."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from html import escape
from multiprocessing import Pool
from os.path import relpath
from pathlib import Path
from posixpath import join, normpath
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.highlighting import PygmentsBridge
from sphinx.util.osutil import relative_uri

from claims.book import code
from claims.book.sphinx.roles import link, state
from claims.book.symbols import REPOSITORY, source_page

#: Pygments numbers the lines and wraps each in a span of its own.
LINE = re.compile(r'<span id="L-(\d+)"><span class="linenos">( *\d+)</span>')


def files() -> dict[str, Path]:
    """The Python files that have pages, by their paths in the book."""
    return code.files(state().registry)


def collect_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The pages of the source: name, what the template is filled with, template."""
    if not isinstance(app.builder, StandaloneHTMLBuilder):
        return
    documented = app.env.domains.python_domain.modules
    found = files()
    for path, text in zip(found, coloured(app.parallel, app.builder.highlighter, list(found.values())), strict=True):
        module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        page = source_page(path)
        entry = documented.get(module)
        up = relative_uri(page, f"{entry.docname}.html") + f"#{entry.node_id}" if entry else ""
        yield page.removesuffix(".html"), {"title": path, "body": _body(path, text, module, up)}, "page.html"


def coloured(processes: int, highlighter: PygmentsBridge, files: list[Path]) -> Iterator[str]:
    """The files in colour. Sphinx asks for them when its own processes have ended, so it would be done by one."""
    colour = partial(_highlighted, highlighter)
    if processes < 2:
        yield from map(colour, files)
        return
    with Pool(processes) as pool:
        yield from pool.imap(colour, files, chunksize=8)


def _highlighted(highlighter: PygmentsBridge, file: Path) -> str:
    text = file.read_text(encoding="utf-8")
    return highlighter.highlight_block(text, "python", force=True, linenos="inline", linespans="L")


def _body(path: str, text: str, module: str, up: str) -> str:
    # Who goes by the tabulator key would have to pass every line: the numbers are links for those who point.
    text = LINE.sub(r'<span id="L\1"><a href="#L\1" tabindex="-1"><span class="linenos">\2</span></a>', text)
    text = text.replace("<pre>", f'<pre tabindex="0" aria-label="{escape(path)}">', 1)
    reference = f'<p><a href="{up}">API of <code>{module}</code></a></p>' if up else ""
    return f'<h1><code>{escape(path)}</code></h1>{reference}<div class="highlight-python source">{text}</div>'


def link_files(app: Sphinx, doctree: nodes.document) -> None:
    """Point links at files of the repository to their pages, or to copies; other unknown links are left to warn."""
    docname = app.env.current_document.docname
    for node in list(doctree.findall(addnodes.pending_xref)):
        if node.get("reftype") != "myst" or node.get("refdomain"):
            continue
        target, _, anchor = str(node["reftarget"]).partition("#")
        # The guides lie in docs/, where these links are written; what is generated is thought to lie there too.
        path = normpath(join("docs", docname, "..", target))
        if path.startswith("..") or not (REPOSITORY / path).is_file():
            continue
        app.env.note_dependency(REPOSITORY / path)
        if path.endswith(".py") and path.split("/")[0] in code.FOLDERS:
            address = source_page(path) + (f"#{anchor}" if anchor else "")
            node.replace_self(link(docname, address, *node.children))
        else:
            node.replace_self(_download(app, docname, path, node))


def _download(app: Sphinx, docname: str, path: str, node: addnodes.pending_xref) -> addnodes.download_reference:
    target = relpath(REPOSITORY / path, Path(app.srcdir, docname).parent)
    return addnodes.download_reference("", "", *node.children, reftarget=target, refdoc=docname, refexplicit=True)


class Navigation:
    """The book's contents beside a source page. They hold no source page, so all pages of a folder's depth share them.

    To make them is slow: without this the source pages would cost more than the rest of the book.
    """

    def __init__(self) -> None:
        self.made: dict[int, str] = {}

    def share(self, _app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
        """The hook for `html-page-context`, before that of the theme."""
        if page.startswith("source/") and "toctree" in context:
            make, depth = context["toctree"], page.count("/")

            def shared(**options: object) -> str:
                if depth not in self.made:
                    self.made[depth] = str(make(**options))
                return self.made[depth]

            context["toctree"] = shared


def register(app: Sphinx) -> None:
    """Add the pages and the links."""
    app.connect("html-collect-pages", collect_pages)
    app.connect("html-page-context", Navigation().share, priority=400)
    # Before Sphinx collects the files that are to be copied.
    app.connect("doctree-read", link_files, priority=400)
