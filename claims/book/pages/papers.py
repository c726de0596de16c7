"""The pages of the papers: one a paper, in the paper's own order, and one for each proof that has steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from claims.book.homes import parts
from claims.book.known import Known
from claims.book.pages.entries import badge, entry, named, proof_table, prose
from claims.book.standing import by_weight, counted, mutants_refuted, published, short_effect
from claims.book.text.markdown import escaped, statement, table
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
    about = [text.rstrip(". ") + "." for text in (published(paper), paper.about) if text]
    toctree = "\n".join(f"{escaped(_label(known, whole))} <{whole}>" for whole in proofs)
    blocks = [
        f"({paper.id})=\n# {escaped(paper.title)}",
        escaped(" ".join(about)),
        f"**{len(claims)} claims: {counted(verdicts)}.** {mutants_refuted(mutants) or 'No mutants'}. "
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
            prose(short_effect(claim)),
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
        else:
            yield f"### {escaped(_label(known, whole))}"
        # Only this repair stands below its item; any other stands where its own id puts it.
        if f"{whole}/repair" in known.registry:
            yield entry(known, known.registry[f"{whole}/repair"], 4)
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
