"""SVG pictures by matplotlib, an extra that nothing else needs; equal drawings give equal text."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from circuits.error import CircuitError


@dataclass
class Drawing:
    """A matplotlib figure to draw on; `text` is the SVG once the block of `drawing` has ended."""

    figure: Any
    text: str = ""


@contextmanager
def drawing(width: float, height: float, *, points: float = 8, constrained: bool = True) -> Iterator[Drawing]:
    """A figure of that size in inches, whose labels stay text of so many points. Raises `CircuitError` without it."""
    try:
        import matplotlib as mpl  # noqa: PLC0415 - optional
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError as error:
        raise CircuitError(f"a picture needs matplotlib ({error}): pip install 'lemmata[pictures]'") from error
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "lemmata", "font.size": points}):
        drawn = Drawing(Figure(figsize=(width, height), layout="constrained" if constrained else None))
        yield drawn
        written = io.StringIO()
        drawn.figure.savefig(written, format="svg", metadata={"Date": None})
        drawn.text = written.getvalue()
