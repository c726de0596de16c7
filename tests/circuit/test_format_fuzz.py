"""Bad files: every mutation of a valid file gives a circuit or a `FormatError`, soon and in little memory."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from table import TABLE

from circuits import Circuit
from circuits.formats import FORMATS, FormatError, aiger_parse, dumps, loads

READABLE = sorted(key for key, entry in FORMATS.items() if entry.reader)
SEEDS = [row.circuit for row in TABLE if str(row) in ("adder", "majority", "constants", "no-inputs", "mux")]
HUGE = [b"0", b"1", b"7", b"65537", b"1000000000", b"4294967296", b"99999999999999999999", b"-1", b"1_0", b"\xc2\xb2"]


def mutate(data: bytes, draw: st.DrawFn) -> bytes:
    """One to four of: a bit flipped, bytes deleted, inserted or repeated, the end cut off, a number replaced."""
    for _ in range(draw(st.integers(1, 4))):
        i = draw(st.integers(0, max(len(data) - 1, 0)))
        j = i + draw(st.integers(0, 12))
        match draw(st.sampled_from(["flip", "delete", "insert", "repeat", "truncate", "number", "lines"])):
            case "flip":
                data = data[:i] + bytes([(data[i] if data else 0) ^ 1 << draw(st.integers(0, 7))]) + data[i + 1 :]
            case "delete":
                data = data[:i] + data[j:]
            case "insert":
                data = data[:i] + draw(st.binary(min_size=1, max_size=6)) + data[i:]
            case "repeat":
                data = data[:j] + data[i:]
            case "truncate":
                data = data[:i]
            case "number":
                found = list(re.finditer(rb"\d+", data))
                if found:
                    at = draw(st.sampled_from(found))
                    data = data[: at.start()] + draw(st.sampled_from(HUGE)) + data[at.end() :]
            case "lines":
                lines = data.split(b"\n")
                a, b = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
                lines[a], lines[b] = lines[b], lines[a]
                data = b"\n".join(lines)
    return data


def lut(operands: int) -> bytes:
    """One table of so many operands, in alternating bits."""
    names = [f"x{i}" for i in range(operands)]
    ports = "".join(f"INPUT({name})\n" for name in names)
    return f"{ports}OUTPUT(y)\ny = LUT 0x{'a7' * (1 << operands - 3)} ({','.join(names)})\n".encode()


@st.composite
def mutants(draw: st.DrawFn, key: str) -> bytes:
    seeds = [circuit for circuit in SEEDS if circuit.num_inputs or key != "bristol-old"]
    return mutate(dumps(draw(st.sampled_from(seeds)), key), draw)


@pytest.mark.parametrize("key", READABLE)
def test_a_mutated_file_is_a_circuit_or_a_format_error(key: str) -> None:
    """No other exception, no hang; what is read can be written and read again to the same circuit."""

    @settings(max_examples=250)
    @given(mutants(key))
    def check(data: bytes) -> None:
        try:
            circuit = loads(data, key)
        except FormatError:
            return
        assert isinstance(circuit, Circuit)
        if key.startswith("bristol"):
            return
        again = loads(dumps(circuit, key), key)
        assert (again.input_names, again.output_names) == (circuit.input_names, circuit.output_names)

    check()


@pytest.mark.parametrize("key", READABLE)
@settings(max_examples=60)
@given(data=st.one_of(st.binary(max_size=200), st.text(max_size=100).map(lambda text: text.encode("utf-8"))))
def test_arbitrary_bytes_are_a_circuit_or_a_format_error(key: str, data: bytes) -> None:
    """Noise, behind each format's first bytes or by itself."""
    for prefix in (b"", b"aig 3 2 0 1 1\n", b"aag 3 2 0 1 1\n", b".model m\n.inputs a\n", b"INPUT(a)\n", b"1 3\n1 2\n"):
        try:
            loads(prefix + data, key)
        except FormatError:
            continue


