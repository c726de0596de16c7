"""The exported graphs: accepted by ONNX's checker, bit-equal under onnxruntime, small in operators, quick to write."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from aes import VECTORS, aes_circuit, aes_inputs, aes_output
from table import TABLE, Row

from circuits import Builder, CircuitError
from circuits.network import compile, generator, to_onnx  # noqa: A004

ort = pytest.importorskip("onnxruntime")
rows = pytest.mark.parametrize("row", TABLE, ids=repr)
layouts = pytest.mark.parametrize("batch_first", [False, True], ids=["rows", "batch first"])


def run(path: Path, x: np.ndarray) -> np.ndarray:
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (y,) = session.run(None, {"x": x.astype(np.float32)})
    assert y.dtype == np.float32
    return y


def cube(width: int) -> np.ndarray:
    return ((np.arange(1 << width)[:, None] >> np.arange(width) & 1) * 2 - 1).astype(np.float32)


@rows
@layouts
def test_onnxruntime_agrees_bit_for_bit_on_every_vertex(row: Row, batch_first: bool, tmp_path: Path) -> None:
    """Network and generator give the table, byte for byte what torch gives, in both layouts."""
    x = cube(row.circuit.num_inputs)
    table = [[2 * (y >> i & 1) - 1 for i in range(row.circuit.num_outputs)] for y in row.outputs()]
    expected = np.array(table, dtype=np.float32).reshape(len(x), row.circuit.num_outputs)
    path = tmp_path / "network.onnx"
    to_onnx(compile(row.circuit), path, batch_first=batch_first)
    assert run(path, x).tobytes() == expected.tobytes()
    to_onnx(row.circuit, path, generator=True, batch_first=batch_first)
    z = x * np.random.default_rng(0).uniform(1e-6, 9, x.shape).astype(np.float32)
    assert run(path, z).tobytes() == expected.tobytes()
    assert [file.name for file in tmp_path.iterdir()] == ["network.onnx"]


def test_between_the_vertices_it_is_the_same_relaxation(tmp_path: Path) -> None:
    """On arbitrary reals the graph and the torch module agree exactly."""
    row = next(row for row in TABLE if str(row) == "multiplier")
    x = torch.randn(500, 10, generator=torch.Generator().manual_seed(0))
    to_onnx(row.circuit, tmp_path / "n.onnx")
    assert np.array_equal(run(tmp_path / "n.onnx", x.numpy()), compile(row.circuit)(x).numpy())


def test_sgn_of_zero_is_plus_one_there_too(tmp_path: Path) -> None:
    """Sign(Sign(z) + 1/2) is +1 at 0, -0.0 and the smallest normal number, -1 just below."""
    row = next(row for row in TABLE if str(row) == "identity")
    to_onnx(generator(row.circuit), tmp_path / "g.onnx")
    tiny = np.finfo(np.float32).tiny
    z = np.array([[0.0, -0.0, tiny], [-tiny, np.inf, -np.inf]])
    assert run(tmp_path / "g.onnx", z).tolist() == [[1, 1, 1], [-1, 1, -1]]


@layouts
def test_only_the_named_operators_occur(batch_first: bool, tmp_path: Path) -> None:
    """The only nonlinear operators are Min, Max and Sign; the batch axis has the name, or the size, asked for."""
    nonlinear, linear = {"Min", "Max", "Sign"}, {"Gather", "Neg", "Concat", "Transpose", "Identity", "Add"}
    for row in TABLE:
        to_onnx(row.circuit, tmp_path / "n.onnx", generator=True, batch=7, batch_first=batch_first)
        model = onnx.load(tmp_path / "n.onnx")
        assert {node.op_type for node in model.graph.node} <= nonlinear | linear
        assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_value == 7
        if row.circuit.num_inputs:
            assert run(tmp_path / "n.onnx", np.ones((7, row.circuit.num_inputs))).shape == (7, row.circuit.num_outputs)
    to_onnx(TABLE[0].circuit, tmp_path / "n.onnx", batch="N")
    assert onnx.load(tmp_path / "n.onnx").graph.input[0].type.tensor_type.shape.dim[0].dim_param == "N"
    for wrong in ("", 0, -1):
        with pytest.raises(CircuitError, match="neither a name nor a positive number"):
            to_onnx(TABLE[0].circuit, tmp_path / "n.onnx", batch=wrong)


def test_aes_under_onnxruntime_gives_the_fips_197_vectors(tmp_path: Path) -> None:
    """The supplied AES-128, exported, encrypts."""
    to_onnx(aes_circuit(), tmp_path / "aes.onnx")
    x = [[2 * (aes_inputs(key, plain) >> i & 1) - 1 for i in range(256)] for key, plain, _ in VECTORS]
    for values, (_, _, cipher) in zip(run(tmp_path / "aes.onnx", np.array(x)).tolist(), VECTORS, strict=True):
        assert aes_output(sum((value > 0) << i for i, value in enumerate(values))) == cipher


def test_a_hundred_thousand_gates_export_level_by_level(tmp_path: Path) -> None:
    """A deep adder chain the size of SHA-256's compression function is written level by level, not gate by gate."""
    builder = Builder("adders")
    x, y = builder.inputs(32, "x"), builder.inputs(32, "y")
    while builder.num_gates < 100_000:
        x, y = (x + y) ^ y.rotate_left(7), x
    builder.outputs([*x, *y])
    circuit = builder.build()
    to_onnx(circuit, tmp_path / "adders.onnx")
    assert len(onnx.load(tmp_path / "adders.onnx").graph.node) < 14 * circuit.depth
