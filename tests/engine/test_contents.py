"""The contents of the papers: consistent, complete, and the same as what the papers themselves number."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from claims.engine.coverage import Coverage, coverages
from claims.engine.paper import Paper, Section, load_contents
from claims.engine.registry import ClaimError, load_papers
from claims.papers.unregistered import PAPERS as UNREGISTERED

REGISTRY = load_papers()
COVERED = coverages(REGISTRY, UNREGISTERED)
REGISTERED = [id for id, found in COVERED.items() if found.registered]

TEXTS = Path(__file__).parents[3] / "shared" / "papers"

#: Kinds of which every item must be a claim; of the others (tables, figures, algorithms) some may be open.
STATED = {
    "Theorem", "Lemma", "Corollary", "Proposition", "Definition", "Assumption", "Conjecture", "Remark", "Example",
    "Equation",
}  # fmt: skip

#: Items of these kinds that are open, and why.
NOTHING_TO_CHECK = {"pareek-risteski-2022": {"Remark 7": "says what is usual in practice"}}

#: Items that the machine's extraction of the text has lost, and how.
LOST = {
    "pareek-risteski-2022": {"Equation 3": "read as the one character ⑶"},
    "pareek-risteski-2021": {"Remark 7": "lost between the columns; 6 and 8 stand around it"},
}

#: Items whose number is ours.
OURS = {"koehler-2022": {"Example 1": "'For example', after Theorem 1"}}

HEADING = re.compile(
    r"^[\d *]*(Theorem|Lemma|Corollary|Proposition|Definition|Assumption|Conjecture|Remark|Example) "
    r"((?:[A-Z]\.)?\d+)(?!\.?\d)[.:,* (]",
    re.MULTILINE,
)
EQUATION = re.compile(r"\(([1-9]\d?)[a-z]?\)[\s|$]*$|\\tag\{(\d+)\}", re.MULTILINE)
PICTURE = re.compile(r"\b(Tab|Fig)(?:le|ure|\.)[ \xa0]?(\d+)")


def numbered_in(text: str) -> set[str]:
    """The names of all that a paper's text numbers."""
    headings = {f"{kind} {number}" for kind, number in HEADING.findall(text)}
    equations = {f"Equation {found[1] or found[2]}" for found in EQUATION.finditer(text)}
    pictures = {f"{'Table' if kind == 'Tab' else 'Figure'} {number}" for kind, number in PICTURE.findall(text)}
    return headings | equations | pictures


def names(found: Coverage) -> set[str]:
    """The items that have a number."""
    return {item.name for item in found.items if re.fullmatch(r"(?:[A-Z]\.)?\d+", item.number)}


class TestPapers:
    """What the registered papers tell of themselves."""

    @pytest.mark.parametrize("paper", REGISTERED)
    def test_every_paper_says_who_wrote_what_and_when(self, paper: str) -> None:
        """Title, authors, venue, year and what is checked are there: the paper's page begins with them."""
        told = COVERED[paper].paper
        assert all((told.title, told.authors, told.venue, told.year, told.about))

    @pytest.mark.parametrize("paper", REGISTERED)
    def test_every_stated_item_is_a_claim(self, paper: str) -> None:
        """All theorems, ..., remarks and equations of a registered paper are mapped."""
        left = {item.name for item in COVERED[paper].open if item.kind in STATED}
        assert left == NOTHING_TO_CHECK.get(paper, {}).keys()

    @pytest.mark.parametrize("paper", COVERED)
    def test_open_items_say_what_they_show(self, paper: str) -> None:
        """Nobody need open the paper to learn what is missing."""
        assert all(item.shows for item in COVERED[paper].open)

    @pytest.mark.parametrize("paper", COVERED)
    def test_the_items_are_those_that_the_paper_numbers(self, paper: str) -> None:
        """What a machine reads in the paper's text is what the coverage counts: no more, no less."""
        file = TEXTS / f"{paper}.txt"
        if not file.is_file():
            pytest.skip(f"{file} is not there: the papers' texts are not in the repository")
        printed = numbered_in(file.read_text(encoding="utf-8"))
        lost, ours = LOST.get(paper, {}).keys(), OURS.get(paper, {}).keys()
        assert not printed & (lost | ours)
        assert printed | lost | ours == names(COVERED[paper])


class TestContents:
    """Contents that do not fit the claims."""

    def test_an_item_left_out_or_twice_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The error names the item and says what to do."""
        told = COVERED["koehler-2022"].paper
        for sections in (told.sections[1:], (*told.sections, told.sections[0])):
            with pytest.raises(ClaimError, match="conclusion-larger-support: list each item that has claims once"):
                _load(replace(told, sections=sections), monkeypatch)

    def test_elsewhere_names_claims_only(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A claim that was renamed leaves no item pointing nowhere."""
        told = replace(COVERED["koehler-2022"].paper, elsewhere={"Equation 1": ("theorem-22",)})
        with pytest.raises(ClaimError, match="elsewhere names theorem-22, which is no claim"):
            _load(told, monkeypatch)

    def test_an_item_is_open_or_held_not_both(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Once a claim holds an item, whether by its id or elsewhere, it must leave the list of open ones."""
        told = COVERED["koehler-2022"].paper
        for held in ("Equation 1", "Lemma 3"):
            with pytest.raises(ClaimError, match=held):
                _load(replace(told, open={held: "both"}), monkeypatch)


class TestOrder:
    """Items as a reader looks for them."""

    def test_by_kind_then_number(self) -> None:
        """Theorem A.1 comes after Theorem 2, Equation 10 after Equation 9, figures last."""
        order = [item.name for item in COVERED["shekhovtsov-2022"].items]
        assert order[:4] == ["Theorem 1", "Theorem 2", "Theorem A.1", "Corollary 1"]
        assert order.index("Equation 10") == order.index("Equation 9") + 1
        assert order[-1] == "Figure 4"

    def test_parts_and_remarks_hold_an_item_that_is_no_claim_itself(self) -> None:
        """Remark 1 is held by its parts, Table 2 by what the text says of it; Lemma 14 by itself, not by its steps."""
        items = {(id, item.name): item.claims for id, found in COVERED.items() for item in found.items}
        assert "pareek-risteski-2022/remark-1-padding" in items["pareek-risteski-2022", "Remark 1"]
        assert "shekhovtsov-2022/table-2/remark-depth" in items["shekhovtsov-2022", "Table 2"]
        assert items["pareek-risteski-2022", "Lemma 14"] == ("pareek-risteski-2022/lemma-14",)
        assert items["pareek-risteski-2022", "Equation 33"] == ("pareek-risteski-2022/lemma-14/step-33",)

    def test_a_paper_without_contents_is_covered_by_its_ids(self) -> None:
        """A user's own paper needs no contents to be counted."""
        plain = {id: Paper(id, id, (), "", 0, sections=(Section("", ("lemma-3", "theorem-a-1")),)) for id in ("new",)}
        found = coverages(REGISTRY, plain.values())["new"]
        assert [item.name for item in found.items] == ["Theorem A.1", "Lemma 3"]


def _load(told: Paper, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the contents with this paper's in place of the printed ones."""
    module = f"claims.papers.{told.id.replace('-', '_')}.contents"
    monkeypatch.setattr(f"{module}.PAPER", told)
    load_contents(REGISTRY)
    coverages(REGISTRY)
