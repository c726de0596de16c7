"""`lemmata list`, `show`, `errata` and `graph`: they read the ledger and run nothing."""

import json
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_project import ROOT, Project, Said

PAPER = "example-paper"

KEYS = {
    "schema_version", "id", "label", "kind", "paper", "statement", "summary", "domain", "readings",
    "source", "code", "effect", "rests_on", "carried_by", "repairs", "repairs_what", "in_doubt",
    "casts_doubt_on", "verdict", "recorded", "fresh", "error", "reason", "method", "scope", "numbers",
    "mutants", "resolution", "witness", "evidence", "run",
}  # fmt: skip


@pytest.fixture
def verified(project: Project) -> Project:
    project.lemmata("verify", PAPER, "-j", "1")
    return project


class TestJson:
    @pytest.mark.parametrize("command", ["list", "show", "verify", "errata"])
    def test_every_command_writes_the_same_object(self, verified: Project, command: str) -> None:
        """The refuted lemma has the documented keys, and is the same object wherever it is asked for."""
        one = verified.lemmata("show", f"{PAPER}/lemma-2", "--json").json[0]
        said = verified.lemmata(command, f"{PAPER}/lemma-2", "--json")
        assert said.json == [one]
        assert set(one) == KEYS

    def test_every_key_is_documented(self) -> None:
        """docs/json-schema.md has a row for each key."""
        text = (ROOT / "docs" / "json-schema.md").read_text(encoding="utf-8")
        assert {key for key in KEYS if f"| `{key}` |" not in text} == set()

    def test_refuted_lemma(self, verified: Project) -> None:
        """A refuted claim brings its witness, its repair and what it puts in doubt."""
        found = verified.lemmata("show", f"{PAPER}/lemma-2", "--json").json[0]
        assert (found["verdict"], found["recorded"], found["fresh"]) == ("refuted", "refuted", True)
        assert found["witness"]["worked"] == ["x = 0, y = -1", "x + y = -1 < x = 0"]
        assert found["repairs"] == ["example-paper/lemma-2/repair"]
        assert found["casts_doubt_on"] == ["example-paper/theorem-2"]
        assert found["mutants"][0] == {"name": "twice the first term", "verdict": "refuted"}
        assert found["code"].startswith("example_paper/lemmas.py:")

    def test_repair(self, verified: Project) -> None:
        """A repair says what it corrects, and what it changes."""
        found = verified.lemmata("show", f"{PAPER}/lemma-2/repair", "--json").json[0]
        assert found["repairs_what"] == {
            "claim": "example-paper/lemma-2",
            "changes": "both numbers are positive",
        }
        assert (found["kind"], found["label"]) == ("repair", "Lemma 2, repair")

    def test_not_run(self, project: Project) -> None:
        """Without a record the verdict is null and the mutants are named without one."""
        found = project.lemmata("list", f"{PAPER}/lemma-1", "--json").json[0]
        assert [found[key] for key in ("verdict", "recorded", "method", "witness", "run")] == [None] * 5
        assert found["fresh"] is False
        assert found["mutants"][0] == {"name": "3 for 2", "verdict": None}
        assert set(found) == KEYS


class TestList:
    def test_long_words_leave_ids_whole(self, project: Project) -> None:
        """What does not fit is the end of a sentence, never an id or a verdict."""
        said = project.lemmata("list", PAPER)
        row = next(line for line in said.out.splitlines() if line.startswith("theorem-1 "))
        assert row.split()[:3] == ["theorem-1", "not", "run"]
        assert row.endswith("…")
        assert max(map(len, said.out.splitlines())) <= 110


