r"""BLIF (Berkeley, 1992): one .model of .names, each a cover of cubes of the on-set or of the off-set.

A circuit has no latches, subcircuits or libraries: a file with them gets an error that says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from circuits.builder import Builder
from circuits.circuit import FALSE, TRUE, Circuit
from circuits.formats.error import FormatError, shown, text_lines
from circuits.formats.names import as_word, fresh_prefix, port_names, unescape, wrapped
from circuits.formats.netlist import Definition, Netlist, fold

_REMEDY = {
    ".latch": "latches: cut them into inputs and outputs first (ABC: comb)",
    ".subckt": "subcircuits: flatten them first (ABC: read_blif, then write_blif)",
    ".gate": "library gates: map them to .names first (ABC: unmap)",
    ".mlatch": "library latches: cut them first (ABC: comb)",
    ".exdc": "don't-cares, which a circuit does not have: delete the section",
    ".search": "other files: join them into one",
}


@dataclass
class _Cover:
    """The cubes of one .names."""

    signals: Sequence[str]
    line: int
    cubes: list[str] = field(default_factory=list)
    value: str = ""

    def add(self, tokens: list[str], line: int) -> None:
        """One row, `01- 1`: the cube, and the value that all rows share."""
        width = len(self.signals) - 1
        cube, value = tokens if len(tokens) == 2 else ("", *tokens)[:2] if len(tokens) == 1 else ("?", "?")
        if len(cube) != width or set(cube) - set("01-") or value not in ("0", "1"):
            raise FormatError(f"a row is {width} of 0, 1, - and then 0 or 1, not {shown(' '.join(tokens))}", line=line)
        if value != (self.value or value):
            raise FormatError("this row gives the other value than the rows above: a cover has one", line=line)
        self.cubes.append(cube)
        self.value = value

    def gate(self, builder: Builder, operands: Sequence[int]) -> int:
        """The literal of the cover."""
        cubes = self.cubes
        if sorted(cubes) in (["01", "10"], ["00", "11"]):
            result = builder.xor_literals(*operands) ^ (cubes[0][0] == cubes[0][1])
        else:
            terms = [self._term(builder, cube, operands) for cube in cubes]
            result = fold(builder.and_literals, [term ^ 1 for term in terms], TRUE) ^ 1
        return result ^ (self.value == "0")

    @staticmethod
    def _term(builder: Builder, cube: str, operands: Sequence[int]) -> int:
        literals = [x ^ (sign == "0") for sign, x in zip(cube, operands, strict=True) if sign != "-"]
        return fold(builder.and_literals, literals, TRUE)


class _Model:
    """What the statements read so far declare."""

    def __init__(self) -> None:
        self.netlist = Netlist()
        self.covers: list[_Cover] = []
        self.begun = self.ended = self.open = False

    def statement(self, tokens: list[str], line: int) -> None:
        """One statement: a directive, or a row of the .names above it."""
        word, *rest = tokens
        if self.ended:
            raise FormatError(f"{shown(word)} comes after .end: a file holds one model", line=line)
        if word.startswith("."):
            self._directive(word, rest, line)
            self.open, self.begun = word == ".names", True
        elif self.open:
            self.covers[-1].add(tokens, line)
        else:
            raise FormatError(f"{shown(word)} belongs to no .names", line=line)

    def _directive(self, word: str, rest: list[str], line: int) -> None:
        if word == ".model" and self.begun:
            raise FormatError("a second .model: a file holds one, flatten the others into it", line=line)
        if word == ".model":
            self.netlist.name = unescape(rest[0], as_word) if rest else self.netlist.name
        elif word in (".inputs", ".outputs"):
            ports = self.netlist.inputs if word == ".inputs" else self.netlist.outputs
            ports.extend((name, line) for name in rest)
        elif word == ".names" and rest:
            self.covers.append(_Cover(rest, line))
        elif word == ".names":
            raise FormatError(".names needs the name of the signal that it defines", line=line)
        elif word == ".end":
            self.ended = True
        elif word in _REMEDY:
            raise FormatError(f"{word} stands for {_REMEDY[word]}", line=line)
        else:
            raise FormatError(f"no directive {shown(word)}: there are .model .inputs .outputs .names .end", line=line)


def read_blif(data: bytes) -> Circuit:
    """The circuit of the file's model. Raises `FormatError`."""
    model = _Model()
    for line, tokens in _statements(data):
        model.statement(tokens, line)
    if not model.begun:
        raise FormatError("the file holds no model: it should begin with .model", line=1)
    model.netlist.definitions = [Definition(c.signals[-1], c.signals[:-1], c.gate, c.line) for c in model.covers]
    return model.netlist.circuit()


def _statements(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """(number of the first line, tokens) of each statement: comments cut off, continued lines joined."""
    tokens: list[str] = []
    first = 0
    for number, line in enumerate(text_lines(data), 1):
        content = line.partition("#")[0].rstrip()
        first = first or number
        tokens += content.removesuffix("\\").split()
        if content.endswith("\\"):
            continue
        if tokens:
            yield first, tokens
        tokens, first = [], 0
    if tokens:
        yield first, tokens


def write_blif(circuit: Circuit) -> bytes:
    """The circuit as one model, one .names a gate."""
    inputs, outputs = port_names(circuit)
    prefix = fresh_prefix([*inputs, *outputs])
    names = ["", *inputs, *(f"{prefix}{node}" for node in range(1 + circuit.num_inputs, circuit.num_nodes))]
    lines = [f".model {as_word(circuit.name)}"]
    lines += [wrapped([".inputs", *inputs], " \\\n"), wrapped([".outputs", *outputs], " \\\n")]
    gates = zip(circuit.fanin0.tolist(), circuit.fanin1.tolist(), circuit.is_xor.tolist(), strict=True)
    for node, (a, b, is_xor) in enumerate(gates, 1 + circuit.num_inputs):
        cover = "01 1\n10 1" if is_xor else f"{~a & 1}{~b & 1} 1"
        lines.append(f".names {names[a >> 1]} {names[b >> 1]} {names[node]}\n{cover}")
    for name, literal in zip(outputs, circuit.outputs.tolist(), strict=True):
        if literal == FALSE:
            lines.append(f".names {name}")
        elif literal == TRUE:
            lines.append(f".names {name}\n1")
        elif name != names[literal >> 1]:
            lines.append(f".names {names[literal >> 1]} {name}\n{~literal & 1} 1")
    return "\n".join([*lines, ".end", ""]).encode()
