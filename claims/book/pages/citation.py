"""BibTeX: of each paper, and of the errata as a whole and by paper. Nothing is cited that is not recorded."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from importlib.metadata import version

from claims.engine.paper import Paper

#: What BibTeX or LaTeX would take for markup.
SPECIAL = {sign: f"\\{sign}" for sign in "&%$#_"}


def bibtex(papers: Iterable[Paper], failing: Collection[str]) -> str:
    """Entries for the errata of all these papers together, for those of each in which something fails, and for each.

    A paper without authors has no entry of its own: its contents have not been told (`claims.engine.paper`).
    """
    papers = list(papers)
    entries = [_errata("lemmata-errata", "Errata found by executable claims", papers)]
    entries += [
        _errata(f"errata-{paper.id}", f"Errata to {{{_plain(paper.title)}}}", [paper])
        for paper in papers
        if paper.id in failing
    ]
    entries += [cite(paper) for paper in papers if paper.authors]
    return "\n".join(entries)


def cite(paper: Paper) -> str:
    """The paper itself."""
    fields = {
        "author": " and ".join(map(_plain, paper.authors)),
        "title": f"{{{_plain(paper.title)}}}",
        "booktitle": _plain(paper.venue),
        "year": str(paper.year or ""),
    }
    return _entry("inproceedings", paper.id, fields)


def _errata(key: str, title: str, papers: Iterable[Paper]) -> str:
    about = ", ".join(paper.id for paper in papers)
    fields = {
        "author": "{The Lemmata contributors}",
        "title": title,
        "howpublished": "Software",
        "note": f"lemmata, version {version('lemmata')}; papers: {about}",
    }
    return _entry("misc", key, fields)


def _entry(kind: str, key: str, fields: Mapping[str, str]) -> str:
    lines = [f"  {name} = {{{value}}},\n" for name, value in fields.items() if value]
    return f"@{kind}{{{key},\n{''.join(lines)}}}\n"


def _plain(text: str) -> str:
    return "".join(SPECIAL.get(sign, sign) for sign in text)
