"""Planted instances: all files say the same problem, the same seed gives the same bytes, no file tells the secret."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pysat.formula import CNF
from pysat.solvers import Solver
from safetensors.numpy import load_file
from table import TABLE, Row

from circuits import CircuitError, evaluate
from circuits.families import FAMILIES, Kind, family
from circuits.formats import read
from circuits.instances import PRESETS, Instance, Pairs, count_solutions, load, make_instances, preset, write_instance
from circuits.instances.folder import TIMING, read_meta
from circuits.instances.pairs import draw
from circuits.instances.property import vnnlib_1, vnnlib_2
from circuits.network import compile  # noqa: A004

FEW = Pairs(16, 0.5)
#: A key recovery, a permutation, a many-to-one function, and one too wide to count its solutions.
SAMPLES = (("feistel-key", 12, 6), ("feistel", 16, 4), ("goldreich", 12, 1), ("goldreich", 40, 1))


def from_row(row: Row) -> Instance:
    """The row as an instance, its last input planted."""
    x = (1 << row.circuit.num_inputs) - 1
    solutions = row.outputs().count(row.function(x))
    return Instance("row", Kind.FUNCTION, row.circuit.num_inputs, 1, 0, 0, row.circuit, row.function(x), x, solutions)


def signs(x: int, width: int) -> np.ndarray:
    return np.array([[1.0 if x >> i & 1 else -1.0 for i in range(width)]], dtype=np.float32)


def satisfies(text: str, x: np.ndarray, y: np.ndarray) -> bool:
    """Whether all assertions of a VNN-LIB text (`<=` and `>=` against a number) hold at inputs x and outputs y."""
    found = re.findall(r"\(assert \((<=|>=) ([XY])(?:_|\[0,)(\d+)\]? (-?[\d.]+)\)\)", text)
    assert len(found) == text.count("(assert")
    values = {"X": x[0], "Y": y[0]}
    return all(
        (values[name][int(i)] >= float(bound)) if relation == ">=" else (values[name][int(i)] <= float(bound))
        for relation, name, i, bound in found
    )


@pytest.fixture(scope="module", params=SAMPLES, ids=lambda sample: "-".join(map(str, sample)))
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Instance, Path]:
    instance = make_instances(*request.param, seed=3, count=2)[1]
    return instance, write_instance(instance, tmp_path_factory.mktemp("instances"), pairs=FEW)


def test_the_same_seed_gives_the_same_bytes(written: tuple[Instance, Path], tmp_path: Path) -> None:
    """All files of a second folder are those of the first, but for the reference solver's time."""
    instance, folder = written
    again = make_instances(instance.family, instance.bits, instance.rounds, instance.seed, 2)[1]
    other = write_instance(again, tmp_path, pairs=FEW)
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted(path.name for path in other.iterdir())
    for name in set(names) - {TIMING}:
        assert (folder / name).read_bytes() == (other / name).read_bytes(), name


def test_another_index_or_seed_is_another_problem() -> None:
    """Instances of one seed share the circuit and not the secret; a prefix does not depend on the count."""
    three = make_instances("feistel-key", 16, 4, seed=1, count=3)
    assert len({one.solution for one in three}) == 3
    assert len({one.circuit for one in three}) == 1
    assert make_instances("feistel-key", 16, 4, seed=1, count=1) == three[:1]
    assert make_instances("feistel-key", 16, 4, seed=2)[0].circuit != three[0].circuit


def test_the_cnf_is_satisfiable_by_pre_images_only(written: tuple[Instance, Path]) -> None:
    """A solver's model of `instance.cnf`, read by the variable map in its comments, is a solution."""
    instance, folder = written
    text = (folder / "instance.cnf").read_text()
    assert f"c command {instance.command}\n" in text
    literals = [int(literal) for literal in re.findall(r"^c input \S+ (-?\d+)$", text, re.MULTILINE)]
    with Solver("glucose4", bootstrap_with=CNF(from_string=text)) as solver:
        assert solver.solve()
        model = set(solver.get_model())
        x = sum((literal in model) << i for i, literal in enumerate(literals))
        assert evaluate(instance.circuit, x) == instance.target
        if instance.solutions == 1:
            assert x == instance.solution
            solver.add_clause([-literal if literal in model else literal for literal in literals])
            assert not solver.solve()


