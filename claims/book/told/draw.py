"""Figures that are legible on a light page and on a dark one: no background, middle tones, and the page's own colour.

Black is the page's colour. Every other colour has a contrast of 3 at least against white and against a dark page; a
colour never says anything that a shape, a place or a word does not say, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from circuits.svg import drawing

BLUE, ORANGE, GREEN, RED, PURPLE, GREY = "#3d7fc4", "#c4671d", "#2f8f5b", "#d1495b", "#9065c9", "#808080"
COLOURS = (BLUE, ORANGE, GREEN, RED, PURPLE, GREY)
INK = "#000000"

#: In inches: a phone of 360 pixels shows it at three quarters of its size.
WIDTH = 4.6


def picture(draw: Callable[[Any], None], height: float) -> str:
    """The SVG of a figure that `draw` fills. Raises `CircuitError` without matplotlib."""
    with drawing(WIDTH, height, points=9) as drawn:
        drawn.figure.patch.set_visible(False)
        draw(drawn.figure)
        for axes in drawn.figure.axes:
            axes.patch.set_visible(False)
    return drawn.text.replace(INK, "currentColor")


def plain(axes: Any) -> Any:
    """The axes without what carries no information."""
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def legend(axes: Any, **options: Any) -> None:
    """A legend without a frame, whose light ground would hide the dark page."""
    axes.legend(frameon=False, fontsize=8, **options)


@dataclass(frozen=True)
class Style:
    """How a kind of node is drawn, and what the legend calls it."""

    name: str
    colour: str
    marker: str


@dataclass(frozen=True)
class Graph:
    """Nodes with a depth and a style, and edges from one to another, complemented or not."""

    depth: Sequence[int]
    style: Sequence[Style]
    edges: Sequence[tuple[int, int, bool]]
    label: Sequence[str]


def places(graph: Graph, sweeps: int = 4) -> np.ndarray:
    """(x, depth) of each node: depths are rows, and a node stands about the mean of those that it reads and feeds."""
    depth = np.asarray(graph.depth)
    x = np.zeros(len(depth))
    rows = [np.flatnonzero(depth == t) for t in range(depth.max() + 1)]
    near: list[list[int]] = [[] for _ in depth]
    for source, target, _ in graph.edges:
        near[target].append(source)
        near[source].append(target)
    for row in rows:
        x[row] = (np.arange(len(row)) + 0.5) / len(row)
    for _ in range(sweeps):
        for row in rows[1:]:
            wanted = np.array([np.mean(x[near[node]]) if near[node] else x[node] for node in row])
            order = np.argsort(wanted, kind="stable")
            even = (np.arange(len(row)) + 0.5) / len(row)
            # Halfway between where its neighbours are and where there is room.
            x[row[order]] = even if len(row) > 3 else (even + wanted[order]) / 2
    return np.column_stack([x, depth])


def draw_graph(axes: Any, graph: Graph, *, size: float) -> None:
    """The graph from top to bottom, with a legend of its styles."""
    at = places(graph)
    for source, target, complemented in graph.edges:
        ends = at[[source, target]]
        dashes = {"linestyle": (0, (2, 2))} if complemented else {}
        axes.plot(ends[:, 0], ends[:, 1], color=GREY, linewidth=0.7, zorder=1, **dashes)
    for style in dict.fromkeys(graph.style):
        own = [node for node, its in enumerate(graph.style) if its == style]
        axes.scatter(at[own, 0], at[own, 1], s=size, c=style.colour, marker=style.marker, label=style.name, zorder=2)
    for (x, y), label in zip(at, graph.label, strict=True):
        if label:
            away = (0, -12 if y > 0 else 11)
            axes.annotate(label, (x, y), away, textcoords="offset points", ha="center", va="center")
    axes.set(xlim=(0, 1), ylim=(at[:, 1].max() + 0.8, -0.8))
    axes.set_axis_off()
    legend(axes, loc="upper center", bbox_to_anchor=(0.5, 0), ncols=3)
