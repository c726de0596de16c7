"""The built book, page by page: every link of its own leads somewhere, and no markup is left in the text."""

import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

LINK = re.compile(r'\s(?:href|xlink:href|src)="([^"]*)"')
NAME = re.compile(r'\s(?:id|name)="([^"]*)"')
#: What a reader does not see, or what stands for itself.
UNREAD = re.compile(r'<(?:(script|style|code|pre|math|template)\b|(dt) class="sig\b).*?</(?:\1|\2)>', re.DOTALL)
TAG = re.compile(r"<[^>]*>")
RAW = re.compile(r"(?<!\S)\*\*(?=\S)|\{\.?verdict|\{#|:::|:py:|\{[a-z]+\}`|&#?\w+;|\[\w[^]]*\]\(|</?\w+>|`")
#: A link to code whose name Markdown has taken for emphasis.
BROKEN_CODE = re.compile(r'<a class="code"[^>]*>(?:(?!</a>).)*<em>')


#: With those that read the built book, in one process.
pytestmark = pytest.mark.xdist_group("book")


@pytest.fixture(scope="session")
def pages(book: Path) -> dict[str, str]:
    """The pages but those of the source, by their paths in the book."""
    found = {file.relative_to(book).as_posix(): file for file in sorted(book.rglob("*.html"))}
    return {path: file.read_text(encoding="utf-8") for path, file in found.items() if not path.startswith("source/")}


def dead(book: Path, pages: dict[str, str]) -> Iterator[str]:
    """`page -> address` for each link within the book whose file, or whose place in it, is not there."""

    @cache
    def names(file: Path) -> frozenset[str]:
        return frozenset(map(unescape, NAME.findall(file.read_text(encoding="utf-8"))))

    for path, text in pages.items():
        for address in {unescape(found) for found in LINK.findall(text)}:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (book / path).parent / unquote(parts.path) if parts.path else book / path
            target = target.resolve()
            if not target.is_file() or (parts.fragment and unquote(parts.fragment) not in names(target)):
                yield f"{path} -> {address}"


def left(text: str) -> list[str]:
    """The pieces of markup that a reader of the page would see."""
    seen = unescape(TAG.sub("\n", UNREAD.sub(" ", text.partition("<body")[2])))
    return [" ".join(seen[max(0, found.start() - 30) : found.end() + 30].split()) for found in RAW.finditer(seen)]


def test_every_link_leads_somewhere(book: Path, pages: dict[str, str]) -> None:
    """Pages, pictures, styles, lines of source: the file is there, and so is the place in it that the link names."""
    assert len(pages) > 100
    assert sorted(dead(book, pages)) == []


def test_no_markup_is_left_in_the_text(pages: dict[str, str]) -> None:
    """Outside code nobody reads Markdown, a role that was not understood, or an entity."""
    assert {path: found for path, text in pages.items() if (found := left(text))} == {}
    assert [path for path, text in pages.items() if ":py:obj:" in text or BROKEN_CODE.search(text)] == []


def test_what_is_broken_is_found(tmp_path: Path) -> None:
    """A dead page, a dead anchor and raw Markdown are reported; what is right is not."""
    good = '<body><p id="here">2 * 3 <code>**a**</code></p><a href="#here">x</a><a href="https://a.b/c">y</a>'
    bad = (
        '<body><a href="gone.html">x</a><a href="good.html#gone">y</a><img src="good.html"> **a {.verdict} &amp;#8203;'
    )
    written = {"good.html": good, "bad.html": bad}
    for path, text in written.items():
        (tmp_path / path).write_text(text)
    assert sorted(dead(tmp_path, written)) == ["bad.html -> gone.html", "bad.html -> good.html#gone"]
    assert left(good) == []
    assert len(left(bad)) == 3
