"""What a matrix ensemble promises, its instances keep."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from claims.engine.strategies import MatrixEnsemble, Spectrum, draw, matrices, patterns

thorough = settings(max_examples=150, deadline=None, derandomize=True, database=None)
quick = settings(max_examples=40, deadline=None, derandomize=True, database=None)
SIDES = range(1, 7)


def instances(ensemble: MatrixEnsemble, count: int = 4) -> torch.Tensor:
    return draw(ensemble, count, torch.Generator().manual_seed(1))


class TestInstances:
    """Whatever structure is drawn."""

    @thorough
    @given(matrices(SIDES, SIDES))
    def test_have_the_shape(self, ensemble: MatrixEnsemble) -> None:
        """A batch is [n, rows, columns], finite."""
        batch = instances(ensemble)
        assert batch.shape == (4, *ensemble.shape)
        assert batch.isfinite().all()

    @thorough
    @given(matrices(SIDES, SIDES))
    def test_are_zero_where_the_pattern_says(self, ensemble: MatrixEnsemble) -> None:
        """Zero rows and columns are exact zeros, and at positive rank no other line is."""
        batch = instances(ensemble)
        rows, columns = (batch == 0).all(2), (batch == 0).all(1)
        every_row, every_column = range(batch.shape[1]), range(batch.shape[2])
        zero_rows = patterns.zeros(ensemble.rows) if ensemble.rank else every_row
        zero_columns = patterns.zeros(ensemble.columns) if ensemble.rank else every_column
        assert torch.equal(rows, torch.tensor([[i in zero_rows for i in every_row]] * 4))
        assert torch.equal(columns, torch.tensor([[j in zero_columns for j in every_column]] * 4))

    @thorough
    @given(matrices(SIDES, SIDES))
    def test_have_the_rank(self, ensemble: MatrixEnsemble) -> None:
        """The numerical rank, at a tolerance relative to the largest singular value, is the one declared."""
        batch = instances(ensemble)
        # The weakest prescribed value stands 1e-6 below the largest; rounding stands 1e-15 below.
        assert (torch.linalg.matrix_rank(batch, rtol=1e-10) == ensemble.rank).all()

    @thorough
    @given(matrices(SIDES, SIDES))
    def test_are_the_product_of_their_factors(self, ensemble: MatrixEnsemble) -> None:
        """`factors` has inner dimension `rank`, and multiplies to `build` up to rounding."""
        free = torch.randn(4, ensemble.size, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
        left, right = ensemble.factors(free)
        assert left.shape[2] == right.shape[1] == ensemble.rank
        torch.testing.assert_close(left @ right, ensemble.build(free), rtol=1e-12, atol=1e-13 * ensemble.scale)

    @thorough
    @given(matrices(SIDES, SIDES))
    def test_repeat_lines_to_the_last_bit(self, ensemble: MatrixEnsemble) -> None:
        """Lines of one number in the pattern are equal as floats."""
        batch = instances(ensemble)
        for pattern, lines in ((ensemble.rows, batch), (ensemble.columns, batch.mT)):
            sources = pattern if isinstance(pattern, tuple) else tuple(range(pattern))
            for i, source in enumerate(sources):
                assert torch.equal(lines[:, i], lines[:, sources.index(source)])

    @quick
    @given(matrices(SIDES, SIDES, spectrum="gaussian", rank="full", scales=(1e-3, 1e3)))
    def test_scale_with_the_scale(self, ensemble: MatrixEnsemble) -> None:
        """Entries of a gaussian instance have the scale as their standard deviation."""
        batch = instances(ensemble, 500)
        live = batch[batch != 0]
        assert 1e-3 <= ensemble.scale <= 1e3
        assert 0.8 < live.square().mean().sqrt() / ensemble.scale < 1.25

    @quick
    @given(matrices(SIDES, SIDES))
    def test_have_a_gradient(self, ensemble: MatrixEnsemble) -> None:
        """Every coordinate gets a finite derivative."""
        free = torch.randn(3, ensemble.size, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
        free.requires_grad_()
        (slope,) = torch.autograd.grad(ensemble.build(free).square().sum() + 0 * free.sum(), free)
        assert slope.isfinite().all()


class TestSpectrum:
    """A prescribed spectrum."""

    @pytest.mark.parametrize("spectrum", ["equal", "geometric", "repeated"])
    @settings(quick)
    @given(data=st.data())
    def test_is_what_the_instances_have(self, spectrum: Spectrum, data: st.DataObject) -> None:
        """The singular values are those that `singular_values` lists, then zeros."""
        ensemble = data.draw(matrices(SIDES, SIDES, spectrum=spectrum))
        values = torch.linalg.svdvals(instances(ensemble))
        expected = torch.zeros_like(values)
        expected[:, : ensemble.rank] = torch.tensor(ensemble.singular_values or ())
        torch.testing.assert_close(values, expected, rtol=1e-6, atol=1e-13 * ensemble.scale)

    def test_names_tell_the_values(self) -> None:
        """Equal, geometric and repeated spectra are what they are called."""
        assert MatrixEnsemble(3, 4, 3, "equal", scale=2.0).singular_values == (2.0, 2.0, 2.0)
        assert MatrixEnsemble(3, 4, 3, "geometric", 100.0).singular_values == pytest.approx((1.0, 0.1, 0.01))
        assert MatrixEnsemble(4, 4, 4, "repeated", 10.0).singular_values == pytest.approx((1, 1, 0.1, 0.1))
        assert MatrixEnsemble(4, 4, 4).singular_values is None

    def test_forbids_repeated_lines(self) -> None:
        """Repeated rows would change the spectrum, so that the two together are refused."""
        with pytest.raises(ValueError, match="spectrum: repeated rows"):
            MatrixEnsemble((0, 0), 2, 1, "equal")


class TestArguments:
    """Each argument is obeyed, or refused by name."""

    @quick
    @given(matrices(SIDES, st.sampled_from([2, 5]), rank="full"))
    def test_full_rank_is_the_smaller_side(self, ensemble: MatrixEnsemble) -> None:
        """`rank="full"` is full for the whole matrix, zero lines included."""
        assert ensemble.rank == min(ensemble.shape)
        assert ensemble.shape[1] in (2, 5)

    @quick
    @given(matrices(SIDES, SIDES, rank=2, zero_rows=1, zero_columns=0))
    def test_counts_are_exact(self, ensemble: MatrixEnsemble) -> None:
        """A number for `rank`, `zero_rows` or `zero_columns` is met exactly."""
        assert ensemble.rank == 2
        assert len(patterns.zeros(ensemble.rows)) == 1
        assert not patterns.zeros(ensemble.columns)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"rows": 0}, "rows: expected sizes of at least 1"),
            ({"rows": True}, "rows: expected an int, a range or a strategy"),
            ({"columns": range(3, 3)}, "columns: expected sizes of at least 1"),
            ({"columns": range(3)}, "columns: expected sizes of at least 1"),
            ({"rank": -1}, "rank: expected a number of at least 0"),
            ({"rank": 4}, "rank=4: no matrix of 3 rows and 3 columns"),
            ({"rank": 2, "zero_rows": 2}, "rank=2, zero_rows=2: no matrix"),
            ({"rank": "full", "zero_columns": 1}, "rank='full', zero_columns=1: no matrix"),
            ({"zero_rows": 4}, "zero_rows=4: no matrix"),
            ({"zero_columns": -1}, "zero_columns: expected a number of at least 0"),
            ({"spectrum": "flat"}, "spectrum: expected one of"),
            ({"scales": (0.0, 1.0)}, "scales: expected"),
            ({"scales": (2.0, 1.0)}, "scales: expected"),
            ({"scales": (1.0, math.inf)}, "scales: expected"),
        ],
    )
    def test_are_refused_by_name(self, arguments: dict[str, object], message: str) -> None:
        """Wrong and contradictory arguments raise a ValueError before anything is drawn."""
        with pytest.raises(ValueError, match=message):
            matrices(**{"rows": 3, "columns": 3, **arguments})  # type: ignore[arg-type]

    def test_a_strategy_of_wrong_sizes_is_refused_when_it_draws_one(self) -> None:
        """What only a strategy knows is checked as it is drawn."""

        @quick
        @given(matrices(st.just(0), 2))
        def use(ensemble: MatrixEnsemble) -> None:
            pass

        with pytest.raises(ValueError, match="rows: the strategy drew 0"):
            use()

    def test_a_strategy_of_too_small_sizes_is_unsatisfiable(self) -> None:
        """A rank that no drawn shape has room for is an error of Hypothesis, not a weak test."""

        @quick
        @given(matrices(st.just(1), 2, rank=2))
        def use(ensemble: MatrixEnsemble) -> None:
            pass

        with pytest.raises(Unsatisfiable):
            use()

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ((2, 2, 3), "rank: expected 0 to 2"),
            (((0, 2), 2, 1), "does not number its free lines"),
            ((2, 2, 2, "geometric", 0.5), "condition, scale"),
        ],
    )
    def test_an_impossible_ensemble_is_refused(self, arguments: tuple[object, ...], message: str) -> None:
        """An ensemble written by hand is checked like a drawn one."""
        with pytest.raises(ValueError, match=message):
            MatrixEnsemble(*arguments)  # type: ignore[arg-type]
