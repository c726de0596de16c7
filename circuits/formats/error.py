"""What a bad file gets: `FormatError`, with the place; and the checked reading of numbers that every format shares."""

from __future__ import annotations

from circuits.error import CircuitError

#: Inputs that cost no byte in a file (Bristol, binary AIGER) are believed up to this many beyond the file's length:
#: generous for real circuits, and no header of thirty bytes can ask for gigabytes.
FREE_INPUTS = 1 << 16


class FormatError(CircuitError):
    """A file is not what its format asks for. `line` (from 1) or `offset` (in bytes, from 0) says where."""

    def __init__(
        self, complaint: str, *, line: int | None = None, offset: int | None = None, source: str = "data"
    ) -> None:
        self.complaint, self.line, self.offset, self.source = complaint, line, offset, source
        place = f", line {line}" if line is not None else f", byte {offset}" if offset is not None else ""
        super().__init__(f"{source}{place}: {complaint}")

    def within(self, source: str) -> FormatError:
        """The same complaint about a named file."""
        return FormatError(self.complaint, line=self.line, offset=self.offset, source=source)


def number(token: str, what: str, line: int) -> int:
    """A decimal number without a sign, or a `FormatError`. Nothing of more than 18 digits is one."""
    if token.isascii() and token.isdigit() and len(token) <= 18:
        return int(token)
    raise FormatError(f"{what} should be a number, not {shown(token)}", line=line)


def shown(token: str) -> str:
    """A token for a message: quoted, and cut if it is long."""
    return repr(token if len(token) <= 40 else token[:37] + "...")


def text_lines(data: bytes) -> list[str]:
    """The lines of a text file, without their ends. Raises `FormatError` where the bytes are not UTF-8."""
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FormatError("the text is not UTF-8: convert it, or check the suffix", line=line) from None
