r"""A claim's LaTeX as text for a terminal: `\|A - \tilde B\|_F^2` reads ‖A − B̃‖²_F.

The formula is parsed by the same library as on the pages (`claims.book.text.mathml`); its tree is written out here. No
LaTeX is left over, and brackets keep the meaning where a fraction or a root has lost its line.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from xml.etree import ElementTree

from claims.book.text.mathml import mathml
from claims.book.text.tex import WIDE_BLANK, Words, pieces

Element = ElementTree.Element

#: What the parser writes between a function's name and its argument; XML has no name for it.
APPLY = "\N{FUNCTION APPLICATION}"
RELATIONS: frozenset[str | None] = frozenset("=≠<>≤≥≪≫≲≳≈≡≅∼≃→↦←↔⇒⇐⇔⟹⟸⟺⟶∈∉∋⊂⊆⊃⊇∝≺≻⪯⪰⊢⊨∣≔≻∥")
BINARY: frozenset[str | None] = frozenset("+−±∓·×∪∩∧∨∖⊗⊕∘⋅∗")
LARGE = frozenset("∑∏∫∮⋃⋂⋁⋀⨁⨂")
OPENING, CLOSING = "([{⟨⌊⌈", ")]}⟩⌋⌉"
#: Sign in the tree -> sign in the text.
SIGNS = {"ϵ": "ε", "ϕ": "φ", "∼": "~", "∗": "*", "∣": "|", "⟹": "⇒", "⟺": "⇔", "⟶": "→", "⋅": "·", "⟂": "⊥"}
ACCENTS = {
    "˜": "\u0303", "~": "\u0303", "ˆ": "\u0302", "^": "\u0302", "‾": "\u0305", "\u0332": "\u0305", "¯": "\u0304",
    "→": "\u20d7", "˙": "\u0307", "¨": "\u0308", "ˇ": "\u030c",
}  # fmt: skip
SUPERSCRIPTS = dict(zip(
    "0123456789+−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWβγδθφχ",
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᶿᵠᵡ", strict=True,
)) | {"*": "*", "′": "′", "″": "″", "‴": "‴", "⊤": "ᵀ"}  # fmt: skip
SUBSCRIPTS = dict(zip("0123456789+−=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True))
#: Longer scripts are set in brackets: nobody reads a sum in tiny letters.
LONGEST_SCRIPT = 6
FRACTIONS = {"1/2": "½", "1/3": "⅓", "2/3": "⅔", "1/4": "¼", "3/4": "¾", "1/8": "⅛"}

TINY = "".join({*SUPERSCRIPTS.values(), *SUBSCRIPTS.values()} - {"*"})
#: A letter with its accents, or a number; either with raised and lowered signs.
LETTER = r"\w[\u0300-\u036f\u20d7]*"
FACTOR = rf"∂?(?:\d+(?:\.\d+)?!?|{LETTER})[{re.escape(TINY)}*]*(?:[_^]\w)?"
#: Scripts without brackets, which the next letter must not join.
OPEN_SCRIPT = re.compile(r"([_^]\w|_[^\W_]+|√\w\S?)$")


def statement(tex: str) -> str:
    """A statement as text; its formulas on lines of their own if it has no words.

    LaTeX that cannot be parsed stays as it is: a terminal must show something.
    """
    parts = pieces(tex)
    wide = "  " if any(isinstance(part, Words) for part in parts) else "\n"
    written = ""
    try:
        for part in parts:
            if isinstance(part, Words):
                written += re.sub(r"\s+", " ", part.text)
            else:
                blank = "" if written.endswith(" ") else part.blank
                written += (wide if part.blank == WIDE_BLANK and written else blank) + formula(part.tex)
    except ValueError:
        return tex
    return written.strip()


def formula(tex: str) -> str:
    """One formula as text.

    Raises:
        ValueError: for LaTeX that cannot be parsed.
    """
    source = mathml(tex, display=False).replace("&ApplyFunction;", APPLY)
    return _text(ElementTree.fromstring(source))


def _text(node: Element) -> str:
    match node.tag:
        case "mi" | "mn" | "mo" | "mtext":
            text = _signs(node.text or "")
        case "mspace":
            text = " " if re.match(r"[\d.]*[1-9]", node.get("width", "")) else ""
        case "mfrac":
            text = _fraction(*map(_text, node))
        case "msqrt":
            text = _root(_row(list(node)))
        case "mroot":
            text = _raised(_text(node[1])) + _root(_text(node[0]))
        case "msub" | "msup" | "msubsup" | "munder" | "mover" | "munderover":
            text = _scripts(node)
        case "mtable":
            text = "; ".join(", ".join(filter(None, map(_text, row))) for row in node)
        case _:
            text = _row(list(node))
    return text


def _signs(text: str) -> str:
    """The text, with letters of plain fonts for those beyond the signs that terminals have."""
    text = re.sub("[\ufe00\ufe01\u2062\u2063]", "", text).replace("\xa0", " ")
    plain = (SIGNS.get(sign, unicodedata.normalize("NFKC", sign) if ord(sign) > 0xFFFF else sign) for sign in text)
    return "".join(plain)


def _row(nodes: Sequence[Element]) -> str:
    """The parts side by side, with blanks where mathematics has them."""
    written = ""
    for place, node in enumerate(nodes):
        text = _text(node)
        sign = node.text if node.tag == "mo" else None
        before = written.rstrip()
        if sign == APPLY:
            after = _row(nodes[place + 1 :])
            text = "" if after.startswith(tuple(OPENING)) or _is_tall(nodes[place + 1 :]) else " "
        elif node.tag == "mspace" and _opens(before) and not before.endswith(" |"):
            text = ""
        elif sign in RELATIONS or (sign in BINARY and not _opens(before)):
            text = f" {text} "
        elif sign in {",", ";", ":"} or _is_large(node):
            text = f"{text} "
        elif node.tag == "mfrac" and "/" in text and _touches(before, written, nodes[place + 1 :]):
            text = f"({text})"
        if OPEN_SCRIPT.search(written) and text[:1].isalnum():
            written += " "
        written += text
    written = re.sub(r" +", " ", written).replace(": = ", " := ").replace("= : ", "=: ").replace("  ", " ")
    return (
        re.sub(r" ([,;)\]⟩⌋⌉])", r"\1", re.sub(r"([(\[⟨⌊⌈]) ", r"\1", written)).strip(" ") if written.strip() else " "
    )


def _is_tall(nodes: Sequence[Element]) -> bool:
    """Whether a fraction comes next, which gets brackets."""
    return bool(nodes) and nodes[0].tag == "mfrac" and "/" in _text(nodes[0])


def _opens(before: str) -> bool:
    """Whether a sign that comes next has nothing on its left: it is no sum or product of two."""
    if before.endswith(("|", "‖")):
        # A bar opens if it is the first of a pair. One between blanks is the bar of a condition.
        return len(re.findall(rf"(?<! )\{before[-1]}|\{before[-1]}(?! )", before)) % 2 == 1
    return not before or before.endswith(tuple(OPENING + ",;:=<>≤≥~→∈⇒⇔+−·×/"))


def _is_large(node: Element) -> bool:
    """Whether it is a sum, an integral or the like, with or without its range."""
    while node.tag != "mo" and len(node):
        node = node[0]
    return node.tag == "mo" and node.text in LARGE


def _touches(before: str, written: str, after: Sequence[Element]) -> bool:
    """Whether a fraction stands right beside a factor, so that its end must be marked."""
    left = bool(before) and before == written and before[-1] not in OPENING + ",;:/|‖+−"
    following = next((node for node in after if node.tag != "mspace"), None)
    if following is None:
        return left
    ends = following.tag == "mo" and ((following.text or "") in RELATIONS | BINARY | set(CLOSING + ",;:"))
    return left or not ends


def _fraction(above: str, below: str) -> str:
    if re.fullmatch(r"[d∂]\S*", above) and re.fullmatch(rf"[d∂]{FACTOR}", below):
        return f"{above}/{below}"
    return FRACTIONS.get(f"{above}/{below}") or f"{_grouped(above)}/{_bracketed(below)}"


def _root(text: str) -> str:
    return f"√{text}" if re.fullmatch(FACTOR, text) else f"√({text})"


def _grouped(text: str) -> str:
    """In brackets if a sign at its top level would bind less than a fraction's line."""
    depth, bare = 0, ""
    for sign in text:
        depth += (sign in OPENING) - (sign in CLOSING)
        bare += sign if depth == 0 else ""
    # Bars do not nest: what stands between two pairs of them is inside.
    bare = re.sub(r"‖[^‖]*‖|\|[^|]*\|", "", bare)
    return f"({text})" if re.search(r"[ /]", bare) else text


