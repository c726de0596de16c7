"""The docstrings of this code as reStructuredText: plain text with `code`, Google's sections, lists and doctests.

Autodoc hands each over. What would be markup there is escaped, sections become fields, indented formulas are shown as
they stand, and `code` becomes a link where it names a symbol of the repository. (napoleon would read sections, too; but
it takes all that stands before a colon in the comment of a constant for its type.)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import groupby
from textwrap import dedent

from sphinx.application import Sphinx

from claims.book.symbols import locate
from claims.engine.registry import ClaimError

#: Google's sections, by the field that each entry becomes.
FIELDS = {"Args:": "param", "Raises:": "raises", "Returns:": "returns", "Yields:": "yields"}
ENTRY = re.compile(r"\*{0,2}([\w.]+): (.*)", re.DOTALL)
BULLET = re.compile(r"- (?=\S)")
CODE = re.compile(r"`([^`]+)`")
NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
#: Markup within text: emphasis, substitutions, references, escapes, a literal block to come.
INLINE = re.compile(r"[\\*|]|_(?!\w)|::(?=\s*$)")
#: Markup at the start of a paragraph: bullets, fields, directives, enumerations, options, doctests, rules.
START = re.compile(r"[-+:=•>/~^#]|\.\.|\(?\w+[.)](?=\s|$)")

#: Makes the text of a link from a name, or None if the book documents no such thing.
Link = Callable[[str], str | None]


def restructured(lines: list[str], link: Link = lambda name: None) -> list[str]:  # noqa: ARG005
    """A docstring as reStructuredText."""
    written: list[str] = []
    for filled, block in groupby(lines, key=lambda line: bool(line.strip())):
        if filled:
            written += [*_paragraph(list(block), link), ""]
    return written


def _paragraph(lines: list[str], link: Link) -> Iterator[str]:
    """Lines between two empty ones: a doctest, a section, or text with bullets and formulas set off from it."""
    if lines[0].lstrip().startswith(">>>"):
        yield from lines
    elif lines[0] in FIELDS:
        for entry in _entries(lines[1:]):
            yield from _field(FIELDS[lines[0]], entry, link).split("\n")
    else:
        for kind, block in _pieces(lines):
            yield ""
            yield from ["::", "", *block] if kind == "formula" else escaped("\n".join(block), link).split("\n")
            yield ""


def _field(kind: str, entry: str, link: Link) -> str:
    named = ENTRY.fullmatch(entry) if kind in {"param", "raises"} else None
    return f":{kind} {named[1]}: {escaped(named[2], link)}" if named else f":{kind}: {escaped(entry, link)}"


def _entries(lines: list[str]) -> Iterator[str]:
    """The entries of a section, each with the lines that continue it."""
    entry: list[str] = []
    for line in dedent("\n".join(lines)).splitlines():
        if entry and not line.startswith(" "):
            yield "\n".join(entry)
            entry = []
        entry.append(line)
    if entry:
        yield "\n".join(entry)


def _pieces(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Text, bullets and formulas in turn: a formula is indented and belongs to no bullet."""
    kind, piece = "", list[str]()
    for line in lines:
        if BULLET.match(line):
            now, new = "bullet", True
        elif line.startswith(" "):
            now, new = ("bullet", False) if kind == "bullet" else ("formula", kind != "formula")
        else:
            now, new = "text", kind != "text"
        if new and piece:
            yield kind, piece
            piece = []
        kind = now
        piece.append(line)
    if piece:
        yield kind, piece


def escaped(text: str, link: Link = lambda name: None) -> str:  # noqa: ARG005
    """Plain text that reStructuredText leaves as it is; what stands in `backticks` is code, or a link."""
    bullet = BULLET.match(text)
    lead = bullet.group() if bullet else re.match(r"\s*", text)[0]  # type: ignore[index]
    parts = CODE.split(text[len(lead) :])
    written = ""
    for number, part in enumerate(parts):
        if number % 2:
            # Markup must stand apart from letters: an escaped blank parts them and is not shown.
            before = "\\ " if written and written[-1] not in " \n(" else ""
            after = "\\ " if parts[number + 1] and parts[number + 1][0] not in " \n).,;:" else ""
            written += before + _code(part, link) + after
        else:
            written += INLINE.sub(r"\\\g<0>", part)
    return lead + ("\\" if START.match(parts[0]) else "") + written


def _code(text: str, link: Link) -> str:
    target = link(text) if NAME.fullmatch(text) else None
    # Markup cannot end in a blank: a character of no width follows it.
    return f":py:obj:`{text} <{target}>`" if target else f"``{text}\u2060``" if text.endswith(" ") else f"``{text}``"


def _linker(name: str) -> Link:
    """What a name means in the docstring of `name`: there, or in what is around it, up to its module."""

    def link(text: str) -> str | None:
        around = name.split(".")
        for depth in range(len(around), -1, -1):
            try:
                home = locate(".".join([*around[:depth], text])).dotted
            except ClaimError:
                continue
            return None if home == name else home
        return None

    return link


def rewrite(_app: Sphinx, _what: str, name: str, _object: object, _options: object, lines: list[str]) -> None:
    """The hook for `autodoc-process-docstring`."""
    lines[:] = restructured(lines, _linker(name))


def register(app: Sphinx) -> None:
    """Add the hook."""
    app.connect("autodoc-process-docstring", rewrite)
