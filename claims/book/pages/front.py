"""The front page: what was checked, what failed, and where to go."""

from __future__ import annotations

from claims.book.drawings import tiles
from claims.book.known import Known
from claims.book.pages.entries import named
from claims.book.pages.papers import items_of
from claims.book.standing import counted, is_printed, is_statement, mended
from claims.book.text.markdown import escaped, table
from claims.engine.paper import Paper
from claims.engine.verdict import Verdict

GUIDES = (
    ("The proofs, told", ("reduction-told", "encoder-told", "reductions", "small-encoders", "dichotomy")),
    ("Guides", ("tutorial", "your-paper", "writing-claims", "verdicts", "circuits", "instances", "families",
                "exponential-families", "gpu-and-cluster")),
    ("Reference", ("coverage", "api/index", "json-schema", "glossary", "about")),
)  # fmt: skip


INTRODUCTION = """# Machine-learning theory that you can run

Papers in machine-learning theory state theorems; hardly anyone can check them. Here each statement of a paper is an
executable claim: proved, supported, or refuted with a witness that you can check by hand, the printed statement and its
repair side by side."""

WAYS = """- **What failed, and why?** [Errata](errata.md): each refuted statement, its witness, its reach, its repair.
- **Where is Equation (33), and its code?** [Where is what](coverage.md), or the search.
- **What does a theorem rest on?** [The graphs](graphs/index.md).
- **May I believe a verdict?** [How verdicts are decided](verdicts.md), and [how to read an entry](about.md).
- **I want to run it.** [Ten minutes: your first verdict](tutorial.md); then [your own paper's claims](your-paper.md).
- **I build on circuits or small hard instances.** [Circuits](circuits.md), [instances](instances.md), and
  [an encoder that becomes a circuit](reduction-told.md)."""


def pages(known: Known) -> dict[str, str]:
    """`index.md`, with the table of contents of the whole book."""
    claims = list(known.registry)
    verdicts = [known.state.verdict(claim.id) for claim in claims]
    blocks = [
        INTRODUCTION,
        f"**{len(claims)} claims: {counted(verdicts)}.** {_refuted(known)}".strip(),
        WAYS,
        table(("paper", "claims", "its theorems, as printed"), [_row(known, paper) for paper in known.papers.values()]),
        tiles.block(known, "index"),
        _contents("Papers", [f"{paper.short} <papers/{paper.id}>" for paper in known.papers.values()]),
        _contents("What came out", ["errata", "reproductions", "graphs/index"]),
        *(_contents(caption, names) for caption, names in GUIDES),
    ]
    return {"index.md": "\n\n".join(blocks) + "\n"}


def _refuted(known: Known) -> str:
    """What the refuted ones are, and how many of them are mended: most are no theorems."""
    refuted = [claim for claim in known.registry if known.state.verdict(claim.id) is Verdict.REFUTED]
    if not refuted:
        return ""
    printed = [claim for claim in refuted if is_printed(claim)]
    items, best = sum(map(is_statement, printed)), mended(known.state, refuted)
    kinds = (
        f"{items} numbered items or remarks of their own, {len(printed) - items} steps of proofs or remarks on items, "
        f"{len(refuted) - len(printed)} variants of ours that no paper prints"
    )
    return f"Refuted are {kinds}. {len(best)} of these {len(refuted)} have a repair that holds ({counted(best)})."


def _row(known: Known, paper: Paper) -> tuple[str, str, str]:
    """A paper, how many of its claims have which verdict, and its theorems."""
    verdicts = [known.state.verdict(claim.id) for claim in known.of(paper.id)]
    theorems = [named(known, id) for id in items_of(known, paper) if known.registry[id].kind == "theorem"]
    return f"[{escaped(paper.title)}](#{paper.id})", counted(verdicts), ", ".join(theorems)


def _contents(caption: str, names: list[str] | tuple[str, ...]) -> str:
    listed = "\n".join(names)
    return f"```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{listed}\n```"
