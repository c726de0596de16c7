"""Reading and writing circuits: `read`, `write`, `loads`, `dumps`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO

from circuits.circuit import Circuit
from circuits.error import CircuitError
from circuits.files import write_whole
from circuits.formats.error import FormatError
from circuits.formats.table import FORMATS, format_named

Place = str | os.PathLike[str] | IO[bytes]


def loads(data: bytes, format: str) -> Circuit:  # noqa: A002  (the word that users expect)
    """The circuit that `data` holds in a format (a name or a suffix of `FORMATS`).

    Raises `FormatError`, which names the line or the byte, or `CircuitError` for a format that cannot be read.
    """
    key = format_named(format)
    reader = FORMATS[key].reader
    if reader is None:
        known = ", ".join(key for key, entry in FORMATS.items() if entry.reader)
        raise CircuitError(f"{key} files cannot be read, only written: there are readers of {known}")
    try:
        return reader(data)
    except FormatError:
        raise
    except CircuitError as error:
        # What the graph itself forbids, two equal names for instance, and no reader has looked for.
        raise FormatError(f"not a circuit: {error}") from error


def dumps(circuit: Circuit, format: str) -> bytes:  # noqa: A002
    """The bytes of `circuit` in a format (a name or a suffix of `FORMATS`); equal circuits, equal bytes.

    Raises `CircuitError` for a format that cannot be written, or that cannot express this circuit.
    """
    key = format_named(format)
    writer = FORMATS[key].writer
    if writer is None:
        raise CircuitError(f"{key} files cannot be written, only read")
    return writer(circuit)


def read(place: Place, format: str | None = None) -> Circuit:  # noqa: A002
    """The circuit in a file, a binary stream or, for "-", standard input.

    The format follows from the suffix; "-" and streams need it by name. A file that names no circuit lends its own.
    Raises `FormatError` for a bad file, which it names with the line or the byte, and `CircuitError` for a missing one.
    """
    source, key = _described(place, format)
    try:
        if isinstance(place, str | os.PathLike):
            data = sys.stdin.buffer.read() if source == "-" else Path(place).read_bytes()
        else:
            data = place.read()
    except OSError as error:
        raise CircuitError(f"{source} cannot be read: {error.strerror}") from error
    if not isinstance(data, bytes):
        raise CircuitError(f"{source} gives text, not bytes: open it in binary mode")
    try:
        circuit = loads(data, key)
    except FormatError as error:
        raise error.within(source) from error.__cause__
    named = isinstance(place, str | os.PathLike) and source != "-"
    if named and circuit.name == "circuit":  # bytes in the file's name that are no UTF-8 would be lone surrogates
        return circuit.renamed(os.fsencode(Path(source).stem).decode(errors="replace"))
    return circuit


def write(circuit: Circuit, place: Place, format: str | None = None) -> None:  # noqa: A002
    """Write the circuit to a file, a binary stream or, for "-", standard output.

    A file is written beside its place and then renamed: it is never half there. Raises `CircuitError` where the format
    is unknown or cannot express the circuit, or the place cannot be written.
    """
    source, key = _described(place, format)
    data = dumps(circuit, key)
    try:
        if source == "-":
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        elif isinstance(place, str | os.PathLike):
            write_whole(place, data)
        else:
            place.write(data)
    except OSError as error:
        raise CircuitError(f"{source} cannot be written: {error.strerror}") from error
    except TypeError as error:
        raise CircuitError(f"{source} takes text, not bytes: open it in binary mode") from error


def _described(place: Place, format: str | None) -> tuple[str, str]:  # noqa: A002
    """(the place for a message, the key of its format)."""
    if not isinstance(place, str | os.PathLike):
        source, suffix = getattr(place, "name", "stream"), ""
    else:
        source = os.fspath(place)
        suffix = "" if source == "-" else Path(source).suffix
    if format is None and not suffix:
        raise CircuitError(f"{source} has no suffix that tells the format: name one of {', '.join(FORMATS)}")
    return str(source), format_named(format or suffix)
