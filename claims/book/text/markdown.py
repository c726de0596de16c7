"""Markdown (MyST) from plain text and from LaTeX: escaped, linked, in lists and tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from claims.book.text.tex import WIDE_BLANK, Formula, Words, displayed, pieces

if TYPE_CHECKING:
    from claims.engine.verdict import Verdict

#: What Markdown would take for markup, in the midst of a line and at its start.
SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|$~^&])")
STARTS = re.compile(r"^(\s*)([-+>:=%]|\d+(?=[.)](?:\s|$)))", re.MULTILINE)
#: Powers and indices in plain letters: `^{-t/K}`, `_{j}`, `^d`, `^-1`.
POWER = re.compile(r"(?<=[\w)\]‖|*'~}])([\^_])(\{[^{}]*\}|(?<=\^)(?:[-+]?\d+|[A-Za-z](?!\w)|\*))")
#: A displayed formula that counts more signs than these does not fit on the page; a command counts as one.
LONGEST = 100
COMMAND = re.compile(r"\\[a-zA-Z]+|[{}^_&]|\\.")
TAGS = {"^": "sup", "_": "sub"}
RELATIONS = {
    " <= ": " ≤ ",
    " >= ": " ≥ ",
    " != ": " ≠ ",
    " -> ": " → ",
    " => ": " ⟹ ",
    "+infinity": "+∞",
    "-infinity": "−∞",
}
CODE = re.compile(r"(`[^`\n]+`)")


def escaped(text: str) -> str:
    """Plain text that Markdown leaves as it is; what stands in `backticks` stays code."""
    parts = CODE.split(text)
    whole = "".join(part if CODE.fullmatch(part) else SPECIAL.sub(r"\\\1", part) for part in parts)
    return STARTS.sub(lambda start: f"{start[1]}\\{start[2]}" if not start[2].isdigit() else _number(start), whole)


def typeset(text: str) -> str:
    """Authored prose with formulas in letters (`2^d <= e^{-t/K}`) as Markdown: powers raised, relations as signs."""
    parts = CODE.split(text)
    return "".join(part if CODE.fullmatch(part) else _raised(part) for part in parts)


def _raised(text: str) -> str:
    for written, sign in RELATIONS.items():
        text = text.replace(written, sign)
    placed = POWER.split(text)
    # Between the powers and indices, which are captured with their sign, stands plain text.
    words, signs, scripts = placed[::3], placed[1::3], placed[2::3]
    tags = [
        f"<{TAGS[sign]}>{escaped(script.strip('{}'))}</{TAGS[sign]}>"
        for sign, script in zip(signs, scripts, strict=True)
    ]
    return "".join(escaped(word) + tag for word, tag in zip(words, [*tags, ""], strict=True))


def _number(start: re.Match[str]) -> str:
    """`1.` at the start of a line would begin a list: an empty character parts the number from its dot."""
    return f"{start[1]}{start[2]}&#8203;"


def statement(tex: str) -> str:
    """A statement as Markdown: formulas on lines of their own if it has no words, else within the words."""
    parts = pieces(tex)
    if any(isinstance(part, Words) for part in parts):
        return inline_statement(tex)
    if any(len(COMMAND.sub("x", part.tex)) > LONGEST for part in parts if isinstance(part, Formula)):
        return inline_statement(tex)  # where it can be broken
    return "\n\n".join(f"$$\n{line}\n$$" for line in displayed(parts))


def inline_statement(tex: str) -> str:
    """A statement as one paragraph."""
    written = ""
    for part in pieces(tex):
        if isinstance(part, Words):
            written += escaped(part.text)
        else:
            written += ("&emsp;" if part.blank == WIDE_BLANK and written else part.blank) + f"${part.tex}$"
    return " ".join(written.split())


def verdict_badge(verdict: Verdict | None) -> str:
    """The verdict as a coloured word."""
    word = verdict.value if verdict else "not run"
    return f"[{word}]{{.verdict .{word.replace(' ', '-')}}}"


def link(label: str, id: str) -> str:
    """A link to the home of a claim."""
    return f"[{escaped(label)}](#{id})"


def bullets(lines: Iterable[str]) -> str:
    """A list; a line may have several lines."""
    return "\n".join("- " + line.replace("\n", "\n  ") for line in lines)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str = "", kind: str = "") -> str:
    """A table whose cells are Markdown. A list-table: a formula's bars would end the cell of any other."""
    lines = [f"```{{list-table}} {caption}".rstrip(), ":header-rows: 1", *([f":class: {kind}"] if kind else []), ""]
    for row in (columns, *rows):
        for number, cell in enumerate(row):
            first, *rest = (cell or "").split("\n")
            lines.append(f"{'* -' if number == 0 else '  -'} {first}".rstrip())
            lines += [f"    {line}" for line in rest]
    return "\n".join([*lines, "```"])
