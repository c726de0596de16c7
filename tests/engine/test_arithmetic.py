"""One model, three arithmetics."""

from dataclasses import dataclass
from typing import Any

import flint
import numpy as np
import pytest
import sympy
import torch

from claims.engine.arithmetic import (
    Array,
    absolute,
    constant,
    cos,
    derivative_along,
    diagonal,
    exp,
    eye,
    greatest,
    log,
    maximum,
    minimum,
    pi,
    sin,
    singular_energies,
    solve,
    sqrt,
    squared_norm,
    stack,
    tanh,
    total,
    upper_gamma,
)
from claims.engine.balls import ball
from claims.engine.cases import arrays, instance, map_arrays, replace_array, to_balls

A = [[0.5, -2.0], [1.25, 0.75]]
B = [[1.5, 0.25], [-0.5, 3.0]]


@dataclass(frozen=True)
class Two:
    """Two matrices."""

    a: Array
    b: Array


@dataclass(frozen=True)
class Nested:
    """A case within a case, with a number that is no array."""

    inner: Two
    c: Array
    count: int = 3


def model(case: Two) -> Array:
    """Use every function of the arithmetic, in one row of numbers."""
    gram = case.a.mT @ case.a + eye(2, 2, case.a)
    x = solve(gram, case.b)
    d = diagonal(gram)
    return stack([
        total(log(d) + sqrt(d)), squared_norm(x), greatest(tanh(diagonal(x))), total(sin(d) * cos(d)),
        total(maximum(diagonal(case.b), 2) * exp(-absolute(diagonal(case.a)))),
        total(diagonal(case.b) * constant([0.5, 0.125], case.b)),
        total(upper_gamma(1.5, absolute(diagonal(case.a))) + minimum(diagonal(case.a), diagonal(case.b)) * pi(case.a)),
    ])  # fmt: skip


def floats() -> Two:
    """Give a batch of one."""
    return Two(torch.tensor([A], dtype=torch.float64), torch.tensor([B], dtype=torch.float64))


def symbols(rows: list[list[float]]) -> Array:
    """Give the numbers as exact rationals."""
    return np.array([[[sympy.Rational(entry) for entry in row] for row in rows]], dtype=object)


class TestAgreement:
    """Floats, balls and symbols give the same numbers."""

    def test_the_model(self) -> None:
        """Each function of the module agrees in the three arithmetics."""
        expected = model(floats())
        in_balls = model(to_balls(floats()))
        exact = model(Two(symbols(A), symbols(B)))
        assert in_balls.shape == exact.shape == tuple(expected.shape) == (1, 7)
        for number, enclosure, expression in zip(expected[0].tolist(), in_balls[0], exact[0], strict=True):
            assert float(enclosure) == pytest.approx(number, rel=1e-13)
            assert float(sympy.N(expression, 30)) == pytest.approx(number, rel=1e-13)
            assert enclosure.rad() < 1e-10

    def test_singular_values(self) -> None:
        """Balls enclose the squared singular values that floats find."""
        expected = singular_energies(floats().a)[0].tolist()
        found = singular_energies(to_balls(floats()).a)[0]
        assert [float(value) for value in found] == pytest.approx(expected, rel=1e-12)


def energy(x: Array, y: Array) -> Array:
    """Return sum x^2 y + exp(sum y), one value an instance."""
    return total(x * x * y) + exp(total(y))


X, Y, U, V = [1.0, -2.0], [0.5, 0.25], [3.0, 1.0], [-1.0, 2.0]


