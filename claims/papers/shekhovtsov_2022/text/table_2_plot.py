"""The picture of the experiment `table-2`: negative ELBO by bits and depth, ours beside the printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from circuits.svg import drawing
from claims.papers.shekhovtsov_2022.text.printed import ENCODERS, PRINTED, SPLITS

if TYPE_CHECKING:
    from claims.papers.shekhovtsov_2022.text.table_2 import Row


def to_svg(rows: Sequence[Row], *, printed: bool) -> str:
    """Training and test values side by side; a colour for each encoder, full dots ours, rings the printed.

    Equal rows give equal text. Raises `CircuitError` if matplotlib, an extra, is not installed.
    """
    settings = sorted({(row.bits, row.depth) for row in rows})
    names = [f"{bits}\n{depth}" for bits, depth in settings]
    with drawing(7.5, 3.2) as picture:
        figure = picture.figure
        for axes, split in zip(figure.subplots(1, 2), SPLITS, strict=True):
            for number, kind in enumerate(ENCODERS):
                mine = [row for row in rows if row.encoder == kind]
                at = [settings.index((row.bits, row.depth)) + 0.15 * (number - 1) for row in mine]
                ours = [row.train_low if split == "train" else row.test_low for row in mine]
                axes.plot(at, ours, "o", color=f"C{number}", markersize=4, label=f"{kind}, ours")
                if printed:
                    theirs = [PRINTED[split, row.bits, row.depth, kind] for row in mine]
                    axes.plot(
                        at, theirs, "o", color=f"C{number}", markersize=5, fillstyle="none", label=f"{kind}, printed"
                    )
            axes.set_title("training" if split == "train" else split)
            axes.set_xticks(range(len(settings)), names)
            axes.set(xlabel="bits, and hidden layers of the decoder", ylabel="negative ELBO, nats a document")
        figure.axes[0].legend(fontsize=6)
    return picture.text
