"""Circuits and networks as graphs to draw: a node's mark says what it computes."""

from __future__ import annotations

from typing import Any

from circuits import Circuit
from claims.book.told.draw import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, RED, Graph, Style
from reductions.latent import DeepLatentGaussian
from reductions.networks import Network

INPUT = Style("input", BLUE, "s")
KINDS = {
    "and": Style("AND", GREEN, "o"),
    "xor": Style("XOR", ORANGE, "^"),
    "input": INPUT,
    "output": Style("output", PURPLE, "D"),
    "constant": Style("constant", GREY, "."),
}
MAGNITUDES = Style("magnitudes", PURPLE, "v")
TABLED = Style("a table", RED, "D")
ACTIVATIONS = {
    "clip": Style("clip (AND)", GREEN, "o"),
    "tent": Style("tent (XOR)", ORANGE, "^"),
    "identity": Style("weighted sum", GREY, "o"),
    "bins": TABLED,
    "errs": TABLED,
    "tanh": Style("σ", GREEN, "o"),
    "tanh'": Style("σ'", ORANGE, "^"),
    "square": Style("square", PURPLE, "D"),
}
NOISE = Style("noise", INK, "*")


def circuit_graph(circuit: Circuit, *, labelled: bool) -> Graph:
    """The gates, inputs and outputs that are joined to something, by depth."""
    graph = circuit.to_networkx()
    graph.remove_nodes_from([node for node, degree in graph.degree() if not degree])
    number = {node: place for place, node in enumerate(graph)}
    depth: dict[Any, int] = {}
    for node in graph:
        depth[node] = 1 + max((depth[before] for before in graph.predecessors(node)), default=-1)
    bottom = max(depth.values())
    kinds = dict(graph.nodes(data="kind"))
    return Graph(
        [bottom if kind == "output" else depth[node] for node, kind in kinds.items()],
        [KINDS[kind] for kind in kinds.values()],
        [(number[a], number[b], bool(c)) for a, b, c in graph.edges(data="complement")],
        [name or "" for _, name in graph.nodes(data="name")] if labelled else [""] * len(graph),
    )


def encoder_graph(encoder: DeepLatentGaussian) -> Graph:
    """All layers, one below the other; a layer's noise joins in where the next one begins."""
    depth, style, edges = [0] * encoder.inputs, [INPUT] * encoder.inputs, list[tuple[int, int, bool]]()
    label = [f"x{i}" for i in range(encoder.inputs)]
    nodes: list[int | None] = list(range(encoder.inputs))

    def add(kind: Style, at: int) -> int:
        depth.append(at)
        style.append(kind)
        label.append("")
        return len(depth) - 1

    top = 0
    for network, beta in encoder.layers:
        values = list(nodes)
        for row, kind in enumerate(network.kind.tolist()):
            read = [values[source] for source in network.source[network.start[row] : network.start[row + 1]].tolist()]
            if not read and not network.bias[row]:
                values.append(None)  # the number 0: nothing to draw
                continue
            name = network.activations[kind].name
            values.append(add(ACTIVATIONS.get(name, MAGNITUDES), top + int(network.depths[network.inputs + row])))
            edges += [(source, len(depth) - 1, False) for source in read if source is not None]
        nodes, top = [values[output] for output in network.outputs.tolist()], top + network.depth
        if beta > 0:
            joined = []
            for node in nodes:
                noise, total = add(NOISE, top + 1), add(ACTIVATIONS["identity"], top + 2)
                edges += [(source, total, False) for source in (node, noise) if source is not None]
                joined.append(total)
            nodes, top = list(joined), top + 2
    for i, node in enumerate(nodes):
        assert node is not None
        label[node] = f"z{i}"
    return Graph(depth, style, edges, label)


def network_graph(network: Network, inputs: list[str], outputs: list[str]) -> Graph:
    """A network's nodes by depth, with names for its inputs and outputs."""
    kinds = [network.activations[kind].name for kind in network.kind.tolist()]
    names = dict(enumerate(inputs)) | dict(zip(network.outputs.tolist(), outputs, strict=True))
    rows = (network.inputs + network.row_of_edge).tolist()
    return Graph(
        network.depths.tolist(),
        [INPUT] * network.inputs + [ACTIVATIONS[name] for name in kinds],
        [(source, row, False) for source, row in zip(network.source.tolist(), rows, strict=True)],
        [names.get(node, "") for node in range(network.num_nodes)],
    )
