"""Encoder files: what was saved is loaded, equal encoders are equal bytes, and what is no encoder is one error."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import load as tensors_of
from safetensors.torch import save as serialised

from circuits import CircuitError
from circuits.families import family
from reductions import ReductionError
from reductions.encoders import exact, fickle, planted, sign_probabilities, tabled
from reductions.files import FORMAT, dumps, load, save
from reductions.latent import DeepLatentGaussian
from reductions.networks import CLIP, IDENTITY, RELU, Network, NetworkBuilder, PiecewiseLinear
from reductions.patterns import signs_of

PERMUTATION = family("spn").build(8, None, 1)
ENCODERS = {
    "planted": planted(PERMUTATION.inverse),
    "exact": exact(PERMUTATION.circuit, 0.1),
    "fickle": fickle(PERMUTATION.inverse),
    "tabled": tabled(PERMUTATION.circuit),
}
numbers = st.floats(-1e300, 1e300)


def small() -> DeepLatentGaussian:
    """An encoder of two layers and a few bytes, for files to be broken."""
    builder = NetworkBuilder(2)
    a, b = builder.input_nodes
    first = builder.build([builder.node([a, b], [1.0, -1.0], activation=CLIP), builder.node([a], [2.0], 0.5, RELU)])
    builder = NetworkBuilder(2)
    return DeepLatentGaussian([(first, 0.5), (builder.build(builder.scaled(builder.input_nodes, 3.0)), 0.0)])


def header_of(path: Path) -> dict[str, object]:
    with safe_open(path, framework="pt") as file:
        return dict(json.loads(file.metadata()[FORMAT]))


def same(left: DeepLatentGaussian, right: DeepLatentGaussian) -> bool:
    """Whether all arrays, activations and betas agree, bit for bit."""
    arrays = ("start", "source", "weight", "bias", "kind", "outputs")
    return len(left.layers) == len(right.layers) and all(
        a.beta == b.beta
        and a.network.inputs == b.network.inputs
        and a.network.activations == b.network.activations
        and all(getattr(a.network, name).tobytes() == getattr(b.network, name).tobytes() for name in arrays)
        for a, b in zip(left.layers, right.layers, strict=True)
    )


@st.composite
def activations(draw: st.DrawFn) -> PiecewiseLinear:
    knots = sorted(draw(st.sets(st.integers(-1000, 1000), min_size=1, max_size=4)))
    values = tuple(draw(numbers) for _ in knots)
    return PiecewiseLinear(draw(st.text(max_size=5)), tuple(k / 7 for k in knots), values, draw(numbers), draw(numbers))


@st.composite
def networks(draw: st.DrawFn, inputs: int) -> Network:
    builder = NetworkBuilder(inputs)
    for _ in range(draw(st.integers(0, 4))):
        nodes = inputs + len(builder._bias)
        source = draw(st.lists(st.integers(0, nodes - 1), max_size=3)) if nodes else []
        builder.node(source, [draw(numbers) for _ in source], draw(numbers), draw(activations()))
    nodes = inputs + len(builder._bias)
    return builder.build(draw(st.lists(st.integers(0, nodes - 1), max_size=3)) if nodes else [])


@st.composite
def encoders(draw: st.DrawFn) -> DeepLatentGaussian:
    layers: list[tuple[Network, float]] = []
    width = draw(st.integers(0, 3))
    for _ in range(draw(st.integers(1, 3))):
        layers.append((draw(networks(width)), draw(st.floats(0, 10))))
        width = len(layers[-1][0].outputs)
    return DeepLatentGaussian(layers)


class TestRoundTrip:
    @settings(max_examples=80)
    @given(encoder=encoders())
    def test_any_encoder(self, encoder: DeepLatentGaussian, tmp_path_factory: pytest.TempPathFactory) -> None:
        """What is loaded is what was saved, bit for bit, and saving it again gives the same bytes."""
        path = tmp_path_factory.getbasetemp() / "encoder.safetensors"
        save(encoder, path)
        loaded = load(path)
        assert same(loaded, encoder)
        assert dumps(loaded) == path.read_bytes() == dumps(encoder)

    @pytest.mark.parametrize("encoder", ENCODERS.values(), ids=ENCODERS.keys())
    def test_real_encoders(self, encoder: DeepLatentGaussian, tmp_path: Path) -> None:
        """A loaded encoder makes the same samples, bit for bit, and has the same size."""
        save(encoder, tmp_path / "e.safetensors")
        loaded = load(tmp_path / "e.safetensors")
        x = signs_of(torch.arange(256), 8)
        samples = [one.sample(x, torch.Generator().manual_seed(1)) for one in (encoder, loaded)]
        assert torch.equal(*samples)
        assert loaded.parameter_count == encoder.parameter_count

    def test_the_law_of_a_loaded_encoder_is_known(self, tmp_path: Path) -> None:
        """`sign_probabilities` recognises an encoder of `from_signs` that comes from a file."""
        save(ENCODERS["planted"], tmp_path / "e.safetensors")
        x = signs_of(torch.arange(256), 8)
        laws = [sign_probabilities(one, x) for one in (ENCODERS["planted"], load(tmp_path / "e.safetensors"))]
        assert torch.equal(*laws)

    def test_the_same_bytes(self) -> None:
        """Two encoders made alike are the same bytes."""
        assert dumps(planted(PERMUTATION.inverse)) == dumps(ENCODERS["planted"])


class TestBadFiles:
    def test_missing_and_foreign(self, tmp_path: Path) -> None:
        """A file that is missing, a folder, empty, text, or safetensors of something else is one error naming it."""
        foreign = {"empty": b"", "text": b"aag 1 0 0 0 0\n", "other": serialised({"a": torch.zeros(1)})}
        for name, content in foreign.items():
            (tmp_path / name).write_bytes(content)
        (tmp_path / "folder").mkdir()
        for name in ("missing", "folder", *foreign):
            with pytest.raises(ReductionError, match=name):
                load(tmp_path / name)

    def test_a_place_that_cannot_be_written(self, tmp_path: Path) -> None:
        """Saving into a folder that is not there is one error."""
        with pytest.raises(CircuitError, match="cannot be written"):
            save(small(), tmp_path / "no" / "e.safetensors")

    def test_every_truncation(self, tmp_path: Path) -> None:
        """No prefix of a file is an encoder."""
        path, data = tmp_path / "e.safetensors", dumps(small())
        for length in range(0, len(data), 11):
            path.write_bytes(data[:length])
            with pytest.raises(ReductionError, match=r"e\.safetensors"):
                load(path)

    @settings(max_examples=250)
    @given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
    def test_a_changed_byte(self, place: float, byte: int, tmp_path_factory: pytest.TempPathFactory) -> None:
        """A file with one byte changed is one error or another encoder, which can be saved; never anything else."""
        path, data = tmp_path_factory.getbasetemp() / "e.safetensors", bytearray(dumps(small()))
        data[int(place * len(data))] = byte
        path.write_bytes(data)
        try:
            loaded = load(path)
        except ReductionError as error:
            assert "e.safetensors" in str(error)  # noqa: PT017
        else:
            dumps(loaded)

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("0.start", [0, 2, 99]),
            ("0.start", [0, 2**63 - 1, -(2**63)]),
            ("0.source", [0, 1, 7]),
            ("0.source", [0, 1, -1]),
            ("0.kind", [0, 2]),
            ("0.outputs", [2, 4]),
            ("0.weight", [1.0, float("nan"), 1.0]),
            ("0.weight", [1.0]),
            ("0.pieces", [1, 1]),
            ("0.pieces", [4, -1]),
            ("0.pieces", [2**63 - 1, 2**63 - 1]),
            ("0.knots", [1.0, -1.0, 0.0]),
            ("0.knots", [-1.0, 1.0, float("inf")]),
            ("0.left", [0.0]),
            ("1.outputs", []),
            ("betas", [0.5]),
            ("betas", [0.5, -1.0]),
            ("betas", [float("nan"), 1.0]),
            ("extra", [1.0]),
        ],
    )
    def test_hostile_arrays(self, name: str, content: list[float], tmp_path: Path) -> None:
        """An array that is no part of an encoder is one error, however its numbers overflow."""
        path = tmp_path / "e.safetensors"
        save(small(), path)
        header, tensors = header_of(path), tensors_of(path.read_bytes())
        dtype = tensors[name].dtype if name in tensors else torch.float64
        tensors[name] = torch.from_numpy(np.array(content, dtype=str(dtype).removeprefix("torch.")))
        path.write_bytes(serialised(tensors, metadata={FORMAT: json.dumps(header)}))
        if name == "1.outputs":
            assert load(path).outputs == 0
            return
        with pytest.raises(ReductionError, match=r"e\.safetensors: "):
            load(path)

    @pytest.mark.parametrize(
        ("name", "content"),
        [("0.start", [0, 2**63 - 1, -(2**63), -1, 3]), ("0.pieces", [2**63 - 1, 2**63 - 1, 6])],
    )
    def test_differences_and_sums_that_overflow(self, name: str, content: list[int], tmp_path: Path) -> None:
        """Rows and pieces that only fit because 64-bit sums wrap around are one error."""
        builder = NetworkBuilder(1)
        x = builder.input_nodes
        nodes = [builder.node(x, [1.0], activation=one) for one in (CLIP, RELU, IDENTITY)]
        path = tmp_path / "e.safetensors"
        save(DeepLatentGaussian([(builder.build([*nodes, builder.node([], [])]), 1.0)]), path)
        header, tensors = header_of(path), tensors_of(path.read_bytes())
        tensors[name] = torch.tensor(content)
        path.write_bytes(serialised(tensors, metadata={FORMAT: json.dumps(header)}))
        with pytest.raises(ReductionError, match="do not partition"):
            load(path)

    @pytest.mark.parametrize("name", ["0.start", "1.weight", "betas"])
    @pytest.mark.parametrize("change", ["missing", "shape", "dtype"])
    def test_tensors_of_another_kind(self, name: str, change: str, tmp_path: Path) -> None:
        """A tensor that is missing, no vector, or of another dtype is named."""
        path = tmp_path / "e.safetensors"
        save(small(), path)
        header, tensors = header_of(path), tensors_of(path.read_bytes())
        old = tensors.pop(name)
        if change != "missing":
            tensors[name] = old[None].contiguous() if change == "shape" else old.to(torch.float32)
        path.write_bytes(serialised(tensors, metadata={FORMAT: json.dumps(header)}))
        with pytest.raises(ReductionError, match=name):
            load(path)

    @pytest.mark.parametrize(
        "change",
        [
            {"version": 2},
            {"inputs": [2]},
            {"inputs": [2, -2]},
            {"inputs": [2**40, 2]},
            {"inputs": [3, 3]},
            {"inputs": [True, 2]},
            {"inputs": 2},
            {"activations": [["clip", "relu"]]},
            {"activations": [["clip"], ["identity"]]},
            {"activations": [["clip", 1], ["identity"]]},
            {"activations": None},
        ],
    )
    def test_hostile_headers(self, change: dict[str, object], tmp_path: Path) -> None:
        """A header that does not describe the arrays is one error."""
        path = tmp_path / "e.safetensors"
        save(small(), path)
        tensors, header = tensors_of(path.read_bytes()), header_of(path) | change
        path.write_bytes(serialised(tensors, metadata={FORMAT: json.dumps(header)}))
        with pytest.raises(ReductionError, match=r"e\.safetensors: "):
            load(path)

    @pytest.mark.parametrize("text", ["[]", "{", "[" * 100_000, "9" * 5000])
    def test_headers_of_other_json(self, text: str, tmp_path: Path) -> None:
        """A header that is no JSON object is one error, however deep or long."""
        path = tmp_path / "e.safetensors"
        path.write_bytes(serialised({"betas": torch.zeros(1)}, metadata={FORMAT: text}))
        with pytest.raises(ReductionError, match=r"e\.safetensors: "):
            load(path)
