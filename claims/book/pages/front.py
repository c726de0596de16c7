"""The front page: what was checked, what failed, and where to go."""

from __future__ import annotations

from claims.book.drawings import tiles
from claims.book.known import Known
from claims.book.pages.papers import counted
from claims.book.text.markdown import escaped, table

GUIDES = (
    ("The proofs, told", ("reduction-told", "encoder-told", "reductions", "small-encoders", "dichotomy")),
    ("Guides", ("tutorial", "your-paper", "writing-claims", "verdicts", "circuits", "instances", "families",
                "exponential-families", "gpu-and-cluster")),
    ("Reference", ("coverage", "api/index", "json-schema", "glossary", "about")),
)  # fmt: skip


def pages(known: Known) -> dict[str, str]:
    """`index.md`, with the table of contents of the whole book."""
    claims = list(known.registry)
    verdicts = [known.state.verdict(claim.id) for claim in claims]
    rows = [
        (
            f"[{escaped(paper.title)}](#{paper.id})",
            counted([known.state.verdict(claim.id) for claim in known.of(paper.id)]),
        )
        for paper in known.papers.values()
    ]
    blocks = [
        "# Machine-learning theory that you can run",
        "Papers in machine-learning theory state theorems; hardly anyone can check them. Here each statement of a "
        "paper is an executable claim: proved, supported, or refuted with a witness that you can check by hand, the "
        "printed statement and its repair side by side.",
        f"**{len(claims)} claims: {counted(verdicts)}.**",
        table(("paper", "claims"), rows),
        tiles.block(known, "index"),
        _contents("Papers", [f"{paper.short} <papers/{paper.id}>" for paper in known.papers.values()]),
        _contents("What came out", ["errata", "reproductions", "graphs/index"]),
        *(_contents(caption, names) for caption, names in GUIDES),
    ]
    return {"index.md": "\n\n".join(blocks) + "\n"}


def _contents(caption: str, names: list[str] | tuple[str, ...]) -> str:
    listed = "\n".join(names)
    return f"```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{listed}\n```"
