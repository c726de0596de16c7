"""The graph of claims as SVG, which needs no script: links lead to each claim's home, and titles tell what it says.

`static/graph.js` adds zoom, filters and paths to it where there is a script.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

import networkx as nx

from claims.book import homes
from claims.book.drawings.layers import GAP, Box, Point, Sheet, arranged, direct, merged
from claims.book.drawings.marks import MARGIN, legend, mark, picture, style
from claims.book.drawings.nodes import LABEL_HEIGHT, MARK, NOTE_HEIGHT, PADDING, Node, every_claim, items
from claims.book.text.markdown import escaped
from claims.engine.state import by_paper

if TYPE_CHECKING:
    from claims.book.known import Known
    from claims.engine.claim import Claim
    from claims.engine.state import State

#: Where a claim's home is, seen from the picture; None where there is no book to lead to.
Address = Callable[[str], str] | None

HEADING, NARROWEST = 40.0, 640.0

#: What the kinds of edges mean, for the legend.
EDGES = {"rests_on": "rests on", "carried_by": "carried by the repair", "repairs": "repairs"}


def claims_svg(
    state: State, claims: Sequence[Claim], *, address: Address = None, inlined: bool = False, fold: bool = False
) -> str:
    """The graph of these claims, or with `fold` of their items, paper by paper; the same text for the same state."""
    nodes, graph = (items if fold else every_claim)(state, claims)
    papers = list(by_paper(claims))
    sheet, headings = _stacked(nodes, graph, papers)
    width = max(sheet.width, NARROWEST)
    told = [(node.look, node.doubt, node.kind) for node in nodes]
    key, below = legend(told, width, _edge_entries(graph))
    drawn = [f'<text class="heading" x="0" y="{y:g}">{escape(id)}</text>' for id, y in headings]
    drawn += [_edge(start, end, kind, sheet.routes[start, end]) for start, end, kind in graph.edges(data="kind")]
    drawn += [_node(node, sheet.boxes[node.id], address) for node in nodes]
    moved = f'<g transform="translate({MARGIN:g} {below + MARGIN:g})">'
    title = f"What rests on what: {len(nodes)} {'items' if fold else 'claims'} of {', '.join(papers) or 'no paper'}"
    return picture(
        (width + 2 * MARGIN, below + sheet.height + 2 * MARGIN),
        [style(inlined=inlined), *key, moved, *drawn, "</g>"],
        title=title,
        about="An arrow leads from a claim to what it rests on. What rests on nothing stands at the left.",
    )


def _stacked(nodes: Sequence[Node], graph: nx.DiGraph, papers: Sequence[str]) -> tuple[Sheet, list[tuple[str, float]]]:
    """One sheet a paper, below one another; a heading above each if there are several."""
    sheets, headings, y = [], [], 0.0
    for paper in papers:
        sizes = {node.id: node.size for node in nodes if node.id.split("/")[0] == paper}
        if len(papers) > 1:
            headings.append((paper, y + HEADING / 2))
            y += HEADING
        sheets.append(arranged(graph.subgraph(sizes), sizes).moved(0.0, y))
        y += sheets[-1].height + MARGIN
    whole = merged(sheets, max((sheet.width for sheet in sheets), default=0.0), max(y - MARGIN, 0.0))
    routes = {edge: whole.routes.get(edge) or direct(whole.boxes, *edge) for edge in graph.edges()}
    return replace(whole, routes=routes), headings


def _node(node: Node, box: Box, address: Address) -> str:
    """A box with its mark, label and notes, which is a link if there is somewhere to lead to."""
    classes = f"node {node.look}{' doubt' if node.doubt else ''} kind-{node.kind}"
    told = {"data-id": node.id, "data-label": node.label, "data-kind": node.kind, "data-verdict": node.look}
    told["aria-label"] = node.spoken
    link = f'a href="{escape(address(node.home))}"' if address else 'g role="img"'
    written = " ".join(f'{name}="{escape(value)}"' for name, value in told.items())
    top = box.y - box.height / 2
    texts = []
    y = top + PADDING / 2
    for line in node.lines:
        texts.append(f'<text x="{box.x + PADDING + MARK:.4g}" y="{y + 12:.5g}">{escape(line)}</text>')
        y += LABEL_HEIGHT
    for line in node.notes:
        texts.append(f'<text class="note" x="{box.x + PADDING:.4g}" y="{y + 10:.5g}">{escape(line)}</text>')
        y += NOTE_HEIGHT
    corner = box.height / 2 if node.kind == "repair" else 3
    shape = (
        f'<rect class="shape" x="{box.x:.5g}" y="{top:.5g}" width="{box.width:.5g}" height="{box.height:.5g}"'
        f' rx="{min(corner, 13):g}"/>'
    )
    signed = mark(node.look, box.x + PADDING - 1, top + PADDING / 2 + 2)
    inner = "".join([f"<title>{escape(node.title)}</title>", shape, signed, *texts])
    return f'<{link} class="{classes}" {written}>{inner}</{link[0]}>'


def _edge(start: str, end: str, kind: str, points: Sequence[Point]) -> str:
    """A line through its points, with a head where it ends."""
    (x, y), (tip, level) = points[0], points[-1]
    drawn = f"M{x:.5g} {y:.5g}"
    for number, ((x1, y1), (x2, y2)) in enumerate(pairwise(points)):
        bend = GAP / 2
        curve = f"C{x1 - bend:.5g} {y1:.5g} {x2 + bend:.5g} {y2:.5g} "
        drawn += f"{'L' if number % 2 else curve}{x2:.5g} {y2:.5g}"
    drawn += f"M{tip + 6:.5g} {level - 3:.5g}L{tip:.5g} {level:.5g}L{tip + 6:.5g} {level + 3:.5g}"
    return f'<path class="edge {kind}" data-from="{escape(start)}" data-to="{escape(end)}" d="{drawn}"/>'


def _edge_entries(graph: nx.DiGraph) -> list[tuple[str, str]]:
    """Legend entries for the kinds of lines that occur."""
    drawn = {kind for *_, kind in graph.edges(data="kind")}
    line = '<path class="edge {}" d="M21 0H0M6-3L0 0L6 3"/>'
    return [(word, line.format(kind)) for kind, word in EDGES.items() if kind in drawn]


def pages(known: Known) -> dict[str, str]:
    """Page and pictures of each paper, and of all: `graphs/<paper>.md`, `graphs/<paper>.svg`, `...-claims.svg`.

    The pictures must be copied into the site beside their pages: their links, and those to them, are relative.
    """
    written: dict[str, str] = {}
    for id, paper in known.papers.items():
        intro = f"Back to [the paper's page](../papers/{id}.md), or to [the graph of all papers](index.md)."
        written |= _page(known.state, known.of(id), id, f"{paper.short}: what rests on what", intro, both=True)
    links = [f"- [{escaped(paper.title)}]({id}.md)" for id, paper in known.papers.items()]
    contents = ["```{toctree}", ":hidden:", "", *known.papers, "```"]
    intro = "\n".join(
        ["Each paper has a page of its own, with every claim, steps of proofs too:", "", *links, "", *contents]
    )
    return written | _page(known.state, list(known.registry), "index", "What rests on what", intro, both=False)


def _page(state: State, claims: Sequence[Claim], name: str, title: str, intro: str, *, both: bool) -> dict[str, str]:
    draw = partial(claims_svg, state, claims, address=partial(homes.address, from_page=f"graphs/{name}"))
    parts = [
        f"# {escaped(title)}", READING, intro,
        "## Items", FOLDED, _figure("items", draw(fold=True, inlined=True), f"{name}.svg"),
    ]  # fmt: skip
    files = {f"graphs/{name}.svg": draw(fold=True) + "\n"}
    if both:
        parts += ["## Every claim", _figure("claims", draw(inlined=True), f"{name}-claims.svg")]
        files[f"graphs/{name}-claims.svg"] = draw() + "\n"
    return {f"graphs/{name}.md": "\n\n".join([*parts, SCRIPT]) + "\n", **files}


READING = """\
An arrow leads from a claim to what it rests on; foundations stand at the left. The colour and the mark of a box
tell the verdict of the statement as printed. A dashed border tells that the claim is in doubt: its printed proof
uses a refuted claim, and no repair carries it. A box links to all that is known of the claim."""

FOLDED = """\
The steps of a proof, the remarks and the repairs are folded into their item. A box shows the verdict of the item's
own statement. An arrow says that some part of the one item uses some part of the other, so two items may point at
each other without any circle in an argument."""

SCRIPT = """\
```{raw} html
<link rel="stylesheet" href="../_static/graph.css">
<script defer src="../_static/graph.js"></script>
```"""


def _figure(name: str, svg: str, file: str) -> str:
    """The picture in a frame that scrolls, which the keyboard can reach and pass."""
    return f"""\
```{{raw}} html
<figure class="graph" data-name="{name}">
<a class="graph-skip" href="#after-{name}">Skip the graph</a>
<div class="graph-frame" tabindex="0" role="region" aria-label="Graph of {name}; it scrolls">
{svg}
</div>
<figcaption id="after-{name}"><a href="{file}">This graph as a file</a> (SVG, its links lead here).</figcaption>
</figure>
```"""
