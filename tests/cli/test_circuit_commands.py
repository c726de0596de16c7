"""`lemmata circuit`: every command on real files, its answers, its exit codes, its complaints."""

from __future__ import annotations

import errno
import io
import json
import re
import sys
from pathlib import Path

import pytest

from circuits import Builder, evaluate
from circuits.formats import read, write
from claims.cli.app import main


@pytest.fixture
def adder(tmp_path: Path) -> Path:
    """A file with a 4-bit adder: words a, b in, s out."""
    builder = Builder("adder")
    a, b = builder.inputs(4, "a"), builder.inputs(4, "b")
    builder.outputs(a + b, "s")
    path = tmp_path / "adder.aag"
    write(builder.build(), path)
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command."""
    code = main(["circuit", *map(str, arguments)])
    return code, *capsys.readouterr()


def test_build_then_ask(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A built permutation is bijective by both methods, and its inverse undoes it."""
    there, back = tmp_path / "f.aig", tmp_path / "g.aig"
    assert run(capsys, "build", "feistel", "--bits", "8", "--rounds", "4", "--seed", "3", "--out", there)[0] == 0
    assert (
        run(capsys, "build", "feistel", "--bits", "8", "--rounds", "4", "--seed", "3", "--inverse", "-o", back)[0] == 0
    )
    assert all(evaluate(read(back), evaluate(read(there), x)) == x for x in range(256))
    for method in ("exhaustive", "sat"):
        code, out, _ = run(capsys, "bijective", there, "--method", method, "--json")
        assert (code, json.loads(out)) == (0, {"bijective": True, "method": method, "collision": None})


def test_info_tells_words_and_gates(capsys: pytest.CaptureFixture[str], adder: Path) -> None:
    """Words are put together from the names of their bits."""
    code, out, _ = run(capsys, "info", adder, "--json")
    told = json.loads(out)
    assert code == 0
    assert told["inputs"] == {"a": 4, "b": 4}
    assert told["outputs"] == {"s": 4}
    assert told["gates"] == told["ands"] + told["xors"] == read(adder).num_gates
    assert "a (4 bits)" in run(capsys, "info", adder)[1]


def test_simulate_one_all_and_random(capsys: pytest.CaptureFixture[str], adder: Path) -> None:
    """One input by words; all 256; random ones, the same for a seed."""
    code, out, _ = run(capsys, "simulate", adder, "a=7", "b=0xc", "--json")
    assert (code, json.loads(out)) == (0, [{"inputs": {"a": "0x7", "b": "0xc"}, "outputs": {"s": "0x3"}}])
    rows = json.loads(run(capsys, "simulate", adder, "--all", "--json")[1])
    assert len(rows) == 256
    assert all(int(r["outputs"]["s"], 16) == (int(r["inputs"]["a"], 16) + int(r["inputs"]["b"], 16)) % 16 for r in rows)
    first, again = (run(capsys, "simulate", adder, "--random", "5", "--seed", "1")[1] for _ in range(2))
    assert first == again
    assert len(first.splitlines()) == 7


def test_equivalence_and_its_counterexample(capsys: pytest.CaptureFixture[str], adder: Path, tmp_path: Path) -> None:
    """Exit 0 for the same function in another file, 1 with an input that tells two apart."""
    other = tmp_path / "adder.blif"
    assert run(capsys, "convert", adder, other)[0] == 0
    assert run(capsys, "equiv", adder, other)[:2] == (0, "equivalent: the same function\n")
    builder = Builder("or")
    a, b = builder.inputs(4, "a"), builder.inputs(4, "b")
    builder.outputs(a | b, "s")
    write(builder.build(), tmp_path / "or.aag")
    code, out, _ = run(capsys, "equiv", adder, tmp_path / "or.aag", "--json")
    found = json.loads(out)["counterexample"]
    x, y = (int(found["inputs"][word], 16) for word in "ab")
    assert code == 1
    assert (x + y) % 16 != x | y


