"""The book as a site: gather the hand-written pages and those made from registry and ledger, and run Sphinx."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import torch
from sphinx.cmd.build import build_main

from claims.book.drawings import graph
from claims.book.known import Known
from claims.book.pages import api, coverage, errata, front, papers, reproductions
from claims.book.symbols import REPOSITORY
from claims.engine.registry import ClaimError
from claims.engine.state import State

STATIC = Path(__file__).parent / "static"


def generated(known: Known) -> dict[str, str]:
    """Every page and picture that is made, by its path in the book."""
    makers = (front, papers, errata, graph, coverage, reproductions)
    return api.pages() | {path: text for maker in makers for path, text in maker.pages(known).items()}


def gather(source: Path, known: Known) -> None:
    """Fill the folder with the sources of the book, and with nothing else; what has not changed keeps its date.

    Raises:
        ClaimError: if there is no `docs/` beside the packages, as in an installed distribution.
    """
    docs = REPOSITORY / "docs"
    if not (docs / "conf.py").is_file():
        raise ClaimError(f"{docs}: no sources of the book; it is built from a checkout of the repository")
    wanted = {file.relative_to(docs): file.read_bytes() for file in sorted(docs.rglob("*")) if file.is_file()}
    wanted |= {Path("static") / file.name: file.read_bytes() for file in STATIC.iterdir()}
    made = {Path(path): text.encode() for path, text in generated(known).items()}
    if clash := sorted(str(path) for path in wanted.keys() & made.keys()):
        raise ClaimError(f"{docs}: {', '.join(clash)} would be made for the book; rename the file that is there")
    _write(source, wanted | made)


def _write(folder: Path, files: Mapping[Path, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for stale in {file.relative_to(folder) for file in folder.rglob("*") if file.is_file()} - files.keys():
        (folder / stale).unlink()
    for path, content in files.items():
        target = folder / path
        if not target.is_file() or target.read_bytes() != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


def build(out: Path, *, quiet: bool = True) -> Path:
    """Build the book below `out` and return its front page, `<out>/html/index.html`.

    The site that is there stays as it is until the new one is complete.

    Raises:
        ClaimError: if Sphinx has a warning to give; all are printed.
    """
    gather(out / "source", Known(State.load(None)))
    torch.set_num_threads(1)  # the pages are read by one process a core
    made = Path(tempfile.mkdtemp(dir=out, prefix="html-"))
    try:
        options = ["-b", "html", "-W", "--keep-going", "-j", "auto", *(["-q"] if quiet else [])]
        failed = build_main([*options, "-d", str(out / "doctrees"), str(out / "source"), str(made)])
        if failed:
            raise ClaimError("the book has not been built: mend what is printed above")
        for drawing in (out / "source").glob("graphs/*.svg"):
            shutil.copy(drawing, made / "graphs")  # linked from HTML that Sphinx does not read
        made.chmod(0o755)
        shutil.rmtree(out / "html", ignore_errors=True)
        os.replace(made, out / "html")
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return out / "html" / "index.html"
