"""What a page computes when the book is built: `{picture}` inlines an SVG, `{computed}` inserts Markdown.

    ```{picture} package.module:function
    :alt: what it shows

    A caption, if it wants one.
    ```

The function takes nothing and returns text. Nothing that it draws or counts is committed, and the book is built whole
each time (`claims.book.site`): a page shows what the function returned for that build.
"""

from __future__ import annotations

import importlib
import re
from html import escape
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from claims.engine.registry import ClaimError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx.application import Sphinx

#: What matplotlib writes before and into its SVG and what a page has no use for: a prologue, metadata, and a style
#: that would hold for the whole page. The style's two properties move to the picture itself.
PROLOGUE = re.compile(r"\A.*?(?=<svg\b)", re.DOTALL)
METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
STYLE = re.compile(r"\s*<defs>\s*<style[^>]*>\*\{stroke-linejoin: round; stroke-linecap: butt\}</style>\s*</defs>")
OPENING = re.compile(r"<svg\b([^>]*)>")
KEPT = re.compile(r'(?:viewBox|width|height|xmlns(?::\w+)?)="[^"]*"')
TITLE = re.compile(r"\s*<title>.*?</title>", re.DOTALL)
NAMES = re.compile(r'(\bid="|\bhref="#|url\(#)')


def called(target: str) -> str:
    """What `module:function` returns.

    Raises:
        ClaimError: if there is no such function, or if it returns anything but text.
    """
    module_name, _, name = target.partition(":")
    try:
        function: Callable[[], object] = getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ClaimError(
            f"{target!r} is no function that the book can call ({error}): write module:function"
        ) from error
    text = function()
    if not isinstance(text, str):
        raise ClaimError(f"{target} returned {type(text).__name__}: let it return the text that the page shows")
    return text


def inlined(svg: str, alt: str, prefix: str) -> str:
    """The picture as part of a page: named by `alt`, with ids of its own, and as wide as it is or as the page is.

    Raises:
        ClaimError: if the text holds no SVG.
    """
    if not OPENING.search(svg):
        raise ClaimError(f"the picture {alt!r} is no SVG: its function must return text with an <svg> element")
    svg = STYLE.sub("", METADATA.sub("", PROLOGUE.sub("", svg, count=1)))
    svg = NAMES.sub(rf"\g<1>{prefix}-", svg)
    opening = OPENING.search(svg)
    assert opening is not None
    kept = " ".join(KEPT.findall(opening[1]))
    said = escape(alt, quote=True)
    head = (
        f'<svg {kept} role="img" aria-label="{said}" fill="currentColor" stroke-linejoin="round"'
        f' style="max-width: 100%; height: auto"><title>{escape(alt)}</title>'
    )
    return head + TITLE.sub("", svg[opening.end() :], count=1).strip()


class _Executed(SphinxDirective):
    """A directive whose argument names a function."""

    required_arguments = 1
    has_content = False

    def text(self) -> str:
        """What the function returns. An error of it names the page and the line."""
        try:
            return called(self.arguments[0])
        except ClaimError as error:
            raise self.error(str(error)) from error


class PictureDirective(_Executed):
    """`{picture}`: the SVG that the function returns, inlined; the content is its caption."""

    has_content = True
    option_spec: ClassVar = {"alt": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """A figure. An error of the directive names the page and the line."""
        alt = " ".join(self.options.get("alt", "").split())
        if not alt:
            raise self.error(f"{self.arguments[0]}: a picture wants :alt:, which says what it shows")
        prefix = f"picture-{self.env.new_serialno('picture')}"
        try:
            svg = inlined(self.text(), alt, prefix)
        except ClaimError as error:
            raise self.error(str(error)) from error
        figure = nodes.figure("", nodes.raw("", svg, format="html"), classes=["picture"])
        if self.content:
            caption = nodes.caption()
            self.set_source_info(caption)
            parsed = self.parse_content_to_nodes()
            caption += parsed[0].children if parsed and isinstance(parsed[0], nodes.paragraph) else parsed
            figure += caption
        return [figure]


class ComputedDirective(_Executed):
    """`{computed}`: the Markdown that the function returns."""

    def run(self) -> list[nodes.Node]:
        """The nodes of that Markdown."""
        return self.parse_text_to_nodes(self.text())


def register(app: Sphinx) -> None:
    """Teach Sphinx the two directives."""
    app.add_directive("picture", PictureDirective)
    app.add_directive("computed", ComputedDirective)