def parsed(data: bytes) -> tuple[object, ...]:
    """All that the parser makes of a file: the graph, or the error."""
    try:
        graph = aiger_parse.parse(data)
    except FormatError as error:
        return (str(error),)
    names = graph.input_names, graph.output_names, graph.name
    return graph.left.tolist(), graph.right.tolist(), graph.outputs, *names


@settings(max_examples=250)
@given(data=mutants("aag"))
@example(b"aag 3 1 0 1 2\n2\n6\n4 2 6\n6 2 3\n")
@example(b"aag 3 1 0 1 2\n2\n6\n4 6 2\n6 2 3\n")
@example(b"aag 2 1 0 1 1\n2\n4\n5 2 2\n")
@example(b"aag 1 1 0 0 0\n3\n")
@example(b"aag 100000000000 1 0 0 0\n2\n")
@example(b"aag 2 1 0 1 1\n2\n4\n4 2 2\ni9 a\n")
@example(b"aag 2 1 0 1 1\n2\n4\n4 2 2\nc\nnamed\n")
@example(b"aag 1 1 0 0 0\n" + b"0" * 20 + b"2\n")
@example(b"aag 2 1 0 1 1\n2\n4\n4 2 9999999999999999999999\n")
def test_the_fast_parser_of_ascii_aiger_agrees_with_the_careful_one(data: bytes) -> None:
    """Same graph, same error, on every mutant; and plain files do take the fast one."""
    fast = parsed(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aiger_parse, "_plain", lambda _text, _header: None)
        assert parsed(data) == fast
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aiger_parse, "_ascii", None)
        assert all(parsed(dumps(circuit, "aag")) for circuit in SEEDS if circuit.num_inputs)


