"""One table of the formats, from which reading, writing, error messages and the command line's help derive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from circuits.circuit import Circuit
from circuits.error import CircuitError
from circuits.formats.aiger import read_aiger, write_aag, write_aig
from circuits.formats.bench import read_bench, write_bench
from circuits.formats.blif import read_blif, write_blif
from circuits.formats.bristol import read_bristol, write_bristol, write_bristol_old
from circuits.formats.dot import write_dot
from circuits.formats.verilog import write_verilog

Reader = Callable[[bytes], Circuit]
Writer = Callable[[Circuit], bytes]


def _write_cnf(circuit: Circuit) -> bytes:
    # The encoder lives with the solvers, which who only converts files need not load.
    from circuits.sat.dimacs import dumps_cnf  # noqa: PLC0415

    return dumps_cnf(circuit)


@dataclass(frozen=True)
class Format:
    """A file format: its suffixes, how to read it and how to write it (None: it cannot be), and what it is."""

    suffixes: tuple[str, ...]
    reader: Reader | None
    writer: Writer | None
    description: str


FORMATS: dict[str, Format] = {
    "aag": Format((".aag",), read_aiger, write_aag, "AIGER, ascii (combinational)"),
    "aig": Format((".aig",), read_aiger, write_aig, "AIGER, binary (combinational)"),
    "bench": Format((".bench",), read_bench, write_bench, "ISCAS bench, with ABC's LUT, vdd and gnd"),
    "blif": Format((".blif",), read_blif, write_blif, "Berkeley logic interchange format: one model of .names"),
    "bristol": Format((".bristol", ".txt"), read_bristol, write_bristol, "Bristol Fashion (reads the old one too)"),
    "bristol-old": Format((), read_bristol, write_bristol_old, "the old Bristol format: two inputs, one output"),
    "verilog": Format((".v",), None, write_verilog, "structural Verilog (written only)"),
    "dot": Format((".dot",), None, write_dot, "Graphviz (written only)"),
    "cnf": Format((".cnf",), None, _write_cnf, "DIMACS CNF, Tseitin's encoding (written only)"),
}


def format_named(name: str) -> str:
    """The key in `FORMATS` of a name or of a suffix. Raises `CircuitError` that lists the formats."""
    wanted = name.lower()
    for key, entry in FORMATS.items():
        if wanted == key or wanted in entry.suffixes or f".{wanted}" in entry.suffixes:
            return key
    known = ", ".join(" ".join((key, *(s for s in FORMATS[key].suffixes if s != f".{key}"))) for key in FORMATS)
    raise CircuitError(f"no format {name!r}: there are {known}")
