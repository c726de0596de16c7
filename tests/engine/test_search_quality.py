"""Does the search find what it should? Power is a tested property."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch
from hypothesis import strategies as st

from claims import Context, Evidence, Margin, Verdict, search
from claims.engine.arithmetic import Array, absolute, greatest, sin, sqrt, squared_norm, total
from claims.engine.search.attack import EFFORTS, Attack
from claims.engine.strategies import matrices

SEEDS = range(5)


@dataclass(frozen=True)
class Pair:
    """Two vectors."""

    x: Array
    y: Array


@dataclass(frozen=True)
class Pairs:
    """Pairs of standard normal vectors [n, dimension]."""

    dimension: int

    @property
    def size(self) -> int:
        """Both vectors are free."""
        return 2 * self.dimension

    def build(self, free: Array) -> Pair:
        """Return the pairs."""
        return Pair(free[:, : self.dimension], free[:, self.dimension :])


@dataclass(frozen=True)
class ClosePairs(Pairs):
    """Pairs x, x + 1e-7 z: what is subtracted is almost equal."""

    def build(self, free: Array) -> Pair:
        """Return the pairs."""
        pair = super().build(free)
        return replace(pair, y=pair.x + 1e-7 * pair.y)


def decide(over: Any, statement: Any, seed: int = 0) -> Evidence:
    """Run a standard search."""
    return search(over, "all").decide(statement, Context("paper/lemma-1", seed=seed))


def thin_lipschitz(pair: Pair) -> Margin:
    """|f(x) - f(y)| <= 0.95 |x - y| for f = sin(sum x / 2) in four dimensions, whose constant is 1."""
    gap = absolute(sin(total(pair.x) / 2) - sin(total(pair.y) / 2))
    difference = pair.x - pair.y
    return Margin.at_most(gap, 0.95 * sqrt(total(difference * difference)))


class TestThinViolations:
    """Gradients find what sampling misses."""

    @pytest.mark.parametrize("seed", SEEDS)
    def test_a_lipschitz_bound_violated_by_five_percent(self, seed: int) -> None:
        """Only pairs that differ in one direction, near one level, violate it."""
        assert decide(st.just(Pairs(4)), thin_lipschitz, seed).verdict is Verdict.REFUTED

    @pytest.mark.parametrize("seed", SEEDS)
    def test_random_sampling_alone_misses_it(self, seed: int) -> None:
        """The batch that the ascent starts from holds no counterexample."""
        effort = replace(EFFORTS["standard"], ascent_steps=0)
        attack = Attack(thin_lipschitz, f"{seed}|paper/lemma-1", effort)
        assert attack(Pairs(4)) is None
        assert attack.instances == effort.batch


def square_only(a: Array) -> Margin:
    """Hold for square matrices alone."""
    rows, columns = a.shape[-2:]
    return Margin.at_most((rows - columns) ** 2 * squared_norm(a), 0)


def no_zero_column(a: Array) -> Margin:
    """Hold where no column vanishes."""
    return Margin.positive(-greatest(-total(a * a, -2)))


class TestStructures:
    """Violations that have a structure, and no volume."""

    @pytest.mark.parametrize("seed", SEEDS)
    def test_only_matrices_that_are_not_square(self, seed: int) -> None:
        """The shape is drawn; the witness is shrunk to a matrix of two signs."""
        found = decide(matrices(range(1, 5), range(1, 5)), square_only, seed)
        assert found.witness is not None
        (a,) = found.witness.values.values()
        assert sorted((len(a), len(a[0]))) == [1, 2]
        assert {abs(entry) for row in a for entry in row} <= {0.0, 1.0}

    @pytest.mark.parametrize("seed", SEEDS)
    def test_only_matrices_with_a_zero_column(self, seed: int) -> None:
        """The pattern is drawn; the witness is small, with its zero column."""
        found = decide(matrices(range(1, 5), range(1, 5)), no_zero_column, seed)
        assert found.witness is not None
        (a,) = found.witness.values.values()
        assert len(a) * len(a[0]) <= 2
        assert any(all(row[j] == 0 for row in a) for j in range(len(a[0])))


def triangle_backwards(pair: Pair) -> Margin:
    """|x + y| >= |x|: false."""
    return Margin.at_least(absolute(pair.x + pair.y), absolute(pair.x))


class TestReproducibility:
    """A seed fixes the witness; no seed changes the verdict."""

    @pytest.mark.parametrize("statement", [thin_lipschitz, triangle_backwards])
    def test_the_same_seed_gives_the_same_evidence(self, statement: Any) -> None:
        """Two runs agree to the last digit, whatever was drawn in between."""
        first = decide(st.just(Pairs(4)), statement, 3)
        torch.rand(1)
        assert decide(st.just(Pairs(4)), statement, 3) == first

    def test_other_seeds_give_other_instances(self) -> None:
        """The seed is used: the worst margin of a true claim depends on it."""
        found = [decide(st.just(Pairs(4)), inner_product_below_a_hundred, seed) for seed in SEEDS]
        assert len({evidence.numbers["least_relative_margin"] for evidence in found}) == len(SEEDS)
        assert {evidence.verdict for evidence in found} == {Verdict.SUPPORTED}


def inner_product_below_a_hundred(pair: Pair) -> Margin:
    """x y <= 100: false far outside of what is drawn."""
    return Margin.at_most(total(pair.x * pair.y), 100)


def cauchy_schwarz(pair: Pair) -> Margin:
    """(x y)^2 <= |x|^2 |y|^2."""
    inner = total(pair.x * pair.y)
    return Margin.at_most(inner * inner, total(pair.x * pair.x) * total(pair.y * pair.y))


def conjugates(pair: Pair) -> Margin:
    """(x - y)(x + y) = x^2 - y^2, entry by entry: the right side cancels."""
    return Margin.equal((pair.x - pair.y) * (pair.x + pair.y), pair.x * pair.x - pair.y * pair.y)


class TestTrueClaims:
    """A true claim is never refuted, whatever floats say."""

    @pytest.mark.parametrize("seed", SEEDS)
    @pytest.mark.parametrize("statement", [conjugates, cauchy_schwarz])
    def test_rounding_errors_are_dismissed(self, statement: Any, seed: int) -> None:
        """Cancellation makes candidates, and balls dismiss them."""
        found = decide(st.just(ClosePairs(3)), statement, seed)
        assert found.verdict is Verdict.SUPPORTED
        if statement is conjugates:
            assert found.numbers["examined_in_balls_and_dismissed"] > 0

    def test_a_violation_behind_rounding_errors_is_found(self) -> None:
        """The identity with a wrong digit fails in earnest, among the same candidates."""
        found = decide(
            st.just(ClosePairs(3)),
            lambda pair: Margin.equal(
                (pair.x - pair.y) * (pair.x + pair.y), 1.001 * (pair.x * pair.x - pair.y * pair.y)
            ),
        )
        assert found.verdict is Verdict.REFUTED


def test_a_witness_of_low_rank_is_not_rounded_out_of_its_domain() -> None:
    """The determinant of 2 x 2 matrices of rank one vanishes; rounding the entries must not refute that."""

    def determinant_vanishes(A: Array) -> Margin:
        main, other = A[..., 0, 0] * A[..., 1, 1], A[..., 0, 1] * A[..., 1, 0]
        return Margin.equal(main, other)

    method = search(matrices(2, 2, rank=1), "2 x 2, rank 1")
    for seed in range(5):
        evidence = method.decide(determinant_vanishes, Context("paper/lemma-1", seed=seed, effort="quick"))
        assert evidence.verdict is Verdict.SUPPORTED