N = 300_000
SLOW = {
    "blank lines": ("aag", b"aag 1 1 0 1 0\n2\n2\n" + b"\n" * N),
    "blank lines before the end": ("aig", b"aig 1 1 0 1 0\n2\n" + b"\n" * N + b"x"),
    "spaces for an operand": ("bench", b"INPUT(a)\ny = AND" + b" " * N + b"x\n"),
    "spaces in a declaration": ("bench", b"INPUT" + b" " * N + b"(" + b" " * N + b"a" * N + b" " * N + b"\n"),
    "spaces around a name": ("bench", b"a" * N + b" " * N + b"=" + b" " * N + b"A" * N + b" 0x" + b"f" * N + b" " * N),
    "a table of 18 operands": ("bench", lut(18)),
    "a table of 70 operands": ("bench", b"INPUT(a)\ny = LUT 0x" + b"f" * N + b" (" + b"a," * 69 + b"a)\n"),
    "two names for one": (
        "bench",
        b"".join(b"INPUT(i%d)\n" % i for i in range(N // 10)) + b"INPUT(\xc3\xa9)\nINPUT(%C3%A9)\n",
    ),
    "one name twice": ("aag", b"aag 0 0 0 3 0\n0\n0\n0\no0 \x01\no1 %01\n"),
    "many cubes": ("blif", b".model m\n.inputs a\n.names a y\n" + b"1 1\n" * (N // 10)),
    "continued lines": ("blif", b".model m\n.inputs" + b" \\\n" * N),
    "blank gates": ("bristol", b"1 3\n1 2\n1 1\n" + b" \n" * N),
}


@pytest.mark.parametrize(("key", "data"), SLOW.values(), ids=SLOW.keys())
def test_no_file_takes_time_in_the_square_of_its_length(key: str, data: bytes) -> None:
    """Whatever a line repeats, its cost is in proportion: a quadratic reader would hang here, for minutes."""
    with suppress(FormatError):
        loads(data, key)


BAD = [
    ("aag", b"", "line 1: the file ends"),
    ("aag", b"aag 1000000000 1000000000 0 0 0\n", "line 1: .* cannot be in a file of 32 bytes"),
    ("aig", b"aig 1000000000 1000000000 0 0 0\n", "byte 0: .* cannot be in a file"),
    ("aig", b"aig 1000000000 0 0 0 1000000000\n", "byte 0: .* cannot be in a file"),
    ("aag", b"aag 2 1 1 0 0\n2\n4 2\n", "line 1: the file has 1 latches"),
    ("aag", b"aag 1 1 0 0 0 1\n2\n", "line 1: .*B, C, J or F"),
    ("aag", b"aag 3 1 0 1 2\n2\n4\n4 6 2\n6 4 2\n", "line 4: this AND depends on itself"),
    ("aag", b"aag 2 1 0 1 1\n2\n4\n4 4 2\n", "line 4: this AND depends on itself"),
    ("aag", b"aag 2 2 0 1 0\n2\n2\n4\n", "line 3: literal 2 cannot be defined here: it was defined on line 2"),
    ("aag", b"aag 2 1 0 1 0\n2\n4\n", "line 3: literal 4 is neither"),
    ("aag", b"aag 1 1 0 1 0\n2\n9\n", "line 3: literal 9 is neither"),
    ("aag", b"aag 1 1 0 1 0\n2\n2\ni0 a\ni0 b\n", "line 5: symbol 'i0 b'"),
    ("aag", b"aag 2 2 0 0 0\n2\n4\ni0 a\ni1 a\n", "line 5: symbol 'i1 a'"),
    ("aag", b"aag 1 1 0 1 0\n2\n2\ni7 a\n", "line 4: symbol 'i7 a'"),
    ("aag", b"aag 1 1 0 1 0\n2\n2\ni0 \xff\n", "line 4: a symbol is not UTF-8"),
    ("aig", b"aig 3 2 0 1 1\n6\n\x02", "byte 17: the file ends within AND 0 of 1"),
    ("aig", b"aig 3 2 0 1 1\n6\n\x00\x02", "byte 16: AND 0 .* reads a later"),
    ("aig", b"aig 3 2 0 1 1\n6\n\x02\x7f", "byte 16: AND 0 .* negative"),
    ("aig", b"aig 3 2 0 1 1\n6\n" + b"\xff" * 30 + b"\x01\x01", "byte 16: a difference is far too long"),
    ("aig", b"aig 3 2 0 1 1\n8\n\x02\x02", "byte 14: literal 8 is beyond"),
    ("bench", b"INPUT(a)\nOUTPUT(y)\ny = AND(a, z)\nz = NOT(y)\n", "line 3: 'y' depends on itself"),
    ("bench", b"INPUT(a)\nOUTPUT(y)\n", "line 2: signal 'y' is neither"),
    ("bench", b"INPUT(a)\ny = NOT(b)\n", "line 2: signal 'b' is neither"),
    ("bench", b"INPUT(a)\na = NOT(a)\n", "line 2: signal 'a' was declared on line 1"),
    ("bench", b"INPUT(a)\ny = FOO(a)\n", "line 2: no gate 'FOO': there are"),
    ("bench", b"INPUT(a)\ny = DFF(a)\n", "line 2: DFF: circuits are combinational"),
    ("bench", b"INPUT(a)\ny = NOT(a, a)\n", "line 2: NOT does not take 2"),
    ("bench", b"INPUT(a)\ny = LUT 0x123 (a)\n", "line 2: the table of 1 operands"),
    ("bench", b"INPUT(a)\nwhat\n", "line 2: 'what' is no INPUT"),
    ("bench", b"INPUT(a)\n# \xe9\n", "line 2: the text is not UTF-8"),
    ("blif", b"", "line 1: the file holds no model"),
    ("blif", b".model m\n.inputs a\n.outputs y\n.latch a y\n.end\n", "line 4: .latch stands for latches"),
    ("blif", b".model m\n.subckt x a=b\n", "line 2: .subckt stands for"),
    ("blif", b".model m\n.inputs a\n.outputs y\n.names a y\n11 1\n", "line 5: a row is 1 of 0, 1, -"),
    ("blif", b".model m\n.inputs a\n.outputs y\n.names a y\n1 1\n0 0\n", "line 6: this row gives the other value"),
    ("blif", b".model m\n.outputs y\n.names z \\\n y\n1 1\n.names y z\n1 1\n", "line 3: 'y' depends on itself"),
    ("blif", b".model m\n.end\n.model n\n", "line 3: '.model' comes after .end"),
    ("blif", b".model m\n11 1\n", "line 2: '11' belongs to no .names"),
    ("blif", b".model m\n.names\n", "line 2: .names needs the name"),
    ("bristol", b"1 3\n", "line 2: the file ends within the header"),
    ("bristol", b"0 1000000000\n1 1000000000\n1 0\n", "line 2: 1000000000 input bits are too many"),
    ("bristol", b"1000000000 1000000000\n1 1\n1 1\n", "line 1: the header promises 1000000000 gates, but 0 lines"),
    ("bristol", b"1 3\n1 2\n1 1\n2 1 0 1 2 NOPE\n", "line 4: no gate 'NOPE'"),
    ("bristol", b"1 3\n1 2\n1 1\n2 1 0 2 2 AND\n", "line 4: wire 2 is read, but no line above writes it"),
    ("bristol", b"1 3\n1 2\n1 1\n2 1 0 1 1 AND\n", "line 4: wire 1 is written twice"),
    ("bristol", b"1 3\n1 2\n1 1\n2 1 0 1 9 AND\n", "line 4: wire 9 is not below the 3"),
    ("bristol", b"1 3\n1 2\n1 1\n2 1 0 2 AND\n", "line 4: a gate is 'reads writes"),
    ("bristol", b"1 3\n1 2\n1 1\n1 1 0 2 AND\n", "line 4: AND does not read 1 and write 1"),
    ("bristol", b"1 3\n1 2\n1 1\n1 1 5 2 EQ\n", "line 4: EQ sets a wire to 0 or 1"),
    ("bristol", b"1 4\n1 2\n1 1\n2 1 0 1 2 AND\n", "no gate writes output wire 3"),
    ("bristol-old", b"0 0\n1 0\n", "line 2: the header should read 'n1 n2 n3'"),
]


@pytest.mark.parametrize(("key", "data", "complaint"), BAD, ids=[f"{key}-{i}" for i, (key, *_) in enumerate(BAD)])
def test_the_error_says_where_and_what(key: str, data: bytes, complaint: str) -> None:
    """Each kind of fault is named with its line, or in a binary file its byte."""
    with pytest.raises(FormatError, match=complaint):
        loads(data, key)


def deep(key: str, depth: int) -> bytes:
    """A chain of `depth` inversions or ANDs, its definitions from the output down to the input."""
    steps = range(depth, 0, -1)
    if key == "bench":
        return "".join(["INPUT(n0)\n", f"OUTPUT(n{depth})\n", *(f"n{i} = NOT(n{i - 1})\n" for i in steps)]).encode()
    if key == "blif":
        gates = "".join(f".names n{i - 1} n{i}\n0 1\n" for i in steps)
        return f".model m\n.inputs n0\n.outputs n{depth}\n{gates}.end\n".encode()
    gates = "".join(f"{2 * i + 4} {2 * i + 3 if i > 1 else 3} {4 if i % 2 else 2}\n" for i in steps)
    return f"aag {depth + 2} 2 0 1 {depth}\n2\n4\n{2 * depth + 4}\n{gates}".encode()


@pytest.mark.parametrize("key", ["aag", "bench", "blif"])
def test_a_chain_of_a_hundred_thousand_definitions_in_reverse_is_read(key: str) -> None:
    """No recursion: depth costs time in proportion, and a cycle at the far end is found."""
    data = deep(key, 100_000)
    circuit = loads(data, key)
    assert circuit.depth == (100_000 if key == "aag" else 0)
    if key == "bench":
        with pytest.raises(FormatError, match="depends on itself"):
            loads(data.replace(b"= NOT(n0)", b"= NOT(n99999)"), key)
