"""The pages that say where each numbered item of a paper is: in which claims, with which verdict, in which code."""

from __future__ import annotations

from collections.abc import Iterator

from claims.book.code import code_link
from claims.book.known import Known
from claims.book.pages.entries import named
from claims.book.text.markdown import bullets, escaped, table
from claims.engine.coverage import Coverage, Item, coverages
from claims.papers.unregistered import PAPERS

LEAD = """# Where is what

Which claim is Equation (33), and which code checks it? For each paper there is a page with the items that it numbers:
the claims that hold them, with their verdicts, and their code. A table or figure of which claims hold only what the
text says of it is held through its parts, and counted apart. Items that no claim holds are listed as open.
Type `equation 33` or `theorem a.1` into the search, or see the [index](#genindex). `lemmata coverage` prints the
counts."""


def pages(known: Known) -> dict[str, str]:
    """`coverage.md`, and `coverage/<paper>.md`: a page a paper, so that what a search finds names the paper."""
    found = coverages(known.registry, PAPERS)
    toctree = "\n".join(f"coverage/{id}" for id in found)
    lead = (LEAD, _counts(list(found.values())), f"```{{toctree}}\n:hidden:\n\n{toctree}\n```")
    written = {"coverage.md": "\n\n".join(lead) + "\n"}
    return written | {f"coverage/{id}.md": "\n\n".join(_page(known, one)) + "\n" for id, one in found.items()}


def _counts(found: list[Coverage]) -> str:
    rows = [(f"[{escaped(one.paper.id)}](#coverage-{one.paper.id})", *_numbers([one])) for one in found]
    head = ("paper", "items that are claims", "through their parts", "open")
    return table(head, [*rows, ("all", *_numbers(found))])


def _numbers(found: list[Coverage]) -> tuple[str, str, str]:
    names = ("mapped", "items", "through_parts", "open")
    mapped, numbered, parts, left = (sum(len(getattr(one, name)) for one in found) for name in names)
    return f"{mapped} of {numbered}", f"{parts}", f"{left}"


def _page(known: Known, found: Coverage) -> Iterator[str]:
    paper = found.paper
    yield f"(coverage-{paper.id})=\n# Where is what in {escaped(paper.short)}"
    yield _paper_link(paper.title, paper.id) if found.registered else escaped(paper.title)
    parts = f", {len(found.through_parts)} more only through their parts" if found.through_parts else ""
    yield f"{len(found.mapped)} of {len(found.items)} numbered items are claims{parts}. {escaped(paper.about)}"
    if held := [item for item in found.items if item.claims]:
        rows = [(_named(item), _claims(known, found, item)) for item in held]
        yield table(("item", "claims, verdicts, code"), rows, kind="coverage")
    if found.open:
        yield f"## Open: {len(found.open)} of {len(found.items)}"
        yield bullets(f"{_indexed(item)}: {escaped(item.shows)}" for item in found.open)


def _claims(known: Known, found: Coverage, item: Item) -> str:
    lines = [_claim(known, found, id) for id in item.claims]
    return bullets(lines) if len(lines) > 1 else lines[0]


def _claim(known: Known, found: Coverage, id: str) -> str:
    """The claim, its verdict and its code; the paper, if it is another's; the repairs that stand beside it."""
    claim = known.registry[id]
    other = f" of {_paper_link(claim.paper, claim.paper)}" if claim.paper != found.paper.id else ""
    repairs = "".join(f"; {named(known, repair.id)}" for repair in known.registry.repairs_of(id))
    return f"{named(known, id)}{other}, {code_link(claim, f'coverage/{found.paper.id}')}{repairs}"


def _paper_link(text: str, paper: str) -> str:
    """A link to the paper's page. By its label: `#id` could mean this page, which has the same name."""
    return f"{{ref}}`{text} <{paper}>`"


def _named(item: Item) -> str:
    return f"{_indexed(item)} (through its parts)" if item.through_parts else _indexed(item)


def _indexed(item: Item) -> str:
    """The item as printed, entered in the index by its name: a search for `equation 33` looks there.

    Sphinx's search leaves numbers out of the text, but not out of the index.
    """
    if not item.number.replace(".", "").isalnum():
        return escaped(item.printed)
    return f"{{index}}`{item.printed} <!{item.name}>`"
