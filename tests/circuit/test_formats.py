"""Files: round trips of the whole table through every format, odd names, and programs that we did not write."""

from __future__ import annotations

import io
import itertools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from table import TABLE, Row

from circuits import Builder, Circuit, CircuitError, Word, evaluate_lanes
from circuits.formats import FORMATS, FormatError, dumps, format_named, loads, read, write
from circuits.formats.aigverse import from_aigverse, optimised, to_aigverse

READABLE = sorted(key for key, entry in FORMATS.items() if entry.reader)
NAMED = sorted(set(READABLE) - {"bristol", "bristol-old"})
ABC = shutil.which("berkeley-abc") or shutil.which("abc")
needs_abc = pytest.mark.skipif(ABC is None, reason="ABC is not on PATH (Debian: berkeley-abc)")


def truth_table(circuit: Circuit) -> list[int]:
    """Each output as an integer whose bit x is its value at x."""
    lanes = 1 << circuit.num_inputs
    return evaluate_lanes(
        circuit, [sum((x >> i & 1) << x for x in range(lanes)) for i in range(circuit.num_inputs)], lanes
    )


def expected(row: Row) -> list[int]:
    return [sum((y >> i & 1) << x for x, y in enumerate(row.outputs())) for i in range(row.circuit.num_outputs)]


def named(inputs: list[str], outputs: list[str]) -> Circuit:
    """Outputs cycle through: an input, a complemented one, an AND, a XOR, constants."""
    b = Builder("odd names")
    x = [b.input(name) for name in inputs]
    bits = [x[0], ~x[-1], x[0] & ~x[-1], ~(x[0] ^ x[-1]), b.false, b.true]
    for i, name in enumerate(outputs):
        b.output(bits[i % 6], name)
    return b.build()


@pytest.mark.parametrize("key", READABLE)
@pytest.mark.parametrize("row", TABLE, ids=repr)
def test_a_round_trip_keeps_function_names_and_xors(row: Row, key: str) -> None:
    """Written and read again, a circuit computes its function; XORs remain XORs, and the size never grows."""
    if key == "bristol-old" and not row.circuit.num_inputs:
        with pytest.raises(CircuitError, match="has no constant: use 'bristol'"):
            dumps(row.circuit, key)
        return
    data = dumps(row.circuit, key)
    circuit = loads(data, key)
    assert truth_table(circuit) == expected(row)
    assert (circuit.input_names, circuit.output_names) == (row.circuit.input_names, row.circuit.output_names)
    assert circuit.num_gates <= row.circuit.num_gates
    assert circuit.num_ands <= row.circuit.num_ands
    if key in NAMED:
        assert circuit.name == row.circuit.name
    assert dumps(loads(dumps(circuit, key), key), key) == dumps(circuit, key)


ODD = ["n3", "n4", "n", "a b", "x%o", "%", "%41", "x", ".end", "AND", "INPUT", "output", "INPUTS", "%49NPUT"]
NAMES = st.lists(st.one_of(st.text(max_size=5), st.sampled_from(ODD)), unique=True)


@pytest.mark.parametrize("key", NAMED)
@settings(max_examples=60)
@given(inputs=NAMES.filter(len), outputs=NAMES)
def test_any_name_survives(key: str, inputs: list[str], outputs: list[str]) -> None:
    """Spaces, line ends, percent signs, the writer's own words, equal names on both sides: all read back."""
    circuit = named(inputs, outputs)
    again = loads(dumps(circuit, key), key)
    assert (again.input_names, again.output_names) == (circuit.input_names, circuit.output_names)
    if len(inputs) <= 6:
        assert truth_table(again) == truth_table(circuit)


def test_a_name_that_no_writer_made_is_read_as_it_stands() -> None:
    """A lone surrogate is no text; `%o` without an input to tell apart, or beside that output, is not a suffix."""
    surrogate = loads(b"INPUT(%ED%A0%80)\nOUTPUT(y%o)\ny%o = NOT(%ED%A0%80)\n", "bench")
    assert (surrogate.input_names, surrogate.output_names) == (("%ED%A0%80",), ("y%o",))
    for key, entry in FORMATS.items():
        if entry.writer:
            assert dumps(surrogate, key).decode()
    for symbols, names in ((b"i0 a\no0 a%o\n", ("a", "y[1]")), (b"o0 a%o\no1 a\ni0 a\n", ("a%o", "a"))):
        assert loads(b"aag 1 1 0 2 0\n2\n3\n2\n" + symbols, "aag").output_names == names
    with pytest.raises(FormatError, match="line 2: input 'é' was declared on line 1"):
        loads("INPUT(é)\nINPUT(%C3%A9)\n".encode(), "bench")


