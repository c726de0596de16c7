"""The pages of the papers: one a paper, in the paper's own order, and one for each proof that has steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from claims.book.homes import is_whole, parts
from claims.book.known import Known
from claims.book.pages.entries import badge, entry, named, proof_table
from claims.book.standing import by_weight, counted, short_effect
from claims.book.text.markdown import escaped, link, statement, table, typeset
from claims.engine.paper import Paper, Section
from claims.engine.verdict import Verdict


def pages(known: Known) -> dict[str, str]:
    """`papers/<paper>.md` and `papers/<paper>/<item>.md`."""
    written = {}
    for paper in known.papers.values():
        proofs = {whole: _proof_page(known, paper, whole) for whole in _with_parts(known, paper)}
        written[f"papers/{paper.id}.md"] = _paper_page(known, paper, list(proofs))
        written |= {f"papers/{whole}.md": text for whole, text in proofs.items()}
    return written


def _with_parts(known: Known, paper: Paper) -> Iterator[str]:
    for section in paper.sections:
        for name in section.items:
            if parts(known.registry, f"{paper.id}/{name}"):
                yield f"{paper.id}/{name}"


def _paper_page(known: Known, paper: Paper, proofs: Sequence[str]) -> str:
    claims = known.of(paper.id)
    verdicts = [known.state.verdict(claim.id) for claim in claims]
    mutants = [mutant for claim in claims for mutant in known.found[claim.id]["mutants"]]
    refuted = sum(mutant["verdict"] == "refuted" for mutant in mutants)
    source = ", ".join(filter(None, (", ".join(paper.authors), paper.venue, str(paper.year or ""))))
    toctree = "\n".join(f"{escaped(_label(known, whole))} <{whole}>" for whole in proofs)
    blocks = [
        f"({paper.id})=\n# {escaped(paper.title)}",
        f"{escaped(source)}. {escaped(paper.about)}".strip(". ") + ".",
        f"**{len(claims)} claims: {counted(verdicts)}.** {refuted} of {len(mutants)} mutants refuted. "
        f"See [the graph](../graphs/{paper.id}.md), [the errata](#errata-{paper.id}), and "
        f"[where each numbered item is](#coverage-{paper.id}).",
        _overview(known, paper),
        *(block for section in paper.sections for block in _section(known, paper, section)),
        f"```{{toctree}}\n:hidden:\n\n{toctree}\n```" if toctree else "",
    ]
    return "\n\n".join(filter(None, blocks)) + "\n"


def _overview(known: Known, paper: Paper) -> str:
    """What fails as printed among the items of the paper, in a table, the weightiest first: what a reader looks for."""
    items = [known.registry[id] for id in items_of(known, paper)]
    failing = by_weight([claim for claim in items if known.state.verdict(claim.id) is Verdict.REFUTED])
    rows = [
        (
            named(known, claim.id),
            typeset(short_effect(claim)),
            ", ".join(badge(known, repair.id) for repair in known.registry.repairs_of(claim.id)) or "none",
        )
        for claim in failing
    ]
    if not rows:
        return ""
    return "## What fails as printed\n\n" + table(("item", "what that touches", "its repair"), rows)


def _section(known: Known, paper: Paper, section: Section) -> Iterator[str]:
    yield f"## {escaped(section.title)}"
    for name in section.items:
        whole = f"{paper.id}/{name}"
        if whole in known.registry:
            yield entry(known, known.registry[whole], 3)
            yield from (entry(known, repair, 4) for repair in known.registry.repairs_of(whole) if is_whole(repair.id))
        else:
            yield f"### {escaped(_label(known, whole))}"
        if steps := parts(known.registry, whole):
            verdicts = counted([known.state.verdict(claim.id) for claim in steps])
            yield f"[Step by step: {len(steps)} claims of {escaped(_label(known, whole))} ({verdicts})](#{whole}/parts)"


def _label(known: Known, whole: str) -> str:
    return (
        known.registry[whole].label if whole in known.registry else whole.split("/")[1].replace("-", " ").capitalize()
    )


def _proof_page(known: Known, paper: Paper, whole: str) -> str:
    steps = parts(known.registry, whole)
    label = _label(known, whole)
    blocks = [
        f"({whole}/parts)=\n# {escaped(label)} of {escaped(paper.short)}, step by step",
        f"Of {{ref}}`{paper.title} <{paper.id}>`.",
    ]
    if whole in known.registry:
        claim = known.registry[whole]
        verdict = known.state.verdict(whole)
        blocks += [
            f"{named(known, whole)}, as {'read' if claim.readings else 'printed'}:",
            f":::{{container}} statement {verdict.value if verdict else 'not-run'}\n{statement(claim.statement)}\n:::",
        ]
    blocks += [proof_table(known, steps, f"papers/{whole}"), *(entry(known, step, 2) for step in steps)]
    return "\n\n".join(blocks) + "\n"


def items_of(known: Known, paper: Paper) -> list[str]:
    """The ids of a paper's items that are claims, in the paper's order."""
    listed = [f"{paper.id}/{name}" for section in paper.sections for name in section.items]
    return [id for id in listed if id in known.registry]
