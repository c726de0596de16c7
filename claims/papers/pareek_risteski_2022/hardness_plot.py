"""The picture of the experiment `hardness`: success against parameters, a panel a family, a curve for each rounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from circuits.svg import drawing
from claims.papers.pareek_risteski_2022.hardness_runs import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Panels from left to right; families of one panel are curves of one number of rounds each.
PANELS = {
    "affine": ("affine",),
    "toffoli": ("toffoli",),
    "feistel": ("feistel",),
    "spn": ("spn",),
    "candidates": ("modexp", "rsa", "rabin"),
    "smooth": ("linear", "separable", "smooth"),
}


def to_svg(rows: Sequence[Row]) -> str:
    """The picture: a row of panels for each d, objective and tested inputs. Equal rows give equal text.

    Points are means over seeds, bars reach from the least to the greatest limit of the seeds' 99 % intervals, a dotted
    line is the posterior's own success. Raises `CircuitError` if matplotlib, an extra, is not installed.
    """
    strips = sorted({(row.d, row.objective == "elbo", row.tested == "unseen") for row in rows})
    with drawing(2.6 * len(PANELS), 2.3 * len(strips)) as picture:
        figure = picture.figure
        grid = figure.subplots(len(strips), len(PANELS), squeeze=False, sharex=True, sharey=True)
        for line, (d, elbo, unseen) in zip(grid, strips, strict=True):
            name = f"d = {d}, {'ELBO' if elbo else 'supervised'}{', half shown' if unseen else ''}"
            for axes, (title, families) in zip(line, PANELS.items(), strict=True):
                here = [
                    row for row in rows
                    if row.family in families and (row.d, row.objective == "elbo") == (d, elbo)
                    and (row.tested == "unseen") == unseen
                ]  # fmt: skip
                axes.set(xscale="log", ylim=(-0.03, 1.03))
                axes.set_title(title)
                axes.set_visible(bool(here))
                axes.tick_params(labelbottom=True)
                axes.set_ylabel(f"{name}\n{'unseen ' if unseen else ''}inputs inverted", fontsize=6)
                _panel(axes, here)
        figure.supxlabel("encoder's parameters")
    return picture.text


def _panel(axes: Axes, rows: Sequence[Row]) -> None:
    curves: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        curves.setdefault((row.family, row.rounds), []).append(row)
    several = len({family for family, _ in curves}) > 1
    for (family, rounds), members in curves.items():
        sizes = sorted({row.parameters for row in members})
        at = [[row for row in members if row.parameters == size] for size in sizes]
        middle = [sum(row.success for row in group) / len(group) for group in at]
        low = [m - min(row.success_low for row in group) for m, group in zip(middle, at, strict=True)]
        high = [max(row.success_high for row in group) - m for m, group in zip(middle, at, strict=True)]
        label = family if several else f"{rounds} round{'s' if rounds > 1 else ''}"
        drawn = axes.errorbar(sizes, middle, [low, high], fmt="o-", markersize=3, linewidth=1, label=label)
        ceilings = [row.ceiling for row in members if row.ceiling is not None and row.kind == "smooth"]
        if ceilings:
            axes.axhline(sum(ceilings) / len(ceilings), linestyle=":", color=drawn.lines[0].get_color(), linewidth=1)
    if curves:
        axes.legend(fontsize=6)
