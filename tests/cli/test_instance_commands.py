"""`lemmata instance` and `lemmata hardness`: what they write, say and refuse."""

import csv
import json
import os
import re
import shlex
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_project import Said, start

from circuits.instances import load

PATIENCE = 60.0
COOKBOOK = Path(__file__).parents[2] / "docs" / "instances.md"


def test_instance_writes_folders_and_says_what_they_are(tmp_path: Path, lemmata: Callable[..., Said]) -> None:
    """One folder an instance, a table with a row each, and the kind of the family in words."""
    said = lemmata("instance", "feistel", "--bits", 8, "--rounds", 4, "--count", 2, "--seed", 5, "--out", tmp_path)
    assert (said.code, said.err) == (0, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["feistel-8-4-5-0", "feistel-8-4-5-1"]
    rows = [line.split() for line in said.out.splitlines() if line.startswith("feistel-8")]
    assert [(r[0], r[-2], r[-1]) for r in rows] == [("feistel-8-4-5-0", "1", "0"), ("feistel-8-4-5-1", "1", "0")]
    assert "a control, no hard instance" in " ".join(said.out.split())
    assert load(tmp_path / "feistel-8-4-5-1").seed == 5


def test_instance_as_json_is_the_meta_data(tmp_path: Path, lemmata: Callable[..., Said]) -> None:
    """Nothing but JSON on stdout: the folder and the meta data of each, the secret on request."""
    arguments = ("instance", "feistel-key", "--preset", "easy", "--out", tmp_path, "--conflicts", 0, "--json")
    said = lemmata(*arguments, "--pairs", 2)
    (meta,) = said.json["instances"]
    assert (meta["parameters"]["bits"], meta["solutions"], meta["reference"]) == (16, 1, None)
    assert "solution" not in meta
    assert json.loads((Path(meta["folder"]) / "meta.json").read_text()).items() <= meta.items()
    (meta,) = lemmata(*arguments, "--pairs", 2, "--force", "--with-solution").json["instances"]
    assert len(meta["solution"]) == 16
    assert meta["command"].startswith("lemmata instance feistel-key --bits 16 --rounds 8 --seed 0 --count 1 --out DIR ")
    words = meta["command"].replace("DIR", str(tmp_path / "again")).split()[1:]
    assert lemmata(*words).code == 0
    assert (tmp_path / "again" / meta["name"] / "meta.json").read_text() == (
        Path(meta["folder"]) / "meta.json"
    ).read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("instance nobody --bits 8 --out D", "no family 'nobody'"),
        ("instance feistel-key --bits 7 --out D", "no member of 7 bits"),
        ("instance feistel-key --bits 8 --rounds 0 --out D", "cannot have 0 rounds"),
        ("instance feistel-key --out D", "give --bits, or --preset"),
        ("instance feistel-key --bits 8 --preset easy --out D", "give it alone"),
        ("instance feistel --preset hard --out D", "no width makes it hard"),
        ("instance feistel-key --bits 8 --out /proc/nowhere", "cannot be written"),
        ("hardness feistel-key --bits 8,x --out D", "no list of numbers"),
        ("hardness feistel-key --bits 8,9 --out D", "no member of 9 bits"),
        ("hardness feistel-key --bits 8 --rounds 0 --out D", "cannot have 0 rounds"),
        ("hardness feistel-key --bits 8 --solvers zchaff --out D", "no solver 'zchaff'"),
        ("hardness feistel-key --bits 8 --count 1 --out /proc/nowhere", "cannot be written"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(
    tmp_path: Path, lemmata: Callable[..., Said], arguments: str, sentence: str
) -> None:
    """A wrong family, width, number of rounds, preset or folder: one line on stderr, nothing written."""
    said = lemmata(*(str(tmp_path / "made") if word == "D" else word for word in arguments.split()))
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("lemmata: ")
    assert said.err.count("\n") == 1
    assert sentence in said.err
    assert not (tmp_path / "made").exists()


def test_help_explains_both(lemmata: Callable[..., Said]) -> None:
    """Each has a summary, an example, exit codes, and a line for every option."""
    for command, options in (
        ("instance", ("--bits", "--rounds", "--seed", "--count", "--out", "--preset", "--with-solution", "--json")),
        ("hardness", ("--bits", "--rounds", "--seed", "--count", "--out", "--solvers", "--conflicts", "--seconds")),
    ):
        said = lemmata(command, "--help")
        assert said.code == 0
        for words in ("Example:", "Exit code:", *options):
            assert words in said.out, (command, words)


def test_hardness_measures_reports_and_resumes(tmp_path: Path, lemmata: Callable[..., Said]) -> None:
    """A table with medians and the solved share, a fit, CSV and SVG; a second call solves nothing and says the same."""
    call = ("hardness", "feistel-key", "--bits", "8,10,12", "--rounds", "6", "--count", 2, "--solvers")
    call = (*call, "cadical153,glucose4", "--conflicts", 300, "--out", tmp_path)
    said = lemmata(*call)
    assert (said.code, said.err) == (0, "")
    lines = [line.split() for line in said.out.splitlines()]
    assert ["6", "8", "cadical153", "2/2"] in [line[:4] for line in lines]
    assert "conflicts double" in said.out
    with (tmp_path / "hardness.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 12
    assert "<svg" in (tmp_path / "hardness.svg").read_text()
    before = (tmp_path / "rows.jsonl").read_bytes()
    assert lemmata(*call).out == said.out
    assert (tmp_path / "rows.jsonl").read_bytes() == before
    cells = lemmata(*call, "--json").json["cells"]
    counts = [(cell["bits"], cell["runs"]) for cell in cells if cell["solver"] == "glucose4"]
    assert counts == [(8, 2), (10, 2), (12, 2)]


def test_hardness_says_which_medians_were_not_reached(tmp_path: Path, lemmata: Callable[..., Said]) -> None:
    """A budget that is too small gives no number that looks like a median."""
    said = lemmata("hardness", "feistel-key", "--bits", 16, "--count", 2, "--conflicts", 20, "--out", tmp_path)
    assert "0/2 > budget > budget" in " ".join(said.out.split())
    assert "count as infinite" in said.out


def test_hardness_without_matplotlib_still_measures(
    tmp_path: Path, lemmata: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are worth more than the picture: it is left out, and stderr says what to install."""
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    said = lemmata("hardness", "feistel", "--bits", 8, "--count", 1, "--out", tmp_path)
    assert said.code == 0
    assert "lemmata[pictures]" in said.err
    assert not (tmp_path / "hardness.svg").exists()


def test_the_commands_of_the_cookbook_work(
    tmp_path: Path, lemmata: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line of docs/instances.md that begins with `lemmata` runs, in order, in an empty folder."""
    commands = re.findall(r"^lemmata (.+)$", COOKBOOK.read_text(), re.MULTILINE)
    assert len(commands) >= 3
    monkeypatch.chdir(tmp_path)
    for command in commands:
        said = lemmata(*shlex.split(command))
        assert said.code == 0, (command, said.err)


def test_ctrl_c_keeps_what_is_done(tmp_path: Path) -> None:
    """In the middle of a long solve: one message, exit code 130, the finished row kept, the solver gone."""
    process = start(
        tmp_path, "hardness", "feistel-key", "--bits", "8,128", "--count", "1", "--conflicts", "0", "--out", "made"
    )
    rows = tmp_path / "made" / "rows.jsonl"
    end = time.monotonic() + PATIENCE
    try:
        while not (rows.exists() and len(_children(process.pid)) == 1):
            assert time.monotonic() < end, "it did not happen in time"
            time.sleep(0.05)
        (solver,) = _children(process.pid)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert (process.returncode, out) == (130, "")
    assert err == (
        f"lemmata: interrupted: 1 of 2 are kept in {Path('made') / 'rows.jsonl'}; run the same command again to go on\n"
    )
    assert len(rows.read_text().splitlines()) == 1
    assert not _runs(solver)


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


def _runs(pid: int) -> bool:
    """Whether the process is there and is more than an entry that nobody has collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False
