"""The errata: one text for the book, for `lemmata errata --markdown`, and for a paper's author.

Only what is refuted is told: as printed, how it was read, why it fails, how far that reaches, and what holds instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from claims.book.known import Known
from claims.book.pages.citation import bibtex
from claims.book.standing import (
    by_weight,
    counted,
    is_printed,
    is_statement,
    mended,
    mutants_refuted,
    published,
    short_effect,
    theorems_that_stand,
    witness_lines,
)
from claims.book.text import github
from claims.book.text.markdown import bullets, escaped, link, statement, typeset, verdict_badge
from claims.engine.claim import Claim
from claims.engine.paper import Paper
from claims.engine.state import by_paper
from claims.engine.verdict import Verdict

FOLDER = "downloads"


def pages(known: Known) -> dict[str, str]:
    """`errata.md`, and below `downloads/` the errata of each paper to be sent to its authors, and BibTeX."""
    claims = list(known.registry)
    alone = {
        f"{FOLDER}/errata-{paper.id}.md": errata_markdown(known, known.of(paper.id)) for paper in known.papers.values()
    }
    files = {"errata.bib": "all of it, to be cited"} | {
        f"errata-{paper.id}.md": f"{paper.short}, by itself" for paper in known.papers.values()
    }
    downloads = bullets(f"{{download}}`{name} <{FOLDER}/{name}>`: {escaped(what)}" for name, what in files.items())
    page = errata_markdown(known, claims, book=True)
    return {
        "errata.md": f"{page}\n## To keep, to send, to cite\n\n{downloads}\n",
        f"{FOLDER}/errata.bib": bibtex(known.papers.values(), known.failing),
        **alone,
    }


def errata_markdown(known: Known, claims: Sequence[Claim], *, book: bool = False) -> str:
    """What of these claims fails as printed, in Markdown.

    By itself (GitHub's Markdown, its dollars for maths), or as the book's page, where ids are links to their homes.
    """
    papers = by_paper(claims)
    refuted = [claim for claim in claims if known.state.verdict(claim.id) is Verdict.REFUTED]
    harmless = sum(not known.found[claim.id]["casts_doubt_on"] for claim in refuted)
    blocks = [
        "# Errata",
        f"{len(claims)} claims of {_count(len(papers), 'paper')}: "
        f"{counted([known.state.verdict(claim.id) for claim in claims])}. What is refuted stands here; of those "
        f"{len(refuted)}, {harmless} put no other claim in doubt. What is merely doubtful, or could not be decided, "
        "is not listed.",
        "A claim is called refuted only where a witness violates it, as printed or as *Read as* says that it was read, "
        "and a second, independent route has confirmed that. To fail as printed is not to be wrong in substance: each "
        "entry says how far the failure reaches and what holds instead. A repair is called proved or supported by the "
        "same rules as any other claim; its mutants are false variants, which its check must refute.",
        "Where the text at hand had lost symbols, and where a slip of the pen was plain, *Read as* says how it was "
        "read. If a reading is wrong, so may be the entry.",
        "If you disagree: `lemmata show ID` prints a claim with its whole witness and names the line of code that "
        "states it; `lemmata verify ID --force` runs its check again, which looks for a witness anew and recomputes "
        f"it by the second route. Written by lemmata {version('lemmata')} from its ledger.",
    ]
    for id, of_paper in papers.items():
        blocks += _Errata(known, known.papers[id], of_paper, book).blocks()
    return "\n\n".join(filter(None, blocks)) + "\n"


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


@dataclass(frozen=True)
class _Errata:
    """The errata of one paper, as blocks of Markdown."""

    known: Known
    paper: Paper
    claims: Sequence[Claim]
    book: bool

    def blocks(self) -> Iterator[str]:
        refuted = by_weight([claim for claim in self.claims if self._verdict(claim.id) is Verdict.REFUTED])
        printed = [claim for claim in refuted if is_printed(claim)]
        items = [claim for claim in printed if is_statement(claim)]
        steps = [claim for claim in printed if not is_statement(claim)]
        ours = [claim for claim in refuted if not is_printed(claim)]
        yield (f"(errata-{self.paper.id})=\n" if self.book else "") + f"## {self._plain(self.paper.title)}"
        yield f"{self._plain(published(self.paper))}." if self.paper.authors else ""
        yield self._summary(items, steps, ours)
        if printed:
            yield "### What fails as printed, the weightiest first"
            yield bullets(self._line(claim) for claim in printed)
        if stand := theorems_that_stand(self.known.state, self.claims):
            yield "### Theorems that stand although their printed proofs use what is refuted"
            yield bullets(self._why_it_stands(claim, lost) for claim, lost in stand)
        for title, group, entry in (
            ("Statements", items, self._item),
            ("Steps of proofs, and remarks", steps, self._step),
            ("Variants that the paper does not print", ours, self._step),
        ):
            if group:
                yield f"### {title}"
                for claim in group:
                    yield from entry(claim)

    def _summary(self, items: Sequence[Claim], steps: Sequence[Claim], ours: Sequence[Claim]) -> str:
        told = f"**In short.** {_count(len(self.claims), 'claim')}: "
        told += f"{counted([self._verdict(claim.id) for claim in self.claims])}."
        printed = (*items, *steps)
        if not printed and not ours:
            return f"{told} Nothing that was checked fails as printed."
        best = mended(self.known.state, printed)
        told += f" Of what the paper prints, {_count(len(items), 'statement')} and "
        told += f"{_count(len(steps), 'step or remark', 'steps or remarks')} fail;"
        told += f" {len(best)} of these {len(printed)} have a repair that holds"
        told += f" ({counted(best)})." if best else "."
        if ours:
            told += (
                f" {_count(len(ours), 'variant')} that it does not print {'fails' if len(ours) == 1 else 'fail'}, too."
            )
        return told

    def _line(self, claim: Claim) -> str:
        effect = self._plain(short_effect(claim))
        repairs = " Repair: " + ", ".join(self._badge(repair.id) for repair in self._repairs(claim)) + "."
        return f"{self._name(claim.id)}: {effect}.{repairs if self._repairs(claim) else ''}"

    def _why_it_stands(self, claim: Claim, lost: Sequence[str]) -> str:
        instead = ", ".join(map(self._named, claim.carried_by))
        return f"{self._named(claim.id)}: in place of {', '.join(map(self._name, lost))} read {instead}."

    def _item(self, claim: Claim) -> Iterator[str]:
        yield from self._head(claim)
        yield f"In words: {self._plain(claim.summary)}"
        if claim.readings:
            yield "**Read as.**"
            yield bullets(map(self._plain, claim.readings))
        yield from self._why_it_fails(claim)
        yield from self._reach(claim)
        for repair in self._repairs(claim):
            yield self._instead(repair)
            yield _quoted(self._maths(repair.statement))
        if not self._repairs(claim):
            yield "**What holds instead.** No repair has been found."

    def _step(self, claim: Claim) -> Iterator[str]:
        yield from self._head(claim)
        if claim.readings:
            yield f"Read as: {'; '.join(map(self._plain, claim.readings))}."
        yield from self._why_it_fails(claim)
        yield from self._reach(claim)
        for repair in self._repairs(claim):
            yield self._instead(repair)

    def _head(self, claim: Claim) -> Iterator[str]:
        label = f"(errata/{claim.id})=\n" if self.book else ""
        yield f"{label}#### {self._name(claim.id)}"
        yield f"{self._plain(claim.source)}. `{claim.id}`" + (
            "" if is_printed(claim) else ". Not printed: a variant of ours."
        )
        yield _quoted(self._maths(claim.statement))

    def _why_it_fails(self, claim: Claim) -> Iterator[str]:
        found = self.known.found[claim.id]
        witness = found["witness"]
        if witness is None:
            yield f"**Why it fails.** Refuted by {found['method']}; the record holds no witness."
        else:
            yield f"**Why it fails.** A witness, confirmed by {self._plain(witness['route'])}:"
            yield bullets(map(self._plain, witness_lines(witness)))
        if not found["fresh"]:
            yield "The code has changed since this was found: it is to be run again."

    def _reach(self, claim: Claim) -> Iterator[str]:
        if claim.effect:
            yield f"**How far it reaches.** {self._plain(claim.effect)}"
        if doubted := self.known.found[claim.id]["casts_doubt_on"]:
            names = ", ".join(map(self._named, doubted))
            yield f"In doubt because of it, that is, left without the printed argument: {names}."
        if carried := self.known.state.carried_past(claim.id):
            yield f"Uses it, but a repair suffices: {', '.join(map(self._named, carried))}."

    def _instead(self, repair: Claim) -> str:
        changes = self._plain(repair.changes.rstrip("."))
        return f"**What holds instead.** {self._named(repair.id)}, {self._evidence(repair)}: {changes}."

    def _evidence(self, claim: Claim) -> str:
        found = self.known.found[claim.id]
        if not found["verdict"]:
            return "no record"
        told = "; ".join(filter(None, (self._plain(found["scope"]), mutants_refuted(found["mutants"]))))
        return f"by {found['method']} (scope: {told})"

    def _repairs(self, claim: Claim) -> list[Claim]:
        return self.known.registry.repairs_of(claim.id)

    def _verdict(self, id: str) -> Verdict | None:
        return self.known.state.verdict(id)

    def _name(self, id: str) -> str:
        claim = self.known.registry[id]
        label = (
            claim.label if claim.paper == self.paper.id else f"{self.known.papers[claim.paper].short}, {claim.label}"
        )
        return link(label, id) if self.book else label

    def _badge(self, id: str) -> str:
        verdict = self._verdict(id)
        return verdict_badge(verdict) if self.book else (verdict.value if verdict else "not run")

    def _named(self, id: str) -> str:
        return f"{self._name(id)} {self._badge(id) if self.book else f'({self._badge(id)})'}"

    def _plain(self, text: str) -> str:
        told = " ".join(text.split())  # a blank line would end the list that it stands in
        return typeset(told) if self.book else github.gently_escaped(told)

    def _maths(self, tex: str) -> str:
        return statement(tex) if self.book else github.statement(tex)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
