"""Sequences are positive and tend to zero at the rate that their formula states."""

import math

import pytest
import torch
from hypothesis import given, settings

from claims.engine.strategies import SequenceToZero, sequences_to_zero

quick = settings(max_examples=60, deadline=None, derandomize=True, database=None)
TIMES = torch.arange(1, 2001, dtype=torch.float64)


@quick
@given(sequences_to_zero())
def test_values_are_positive_and_at_most_one(sequence: SequenceToZero) -> None:
    """No value is zero, even where eps_t is below every float, and each logarithm is finite."""
    for times in (TIMES, TIMES.float(), torch.tensor([1e6, 1e6 + 1], dtype=torch.float64)):
        assert ((sequence(times) > 0) & (sequence(times) <= 1)).all()
        assert sequence.log(times).isfinite().all()


@quick
@given(sequences_to_zero())
def test_the_logarithm_is_that_of_the_value(sequence: SequenceToZero) -> None:
    """`log` and the call agree wherever a float can hold the value."""
    held = sequence.log(TIMES) > -700
    torch.testing.assert_close(sequence(TIMES[held]).log(), sequence.log(TIMES[held]), rtol=1e-9, atol=1e-12)


@quick
@given(sequences_to_zero(kinds=["polynomial", "geometric", "double_exponential"]))
def test_the_fast_ones_fall_below_a_thousandth(sequence: SequenceToZero) -> None:
    """By t = 10^6 they are below 1e-3; t^-a with a = 1/4 needs t = 10^12, which is its stated rate."""
    last = 1e6 if sequence.kind != "polynomial" else max(1e6, 1e3 ** (1 / sequence.rate) * 1.01)
    assert sequence.log(torch.tensor(last, dtype=torch.float64)) < math.log(1e-3)


@quick
@given(sequences_to_zero(kinds=["logarithmic"]))
def test_the_slow_one_is_a_power_of_one_over_log_t(sequence: SequenceToZero) -> None:
    """(1 + log t)^-a falls, but at t = 10^6 it is still 14.8^-a."""
    times = torch.tensor([1.0, 1e3, 1e6, 1e300], dtype=torch.float64)
    torch.testing.assert_close(sequence(times), (1 + times.log()) ** -sequence.rate)
    assert (sequence(times).diff() < 0).all()


@quick
@given(sequences_to_zero(kinds=["polynomial", "geometric", "logarithmic", "double_exponential"]))
def test_all_but_the_alternating_ones_decrease(sequence: SequenceToZero) -> None:
    """They fall strictly, in the logarithm, up to where that leaves the floats."""
    assert (sequence.log(TIMES[:900]).diff() < 0).all()


@quick
@given(sequences_to_zero(kinds=["alternating"]))
def test_the_alternating_ones_do_not_decrease(sequence: SequenceToZero) -> None:
    """Both subsequences tend to zero, the even one much faster, so neighbours go up and down for ever."""
    logs = sequence.log(TIMES)
    assert (logs[101::2] < logs[100::2]).all()
    assert (logs[0::2].diff() < 0).all()
    assert (logs[1::2].diff() < 0).all()


@pytest.mark.parametrize("kinds", [[], ["linear"], ["geometric", "linear"]])
def test_kinds_are_refused_by_name(kinds: list[str]) -> None:
    """No kind at all, or an unknown one, leaves nothing to draw."""
    with pytest.raises(ValueError, match="kinds: expected some of"):
        sequences_to_zero(kinds=kinds)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "rate", "message"),
    [("linear", 1.0, "kind:"), ("geometric", 0.0, "rate:"), ("geometric", math.inf, "rate:")],
)
def test_an_impossible_sequence_is_refused(kind: str, rate: float, message: str) -> None:
    """A sequence that would not tend to zero cannot be made."""
    with pytest.raises(ValueError, match=message):
        SequenceToZero(kind, rate)  # type: ignore[arg-type]


def test_times_before_the_first_are_refused() -> None:
    """Sequences start at t = 1."""
    with pytest.raises(ValueError, match="t: sequences start at t = 1"):
        SequenceToZero("polynomial")(torch.tensor([0.0, 1.0]))
