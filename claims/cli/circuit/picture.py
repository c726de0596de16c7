"""A small circuit as an SVG picture: inputs at the left, outputs at the right, complements dashed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import networkx as nx

from circuits import Circuit, CircuitError
from circuits.svg import drawing
from claims.book.drawings.layers import GAP, Box, Point, layered, levels

#: Boxes in a picture: beyond this it shows nothing that a person can follow.
MOST_BOXES = 300

#: Pixels: an inch, a letter, the height of a box, the margin around all.
INCH, LETTER, HEIGHT, MARGIN = 96.0, 8.2, 27.0, 29.0

FILL = {"input": "#dbe9f6", "output": "#dbe9f6", "constant": "#eeeeee", "and": "#e3f1de", "xor": "#fbe8c8"}


def dumps_svg(circuit: Circuit) -> bytes:
    """The bytes of an SVG file. Raises `CircuitError` without matplotlib, or for a circuit too large to read."""
    graph = circuit.to_networkx()
    unused = [node for node, degree in graph.degree() if not degree]
    graph.remove_nodes_from(unused)
    if len(graph) > MOST_BOXES:
        raise CircuitError(
            f"{circuit.name!r} has {len(graph)} nodes, a picture at most {MOST_BOXES}: write .dot instead"
        )
    called = {str(node): _name(circuit, node, data["kind"]) for node, data in graph.nodes(data=True)}
    simple = nx.DiGraph()
    simple.add_nodes_from(called)
    simple.add_edges_from((str(reader), str(driver)) for driver, reader in graph.edges())
    sizes = {node: (len(name) * LETTER + 20, HEIGHT) for node, name in called.items()}
    sheet = layered(simple, sizes, levels(simple)).moved(MARGIN, MARGIN)
    width, height = (length + 2 * MARGIN for length in (sheet.width, sheet.height))
    with drawing(width / INCH, height / INCH, points=10, constrained=False) as picture:
        axes = picture.figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, width), ylim=(height, 0))
        axes.set_axis_off()
        for driver, reader, complement in graph.edges(data="complement"):
            _draw_edge(axes, sheet.routes[str(reader), str(driver)], "dashed" if complement else "solid")
        for node, kind in graph.nodes(data="kind"):
            _draw_box(axes, sheet.boxes[str(node)], called[str(node)], FILL[kind])
    return picture.text.encode()


def _draw_edge(axes: Any, points: Sequence[Point], style: str) -> None:
    """A curve through the points, whose pairs are joined by curves and by straight lines in turn."""
    from matplotlib.patches import PathPatch  # noqa: PLC0415 - optional
    from matplotlib.path import Path  # noqa: PLC0415

    through, codes = [points[0]], [Path.MOVETO]
    for number, ((x, y), (end, level)) in enumerate(pairwise(points)):
        bends = [] if number % 2 else [(x - GAP / 2, y), (end + GAP / 2, level)]
        through += [*bends, (end, level)]
        codes += [Path.CURVE4] * 3 if bends else [Path.LINETO]
    look: dict[str, Any] = {"linewidth": 0.8, "edgecolor": "#777777", "linestyle": style, "zorder": 1}
    axes.add_patch(PathPatch(Path(through, codes), fill=False, **look))


def _draw_box(axes: Any, box: Box, name: str, colour: str) -> None:
    """A box with its name, filled with a colour."""
    from matplotlib.patches import FancyBboxPatch  # noqa: PLC0415 - optional

    corner, shape = (box.x, box.y - box.height / 2), "round,pad=0,rounding_size=6"
    look: dict[str, Any] = {"facecolor": colour, "edgecolor": "#444444", "linewidth": 0.8, "zorder": 2}
    axes.add_patch(FancyBboxPatch(corner, box.width, box.height, boxstyle=shape, **look))
    middle: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 9, "zorder": 3}
    axes.text(box.x + box.width / 2, box.y, name, parse_math=False, **middle)


def _name(circuit: Circuit, node: int | tuple[str, str], kind: str) -> str:
    if isinstance(node, tuple):
        return node[1]
    return circuit.input_names[node - 1] if kind == "input" else {"constant": "0"}.get(kind, kind.upper())