def test_a_file_whose_name_is_no_text_gives_a_name_that_is(tmp_path: Path) -> None:
    """Bytes of a file's name that are no UTF-8 become replacement characters."""
    place = tmp_path / os.fsdecode(b"\xff.bench")
    write(Builder("circuit").build(), place)
    assert read(place).name == "\ufffd"


def test_bench_escapes_what_bench_takes_for_its_own() -> None:
    """The first letter of a keyword, and of all that begins like a declaration."""
    data = dumps(named(["AND", "Input1", "ANDY"], ["INPUT", "vdd"]), "bench")
    ports = [b"INPUT(%41ND)", b"INPUT(%49nput1)", b"INPUT(ANDY)", b"OUTPUT(%49NPUT)", b"OUTPUT(%76dd)"]
    assert data.splitlines()[1:6] == ports


@needs_abc
def test_abc_reads_odd_names(tmp_path: Path) -> None:
    """Keywords, and outputs that share an input's name but not its value: the formats agree with each other."""
    words = ["INPUT", "OUTPUTS", "and", "NOT", "BUFF", "LUT", "gnd", "DFF", "a", "%o"]
    circuit = named(words, words[::-1])
    for suffix in ("aig", "blif", "bench", "v"):
        write(circuit, tmp_path / f"c.{suffix}")
    script = "cec -n c.aig c.blif; cec -n c.aig c.bench; cec -n c.aig c.v; read c.aig; write_aiger -s o.aig"
    assert ABC is not None
    done = subprocess.run([ABC, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.count("Networks are equivalent") == 3, done.stdout
    again = read(tmp_path / "o.aig")
    assert (again.input_names, again.output_names) == (circuit.input_names, circuit.output_names)
    assert truth_table(again) == truth_table(circuit)


def test_bristol_words_follow_from_names() -> None:
    """Runs `w[0]`, `w[1]`, ... are words of the header; other names are words of one bit."""
    b = Builder()
    key, text, carry = b.inputs(3, "key"), b.inputs(2, "text"), b.input("carry")
    b.outputs(Word([*key, *text, carry]))
    assert dumps(b.build(), "bristol").splitlines()[1:3] == [b"3 3 2 1", b"1 6"]
    assert dumps(b.build(), "bristol-old").splitlines()[1] == b"3 3 6"
    assert loads(dumps(b.build(), "bristol"), "bristol").input_names[3:] == ("x1[0]", "x1[1]", "x2[0]")


def test_bristol_fashion_gates_are_all_read() -> None:
    """EQ sets a constant, EQW copies, MAND is several ANDs."""
    circuit = loads(b"3 8\n1 4\n1 4\n4 2 0 1 2 3 4 5 MAND\n1 1 1 6 EQ\n1 1 0 7 EQW\n", "bristol")
    assert truth_table(circuit) == [
        sum(bool(x & 1 and x & 4) << x for x in range(16)),
        sum(bool(x & 2 and x & 8) << x for x in range(16)),
        0xFFFF,
        0xAAAA,
    ]


def test_netlists_of_other_hands_are_read() -> None:
    """Any order, off-set covers, don't-cares, continued lines, LUTs, gates of many operands, lower case."""
    blif = b".model m # comment\n.inputs a b \\\n c\n.outputs y z k\n.names t c y\n11 0\n"
    blif += b".names a b c z\n1-0 1\n-11 1\n.names k\n.names a b t\n1- 1\n-1 1\n"
    y, z, k = truth_table(loads(blif, "blif"))
    lanes = range(8)
    assert y == sum((not ((x & 3) and x & 4)) << x for x in lanes)
    assert z == sum(bool((x & 1 and not x & 4) or (x & 6) == 6) << x for x in lanes)
    assert k == 0
    bench = b"y = lut 0xd2 (a, b, c)\r\nINPUT(a)\r\ninput(b)\nINPUT(c)\n"
    bench += b"OUTPUT(y)\nOUTPUT(z)\nOUTPUT(w)\nz = nor(a,b,c)\nw = xnor(a,b,c)\n"
    assert truth_table(loads(bench, "bench")) == [0xD2, 1, sum((1 - x.bit_count() % 2) << x for x in lanes)]


def test_an_ascii_aiger_file_may_define_its_gates_in_any_order() -> None:
    """The specification orders binary files only; variables may have gaps."""
    circuit = loads(b"aag 9 2 0 2 2\n2\n18\n6\n9\n6 8 3\n8 19 2\ni1 b\n", "aag")
    assert circuit.input_names == ("x[0]", "b")
    assert truth_table(circuit) == [0, 0b1101]


def _three_ands(a: int, b: int, c: int, d: int, signs: int) -> bytes:
    gates = f"6 {a} {b}\n8 {c} {d}\n10 {6 + signs % 2} {8 + signs // 2}\n"
    return f"aag 5 2 0 1 3\n2\n4\n10\n{gates}".encode()


def test_only_a_xor_is_taken_for_a_xor() -> None:
    """All n = +-(a & b) & +-(c & d) over two inputs: the file's function, and its XORs in any order."""
    xors = set()
    for a, b, c, d, signs in itertools.product(range(2, 6), range(2, 6), range(2, 6), range(2, 6), range(4)):
        circuit = loads(_three_ands(a, b, c, d, signs), "aag")
        value = {2: 0b1010, 3: 0b0101, 4: 0b1100, 5: 0b0011}
        p, q = value[a] & value[b] ^ 15 * (signs % 2), value[c] & value[d] ^ 15 * (signs // 2)
        assert truth_table(circuit) == [p & q]
        if circuit.num_xors:
            xors.add((a, b, c, d, signs))
    assert xors >= {(2, 4, 3, 5, 3), (2, 4, 5, 3, 3), (4, 2, 3, 5, 3), (3, 4, 2, 5, 3), (2, 5, 4, 3, 3)}


def test_aiger_is_written_as_its_specification_says() -> None:
    """The half adder, byte for byte, by hand."""
    b = Builder("half adder")
    x, y = b.input("x"), b.input("y")
    b.output(x ^ y, "s")
    b.output(x & y, "c")
    text = b"\n4\n" + b"".join((b"i0 x\n", b"i1 y\n", b"o0 s\n", b"o1 c\n", b"c\nhalf adder\n"))
    ascii_ = dumps(b.build(), "aag")
    assert ascii_ == b"aag 6 2 0 2 4\n2\n4\n10\n12\n6 4 2\n8 5 3\n10 9 7\n12 4 2\n" + text[3:]
    binary = dumps(b.build(), "aig")
    assert binary == b"aig 6 2 0 2 4\n10\n12\n" + bytes([2, 2, 3, 2, 1, 2, 8, 2]) + text[3:]


@needs_abc
@pytest.mark.parametrize("row", [row for row in TABLE if row.circuit.num_outputs], ids=repr)
def test_abc_finds_all_written_files_equivalent(row: Row, tmp_path: Path) -> None:
    """cec proves .aig against .blif, .bench and .v; what ABC writes back is read here as the same function."""
    for suffix in ("aig", "blif", "bench", "v"):
        write(row.circuit, tmp_path / f"c.{suffix}")
    script = "cec c.aig c.blif; cec c.aig c.bench; cec c.aig c.v; read c.aig;"
    script += "write_blif o.blif; write_bench -l o.bench; write_aiger -s o.aig"
    assert ABC is not None
    done = subprocess.run([ABC, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.count("Networks are equivalent") == 3, done.stdout
    for suffix in ("blif", "bench", "aig"):
        again = read(tmp_path / f"o.{suffix}")
        assert truth_table(again) == expected(row), suffix
        assert again.output_names == row.circuit.output_names


@pytest.mark.parametrize("row", TABLE, ids=repr)
def test_aigverse_reads_our_files_and_we_read_its_networks(row: Row, tmp_path: Path) -> None:
    """Its own AIGER readers, and the direct hand-over in both directions, keep function and names."""
    io_ = pytest.importorskip("aigverse.io")
    write(row.circuit, tmp_path / "c.aig")
    write(row.circuit, tmp_path / "c.aag")
    networks = [to_aigverse(row.circuit)]
    if row.circuit.num_outputs:
        networks += [io_.read_aiger_into_aig(tmp_path / "c.aig"), io_.read_ascii_aiger_into_aig(tmp_path / "c.aag")]
    for network in networks:
        circuit = from_aigverse(network)
        assert truth_table(circuit) == expected(row)
        assert (circuit.input_names, circuit.output_names) == (row.circuit.input_names, row.circuit.output_names)


@pytest.mark.parametrize("row", TABLE, ids=repr)
def test_an_optimised_circuit_is_equivalent_and_no_larger(row: Row) -> None:
    """Proved by the library, and here exhaustively; a clumsy circuit does get smaller."""
    pytest.importorskip("aigverse")
    circuit = optimised(row.circuit)
    assert truth_table(circuit) == expected(row)
    assert circuit.num_gates <= row.circuit.num_gates
    if str(row) == "deep-chain":
        assert circuit.num_gates < row.circuit.num_gates / 2


def test_the_format_follows_from_the_suffix_and_the_name_from_the_file(tmp_path: Path) -> None:
    """Suffixes in any case; a nameless format lends the file's stem; nothing else is left in the folder."""
    circuit = TABLE[-1].circuit
    for suffix in (".AIG", ".txt", ".bench"):
        write(circuit, tmp_path / f"deep{suffix}")
        assert truth_table(read(str(tmp_path / f"deep{suffix}"))) == expected(TABLE[-1])
    assert read(tmp_path / "deep.txt").name == "deep"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deep.AIG", "deep.bench", "deep.txt"]


def test_streams_and_pipes_need_the_format_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Binary streams and "-" are read and written; without a format, or as text, they are refused."""
    stream = io.BytesIO()
    write(TABLE[0].circuit, stream, "aig")
    assert read(io.BytesIO(stream.getvalue()), "aig") == TABLE[0].circuit
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stream.getvalue())))
    assert read("-", ".aig") == TABLE[0].circuit
    pipe = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(pipe))
    write(TABLE[0].circuit, "-", "aig")
    assert pipe.getvalue() == stream.getvalue()
    for call in (lambda: read("-"), lambda: read(io.BytesIO()), lambda: write(TABLE[0].circuit, io.BytesIO())):
        with pytest.raises(CircuitError, match="name one of aag, aig"):
            call()
    with pytest.raises(CircuitError, match="binary mode"):
        read(io.StringIO("aag"), "aag")  # type: ignore[arg-type]
    with pytest.raises(CircuitError, match="binary mode"):
        write(TABLE[0].circuit, io.StringIO(), "aag")  # type: ignore[arg-type]


def test_errors_name_the_file_and_the_remedy(tmp_path: Path) -> None:
    """Missing files, unknown formats, formats of one direction, and the place in a bad file."""
    (tmp_path / "bad.bench").write_text("INPUT(a)\noops\n")
    with pytest.raises(FormatError, match=r"bad\.bench, line 2: 'oops'"):
        read(tmp_path / "bad.bench")
    with pytest.raises(CircuitError, match=r"none\.aig cannot be read: No such file"):
        read(tmp_path / "none.aig")
    with pytest.raises(CircuitError, match="cannot be written: No such file"):
        write(TABLE[0].circuit, tmp_path / "no" / "c.aig")
    with pytest.raises(CircuitError, match=r"no format '\.xyz': there are aag, aig"):
        read(tmp_path / "c.xyz")
    with pytest.raises(CircuitError, match="verilog files cannot be read, only written: there are readers of aag"):
        loads(b"", "v")
    assert [format_named(name) for name in ("txt", ".v", "AIG", "bristol-old")] == [
        "bristol",
        "verilog",
        "aig",
        "bristol-old",
    ]


@pytest.mark.parametrize("row", TABLE, ids=repr)
def test_graphviz_draws_each_gate_with_two_edges(row: Row) -> None:
    """One edge a fan-in and one an output; dashed where there is a complement."""
    text = dumps(row.circuit, "dot").decode()
    circuit = row.circuit
    literals = [*circuit.fanin0.tolist(), *circuit.fanin1.tolist(), *circuit.outputs.tolist()]
    assert text.count(" -> ") == len(literals)
    assert text.count("dashed") == sum(literal & 1 for literal in literals)
    assert len(re.findall("circle", text)) == circuit.num_gates + circuit.num_outputs


def test_a_circuit_of_the_size_of_sha_256_is_converted() -> None:
    """135 000 gates through AIGER, BENCH and Bristol."""
    b = Builder("synthetic")
    x = b.inputs(768)
    left, right = x[:384], x[384:]
    while b.num_gates < 135_000:
        left, right = right, left ^ (right & right.rotate_left(7)) ^ right.rotate_left(19)
    b.outputs(left)
    circuit = b.build()
    for key in ("aig", "bench", "bristol"):
        again = loads(dumps(circuit, key), key)
        assert again.num_gates <= circuit.num_gates
