"""The pages of the papers say what registry and ledger say, each claim once."""

import re

import pytest

from claims.book.code import called, code_link, used_code
from claims.book.homes import address, anchor, is_whole, page
from claims.book.known import Known
from claims.book.pages.papers import pages
from claims.book.symbols import REPOSITORY
from claims.engine.state import State


@pytest.fixture(scope="module")
def known() -> Known:
    return Known(State.load(None))


@pytest.fixture(scope="module")
def written(known: Known) -> dict[str, str]:
    return pages(known)


def test_every_claim_has_one_home(known: Known, written: dict[str, str]) -> None:
    """Its label stands once in the whole book, on the page that `homes` names."""
    for claim in known.registry:
        holders = [path for path, text in written.items() if f"\n({claim.id})=\n" in f"\n{text}"]
        assert holders == [f"{page(claim.id)}.md"], claim.id


def test_badges_are_the_verdicts_of_the_ledger(known: Known, written: dict[str, str]) -> None:
    """The first badge below a claim's label is its verdict, and `in doubt` is there when it is in doubt."""
    for claim in known.registry:
        entry = written[f"{page(claim.id)}.md"].split(f"({claim.id})=\n", 1)[1].split("\n\n:::", 1)[0]
        first, *others = re.findall(r"\{\.verdict \.([a-z-]+)\}", entry)
        verdict = known.state.verdict(claim.id)
        assert first == (verdict.value if verdict else "not-run"), claim.id
        assert ("doubt" in others) == (claim.id in known.state.doubts() or not known.state.fresh(claim)), claim.id


def test_a_refuted_claim_shows_witness_effect_and_repair(known: Known, written: dict[str, str]) -> None:
    """What a reader needs to check it by hand stands in its entry."""
    text = written["papers/koehler-2022.md"].split("(koehler-2022/theorem-4)=", 1)[1].split("(koehler-2022/", 1)[0]
    assert "**Why it fails.**" in text
    assert "**What it touches.**" in text
    assert "[Theorem 4, repair](#koehler-2022/theorem-4/repair)" in text
    assert "{.worked}\n1. " in text


def test_the_paper_s_order_is_kept(known: Known, written: dict[str, str]) -> None:
    """Items stand in the order of the contents."""
    for paper in known.papers.values():
        labels = re.findall(r"^\((.+)\)=$", written[f"papers/{paper.id}.md"], re.MULTILINE)
        items = [f"{paper.id}/{name}" for section in paper.sections for name in section.items]
        assert [label for label in labels if label.count("/") == 1] == [id for id in items if id in known.registry]


def test_addresses_are_relative_to_the_page() -> None:
    """From a page in a folder, and to a page of a proof."""
    assert address("a/lemma-1", "graphs/a") == "../papers/a.html#a-lemma-1"
    assert address("a/lemma-1/step-x", "papers/a/lemma-1") == "lemma-1.html#a-lemma-1-step-x"
    assert address("a/lemma-1/repair", "index") == "papers/a.html#a-lemma-1-repair"
    assert (anchor("a/lemma-1"), is_whole("a/lemma-1/step-x/repair")) == ("a-lemma-1", False)


def test_code_links_lead_to_the_line_of_the_check(known: Known) -> None:
    """The line that a link names begins the check, or its decorator."""
    for claim in list(known.registry)[::20]:
        path, line = re.findall(r'source/(.+)\.html#L(\d+)"', code_link(claim))[0]
        source = (REPOSITORY / f"{path}.py").read_text(encoding="utf-8").splitlines()
        assert source[int(line) - 1].lstrip().startswith(("@", "def ", "lambda")), claim.id


def test_the_code_of_a_model_is_found_by_name(known: Known) -> None:
    """What a check calls is listed, through modules and nested functions; the engine's parts are not."""

    def outer(text: str) -> list[str]:
        return [re.escape(part) for part in text]

    assert re.escape in list(called(outer))
    links = used_code(known.registry["koehler-2022/equation-7"])
    assert all("claims/engine" not in link for link in links)
