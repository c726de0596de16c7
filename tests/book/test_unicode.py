"""Statements as text for a terminal: no LaTeX left, every formula kept, brackets where they carry meaning."""

import math
import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.book.text.tex import formulas
from claims.book.text.unicode import formula, statement
from claims.engine.registry import load_papers


def test_no_statement_of_the_registry_keeps_latex() -> None:
    """No backslash, no dollar, no brace but a set's, no sign that a terminal's font lacks, and no formula is lost."""
    wrong = []
    for claim in load_papers():
        text = statement(claim.statement)
        braces = sum(claim.statement.count(brace) for brace in (r"\{", r"\}"))
        kept = all(formula(tex) in text for tex in formulas(claim.statement))
        plain = not re.search(r"[\\$\n]\s*$|[\\$]", text) and max(map(ord, text)) < 0x10000
        hidden = any(unicodedata.category(sign) in {"Cf", "Co", "Cn"} for sign in text)
        if not (kept and plain and text.count("{") + text.count("}") == braces) or hidden:
            wrong.append((claim.id, text))
    assert wrong == []


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"\|A-\tilde B\tilde A\|_F^2/(2\tilde\epsilon^2)", "‖A − B̃Ã‖²_F/(2ε̃²)"),
        (r"\frac{1}{2\epsilon^2}\|x\|^2", "(1/(2ε²))‖x‖²"),
        (r"\tfrac12\sum_i\log D_{ii}", "½∑ᵢ log Dᵢᵢ"),
        (r"\sum_{i=1}^{r^*+s} x_i", "∑ᵢ₌₁^(r*+s) xᵢ"),
        (r"\log\frac{a+1}{b}", "log((a + 1)/b)"),
        (r"e^{-t/K}\mathbb{E}_{z\sim p}f'(z)", "e^(−t/K)E_(z~p)f′(z)"),
        (r"\{0,1\}^d\setminus\{x\}", "{0, 1}ᵈ ∖ {x}"),
        (r"3\sqrt d M_2\sqrt{x+1}", "3√d M₂√(x + 1)"),
        (r"|{-x}| + |-y| \le \|\log p\|", "|−x| + |−y| ≤ ‖log p‖"),
        (r"\frac{\partial L}{\partial A_{ij}}, \frac{d}{dt}x", "∂L/∂Aᵢⱼ, (d/dt)x"),
        (r"\begin{pmatrix}a&b\\c&d\end{pmatrix}^{-1}", "(a, b; c, d)⁻¹"),
        (r"\overline{E_1},\ P_{W^\perp},\ p(z\,|\,x)", "E̅₁, P_(W^⊥), p(z | x)"),
    ],
)
def test_formula(tex: str, text: str) -> None:
    """A formula reads as one would write it in an e-mail, with the signs that Unicode has."""
    assert unicodedata.normalize("NFC", formula(tex)) == unicodedata.normalize("NFC", text)


def test_words_and_wide_blanks() -> None:
    """Words stay, a wide blank parts; formulas without words stand on lines of their own."""
    assert statement(r"x \le y \quad [\text{for all } x]") == "x ≤ y  [for all x]"
    assert statement(r"x \le y,\quad y > 0") == "x ≤ y,\ny > 0"


def test_what_cannot_be_parsed_stays() -> None:
    """LaTeX that the parser does not know is shown as it was declared: better than nothing."""
    assert statement(r"\text{a } \nosuchcommand{x}") == r"\text{a } \nosuchcommand{x}"


def trees() -> st.SearchStrategy[tuple[str, float]]:
    """LaTeX of arithmetic, and its value."""
    binary = {"frac": r"\frac{%s}{%s}", "+": "{%s}+{%s}", "-": r"{%s}-\left(%s\right)", "*": r"{%s}\frac{1}{%s}"}

    def grow(parts: st.SearchStrategy[tuple[str, float]]) -> st.SearchStrategy[tuple[str, float]]:
        def join(name: str, one: tuple[str, float], other: tuple[str, float]) -> tuple[str, float]:
            (a, x), (b, y) = one, other
            low = y or math.nan
            value = {"frac": x / low, "+": x + y, "-": x - y, "*": x / low}[name]
            a = rf"\left({a}\right)" if name == "*" else a
            return binary[name] % (a, b), value

        powers = parts.map(lambda part: (rf"{{\left({part[0]}\right)}}^2", part[1] ** 2))
        roots = parts.map(lambda part: (rf"\sqrt{{{part[0]}}}^2", abs(part[1])))
        joined = (st.builds(join, st.just(name), parts, parts) for name in binary)
        return st.one_of(*joined, powers, roots)

    return st.recursive(st.integers(1, 9).map(lambda digit: (str(digit), float(digit))), grow, max_leaves=10)


@settings(max_examples=300, deadline=None)
@given(trees())
def test_brackets_keep_the_value(tree: tuple[str, float]) -> None:
    """Fractions, roots and powers on one line have the value that they had on two."""
    tex, value = tree
    text = formula(tex)
    for sign, meant in {"−": "-", "·": "*", "²": "**2", "½": "(1/2)", "⅓": "(1/3)", "⅔": "(2/3)", "¼": "(1/4)",
                        "¾": "(3/4)", "⅛": "(1/8)"}.items():  # fmt: skip
        text = text.replace(sign, meant)
    text = text.replace(")(", ")*(")
    text = re.sub(r"√(\d+)", r"root(\1)", text).replace("√(", "root(")
    try:
        found = eval(text, {"root": lambda x: math.sqrt(abs(x))})
    except ZeroDivisionError:
        return
    assert math.isnan(value) or found == pytest.approx(value, rel=1e-6, abs=1e-6)
