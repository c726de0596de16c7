"""The method `sat`: what it concludes from a question's answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from claims import sat
from claims.engine.claim import Context
from claims.engine.verdict import Verdict


@dataclass(frozen=True)
class Scripted:
    """A question whose answer is given."""

    answer: int | None
    confirmed: bool = True
    gives_up: bool = False

    def counterexample(self) -> int | None:
        if self.gives_up:
            raise TimeoutError
        return self.answer

    def differs(self, x: int) -> bool:
        return self.confirmed and x == self.answer


def decide(*questions: Scripted, complete: bool = False) -> object:
    def cases(generator: np.random.Generator, effort: str) -> Iterator[Scripted]:
        return iter(questions)

    return sat(cases, "scripted", "by script", complete).decide(lambda case: case, Context("test/lemma-1"))


@pytest.mark.parametrize(
    ("questions", "complete", "verdict"),
    [
        ((Scripted(None),), False, Verdict.SUPPORTED),
        ((Scripted(None),), True, Verdict.PROVED),
        ((Scripted(None), Scripted(5)), True, Verdict.REFUTED),
        ((Scripted(5, confirmed=False), Scripted(None)), True, Verdict.INCONCLUSIVE),
        ((Scripted(None, gives_up=True), Scripted(None)), True, Verdict.INCONCLUSIVE),
        ((), True, Verdict.INCONCLUSIVE),
    ],
)
def test_verdict_follows_from_the_answers(questions: tuple[Scripted, ...], complete: bool, verdict: Verdict) -> None:
    """Refuted needs the second route; an undecided or an empty list is inconclusive; proved needs the whole domain."""
    assert decide(*questions, complete=complete).verdict is verdict


def test_witness_holds_the_input_and_the_route() -> None:
    """The witness names the case, the input on which the sides differ, and how that was confirmed."""
    witness = decide(Scripted(None), Scripted(9)).witness
    assert witness.values["x"] == 9
    assert witness.route == "by script"
