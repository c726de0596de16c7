"""What each method proves, refutes and leaves open."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import sympy
import torch
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from claims import Box, Context, Margin, Step, Verdict, derivation, exhaustive, interval, search, simulation, symbolic
from claims.engine.arithmetic import Array

CONTEXT = Context("paper/lemma-1")


@dataclass(frozen=True)
class Number:
    """One real number."""

    x: Array


def numbers(*values: float) -> Any:
    """Return the enumeration of these numbers."""
    return lambda: (Number(torch.tensor([value], dtype=torch.float64)) for value in values)


class TestExhaustive:
    """A finite set, element by element."""

    def test_it_proves_only_what_is_complete(self) -> None:
        """The same cases prove a claim about them, and support one about more."""

        def statement(case: Number) -> Margin:
            return Margin.at_least(case.x * case.x, case.x)

        whole = exhaustive(numbers(0, 1, 2), "0, 1, 2", complete=True).decide(statement, CONTEXT)
        part = exhaustive(numbers(0, 1, 2), "0, 1, 2").decide(statement, CONTEXT)
        assert (whole.verdict, part.verdict) == (Verdict.PROVED, Verdict.SUPPORTED)
        assert whole.numbers["cases"] == 3

    def test_the_witness_is_an_element_of_the_set(self) -> None:
        """The first element that violates is told as it is: a rounder number need not be in the set."""
        found = exhaustive(numbers(-1.5, 2.5, 3.5), "three numbers").decide(
            lambda case: Margin.at_most(case.x, 0), CONTEXT
        )
        assert found.verdict is Verdict.REFUTED
        assert found.witness is not None
        assert found.witness.values == {"x": 2.5}

    def test_an_open_sign_is_inconclusive(self) -> None:
        """Thrice a tenth is not seen to equal three tenths in balls, so nothing is proved."""
        found = exhaustive(numbers(0.1), "a tenth", complete=True).decide(
            lambda case: Margin.equal(case.x + case.x + case.x, 3 * case.x), CONTEXT
        )
        assert found.verdict is Verdict.INCONCLUSIVE
        assert found.numbers["undecided"] == 1

    def test_the_empty_set_is_inconclusive(self) -> None:
        """An enumeration that yields nothing proves nothing."""
        found = exhaustive(numbers(), "nothing", complete=True).decide(lambda case: None, CONTEXT)
        assert found.verdict is Verdict.INCONCLUSIVE


def box(*sides: tuple[float, float], complete: bool = True, most: int = 20_000) -> interval:
    """Return the method over a box of numbers."""
    cases = Box(sides, lambda *point: np.array([point], dtype=object))
    return interval(cases, "the box", complete=complete, most=most)


class TestInterval:
    """Branch and bound in balls."""

    @pytest.mark.parametrize(("complete", "verdict"), [(True, Verdict.PROVED), (False, Verdict.SUPPORTED)])
    def test_it_proves_a_polynomial_positive(self, complete: bool, verdict: Verdict) -> None:
        """x^2 - x + 1 >= 0 on [-10, 10], after some bisections."""
        found = box((-10, 10), complete=complete).decide(
            lambda x: Margin.at_least(x[:, 0] * x[:, 0] - x[:, 0] + 1, 0), CONTEXT
        )
        assert found.verdict is verdict
        assert found.numbers["boxes"] > 1

    def test_it_refutes_with_a_midpoint(self) -> None:
        """x^2 - x >= 0 fails at 1/2, by 1/4; in two variables the point has two coordinates."""
        found = box((0, 1), (3, 4)).decide(lambda x: Margin.at_least(x[:, 0] * x[:, 0] - x[:, 0], 0), CONTEXT)
        assert found.verdict is Verdict.REFUTED
        assert found.witness is not None
        assert found.witness.values == {"point": [0.5, 3.5]}
        assert float(found.witness.violation) == -0.25

    def test_a_tangency_is_inconclusive(self) -> None:
        """(x - 1/3)^2, written out, touches zero where no bisection lands."""
        found = box((0, 1), most=300).decide(lambda x: Margin.at_least(9 * x[:, 0] * x[:, 0] + 1, 6 * x[:, 0]), CONTEXT)
        assert found.verdict is Verdict.INCONCLUSIVE
        assert found.numbers["undecided"] > 0


@dataclass(frozen=True)
class Symbols:
    """Two symbols."""

    a: Array
    b: Array


def letters(**assumptions: bool) -> Any:
    """Return the one case a, b."""
    made = [np.array([sympy.Symbol(name, **assumptions)], dtype=object) for name in "ab"]
    return lambda: [Symbols(*made)]


class TestSymbolic:
    """What sympy does not decide is not proved, and never false."""

    def test_an_identity(self) -> None:
        """(a + b)^2 = a^2 + 2 a b + b^2, over its scope."""
        found = symbolic(letters(real=True), "a, b").decide(
            lambda c: Margin.equal((c.a + c.b) * (c.a + c.b), c.a * c.a + 2 * c.a * c.b + c.b * c.b), CONTEXT
        )
        assert (found.verdict, found.scope) == (Verdict.SUPPORTED, "a, b")

    def test_an_inequality_by_signs(self) -> None:
        """a b + 1 >= 1 - a follows from a, b > 0."""
        found = symbolic(letters(positive=True), "a, b > 0").decide(
            lambda c: Margin.at_least(c.a * c.b + 1, 1 - c.a), CONTEXT
        )
        assert found.verdict is Verdict.SUPPORTED

    @pytest.mark.parametrize("assumptions", [{"real": True}, {"positive": True}])
    def test_what_sympy_cannot_decide_is_inconclusive(self, assumptions: dict[str, bool]) -> None:
        """a <= b and a = b depend; a^2 + b^2 - a b >= 0 is true and beyond it."""
        method = symbolic(letters(**assumptions), "a, b")
        for statement in (
            lambda c: Margin.at_most(c.a, c.b),
            lambda c: Margin.equal(c.a, c.b),
            lambda c: Margin.at_least(c.a * c.a + c.b * c.b - c.a * c.b, 0),
        ):
            assert method.decide(statement, CONTEXT).verdict is Verdict.INCONCLUSIVE

    def test_no_cases_are_inconclusive(self) -> None:
        """An empty proof proves nothing."""
        assert symbolic(list, "nothing").decide(lambda c: None, CONTEXT).verdict is Verdict.INCONCLUSIVE


X = sympy.Symbol("x", positive=True)
N, M = sympy.symbols("n m", integer=True, positive=True)
S, T = sympy.MatrixSymbol("S", N, M), sympy.MatrixSymbol("T", N, M)


class TestDerivation:
    """A proof in steps."""

    @pytest.mark.parametrize(
        ("step", "holds"),
        [
            (Step.vanishes("sum", (X + 1) ** 2 - X**2 - 2 * X - 1), True),
            (Step.vanishes("sum", (X + 1) ** 2 - X**2), False),
            (Step.zero_matrix("transpose", (S + T).T - S.T - T.T), True),
            (Step.zero_matrix("transpose", (S + T).T - S.T), False),
            (Step.nonnegative("square", X**2 + X), True),
            (Step.nonnegative("difference", X - 1), False),
            (Step.convex_minimum("log", X - sympy.log(X), X, 1, 1), True),
            (Step.convex_minimum("wrong value", X - sympy.log(X), X, 1, 0), False),
            (Step.convex_minimum("wrong place", X - sympy.log(X), X, 2, 2 - sympy.log(2)), False),
            (Step.convex_minimum("concave", sympy.log(X) - X, X, 1, -1), False),
            (Step.limit("log", sympy.log(X), X, 0, -sympy.oo), True),
            (Step.limit("x log x", X * sympy.log(X), X, 0, 0), True),
            (Step.limit("wrong", X * sympy.log(X), X, 0, 1), False),
        ],
    )
    def test_steps(self, step: Step, holds: bool) -> None:
        """Each kind of step tells true from false."""
        assert step.holds is holds

    def test_every_step_must_hold(self) -> None:
        """One open step leaves the proof open, and is named; a part of the domain is support."""
        good, bad = Step("good", True), Step("bad", False)
        proved = derivation(lambda: [good, good], "all").decide(None, CONTEXT)  # type: ignore[arg-type]
        partly = derivation(lambda: [good], "some", complete=False).decide(None, CONTEXT)  # type: ignore[arg-type]
        opened = derivation(lambda: [good, bad], "all").decide(None, CONTEXT)  # type: ignore[arg-type]
        empty = derivation(list, "all").decide(None, CONTEXT)  # type: ignore[arg-type]
        assert [found.verdict for found in (proved, partly, opened, empty)] == [
            Verdict.PROVED, Verdict.SUPPORTED, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE,
        ]  # fmt: skip
        assert opened.steps == ("ok  good", "NOT PROVED  bad")


def runs(*values: float) -> Any:
    """Return runs whose result is each of these numbers."""

    def every(generator: torch.Generator, effort: str) -> Iterator[Number]:
        return iter(numbers(*values)())

    return every


def simulated(first: Any, second: float | None = None) -> Verdict:
    """Return the verdict on x >= 0 where the second route gives another number, or the same one."""
    again = (lambda case: case) if second is None else (lambda case: next(iter(numbers(second)())))
    method = simulation(first, again, error=1e-3, scope="runs", route="the other")
    return method.decide(lambda case: Margin.at_least(case.x, 1 - case.x), CONTEXT).verdict


class TestSimulation:
    """Seeded runs, and a second route. The statement is x >= 1/2, relative to |x| + |1 - x|."""

    def test_two_routes_refute(self) -> None:
        """A violation that persists is a refutation; holding is support."""
        assert simulated(runs(0.9, 0.1)) is Verdict.REFUTED
        assert simulated(runs(0.9, 0.6)) is Verdict.SUPPORTED

    def test_the_first_routes_own_error_is_allowed_for(self) -> None:
        """What its tolerances explain is no violation."""
        assert simulated(runs(0.49999)) is Verdict.SUPPORTED

    @pytest.mark.parametrize("second", [0.9, 0.49999, 0.45])
    def test_one_route_does_not_refute(self, second: float) -> None:
        """Where the second route disagrees, or sees much less, nothing is decided."""
        assert simulated(runs(0.1), second) is Verdict.INCONCLUSIVE

    def test_a_run_that_breaks_down_is_no_pass(self) -> None:
        """nan supports nothing, and neither does the absence of runs."""
        assert simulated(runs(0.9, float("nan"))) is Verdict.INCONCLUSIVE
        assert simulated(runs()) is Verdict.INCONCLUSIVE


@dataclass(frozen=True)
class Normals:
    """Batches of standard normal numbers."""

    size: int = 1

    def build(self, free: Array) -> Number:
        """Return the coordinates themselves."""
        return Number(free[:, 0])


class TestSearch:
    """The method; what it finds is in test_search_quality."""

    def test_nothing_seen_is_inconclusive(self) -> None:
        """Where floats overflow everywhere, balls too, there is nothing that supports."""
        found = search(st.just(Normals()), "numbers").decide(
            lambda case: Margin.at_most((case.x - case.x) / (case.x - case.x), 0), CONTEXT
        )
        assert found.verdict is Verdict.INCONCLUSIVE
        assert found.numbers["instances_beyond_float_range"] == found.numbers["instances"]

    def test_no_structure_is_an_error(self) -> None:
        """A strategy that cannot yield anything attacks nothing, and says so."""
        with pytest.raises(Unsatisfiable):
            search(st.nothing(), "nothing").decide(lambda case: Margin.at_least(case.x, 0), CONTEXT)

    def test_corners_come_first(self) -> None:
        """A corner that violates is found even where the strategy never draws it."""

        def statement(case: Number) -> Margin:
            return Margin.at_most(case.x, 1e6)

        @dataclass(frozen=True)
        class Far(Normals):
            def build(self, free: Array) -> Number:
                return Number(free[:, 0] * 0 + 1e7)

        found = search(st.just(Normals()), "numbers", corners=(Far(),)).decide(statement, CONTEXT)
        assert found.verdict is Verdict.REFUTED
        assert found.numbers["structures"] == 1

    def test_instances_that_overflow_do_not_stop_it(self) -> None:
        """Infinities in an instance are passed over; the finite ones refute."""

        @dataclass(frozen=True)
        class Wild(Normals):
            def build(self, free: Array) -> Number:
                return Number(torch.exp(1000 * free[:, 0]))

        found = search(st.just(Wild()), "wild").decide(lambda case: Margin.at_least(case.x, 1), CONTEXT)
        assert found.verdict is Verdict.REFUTED
        found = search(st.just(Wild()), "wild").decide(lambda case: Margin.at_least(case.x, -1), CONTEXT)
        assert found.verdict is Verdict.SUPPORTED
