r"""Structural Verilog, written only: one module, one `assign` a gate.

Ports are escaped identifiers (`\x[0] `): no name can then be a keyword, or be taken for a bit of a vector.
"""

from __future__ import annotations

from circuits.circuit import Circuit
from circuits.formats.names import as_word, fresh_prefix, port_names


def write_verilog(circuit: Circuit) -> bytes:
    """The circuit as a module of its name, its ports in order."""
    inputs, outputs = ([f"\\{name} " for name in names] for names in port_names(circuit, aliases=False))
    prefix = fresh_prefix([name[1:] for name in (*inputs, *outputs)])
    wires = [f"{prefix}{node}" for node in range(1 + circuit.num_inputs, circuit.num_nodes)]
    signals = ["1'b0", *inputs, *wires]

    def signal(literal: int) -> str:
        if literal < 2:
            return f"1'b{literal}"
        return ("~" if literal & 1 else "") + signals[literal >> 1]

    lines = [f"module \\{as_word(circuit.name)} ({', '.join([*inputs, *outputs])});"]
    lines += [f"  input {name};" for name in inputs]
    lines += [f"  output {name};" for name in outputs]
    lines += [f"  wire {name};" for name in wires]
    gates = zip(circuit.fanin0.tolist(), circuit.fanin1.tolist(), circuit.is_xor.tolist(), strict=True)
    for name, (a, b, is_xor) in zip(wires, gates, strict=True):
        lines.append(f"  assign {name} = {signal(a)} {'^' if is_xor else '&'} {signal(b)};")
    for name, literal in zip(outputs, circuit.outputs.tolist(), strict=True):
        lines.append(f"  assign {name} = {signal(literal)};")
    return "\n".join([*lines, "endmodule", ""]).encode()
