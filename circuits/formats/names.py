"""Names in files. Any name can be written in any format that carries names, and reads back as it was.

What a format cannot hold is written as `%` and the two hexadecimal digits of each UTF-8 byte, `%` itself included; the
empty name is a lone `%`. An output that shares its name with an input, but not its value, gets `%o` behind: ABC takes
the two for one. A name that no writer here would have made is read as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence

from circuits.circuit import Circuit

_ESCAPED = re.compile(r"(?:%[0-9A-F]{2})+")
CLASH = "%o"

#: Writes a name as a format can hold it: no two names alike.
Escaping = Callable[[str], str]


def as_word(name: str) -> str:
    """The name in letters, digits and signs that no netlist language takes for its own."""
    return _escaped(name, lambda c: "!" <= c <= "~" and c not in "()=,#%\\\"';")


def as_line(name: str) -> str:
    """The name as a line of text can hold it, spaces included."""
    return _escaped(name, str.isprintable)


def _escaped(name: str, allowed: Callable[[str], bool]) -> str:
    if all(map(allowed, name)) and "%" not in name:
        return name or "%"
    return "".join(c if allowed(c) and c != "%" else hexadecimal(c) for c in name)


def hexadecimal(text: str) -> str:
    """`%XX` for each UTF-8 byte."""
    return "".join(f"%{byte:02X}" for byte in text.encode())


def unescape(name: str, escaping: Escaping) -> str:
    """The name that `escaping` turned into this, or this itself if there is none."""
    if "%" not in name:
        return name
    if name == "%":
        return ""
    try:
        original = _ESCAPED.sub(lambda match: bytes.fromhex(match[0].replace("%", "")).decode(), name)
    except UnicodeDecodeError:  # lone surrogates among others: they are no text, and no circuit has them for names
        return name
    return original if escaping(original) == name else name


def port_names(circuit: Circuit, escaping: Escaping = as_word, *, aliases: bool = True) -> tuple[list[str], list[str]]:
    """The escaped names of inputs and outputs for a format in which both share one name space.

    With `aliases`, an output may keep an input's name if it is that input.
    """
    inputs = [escaping(name) for name in circuit.input_names]
    literal = {name: 2 * i for i, name in enumerate(inputs, 1)}
    outputs = []
    for name, value in zip(circuit.output_names, circuit.outputs.tolist(), strict=True):
        escaped = escaping(name)
        same = escaped not in literal or (aliases and literal[escaped] == value)
        outputs.append(escaped if same else escaped + CLASH)
    return inputs, outputs


def output_names(written: Sequence[str], inputs: Collection[str], escaping: Escaping) -> list[str]:
    """The outputs' names behind what `port_names` made of them, given what it made of the inputs'."""
    # Only where the suffix keeps two ports apart did a writer here put it.
    clashing = set(inputs).difference(written)
    stems = (name.removesuffix(CLASH) for name in written)
    return [unescape(s if s in clashing else name, escaping) for s, name in zip(stems, written, strict=True)]


def fresh_prefix(taken: Iterable[str], prefix: str = "n") -> str:
    """A prefix for internal names, such that none of those taken begins with it and a digit."""
    taken = [name for name in taken if name.startswith(prefix)]
    while any(name[len(prefix) : len(prefix) + 1].isdigit() for name in taken):
        prefix += "_"
        taken = [name for name in taken if name.startswith(prefix)]
    return prefix


def completed(given: dict[int, str], count: int, letter: str) -> list[str]:
    """`count` names: the given ones, and `letter[i]` for the others, with primes until it is new."""
    taken = set(given.values())
    names = []
    for i in range(count):
        name = given.get(i)
        if name is None:
            name = f"{letter}[{i}]"
            while name in taken:
                name += "'"
            taken.add(name)
        names.append(name)
    return names


def wrapped(names: Sequence[str], between: str, width: int = 8) -> str:
    """The names joined, `width` to a line."""
    return between.join(" ".join(names[i : i + width]) for i in range(0, len(names), width))