def _bracketed(text: str) -> str:
    """In brackets unless it is one factor, or in brackets already."""
    one = re.fullmatch(FACTOR, text) or re.fullmatch(r"\([^()]*\)|‖[^‖]*‖[²_F]*|\|[^|]*\|²?", text)
    return text if one else f"({text})"


def _scripts(node: Element) -> str:
    base = _text(node[0])
    if node.get("accent") == "true" and node.tag == "mover":
        return _accented(base, _text(node[1]))
    if re.search(r"[ /√]", base.strip()) and not _enclosed(base):
        base = f"({base})"
    if node.tag in {"msubsup", "munderover"}:
        low, high = _lowered(_text(node[1])), _raised(_text(node[2]))
        # A raised 2 reads best at its letter: ‖A‖²_F.
        first_high = node.tag == "msubsup" and low.startswith("_") and not high.startswith("^")
        return base + (high + low if first_high else low + high)
    return base + (_lowered if node.tag in {"msub", "munder"} else _raised)(_text(node[1]))


def _accented(base: str, accent: str) -> str:
    mark = ACCENTS.get(accent.strip(), accent.strip() if unicodedata.combining(accent.strip()[:1] or "x") else "")
    if not mark:
        return f"{base}^({accent})"
    # One sign in the middle of a long accent is all that a terminal can show; a line goes over every letter.
    first, rest = (base, "") if mark == "\u0305" else (base[0], base[1:])
    accented = (sign + mark if sign.isalpha() and sign not in TINY else sign for sign in first)
    return unicodedata.normalize("NFC", "".join(accented)) + rest


