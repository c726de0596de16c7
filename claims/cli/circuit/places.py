"""Where circuits come from and go to: a file by its suffix, or '-' for a pipe."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from circuits import Circuit, CircuitError
from circuits.formats import read, write
from circuits.ports import Port, ports

#: What '-' holds where nothing else is said.
PIPE = "aag"

Source = Annotated[str, typer.Argument(metavar="FILE", help="A circuit; '-' for standard input.", show_default=False)]
FromFormat = Annotated[
    str | None, typer.Option("--from", metavar="FORMAT", help="Format of the input, if not by suffix.")
]
ToFormat = Annotated[str | None, typer.Option("--to", metavar="FORMAT", help="Format of the output, if not by suffix.")]


def load(place: str, format: str | None = None) -> Circuit:  # noqa: A002
    """The circuit at a place."""
    return read(place, format or (PIPE if place == "-" else None))


def store(circuit: Circuit, place: str, format: str | None = None) -> None:  # noqa: A002
    """Write the circuit; networks (.onnx, .safetensors) are compiled first, pictures (.svg) drawn."""
    suffix = "" if format else Path(place).suffix
    if suffix in (".onnx", ".safetensors"):
        from circuits import network  # noqa: PLC0415 - torch takes a second, which other formats need not wait for

        compiled = network.compile(circuit)
        (network.to_onnx if suffix == ".onnx" else network.save)(compiled, Path(place))
    elif suffix == ".svg":
        from claims.cli.circuit.picture import write_svg  # noqa: PLC0415 - imports matplotlib

        write_svg(circuit, Path(place))
    else:
        write(circuit, place, format or (PIPE if place == "-" else None))


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


def shown(words: Iterable[Port], bits: int) -> dict[str, str]:
    """The words of an assignment in hexadecimal."""
    return {port.name: f"{port.value(bits):#x}" for port in words}
