"""The strategies draw the structures that break claims, and Hypothesis shrinks to the simplest."""

from collections.abc import Callable
from typing import TypeVar

import pytest
import torch
from hypothesis import find, given, settings
from hypothesis.strategies import SearchStrategy

from claims.engine.strategies import (
    ACTIVATIONS,
    MatrixEnsemble,
    OrthogonalEnsemble,
    PositiveEnsemble,
    PositiveVectorEnsemble,
    SequenceToZero,
    activations,
    draw,
    matrices,
    orthogonals,
    patterns,
    positive,
    positives,
    sequences_to_zero,
)

T = TypeVar("T")
SIDES = range(1, 9)
#: What a check may spend on structures; a structure that it does not meet in so many it does not test.
BUDGET = settings(max_examples=300, deadline=None, derandomize=True, database=None)


def drawn(strategy: SearchStrategy[T]) -> list[T]:
    seen: list[T] = []

    @BUDGET
    @given(strategy)
    def note(example: T) -> None:
        seen.append(example)

    note()
    return seen


def lines(ensemble: MatrixEnsemble) -> tuple[patterns.Pattern, patterns.Pattern]:
    return ensemble.rows, ensemble.columns


MATRICES: dict[str, Callable[[MatrixEnsemble], bool]] = {
    "1 by 1": lambda e: e.shape == (1, 1),
    "one row": lambda e: e.shape[0] == 1 < e.shape[1],
    "one column": lambda e: e.shape[1] == 1 < e.shape[0],
    "square": lambda e: 1 < e.shape[0] == e.shape[1],
    "tall": lambda e: e.shape[0] > e.shape[1] > 1,
    "wide": lambda e: 1 < e.shape[0] < e.shape[1],
    "largest": lambda e: e.shape == (8, 8),
    "rank 0": lambda e: e.rank == 0,
    "rank 1 of many": lambda e: e.rank == 1 < min(e.shape),
    "deficient by factors": lambda e: 0 < e.rank < min(map(patterns.distinct, lines(e))) and e.spectrum == "gaussian",
    "full rank": lambda e: e.rank == min(e.shape) > 2,
    "zero row": lambda e: e.rank > 0 and len(patterns.zeros(e.rows)) > 0,
    "zero column": lambda e: e.rank > 0 and len(patterns.zeros(e.columns)) > 0,
    "zero rows and columns": lambda e: e.rank > 0 and all(map(patterns.zeros, lines(e))),
    "all rows zero": lambda e: len(patterns.zeros(e.rows)) == e.shape[0],
    "all columns zero": lambda e: len(patterns.zeros(e.columns)) == e.shape[1],
    "repeated row": lambda e: e.rank > 1 and patterns.repeats(e.rows),
    "repeated column": lambda e: e.rank > 1 and patterns.repeats(e.columns),
    "all rows equal": lambda e: e.shape[0] > 1 and e.rows == (0,) * e.shape[0] and e.rank == 1,
    "equal spectrum": lambda e: e.spectrum == "equal" and e.rank > 1,
    "geometric spectrum": lambda e: e.spectrum == "geometric" and e.rank > 1,
    "repeated spectrum": lambda e: e.spectrum == "repeated" and e.rank > 2,
    "worst condition": lambda e: e.condition == 1e6 and e.rank > 1,
    "deficient and ill-conditioned": lambda e: e.condition >= 1e3 and 1 < e.rank < min(e.shape),
    "least scale": lambda e: e.scale == 1e-6 and e.rank > 0,
    "largest scale": lambda e: e.scale == 1e6 and e.rank > 0,
}


@pytest.fixture(scope="module")
def drawn_matrices() -> list[MatrixEnsemble]:
    return drawn(matrices(SIDES, SIDES))


@pytest.mark.parametrize("structure", MATRICES)
def test_matrices_meet_each_structure(structure: str, drawn_matrices: list[MatrixEnsemble]) -> None:
    """Every structure that has broken a claim before is among 300 draws."""
    assert any(map(MATRICES[structure], drawn_matrices))