class TestShow:
    def test_refuted(self, verified: Project) -> None:
        """All that a reader needs is there: statement (with brackets), witness, repair, doubt."""
        out = verified.lemmata("show", f"{PAPER}/lemma-2").out
        for expected in (
            "x ≤ x + y  [for all x, y]", "it is read as free", "Verdict: refuted",
            "a second, independent route confirmed it", "x + y = -1 < x = 0",
            "changes: both numbers are positive", "Mutants: 2 of 2 refuted",
            "theorem-2: its printed proof uses example-paper/lemma-2, which is refuted",
        ):  # fmt: skip
            assert expected in out

    def test_the_reader_s_questions_come_first(self, verified: Project) -> None:
        """Verdict, statement, why it fails, what holds instead, what it rests on; only then how that was found."""
        out = verified.lemmata("show", f"{PAPER}/lemma-2").out
        assert out.splitlines()[0] == f"Lemma 2  refuted  {PAPER}/lemma-2"
        order = (
            "x ≤ x + y  [", "in words", "Verdict: refuted", "Why it fails", "x = 0, y = -1", "How far it reaches",
            "What holds instead", "x ≤ x + y for x, y > 0", "What rests on it", "In doubt because of it",
            "Evidence by exhaustive", "Mutants: 2", "Witness in full", "example_paper/lemmas.py:", "seed 0",
        )  # fmt: skip
        places = [out.index(part) for part in order]
        assert places == sorted(places)

    @pytest.mark.parametrize("command", ["show", "errata"])
    def test_latex(self, verified: Project, command: str) -> None:
        """The statement reads as mathematics; `--latex` writes the LaTeX of its declaration instead."""
        latex = r"x \le x + y \quad [\text{for all } x, y]"
        assert latex not in verified.lemmata(command, f"{PAPER}/lemma-2").out
        assert latex in verified.lemmata(command, f"{PAPER}/lemma-2", "--latex").out

    def test_not_run(self, project: Project) -> None:
        """A claim without a record is said to be not run, with the command that runs it."""
        said = project.lemmata("show", f"{PAPER}/theorem-1")
        assert said.code == 0
        assert "Verdict: not run" in said.out
        assert f"`lemmata verify {PAPER}/theorem-1`" in said.out

    def test_stale(self, verified: Project) -> None:
        """A verdict that older code found is said to be stale."""
        record = json.loads(verified.record("lemma-1").read_text())
        verified.edit_record("lemma-1", run={**record["run"], "digest": "older"})
        assert "Stale: the code has changed" in verified.lemmata("show", f"{PAPER}/lemma-1").out
        assert "proved (stale)" in verified.lemmata("list", PAPER).out
        assert verified.lemmata("show", f"{PAPER}/lemma-1", "--json").json[0]["fresh"] is False

    def test_unknown_id(self, project: Project) -> None:
        """An unknown id is a mistake in the call."""
        said = project.lemmata("show", f"{PAPER}/lemma-99")
        assert (said.code, said.out) == (2, "")
        assert said.err == "lemmata: no claim 'example-paper/lemma-99'; `lemmata list` shows what there is\n"


class TestErrata:
    def test_refuted_claims_only(self, verified: Project) -> None:
        """Errata hold the refuted lemma with its witness, repair, doubt, and what the repair carries."""
        said = verified.lemmata("errata", PAPER)
        assert "Lemma 2 ---" in said.out
        assert "Lemma 1" not in said.out
        assert "1 refuted of 5 claims that were run." in said.out
        doubt, carried = said.out.split("Not in doubt, for a repair carries it")
        assert "example-paper/theorem-2: its printed proof uses" in doubt
        assert "example-paper/theorem-1" in carried

    def test_claims_that_were_not_run_are_counted(self, project: Project) -> None:
        """Nothing refuted is not the same as nothing run: the difference is told on stderr."""
        said = project.lemmata("errata", PAPER, "--json")
        assert said.json == []
        assert "5 of 5 claims have not been run" in said.err

    def test_markdown(self, verified: Project) -> None:
        """The text for an author: the same facts, headings, formulas that GitHub renders, and nothing else."""
        said = verified.lemmata("errata", PAPER, "--markdown")
        assert (said.code, said.err) == (0, "")
        assert said.out.startswith("# Errata\n\n5 claims of 1 paper: ")
        for expected in (
            f"#### Lemma 2\n\nSection 1, eq. (2). `{PAPER}/lemma-2`", "> $`x \\le x + y`$", "- x + y = -1 < x = 0",
            "In doubt because of it, that is, left without the printed argument: Theorem 2", "Theorem 1 (proved).",
            "both numbers are positive.", "2 of 2 mutants refuted",
        ):  # fmt: skip
            assert expected in said.out

    def test_bibtex(self, verified: Project) -> None:
        """BibTeX cites the errata; a paper of unknown authors has no entry of its own."""
        said = verified.lemmata("errata", PAPER, "--bibtex")
        assert said.out.count("@misc{") == 2
        assert "@inproceedings" not in said.out

    @pytest.mark.parametrize("options", [("--json", "--markdown"), ("--markdown", "--bibtex"), ("--json", "--bibtex")])
    def test_one_form_at_a_time(self, project: Project, options: tuple[str, str]) -> None:
        """Two forms at once are a mistake in the call."""
        said = project.lemmata("errata", PAPER, *options)
        assert (said.code, said.out) == (2, "")
        assert said.err == "lemmata: --json, --markdown and --bibtex exclude each other: give one of them\n"


