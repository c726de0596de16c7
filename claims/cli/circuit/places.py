"""Where circuits come from and go to: a file by its suffix, or '-' for a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

import typer

from circuits import Circuit, CircuitError
from circuits.files import write_whole
from circuits.formats import FORMATS, dumps, read
from circuits.ports import Port, ports

#: What '-' holds where nothing else is said.
PIPE = "aag"

Source = Annotated[str, typer.Argument(metavar="FILE", help="A circuit; '-' for standard input.", show_default=False)]
FromFormat = Annotated[
    str | None, typer.Option("--from", metavar="FORMAT", help="Format of the input, if not by suffix.")
]
ToFormat = Annotated[str | None, typer.Option("--to", metavar="FORMAT", help="Format of the output, if not by suffix.")]


Words = dict[str, str]


def load(place: str, format: str | None = None) -> Circuit:  # noqa: A002
    """The circuit at a place."""
    return read(place, format or (PIPE if place == "-" else None))


def store(circuit: Circuit, place: str, format: str | None = None) -> None:  # noqa: A002
    """Write the circuit in a format of `circuits.formats` or of `ALSO_WRITTEN`: by suffix, if none is named.

    Raises `CircuitError`, which lists the formats, for another one; or if the place cannot be written.
    """
    wanted = (format or (PIPE if place == "-" else Path(place).suffix)).lower().removeprefix(".")
    if wanted in ALSO_WRITTEN:
        data = ALSO_WRITTEN[wanted](circuit)
    elif any(wanted == key or f".{wanted}" in entry.suffixes for key, entry in FORMATS.items()):
        data = dumps(circuit, wanted)
    else:
        known = ", ".join([*(key for key, entry in FORMATS.items() if entry.writer), *ALSO_WRITTEN])
        complaint = f"no format {wanted!r}" if wanted else f"{place} has no suffix that tells the format"
        raise CircuitError(f"{complaint}: there are {known}; --to names one")
    if place == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        write_whole(place, data)


def _onnx(circuit: Circuit) -> bytes:
    from circuits.network import compile  # noqa: A004, PLC0415 - torch takes a second: other formats need not wait
    from circuits.network.onnx_export import dumps_onnx  # noqa: PLC0415

    return dumps_onnx(compile(circuit))


def _safetensors(circuit: Circuit) -> bytes:
    from circuits.network import compile  # noqa: A004, PLC0415
    from circuits.network.files import dumps as dumps_network  # noqa: PLC0415

    return dumps_network(compile(circuit))


def _svg(circuit: Circuit) -> bytes:
    from claims.cli.circuit.picture import dumps_svg  # noqa: PLC0415 - imports matplotlib

    return dumps_svg(circuit)


#: What the command line writes beside circuits: their networks, and pictures of them.
ALSO_WRITTEN: dict[str, Callable[[Circuit], bytes]] = {"onnx": _onnx, "safetensors": _safetensors, "svg": _svg}


def assignment(circuit: Circuit, values: Iterable[str]) -> int:
    """The input (bit i is input i) that `WORD=VALUE` arguments give; a lone VALUE if there is but one word.

    Raises `CircuitError` for an unknown, missing or repeated word, or a value that does not fit.
    """
    words = {port.name: port for port in ports(circuit.input_names)}
    given: dict[str, int] = {}
    for text in values:
        name, equals, number = text.rpartition("=")
        if not equals and len(words) == 1:
            name = next(iter(words))
        if name not in words:
            raise CircuitError(f"{text!r}: write WORD=VALUE, where WORD is one of {', '.join(words)}")
        if name in given:
            raise CircuitError(f"{name} is given twice")
        given[name] = _fitting(words[name], number)
    if missing := [name for name in words if name not in given]:
        raise CircuitError(f"no value for {', '.join(missing)}: write {missing[0]}=VALUE (decimal, 0x..., 0b...)")
    return sum(value << words[name].first for name, value in given.items())


def _fitting(port: Port, text: str) -> int:
    try:
        value = int(text, 0)
    except ValueError as error:
        raise CircuitError(f"{port.name}={text}: not an integer; write decimal, 0x... or 0b...") from error
    if not 0 <= value < 1 << port.width:
        raise CircuitError(f"{port.name}={text} does not fit into {port.width} bits")
    return value


def shown(words: Iterable[Port], bits: int) -> Words:
    """The words of an assignment in hexadecimal."""
    return {port.name: f"{port.value(bits):#x}" for port in words}
