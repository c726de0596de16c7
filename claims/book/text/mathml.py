"""Formulas as MathML, made when the book is built: no script, no network, and no formula is ever shown raw."""

from __future__ import annotations

from functools import cache

from math_core import LatexError, LatexToMathML


@cache
def _converter() -> LatexToMathML:
    return LatexToMathML(fancy_error=False)


def mathml(tex: str, *, display: bool) -> str:
    """The formula as MathML, with its LaTeX as what a reader copies or hears where MathML is unknown.

    Raises:
        ValueError: for LaTeX that cannot be rendered; a formula is never shown raw.
    """
    try:
        return _converter().convert_with_local_state(tex, displaystyle=display)
    except LatexError as error:
        raise ValueError(f"{tex!r}: {error}") from error