def _lowered(text: str) -> str:
    return _script(text, SUBSCRIPTS, "_")


def _raised(text: str) -> str:
    return _script(text, SUPERSCRIPTS, "^")


def _script(text: str, tiny: dict[str, str], mark: str) -> str:
    text = _tight(text.strip())
    if not text:
        return ""
    if len(text) <= LONGEST_SCRIPT and all(sign in tiny for sign in text) and "*" not in text[1:]:
        return "".join(tiny[sign] for sign in text)
    bare = re.fullmatch(LETTER, text) or (mark == "_" and text.isalnum()) or len(text) == 1
    return (
        f"{mark}{text}" if bare else f"{mark}({text.removeprefix('(').removesuffix(')') if _enclosed(text) else text})"
    )


def _tight(text: str) -> str:
    """Without the blanks around signs: a script is read as one thing."""
    return re.sub(r" ?([=≠<>≤≥~→∈∉+−±·×|,:]) ?", r"\1", text)


def _enclosed(text: str) -> bool:
    """Whether one pair of brackets or bars holds all of it."""
    if text[:1] not in OPENING or len(text) < 2:
        return bool(re.fullmatch(r"‖[^‖]*‖|\|[^|]*\|", text))
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign in OPENING) - (sign in CLOSING)
        if depth == 0:
            return place == len(text) - 1
    return False
