"""The summary of a campaign as an SVG picture: conflicts and CPU seconds against width, quartiles as bars."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Literal

from circuits.error import CircuitError
from circuits.instances.summary import Cell, Summary

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Stand-ins for 0, which a logarithmic axis does not have.
FLOOR = {"conflicts": 0.5, "seconds": 0.0001}


def to_svg(summary: Summary) -> str:
    """The picture: a line for each solver and number of rounds (against rounds where there is but one width).

    A hollow triangle at the upper edge is a median beyond the budget. Equal summaries give equal text.
    Raises `CircuitError` if matplotlib, an extra that only this needs, is not installed.
    """
    try:
        import matplotlib as mpl  # noqa: PLC0415 - optional
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError as error:
        raise CircuitError(f"the plot needs matplotlib ({error}): pip install 'lemmata[pictures]'") from error
    by_bits = len({cell.bits for cell in summary.cells}) > 1 or len({cell.rounds for cell in summary.cells}) == 1
    lines: dict[str, list[Cell]] = {}
    for cell in summary.cells:
        name = f"{cell.solver}, {cell.rounds} rounds" if by_bits else f"{cell.solver}, {cell.bits} bits"
        lines.setdefault(name, []).append(cell)
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "lemmata"}):
        figure = Figure(figsize=(11, 4), layout="constrained")
        figure.suptitle(", ".join(sorted({cell.family for cell in summary.cells})))
        left, right = figure.subplots(1, 2)
        _panel(left, lines, "conflicts", "conflicts (median, quartiles)", by_bits)
        _panel(right, lines, "seconds", "CPU seconds (median, quartiles)", by_bits)
        figure.legend(*left.get_legend_handles_labels(), loc="outside right upper", fontsize="small")
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None})
    return written.getvalue()


def _panel(
    axes: Axes, lines: dict[str, list[Cell]], what: Literal["conflicts", "seconds"], label: str, by_bits: bool
) -> None:
    floor = FLOOR[what]
    values = [max(value, floor) for cells in lines.values() for cell in cells for value in getattr(cell, what)]
    finite = [value for value in values if math.isfinite(value)] or [floor]
    limits = min(finite) / 2, max(finite) * 3
    axes.set(xlabel="bits" if by_bits else "rounds", ylabel=label, yscale="log", ylim=limits)
    for name, cells in lines.items():
        solved = [cell for cell in cells if math.isfinite(getattr(cell, what)[1])]
        lower, middle, upper = ([max(getattr(cell, what)[i], floor) for cell in solved] for i in range(3))
        # An upper quartile beyond the budget is drawn as none: the solved share in the table tells it.
        up = [high - mid if math.isfinite(high) else 0.0 for mid, high in zip(middle, upper, strict=True)]
        down = [mid - low for low, mid in zip(lower, middle, strict=True)]
        drawn = axes.errorbar([_place(cell, by_bits) for cell in solved], middle, [down, up], fmt="o-", label=name)
        beyond = [_place(cell, by_bits) for cell in cells if cell not in solved]
        colour = drawn.lines[0].get_color()
        edge = axes.get_xaxis_transform()
        axes.plot(beyond, [0.97] * len(beyond), "^", transform=edge, color=colour, markerfacecolor="none")


def _place(cell: Cell, by_bits: bool) -> int:
    return cell.bits if by_bits else cell.rounds
