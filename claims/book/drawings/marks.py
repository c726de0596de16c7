"""How a verdict is shown: a colour for a light and a dark page, and a mark in pictures, for some see no colour.

The words on the book's pages have the colours of the pictures: `verdict_colours` makes their style sheet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from claims.engine.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Look:
    """The word for readers, the mark (an SVG path in a square of 12), and (fill, line) on a light and a dark page."""

    word: str
    mark: str
    light: tuple[str, str]
    dark: tuple[str, str]


NOT_RUN, PARTS = "not-run", "parts"

#: By the class of the element in a picture. `parts` is an item that is several claims and has no statement of its own.
LOOKS: Mapping[str, Look] = {
    "proved": Look(
        "proved", "M2 6.5l3 3 5-7",
        light=("#cfeccf", "#2a7030"), dark=("#1d4a29", "#7fce8b"),
    ),
    "supported": Look(
        "supported", "M1.5 7c1.5-4 3-4 4.5-1.5s3 2.5 4.5-1.5",
        light=("#cfe5f7", "#1c6294"), dark=("#153d5a", "#84c3ec"),
    ),
    "refuted": Look(
        "refuted", "M2.5 2.5l7 7m0-7l-7 7",
        light=("#f9cfcc", "#ab231c"), dark=("#652020", "#ffa39d"),
    ),
    "inconclusive": Look(
        "inconclusive", "M3.5 4a2.5 2.5 0 1 1 3.5 2.3q-1 .5-1 1.7m0 2.3v.6",
        light=("#fae9ac", "#7d5900"), dark=("#54410b", "#f0c84b"),
    ),
    NOT_RUN: Look(
        "not run", "M3 6h6",
        light=("#ececec", "#666666"), dark=("#383838", "#b5b5b5"),
    ),
    PARTS: Look(
        "several claims", "M2 3h8m-8 3h8m-8 3h8",
        light=("#ffffff", "#666666"), dark=("#242628", "#b5b5b5"),
    ),
}  # fmt: skip

#: The border of a claim in doubt, which is dashed as well; text; the page; lines. (light, dark)
DOUBT, INK, PAGE, LINE = (
    ("#a04e00", "#ffb15c"),
    ("#1a1a1a", "#f2f2f2"),
    ("#ffffff", "#131416"),
    ("#6f6f6f", "#9a9a9a"),
)

#: Pixels: a letter of 12, a wide one too; the margin of a picture; a row of a legend.
LETTER, MARGIN, ROW = 7.1, 16.0, 26.0
FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif"


#: Where a page of the book is dark: the reader's system may ask for that, and the book's own switch, which says
#: `data-theme` at the body. Paper is light whatever the screen is.
DARK = "screen and (prefers-color-scheme: dark)"
DARK_PAGES = ((DARK, 'body:not([data-theme="light"])'), ("screen", 'body[data-theme="dark"]'))


def look(verdict: Verdict | None) -> str:
    """The class of a verdict; None is a claim that was not run."""
    return verdict.value if verdict else NOT_RUN


def style(*, inlined: bool) -> str:
    """The style element of a picture: of a file, which follows the reader's system, or within a page of the book."""
    rules = [_shapes(), _colours(0)]
    if inlined:
        rules.append(".tiles .lemmata { display: block; min-width: 620px; max-width: 100%; height: auto; }")
        for media, page in DARK_PAGES:
            rules.append(f"@media {media} {{\n{_colours(1, f'{page} ')}\n}}")
    else:
        rules.append(f"@media {DARK} {{\n{_colours(1)}\n}}")
    return "<style>\n" + "\n".join(rules) + "\n</style>"


def verdict_colours() -> str:
    """The style sheet `verdicts.css`: for each class, `--<class>-ink` and `--<class>-paper` on light and dark pages."""
    dark = "".join(f"@media {media} {{\n{page} {{\n{_variables(1)}}}\n}}\n" for media, page in DARK_PAGES)
    return f"/* Made from claims/book/drawings/marks.py. */\nbody {{\n{_variables(0)}}}\n{dark}"


def _variables(page: int) -> str:
    colours = {name: (each.dark if page else each.light) for name, each in LOOKS.items()}
    colours["doubt"] = (PAGE[page], DOUBT[page])
    return "".join(f"  --{name}-ink: {ink}; --{name}-paper: {paper};\n" for name, (paper, ink) in colours.items())


