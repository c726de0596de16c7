"""`lemmata coverage`: which numbered items of the papers are claims, which only in parts, and which are open."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.console import Console

from claims.cli.console import paper_table, spare_column, stdout, write_json
from claims.cli.options import AsJson
from claims.engine.coverage import Coverage, Item, coverages
from claims.engine.registry import ClaimError, load_papers
from claims.engine.schema import SCHEMA_VERSION
from claims.papers.unregistered import PAPERS

Papers = Annotated[
    list[str] | None,
    typer.Argument(metavar="PAPER", help="Ids of papers. None selects every paper.", show_default=False),
]


def coverage(papers: Papers = None, as_json: AsJson = False) -> None:
    """Count the numbered items of each paper that claims hold, and name those that are open. Runs nothing.

    A table or figure of which claims hold only what the text says is counted apart: through its parts.
    Papers without claims are listed too, with all that they number as open.

    Example: lemmata coverage koehler-2022
    """
    chosen = _chosen(coverages(load_papers(), PAPERS), papers or [])
    if as_json:
        write_json([_described(found) for found in chosen])
        return
    console = stdout()
    for found in chosen:
        _print_paper(console, found)
    mapped, parts, left, numbered = (
        sum(len(getattr(found, name)) for found in chosen) for name in ("mapped", "through_parts", "open", "items")
    )
    registered = sum(found.registered for found in chosen)
    through = f" {parts} more only through their parts," if parts else ""
    console.print(f"{mapped} of {numbered} numbered items are claims,{through} {left} are open.", end=" ")
    console.print(f"{registered} of {len(chosen)} papers {'has' if registered == 1 else 'have'} claims.")


def _chosen(found: dict[str, Coverage], papers: list[str]) -> list[Coverage]:
    if unknown := [id for id in papers if id not in found]:
        raise ClaimError(f"no paper {unknown[0]!r}; there are {', '.join(found)}")
    return [coverage for id, coverage in found.items() if id in papers or not papers]


def _print_paper(console: Console, found: Coverage) -> None:
    table = paper_table(found.paper.id if found.registered else f"{found.paper.id} (no claims yet)")
    table.add_column("kind", no_wrap=True)
    table.add_column("mapped", no_wrap=True, justify="right")
    table.add_column("through parts", no_wrap=True, justify="right")
    spare_column(table, "")
    for kind, items in (*found.by_kind().items(), ("all", found.items)):
        counts = _counts(items)
        table.add_row(kind.lower(), f"{counts['mapped']} / {counts['numbered']}", str(counts["through_parts"] or ""))
    console.print(table)
    if found.through_parts:
        console.print(f"through their parts: {', '.join(item.printed for item in found.through_parts)}")
    if found.open:
        console.print(f"open: {', '.join(item.printed for item in found.open)}")
    console.print()


def _counts(items: Sequence[Item]) -> dict[str, int]:
    return {
        "mapped": sum(item.mapped for item in items),
        "through_parts": sum(item.through_parts for item in items),
        "numbered": len(items),
    }


def _described(found: Coverage) -> dict[str, Any]:
    """The JSON object of a paper (docs/json-schema.md)."""
    return {
        "schema_version": SCHEMA_VERSION,
        "paper": found.paper.id,
        "title": found.paper.title,
        "registered": found.registered,
        **_counts(found.items),
        "kinds": {kind: _counts(items) for kind, items in found.by_kind().items()},
        "items": [
            {
                "name": item.name,
                "kind": item.kind,
                "claims": list(item.claims),
                "through_parts": item.through_parts,
                "shows": item.shows,
            }
            for item in found.items
        ],
    }
