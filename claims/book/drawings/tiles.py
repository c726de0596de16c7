"""The picture of the verdicts: one tile a claim, paper by paper, in the paper's order; items stand a little apart."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from html import escape
from typing import TYPE_CHECKING

from claims.book import homes
from claims.book.drawings.marks import LOOKS, MARGIN, legend, look, mark, picture, style
from claims.book.standing import counted, is_stale
from claims.engine.doubt import doubt_sentence
from claims.engine.state import by_paper

if TYPE_CHECKING:
    from claims.book.known import Known
    from claims.engine.claim import Claim
    from claims.engine.paper import Paper
    from claims.engine.state import State

#: Pixels: the picture, a tile, the gaps between tiles and between items; and letters a line of a title.
WIDTH, TILE, GAP, APART, LINE_LETTERS = 840.0, 15.0, 2.0, 5.0, 92


def verdicts_svg(
    state: State,
    claims: Sequence[Claim],
    papers: Mapping[str, Paper],
    *,
    address: Callable[[str], str] | None = None,
    inlined: bool = False,
) -> str:
    """The picture of these claims; tiles are links where `address` says where a claim's home is."""
    doubts = state.doubts()
    told = [(look(state.verdict(claim.id)), claim.id in doubts, claim.kind) for claim in claims]
    drawn, y = legend(told, WIDTH)
    tile = partial(_tile, state, doubts, address)
    for id, group in sorted(by_paper(claims).items()):
        heading = textwrap.wrap(papers[id].title, LINE_LETTERS)
        counts = f"{id}, {len(group)} claims: {in_words(state, group, doubts)}"
        block, y = _paper(heading, counts, in_order(papers[id], group), tile, y)
        drawn += block
    title = f"The verdicts on {len(claims)} claims: {in_words(state, claims, doubts)}"
    about = "One tile a claim, in the order of its paper; a round tile is a repair, a dashed one is in doubt."
    return picture((WIDTH, y + MARGIN), [style(inlined=inlined), *drawn], title=title, about=about, role="img")


def block(known: Known, from_page: str) -> str:
    """The picture of all claims, with links, as Markdown for a page of the book; on a phone it scrolls sideways."""
    svg = verdicts_svg(
        known.state,
        list(known.registry),
        known.papers,
        address=partial(homes.address, from_page=from_page),
        inlined=True,
    )
    frame = '<div class="tiles" style="overflow-x: auto" tabindex="0" role="region" aria-label="The verdicts">'
    return f"```{{raw}} html\n{frame}\n{svg}\n</div>\n```"


def in_words(state: State, claims: Sequence[Claim], doubts: Mapping[str, Sequence[str]]) -> str:
    """How many claims have which verdict, and how many are in doubt: `23 proved, 18 refuted; 3 in doubt`."""
    found = counted([state.verdict(claim.id) for claim in claims])
    doubtful = sum(claim.id in doubts for claim in claims)
    return found + (f"; {doubtful} in doubt" if doubtful else "")


def in_order(paper: Paper, claims: Sequence[Claim]) -> list[list[Claim]]:
    """The claims item by item, items in the paper's order, each one's claims in order of declaration."""
    items: dict[str, list[Claim]] = {f"{paper.id}/{name}": [] for section in paper.sections for name in section.items}
    for claim in claims:
        items.setdefault(homes.item(claim.id), []).append(claim)
    return [members for members in items.values() if members]


def _paper(
    heading: Sequence[str],
    counts: str,
    items: Sequence[Sequence[Claim]],
    tile: Callable[[Claim, tuple[float, float]], str],
    y: float,
) -> tuple[list[str], float]:
    """Title, counts and tiles of one paper, from a height on; and the height at which they end."""
    drawn = []
    y += MARGIN
    for line in heading:
        y += 20
        drawn.append(f'<text class="heading" x="{MARGIN:g}" y="{y:g}">{escape(line)}</text>')
    y += 18
    drawn.append(f'<text x="{MARGIN:g}" y="{y:g}">{escape(counts)}</text>')
    x, y = MARGIN, y + 10
    for members in items:
        for claim in members:
            if x + TILE > WIDTH - MARGIN:
                x, y = MARGIN, y + TILE + GAP + 1
            drawn.append(tile(claim, (x, y)))
            x += TILE + GAP
        x += APART
    return drawn, y + TILE


def _tile(
    state: State,
    doubts: Mapping[str, Sequence[str]],
    address: Callable[[str], str] | None,
    claim: Claim,
    corner: tuple[float, float],
) -> str:
    """One claim. A tile is no stop for the keyboard: there are hundreds, and the papers' pages list them all."""
    x, y = corner
    name, causes = look(state.verdict(claim.id)), doubts.get(claim.id, ())
    # Staleness is a matter of this working copy: the book says it, a picture that is kept does not.
    stale = ", stale" if address and is_stale(state, claim) else ""
    title = f"{claim.paper}, {claim.label}: {LOOKS[name].word}{stale}"
    title += f"\nIn doubt: {doubt_sentence(claim, causes)}." if causes else ""
    classes = f"tile {name}{' doubt' if causes else ''}"
    link = f'a href="{escape(address(claim.id))}" tabindex="-1"' if address else "g"
    round_by = TILE / 2 if claim.kind == "repair" else 2.5
    shape = f'<rect class="shape" x="{x:g}" y="{y:g}" width="{TILE:g}" height="{TILE:g}" rx="{round_by:g}"/>'
    inner = f"<title>{escape(title)}</title>{shape}{mark(name, x + 2.1, y + 2.1, 0.9)}"
    return f'<{link} class="{classes}">{inner}</{link[0]}>'
