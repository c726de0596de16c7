"""A small circuit as an SVG picture: inputs at the left, outputs at the right, complements dashed."""

from __future__ import annotations

import networkx as nx

from circuits import Circuit, CircuitError
from circuits.svg import drawing

#: Boxes in a picture: beyond this it shows nothing that a person can follow.
MOST_BOXES = 300
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
    try:
        from claims.cli.picture import MARGIN, draw_box, draw_edge, ordered_columns, place_boxes  # noqa: PLC0415
    except ImportError as error:
        raise CircuitError(f"a picture needs matplotlib ({error}): pip install 'lemmata[pictures]'") from error
    called = {str(node): _name(circuit, node, data["kind"]) for node, data in graph.nodes(data=True)}
    simple = nx.DiGraph()
    simple.add_nodes_from(called)
    simple.add_edges_from((str(reader), str(driver)) for driver, reader in graph.edges())
    boxes = place_boxes(ordered_columns(simple), called)
    width = max((box.x + box.width for box in boxes.values()), default=1.0) + MARGIN
    height = max((box.y + box.height for box in boxes.values()), default=1.0) + MARGIN
    with drawing(width, height, points=10, constrained=False) as picture:
        axes = picture.figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, width), ylim=(height, 0))
        axes.set_axis_off()
        for driver, reader, complement in graph.edges(data="complement"):
            draw_edge(axes, boxes[str(reader)], boxes[str(driver)], "dashed" if complement else "solid", head="-")
        for node, kind in graph.nodes(data="kind"):
            draw_box(axes, boxes[str(node)], FILL[kind])
    return picture.text.encode()


def _name(circuit: Circuit, node: int | tuple[str, str], kind: str) -> str:
    if isinstance(node, tuple):
        return node[1]
    return circuit.input_names[node - 1] if kind == "input" else {"constant": "0"}.get(kind, kind.upper())