class TestDerivative:
    """derivative_along is the derivative, in floats and in balls."""

    def test_it_agrees_with_the_derivative_by_hand(self) -> None:
        """D energy (x, y) [u, v] = sum 2 x u y + x^2 v + exp(sum y) sum v."""
        x, y, u, v = (torch.tensor([row], dtype=torch.float64) for row in (X, Y, U, V))
        by_hand = ((2 * x * u * y + x * x * v).sum() + y.sum().exp() * v.sum()).item()
        in_floats = derivative_along(energy, (x, y), (u, v))
        assert in_floats.tolist() == pytest.approx([by_hand])
        case, along = to_balls(Two(x, y)), to_balls(Two(u, v))
        in_balls = derivative_along(energy, (case.a, case.b), (along.a, along.b))
        assert [float(entry) for entry in in_balls] == pytest.approx([by_hand])

    def test_each_instance_has_its_own(self) -> None:
        """The derivative of a batch is the batch of derivatives."""
        x = torch.tensor([X, Y], dtype=torch.float64)
        both = derivative_along(energy, (x, x), (x, x))
        alone = [derivative_along(energy, (row[None],) * 2, (row[None],) * 2).item() for row in x]
        assert both.tolist() == pytest.approx(alone)

    def test_it_can_be_climbed(self) -> None:
        """The search takes its gradient: d/dx of 2 x u is 2 u."""
        x = torch.tensor([[3.0]], dtype=torch.float64, requires_grad=True)
        u = torch.tensor([[5.0]], dtype=torch.float64)
        derivative_along(lambda z: total(z * z), (x,), (u,)).sum().backward()
        assert x.grad is not None
        assert x.grad.item() == 10

    def test_what_does_not_move_has_slope_zero(self) -> None:
        """A function that ignores an argument, or all of them, has derivative 0."""
        x = to_balls(Two(torch.ones(1, 2), torch.ones(1, 2)))
        assert float(derivative_along(lambda a, b: total(a), (x.a, x.b), (0 * x.a, x.b))[0]) == 0
        y = torch.ones(1, 2)
        assert derivative_along(lambda a, b: total(a), (y, y), (0 * y, y)).item() == 0


class TestCases:
    """Cases are dataclasses of arrays; a bare array is a case, too."""

    def test_nested_arrays_have_dotted_names(self) -> None:
        """Each array is found once; numbers are no arrays."""
        case = Nested(floats(), torch.ones(1, 3))
        assert [name for name, _ in arrays(case)] == ["inner.a", "inner.b", "c"]
        changed = replace_array(case, "inner.b", torch.zeros(1))
        assert changed.inner.b.tolist() == [0]
        assert changed.c is case.c
        assert map_arrays(case, lambda x: x + 1).c.tolist() == [[2, 2, 2]]

    def test_an_instance_is_a_batch_of_one(self) -> None:
        """The batch axis stays."""
        cases = Two(torch.arange(6.0).reshape(3, 2), torch.zeros(3, 1))
        assert instance(cases, 1).a.tolist() == [[2, 3]]

    def test_a_bare_array_is_a_case(self) -> None:
        """An ensemble may build a tensor; it is split and converted like any other."""
        cases = torch.arange(3.0)[:, None]
        assert instance(cases, 2).tolist() == [[2]]
        assert isinstance(to_balls(instance(cases, 2))[0, 0], flint.arb)
        assert len(list(arrays(cases))) == 1


class TestToBalls:
    """A float stands for its shortest decimal."""

    @pytest.mark.parametrize("number", [0.1, 1e-300, -123456.789, 3.0, 0.0])
    def test_the_decimal_is_what_is_checked(self, number: float) -> None:
        """0.1 is one tenth, and not the binary number nearby."""
        found = to_balls(torch.tensor([number], dtype=torch.float64))[0]
        numerator, denominator = sympy.Rational(repr(number)).as_numer_denom()
        exact = ball(flint.fmpq(int(numerator), int(denominator)))
        assert found.contains(exact)
        assert found.rad() <= abs(number) * 1e-14

    def test_one_tenth(self) -> None:
        """At high precision a tenth is told from the nearest double."""
        with flint.ctx.workprec(200):
            found: Any = to_balls(torch.tensor([0.1], dtype=torch.float64))[0]
            assert abs(10 * found - 1) < 1e-50
            assert found != flint.arb(0.1)

    def test_what_is_not_finite_says_nothing(self) -> None:
        """An overflow in an instance gives a ball that neither holds nor violates."""
        for entry in to_balls(torch.tensor([float("inf"), float("nan")])):
            assert not entry < 0
            assert not entry >= 0
