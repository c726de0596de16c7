"""Graphviz, written only: inputs above, outputs below, a dashed edge for a complement."""

from __future__ import annotations

from circuits.circuit import Circuit


def write_dot(circuit: Circuit) -> bytes:
    """The circuit as a directed graph, which `dot -Tsvg` draws. Node numbers are the circuit's own."""
    lines = [f"digraph {_quoted(circuit.name)} {{", "  rankdir = TB;"]
    if any(literal < 2 for literal in circuit.outputs.tolist()):
        lines.append('  n0 [label="0", shape=box];')
    for node, name in enumerate(circuit.input_names, 1):
        lines.append(f"  n{node} [label={_quoted(name)}, shape=box];")
    lines.append("  { rank = source; " + " ".join(f"n{node};" for node in range(1, 1 + circuit.num_inputs)) + " }")
    gates = zip(circuit.fanin0.tolist(), circuit.fanin1.tolist(), circuit.is_xor.tolist(), strict=True)
    for node, (a, b, is_xor) in enumerate(gates, 1 + circuit.num_inputs):
        lines.append(f'  n{node} [label="{"⊕" if is_xor else "∧"}", shape=circle];')
        lines += [_edge(literal, f"n{node}") for literal in (a, b)]
    for i, (name, literal) in enumerate(zip(circuit.output_names, circuit.outputs.tolist(), strict=True)):
        lines += [f"  y{i} [label={_quoted(name)}, shape=doublecircle];", _edge(literal, f"y{i}")]
    return "\n".join([*lines, "}", ""]).encode()


def _edge(literal: int, to: str) -> str:
    return f"  n{literal >> 1} -> {to}{' [style=dashed]' if literal & 1 else ''};"


def _quoted(name: str) -> str:
    # A backslash would begin one of Graphviz's own escapes.
    shown = name.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + shown.replace("\n", "\\n").replace("\0", "\\\\0") + '"'