def _shapes() -> str:
    return "\n".join([
        f".lemmata text {{ font: 12px {FONT}; }}",
        ".lemmata .heading { font-size: 15px; font-weight: 600; }",
        ".lemmata .note { font-size: 10.5px; }",
        ".lemmata .shape { stroke-width: 1.2; }",
        ".lemmata .doubt .shape { stroke-width: 2.4; stroke-dasharray: 5 3; }",
        ".lemmata .tile.doubt .shape { stroke-width: 2; stroke-dasharray: 3 2; }",
        ".lemmata .mark { fill: none; stroke-width: 1.8; }",
        ".lemmata .edge { fill: none; stroke-width: 1; }",
        ".lemmata .carried_by { stroke-dasharray: 2 3; }",
        ".lemmata .repairs { stroke-dasharray: 7 4; }",
        ".lemmata a { text-decoration: none; cursor: pointer; }",
    ])  # fmt: skip


def _colours(page: int, within: str = "") -> str:
    """The rules for a light (0) or a dark (1) page; `within` a part of the document that a selector names."""
    rules = [
        f"{within}.lemmata text {{ fill: {INK[page]}; }}",
        f"{within}.lemmata .sheet {{ fill: {PAGE[page]}; }}",
        f"{within}.lemmata .edge {{ stroke: {LINE[page]}; }}",
    ]
    for name, each in LOOKS.items():
        fill, line = each.dark if page else each.light
        rules.append(f"{within}.lemmata .{name} .shape {{ fill: {fill}; stroke: {line}; }}")
        rules.append(f"{within}.lemmata .{name} .mark {{ stroke: {line}; }}")
    return "\n".join([*rules, f"{within}.lemmata .doubt .shape {{ stroke: {DOUBT[page]}; }}"])


def mark(name: str, x: float, y: float, scale: float = 1.0) -> str:
    """The mark of a class, its upper left corner there."""
    turned = f" scale({scale:g})" if scale != 1 else ""
    return f'<path class="mark" transform="translate({x:g} {y:g}){turned}" d="{LOOKS[name].mark}"/>'


def picture(size: tuple[float, float], body: Sequence[str], *, title: str, about: str, role: str = "group") -> str:
    """An SVG document on a sheet of that size; with role `img`, a reader is told its title and no part of it."""
    width, height = (round(length) for length in size)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" class="lemmata" role="{role}" aria-label="{escape(title)}"'
        f' width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
        f"<title>{escape(title)}</title>",
        f"<desc>{escape(about)}</desc>",
        f'<rect class="sheet" width="{width}" height="{height}"/>',
        *body,
        "</svg>",
    ])  # fmt: skip


def legend(
    told: Iterable[tuple[str, bool, str]], width: float, more: Sequence[tuple[str, str]] = ()
) -> tuple[list[str], float]:
    """What marks and borders mean, of those that occur, with counts; and the height that it takes.

    `told` has (class, in doubt, kind) of each claim, `more` further entries: a word, and a drawing 20 wide.
    """
    known = list(told)
    counts = Counter(name for name, _, _ in known)
    entries = [
        (f"{each.word} {counts[name]}", f'<g class="{name}">{_swatch(3)}{mark(name, 4, -6)}</g>')
        for name, each in LOOKS.items()
        if counts[name]
    ]
    if doubtful := sum(doubt for _, doubt, _ in known):
        entries.append((f"in doubt {doubtful}", f'<g class="doubt not-run">{_swatch(3)}</g>'))
    if any(kind == "repair" for *_, kind in known):
        entries.append(("round: a repair", f'<g class="not-run">{_swatch(8)}</g>'))
    return _in_rows([*entries, *more], width)


def _swatch(corner: float) -> str:
    return f'<rect class="shape" x="0" y="-8" width="20" height="16" rx="{corner:g}"/>'


def _in_rows(entries: Sequence[tuple[str, str]], width: float) -> tuple[list[str], float]:
    """Entries of a legend in rows, and the height that they take."""
    x, y, placed = MARGIN, MARGIN + ROW / 2, []
    for word, drawing in entries:
        wide = 28 + len(word) * LETTER + 14
        if x > MARGIN and x + wide > width:
            x, y = MARGIN, y + ROW
        placed.append(f'<g transform="translate({x:g} {y:g})">{drawing}<text x="27" y="4">{escape(word)}</text></g>')
        x += wide
    return placed, y + ROW / 2
