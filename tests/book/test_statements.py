"""Statements as prose with formulas: what is a word, what is a formula, and that every formula renders."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

from claims.book.text.markdown import escaped, statement, table, typeset
from claims.book.text.mathml import mathml
from claims.book.text.tex import WIDE_BLANK, Formula, Words, formulas, pieces
from claims.engine.registry import load_papers

REGISTRY = load_papers()


def test_words_and_formulas_are_told_apart() -> None:
    r"""Top-level \text is prose; \text within a formula's braces or below a sign is the formula's."""
    assert pieces(r"\text{if } x_\text{max} > 0,\text{ then }\quad\frac{\text{a}}{b}") == [
        Words("if "), Formula(r"x_\text{max} > 0,", " "), Words(" then "), Formula(r"\frac{\text{a}}{b}", WIDE_BLANK),
    ]  # fmt: skip


def test_what_stands_between_left_and_right_is_one_formula() -> None:
    r"""A pair of \left and \right is not torn apart by words or blanks within it."""
    assert pieces(r"\left[a,\quad \text{if } b\right]") == [Formula(r"\left[a,\quad \text{if } b\right]")]


def test_every_formula_of_every_statement_renders() -> None:
    """Each becomes MathML, and what is written outside of formulas holds no LaTeX."""
    for claim in REGISTRY:
        assert all(mathml(tex, display=False).startswith("<math") for tex in formulas(claim.statement)), claim.id
        words = "".join(piece.text for piece in pieces(claim.statement) if isinstance(piece, Words))
        assert not set(words) & set("\\$"), claim.id


def letters(told: str) -> str:
    """Letters and digits, without what LaTeX writes for blanks, dots and words."""
    return "".join(sign for sign in re.sub(r"\\(text|q?quad|ldots)\b", "", told).replace("ô", "o") if sign.isalnum())


def test_no_part_of_a_statement_is_lost() -> None:
    """Words and formulas together hold all letters and digits of the statement, in its order."""
    for claim in REGISTRY:
        kept = "".join(piece.text if isinstance(piece, Words) else piece.tex for piece in pieces(claim.statement))
        assert letters(kept) == letters(claim.statement), claim.id


def test_a_long_statement_may_be_broken() -> None:
    """A display that would not fit is set in parts, which end at punctuation and before implications."""
    long = r"\alpha_1 + \alpha_2 = " + " + ".join(f"x_{n}" for n in range(40)) + r" \implies y = 0,\ z = 1"
    assert "$$" not in statement(long)
    assert [piece.tex for piece in pieces(long)][1:] == [r"\implies y = 0,", "z = 1"]


def test_latex_that_cannot_be_rendered_is_an_error() -> None:
    """A formula is never shown raw."""
    with pytest.raises(ValueError, match="nosuchcommand"):
        mathml(r"\nosuchcommand x", display=False)


#: What docs/conf.py enables.
MYST = {"dollarmath", "colon_fence", "deflist", "attrs_inline", "attrs_block", "html_image"}


def read(markdown: str) -> str:
    """The plain text that the book's own Markdown makes of a paragraph, powers and indices included."""
    tokens = create_md_parser(MdParserConfig(enable_extensions=MYST), RendererHTML).parse(markdown)
    inline = [child for token in tokens for child in token.children or []]
    return "".join(child.content for child in inline if child.type != "html_inline").replace("\u200b", "")


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp", "Cs")), min_size=1))
@example("% no comment")
@example("&copy; &lt;")
@example("1) no list")
@example("++ b: {.c} [x]{.d} $y$ (z)=")
def test_escaped_text_reads_as_it_was(text: str) -> None:
    """The book's Markdown gives back the plain text, whatever signs are in it."""
    plain = " ".join(text.replace("`", "'").replace("\x85", " ").replace("\u200b", "").split())
    assert read(escaped(plain)) == plain


@given(st.text(st.sampled_from("ab1 ^_{}()~*|<=->"), min_size=1))
def test_typeset_text_loses_only_the_signs_of_powers(text: str) -> None:
    """Powers are raised, relations become signs; every letter and digit stays, in its order."""
    plain = " ".join(text.split())
    kept = [sign for sign in read(typeset(plain)) if sign.isalnum()]
    assert kept == [sign for sign in plain if sign.isalnum()]


@pytest.mark.parametrize(
    ("plain", "shown"),
    [
        ("2^d <= e^{-t/K}", "2<sup>d</sup> ≤ e<sup>\\-t/K</sup>"),
        ("A~^T x_{ij} != 0", "A\\~<sup>T</sup> x<sub>ij</sub> ≠ 0"),
        ("2^nd and `2^d` stay", "2\\^nd and `2^d` stay"),
    ],
)
def test_powers_are_raised(plain: str, shown: str) -> None:
    """A power is one letter, a number or what stands in braces; code is left alone."""
    assert typeset(plain) == shown


def test_a_display_is_for_statements_without_words() -> None:
    """Formulas alone stand on lines of their own; a norm's bars survive a table."""
    assert statement(r"a = b,\quad c = d") == "$$\na = b,\n$$\n\n$$\nc = d\n$$"
    assert r"$\|x\|$" in table(("what",), [(statement(r"\text{where }\|x\|"),)])
