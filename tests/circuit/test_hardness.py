"""Campaigns: no row is computed twice, nothing is lost, and unsolved runs are counted as what they are."""

from __future__ import annotations

import csv
import errno
import json
import math
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from circuits import CircuitError
from circuits.instances import Campaign, Run, make_instances, measure, run_solver, summarise
from circuits.instances import campaign as campaign_module
from circuits.instances import solver as solver_module
from circuits.instances.campaign import ROWS, Row
from circuits.instances.plot import to_svg
from circuits.instances.summary import dumps_csv
from circuits.sat.dimacs import dumps_cnf
from circuits.sat.solve import SOLVERS, Status, preimage

SMALL = Campaign("feistel-key", (8, 10), (2, 4), count=2)


def row(bits: int, seed: int, conflicts: int | None, status: str = "SAT", seconds: float = 1.0) -> Row:
    version = ("cadical153", "python-sat", 100, None)
    return Row("feistel-key", bits, 8, seed, *version, status=status, conflicts=conflicts, seconds=seconds)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A solver that takes no time; the instances that it was given. It is interrupted at the fourth."""
    seen: list[str] = []

    def run(instance, solver, **_: object) -> Run:  # type: ignore[no-untyped-def]
        seen.append(f"{instance.name} {solver}")
        if len(seen) == 4:
            raise KeyboardInterrupt
        return Run(Status.SAT, instance.bits * instance.rounds + instance.seed, 0.25)

    monkeypatch.setattr(campaign_module, "run_solver", run)
    return seen


def test_a_campaign_resumes_where_it_was_interrupted(tmp_path: Path, fake: list[str]) -> None:
    """After an interrupt in the fourth of eight solves, three rows are there; the next run does the other five."""
    with pytest.raises(KeyboardInterrupt):
        measure(SMALL, tmp_path)
    assert len((tmp_path / ROWS).read_text().splitlines()) == 3
    told: list[bool] = []
    rows = measure(SMALL, tmp_path, lambda _, fresh: told.append(fresh))
    assert told == [False] * 3 + [True] * 5
    assert [r.task for r in rows] == list(SMALL.tasks())
    assert len(fake) == 9  # the interrupted one twice
    assert len(set(fake)) == 8
    assert measure(SMALL, tmp_path) == rows
    assert len(fake) == 9


def test_a_wider_campaign_takes_over_what_is_known(tmp_path: Path, fake: list[str]) -> None:
    """More seeds cost the new seeds only; another budget is another row."""
    fake.extend(["other"] * 4)
    measure(replace(SMALL, bits=(8,), rounds=(2,)), tmp_path)
    fake.clear()
    fake.extend(["other"] * 4)
    rows = measure(replace(SMALL, bits=(8,), rounds=(2,), count=3), tmp_path)
    assert (len(rows), fake[4:]) == (3, ["feistel-key-8-2-2-0 cadical153"])
    measure(replace(SMALL, bits=(8,), rounds=(2,), count=3, conflicts=7), tmp_path)
    assert len(fake) == 4 + 1 + 3


def test_a_torn_line_is_solved_again_and_a_bad_one_refused(tmp_path: Path) -> None:
    """A crash in the middle of writing costs one row; what no campaign wrote is an error with its line."""
    campaign = replace(SMALL, bits=(8,), rounds=(2,))
    rows = measure(campaign, tmp_path)
    path = tmp_path / ROWS
    path.write_bytes(path.read_bytes()[:-9])
    again = measure(campaign, tmp_path)
    assert [(r.task, r.conflicts) for r in again] == [(r.task, r.conflicts) for r in rows]
    assert len([json.loads(line) for line in path.read_text().splitlines()]) == 2
    path.write_text(path.read_text() + "{}\n")
    with pytest.raises(CircuitError, match="line 3 is no row"):
        measure(campaign, tmp_path)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("bits", [8]),
        ("bits", "8"),
        ("bits", True),
        ("seed", 1.5),
        ("family", None),
        ("budget", {}),
        ("seconds", "1"),
        ("status", "UNSAT"),
        ("conflicts", None),
    ],
)
def test_a_row_of_the_wrong_kind_is_refused(tmp_path: Path, field: str, value: object) -> None:
    """Every field is looked at, and the file and the line are named."""
    good = json.dumps(asdict(row(8, 0, 5)))
    bad = json.dumps(asdict(row(8, 1, 5)) | {field: value})
    (tmp_path / ROWS).write_text(f"{good}\n{bad}\n")
    with pytest.raises(CircuitError, match=r"rows\.jsonl, line 2 is no row"):
        measure(SMALL, tmp_path)


def test_the_repair_of_a_torn_line_is_whole_or_not_at_all(
    tmp_path: Path, fake: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the repaired file cannot take its place, the old one is still there, torn line and all."""
    fake.extend(["other"] * 4)
    campaign = replace(SMALL, bits=(8,), rounds=(2,))
    measure(campaign, tmp_path)
    torn = (tmp_path / ROWS).read_bytes()[:-9]
    (tmp_path / ROWS).write_bytes(torn)

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        with pytest.raises(CircuitError, match="cannot be written: Input/output error"):
            measure(campaign, tmp_path)
    assert (tmp_path / ROWS).read_bytes() == torn
    assert [file.name for file in tmp_path.iterdir()] == [ROWS]
    assert len(measure(campaign, tmp_path)) == 2


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_solve_in_a_child_is_the_same_solve(solver: str) -> None:
    """Conflicts are those of the same question in this process, with the budget respected."""
    (instance,) = make_instances("feistel-key", 10, 6, seed=1)
    run = run_solver(instance, solver)
    assert run.status is Status.SAT
    assert run.conflicts is not None
    assert 0 < run.conflicts < 5000
    assert run.seconds > 0
    assert run == replace(run_solver(instance, solver), seconds=run.seconds)
    if solver.startswith("cadical"):
        budget = run.conflicts // 2
        short = run_solver(instance, solver, conflicts=budget)
        assert short.status is Status.UNKNOWN
        assert short.conflicts is not None
        assert budget <= short.conflicts <= budget + 10
        assert preimage(instance.circuit, instance.target, solver=solver).status is Status.SAT


