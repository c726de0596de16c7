"""Declaring claims and finding papers: what is refused, and how the message reads."""

from pathlib import Path
from typing import Any

import pytest

from claims import Claim, ClaimError, Constant, claim, derivation, exhaustive
from claims.engine import registry as registry_module
from claims.engine.registry import Registry, load_papers


def declare(name: str = "paper/lemma-1", **changes: Any) -> Claim:
    """Declare a claim that is complete but for the changes."""
    fields: dict[str, Any] = {"statement": "x = x", "source": "Section 1", "domain": "all x"}
    fields["by"] = [exhaustive(list, "nothing")]

    @claim(name, **{**fields, **changes})
    def check(case: Any, bound: float = 1.0) -> Any:
        """State x = x."""

    return check


class TestFields:
    """A claim is validated when it is declared."""

    def test_a_complete_claim_is_registered(self, registry: Registry) -> None:
        """A claim knows its paper, its kind, its label and its place."""
        declared = declare("paper/theorem-4/step-plug-in-d")
        assert registry["paper/theorem-4/step-plug-in-d"] is declared
        assert (declared.paper, declared.kind) == ("paper", "step")
        assert declared.label == "Theorem 4, step plug in d"
        assert declared.summary == "State x = x."
        assert declared.code.startswith("test_declaration.py:")

    @pytest.mark.parametrize(
        "name", ["lemma-1", "Paper/lemma-1", "paper/lemma 1", "paper//lemma-1", "", "paper/lemma-1\n"]
    )
    def test_malformed_ids_are_refused(self, name: str, registry: Registry) -> None:
        """An id is `<paper>/<kind>-<number>`, in lower case."""
        with pytest.raises(ClaimError, match="an id is <paper>/<kind>-<number>"):
            declare(name)
        assert len(registry) == 0

    def test_an_unknown_kind_is_refused(self) -> None:
        """The message lists the kinds."""
        with pytest.raises(ClaimError, match="must begin with one of theorem, lemma"):
            declare("paper/thing-1")

    @pytest.mark.parametrize("field", ["statement", "source", "domain"])
    @pytest.mark.parametrize("value", ["", "  "])
    def test_missing_fields_are_refused(self, field: str, value: str) -> None:
        """A claim says its statement, source and domain."""
        with pytest.raises(ClaimError, match=f"paper/lemma-1: {field} is missing"):
            declare(**{field: value})

    def test_a_method_is_needed(self) -> None:
        """A claim that nothing checks is refused."""
        with pytest.raises(ClaimError, match="by is empty"):
            declare(by=[])

    @pytest.mark.parametrize("changes", [{"repairs": "paper/lemma-1"}, {"changes": "a sign"}])
    def test_repairs_and_changes_belong_together(self, changes: dict[str, str]) -> None:
        """A repair names what it changes, and what it repairs."""
        declare()
        with pytest.raises(ClaimError, match="repairs and changes belong together"):
            declare("paper/lemma-1/repair", **changes)

    def test_an_unknown_constant_is_refused(self) -> None:
        """A constant is a keyword argument of the check."""
        declare(constants={"bound": Constant(1.0, 0.9)})
        with pytest.raises(ClaimError, match="constant 'slope' is no keyword argument"):
            declare("paper/lemma-2", constants={"slope": Constant(1.0, 0.9)})

    def test_constants_need_an_attack(self) -> None:
        """A proof says nothing of how far a constant may be tightened."""
        with pytest.raises(ClaimError, match="constants need a method that attacks"):
            declare(by=[derivation(list, "all")], constants={"bound": Constant(1.0, 0.9)})

    def test_mutants_have_names_of_their_own(self) -> None:
        """Two mutants of one name are refused."""
        declared = declare()
        declared.mutant("a sign")(lambda case: case)
        with pytest.raises(ClaimError, match="mutant 'a sign' is declared twice"):
            declared.mutant("a sign")(lambda case: case)


