"""Doubt: a refuted claim weakens what rests on it, unless a repair carries that."""

import itertools
from collections.abc import Sequence

import pytest

from claims import Verdict, exhaustive
from claims.engine.claim import Claim
from claims.engine.doubt import doubt_sentence, in_doubt
from claims.engine.registry import Registry


def registry_of(*claims: Claim) -> Registry:
    registry = Registry()
    for claim in claims:
        registry.add(claim)
    return registry


def a(id: str, rests_on: Sequence[str] = (), carried_by: Sequence[str] = (), repairs: str | None = None) -> Claim:
    by = (exhaustive(list, "nothing"),)
    return Claim(f"p/{id}", "s", "s", "d", by, lambda case: case, _ids(rests_on), _ids(carried_by),
                 repairs and f"p/{repairs}")  # fmt: skip


def _ids(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"p/{name}" for name in names)


def doubts(registry: Registry, *refuted: str) -> dict[str, list[str]]:
    def verdict_of(id: str) -> Verdict:
        return Verdict.REFUTED if id in _ids(refuted) else Verdict.SUPPORTED

    return in_doubt(registry, verdict_of)


class TestPropagation:
    def test_nothing_is_in_doubt_where_nothing_is_refuted(self) -> None:
        """Without a refuted claim nobody is in doubt."""
        assert doubts(registry_of(a("lemma-1"), a("theorem-1", ["lemma-1"]))) == {}

    def test_doubt_travels_through_claims_that_hold(self) -> None:
        """What rests on a refuted claim, directly or not, is in doubt because of it."""
        chain = [a("lemma-1"), a("lemma-2", ["lemma-1"]), a("theorem-1", ["lemma-2"])]
        found = doubts(registry_of(*chain), "lemma-1")
        assert found == {
            "p/lemma-2": ["p/lemma-1"],
            "p/theorem-1": ["p/lemma-1"],
        }

    def test_a_refuted_claim_passes_on_doubt_about_itself_only(self) -> None:
        """The refuted step below a refuted lemma no longer matters to what uses the lemma."""
        chain = [a("lemma-5/step-sign"), a("lemma-5", ["lemma-5/step-sign"]), a("theorem-1", ["lemma-5"])]
        found = doubts(registry_of(*chain), "lemma-5/step-sign", "lemma-5")
        assert found == {"p/lemma-5": ["p/lemma-5/step-sign"], "p/theorem-1": ["p/lemma-5"]}

    def test_a_refuted_step_puts_its_claim_in_doubt(self) -> None:
        """A theorem rests on its proof's steps like on any other claim."""
        theorem = [a("theorem-1/step-one"), a("theorem-1", ["theorem-1/step-one"])]
        assert doubts(registry_of(*theorem), "theorem-1/step-one") == {"p/theorem-1": ["p/theorem-1/step-one"]}

    def test_several_causes_are_each_named_once(self) -> None:
        """A claim that reaches a refuted one by two ways names it once."""
        theorem = a("theorem-1", ["lemma-1", "lemma-3", "lemma-2"])
        claims = [a("lemma-1"), a("lemma-2"), a("lemma-3", ["lemma-1"]), theorem]
        assert doubts(registry_of(*claims), "lemma-1", "lemma-2")["p/theorem-1"] == ["p/lemma-1", "p/lemma-2"]


class TestRepairs:
    @pytest.mark.parametrize("direct", [True, False])
    def test_a_repair_that_holds_carries(self, direct: bool) -> None:
        """A sound repair spares the claim that names it, and so what rests on that claim."""
        middle = a("lemma-2", ["lemma-1"], () if not direct else ["lemma-1/repair"])
        top = a("theorem-1", ["lemma-2"], () if direct else ["lemma-1/repair"])
        registry = registry_of(a("lemma-1"), a("lemma-1/repair", repairs="lemma-1"), middle, top)
        assert doubts(registry, "lemma-1") == ({} if direct else {"p/lemma-2": ["p/lemma-1"]})

    def test_a_repair_that_fails_carries_nothing(self) -> None:
        """A refuted repair leaves the doubt."""
        top = a("theorem-1", ["lemma-1"], ["lemma-1/repair"])
        registry = registry_of(a("lemma-1"), a("lemma-1/repair", repairs="lemma-1"), top)
        assert doubts(registry, "lemma-1", "lemma-1/repair") == {"p/theorem-1": ["p/lemma-1"]}

    def test_a_repair_in_doubt_carries_nothing(self) -> None:
        """A repair that itself rests on something refuted leaves the doubt."""
        repair = a("lemma-1/repair", ["lemma-0"], repairs="lemma-1")
        top = a("theorem-1", ["lemma-1"], ["lemma-1/repair"])
        found = doubts(registry_of(a("lemma-0"), a("lemma-1"), repair, top), "lemma-0", "lemma-1")
        assert found == {"p/lemma-1/repair": ["p/lemma-0"], "p/theorem-1": ["p/lemma-1"]}

    def test_a_repair_of_one_lemma_does_not_carry_another(self) -> None:
        """Only the doubt about the repaired claim goes away."""
        top = a("theorem-1", ["lemma-1", "lemma-2"], ["lemma-1/repair"])
        registry = registry_of(a("lemma-1"), a("lemma-2"), a("lemma-1/repair", repairs="lemma-1"), top)
        assert doubts(registry, "lemma-1", "lemma-2") == {"p/theorem-1": ["p/lemma-2"]}


def test_sentence_tells_near_from_far() -> None:
    """A reader is told which refuted claims the proof uses itself, and which by way of others."""
    claim = a("theorem-1", ["lemma-1"])
    assert doubt_sentence(claim, ["p/lemma-1"]) == "its printed proof uses p/lemma-1, which is refuted"
    both = doubt_sentence(claim, ["p/lemma-1", "p/lemma-0", "p/lemma-9"])
    assert both.endswith("by way of other claims, p/lemma-0 and p/lemma-9, which are refuted")


def test_doubt_does_not_depend_on_the_order_of_names() -> None:
    """Whichever way a claim lists what it rests on, it is in doubt because of the same claims."""
    names = ["lemma-1", "lemma-2", "lemma-3"]
    causes = {
        frozenset(doubts(registry_of(*map(a, names), a("theorem-1", order)), "lemma-1", "lemma-3")["p/theorem-1"])
        for order in itertools.permutations(names)
    }
    assert causes == {frozenset({"p/lemma-1", "p/lemma-3"})}