class TestGraph:
    def test_json(self, verified: Project) -> None:
        """Nodes carry verdict and doubt; edges point to what is named, with their kind."""
        graph = verified.lemmata("graph", PAPER, "--format", "json").json
        assert graph["schema_version"] == 1
        doubted = {node["id"]: node["in_doubt"] for node in graph["nodes"] if node["in_doubt"]}
        assert doubted == {"example-paper/theorem-2": ["example-paper/lemma-2"]}
        edge = {"from": "example-paper/theorem-1", "to": "example-paper/lemma-2/repair", "kind": "carried_by"}
        assert edge in graph["edges"]

    def test_a_selector_brings_what_it_rests_on(self, project: Project) -> None:
        """A theorem is drawn with all below it, and without what is not."""
        graph = project.lemmata("graph", f"{PAPER}/theorem-2", "--format", "json").json
        assert [node["id"] for node in graph["nodes"]] == ["example-paper/lemma-2", "example-paper/theorem-2"]

    def test_dot(self, verified: Project) -> None:
        """DOT quotes its names and marks doubt."""
        out = verified.lemmata("graph", PAPER).out
        assert out.startswith("digraph lemmata {")
        assert '"example-paper/theorem-2" [label="Theorem 2 (in doubt)"' in out

    def test_svg(self, verified: Project) -> None:
        """SVG is well-formed, holds the labels as text, and comes out the same twice."""
        verified.lemmata("graph", PAPER, "--format", "svg", "--output", "graph.svg")
        text = Path("graph.svg").read_text(encoding="utf-8")
        assert "Theorem 2: proved\nIn doubt: " in "".join(ET.fromstring(text).itertext())
        assert verified.lemmata("graph", PAPER, "--format", "svg").out == text

    def test_svg_needs_no_extra(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        """The picture is drawn without matplotlib."""
        monkeypatch.setitem(sys.modules, "matplotlib", None)
        assert project.lemmata("graph", PAPER, "--format", "svg").code == 0

    def test_output_that_cannot_be_written(self, project: Project) -> None:
        """A file that cannot be written is a mistake in the call."""
        said = project.lemmata("graph", PAPER, "--output", "no/such/folder/graph.dot")
        assert (said.code, said.out) == (2, "")
        assert "no/such/folder/graph.dot cannot be written: No such file" in said.err


def test_help_has_an_example_for_each_command(project: Project) -> None:
    """Each command's help shows how it is called."""
    for command in ("list", "show", "verify", "errata", "graph"):
        said = project.lemmata(command, "--help")
        assert said.code == 0
        assert f"Example: lemmata {command}" in said.out


def test_errata_begin_with_a_list_and_put_the_weightiest_first(
    lemmata: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A paper of many errata: a list of them first; then the theorem, and after it what its proof lost."""
    monkeypatch.delenv("LEMMATA_LEDGER", raising=False)
    said = lemmata("errata", "pareek-risteski-2022/theorem-2*").out
    overview, *details = said.split("\nTheorem 2 ---")
    assert overview.splitlines()[0].endswith("refuted, and what each comes to")
    assert "  Theorem 2  repair supported\n" in overview
    assert "Theorem 2, step one pair" in overview
    assert len(details) == 1
    assert "\nTheorem 2, step one pair ---" in details[0]


def test_errata_say_which_theorem_stands_and_by_what(
    lemmata: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Theorem 1's printed proof uses refuted lemmas; their repairs carry it."""
    monkeypatch.delenv("LEMMATA_LEDGER", raising=False)
    said = lemmata("errata", "pareek-risteski-2022").out
    stands = said[said.index("Theorems that stand") :].split("\n\n")[0]
    assert "Theorem 1  supported; for" in stands
    assert "lemma-2/repair" in stands
    assert "Theorem 2" not in stands
