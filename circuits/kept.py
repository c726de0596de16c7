"""Rows of a long run, kept one a line on disk as they come, so that an interrupted run goes on where it stopped."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Generic, TypeVar, get_type_hints

from circuits.error import CircuitError
from circuits.files import write_whole

Row = TypeVar("Row")


class KeptRows(Generic[Row]):
    """The rows of a dataclass of numbers, strings and None in a file of JSON lines; `rows` are all of them.

    A last line without an end is the trace of a crash: it is cut off. Raises `CircuitError` for a file that cannot be
    read or written, or a line that is no such row.
    """

    def __init__(self, path: Path, kind: type[Row]) -> None:
        self.path, self.kind = path, kind
        self.rows = self._read()

    def add(self, rows: Sequence[Row]) -> None:
        """Append rows, all on disk when this returns."""
        lines = "".join(json.dumps(asdict(row)) + "\n" for row in rows)  # type: ignore[call-overload]
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                file.write(lines.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise CircuitError(f"{self.path} cannot be written: {error.strerror or error}") from error
        self.rows += rows

    def _read(self) -> list[Row]:
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise CircuitError(f"{self.path} cannot be read: {error.strerror}") from error
        whole = data[: data.rfind(b"\n") + 1]
        rows = []
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                rows.append(self._row(line))
            except (ValueError, TypeError, RecursionError) as error:
                raise CircuitError(
                    f"{self.path}, line {number} is no row of this run: mend it or take it out"
                ) from error
        if whole != data:
            write_whole(self.path, whole)
        return rows

    def _row(self, line: bytes) -> Row:
        row = self.kind(**json.loads(line))
        types = get_type_hints(self.kind)
        for one in fields(row):  # type: ignore[arg-type]
            value, wanted = getattr(row, one.name), types[one.name]
            # JSON does not tell 5 from 5.0, and Python counts a bool as an int.
            accepted = wanted | int if wanted in {float, float | None} else wanted
            if isinstance(value, bool) or not isinstance(value, accepted):
                raise TypeError(f"{one.name} is {value!r}")
        return row
