"""The one way in which this package writes a file: whole, or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from circuits.error import CircuitError

Place = str | os.PathLike[str]


def write_whole(path: Place, data: bytes) -> None:
    """Write `data` beside its place and rename it: a file is never half there. Pipes and devices are written directly.

    Raises `CircuitError`, naming the path, if that fails; what was there before is then still there.
    """
    try:
        place = _place(path)
        if _is_stream(place):
            place.write_bytes(data)
            return
        beside = _beside(place)
        try:
            beside.write_bytes(data)
            beside.replace(place)
        finally:
            with suppress(FileNotFoundError):
                beside.unlink()
    except OSError as error:
        raise _refusal(path, error) from error


def check_writable(path: Place) -> None:
    """Look, before work of hours, whether `write_whole` could write there; nothing stays behind.

    Raises `CircuitError`, naming the path, if it could not.
    """
    try:
        place = _place(path)
        if place.is_dir():
            raise IsADirectoryError(None, "Is a directory")
        if not _is_stream(place):
            beside = _beside(place)
            beside.touch()
            beside.unlink()
    except OSError as error:
        raise _refusal(path, error) from error


def _place(path: Place) -> Path:
    """Where the bytes go: through links, which stay links."""
    return Path(path) if _is_stream(Path(path)) else Path(os.path.realpath(path))


def _is_stream(path: Path) -> bool:
    return path.exists() and not path.is_file()


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def _refusal(path: Place, error: OSError) -> CircuitError:
    return CircuitError(f"{os.fspath(path)} cannot be written: {error.strerror or error}")
