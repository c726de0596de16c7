"""Claims and mutants as tests: which are collected, when they pass, how a failure reads."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import claims.engine.verify  # noqa: F401 - what is loaded before stays when pytester cleans up
from claims.engine.search.attack import EFFORTS

SUMMARY = """\
lattice: 1 proved, 2 supported, 1 refuted, 8 of 8 mutants refuted
  refuted: lattice/lemma-2
"""


class TestCollection:
    """Which tests there are."""

    def test_explicit_paths_leave_claims_out(self, project: Any) -> None:
        """Who names a path gets what is there."""
        done = project.pytest("test_plain.py")
        assert "1 passed" in done.stdout
        assert "lattice" not in done.stdout

    def test_selectors_and_keywords_choose(self, project: Any) -> None:
        """`--claims` overrides the setting and holds beside paths; `-k` selects a claim with its mutants."""
        done = project.pytest("test_plain.py", "--claims", "lattice/lemma-*", "-k", "lemma-1 or plain")
        assert "4 passed, 6 deselected" in done.stdout
        assert done.returncode == 0

    def test_loading_the_plugin_imports_nothing_heavy(self) -> None:
        """The plugin's own module needs neither torch nor the engine until claims are asked for."""
        path = Path(__file__).parents[2] / "claims" / "pytest_plugin.py"
        program = f"import runpy, sys; runpy.run_path({str(path)!r}); sys.exit('torch' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


class TestVerdicts:
    """When a test passes."""

    def test_recorded_verdicts_pass_and_are_summarised(self, project: Any) -> None:
        """A project as recorded is green, its refuted lemma included, and the ledger stays as it was."""
        before = {path: path.read_bytes() for path in project.folder.rglob("*.json")}
        out = project.pytest("-v").stdout
        tests = [line.rsplit(" PASSED")[0] for line in out.splitlines() if "PASSED" in line]
        assert tests[:4] == [
            "test_plain.py::test_plain",
            "lattice/lemma-1",
            "lattice/lemma-1::mutant[twice the join]",
            "lattice/lemma-1::mutant[x - y]",
        ]
        assert "13 passed" in out
        assert SUMMARY in out
        assert {path: path.read_bytes() for path in project.folder.rglob("*.json")} == before

    def test_xdist_gives_the_same_verdicts(self, project: Any) -> None:
        """Two workers collect the same claims, and the controller lists what they found."""
        done = project.pytest("-n", "2", "--claims-seed", "7")
        assert "13 passed" in done.stdout
        assert SUMMARY in done.stdout

    def test_disagreements_are_told_in_a_few_lines(self, project: Any) -> None:
        """Expected and got, scope, witness or margin, and what to run; an error keeps its traceback."""
        record = project.record("lattice/lemma-2")
        accepted = json.loads(record.read_text())
        record.write_text(json.dumps({**accepted, "recorded": "supported"}))
        record = project.record("lattice/lemma-1")
        accepted = json.loads(record.read_text())
        record.write_text(json.dumps({**accepted, "recorded": "refuted"}))
        project.record("lattice/lemma-2/repair").unlink()
        project.record("lattice/theorem-1").write_text("{")
        code = project.lattice.read_text()
        code = code.replace("at_most(2 * case.meet, case.join)", "at_most(case.meet - 1, case.join)")
        code = code.replace("at_most(case.join, case.meet)", "at_most(case.top, case.meet)")
        project.lattice.write_text(code)

        out = project.pytest("--claims-seed", "3").stdout
        failures = out[out.index("FAILURES") : out.index("= claims =")]
        assert "lattice/lemma-1: expected refuted, got supported (search)\n" in failures
        assert "lattice/lemma-2: expected supported, got refuted (search)\n" in failures
        assert "lemmata verify lattice/lemma-2 --force --seed 3; lemmata show lattice/lemma-2\n" in failures
        for told in ("scope", "least relative margin", "witness x", "ball arithmetic"):
            assert told in failures
        assert "no verdict is recorded; run `lemmata verify lattice/lemma-2/repair --record`" in failures
        assert "lattice/theorem-1: mutant 'twice the meet' survives: expected refuted" in failures
        assert "theorem-1.json: not a ledger record" in failures
        # Only the mutant that crashes has a traceback, which begins at the check and ends in the paper.
        assert failures.count("AttributeError: 'Pair' object has no attribute 'top'") == 1
        assert "/_pytest/" not in failures
        assert "1 proved, 1 supported, 1 refuted, 1 error, 6 of 8 mutants refuted" in out


class TestMistakes:
    """A mistake in the call is one line."""

    @pytest.mark.parametrize(
        ("option", "value", "message"),
        [
            ("effort", "huge", "--claims-effort: 'huge' is unknown; write " + ", ".join(EFFORTS)),
            ("seed", "-1", "--claims-seed: expected a whole number of at least 0, got '-1'"),
            ("seed", "1.5", "--claims-seed: expected a whole number of at least 0, got '1.5'"),
            ("device", "tpu", "--claims-device: device 'tpu' is unknown; write auto, cpu or cuda"),
        ],
    )
    def test_bad_values(self, option: str, value: str, message: str, pytester: pytest.Pytester, site: Path) -> None:
        """Effort, device and seed are validated, even where no claim is checked."""
        pytester.syspathinsert(site)
        done = pytester.runpytest_inprocess(f"--claims-{option}={value}")
        assert done.ret == pytest.ExitCode.USAGE_ERROR
        done.stderr.fnmatch_lines(["ERROR: " + message.replace("[", "[[]")])

    def test_bad_selector(self, project: Any) -> None:
        """A selector that matches nothing is an error before any worker starts."""
        done = project.pytest("--claims", "lattice/lemma-9", "-n", "2")
        assert done.returncode == pytest.ExitCode.USAGE_ERROR
        assert "ERROR: selector 'lattice/lemma-9' matches no claim" in done.stderr
        assert "Traceback" not in done.stderr