class TestGraph:
    """What rests on what has no cycle and no unknown end."""

    def test_a_second_claim_of_the_same_id_is_refused(self, registry: Registry) -> None:
        """The message names both places; the first claim stays."""
        first = declare()
        with pytest.raises(ClaimError, match=r"paper/lemma-1 is declared twice: .*:\d+ and .*:\d+"):
            declare()
        assert registry["paper/lemma-1"] is first

    @pytest.mark.parametrize("field", ["rests_on", "carried_by"])
    def test_unknown_ids_are_refused(self, field: str) -> None:
        """A claim names only claims that were declared before it."""
        with pytest.raises(ClaimError, match=f"{field} names 'paper/lemma-9', which is not declared"):
            declare(**{field: ["paper/lemma-9"]})

    def test_an_unknown_claim_cannot_be_repaired(self) -> None:
        """A repair stands beside a claim that there is."""
        with pytest.raises(ClaimError, match="repairs names 'paper/lemma-9'"):
            declare(repairs="paper/lemma-9", changes="a sign")

    @pytest.mark.parametrize("field", ["rests_on", "carried_by"])
    def test_no_claim_rests_on_itself(self, field: str) -> None:
        """The shortest cycle has a message of its own."""
        with pytest.raises(ClaimError, match=f"{field} makes a cycle"):
            declare(**{field: ["paper/lemma-1"]})

    def test_the_graph_has_an_edge_for_each_relation(self, registry: Registry) -> None:
        """Edges carry their kind, and `repairs_of` goes back."""
        declare()
        declare("paper/lemma-1/repair", repairs="paper/lemma-1", changes="a sign")
        declare("paper/theorem-1", rests_on=["paper/lemma-1"], carried_by=["paper/lemma-1/repair"])
        edges = {(a, b): kind for a, b, kind in registry.graph().edges(data="kind")}
        assert edges == {
            ("paper/lemma-1/repair", "paper/lemma-1"): "repairs",
            ("paper/theorem-1", "paper/lemma-1"): "rests_on",
            ("paper/theorem-1", "paper/lemma-1/repair"): "carried_by",
        }
        assert [c.id for c in registry.repairs_of("paper/lemma-1")] == ["paper/lemma-1/repair"]


class TestSelect:
    """Selectors are ids, papers and globs."""

    @pytest.mark.parametrize(
        ("selectors", "found"),
        [
            ([], ["a/lemma-1", "a/theorem-1", "b/lemma-1"]),
            (["b"], ["b/lemma-1"]),
            (["a/theorem-1"], ["a/theorem-1"]),
            (["b", "*/lemma-*"], ["a/lemma-1", "b/lemma-1"]),
        ],
    )
    def test_what_is_selected(self, selectors: list[str], found: list[str], registry: Registry) -> None:
        """The claims come once each, in order of declaration."""
        for name in ("a/lemma-1", "a/theorem-1", "b/lemma-1"):
            declare(name)
        assert [c.id for c in registry.select(selectors)] == found

    def test_a_selector_that_matches_nothing_is_refused(self, registry: Registry) -> None:
        """One bad selector among good ones is an error."""
        declare()
        with pytest.raises(ClaimError, match="selector 'lemma-7' matches no claim"):
            registry.select(["paper", "lemma-7"])
        with pytest.raises(ClaimError, match="no claim 'paper/lemma-7'"):
            registry["paper/lemma-7"]


class TestPapers:
    """Papers are found through pyproject.toml."""

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("[tool.lemmata\n", "pyproject.toml: "),
            ('[tool.lemmata]\npapers = "one"\n', "must be a list of package names"),
            ('[tool.lemmata]\npapers = ["no_such_paper"]\n', "paper 'no_such_paper' cannot be imported"),
        ],
    )
    def test_mistakes_are_one_message(
        self, text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A malformed file, a wrong type and a missing package are told apart."""
        monkeypatch.setattr(registry_module, "entry_points", lambda group: [])
        monkeypatch.syspath_prepend(tmp_path)
        (tmp_path / "pyproject.toml").write_text(text)
        with pytest.raises(ClaimError, match=message):
            load_papers(tmp_path)