def test_scale_one_is_common_and_every_decade_is_drawn(drawn_matrices: list[MatrixEnsemble]) -> None:
    """About half of the matrices have scale 1, and each of the thirteen decades has some."""
    scales = [ensemble.scale for ensemble in drawn_matrices]
    assert scales.count(1.0) > 0.3 * len(scales)
    assert set(scales) == {float(f"1e{k}") for k in range(-6, 7)}


def test_a_large_range_still_gives_squares_and_corners() -> None:
    """The shapes that matter stay common where they are few among all."""
    shapes = [ensemble.shape for ensemble in drawn(matrices(range(1, 33), range(1, 33)))]
    assert {(1, 1), (1, 32), (32, 1), (32, 32)} <= set(shapes)
    assert sum(m == n for m, n in shapes) > 30


def test_positives_meet_each_structure() -> None:
    """Equal entries, some equal entries, scattered scales and a single extreme one are among 300 draws."""
    seen = drawn(positives(range(1, 7)))
    assert any(e.count > 2 and e.entries == (0,) * e.count for e in seen)
    assert any(isinstance(e.entries, tuple) and 1 < e.size < e.count for e in seen)
    scales = [sorted(e.scale) for e in seen if isinstance(e.scale, tuple) and e.count > 2]
    assert any(s[-1] >= 1e4 * s[-2] and s[0] == s[-2] for s in scales)
    assert any(s[0] <= 1e-4 * s[1] and s[1] == s[-1] for s in scales)
    assert any(len(set(s)) > 2 for s in scales)
    assert {e.scale for e in seen} >= {1e-6, 1.0, 1e6}


def test_orthogonals_meet_each_structure() -> None:
    """The identity, both determinants, reflections and plain permutations are among 300 draws."""
    seen = [ensemble for ensemble in drawn(orthogonals(range(1, 6))) if ensemble.dimension > 2]
    still = [ensemble for ensemble in seen if not ensemble.rotates]

    def determinant(ensemble: OrthogonalEnsemble) -> float:
        return float(torch.linalg.det(draw(ensemble, 1, torch.Generator()).matrix[0]))

    assert any(e.permutation == tuple(range(e.dimension)) and set(e.signs) == {1} for e in still)
    assert any(e.permutation == tuple(range(e.dimension)) and set(e.signs) == {-1} for e in still)
    assert any(e.permutation != tuple(range(e.dimension)) and set(e.signs) == {1} for e in still)
    assert any(e.permutation != tuple(range(e.dimension)) and len(set(e.signs)) == 2 for e in still)
    assert {round(determinant(e)) for e in seen if e.rotates} == {1, -1}


def test_every_sequence_and_every_activation_is_drawn() -> None:
    """Small tables are met in full."""
    assert len(set(drawn(sequences_to_zero()))) == 25
    assert set(drawn(activations())) == set(ACTIVATIONS)


def test_hypothesis_shrinks_to_the_simplest() -> None:
    """Whatever breaks, a person gets the smallest structure at the scale 1."""

    def least(strategy: SearchStrategy[T], broken: Callable[[T], bool] = lambda _: True) -> T:
        return find(strategy, broken, settings=settings(BUDGET, max_examples=2000))

    assert least(matrices(SIDES, SIDES)) == MatrixEnsemble(1, 1, 1)
    assert least(matrices(SIDES, SIDES), lambda e: e.rank < min(e.shape)).shape == (1, 1)
    assert least(matrices(SIDES, SIDES), lambda e: e.shape[0] > 2 and e.rank > 1) == MatrixEnsemble(3, 2, 2)
    assert least(matrices(SIDES, SIDES), lambda e: e.shape[0] == e.shape[1] > 2) == MatrixEnsemble(3, 3, 3)
    assert least(matrices(SIDES, SIDES), lambda e: e.scale < 1) == MatrixEnsemble(1, 1, 1, scale=0.1)
    assert least(positives(SIDES)) == PositiveVectorEnsemble(1)
    assert least(positive()) == PositiveEnsemble()
    assert least(orthogonals(SIDES)) == OrthogonalEnsemble((0,), (1,), rotates=False)
    assert least(sequences_to_zero()) == SequenceToZero("polynomial")
    assert least(activations()).name == "identity"
