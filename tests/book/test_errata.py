"""The errata: complete, ordered by weight, fair, and readable as a page and by themselves."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from claims.book.known import Known
from claims.book.pages.citation import bibtex, cite
from claims.book.pages.errata import errata_markdown, pages
from claims.book.standing import by_weight, is_printed, theorems_that_stand
from claims.book.text.github import gently_escaped
from claims.book.text.github import statement as github_statement
from claims.engine.claim import Claim
from claims.engine.paper import Paper
from claims.engine.state import State
from claims.engine.verdict import Verdict

PAPER = "pareek-risteski-2022"


@pytest.fixture(scope="module")
def known() -> Known:
    """What the repository's own ledger says. Whether it is fresh is another test's matter, and slow to tell."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(State, "fresh", lambda _, claim: bool(claim))
        known = Known(State.load(None))
        assert known.found
    return known


@pytest.fixture(scope="module")
def written(known: Known) -> dict[str, str]:
    return pages(known)


def refuted(known: Known) -> list[Claim]:
    return [claim for claim in known.registry if known.state.verdict(claim.id) is Verdict.REFUTED]


def test_each_refuted_claim_has_one_entry_and_no_other_claim_has(known: Known, written: dict[str, str]) -> None:
    """The page's entries are the refuted claims, each linked to its home."""
    entries = re.findall(r"^#### \[.*\]\(#(.*)\)$", written["errata.md"], re.MULTILINE)
    assert sorted(entries) == sorted(claim.id for claim in refuted(known))


def test_an_entry_says_all_that_an_author_asks(known: Known, written: dict[str, str]) -> None:
    """Source, reading, every worked line, how far it reaches, the repair and what it changes."""
    for claim in refuted(known):
        text = written[f"downloads/errata-{claim.paper}.md"]
        entry = next(part for part in text.split("\n#### ") if f"`{claim.id}`" in part)
        witness = known.found[claim.id]["witness"]
        repairs = [repair.changes.rstrip(".") for repair in known.registry.repairs_of(claim.id)]
        told = [claim.source, claim.effect, *claim.readings, *witness["worked"], *repairs]
        assert [part for part in told if gently_escaped(" ".join(part.split())) not in entry] == [], claim.id


def test_items_come_before_steps_and_theorems_before_remarks(known: Known) -> None:
    """The weightiest first, by the kind of the item; steps and remarks on items last."""
    order = by_weight([claim for claim in refuted(known) if claim.paper == PAPER])
    wholes = [claim.id.count("/") == 1 for claim in order]
    assert wholes == sorted(wholes, reverse=True)
    kinds = list(dict.fromkeys(claim.kind for claim in order if claim.id.count("/") == 1))
    assert kinds == ["theorem", "lemma", "equation", "definition", "remark"]


def test_what_we_added_is_not_laid_at_the_paper_s_door(known: Known, written: dict[str, str]) -> None:
    """A variant of ours stands apart, and says that it is not printed."""
    ours = [claim for claim in refuted(known) if not is_printed(claim)]
    assert {claim.id for claim in ours} >= {f"{PAPER}/remark-10/step-uniform"}
    for claim in ours:
        text = written[f"downloads/errata-{claim.paper}.md"]
        assert text.index("### Variants that the paper does not print") < text.index(f"`{claim.id}`. Not printed")


def test_theorem_1_stands_by_its_repairs(known: Known, written: dict[str, str]) -> None:
    """The theorem whose lemmas fail is named with the repairs that carry it."""
    stand = theorems_that_stand(known.state, known.of(PAPER))
    assert f"{PAPER}/theorem-1" in [claim.id for claim, _ in stand]
    assert "- Theorem 1 (supported): in place of " in written[f"downloads/errata-{PAPER}.md"]
    assert "Lemma 2, repair (proved)" in written[f"downloads/errata-{PAPER}.md"]


