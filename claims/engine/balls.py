"""Certain answers from ball arithmetic: a margin is negative, or nonnegative, or its ball is too wide to tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
import numpy as np

from claims.engine.arithmetic import PRECISIONS, Array
from claims.engine.cases import to_balls
from claims.engine.margin import Margin


def ball(x: Any) -> flint.arb:
    """The entry as a ball (an exact number becomes a point)."""
    return x if isinstance(x, flint.arb) else flint.arb(x)


def entries(x: Array) -> list[flint.arb]:
    """All entries of an array as balls."""
    return [ball(entry) for entry in np.asarray(x, dtype=object).flat]


def surely_violated(margin: Margin) -> flint.arb | None:
    """The most negative margin that is certainly below zero, or None."""
    negative = [value for part in margin.parts for value in entries(part.value) if value < 0]
    return min(negative, key=lambda value: float(value.mid()), default=None)


def surely_holds(margin: Margin, slack: float = 0.0) -> bool:
    """Whether every margin is certainly >= 0, or >= -slack times the magnitude of what was compared."""
    return all(
        value + slack * magnitude >= 0
        for part in margin.parts
        for value, magnitude in zip(entries(part.value), entries(part.magnitude), strict=True)
    )


def confirm(statement: Callable[[Any], Margin], case: Any, slack: float = 0.0) -> flint.arb | None:
    """Evaluate the statement at one instance in balls of growing precision; the certain violation, or None.

    An equality that is true never gets a certain sign. With `slack` its ball is given up on as soon as the
    violation is certainly below that relative size.
    """
    for precision in PRECISIONS:
        with flint.ctx.workprec(precision):
            margin = statement(to_balls(case))
            violated = surely_violated(margin)
            if violated is not None:
                return violated
            if surely_holds(margin, slack):
                return None
    return None
