"""Positive ensembles give positive numbers, whatever the coordinates."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.engine.strategies import PositiveEnsemble, PositiveVectorEnsemble, draw, positive, positives

quick = settings(max_examples=80, deadline=None, derandomize=True, database=None)


@quick
@given(positives(range(1, 7)))
def test_vectors_are_positive_and_follow_their_pattern(ensemble: PositiveVectorEnsemble) -> None:
    """A batch is [n, count]; entries of one number and one scale are equal."""
    batch = draw(ensemble, 5, torch.Generator().manual_seed(1))
    assert batch.shape == (5, ensemble.count)
    assert (batch > 0).all()
    if isinstance(ensemble.entries, tuple):
        for i, source in enumerate(ensemble.entries):
            assert torch.equal(batch[:, i], batch[:, ensemble.entries.index(source)])


@quick
@given(positives(range(1, 5), scales=(1e-3, 1e3)))
def test_the_scales_are_the_medians(ensemble: PositiveVectorEnsemble) -> None:
    """At coordinates zero each entry is its scale, and the scales keep within the bounds."""
    at_zero = ensemble.build(torch.zeros(1, ensemble.size, dtype=torch.float64))[0]
    scale = ensemble.scale if isinstance(ensemble.scale, tuple) else (ensemble.scale,) * ensemble.count
    assert at_zero.tolist() == pytest.approx(scale)
    assert all(1e-3 <= value <= 1e3 for value in scale)


@quick
@given(positive())
def test_numbers_are_a_batch_of_scalars(ensemble: PositiveEnsemble) -> None:
    """`positive` gives [n], each positive."""
    batch = draw(ensemble, 5, torch.Generator().manual_seed(1))
    assert batch.shape == (5,)
    assert (batch > 0).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@given(far=st.sampled_from([-1e9, -800.0, 800.0, 1e9]), ensemble=positive())
@quick
def test_no_coordinate_makes_zero_or_infinity(dtype: torch.dtype, far: float, ensemble: PositiveEnsemble) -> None:
    """However far ascent goes, numbers stay positive and finite and gradients are numbers."""
    free = torch.tensor([[far]], dtype=dtype, requires_grad=True)
    value = ensemble.build(free)
    (slope,) = torch.autograd.grad(value.sum(), free)
    assert 0 < value.item() < math.inf
    assert slope.isfinite().all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"count": 0}, "count: expected sizes"),
        ({"count": range(0)}, "count: expected sizes"),
        ({"scales": (1.0, 0.5)}, "scales: expected"),
    ],
)
def test_arguments_are_refused_by_name(arguments: dict[str, object], message: str) -> None:
    """Wrong arguments raise a ValueError before anything is drawn."""
    with pytest.raises(ValueError, match=message):
        positives(**{"count": 2, **arguments})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(((0, None),), "entries: .* has a zero"), ((2, (1.0,)), "scale: 1 scales for 2 entries")],
)
def test_an_impossible_ensemble_is_refused(arguments: tuple[object, ...], message: str) -> None:
    """An ensemble written by hand is checked like a drawn one."""
    with pytest.raises(ValueError, match=message):
        PositiveVectorEnsemble(*arguments)  # type: ignore[arg-type]
