"""Titled sections, pairs of name and value, and numbers: the parts that `show` and `errata` are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from claims.book.standing import number
from claims.book.text import unicode

if TYPE_CHECKING:
    from rich.console import Console

#: Indentation of what stands below a title.
INDENT = 2


def section(console: Console, title: str, *lines: str | Text) -> None:
    """A title with lines below it; nothing if there are no lines."""
    if not lines:
        return
    console.print()
    console.print(Text(title, "bold"))
    indented(console, *lines)


def bulleted(console: Console, title: str, *lines: str) -> None:
    """A title with lines below it that are told apart where they wrap."""
    if lines:
        console.print()
        console.print(Text(title, "bold"))
        pairs(console, [("•", line.strip()) for line in lines])


def indented(console: Console, *lines: str | Text, by: int = INDENT) -> None:
    """Lines set in from the margin, wrapped within it."""
    for line in lines:
        console.print(Padding(line, (0, 0, 0, by), expand=False))


def pairs(console: Console, rows: Iterable[tuple[str, str | Text]], by: int = INDENT) -> None:
    """Names and values side by side; a pair without a value is left out."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in rows:
        if str(value):
            grid.add_row(name, value)
    if grid.row_count:
        console.print(Padding(grid, (0, 0, 0, by), expand=False))


def number_rows(numbers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Reported numbers as pairs; a list of two is a range."""
    return [(name.replace("_", " "), number(value)) for name, value in numbers.items()]


def as_read(statement: str, latex: bool) -> str:
    """A statement for the eye; `latex` leaves it as it was declared."""
    return statement if latex else unicode.statement(statement)


def witness_short(witness: Mapping[str, Any]) -> list[str]:
    """The witness as one checks it by hand: the arithmetic line by line; all of it if nobody has worked it out."""
    if not witness["worked"]:
        return witness_lines(witness)
    return [*witness["worked"], f"(confirmed by {witness['route']})"]


def witness_lines(witness: Mapping[str, Any]) -> list[str]:
    """The witness in full: its arrays row by row, where it was found, and by how much it violates the claim."""
    lines = [line for name, array in witness["values"].items() for line in _array_lines(name, array)]
    lines += [f"structure: {witness['structure']}"] if witness["structure"] else []
    lines += [f"margin: {witness['violation']} (a margin below 0 violates the claim)"]
    return [*lines, f"confirmed by: {witness['route']}"]


def _array_lines(name: str, array: Any) -> list[str]:
    """A matrix one row a line, anything else on one line."""
    if isinstance(array, list) and array and isinstance(array[0], list):
        return [f"{name} =", *(f"  {row}" for row in array)]
    return [f"{name} = {array}"]
