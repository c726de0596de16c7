"""`lemmata list`, `show`, `errata` and `graph`: they read the ledger and run nothing."""

import builtins
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from cli_project import ROOT, Project, Said

from claims.cli.picture import ordered_columns, place_boxes

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
            r"x \le x + y \quad [\text{for all } x, y]", "it is read as free", "Verdict: refuted",
            "a second, independent route confirmed it", "x + y = -1 < x = 0",
            "changes: both numbers are positive", "Mutants: 2 of 2 refuted",
            "theorem-2: its printed proof uses example-paper/lemma-2, which is refuted",
        ):  # fmt: skip
            assert expected in out

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
        assert "Theorem 2 ?" in "".join(ET.fromstring(text).itertext())
        assert verified.lemmata("graph", PAPER, "--format", "svg").out == text

    def test_boxes_do_not_overlap(self) -> None:
        """However many claims there are, no two boxes meet."""
        graph = nx.gn_graph(80, seed=1)
        graph = nx.relabel_nodes(graph, {node: f"p/theorem-{node}/step-plug-in-the-optimal-d" for node in graph})
        boxes = list(place_boxes(ordered_columns(graph), {node: f"Step {node}" for node in graph}).values())
        assert len(boxes) == 80
        for number, one in enumerate(boxes):
            for other in boxes[:number]:
                beside = one.x >= other.x + other.width or other.x >= one.x + one.width
                assert beside or abs(one.y - other.y) > one.height

    def test_svg_without_matplotlib(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without the extra, the message says which to install."""
        load = builtins.__import__

        def without_matplotlib(name: str, *rest: Any) -> Any:
            if name == "claims.cli.picture":
                raise ImportError("No module named 'matplotlib'")
            return load(name, *rest)

        monkeypatch.setattr(builtins, "__import__", without_matplotlib)
        said = project.lemmata("graph", PAPER, "--format", "svg")
        assert (said.code, said.out) == (2, "")
        assert "pip install 'lemmata[pictures]'" in said.err

    def test_output_that_cannot_be_written(self, project: Project) -> None:
        """A file that cannot be written is a mistake in the call."""
        said = project.lemmata("graph", PAPER, "--output", "no/such/folder/graph.dot")
        assert (said.code, said.out) == (2, "")
        assert "no/such/folder/graph.dot: No such file" in said.err


def test_help_has_an_example_for_each_command(project: Project) -> None:
    """Each command's help shows how it is called."""
    for command in ("list", "show", "verify", "errata", "graph"):
        said = project.lemmata(command, "--help")
        assert said.code == 0
        assert f"Example: lemmata {command}" in said.out


def test_errata_begin_with_a_list_and_put_a_theorem_before_its_steps(
    lemmata: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A paper of many errata: a list of them first; then the theorem, and after it what its proof lost."""
    monkeypatch.delenv("LEMMATA_LEDGER", raising=False)
    said = lemmata("errata", "pareek-risteski-2022/theorem-2*").out
    overview, *details = said.split("\nTheorem 2 ---")
    assert overview.splitlines()[0].endswith("refuted, and what each comes to")
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