def test_a_solver_of_another_make_reads_the_same_file() -> None:
    """CaDiCaL's own program on PATH finds a solution; its answer is replayed as any other."""
    if shutil.which("cadical") is None:
        pytest.skip("cadical is not on PATH (Debian: apt install cadical)")
    (instance,) = make_instances("feistel-key", 12, 6, seed=1)
    run = run_solver(instance, "cadical")
    assert run.status is Status.SAT
    assert run.conflicts
    assert run_solver(instance, "cadical", conflicts=5).status is Status.UNKNOWN


def test_the_clock_stops_a_solver() -> None:
    """A wall-clock limit ends a solve that no signal could interrupt; its conflicts are unknown."""
    (instance,) = make_instances("goldreich", 200, 1)
    run = run_solver(instance, "cadical153", seconds=1.0)
    assert (run.status, run.conflicts) == (Status.UNKNOWN, None)
    assert run.seconds > 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")
def test_a_solver_does_not_outlive_its_parent(tmp_path: Path) -> None:
    """If the parent is killed in the middle of a solve, so is the solver."""
    (instance,) = make_instances("goldreich", 200, 1)
    cnf = tmp_path / "instance.cnf"
    cnf.write_bytes(dumps_cnf(instance.circuit, fixed_outputs=instance.target))
    command = [sys.executable, "-P", str(solver_module._WORKER), "cadical153", "-1"]
    script = f"""import subprocess
solver = subprocess.Popen({command!r}, stdin=open({str(cnf)!r}))
print(solver.pid, flush=True)
solver.wait()
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        solver = int(parent.stdout.readline())
        time.sleep(0.7)
        assert _runs(solver)
        parent.kill()
    end = time.monotonic() + 10
    while _runs(solver):
        assert time.monotonic() < end
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_lies_and_deaths_of_a_solver_are_errors(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A wrong answer, "unsatisfiable" of a planted instance, and a crash are never a row."""
    (instance,) = make_instances("feistel-key", 8, 2)
    answers = {
        "the answer does not replay|but it does not": '{"status": "SAT", "conflicts": 1, "seconds": 1, "true": []}',
        "no solution, but one was planted": '{"status": "UNSAT", "conflicts": 1, "seconds": 1, "true": []}',
        "died with exit code 0: out of luck": "out of luck",
    }
    for sentence, answer in answers.items():
        script = tmp_path / "worker.py"
        script.write_text(f"import sys\nsys.stdin.read()\nprint({answer!r})\n")
        monkeypatch.setattr("circuits.instances.solver._WORKER", script)
        with pytest.raises(CircuitError, match=sentence):
            run_solver(instance)


