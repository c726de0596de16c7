"""The picture of the experiment `theorem-1`: total variation against the Langevin layers, and against h."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from circuits.svg import drawing

if TYPE_CHECKING:
    from claims.papers.pareek_risteski_2022.upper_bound.parameters import Row


def to_svg(rows: Sequence[Row]) -> str:
    """Two panels, a curve for each generator and eps; bars reach from the lower end of TV to the upper.

    Equal rows give equal text. Raises `CircuitError` if matplotlib, an extra, is not installed.
    """
    with drawing(7.5, 3.2) as picture:
        figure = picture.figure
        layers, sizes = figure.subplots(1, 2, sharey=True)
        for axes, what, name in (
            (layers, "layers", "Langevin layers T/h, at the built h"),
            (sizes, "h", "h, at the built T"),
        ):
            curves: dict[tuple[str, int, float], list[Row]] = {}
            for row in rows:
                if row.what == what:
                    curves.setdefault((row.kind, row.d, row.epsilon), []).append(row)
            for (kind, d, epsilon), points in curves.items():
                across = [row.langevin_steps if what == "layers" else row.h for row in points]
                low, high = ([getattr(row, end) for row in points] for end in ("tv_low", "tv_high"))
                middle = [(a + b) / 2 for a, b in zip(low, high, strict=True)]
                spread = [(b - a) / 2 for a, b in zip(low, high, strict=True)]
                label = f"{kind}, d = {d}, eps = {epsilon:g}"
                axes.errorbar(across, middle, spread, fmt="o-", markersize=3, linewidth=1, label=label)
            axes.set(xscale="log", yscale="log", xlabel=name)
        layers.set_ylabel("total variation from the posterior")
        layers.legend(fontsize=6)
    return picture.text
