"""Method `symbolic`: sympy proves. What sympy does not decide counts as not proved, never as false."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy

from claims.engine.evidence import Evidence
from claims.engine.verdict import Verdict

if TYPE_CHECKING:
    from claims.engine.claim import Context, Statement
    from claims.engine.margin import Part


@dataclass(frozen=True)
class symbolic:  # noqa: N801 - read as an adjective in `by=[symbolic(cases)]`
    """Evaluate the statement itself at symbolic cases of fixed small dimensions, and let sympy decide each part.

    Attributes: `cases` (yields cases whose arrays hold sympy expressions), `scope` (which dimensions).
    """

    cases: Callable[[], Iterable[Any]]
    scope: str
    name = "symbolic"
    attacks = False

    def decide(self, statement: Statement, context: Context) -> Evidence:  # noqa: ARG002 - nothing is random
        """Supported on the scope if each part of each case is proved, else inconclusive."""
        steps, proved = [], True
        for case in self.cases():
            for part in statement(case).parts:
                holds = _part_holds(part)
                proved &= holds
                steps.append(f"{case!r}: {part.relation} {'proved' if holds else 'not proved'}")
        verdict = Verdict.SUPPORTED if proved and steps else Verdict.INCONCLUSIVE
        return Evidence("symbolic", verdict, self.scope, {"parts": len(steps)}, steps=tuple(steps))


def _part_holds(part: Part) -> bool:
    if part.relation == "=":
        return all(vanishes(entry) for entry in np.asarray(part.difference, dtype=object).flat)
    return all(nonnegative(entry) for entry in np.asarray(part.value, dtype=object).flat)


def vanishes(expression: Any) -> bool:
    """Whether sympy proves that the expression is identically zero."""
    simplified = sympy.simplify(sympy.expand_log(sympy.expand(expression), force=False))
    return bool(simplified == 0)


def nonnegative(expression: Any) -> bool:
    """Whether sympy proves expression >= 0 from the assumptions on its symbols."""
    return any(bool(form(expression).is_nonnegative) for form in (sympy.simplify, sympy.factor, sympy.expand))


@dataclass(frozen=True)
class Step:
    """One machine-checked step of a derivation."""

    name: str
    holds: bool

    @classmethod
    def vanishes(cls, name: str, expression: Any) -> Step:
        """The expression is identically zero."""
        return cls(f"{name}: the difference simplifies to 0", vanishes(expression))

    @classmethod
    def zero_matrix(cls, name: str, expression: Any) -> Step:
        """A matrix expression with symbolic dimensions is the zero matrix (or a trace expression is 0)."""
        expanded = sympy.simplify(sympy.expand(expression.doit()).doit())
        holds = bool(expanded == 0) or bool(getattr(expanded, "is_ZeroMatrix", False))
        return cls(f"{name}: the difference is 0 as a matrix expression", holds)

    @classmethod
    def nonnegative(cls, name: str, expression: Any) -> Step:
        """The expression is nonnegative by the assumptions on its symbols."""
        return cls(f"{name}: >= 0 by its signs", nonnegative(expression))

    @classmethod
    def convex_minimum(cls, name: str, expression: Any, variable: sympy.Symbol, at: Any, value: Any) -> Step:
        """On variable > 0 the expression is strictly convex with its unique minimum `value` at `at` > 0."""
        slope = sympy.diff(expression, variable)
        curvature = sympy.simplify(sympy.diff(slope, variable))
        holds = (
            bool(curvature.is_positive)
            and vanishes(slope.subs(variable, at))
            and vanishes(expression.subs(variable, at) - value)
        )
        return cls(f"{name}: strictly convex, stationary at {at}, value {value}", holds)

    @classmethod
    def limit(cls, name: str, expression: Any, variable: sympy.Symbol, to: Any, value: Any) -> Step:
        """The one-sided limit from above."""
        found = sympy.limit(expression, variable, to, "+")
        return cls(
            f"{name}: limit {value} as {variable} -> {to}", bool(sympy.simplify(found - value) == 0 or found == value)
        )


@dataclass(frozen=True)
class derivation:  # noqa: N801 - read as a noun in `by=[derivation(steps)]`
    """A proof as steps that sympy checks, with symbolic dimensions where it can.

    The steps are the algebra; that they imply the statement is the argument in the docstring of `steps`.

    Attributes: `steps` (computes them), `scope`, `complete` (whether they cover the whole domain).
    """

    steps: Callable[[], Iterable[Step]]
    scope: str
    complete: bool = True
    name = "symbolic"
    attacks = False

    def decide(self, statement: Statement, context: Context) -> Evidence:  # noqa: ARG002 - nothing is random
        """Proved if every step is, else inconclusive with the steps that sympy did not decide."""
        steps = list(self.steps())
        text = tuple(f"{'ok' if step.holds else 'NOT PROVED'}  {step.name}" for step in steps)
        argument = inspect.cleandoc(getattr(self.steps, "func", self.steps).__doc__ or "")
        if argument:
            text = (f"argument: {' '.join(argument.split())}", *text)
        if not steps or not all(step.holds for step in steps):
            return Evidence("symbolic", Verdict.INCONCLUSIVE, self.scope, {"steps": len(steps)}, steps=text)
        verdict = Verdict.PROVED if self.complete else Verdict.SUPPORTED
        return Evidence("symbolic", verdict, self.scope, {"steps": len(steps)}, steps=text)