def test_easy_families_take_no_conflicts_and_functions_do(tmp_path: Path) -> None:
    """Keys as constants fall to unit propagation; the same cipher's key does not."""
    control = summarise(measure(Campaign("feistel", (32,), (16,), count=3), tmp_path)).cells[0]
    assert (control.solved, control.conflicts) == (3, (0.0, 0.0, 0.0))
    hard = summarise(measure(Campaign("feistel-key", (12,), (8,), count=3), tmp_path)).cells[0]
    assert hard.conflicts[0] > 100


def test_unsolved_runs_count_as_infinite() -> None:
    """With 2 of 5 out of budget the median is finite and the upper quartile is not; with 3 of 5 neither is."""
    solved = [row(16, seed, 10 * seed) for seed in range(1, 4)]
    (cell,) = summarise([*solved, row(16, 4, 100, "UNKNOWN"), row(16, 5, None, "UNKNOWN")]).cells
    assert (cell.runs, cell.solved, cell.conflicts) == (5, 3, (20.0, 30.0, math.inf))
    (cell,) = summarise([*solved[:2], *(row(16, seed, 100, "UNKNOWN") for seed in (3, 4, 5))]).cells
    assert cell.conflicts == (20.0, math.inf, math.inf)
    shown = summarise([row(16, 1, 1, "UNKNOWN")]).as_json()["cells"][0]
    assert shown["conflicts"] == {"lower_quartile": None, "median": None, "upper_quartile": None}
    json.dumps(shown, allow_nan=False)


def test_the_fit_finds_a_known_slope() -> None:
    """Conflicts that double every two bits have slope 1/2; medians of 0 or beyond the budget do not take part."""
    rows = [row(bits, seed, 3 * 2 ** (bits // 2) + seed % 2) for bits in (16, 20, 24, 28) for seed in range(6)]
    rows += [row(8, seed, 0) for seed in range(3)] + [row(40, seed, 9, "UNKNOWN") for seed in range(3)]
    (fit,) = summarise(rows).fits
    assert fit.widths == 4
    assert fit.slope == pytest.approx(0.5, abs=1e-3)
    assert fit.error is not None
    assert fit.error < 1e-3
    expected = np.polyfit([16, 20, 24, 28], [np.log2(3 * 2.0 ** (b // 2)) for b in (16, 20, 24, 28)], 1)
    assert (fit.slope, fit.intercept) == pytest.approx(tuple(expected), abs=0.02)
    assert summarise(rows[:12]).fits[0].error is None  # two points: a line always fits
    assert summarise(rows[:6]).fits == ()


def test_the_csv_has_every_row() -> None:
    """One line a solve, an empty field for what is not known."""
    rows = [row(16, 1, 12), row(16, 2, None, "UNKNOWN")]
    read = list(csv.DictReader(dumps_csv(rows).splitlines()))
    assert [r["conflicts"] for r in read] == ["12", ""]
    assert read[0]["family"] == "feistel-key"


def test_the_picture_is_the_same_every_time() -> None:
    """Equal summaries give equal SVG, whatever was solved; nothing solved is a picture, too."""
    rows = [row(bits, seed, bits * seed, seconds=0.1) for bits in (8, 12) for seed in range(3)]
    rows += [row(16, seed, 9, "UNKNOWN") for seed in range(3)]
    assert to_svg(summarise(rows)) == to_svg(summarise(rows))
    assert "<svg" in to_svg(summarise(rows[-3:]))
    by_rounds = [replace(r, rounds=rounds) for r in rows[:3] for rounds in (2, 4)]
    assert "cadical153, 8 bits" in to_svg(summarise(by_rounds))


def test_without_matplotlib_the_picture_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence with the extra's name."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(CircuitError, match=r"lemmata\[pictures\]"):
        to_svg(summarise([row(8, 1, 1)]))


def test_a_campaign_that_cannot_run_is_refused_before_any_work() -> None:
    """Families, widths, rounds, solvers and budgets are looked at first."""
    for change, sentence in (
        ({"family": "nobody"}, "no family"),
        ({"bits": (8, 9)}, "no member of 9 bits"),
        ({"bits": ()}, "at least one width"),
        ({"rounds": (0,)}, "cannot have 0 rounds"),
        ({"rounds": (10**9,)}, "cannot have 1000000000 rounds: choose 1 to 125000"),
        ({"count": 0}, "count 0"),
        ({"solvers": ("zchaff",)}, "no solver 'zchaff'"),
        ({"conflicts": -1}, "-1 conflicts is no budget"),
        ({"seconds": 0.0}, "0.0 seconds is no budget"),
    ):
        with pytest.raises(CircuitError, match=sentence):
            replace(SMALL, **change)  # type: ignore[arg-type]
