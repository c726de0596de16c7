"""Where text goes: results to stdout, all else to stderr; colours and tables for verdicts."""

from __future__ import annotations

import json
import sys
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from claims.engine.verdict import Verdict

#: Columns where stdout is no terminal (a file, a pipe, a test): every table fits, on any machine.
PLAIN_WIDTH = 110

STYLES = {
    Verdict.PROVED: "green",
    Verdict.SUPPORTED: "cyan",
    Verdict.REFUTED: "bold red",
    Verdict.INCONCLUSIVE: "yellow",
}


def stdout() -> Console:
    """The console of results. Markup is off: LaTeX and selectors are full of square brackets."""
    width = None if sys.stdout.isatty() else PLAIN_WIDTH
    return Console(width=width, markup=False, emoji=False, highlight=False)


def stderr() -> Console:
    """The console of progress and complaints."""
    return Console(stderr=True, markup=False, emoji=False, highlight=False, soft_wrap=True)


def complain(message: str) -> None:
    """One message on stderr."""
    typer.echo(f"lemmata: {message}", err=True)


def write_json(data: Any) -> None:
    """JSON on stdout. Written without rich, which would break long lines."""
    typer.echo(json.dumps(data, indent=2, ensure_ascii=False))


def verdict_text(verdict: Verdict | None) -> Text:
    """The verdict in its colour; a claim without one has not been run."""
    return Text("not run", "dim") if verdict is None else Text(verdict.value, STYLES[verdict])


def paper_table(title: str) -> Table:
    """An empty table for the claims of one paper, as wide as the console.

    Columns are as wide as they need; a `spare_column` takes what is left.
    """
    table = Table(title=Text(title), title_justify="left", title_style="bold", box=None, expand=True)
    table.padding = (0, 2, 0, 0)
    table.pad_edge = False
    return table


def spare_column(table: Table, name: str) -> None:
    """A column of text that is cut short where there is no room: ids and verdicts come first."""
    table.add_column(name, no_wrap=True, overflow="ellipsis", ratio=1)


def short_id(id: str) -> str:
    """The id within its paper."""
    return id.split("/", 1)[1]
