"""Drawing from an ensemble, and handing several their slices."""

from typing import Any

import pytest
import torch

from claims.engine.strategies import (
    Ensemble,
    MatrixEnsemble,
    OrthogonalEnsemble,
    PositiveEnsemble,
    draw,
    split,
)


def test_the_same_seed_gives_the_same_bytes() -> None:
    """Instances depend on the generator's seed and on nothing else."""
    ensemble = MatrixEnsemble(2, 3, 1)
    first, second = (draw(ensemble, 5, torch.Generator().manual_seed(7)) for _ in range(2))
    assert torch.equal(first, second)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_instances_take_dtype_and_device_from_the_request(dtype: torch.dtype) -> None:
    """`draw` passes dtype and device on to what it builds."""
    matrices = draw(MatrixEnsemble(2, 2, 1), 3, torch.Generator(), dtype=dtype, device="cpu")
    assert matrices.dtype == dtype
    assert matrices.device.type == "cpu"


def test_split_hands_out_slices_in_order() -> None:
    """Each ensemble gets as many coordinates as its size says, in the order given."""
    parts: list[Ensemble[Any]] = [
        MatrixEnsemble(2, 2, 2),
        OrthogonalEnsemble((0, 1), (1, 1), rotates=False),
        PositiveEnsemble(),
    ]
    free = torch.arange(10.0).reshape(2, 5)
    slices = split(free, parts)
    assert [part.shape[1] for part in slices] == [4, 0, 1]
    assert torch.equal(torch.cat(slices, dim=1), free)


def test_split_refuses_a_width_that_does_not_add_up() -> None:
    """Left-over or missing coordinates are an error that names `free`."""
    with pytest.raises(ValueError, match="free: 3 coordinates"):
        split(torch.zeros(2, 3), [PositiveEnsemble()])


def test_a_repr_tells_what_differs_from_the_default_and_evaluates_back() -> None:
    """The printed structure is short, and a person can paste it into a test."""
    ensemble = MatrixEnsemble(3, (0, None), 1, scale=1e-6)
    assert repr(ensemble) == "MatrixEnsemble(rows=3, columns=(0, None), rank=1, scale=1e-06)"
    assert eval(repr(ensemble)) == ensemble
    assert hash(eval(repr(ensemble))) == hash(ensemble)
