"""The contents of the papers: consistent, complete, and the same as what the papers themselves number."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from claims import Mean, claim, exhaustive, statistical
from claims.engine.claim import Context
from claims.engine.coverage import Coverage, coverages
from claims.engine.paper import Paper, Section, load_contents
from claims.engine.registry import ClaimError, Registry, load_papers
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

#: What each paper numbers, as read from its text, which is not in the repository.
PRINTED = {
    "koehler-2022": {"Theorem": "1-5", "Lemma": "1-8", "Equation": "1-10", "Table": "1-5", "Figure": "1-8"},
    "mondal-2021": {"Equation": "1-4", "Table": "1-5", "Figure": "1-17"},
    "pareek-risteski-2021": {
        "Theorem": "1-2", "Definition": "1-2", "Assumption": "1-3", "Conjecture": "1", "Remark": "1-9",
        "Equation": "1",
    },
    "pareek-risteski-2022": {
        "Theorem": "1-3", "Lemma": "1-27", "Definition": "1-14", "Assumption": "1-3", "Conjecture": "1",
        "Remark": "1-11", "Equation": "1-60",
    },
    "shekhovtsov-2022": {
        "Theorem": "1-2 A.1", "Corollary": "1-2", "Proposition": "A.1 A.2", "Definition": "1", "Assumption": "1",
        "Example": "A.1", "Equation": "1-57", "Table": "1-2", "Figure": "1-4",
    },
}  # fmt: skip

#: Items that the machine's extraction of the text has lost, and how.
LOST = {
    "pareek-risteski-2022": {"Equation 3": "read as the one character ⑶"},
    "pareek-risteski-2021": {"Remark 7": "lost between the columns; 6 and 8 stand around it"},
}

#: Items whose number is ours.
OURS = {"koehler-2022": {"Example 1": "'For example', after Theorem 1"}}

#: A claim that is complete but for its id and its check.
FIELDS: dict[str, Any] = {"statement": "x = x", "source": "Section 1", "domain": "all x", "by": [exhaustive(list, "")]}

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


def printed_in(paper: str) -> set[str]:
    """The names of all that a paper numbers, from `PRINTED`."""
    return {f"{kind} {number}" for kind, numbers in PRINTED[paper].items() for number in _spread(numbers)}


def _spread(numbers: str) -> Iterator[str]:
    """`1-3 A.1`: 1, 2, 3, A.1."""
    for part in numbers.split():
        first, _, last = part.partition("-")
        yield from map(str, range(int(first), int(last) + 1)) if last else [first]


def names(found: Coverage) -> set[str]:
    """The items that have a number."""
    return {item.name for item in found.items if re.fullmatch(r"(?:[A-Z]\.)?\d+", item.number)}


class Stateful:
    """A check that is no function."""

    def __call__(self, case: Any) -> Any:
        """State nothing."""


class TestPapers:
    """What the registered papers tell of themselves."""

    @pytest.mark.parametrize("paper", REGISTERED)
    def test_every_paper_says_who_wrote_what_and_when(self, paper: str) -> None:
        """Title, authors, venue, year and what is checked are there: the paper's page begins with them."""
        told = COVERED[paper].paper
        assert all((told.title, told.authors, told.venue, told.year, told.about))

    @pytest.mark.parametrize("paper", REGISTERED)
    def test_every_stated_item_is_a_claim(self, paper: str) -> None:
        """All theorems, ..., remarks and equations of a registered paper are mapped, as wholes."""
        left = {item.name for item in COVERED[paper].items if item.kind in STATED and not item.mapped}
        assert left == NOTHING_TO_CHECK.get(paper, {}).keys()

    @pytest.mark.parametrize("paper", COVERED)
    def test_open_items_say_what_they_show(self, paper: str) -> None:
        """Nobody need open the paper to learn what is missing."""
        assert all(item.shows for item in COVERED[paper].open)

    @pytest.mark.parametrize("paper", COVERED)
    def test_the_items_are_those_that_the_paper_numbers(self, paper: str) -> None:
        """What the paper prints is what the coverage counts: no more, no less."""
        printed, ours = printed_in(paper), OURS.get(paper, {}).keys()
        assert not printed & ours
        assert printed | ours == names(COVERED[paper])

    @pytest.mark.parametrize("paper", COVERED)
    def test_the_printed_items_are_those_of_the_text(self, paper: str) -> None:
        """Where the paper's text is at hand, a machine reads the same in it."""
        file = TEXTS / f"{paper}.txt"
        if not file.is_file():
            pytest.skip(f"{file} is not there: the papers' texts are not in the repository")
        read, lost = numbered_in(file.read_text(encoding="utf-8")), LOST.get(paper, {}).keys()
        assert not read & lost
        assert read | lost == printed_in(paper)


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

    @pytest.mark.parametrize(
        ("said", "message"),
        [
            ("", r"PAPER is missing; write PAPER = Paper\('new', ...\)"),
            ("PAPER = 'new'", "PAPER is missing"),
            ("PAPER = Paper('old', '', (), '', 0)", "PAPER.id is 'old', but the claims are new/"),
        ],
    )
    def test_contents_tell_of_the_paper_that_they_lie_beside(
        self, said: str, message: str, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No PAPER, or that of another paper, is one error, which names the module."""
        module = tmp_path.name
        (tmp_path / "__init__.py").touch()
        (tmp_path / "contents.py").write_text(f"from claims.engine.paper import Paper\n{said}\n", encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path.parent)
        check = _check()
        check.__module__ = f"{module}.section_1"
        claim("new/lemma-1", **FIELDS)(check)
        with pytest.raises(ClaimError, match=rf"^{module}\.contents: {message}"):
            load_contents(registry)


class TestDeclaration:
    """What a claim must be for a page to be made of it."""

    @pytest.mark.parametrize("check", [partial(max, 1), Stateful(), max], ids=["partial", "object", "builtin"])
    def test_a_check_has_a_place(self, check: Callable[..., Any], registry: Registry) -> None:
        """What is no plain function has no line that a reader could be shown."""
        with pytest.raises(ClaimError, match=r"new/lemma-1: the check is a \w+ object; write a plain function"):
            claim("new/lemma-1", **FIELDS)(check)
        assert len(registry) == 0

    def test_a_statement_has_no_dollars(self) -> None:
        """A statement is in maths mode; a printed dollar is escaped."""
        with pytest.raises(ClaimError, match=r"new/lemma-1: statement has a \$"):
            claim("new/lemma-1", **{**FIELDS, "statement": r"\text{all } $x$"})(_check())
        claim("new/lemma-1", **{**FIELDS, "statement": r"x \le 5\$"})(_check())

    @pytest.mark.parametrize(
        ("item", "label"),
        [
            ("theorem-2-1", "Theorem 2.1"), ("lemma-3-2", "Lemma 3.2"), ("equation-9a", "Equation 9a"),
            ("theorem-a-1", "Theorem A.1"), ("lemma-b-2-1-tight", "Lemma B.2.1 tight"),
            ("remark-1-padding", "Remark 1 padding"), ("remark-tight", "Remark tight"),
        ],
    )  # fmt: skip
    def test_numbers_are_written_as_printed(self, item: str, label: str) -> None:
        """A hyphen between numbers is a point; before a word it is a blank."""
        assert claim(f"new/{item}", **FIELDS)(_check()).label == label

    def test_a_violation_that_cannot_be_is_a_mistake_at_a_point(self) -> None:
        """A mean of at least 0.01 cannot be off by 0.05; the error names the claim, the point and the argument."""
        method = statistical(lambda *_: ["n = 3"], "one point", violation=0.05)
        with pytest.raises(ClaimError, match=r"new/lemma-1: at the point 'n = 3', violation: expected .* got 0.05"):
            method.decide(lambda _: Mean.at_least(lambda n, _: np.ones(n), 0.01), Context("new/lemma-1"))


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

    def test_numbers_of_sections_are_counted_and_sorted(self) -> None:
        """Lemma 3.2 comes before Lemma 3.10, Equation 9a after Equation 9."""
        ids = ("equation-9a", "equation-10", "equation-9", "lemma-3-10-bound", "lemma-3-2", "remark-tight")
        found = coverages(REGISTRY, [Paper("new", "", (), "", 0, sections=(Section("", ids),))])["new"]
        order = ["Lemma 3.2", "Lemma 3.10", "Equation 9", "Equation 9a", "Equation 10"]
        assert [item.name for item in found.items] == order

    def test_a_picture_of_which_only_remarks_are_claims_is_held_through_its_parts(self) -> None:
        """It is neither mapped nor open; the three add up to all."""
        found = COVERED["shekhovtsov-2022"]
        assert [item.name for item in found.through_parts] == ["Table 1", "Table 2", "Figure 1", "Figure 2"]
        assert len(found.mapped) + len(found.through_parts) + len(found.open) == len(found.items)
        assert not {*found.through_parts} & {*found.mapped, *found.open}

    def test_a_lemma_of_which_only_steps_are_claims_is_held_through_its_parts(self, registry: Registry) -> None:
        """Steps of a proof without the statement do not make the lemma a claim."""
        claim("new/lemma-14/step-33", **FIELDS)(_check())
        (item,) = coverages(registry)["new"].items
        assert (item.claims, item.mapped, item.through_parts) == (("new/lemma-14/step-33",), False, True)
        claim("new/lemma-14", **FIELDS)(_check())
        (item,) = coverages(registry)["new"].items
        assert (item.claims, item.mapped, item.through_parts) == (("new/lemma-14",), True, False)

    def test_an_item_without_claims_is_open(self, registry: Registry) -> None:
        """Contents may list an item of a paper of which no claim is declared yet."""
        plain = Paper("new", "", (), "", 0, sections=(Section("", ("lemma-14",)),))
        (item,) = coverages(registry, [plain])["new"].items
        assert (item.claims, item.mapped, item.through_parts) == ((), False, False)


def _check() -> Callable[..., Any]:
    def check(case: Any) -> Any:
        """State x = x."""

    return check


def _load(told: Paper, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the contents with this paper's in place of the printed ones."""
    module = f"claims.papers.{told.id.replace('-', '_')}.contents"
    monkeypatch.setattr(f"{module}.PAPER", told)
    load_contents(REGISTRY)
    coverages(REGISTRY)
