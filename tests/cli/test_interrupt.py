"""Ctrl-C: one message, exit code 130, nothing lost, and the same command goes on."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_project import make_project, start

PATIENCE = 30.0


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@pytest.mark.parametrize(("jobs", "number"), [("1", signal.SIGINT), ("2", signal.SIGINT), ("2", signal.SIGTERM)])
def test_what_is_finished_is_kept(tmp_path: Path, jobs: str, number: signal.Signals) -> None:
    """A run that is interrupted says so once, keeps what it finished, and the next run does only the rest."""
    make_project(tmp_path, "slow_paper")
    ledger = tmp_path / "slow_paper" / "ledger" / "slow-paper"
    slow = tmp_path / "slow"
    slow.touch()
    process = start(tmp_path, "verify", "slow-paper", "-j", jobs)
    try:
        wait_until(lambda: len(list(ledger.glob("*.json"))) == 2)
        # As a terminal does it: Ctrl-C reaches the workers as well as their parent.
        os.killpg(process.pid, number) if number is signal.SIGINT else process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        slow.unlink()
        process.kill()
    assert process.returncode == 130
    assert out == ""
    assert err == (
        "lemmata: interrupted: 2 of 4 are done and kept in the ledger; run the same command again to go on\n"
    )
    assert sorted(path.name for path in ledger.iterdir()) == ["lemma-1.json", "lemma-2.json"]

    process = start(tmp_path, "verify", "slow-paper", "-j", "1")
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")
    assert "2 run, 2 fresh" in out
