"""Orthogonal ensembles: orthogonal in floats, exactly so in rationals, and with nothing left out."""

from fractions import Fraction

import flint
import pytest
import torch
from hypothesis import given, settings

from claims.engine.cases import instance, to_balls
from claims.engine.strategies import Orthogonal, OrthogonalEnsemble, draw, orthogonals

quick = settings(max_examples=80, deadline=None, derandomize=True, database=None)


def batch_of(ensemble: OrthogonalEnsemble) -> Orthogonal:
    return draw(ensemble, 4, torch.Generator().manual_seed(3))


@quick
@given(orthogonals(range(1, 8)))
def test_matrices_are_orthogonal(ensemble: OrthogonalEnsemble) -> None:
    """Q Q^T is the identity to 1e-12."""
    matrix = batch_of(ensemble).matrix
    k = ensemble.dimension
    assert matrix.shape == (4, k, k)
    assert (matrix @ matrix.mT - torch.eye(k)).abs().max() < 1e-12


@quick
@given(orthogonals(range(1, 6)))
def test_the_determinant_is_that_of_the_signed_permutation(ensemble: OrthogonalEnsemble) -> None:
    """Cayley's transform has determinant 1, so the structure fixes the sign."""
    batch = batch_of(ensemble)
    assert torch.allclose(torch.linalg.det(batch.matrix), torch.linalg.det(batch.signs))


@quick
@given(orthogonals(range(1, 6)))
def test_without_rotation_the_matrix_is_the_signed_permutation(ensemble: OrthogonalEnsemble) -> None:
    """Where nothing rotates there are no free coordinates, and the matrix is exact."""
    batch = batch_of(ensemble)
    assert torch.equal(batch.skew, -batch.skew.mT)
    assert ensemble.rotates or torch.equal(batch.matrix, batch.signs)
    assert ensemble.size == (ensemble.dimension * (ensemble.dimension - 1) // 2 if ensemble.rotates else 0)


@settings(quick, max_examples=15)
@given(orthogonals(range(1, 5)))
def test_rational_arithmetic_makes_it_exactly_orthogonal(ensemble: OrthogonalEnsemble) -> None:
    """Recomputed over the rationals from the float entries of S, Q Q^T is the identity without error."""
    batch = batch_of(ensemble)

    def exact(entries: torch.Tensor) -> flint.fmpq_mat:
        rows = [[flint.fmpq(*Fraction(x).as_integer_ratio()) for x in row] for row in entries.tolist()]
        return flint.fmpq_mat(rows)

    unit = exact(torch.eye(ensemble.dimension))
    skew = exact(batch.skew[0])
    matrix = exact(batch.signs[0]) * (unit - skew).inv() * (unit + skew)
    assert matrix * matrix.transpose() == unit


@settings(quick, max_examples=15)
@given(orthogonals(range(1, 5)))
def test_balls_enclose_the_float_matrix(ensemble: OrthogonalEnsemble) -> None:
    """`matrix` runs in ball arithmetic on one instance, and agrees with the floats."""
    batch = batch_of(ensemble)
    balls = to_balls(instance(batch, 2)).matrix
    floats = torch.tensor([float(ball.mid()) for ball in balls.flat], dtype=torch.float64)
    torch.testing.assert_close(floats, batch.matrix[2].flatten(), rtol=0, atol=1e-13)


def test_a_gradient_flows_from_the_identity() -> None:
    """At coordinates zero the transform has the derivative 2 S, so that ascent can leave the identity."""
    free = torch.zeros(1, 1, dtype=torch.float64, requires_grad=True)
    corner = OrthogonalEnsemble((0, 1), (1, 1)).build(free).matrix[0, 0, 1]
    (slope,) = torch.autograd.grad(corner, free)
    assert slope.item() == pytest.approx(2 / 2**0.5)


def test_a_wrong_dimension_is_refused_by_name() -> None:
    """There are no matrices without rows."""
    with pytest.raises(ValueError, match="dimension: expected sizes"):
        orthogonals(0)


@pytest.mark.parametrize(
    ("permutation", "signs", "message"),
    [((0, 0), (1, 1), "permutation:"), ((0, 1), (1, 2), "signs:"), ((0, 1), (1,), "signs:")],
)
def test_an_impossible_ensemble_is_refused(permutation: tuple[int, ...], signs: tuple[int, ...], message: str) -> None:
    """An ensemble written by hand is checked like a drawn one."""
    with pytest.raises(ValueError, match=message):
        OrthogonalEnsemble(permutation, signs)
