"""Certain answers from balls."""

from dataclasses import dataclass, field
from typing import Any

import flint
import numpy as np
import pytest
import torch

from claims import Margin
from claims.engine.arithmetic import PRECISIONS, Array
from claims.engine.balls import confirm, surely_holds, surely_violated


@dataclass
class Counted:
    """x + tiny * tiny against x: a statement that counts its evaluations."""

    sign: int
    precisions: list[int] = field(default_factory=list)

    def __call__(self, case: Array) -> Margin:
        """Compare two numbers that are tiny^2 apart."""
        self.precisions.append(flint.ctx.prec)
        x, tiny = case[:, 0], case[:, 1]
        return Margin.at_most(x + self.sign * tiny * tiny, x)


#: One third or so, and the root of the gap of 1e-100.
CASE = torch.tensor([[0.3333, 1e-50]], dtype=torch.float64)


class TestConfirm:
    """A float violation is confirmed or dismissed."""

    def test_precision_grows_until_the_sign_is_certain(self) -> None:
        """A gap of 1e-100 between numbers of size one needs the second precision, and gets it."""
        statement = Counted(sign=1)
        violated = confirm(statement, CASE)
        assert violated is not None
        assert float(violated) == pytest.approx(-1e-100)
        assert tuple(statement.precisions) == PRECISIONS[:2]

    def test_a_true_statement_is_not_confirmed(self) -> None:
        """The same gap on the other side holds for certain."""
        statement = Counted(sign=-1)
        assert confirm(statement, CASE) is None
        assert tuple(statement.precisions) == PRECISIONS[:2]

    def test_a_true_equality_is_never_violated(self) -> None:
        """One tenth and two tenths make three tenths, which no precision decides; slack gives up early."""
        statement = Counted(sign=0)
        case = torch.tensor([[0.1, 1.0]], dtype=torch.float64)
        assert confirm(statement, case) is None
        assert tuple(statement.precisions) == PRECISIONS
        statement.precisions.clear()
        assert confirm(statement, case, slack=1e-20) is None
        assert tuple(statement.precisions) == PRECISIONS[:1]

    def test_the_callers_precision_is_left_alone(self) -> None:
        """Balls outside keep the precision that they had."""
        before = flint.ctx.prec
        confirm(Counted(sign=0), CASE)
        assert flint.ctx.prec == before

    def test_what_is_undefined_is_not_confirmed(self) -> None:
        """0 / 0 is no witness."""
        case = torch.zeros(1, 1, dtype=torch.float64)
        assert confirm(lambda x: Margin.at_most(x / x, 0 * x - 1), case) is None


def balls(*entries: Any) -> Array:
    """Return balls of these midpoints and radii."""
    return np.array([flint.arb(*entry) for entry in entries], dtype=object)


class TestSigns:
    """Certain means certain."""

    def test_positive_is_certain(self) -> None:
        """A ball that straddles zero has no sign; exact zero is not positive."""
        (part,) = Margin.positive(balls((2, 1), (-2, 1), (0, 0), (0, 1))).parts
        above, below, zero, open_ = part.value
        assert (above, below, zero) == (1, -1, -1)
        assert open_.contains(1)
        assert open_.contains(-1)

    def test_the_most_negative_margin_is_told(self) -> None:
        """Only balls below zero as a whole violate."""
        margin = Margin.at_least(balls((-1, 0), (-5, 1), (-9, 10)), balls((0, 0), (0, 0), (0, 0)))
        violated = surely_violated(margin)
        assert violated is not None
        assert violated.mid() == -5
        assert not surely_holds(margin)

    def test_an_open_sign_neither_holds_nor_violates(self) -> None:
        """A ball around zero decides nothing, and nan decides nothing."""
        for entry in (flint.arb(0, 1e-9), flint.arb("nan")):
            margin = Margin.at_least(np.array([entry], dtype=object), balls((0, 0)))
            assert surely_violated(margin) is None
            assert not surely_holds(margin)
