"""The book's page of reproductions: ours beside the printed, what the run was, and what is not run."""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from claims.book.known import Known
from claims.book.pages import reproductions
from claims.book.pages.reproductions import pages
from claims.engine.registry import ClaimError
from claims.engine.reproduction import (
    REPRODUCTIONS,
    Quantity,
    Reading,
    Reproduced,
    Table,
    load_reproductions,
    reproduction,
)
from claims.engine.state import State
from claims.papers.pareek_risteski_2022.hardness import loads
from claims.papers.shekhovtsov_2022.text.printed import PRINTED, TABLE_1

RESULTS = reproductions.REPOSITORY / "benchmarks/results"


@pytest.fixture(scope="module")
def known() -> Known:
    """Registry and ledger, read once."""
    return Known(State.load(None))


@pytest.fixture(scope="module")
def page(known: Known) -> str:
    """The page as it is published."""
    return pages(known)["reproductions.md"]


def read(data: Any) -> Reading:
    """One table of three quantities: one compared by difference, one by ratio, one that is printed only."""
    quantities = (
        Quantity("loss", "loss", "printed_loss"),
        Quantity("steps", "steps", "printed_steps", ".3g", "ratio"),
        Quantity("FID", "", "fid"),
    )
    return Reading(
        [Table("What came out", {"model": "model"}, quantities, data["rows"])], ["a *note*"], "a line | rises"
    )


@pytest.fixture
def declared(known: Known) -> Iterator[str]:
    """A reproduction of a registered paper, for this test only."""
    load_reproductions()
    id = f"{next(iter(known.papers))}/table-99"

    @reproduction(id, about="one more table", read=read)
    def run(*_: object) -> Reproduced:
        raise NotImplementedError

    yield id
    del REPRODUCTIONS[id]


def section(text: str, id: str) -> str:
    """What the page says of one reproduction."""
    after = text.split(f"(reproduction-{id.replace('/', '-')})=\n", 1)[1]
    return re.split(r"^\(reproduction|^## ", after, maxsplit=1, flags=re.MULTILINE)[0]


def cells(text: str) -> list[list[str]]:
    """The rows of the list-tables, without their heads."""
    rows: list[list[str]] = []
    for line in text.splitlines():
        if line.startswith("* - "):
            rows.append([line[4:]])
        elif line.startswith("  - ") and rows:
            rows[-1].append(line[4:])
    return rows


def keep(folder: Path, name: str, rows: list[dict[str, Any]]) -> None:
    """Write a run as an experiment would."""
    data = {"run": {"effort": "told", "seed": 7, "versions": {"torch": "9.9"}}, "rows": rows}
    (folder / f"{name}.json").write_text(json.dumps(data))


def test_every_reproduction_has_its_section(page: str) -> None:
    """Each one is there with the command that runs it, in the order of the papers."""
    for id in load_reproductions():
        assert f"$ lemmata reproduce {id} --effort standard" in section(page, id)
    where = [page.index(f"(reproduction-{id.replace('/', '-')})=") for id in load_reproductions()]
    assert where == sorted(where)


def test_printed_values_stand_beside_ours(page: str) -> None:
    """Every row of the kept Table 2 has the printed values of the paper and the differences from them."""
    data = json.loads((RESULTS / "table-2-quick.json").read_text())
    told = cells(section(page, "shekhovtsov-2022/table-2"))
    for row in data["rows"]:
        printed = PRINTED["train", row["bits"], row["depth"], row["encoder"]]
        mine = next(line for line in told if line[:3] == [str(row["bits"]), str(row["depth"]), row["encoder"]])
        assert mine[3:6] == [f"{row['train_low']:.1f}", str(printed), f"{row['train_low'] - printed:+.1f}"]


def test_what_cannot_be_compared_is_not(page: str) -> None:
    """The printed rows on CelebA stand alone, with the reason, and no difference from ours is told."""
    told = section(page, "shekhovtsov-2022/table-1")
    assert "not reproducible offline" in told
    assert "difference" not in told
    for row in TABLE_1:
        assert f"{row.elbo:.2f}" in told


def test_agreement_by_choice_is_said(page: str) -> None:
    """Figure 2's ELBO before training agrees because the centres were scaled for it, and the page says so."""
    assert "agrees by choice" in section(page, "shekhovtsov-2022/figure-2")


