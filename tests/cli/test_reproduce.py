"""`lemmata reproduce`: what it lists, keeps, resumes and complains of. The experiment itself is made tiny."""

import csv
import json
from pathlib import Path

import pytest

from claims.cli.app import main
from claims.engine.registry import ClaimError
from claims.engine.reproduction import reproduction
from claims.papers.pareek_risteski_2022 import hardness_runs
from claims.papers.pareek_risteski_2022.hardness_runs import Group, Size
from claims.papers.pareek_risteski_2022.upper_bound import parameters

HARDNESS = "pareek-risteski-2022/hardness"


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick effort with four bits, one or two rounds and five steps."""
    monkeypatch.setitem(hardness_runs.SIZES, "quick", Size((4,), (1, 2), (100, 200), 1, 5, (4,), (4,)))
    monkeypatch.setattr(hardness_runs, "TRIALS", 32)
    monkeypatch.setattr(hardness_runs, "SMOOTH_TRIALS", 4)


def _run(out: Path, *more: str) -> int:
    return main(["reproduce", HARDNESS, "--effort", "quick", "--out", str(out), *more])


def test_it_lists_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Without an id it lists ids and what they are about, in JSON too."""
    assert main(["reproduce"]) == 0
    assert HARDNESS in capsys.readouterr().out
    assert main(["reproduce", "--json"]) == 0
    assert {one["id"] for one in json.loads(capsys.readouterr().out)} >= {HARDNESS}


def test_an_unknown_id_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """One line, with what there is."""
    assert main(["reproduce", "nothing/here"]) == 2
    assert HARDNESS in capsys.readouterr().err


def test_an_id_is_declared_once() -> None:
    """A second declaration, or an id without a paper, is an error."""
    with pytest.raises(ClaimError, match="twice"):
        reproduction(HARDNESS, about="")(lambda *_: None)  # type: ignore[arg-type,return-value]
    with pytest.raises(ClaimError, match="paper/name"):
        reproduction("hardness", about="")


@pytest.mark.usefixtures("tiny")
def test_it_writes_rows_and_says_what_they_cannot_show(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """CSV and JSON hold the same rows, every interval holds its share, and the caveats stand in text and JSON."""
    assert _run(tmp_path) == 0
    said = capsys.readouterr().out
    assert "no one-way permutation" in said
    assert "memorises" in said
    assert "hardness of learning" in said
    data = json.loads((tmp_path / "hardness.json").read_text())
    with (tmp_path / "hardness.csv").open() as file:
        table = list(csv.DictReader(file))
    assert len(table) == len(data["rows"]) > 0
    assert len(data["caveats"]) >= 3
    assert {"versions", "seed", "effort"} <= set(data["run"])
    for row in data["rows"]:
        assert 0 <= row["success_low"] <= row["success"] <= row["success_high"] <= 1
        assert row["parameters"] <= row["budget"]
    assert {row["kind"] for row in data["rows"]} == {"trivial", "easy", "candidate", "smooth"}
    assert {row["tested"] for row in data["rows"]} == {"all", "unseen", "samples"}


@pytest.mark.usefixtures("tiny")
def test_it_goes_on_where_it_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C exits 130 with one line; the same command keeps what was done, and ends as an undisturbed run would."""
    real, seen = Group.rows, []

    def interrupted(group: Group) -> list[hardness_runs.Row]:
        seen.append(group.name)
        if len(seen) == 4:
            raise KeyboardInterrupt
        return real(group)

    monkeypatch.setattr(Group, "rows", interrupted)
    assert _run(tmp_path / "a") == 130
    assert "again to go on" in capsys.readouterr().err
    kept = (tmp_path / "a" / "rows.jsonl").read_bytes()
    with (tmp_path / "a" / "rows.jsonl").open("ab") as file:
        file.write(b'{"group": "half a li')
    assert _run(tmp_path / "a", "--json") == 0
    assert json.loads(capsys.readouterr().out)["rows"]
    assert (tmp_path / "a" / "rows.jsonl").read_bytes().startswith(kept)
    assert seen[4] == seen[3]
    assert len(seen) == len(set(seen)) + 1
    assert _run(tmp_path / "b") == 0
    assert (tmp_path / "a" / "hardness.csv").read_text() == (tmp_path / "b" / "hardness.csv").read_text()


@pytest.mark.usefixtures("tiny")
def test_a_foreign_line_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A whole line that is no row is an error with its number, not a silently wrong table."""
    (tmp_path / "rows.jsonl").write_text('{"a": 1}\n')
    assert _run(tmp_path) == 2
    assert "line 1" in capsys.readouterr().err


def test_the_small_encoder_is_measured_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its exact distance is below eps, its network the chain; a second call measures nothing again."""
    monkeypatch.setattr(parameters, "ENCODERS", (("tanh", 1), ("separable", 4)))
    monkeypatch.setattr(parameters, "DRAWS", 500)
    command = ["reproduce", "pareek-risteski-2022/theorem-1", "--effort", "quick", "--out", str(tmp_path), "--json"]
    assert main(command) == 0
    told = json.loads(capsys.readouterr().out)
    built = [row for row in told["rows"] if row["what"] == "encoder"]
    assert [row["d"] for row in built] == [1, 4]
    for row in built:
        assert row["tv_low"] <= row["tv_high"] <= row["epsilon"]
        assert row["off_chain"] < 1e-12
        assert row["marginals"] < row["epsilon"] + 0.1
        assert row["printed_langevin_steps"] > 1e9
    assert {row["what"] for row in told["rows"]} == {"encoder", "layers", "h"}
    kept = (tmp_path / "rows.jsonl").read_bytes()
    monkeypatch.setattr(parameters, "_measured", None)
    assert main(command) == 0
    assert (tmp_path / "rows.jsonl").read_bytes() == kept
    assert (tmp_path / "theorem-1.svg").read_text().startswith("<?xml")
