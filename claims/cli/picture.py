"""The graph of claims as an SVG picture: in columns, what rests on nothing at the left.

Every column is as wide as its longest label and every row as high as a box, so no two boxes overlap, whatever
the size of the graph; the picture grows instead.
"""

from __future__ import annotations

import io
import textwrap
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import networkx as nx
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from claims.cli.drawing import COLOURS, DOUBT_COLOUR, EDGE_STYLES, names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from claims.engine.claim import Claim
    from claims.engine.state import State

#: Inches. A letter is as wide as an average one at 9 points, with a margin for wide ones.
LETTER, LINE, PADDING, BETWEEN, GAP, MARGIN = 0.085, 0.16, 0.12, 0.14, 0.9, 0.3
POINTS = 9

#: Letters a line in a box: longer labels are broken, lest one long label widen its whole column.
LINE_LETTERS = 24

#: Passes over the columns that move each box towards those it is joined to; more change little.
PASSES = 4


@dataclass(frozen=True)
class Box:
    """Where a box stands (left edge and middle), how large it is, and what is written in it."""

    x: float
    y: float
    width: float
    height: float
    name: str

    @classmethod
    def around(cls, x: float, y: float, name: str, height: float = LINE + PADDING) -> Box:
        """A box that is as wide as its name needs."""
        return cls(x, y, max(map(len, name.splitlines())) * LETTER + 0.2, height, name)


def to_svg(state: State, claims: list[Claim], graph: nx.DiGraph) -> str:
    """The picture as SVG text, the same bytes each time."""
    written = io.StringIO()
    # Text stays text, so that a reader can search it; salt and date are fixed, so that the file diffs.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "lemmata"}):
        draw(state, claims, graph).savefig(written, format="svg", metadata={"Date": None})
    return written.getvalue().rstrip()


def draw(state: State, claims: list[Claim], graph: nx.DiGraph) -> Figure:
    """The picture, as large as the graph needs."""
    doubts = state.doubts()
    called = {id: f"{name} ?" if id in doubts else name for id, name in names(claims).items()}
    boxes = place_boxes(ordered_columns(graph), called)
    width = max([7.0, *(box.x + box.width + MARGIN for box in boxes.values())])
    bottom = max((box.y + box.height for box in boxes.values()), default=0.0) + MARGIN
    figure = Figure(figsize=(width, bottom + 2 * MARGIN))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(bottom + 2 * MARGIN, 0))
    axes.set_axis_off()
    for start, end, kind in graph.edges(data="kind"):
        draw_edge(axes, boxes[start], boxes[end], EDGE_STYLES[kind])
    for id, box in boxes.items():
        draw_box(axes, box, COLOURS[state.verdict(id)], doubted=id in doubts)
    _draw_legend(axes, bottom)
    return figure


def ordered_columns(graph: nx.DiGraph) -> list[list[str]]:
    """Generations of the graph, foundations first, each ordered to cross few edges."""
    columns = [sorted(generation) for generation in nx.topological_generations(graph.reverse())]
    for number in range(PASSES):
        height = {id: row - len(column) / 2 for column in columns for row, id in enumerate(column)}
        for column in columns if number % 2 == 0 else reversed(columns):
            column.sort(key=lambda node: _mean_height(graph, node, height))
            height.update({id: row - len(column) / 2 for row, id in enumerate(column)})
    return columns


def _mean_height(graph: nx.DiGraph, id: str, height: dict[str, float]) -> float:
    joined = [*graph.successors(id), *graph.predecessors(id)]
    return sum(height[other] for other in joined) / len(joined) if joined else height[id]


def place_boxes(columns: list[list[str]], called: dict[str, str]) -> dict[str, Box]:
    """The box of each claim; all are equally high, and columns are centred on one another."""
    broken = {id: textwrap.fill(name, LINE_LETTERS) for id, name in called.items()}
    height = max((len(name.splitlines()) for name in broken.values()), default=1) * LINE + PADDING
    row, tallest = height + BETWEEN, max(map(len, columns), default=0)
    boxes: dict[str, Box] = {}
    x = MARGIN
    for column in columns:
        top = MARGIN + row * (tallest - len(column)) / 2
        placed = {id: Box.around(x, top + row * (n + 0.5), broken[id], height) for n, id in enumerate(column)}
        widest = max(box.width for box in placed.values())
        boxes |= {id: replace(box, width=widest) for id, box in placed.items()}
        x += widest + GAP
    return boxes


def draw_edge(axes: Axes, start: Box, end: Box, style: str, head: str = "-|>") -> None:
    """A curve from the left side of the one that rests to the right side of what it rests on."""
    left, right, bend = start.x, end.x + end.width, GAP / 2
    points = [(left, start.y), (left - bend, start.y), (right + bend, end.y), (right, end.y)]
    curve = Path(points, [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
    look: dict[str, Any] = {
        "linewidth": 0.8,
        "color": "#777777",
        "alpha": 0.7,
        "linestyle": style,
        "zorder": 1,
    }
    axes.add_patch(FancyArrowPatch(path=curve, arrowstyle=head, mutation_scale=7, **look))


def draw_box(axes: Axes, box: Box, colour: str, *, doubted: bool = False) -> None:
    """A box with its name, filled with a colour."""
    border: dict[str, Any] = {"edgecolor": "#444444", "linewidth": 0.8}
    if doubted:
        border = {"edgecolor": DOUBT_COLOUR, "linewidth": 2.0, "linestyle": "dashed"}
    corner = (box.x, box.y - box.height / 2)
    shape = "round,pad=0,rounding_size=0.06"
    filled = FancyBboxPatch(corner, box.width, box.height, boxstyle=shape, facecolor=colour, zorder=2, **border)
    axes.add_patch(filled)
    middle: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": POINTS, "zorder": 3}
    axes.text(box.x + box.width / 2, box.y, box.name, parse_math=False, **middle)


def _draw_legend(axes: Axes, y: float) -> None:
    x = MARGIN
    legend = [(verdict.value if verdict else "not run", verdict, False) for verdict in COLOURS]
    for name, verdict, doubted in [*legend, ("in doubt ?", None, True)]:
        box = Box.around(x, y, name)
        draw_box(axes, box, COLOURS[verdict], doubted=doubted)
        x += box.width + 0.15
