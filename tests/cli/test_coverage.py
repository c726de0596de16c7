"""`lemmata coverage`: counts with denominators, what is open by name, and the same as JSON."""

from collections.abc import Callable

from cli_project import ROOT, Said

from claims.book.known import Known
from claims.book.pages.coverage import pages
from claims.engine.state import State

KEYS = {"schema_version", "paper", "title", "registered", "mapped", "through_parts", "numbered", "kinds", "items"}


def test_a_paper_is_counted_by_kind_and_its_open_items_are_named(lemmata: Callable[..., Said]) -> None:
    """A table with denominators, the open items below it, and the total."""
    said = lemmata("coverage", "koehler-2022")
    lines = [" ".join(line.split()) for line in said.out.splitlines()]
    assert said.code == 0
    assert {"lemma 8 / 8", "equation 10 / 10", "table 0 / 5", "figure 0 / 8", "all 24 / 37"} <= set(lines)
    assert any(line.startswith("open: Table 1, Table 2") for line in lines)
    assert lines[-1] == "24 of 37 numbered items are claims, 13 are open. 1 of 1 papers has claims."


def test_papers_without_claims_are_listed_with_nothing_mapped(lemmata: Callable[..., Said]) -> None:
    """What is not registered yet is not hidden."""
    said = lemmata("coverage")
    assert "mondal-2021 (no claims yet)" in said.out
    (found,) = lemmata("coverage", "mondal-2021", "--json").json
    assert (found["registered"], found["mapped"], found["numbered"]) == (False, 0, len(found["items"]))
    assert found["kinds"]["Table"] == {"mapped": 0, "through_parts": 0, "numbered": 5}


def test_json_says_which_claims_hold_an_item(lemmata: Callable[..., Said]) -> None:
    """Equation 33 of pareek-risteski-2022 is a step of Lemma 14; the counts are those of the items."""
    (found,) = lemmata("coverage", "pareek-risteski-2022", "--json").json
    items = {item["name"]: item for item in found["items"]}
    assert items["Equation 33"]["claims"] == ["pareek-risteski-2022/lemma-14/step-33"]
    assert items["Remark 7"]["claims"] == []
    assert items["Remark 7"]["shows"]
    assert found["numbered"] == len(items) == sum(kind["numbered"] for kind in found["kinds"].values())
    assert found["mapped"] == sum(bool(item["claims"]) for item in found["items"])


def test_a_table_held_only_by_remarks_is_told_apart(lemmata: Callable[..., Said]) -> None:
    """It is counted in a column of its own, named below, and in the total beside what is mapped."""
    said = lemmata("coverage", "shekhovtsov-2022")
    lines = [" ".join(line.split()) for line in said.out.splitlines()]
    assert {"equation 57 / 57", "table 0 / 2 2", "figure 0 / 4 2", "all 67 / 73 4"} <= set(lines)
    assert "through their parts: Table 1, Table 2, Figure 1, Figure 2" in lines
    assert lines[-1].startswith("67 of 73 numbered items are claims, 4 more only through their parts, 2 are open.")
    (found,) = lemmata("coverage", "shekhovtsov-2022", "--json").json
    assert (found["mapped"], found["through_parts"], found["numbered"]) == (67, 4, 73)
    assert found["kinds"]["Figure"] == {"mapped": 0, "through_parts": 2, "numbered": 4}
    assert [item["name"] for item in found["items"] if item["through_parts"]][:2] == ["Table 1", "Table 2"]


def test_the_book_says_what_is_held_through_its_parts() -> None:
    """In the table of papers, on the paper's page, and beside the item."""
    made = pages(Known(State.load(None)))
    page = made["coverage/shekhovtsov-2022.md"]
    assert "67 of 73 numbered items are claims, 4 more only through their parts." in page
    assert "{index}`Table 1 <!Table 1>` (through its parts)" in page
    assert page.count("(through its parts)") == 4
    assert "* - [shekhovtsov-2022](#coverage-shekhovtsov-2022)\n  - 67 of 73\n  - 4\n  - 2" in made["coverage.md"]


def test_every_key_is_documented(lemmata: Callable[..., Said]) -> None:
    """docs/json-schema.md has a row for each key, in the section on coverage."""
    (found,) = lemmata("coverage", "koehler-2022", "--json").json
    section = (ROOT / "docs" / "json-schema.md").read_text(encoding="utf-8").split("## Coverage")[1]
    assert set(found) == KEYS
    assert {key for key in KEYS if f"| `{key}` |" not in section} == set()


def test_an_unknown_paper_is_a_mistake_in_the_call(lemmata: Callable[..., Said]) -> None:
    """Exit code 2, and the papers that there are."""
    said = lemmata("coverage", "nobody-1999")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("lemmata: no paper 'nobody-1999'; there are koehler-2022, ")


def test_the_book_has_a_page_a_paper_on_which_the_search_finds_items() -> None:
    """Equation 33 is in the index, with its claim, verdict and code; what is open is listed; the counts agree."""
    made = pages(Known(State.load(None)))
    row = made["coverage/pareek-risteski-2022.md"].split("{index}`Equation (33) <!Equation 33>`")[1].split("* - ")[0]
    assert "(#pareek-risteski-2022/lemma-14/step-33) [" in row
    assert "../source/claims/papers/pareek_risteski_2022/" in row
    assert "## Open: 33 of 33" in made["coverage/mondal-2021.md"]
    assert "24 of 37" in made["coverage.md"]