def test_the_aiger_files_read_back(written: tuple[Instance, Path], abc_or_skip: str) -> None:
    """`circuit.aig` is C; `instance.aig` is [C(x) = y], which ABC, too, finds satisfiable."""
    instance, folder = written
    assert instance.solution is not None
    assert evaluate(read(folder / "circuit.aig"), instance.solution) == instance.target
    decision = read(folder / "instance.aig")
    for x in (instance.solution, instance.solution ^ 1, 0):
        assert evaluate(decision, x) == instance.holds(x)
    command = f"read {folder / 'instance.aig'}; strash; sat"
    said = subprocess.run([abc_or_skip, "-c", command], capture_output=True, text=True, check=True).stdout
    assert re.search(r"\bSATISFIABLE", said), said


@pytest.fixture(scope="module")
def abc_or_skip() -> str:
    path = shutil.which("berkeley-abc")
    if path is None:
        pytest.skip("ABC (Debian: berkeley-abc) is not on PATH")
    return path


def test_the_property_holds_at_solutions_only(written: tuple[Instance, Path]) -> None:
    """onnxruntime runs `network.onnx` bit-equal to the circuit; both properties hold at the planted vertex alone."""
    instance, folder = written
    assert instance.solution is not None
    session = onnxruntime.InferenceSession(folder / "network.onnx", providers=["CPUExecutionProvider"])
    for x in (instance.solution, *(instance.solution ^ 1 << i for i in range(4))):
        vertex = signs(x, instance.circuit.num_inputs)
        (y,) = session.run(None, {session.get_inputs()[0].name: vertex})
        assert np.array_equal(y, signs(evaluate(instance.circuit, x), instance.circuit.num_outputs))
        for name in ("property-1.0.vnnlib", "property-2.0.vnnlib"):
            assert satisfies((folder / name).read_text(), vertex, y) == instance.holds(x)
            assert not satisfies((folder / name).read_text(), 2 * vertex, y)
        inside = 0.75 * vertex
        (y,) = session.run(None, {session.get_inputs()[0].name: inside})
        assert np.array_equal(y, compile(instance.circuit)(torch.from_numpy(inside)).numpy())


def test_both_vnnlib_texts_declare_every_variable(written: tuple[Instance, Path]) -> None:
    """1.0 declares one constant an input and an output, 2.0 two tensors of those widths."""
    instance, folder = written
    inputs, outputs = instance.circuit.num_inputs, instance.circuit.num_outputs
    old, new = (folder / f"property-{version}.vnnlib" for version in ("1.0", "2.0"))
    assert len(re.findall(r"^\(declare-const X_\d+ Real\)$", old.read_text(), re.MULTILINE)) == inputs
    assert len(re.findall(r"^\(declare-const Y_\d+ Real\)$", old.read_text(), re.MULTILINE)) == outputs
    assert f"(declare-input X float32 [1,{inputs}])" in new.read_text()
    assert f"(declare-output Y float32 [1,{outputs}])" in new.read_text()


def test_the_parser_of_the_standard_accepts_version_2(written: tuple[Instance, Path]) -> None:
    """The `vnnlib` package reads the 2.0 text: one box, one polytope, of the right widths."""
    vnnlib = pytest.importorskip("vnnlib", reason="the package vnnlib (pip install vnnlib) is not installed")
    compat = pytest.importorskip("vnnlib.compat")
    instance, folder = written
    query = vnnlib.parse_query_file(str(folder / "property-2.0.vnnlib"))
    (case,) = compat.transform(query)
    assert case.input_box == [(-1.0, 1.0)] * instance.circuit.num_inputs
    (polytope,) = case.output_constraints
    assert np.asarray(polytope.coeff_matrix).shape == (instance.circuit.num_outputs,) * 2


@given(st.sampled_from([row for row in TABLE if row.circuit.num_inputs]), st.data())
def test_off_the_vertices_a_solution_of_the_property_rounds_to_one(row: Row, data: st.DataObject) -> None:
    """If |N_j(x)| >= 1/2 for all j, every rounding of x is mapped to sgn N(x), whichever way the zeros go."""
    steps = st.sampled_from([-1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0])
    x = data.draw(st.lists(steps, min_size=row.circuit.num_inputs, max_size=row.circuit.num_inputs))
    value = compile(row.circuit)(torch.tensor([x]))[0].tolist()
    certain = [j for j, entry in enumerate(value) if abs(entry) >= 0.5]
    for zeros in (0, -1, data.draw(st.integers(0, 2 ** len(x) - 1))):
        rounded = sum((entry > 0 or (entry == 0 and zeros >> i & 1)) << i for i, entry in enumerate(x))
        for j in certain:
            assert row.function(rounded) >> j & 1 == (value[j] > 0)


