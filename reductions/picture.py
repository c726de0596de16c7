"""One page: what each stage of a reduction inverts, and how large it is."""

from __future__ import annotations

from typing import Any

from circuits.svg import drawing

#: What each stage's size counts, for the picture: its field in the report, and the name on the axis.
SIZES = (
    ("encoder", "parameters", "encoder\nparameters"),
    ("deterministic network", "parameters", "frozen network\nparameters"),
    ("Boolean circuit", "gates of C", "C\ngates"),
    ("Boolean circuit", "gates", "invertor\ngates"),
)
BLUE, GREY, RED = "#2b6cb0", "#a0aec0", "#c53030"


def dumps_svg(report: dict[str, Any]) -> bytes:
    """The bytes of an SVG file, from the report of `reductions.report.describe`.

    Raises:
        CircuitError: without matplotlib.
    """
    rows = {stage["name"]: stage for stage in report["stages"]}
    with drawing(9, 4.2, points=10) as picture:
        left, right = picture.figure.subplots(1, 2)
        _draw_success(left, report, rows)
        _draw_sizes(right, rows)
        picture.figure.suptitle(
            f"{report['circuit']['name']}, encoder {report['encoder']}: from an encoder to a circuit that inverts"
        )
    return picture.text.encode()


def _draw_success(axes: Any, report: dict[str, Any], rows: dict[str, Any]) -> None:
    names = [name for name, row in rows.items() if row["success"] is not None]
    values = [rows[name]["success"] for name in names]
    places = range(len(names))
    axes.barh(places, values, color=BLUE, height=0.6)
    for place, name, value in zip(places, names, values, strict=True):
        if (interval := rows[name]["interval"]) is not None:
            axes.errorbar(value, place, xerr=[[value - interval[0]], [interval[1] - value]], color="black", capsize=3)
        axes.text(0.02, place, f"{value:.1%}", va="center", color="white" if value > 0.2 else "black")
    axes.set(yticks=list(places), yticklabels=names, xlim=(0, 1), ylim=(len(names) - 0.5, -0.5))
    axes.set_xlabel(f"fraction of the 2^{report['circuit']['num_inputs']} inputs that is inverted")
    promised = rows["deterministic network"]["promised"]["best pair >= 4/5 (eps - exp(-d)) (averaging)"]
    if promised == 0:
        return
    axes.axvline(promised, color=RED, linestyle="--", linewidth=1)
    axes.annotate(f"promised: {promised:.1%}", (promised, 1), xycoords=("data", "axes fraction"), color=RED,
                  ha="right" if promised > 0.5 else "left", va="bottom", fontsize=8)  # fmt: skip


def _draw_sizes(axes: Any, rows: dict[str, Any]) -> None:
    values = [_size(rows[stage]["size"], field) for stage, field, _ in SIZES]
    axes.bar(range(len(SIZES)), values, color=[BLUE, BLUE, GREY, BLUE], width=0.6)
    for place, value in enumerate(values):
        axes.text(place, value, f"{value:,}", ha="center", va="bottom", fontsize=8)
    axes.set(xticks=range(len(SIZES)), xticklabels=[name for _, _, name in SIZES], yscale="log", ylabel="size")
    axes.set_ylim(1, 3 * max(values))
    axes.tick_params(axis="x", labelsize=8)


def _size(size: dict[str, int], field: str) -> int:
    return max(1, size["ANDs"] + size["XORs"] if field == "gates" else size[field])
