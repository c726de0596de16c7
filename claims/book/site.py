"""The book as a site: gather the hand-written pages and those made from registry and ledger, and run Sphinx."""

from __future__ import annotations

import io
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import torch
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.console import strip_colors
from sphinx.util.docutils import docutils_namespace, patch_docutils

from claims.book import homes
from claims.book.drawings import graph, marks
from claims.book.known import Known
from claims.book.pages import api, coverage, errata, front, papers, reproductions
from claims.book.symbols import REPOSITORY
from claims.engine.registry import ClaimError
from claims.engine.state import State

STATIC = Path(__file__).parent / "static"

#: Says that a folder was made here, and that what lies in it may be replaced.
MARKER = ".lemmata-book"


def generated(known: Known) -> dict[str, str]:
    """Every page, picture and style sheet that is made, by its path in the book."""
    makers = (front, papers, errata, graph, coverage, reproductions)
    made = {"static/verdicts.css": marks.verdict_colours()} | api.pages()
    return made | {path: text for maker in makers for path, text in maker.pages(known).items()}


def gather(source: Path, known: Known) -> None:
    """Make the folder anew with the sources of the book, and with nothing else.

    Raises:
        ClaimError: if there is no `docs/` beside the packages, as in an installed distribution; if a file of it has
            the name of one that is made; if two claims would have one anchor.
    """
    docs = REPOSITORY / "docs"
    if not (docs / "conf.py").is_file():
        raise ClaimError(f"{docs}: no sources of the book; it is built from a checkout of the repository")
    homes.refuse_shared_anchors(known.registry)
    wanted = {file.relative_to(docs): file.read_bytes() for file in sorted(docs.rglob("*")) if file.is_file()}
    wanted |= {Path("static") / file.name: file.read_bytes() for file in STATIC.iterdir()}
    made = {Path(path): text.encode() for path, text in generated(known).items()}
    if clash := sorted(str(path) for path in wanted.keys() & made.keys()):
        raise ClaimError(f"{docs}: {', '.join(clash)} would be made for the book; rename the file that is there")
    shutil.rmtree(source, ignore_errors=True)
    _write(source, wanted | made)


def _write(folder: Path, files: Mapping[Path, bytes]) -> None:
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def claim_folder(out: Path) -> None:
    """Take the folder for the book, and clear away what an interrupted build has left in it.

    Raises:
        ClaimError: if something is in it, and no book has been built there.
    """
    if out.exists() and not out.is_dir():
        raise ClaimError(f"--out {out}: is a file; name a folder")
    if out.is_dir() and not (out / MARKER).is_file() and any(out.iterdir()):
        raise ClaimError(f"--out {out}: has files in it that are not of a book; name an empty folder, or a new one")
    out.mkdir(parents=True, exist_ok=True)
    (out / MARKER).write_text("`lemmata book` replaces what is in this folder.\n", encoding="utf-8")
    for left in out.glob("making-*"):
        shutil.rmtree(left, ignore_errors=True)


def run_sphinx(source: Path, made: Path, trees: Path) -> None:
    """Make the HTML.

    Raises:
        ClaimError: if Sphinx has a warning to give. It tells all of them, and names a guide by its path in `docs/`.
    """
    told = io.StringIO()
    try:
        with patch_docutils(str(source)), docutils_namespace():
            processes = os.cpu_count() or 1
            app = Sphinx(
                source, source, made, trees, "html",
                status=None, warning=told, freshenv=True, warningiserror=True, parallel=processes,
            )  # fmt: skip
            app.build(force_all=True)
            failed = bool(app.statuscode)
    except SphinxError as error:
        failed = bool(told.write(f"{error}\n"))
    if failed:
        raise ClaimError(f"the book has not been built:\n{told_of(source, strip_colors(told.getvalue()).strip())}")


def told_of(source: Path, warnings: str) -> str:
    """The warnings, with the paths that a reader can mend: a guide's own, not that of its copy."""

    def own(found: re.Match[str]) -> str:
        return f"docs/{found[1]}" if (REPOSITORY / "docs" / found[1]).is_file() else f"{found[1]} (made by claims.book)"

    return re.sub(rf"{re.escape(str(source.resolve()))}/([^:\s]+)", own, warnings)


def build(out: Path) -> Path:
    """Build the book below `out` and return its front page, `<out>/html/index.html`.

    It is built whole each time: a page shows verdicts of claims whose records are no source that Sphinx could watch.
    The site that is there stays as it is until the new one is complete.

    Raises:
        ClaimError: if `out` holds what is not of a book; if Sphinx has a warning to give.
    """
    claim_folder(out)
    source = (out / "source").resolve()
    logging.getLogger("matplotlib.font_manager").setLevel(logging.WARNING)  # it tells of its first run
    gather(source, Known(State.load(None)))
    torch.set_num_threads(1)  # the pages are read by one process a core
    with tempfile.TemporaryDirectory(dir=out, prefix="making-", ignore_cleanup_errors=True) as temporary:
        made = Path(temporary, "html")
        run_sphinx(source, made, Path(temporary, "doctrees"))
        for drawing in source.glob("graphs/*.svg"):
            shutil.copy(drawing, made / "graphs")  # linked from HTML that Sphinx does not read
        if (out / "html").exists():
            os.replace(out / "html", Path(temporary, "before"))
        os.replace(made, out / "html")
    return out / "html" / "index.html"
