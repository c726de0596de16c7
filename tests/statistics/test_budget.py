"""The suite's budget of false alarms."""

import math

import pytest

from claims.engine.statistics import SUITE_FALSE_ALARM, Budget, OverdrawnError


def test_the_suite_has_a_millionth():
    """The suite may call a true claim false with probability at most 1e-6."""
    assert SUITE_FALSE_ALARM == 1e-6
    assert Budget().total == SUITE_FALSE_ALARM


def test_spending():
    """What is spent is returned, recorded under its name and missing afterwards."""
    budget = Budget(0.1)
    assert budget.spend("lemma 1", 0.03) == 0.03
    budget.spend("lemma 2", 0.05)
    assert dict(budget.spent) == {"lemma 1": 0.03, "lemma 2": 0.05}
    assert budget.remaining == pytest.approx(0.02)


def test_a_second_run_is_a_second_chance():
    """A name that spends twice spends the sum."""
    budget = Budget(0.1)
    budget.spend("lemma 1", 0.04)
    budget.spend("lemma 1", 0.04)
    assert budget.spent["lemma 1"] == 0.08
    with pytest.raises(OverdrawnError):
        budget.spend("lemma 1", 0.04)


def test_overdraft():
    """An overdraft names the check and what remains, and spends nothing."""
    budget = Budget(1e-6)
    budget.spend("lemma 1", 7.5e-7)
    with pytest.raises(OverdrawnError, match=r"'lemma 2' asks .* 5e-07.* only 2\.5e-07 of 1e-06 remains"):
        budget.spend("lemma 2", 5e-7)
    assert list(budget.spent) == ["lemma 1"]
    budget.spend("lemma 2", 2.5e-7)
    assert budget.remaining == 0.0


@pytest.mark.parametrize("parts", [3, 10, 33, 997])
def test_even_split(parts):
    """An even split of the whole can be spent to the last part, and not a part more."""
    budget = Budget()
    for part in range(parts):
        budget.spend(f"check {part}", SUITE_FALSE_ALARM / parts)
    assert budget.remaining <= 1e-18
    with pytest.raises(OverdrawnError):
        budget.spend("one more", SUITE_FALSE_ALARM / parts)


@pytest.mark.parametrize("amount", [0.0, -1e-9, 1.0, math.nan])
def test_amounts(amount):
    """Total and parts lie strictly between 0 and 1."""
    with pytest.raises(ValueError, match=r"^total: "):
        Budget(amount)
    with pytest.raises(ValueError, match=r"^false_alarm: "):
        Budget().spend("lemma 1", amount)


def test_spent_is_read_only():
    """The record of spending cannot be rewritten from outside."""
    with pytest.raises(TypeError):
        Budget().spent["lemma 1"] = 0.0
