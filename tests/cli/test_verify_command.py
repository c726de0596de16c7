"""`lemmata verify`: what it runs, keeps, says and answers to a shell."""

import json
import re

import pytest
from cli_project import Project

PAPER = "example-paper"
HERE = ["-j", "1"]


class TestRun:
    def test_verdicts_are_tabulated(self, project: Project) -> None:
        """A run ends with 0 and one row a claim: verdict, recorded, method, scope, mutants killed."""
        said = project.lemmata("verify", PAPER, *HERE)
        assert (said.code, said.err) == (0, "")
        row = next(line for line in said.out.splitlines() if line.startswith("lemma-1 "))
        cells = ["proved", "same", "exhaustive", "all integers x, y from -2 to 2", "2/2"]
        assert re.split(r"\s{2,}", row)[1:6] == cells
        assert "5 claims: 3 proved, 1 supported, 1 refuted. 5 run, 0 fresh" in said.out

    def test_no_colours_and_bounded_lines_in_a_pipe(self, project: Project) -> None:
        """Where stdout is no terminal there are no escapes, and no line is longer than 110."""
        said = project.lemmata("verify", PAPER, "--mutants", *HERE)
        assert "\x1b" not in said.out
        assert max(map(len, said.out.splitlines())) <= 110

    def test_fresh_claims_are_not_run_again(self, project: Project) -> None:
        """A second run finds everything fresh, unless it is forced or its seed differs."""
        project.lemmata("verify", PAPER, *HERE)
        assert "0 run, 5 fresh" in project.lemmata("verify", PAPER, *HERE).out
        assert "5 run, 0 fresh" in project.lemmata("verify", PAPER, "--force", *HERE).out
        assert "5 run, 0 fresh" in project.lemmata("verify", PAPER, "--seed", "7", *HERE).out

    def test_a_second_run_leaves_the_ledger_alone(self, project: Project) -> None:
        """Running again writes the same bytes."""
        project.lemmata("verify", PAPER, *HERE)
        before = project.record("lemma-2").read_bytes()
        project.lemmata("verify", PAPER, "--force", *HERE)
        assert project.record("lemma-2").read_bytes() == before

    def test_selectors_choose(self, project: Project) -> None:
        """A glob runs what it matches and nothing else."""
        project.lemmata("verify", f"{PAPER}/lemma-1", *HERE)
        assert project.record("lemma-1").exists()
        assert not project.record("theorem-1").exists()

    def test_ledger_elsewhere(self, project: Project) -> None:
        """With --ledger the paper's own folder is left alone."""
        project.lemmata("verify", PAPER, "--ledger", "kept", *HERE)
        assert (project.folder / "kept" / "example-paper" / "theorem-1.json").exists()
        assert not project.record("theorem-1").exists()

    def test_doubt_is_told(self, project: Project) -> None:
        """The theorem on the refuted lemma is said to be in doubt; the one that the repair carries is not."""
        said = project.lemmata("verify", PAPER, *HERE)
        assert "theorem-2: its printed proof uses example-paper/lemma-2, which is refuted" in said.out
        assert "theorem-1: its printed proof" not in said.out

    def test_processes_find_the_same(self, project: Project) -> None:
        """Two processes leave the same records as one."""
        project.lemmata("verify", PAPER, "--ledger", "one", "-j", "1")
        assert project.lemmata("verify", PAPER, "--ledger", "two", "-j", "2").code == 0
        for id in ("lemma-1", "lemma-2", "lemma-2/repair", "theorem-1", "theorem-2"):
            name = f"example-paper/{id}.json"
            one, two = (json.loads((project.folder / ledger / name).read_text()) for ledger in ("one", "two"))
            assert one["result"] == two["result"]


