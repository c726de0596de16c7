"""Margins, in floats and in balls."""

from collections.abc import Callable
from typing import Any

import flint
import numpy as np
import pytest
import torch

from claims import Margin
from claims.engine.arithmetic import Array
from claims.engine.margin import log_slope


def floats(*rows: Any) -> Array:
    """Return a batch of float instances."""
    return torch.tensor(rows, dtype=torch.float64)


def balls(*rows: Any) -> Array:
    """Return the same batch in balls."""
    return np.vectorize(flint.arb, otypes=[object])(np.array(rows, dtype=float))


def numbers(x: Array) -> list[float]:
    """Return the entries as floats."""
    return [float(entry) for entry in x.reshape(-1)]


def parts(margin: Margin) -> list[list[float]]:
    """Return the margins of each conjunct."""
    return [numbers(part.value) for part in margin.parts]


@pytest.fixture(params=[floats, balls], ids=["floats", "balls"])
def array(request: pytest.FixtureRequest) -> Callable[..., Array]:
    """Give both arithmetics in turn."""
    made: Callable[..., Array] = request.param
    return made


class TestRelations:
    """A margin is >= 0 exactly where the relation holds."""

    def test_equal(self, array: Any) -> None:
        """The margin is minus the gap, whichever side is larger."""
        assert parts(Margin.equal(array(3, 1, 2), array(1, 3, 2))) == [[-2, -2, 0]]

    def test_at_most_and_at_least(self, array: Any) -> None:
        """The margin is the room that is left; the boundary holds."""
        assert parts(Margin.at_most(array(1, 2, 3), array(2, 2, 2))) == [[1, 0, -1]]
        assert parts(Margin.at_least(array(1, 2, 3), array(2, 2, 2))) == [[-1, 0, 1]]

    def test_plain_numbers_may_stand_on_a_side(self, array: Any) -> None:
        """A bound that is a number needs no wrapping."""
        assert parts(Margin.at_most(array(1, 3), 2)) == [[1, -1]]
        assert parts(Margin.equal(array(1, 3), 1.0)) == [[0, -2]]
        assert parts(Margin.at_least(0, array(1, -1))) == [[-1, 1]]

    def test_positive(self, array: Any) -> None:
        """Zero is not positive, and no tiny number is too small to be."""
        assert parts(Margin.positive(array(1e-300, 0, -2))) == [[1, -1, -1]]

    def test_conjunction(self, array: Any) -> None:
        """Both sides stay, with their numbers."""
        both = Margin.at_most(array(1), array(2)).report(a=1) & Margin.equal(array(1), array(4)).report(b=2)
        assert parts(both) == [[1], [-3]]
        assert both.numbers == {"a": 1, "b": 2}


class TestSequences:
    """Limits along the last axis."""

    def test_tends(self, array: Any) -> None:
        """A sequence that halves from its middle to its end passes; one that lingers does not."""
        margin = Margin.tends(array([5, 1, 0.5], [5, 1, 0.6], [1, 1, 1], [9, 0, 0]))
        assert np.sign(parts(margin)[0]).tolist() == [0, -1, -1, 0]

    def test_tends_to_a_target(self, array: Any) -> None:
        """What shrinks is the distance to the target, from either side."""
        margin = Margin.tends(array([9, 3, 2.25], [0, 1, 2.25], [4, 2, 1]), 2.0)
        assert np.sign(parts(margin)[0]).tolist() == [1, 1, -1]

    def test_tends_reports_the_rate(self) -> None:
        """The rate is the ratio of the two deviations."""
        assert numbers(Margin.tends(floats([8, 4, 1])).numbers["rate"]) == [0.25]

    def test_falls_without_bound(self, array: Any) -> None:
        """The fall is compared with rate * log(gauge), and its slope reported."""
        gauge = array([0, -1, -2, -3])
        for rate, sign in ((1.5, 1), (2.0, 0), (2.5, -1)):
            margin = Margin.falls_without_bound(2 * gauge, gauge, rate)
            assert np.sign(parts(margin)[0]) == [sign]
            assert numbers(margin.numbers["slope"]) == [2]

    def test_log_slope(self, array: Any) -> None:
        """The exponent of a power law is found."""
        gauge = array([0.0, -2.0, -4.0])
        values = torch.exp(3 * gauge) if isinstance(gauge, torch.Tensor) else np.array(
            [[(3 * entry).exp() for entry in gauge[0]]], dtype=object
        )  # fmt: skip
        assert numbers(log_slope(values, gauge)) == pytest.approx([3])


class TestViolation:
    """What the search climbs on: one number an instance, relative to what was compared."""

    def test_it_is_relative(self) -> None:
        """A gap of a third counts the same at every scale."""
        for scale in (1e-30, 1.0, 1e30):
            violation = Margin.at_most(floats(2 * scale), floats(scale)).violation()
            assert violation.item() == pytest.approx(1 / 3)

    def test_magnitudes_are_of_the_compared_quantities(self) -> None:
        """Rounding errors scale with both sides, not with their difference."""
        margin = Margin.equal(floats(1e8 + 1), floats(1e8))
        assert numbers(margin.parts[0].magnitude) == [2e8 + 1]
        assert margin.violation().item() == pytest.approx(1 / 2e8)

    def test_zero_equals_zero(self) -> None:
        """Where nothing is compared the violation is zero, and not nan."""
        assert Margin.equal(floats(0), floats(0)).violation().item() == 0

    def test_the_worst_part_and_entry_count(self) -> None:
        """Parts of different shapes share the batch axis alone."""
        margin = Margin.at_most(floats([0, 3], [0, 0]), floats([1, 1], [1, 1])) & Margin.equal(
            floats([[1]], [[1]]), floats([[1]], [[3]])
        )
        assert margin.violation().tolist() == [0.5, 0.5]

    def test_nan_is_not_lost(self) -> None:
        """An undefined margin is neither a violation nor a pass."""
        assert torch.isnan(Margin.at_most(floats([float("nan"), 0]), floats([1, 1])).violation()).all()