def recounted(verdicts: Sequence[str]) -> str:
    """The counts of verdicts in words."""
    counts = Counter(verdicts)
    order = ("proved", "supported", "refuted", "inconclusive")
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in order if counts[verdict])


def test_counts_are_those_of_the_ledger(known: Known, written: dict[str, str]) -> None:
    """Claims, verdicts, what casts no doubt, statements, steps and variants that fail, and what is mended."""
    for paper in (None, *known.papers):
        text = written[f"downloads/errata-{paper}.md" if paper else "errata.md"]
        found = [each for each in known.found.values() if paper in (None, each["paper"])]
        number, verdicts, failing, harmless = re.findall(
            r"^(\d+) claims of \d+ papers?: (.*?)\. What is .* of those (\d+), (\d+) put no other", text, re.MULTILINE
        )[0]
        wrong = [each for each in found if each["verdict"] == "refuted"]
        assert (int(number), verdicts) == (len(found), recounted([each["verdict"] for each in found]))
        assert (int(failing), int(harmless)) == (len(wrong), [bool(e["casts_doubt_on"]) for e in wrong].count(False))
    for paper in known.papers:
        found = [each for each in known.found.values() if each["paper"] == paper]
        wrong = [each for each in found if each["verdict"] == "refuted"]
        printed = [each for each in wrong if is_printed(known.registry[each["id"]])]
        for text in (written[f"downloads/errata-{paper}.md"], written["errata.md"].split(f"(errata-{paper})=")[1]):
            assert summary(text) == expected_summary(known, found, wrong, printed)


def summary(text: str) -> list[str]:
    """The numbers of the first `In short`, and what is mended."""
    told = re.findall(r"^\*\*In short\.\*\* (.*)$", text, re.MULTILINE)[0]
    return [*re.findall(r"\d+(?= )", re.sub(r"\(.*?\)", "", told)), *re.findall(r"\((.*?)\)", told)]


def expected_summary(known: Known, found: Sequence[Any], wrong: Sequence[Any], printed: Sequence[Any]) -> list[str]:
    """What `summary` must find."""
    verdicts = re.findall(r"\d+", recounted([each["verdict"] for each in found]))
    if not wrong:
        return [str(len(found)), *verdicts]
    items = sum(each["id"].count("/") == 1 for each in printed)
    repairs = [{known.found[id]["verdict"] for id in each["repairs"]} for each in printed]
    best = ["proved" if "proved" in had else "supported" for had in repairs if had & {"proved", "supported"}]
    numbers = [len(found), *verdicts, items, len(printed) - items, len(best), len(printed)]
    ours = len(wrong) - len(printed)
    return [*map(str, numbers), *([str(ours)] if ours else []), recounted(best)]


def test_entries_say_how_far_a_failure_reaches(known: Known, written: dict[str, str]) -> None:
    """What is in doubt, what a repair carries, and of each repair verdict, method and mutants, in both texts."""
    linked = re.compile(r"\[[^\]]+\]\(#([^)]+)\) \[(.*?)\]\{\.verdict \.(.*?)\}")
    parts = written["errata.md"].split("\n(errata/")
    entries = {part[: part.index(")=")]: part for part in parts[1:]}
    for claim in refuted(known):
        found, entry = known.found[claim.id], entries[claim.id]
        lines = {line.split(":")[0]: linked.findall(line) for line in entry.splitlines()}
        carried = known.state.carried_past(claim.id)
        for lead, ids in (("In doubt because of it, that is, left without the printed argument",
                           found["casts_doubt_on"]), ("Uses it, but a repair suffices", carried)):  # fmt: skip
            verdicts = [known.found[id]["verdict"] for id in ids]
            assert lines.get(lead, []) == [(id, word, word) for id, word in zip(ids, verdicts, strict=True)], claim.id
        alone = next(p for p in written[f"downloads/errata-{claim.paper}.md"].split("\n#### ") if f"`{claim.id}`" in p)
        for id in found["repairs"]:
            repair = known.found[id]
            killed = [mutant["verdict"] for mutant in repair["mutants"]].count("refuted")
            method, mutants = (
                f"by {repair['method']} (scope: ",
                f"; {killed} of {len(repair['mutants'])} mutants refuted)",
            )
            assert (
                f"{repair['label']} ({repair['verdict']}), {method}{gently_escaped(repair['scope'])}{mutants}" in alone
            )
            assert (id, repair["verdict"], repair["verdict"]) in linked.findall(entry)
        assert ("No repair has been found." in entry) <= (not found["repairs"])