class TestExitCodes:
    def test_one_if_a_verdict_differs(self, project: Project) -> None:
        """A verdict that differs is marked and makes the exit code 1, until it is accepted."""
        project.lemmata("verify", PAPER, *HERE)
        project.edit_record("lemma-1", recorded="supported")
        said = project.lemmata("verify", PAPER, *HERE)
        assert said.code == 1
        assert "≠ supported" in said.out
        assert "1 differs from the recorded verdict: example-paper/lemma-1" in said.out
        assert project.lemmata("verify", PAPER, "--record", *HERE).code == 0
        assert project.lemmata("verify", PAPER, *HERE).code == 0

    def test_one_if_a_mutant_survives_and_mutants_were_asked_for(self, project: Project) -> None:
        """A surviving mutant is shown, lowers the score and fails `--mutants`."""
        source = project.folder / "example_paper" / "lemmas.py"
        source.write_text(source.read_text().replace("3 * case.x * case.y", "2 * case.x * case.y"))
        said = project.lemmata("verify", f"{PAPER}/lemma-1", "--mutants", *HERE)
        assert said.code == 1
        assert "mutation score 50 %" in said.out
        assert re.search(r"lemma-1\s+proved\s+3 for 2", said.out)
        assert re.search(r"lemma-1\s+inconclusive", said.out)
        assert "example-paper/lemma-1 is inconclusive: mutants survive: 3 for 2." in said.out

    def test_one_if_a_check_ends_in_an_error(self, project: Project) -> None:
        """An error inside a check is one line that names the claim; the others run and are kept."""
        source = project.folder / "example_paper" / "lemmas.py"
        source.write_text(source.read_text().replace("Margin.at_most(case.x, case.x + case.y)", "1 / 0", 1))
        said = project.lemmata("verify", PAPER, *HERE)
        assert said.code == 1
        assert said.err.count("\n") == 1
        assert "example-paper/lemma-2: the check ended in an error: ZeroDivisionError" in said.err
        assert project.record("theorem-2").exists()
        assert not project.record("lemma-2").exists()
        assert "Traceback" in project.lemmata("verify", PAPER, "--debug", *HERE).err
        found = {claim["id"]: claim for claim in project.lemmata("verify", PAPER, "--json", *HERE).json}
        assert found["example-paper/lemma-2"]["verdict"] is None
        assert found["example-paper/lemma-2"]["error"].startswith("ZeroDivisionError")

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["no-such-paper"], "selector 'no-such-paper' matches no claim"),
            ([PAPER, "--effort", "heroic"], "'heroic' is not one of 'quick', 'standard', 'thorough'"),
            ([PAPER, "--device", "tpu"], "'tpu' is not one of 'auto', 'cpu', 'cuda'"),
            ([PAPER, "--seed", "-1"], "--seed"),
            ([PAPER, "-j", "0"], "--jobs"),
            ([PAPER, "--colour"], "--colour"),
        ],
    )
    def test_two_for_a_mistake_in_the_call(self, project: Project, arguments: list[str], message: str) -> None:
        """A mistake in the call is told on stderr, without a traceback and without a word on stdout."""
        said = project.lemmata("verify", *arguments)
        assert (said.code, said.out) == (2, "")
        assert message in said.err
        assert "Traceback" not in said.err

    def test_two_for_a_device_that_is_not_there(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        """Asking for cuda where there is none says what to write instead."""
        monkeypatch.setattr("torch.cuda.is_available", lambda: False)
        said = project.lemmata("verify", PAPER, "--device", "cuda")
        assert said.code == 2
        assert "write --device cpu or auto" in said.err

    @pytest.mark.parametrize("content", ["{", "[]", '{"schema": 99, "id": "example-paper/lemma-1"}', "\udcff"])
    @pytest.mark.parametrize("command", [["verify", PAPER], ["show", f"{PAPER}/lemma-1"], ["list"], ["errata"]])
    def test_two_for_a_corrupt_record(self, project: Project, command: list[str], content: str) -> None:
        """A corrupt record is named with its remedy, and is not overwritten."""
        path = project.record("lemma-1")
        path.parent.mkdir(parents=True)
        path.write_bytes(content.encode("utf-8", "surrogateescape"))
        said = project.lemmata(*command)
        assert (said.code, said.out) == (2, "")
        assert str(path) in said.err
        assert "restore it" in said.err
        assert said.err.count("\n") == 1
        assert path.read_bytes() == content.encode("utf-8", "surrogateescape")

    def test_two_for_a_ledger_that_cannot_be_written(self, project: Project) -> None:
        """Where a file stands in the ledger's place, the run fails before any work, in one message."""
        (project.folder / "taken").write_text("a file")
        said = project.lemmata("verify", PAPER, "--ledger", "taken")
        assert (said.code, said.out) == (2, "")
        assert "taken: the ledger cannot be written" in said.err
        assert said.err.count("\n") == 1
