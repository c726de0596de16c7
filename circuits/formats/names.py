"""Names in files. Any name can be written in any format that carries names, and reads back as it was.

What a format cannot hold is written as `%` and the two hexadecimal digits of each UTF-8 byte, `%` itself included; the
empty name is a lone `%`. An output that shares its name with an input, but not its value, gets `%o` behind. A name
that no writer here would have made is read as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from circuits.circuit import Circuit

_ESCAPED = re.compile(r"(?:%[0-9A-F]{2})+")
CLASH = "%o"

Allowed = Callable[[str], bool]


def plain(character: str) -> bool:
    """Letters, digits and signs that no netlist language takes for its own."""
    return "!" <= character <= "~" and character not in "()=,#%\\\"';"


def printable(character: str) -> bool:
    """What a line of text can hold, spaces included."""
    return character.isprintable()


def escape(name: str, allowed: Allowed) -> str:
    """The name with all that is not allowed, and `%`, as `%XX`."""
    if all(map(allowed, name)) and "%" not in name:
        return name or "%"
    return "".join(
        c if allowed(c) and c != "%" else "".join(f"%{byte:02X}" for byte in c.encode("utf-8", "surrogatepass"))
        for c in name
    )


def unescape(name: str, allowed: Allowed) -> str:
    """The name that `escape` turned into this, or this itself if there is none."""
    if "%" not in name:
        return name
    if name == "%":
        return ""
    try:
        original = _ESCAPED.sub(lambda match: _decoded(match[0]), name)
    except UnicodeDecodeError:
        return name
    return original if escape(original, allowed) == name else name


def _decoded(codes: str) -> str:
    return bytes.fromhex(codes.replace("%", "")).decode("utf-8", "surrogatepass")


def port_names(circuit: Circuit, *, aliases: bool = True) -> tuple[list[str], list[str]]:
    """The escaped names of inputs and outputs for a netlist, in which both share one name space.

    With `aliases`, an output may keep an input's name if it is that input.
    """
    inputs = [escape(name, plain) for name in circuit.input_names]
    literal = {name: 2 * i for i, name in enumerate(inputs, 1)}
    outputs = []
    for name, value in zip(circuit.output_names, circuit.outputs.tolist(), strict=True):
        escaped = escape(name, plain)
        same = escaped not in literal or (aliases and literal[escaped] == value)
        outputs.append(escaped if same else escaped + CLASH)
    return inputs, outputs


def output_name(name: str) -> str:
    """The output's name behind what `port_names` made of it."""
    return unescape(name.removesuffix(CLASH), plain)


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