@pytest.mark.parametrize("row", [row for row in TABLE if row.circuit.num_outputs], ids=repr)
def test_every_row_of_the_table_as_an_instance(row: Row) -> None:
    """The decision circuit, the count, both properties and the pairs agree with the row's function."""
    instance = from_row(row)
    width, outputs = row.circuit.num_inputs, row.circuit.num_outputs
    table = [y == instance.target for y in row.outputs()]
    decision = instance.decision()
    assert [evaluate(decision, x) for x in range(1 << width)] == table
    assert count_solutions(row.circuit, instance.target) == sum(table) == instance.solutions
    for x in range(min(64, 1 << width)):
        vertices = signs(x, width), signs(row.function(x), outputs)
        assert satisfies(vnnlib_1(instance), *vertices) == satisfies(vnnlib_2(instance), *vertices) == table[x]
    z, x = draw(instance, Pairs(70, 0.0))
    for latent, image in zip(z, x, strict=True):
        integer = sum(int(value >= 0) << i for i, value in enumerate(latent))
        assert np.array_equal(image, signs(row.function(integer), outputs)[0])


@pytest.mark.parametrize("row", [row for row in TABLE if row.circuit.num_inputs and row.circuit.num_outputs], ids=repr)
def test_every_row_is_written_and_read(row: Row, tmp_path: Path) -> None:
    """A folder of any circuit loads as the same instance, without its secret."""
    instance = from_row(row)
    loaded = load(write_instance(instance, tmp_path, pairs=FEW, budget=0))
    assert loaded.solution is None
    assert (loaded.target, loaded.solutions, loaded.name) == (instance.target, instance.solutions, instance.name)
    for x in range(min(32, 1 << row.circuit.num_inputs)):
        assert evaluate(loaded.circuit, x) == row.function(x)


def test_the_pairs_are_what_they_say(written: tuple[Instance, Path]) -> None:
    """z is standard normal, x is the image of its signs and noise of the given size; float32 both."""
    instance, folder = written
    pairs = load_file(folder / "pairs.safetensors")
    assert {name: (array.dtype, array.shape) for name, array in pairs.items()} == {
        "z": (np.float32, (16, instance.circuit.num_inputs)),
        "x": (np.float32, (16, instance.circuit.num_outputs)),
    }
    z, x = draw(instance, Pairs(4000, 0.5))
    exact = compile(instance.circuit)(torch.from_numpy(np.sign(z))).numpy()
    assert abs(z.std() - 1) < 0.02
    assert abs((x - exact).std() - 0.5) < 0.01
    assert abs((x - exact).mean()) < 0.01


def test_the_checksums_are_right_and_compared(written: tuple[Instance, Path], tmp_path: Path) -> None:
    """`meta.json` lists every other file but the time, and a changed, missing or renamed one is noticed."""
    instance, folder = written
    meta = read_meta(folder)
    listed = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in meta["files"]}
    assert listed == meta["files"]
    assert set(listed) == {path.name for path in folder.iterdir()} - {"meta.json", TIMING}
    copy = write_instance(instance, tmp_path, pairs=FEW, budget=0)
    with (copy / "instance.cnf").open("a") as file:
        file.write("c\n")
    with pytest.raises(CircuitError, match=r"instance\.cnf is not the file"):
        load(copy)
    (copy / "instance.cnf").unlink()
    with pytest.raises(CircuitError, match="no whole instance"):
        load(copy)
    (copy / "meta.json").write_text("[]")
    with pytest.raises(CircuitError, match="is no lemmata-instance"):
        load(copy)


