r"""A claim's statement as prose with formulas: `\text{If } x > 0 \text{ then}` reads "If $x > 0$ then".

Formulas that stand between words can be broken at the words, on a phone too, and the words can be searched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

#: What opens and closes a group within which nothing is split.
OPENS = re.compile(r"\{|\\left(?![a-zA-Z])|\\begin(?![a-zA-Z])")
CLOSES = re.compile(r"\}|\\right(?![a-zA-Z])|\\end(?![a-zA-Z])")
WORDS = re.compile(r"\\text\s*\{")
#: Before an implication a statement may be broken.
ARROW = re.compile(r"\\(?:implies|Rightarrow|Longrightarrow|iff|Leftrightarrow)(?![a-zA-Z])")
WIDE = re.compile(r"\\q?quad(?![a-zA-Z])")
#: Blanks at the ends of a formula.
EDGE = re.compile(r"^(?:\\[ ,;:!]|\s)*|(?:\\[ ,;:!]|\s)*$")
TRAILING = re.compile(r"(?:\\[ ,;:]|\s)$")
PUNCTUATION = (",", ";", ":", ".")
WIDE_BLANK = "  "
TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|.", re.DOTALL)

#: What LaTeX writes within words, and what it means.
IN_WORDS = {r"\ldots": "…", r"\ ": " ", "~": " ", "``": "“", "''": "”", r"\^o": "ô", r"\&": "&", r"\%": "%", r"\_": "_"}


@dataclass(frozen=True)
class Words:
    """Plain text, with the blanks around it."""

    text: str


@dataclass(frozen=True)
class Formula:
    """LaTeX of a formula, and the blank before it: none, a space, or `WIDE_BLANK`."""

    tex: str
    blank: str = ""


def pieces(statement: str) -> list[Words | Formula]:
    """The words and the formulas of a statement, in order; a formula ends at a wide blank, and after punctuation."""
    found: list[Words | Formula] = []
    formula, blank, depth, at = "", "", 0, 0

    def end_formula(next_blank: str = "") -> None:
        nonlocal formula, blank
        bare = EDGE.sub("", formula)
        if bare in PUNCTUATION and found and isinstance(found[-1], Words):
            found[-1] = Words(found[-1].text.rstrip() + bare)
        elif bare:
            led = EDGE.match(formula)
            found.append(Formula(bare, blank or (" " if led and led.group() else "")))
        blank = next_blank or (" " if TRAILING.search(formula) else "" if bare else blank)
        formula = ""

    while at < len(statement):
        words = WORDS.match(statement, at)
        if depth == 0 and words and not formula.rstrip().endswith(("_", "^")):
            close = _closing(statement, words.end())
            end_formula()
            found.append(Words((" " if blank else "") + _plain(statement[words.end() : close])))
            blank, at = "", close + 1
        elif depth == 0 and (wide := WIDE.match(statement, at)):
            end_formula(WIDE_BLANK)
            at = wide.end()
        elif depth == 0 and statement.startswith("\\ ", at) and formula.endswith(PUNCTUATION):
            end_formula(" ")
            at += 2
        elif depth == 0 and ARROW.match(statement, at) and formula.strip():
            end_formula(" ")
            arrow = ARROW.match(statement, at)
            assert arrow is not None
            formula, at = arrow.group(), arrow.end()
        else:
            token = TOKEN.match(statement, at)
            assert token is not None
            depth += bool(OPENS.match(statement, at)) - bool(CLOSES.match(statement, at))
            formula += token.group()
            at = token.end()
    end_formula()
    return found


def _closing(text: str, start: int) -> int:
    """Where the brace closes that was opened before `start`."""
    depth = 1
    for token in TOKEN.finditer(text, start):
        depth += (token.group() == "{") - (token.group() == "}")
        if depth == 0:
            return token.start()
    raise ValueError(f"a brace is not closed in {text!r}")


def _plain(words: str) -> str:
    for tex, meant in IN_WORDS.items():
        words = words.replace(tex, meant)
    return words


def displayed(parts: Sequence[Words | Formula]) -> list[str]:
    """The LaTeX of formulas that stand by themselves: those that a wide blank parts, on lines of their own."""
    found: list[str] = []
    for part in parts:
        if isinstance(part, Formula) and found and part.blank != WIDE_BLANK:
            found[-1] += rf"\ {part.tex}"
        elif isinstance(part, Formula):
            found.append(part.tex)
    return found


def formulas(statement: str) -> Iterator[str]:
    """The LaTeX of each formula."""
    return (piece.tex for piece in pieces(statement) if isinstance(piece, Formula))
