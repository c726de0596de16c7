r"""Text and formulas as GitHub's Markdown wants them: readable also before it is rendered.

The book's Markdown escapes every sign that some Markdown might take for markup; here only what this one would.
"""

from __future__ import annotations

import re

from claims.book.text.markdown import CODE
from claims.book.text.tex import WIDE_BLANK, Words, displayed, pieces

#: Signs that would open emphasis, a strike-through, code, mathematics, a tag or a link.
MARKUP = re.compile(
    r"\\(?=[^\w\s])|`|\$|(?<![^\W_])_(?=\S)|(?<!\w)\*(?=\S)|\*(?=\w)|~(?=\w)|<(?=[A-Za-z/!?])|(?<=\])\("
)
STARTS = re.compile(r"^(\s*)([-+>#=]|\d+(?=[.)]))")


def gently_escaped(text: str) -> str:
    """Plain text, with no more backslashes than needed; what stands in `backticks` stays code."""
    parts = CODE.split(text)
    whole = "".join(part if CODE.fullmatch(part) else MARKUP.sub(r"\\\g<0>", part) for part in parts)
    return STARTS.sub(lambda start: _literal(start[1], start[2]), whole)


def _literal(blanks: str, sign: str) -> str:
    """What would begin a list or a heading: an empty character parts a number from its dot."""
    return f"{blanks}{sign}\u200b" if sign.isdigit() else f"{blanks}\\{sign}"


def statement(tex: str) -> str:
    r"""A statement as GitHub renders it. In plain dollars the backslashes of `\{` and `\|` would be lost."""
    parts = pieces(tex)
    if not any(isinstance(part, Words) for part in parts):
        return "\n\n".join(f"```math\n{line}\n```" for line in displayed(parts))
    written = ""
    for part in parts:
        if isinstance(part, Words):
            written += gently_escaped(part.text)
        else:
            written += ("\u2003" if part.blank == WIDE_BLANK and written else part.blank) + f"$`{part.tex}`$"
    return re.sub(r" +", " ", written).strip()