def test_a_collision_is_shown(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """What is no bijection exits with 1 and two inputs of one output."""
    builder = Builder("and")
    x, y = builder.inputs(2)
    builder.outputs([x & y, y])
    write(builder.build(), tmp_path / "and.aag")
    for method in ("exhaustive", "sat"):
        code, out, _ = run(capsys, "bijective", tmp_path / "and.aag", "--method", method, "--json")
        first, second = (int(word["x"], 16) for word in json.loads(out)["collision"]["inputs"])
        circuit = read(tmp_path / "and.aag")
        assert code == 1
        assert first != second
        assert evaluate(circuit, first) == evaluate(circuit, second)


def test_pipes(capsysbinary: pytest.CaptureFixture[bytes], adder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """'-' reads and writes ascii AIGER, and other formats by name."""
    assert main(["circuit", "convert", str(adder), "-"]) == 0
    text = capsysbinary.readouterr().out
    assert text.startswith(b"aag ")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    assert main(["circuit", "convert", "-", "-", "--to", "bench"]) == 0
    assert b"INPUT(" in capsysbinary.readouterr().out


def test_pictures_and_networks(capsys: pytest.CaptureFixture[str], adder: Path, tmp_path: Path) -> None:
    """A picture by suffix, Graphviz text for a pipe, and networks as ONNX and safetensors."""
    for name in ("adder.svg", "adder.onnx", "adder.safetensors"):
        command = "draw" if name.endswith("svg") else "convert"
        target = ["--out", tmp_path / name] if command == "draw" else [tmp_path / name]
        assert run(capsys, command, adder, *target)[0] == 0
        assert (tmp_path / name).stat().st_size > 500
    assert "XOR" in (tmp_path / "adder.svg").read_text()
    assert run(capsys, "draw", adder)[1].startswith("digraph")


@pytest.mark.parametrize("name", ["onnx", "safetensors", "svg"])
def test_networks_and_pictures_go_through_pipes(
    capsysbinary: pytest.CaptureFixture[bytes], adder: Path, tmp_path: Path, name: str
) -> None:
    """By name to standard output, the same bytes as in a file, whose suffix may be in capitals."""
    assert main(["circuit", "convert", str(adder), "-", "--to", name]) == 0
    file = tmp_path / f"adder.{name.upper()}"
    assert main(["circuit", "convert", str(adder), str(file)]) == 0
    assert capsysbinary.readouterr().out == file.read_bytes()
    assert file.stat().st_mode == adder.stat().st_mode


def test_answers_are_words_and_values(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """One assignment a line, as `simulate` takes it; nothing after the last value."""
    builder = Builder("and")
    x, y = builder.inputs(2)
    builder.outputs([x & y, y])
    write(builder.build(), tmp_path / "and.aag")
    code, out, _ = run(capsys, "bijective", tmp_path / "and.aag")
    assert (code, out) == (1, "not bijective\ninputs  x=0x0\ninputs  x=0x1\noutput  y=0x0\n")
    builder = Builder("or")
    x, y = builder.inputs(2)
    builder.outputs([x | y, y])
    write(builder.build(), tmp_path / "or.aag")
    code, out, _ = run(capsys, "equiv", tmp_path / "and.aag", tmp_path / "or.aag")
    assert (code, out.splitlines()[0]) == (1, "different")
    assert re.fullmatch(r"inputs +x=0x[12]", out.splitlines()[1])
    out += run(capsys, "info", tmp_path / "and.aag")[1]
    assert all(line == line.rstrip() for line in out.splitlines())


def test_equiv_reads_a_pipe_in_any_format(
    capsys: pytest.CaptureFixture[str], adder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--from is the format of '-'; the other circuit's follows from its suffix."""
    write(read(adder), tmp_path / "adder.bench")
    data = io.BytesIO((tmp_path / "adder.bench").read_bytes())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(data))
    assert run(capsys, "equiv", "-", adder, "--from", "bench")[0] == 0


def test_a_proof_that_cannot_be_written_costs_no_solving(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The place is looked at before the solver starts, and the answer is no answer: exit code 2."""
    run(capsys, "build", "feistel", "--bits", "8", "--out", tmp_path / "f.aig")
    monkeypatch.setattr("circuits.sat.bijection.Twins", None)
    for place in (tmp_path / "nowhere" / "p.drat", tmp_path):
        code, out, err = run(capsys, "bijective", tmp_path / "f.aig", "--method", "sat", "--proof", place)
        assert (code, out) == (2, "")
        assert err.startswith(f"lemmata: {place} cannot be written")
    assert [file.name for file in tmp_path.iterdir()] == ["f.aig"]


def test_what_the_system_refuses_is_no_answer(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, adder: Path
) -> None:
    """An error of the system that nobody has foreseen is one line and exit code 2, not 1, which means no."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "somewhere")

    monkeypatch.setattr("claims.cli.circuit.asking.load", full)
    assert run(capsys, "equiv", adder, adder) == (2, "", "lemmata: somewhere: No space left on device\n")


def test_without_a_command_there_is_help(capsys: pytest.CaptureFixture[str]) -> None:
    """The whole of it."""
    code, out, err = run(capsys)
    assert code == 2
    assert "bijective" in out + err


def test_families_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """By name, with their kind; the easy ones are called controls."""
    code, out, _ = run(capsys, "families", "--json")
    kinds = {row["name"]: row["kind"] for row in json.loads(out)}
    assert (code, kinds["feistel"], kinds["goldreich"]) == (0, "easy", "function")
    assert "control" in run(capsys, "families")[1]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["info", "missing.aag"], "missing.aag cannot be read"),
        (["info", "circuit.xyz"], "no format '.xyz'"),
        (["build", "feistle", "--bits", "8"], "feistel"),
        (["build", "feistel", "--bits", "7"], "choose"),
        (["build", "goldreich", "--bits", "16", "--inverse"], "no circuit of its inverse"),
        (["simulate", "ADDER", "a=1"], "no value for b"),
        (["simulate", "ADDER", "a=16", "b=0"], "does not fit into 4 bits"),
        (["simulate", "ADDER", "a=x", "b=0"], "not an integer"),
        (["simulate", "ADDER", "c=1"], "one of a, b"),
        (["simulate", "ADDER", "a=1", "a=1"], "given twice"),
        (["simulate", "ADDER", "a=1", "b=2", "--all"], "one of them"),
        (["bijective", "ADDER"], "8 inputs, 4 outputs"),
        (["convert", "ADDER", "nowhere/x.aag"], "cannot be written"),
        (["draw", "ADDER", "--out", "adder.png"], "a picture is .svg or .dot"),
        (["draw", "ADDER", "--out", "adder.cnf"], "a picture is .svg or .dot"),
        (["convert", "ADDER", "nowhere/x.onnx"], "nowhere/x.onnx cannot be written"),
        (["convert", "ADDER", "nowhere/x.safetensors"], "nowhere/x.safetensors cannot be written"),
        (["convert", "ADDER", "nowhere/x.svg"], "nowhere/x.svg cannot be written"),
        (["convert", "ADDER", "."], ". has no suffix"),
        (["convert", "ADDER", "x.xyz"], "no format 'xyz': there are aag, aig, bench, blif"),
        (["convert", "ADDER", "-", "--to", "xyz"], "cnf, onnx, safetensors, svg"),
        (["equiv", "-", "-"], "one circuit"),
        (["build", "feistel", "--bits", "128", "--rounds", "100000000"], "choose 1 to 7812"),
        (["build", "feistel", "--bits", "many"], "lemmata: Invalid value for '--bits'"),
        (["build", "feistel"], "lemmata: Missing option '--bits'"),
        (["simulate", "ADDER", "--random", "-1"], "lemmata: Invalid value for '--random'"),
        (["bijective", "ADDER", "--method", "magic"], "lemmata: Invalid value for '--method'"),
        (["info", "ADDER", "--nonsense"], "lemmata: No such option"),
        (["nonsense"], "lemmata: No such command 'nonsense'"),
    ],
)
def test_mistakes_get_one_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str],
    adder: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    complaint: str,
) -> None:
    """The line names what is wrong; there is no traceback."""
    monkeypatch.chdir(adder.parent)
    code, out, err = run(capsys, *[str(adder) if a == "ADDER" else a for a in arguments])
    assert (code, out) == (2, "")
    assert complaint in err
    assert len(err.splitlines()) == 1