def test_the_meta_data_are_the_circuits(written: tuple[Instance, Path]) -> None:
    """Sizes, solutions and the reference solver's conflicts stand in `meta.json`; controls show none."""
    instance, folder = written
    meta, circuit = read_meta(folder), instance.circuit
    assert meta["sizes"]["ands"] == circuit.num_ands
    assert meta["sizes"]["xors"] == circuit.num_xors
    assert meta["sizes"]["depth"] == circuit.depth
    assert meta["sizes"]["variables"] == CNF(from_file=str(folder / "instance.cnf")).nv
    assert meta["sizes"]["clauses"] == len(CNF(from_file=str(folder / "instance.cnf")).clauses)
    assert meta["reference"]["status"] == "SAT"
    assert (meta["reference"]["conflicts"] == 0) == (instance.family == "feistel")
    assert (meta["solutions"] is None) == (instance.bits == 40)
    assert json.loads((folder / TIMING).read_text())["cpu_seconds"] < 60


def test_the_secret_is_written_on_request_only(written: tuple[Instance, Path], tmp_path: Path) -> None:
    """Without `with_solution` no file holds the planted bits; with it `meta.json` does, and nothing else changes."""
    instance, folder = written
    assert instance.solution is not None
    secret = "".join(str(instance.solution >> i & 1) for i in range(instance.circuit.num_inputs))
    assert load(folder).solution is None
    assert "solution" not in read_meta(folder)
    for path in folder.iterdir():
        text = path.read_bytes()
        assert path.name == "circuit.aig" or f'"{secret}"'.encode() not in text
        if path.suffix == ".cnf":
            units = [clause for clause in CNF(from_string=text.decode()).clauses if len(clause) == 1]
            assert len(units) <= instance.circuit.num_outputs
    other = write_instance(instance, tmp_path, pairs=FEW, with_solution=True)
    assert read_meta(other)["solution"] == secret
    assert load(other).solution == instance.solution
    assert read_meta(other)["files"] == read_meta(folder)["files"]


def test_nothing_is_overwritten_or_left_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that exists is refused; `force` replaces an instance and nothing else; a failure leaves no trace."""
    (instance,) = make_instances("feistel-key", 8, 2)
    folder = write_instance(instance, tmp_path, pairs=FEW, budget=0)
    with pytest.raises(CircuitError, match="--force"):
        write_instance(instance, tmp_path, pairs=FEW, budget=0)
    write_instance(instance, tmp_path, pairs=Pairs(0), budget=0, force=True)
    assert not (folder / "pairs.safetensors").exists()
    (folder / "meta.json").unlink()
    with pytest.raises(CircuitError, match="is no instance"):
        write_instance(instance, tmp_path, pairs=FEW, budget=0, force=True)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("circuits.instances.folder._write_json", full)
    with pytest.raises(CircuitError, match="No space left"):
        write_instance(make_instances("feistel-key", 10, 2)[0], tmp_path, pairs=FEW, budget=0)
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_bad_arguments_are_refused() -> None:
    """Each with one sentence that says what to choose."""
    for arguments, sentence in (
        (("nobody", 8), "no family 'nobody'"),
        (("feistel-key", 7), "no member of 7 bits"),
        (("feistel-key", 8, 0), "cannot have 0 rounds"),
        (("feistel-key", 8, 1, -1), "negative"),
        (("feistel-key", 8, 1, 0, 0), "count 0"),
    ):
        with pytest.raises(CircuitError, match=sentence):
            make_instances(*arguments)  # type: ignore[arg-type]
    for arguments, sentence in (((-1, 0.1), "-1 pairs"), ((1, -0.1), "beta"), ((1, float("nan")), "beta")):
        with pytest.raises(CircuitError, match=sentence):
            Pairs(*arguments)
    with pytest.raises(CircuitError, match="no width makes it hard"):
        preset("feistel", "easy")
    with pytest.raises(CircuitError, match="no preset"):
        preset("feistel-key", "harder")


def test_presets_exist_and_were_measured() -> None:
    """Presets are of functions; each was measured: easy below a second, medium seconds, hard far more."""
    results = json.loads((Path(__file__).parents[2] / "benchmarks" / "results" / "hardness.json").read_text())
    for name, presets in PRESETS.items():
        assert FAMILIES[name].kind is Kind.FUNCTION
        for level, (bits, rounds) in presets.items():
            assert bits in family(name).bits
            rows = [r for r in results["rows"] if (r["family"], r["bits"], r["rounds"]) == (name, bits, rounds)]
            seconds = sorted(row["seconds"] for row in rows)
            assert seconds, (name, level)
            low, high = {"easy": (0.0, 0.7), "medium": (0.7, 20.0), "hard": (20.0, float("inf"))}[level]
            assert low <= seconds[len(seconds) // 2] < high, (name, level)