def test_claims_about_a_table_stand_with_it(page: str, known: Known) -> None:
    """Those under the table's id are listed with their verdicts."""
    told = section(page, "shekhovtsov-2022/table-2")
    mine = [claim for claim in known.registry if claim.id.startswith("shekhovtsov-2022/table-2/")]
    assert mine
    for claim in mine:
        verdict = known.state.verdict(claim.id)
        assert re.search(rf"\(#{claim.id}\) \[{verdict.value if verdict else 'not run'}\]", told)


def test_pictures_come_with_words(known: Known) -> None:
    """A picture of a kept run is a file of the book, and has an alternative text."""
    made = pages(known)
    page = made.pop("reproductions.md")
    assert made
    for path, text in made.items():
        assert "<svg" in text
        assert re.search(rf"\{{image\}} {path}\n:alt: \S.{{40,}}\n", page)


def test_it_says_what_the_run_was(known: Known, declared: str, tmp_path: Path) -> None:
    """Effort, seed and versions are those of the file, and notes are shown as they are written."""
    keep(tmp_path, "table-99-quick", [])
    told = section(pages(known, tmp_path)["reproductions.md"], declared)
    assert "effort told, seed 7" in told
    assert "torch 9.9" in told
    assert r"a \*note\*" in told


def test_the_greatest_effort_is_shown(known: Known, declared: str, tmp_path: Path) -> None:
    """A run at effort standard takes the place of a quick one."""
    for effort, loss in (("quick", 1.0), ("standard", 2.0)):
        keep(tmp_path, f"table-99-{effort}", [{"model": effort, "loss": loss, "steps": None}])
    told = section(pages(known, tmp_path)["reproductions.md"], declared)
    assert cells(told)[1:] == [["standard", "2.00", "–", "–", "–", "–", "–", "–"]]


def test_differences_and_ratios_are_computed(known: Known, declared: str, tmp_path: Path) -> None:
    """Ours minus the printed, the printed over ours, and neither where a number is missing."""
    row = {"model": "a | b", "loss": 1.5, "printed_loss": 2, "steps": 10, "printed_steps": 1000, "fid": 77.1}
    keep(tmp_path, "table-99-quick", [row])
    told = cells(section(pages(known, tmp_path)["reproductions.md"], declared))
    assert told[0][1:4] == ["loss, ours", "printed", "difference"]
    assert told[1] == [r"a \| b", "1.50", "2", "-0.50", "10", "1e+03", "100", "77.10"]


def test_what_has_no_run_is_listed(known: Known, declared: str, tmp_path: Path) -> None:
    """A reproduction without figures is there, as not run."""
    made = pages(known, tmp_path)
    assert "**Not run.**" in section(made["reproductions.md"], declared)
    assert list(made) == ["reproductions.md"]


BROKEN = [
    "{", "[]", '{"rows": []}', '{"run": {"seed": 0}, "rows": [{"loss": 1}]}',
    '{"run": {"seed": 0}, "rows": [{"model": 1}]}',
]  # fmt: skip


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_run_is_told(known: Known, declared: str, tmp_path: Path, text: str) -> None:
    """A file that cannot be read, or lacks what its table shows, is one error that names it and the remedy."""
    (tmp_path / "table-99-quick.json").write_text(text)
    with pytest.raises(ClaimError, match=rf"table-99-quick\.json: .*{declared}.*lemmata reproduce"):
        pages(known, tmp_path)


def test_what_is_open_is_listed(page: str, known: Known) -> None:
    """Tables and figures that the contents call open stand below, with what they show; other open items do not."""
    told = page.split("(reproductions-open)=", 1)[1]
    for paper in [*known.papers.values(), *reproductions.PAPERS]:
        for item, what in paper.open.items():
            shown = [reproductions.escaped(item), reproductions.escaped(what)] in cells(told)
            assert shown == item.startswith(("Table", "Figure"))


def test_a_row_of_the_csv_is_read_back() -> None:
    """The kept CSV of the encoders gives rows that write the same line again."""
    with (RESULTS / "dichotomy-quick.csv").open(newline="") as file:
        for line in csv.DictReader(file):
            again = {name: "" if value is None else str(value) for name, value in asdict(loads(line)).items()}
            assert again == line