def test_alone_it_has_no_markup_of_the_book(written: dict[str, str]) -> None:
    """Sent to an author, the text has no links to the book, no roles, and formulas that GitHub renders."""
    for name, text in written.items():
        if name.startswith("downloads/") and name.endswith(".md"):
            prose = re.sub(r"\$`.*?`\$|```math\n.*?\n```", "", text, flags=re.DOTALL)
            assert not re.search(r"\]\(#|\{\.verdict|:::|\{list-table\}|\{download\}|&emsp;|\$", prose)


def test_a_paper_without_errata_says_so(known: Known) -> None:
    """Nothing refuted is told in a sentence."""
    clean = [claim for claim in known.of("pareek-risteski-2021") if known.state.verdict(claim.id) is Verdict.PROVED]
    text = errata_markdown(known, clean)
    assert "Nothing that was checked fails as printed." in text
    assert "####" not in text


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("r* + s, r*+2..r*+s", "r* + s, r*+2..r*+s"),
        ("*x* and _y_, A~B~A", r"\*x* and \_y_, A\~B\~A"),
        ("A~^T, D_ii, x < y, |x|", "A~^T, D_ii, x < y, |x|"),
        ("<b> costs $5, [a](b)", r"\<b> costs \$5, [a]\(b)"),
        ("`D_ii*` stays, - not", "`D_ii*` stays, - not"),
        ("- x = 1", r"\- x = 1"),
    ],
)
def test_plain_text_stays_readable(text: str, safe: str) -> None:
    """Only what GitHub would take for markup is escaped."""
    assert gently_escaped(text) == safe


def test_formulas_for_github() -> None:
    """Within words in dollars and backticks; without words in a block."""
    assert github_statement(r"\text{If } x_1 \text{ then } \{y\}") == r"If $`x_1`$ then $`\{y\}`$"
    assert github_statement(r"x \le y") == "```math\nx \\le y\n```"


class TestBibtex:
    def test_every_paper_and_its_errata(self, known: Known) -> None:
        """One entry for all errata, one for each paper of which something fails, one for each paper."""
        text = bibtex(known.papers.values(), known.failing)
        keys = re.findall(r"^@(\w+)\{(.*),$", text, re.MULTILINE)
        expected = [
            ("misc", "lemmata-errata"),
            *(("misc", f"errata-{id}") for id in known.papers if id in known.failing),
        ]
        assert keys == [*expected, *(("inproceedings", id) for id in known.papers)]
        assert text.count("{") == text.count("}")

    def test_nothing_is_invented(self, known: Known) -> None:
        """No address and no date that is not recorded."""
        text = bibtex(known.papers.values(), known.failing)
        assert not re.search(r"url|doi|http|month", text)

    def test_markup_is_escaped(self) -> None:
        """A title's ampersand does not break LaTeX; a field that is not known is left out."""
        text = cite(Paper("p", "A & B_1", ("X Y",), "", 0))
        assert r"title = {{A \& B\_1}}" in text
        assert "year" not in text
        assert "booktitle" not in text


def test_selection(known: Known) -> None:
    """The errata of some claims hold those and no others."""
    some: Sequence[Claim] = known.registry.select([f"{PAPER}/lemma-8*"])
    text = errata_markdown(known, some)
    assert text.count("\n#### ") == sum(known.state.verdict(claim.id) is Verdict.REFUTED for claim in some)
