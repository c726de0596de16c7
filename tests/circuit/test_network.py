"""The sgn/min/max networks: exact on every vertex, provably so, differentiable, and kept in files without loss."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from aes import VECTORS, aes_circuit, aes_inputs, aes_output
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from table import TABLE, Row
from torch import Tensor

from circuits import Builder, Circuit, CircuitError, evaluate
from circuits.network import (
    Generator,
    SignNetwork,
    agrees_exhaustively,
    compile,  # noqa: A004
    first_disagreement,
    gadgets,
    generator,
    kernel,
    load,
    prove,
    save,
    sign_network,
    to_circuit,
)

DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
rows = pytest.mark.parametrize("row", TABLE, ids=repr)
dtypes = pytest.mark.parametrize("dtype", DTYPES, ids=str)


@pytest.fixture(params=["torch", "kernel"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The levelled torch path, or the fused kernel however small the batch."""
    if request.param == "kernel":
        monkeypatch.setattr(sign_network, "WORTHWHILE", 0)
        return "auto"
    return "torch"


def named(name: str) -> Circuit:
    return next(row.circuit for row in TABLE if str(row) == name)


def cube(width: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """All vertices of {-1,1}^width, in the order of the integers."""
    return (torch.arange(1 << width)[:, None] >> torch.arange(width) & 1).to(dtype) * 2 - 1


def table_of(row: Row, dtype: torch.dtype = torch.float32) -> Tensor:
    values = [[2 * (y >> i & 1) - 1 for i in range(row.circuit.num_outputs)] for y in row.outputs()]
    return torch.tensor(values, dtype=dtype).reshape(len(values), row.circuit.num_outputs)


def random_circuit(inputs: int, gates: int, seed: int) -> Circuit:
    """Random ANDs and XORs, half of the literals complemented."""
    random, builder = np.random.default_rng(seed), Builder("random")
    bits = list(builder.inputs(inputs))
    for _ in range(gates):
        a, b = (~bits[i] if random.integers(2) else bits[i] for i in random.integers(len(bits), size=2))
        bits.append(a & b if random.integers(2) else a ^ b)
    builder.outputs(bits[-min(8, len(bits)) :])
    return builder.build()


class TestValues:
    @rows
    @dtypes
    def test_every_circuit_is_exact_on_every_vertex(self, row: Row, dtype: torch.dtype, engine: str) -> None:
        """The outputs are the table's, in the argument's dtype, by either engine."""
        result = compile(row.circuit, engine=engine)(cube(row.circuit.num_inputs, dtype))
        assert result.dtype == dtype
        assert torch.equal(result, table_of(row, dtype))

    @settings(max_examples=40)
    @given(st.integers(1, 8), st.integers(0, 60), st.integers(0, 2**32))
    def test_random_circuits_are_exact(self, inputs: int, gates: int, seed: int) -> None:
        """Any mixture of ANDs, XORs and complements agrees with the reference evaluator."""
        circuit = random_circuit(inputs, gates, seed)
        assert agrees_exhaustively(compile(circuit), circuit)

    def test_batches_longer_than_a_block_and_empty_ones(self, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Blocks join without a seam, whatever the batch, its strides and the number of threads."""
        monkeypatch.setattr(sign_network, "CPU_VALUES", 1000)
        row = next(row for row in TABLE if str(row) == "multiplier")
        x, y = cube(10), table_of(row)
        network = compile(row.circuit, engine=engine)
        for batch in (0, 1, 63, 64, 65, 255, 257, 1023):
            assert torch.equal(network(x[:batch]), y[:batch])
        assert torch.equal(network(x.T.contiguous().T), y)
        assert torch.equal(network(x[::3]), y[::3])

    def test_aes_gives_the_fips_197_vectors(self, engine: str) -> None:
        """The supplied AES-128, as a network in half precision, encrypts."""
        circuit = aes_circuit()
        network = compile(circuit, engine=engine)
        x = [[2 * (aes_inputs(key, plain) >> i & 1) - 1 for i in range(256)] for key, plain, _ in VECTORS]
        result = network(torch.tensor(x, dtype=torch.float16))
        assert set(result.unique().tolist()) == {-1, 1}
        for values, (_, _, cipher) in zip(result.tolist(), VECTORS, strict=True):
            assert aes_output(sum((value > 0) << i for i, value in enumerate(values))) == cipher

    def test_nan_passes_on_to_what_depends_on_it(self, engine: str) -> None:
        """A NaN is never turned into a bit: outputs that do not read it stay exact."""
        x = cube(3)
        x[:, 2] = torch.nan
        result = compile(named("toffoli"), engine=engine)(x)
        assert torch.equal(result[:, :2], x[:, :2])
        assert result[:, 2].isnan().all()

    def test_wrong_arguments_are_named(self) -> None:
        """Width, rank, dtype, device and options that do not fit raise `CircuitError`."""
        network = compile(named("toffoli"))
        for x in (torch.ones(4), torch.ones(2, 4), torch.ones(1, 2, 3), torch.ones(2, 3, dtype=torch.int64)):
            with pytest.raises(CircuitError, match=r"shape \(batch, 3\)"):
                network(x)
        with pytest.raises(CircuitError, match="on cpu, its argument on meta"):
            network(torch.ones(2, 3, device="meta"))
        with pytest.raises(CircuitError, match="engine 'fast' is unknown"):
            compile(named("toffoli"), engine="fast")  # type: ignore[arg-type]
        with pytest.raises(CircuitError, match="sgn 'soft' is unknown"):
            generator(named("toffoli"), sgn="soft")  # type: ignore[arg-type]

    @pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
    def test_cuda_gives_the_same(self) -> None:
        """On a CUDA device values and gradients are those of the CPU."""
        circuit = named("multiplier")
        network = compile(circuit).cuda()
        assert agrees_exhaustively(network, circuit)


class TestGadgets:
    def test_their_tables_are_those_of_their_names(self) -> None:
        """min is AND, max is OR, the max of two mins is XOR, in every dtype."""
        for dtype in DTYPES:
            assert gadgets.truth_table(gadgets.conjunction, dtype) == 0b1000
            assert gadgets.truth_table(gadgets.disjunction, dtype) == 0b1110
            assert gadgets.truth_table(gadgets.exclusive_or, dtype) == 0b0110
        with pytest.raises(ValueError, match="not Boolean"):
            gadgets.truth_table(torch.add)

    def test_xor_between_the_vertices_is_the_docstrings_formula(self) -> None:
        """On all of the plane xor(a, b) = -sgn(a) sgn(b) min(|a|, |b|), zeros included."""
        a, b = torch.meshgrid(torch.linspace(-3, 3, 25), torch.linspace(-3, 3, 25), indexing="ij")
        expected = -a.sign() * b.sign() * torch.minimum(a.abs(), b.abs())
        assert torch.equal(gadgets.exclusive_or(a, b), expected)

    @settings(max_examples=30)
    @given(st.integers(1, 8), st.integers(0, 60), st.integers(0, 2**32))
    def test_networks_commute_with_sgn_off_the_zeros(self, inputs: int, gates: int, seed: int) -> None:
        """sgn N(x) = N(sgn x), |N(x)| >= min |x|, and N is 1-Lipschitz in the maximum norm."""
        network = compile(random_circuit(inputs, gates, seed))
        x, y = torch.randn(2, 100, inputs, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        values = network(x)
        assert torch.equal(gadgets.sgn(values), network(gadgets.sgn(x)))
        assert (values.abs().amin(1) >= x.abs().amin(1).clamp(max=1)).all()
        assert ((values - network(y)).abs().amax(1) <= (x - y).abs().amax(1)).all()


class TestGenerator:
    @dtypes
    def test_sgn_of_zero_is_plus_one(self, dtype: torch.dtype) -> None:
        """0, -0.0 and the smallest positive number are true, the smallest negative one is false, NaN stays NaN."""
        tiny = torch.finfo(dtype).smallest_normal
        z = torch.tensor([0.0, -0.0, tiny, -tiny, torch.inf, -torch.inf], dtype=dtype)
        for sgn in (gadgets.sgn, gadgets.straight_through_sgn):
            assert sgn(z).tolist() == [1, 1, 1, -1, 1, -1]
            assert sgn(z).dtype == dtype
            assert sgn(torch.tensor([torch.nan], dtype=dtype)).isnan().all()

    @rows
    def test_it_depends_on_the_signs_alone(self, row: Row) -> None:
        """G(z) = C(sgn z), whatever the magnitudes, for both kinds of sgn."""
        x = cube(row.circuit.num_inputs)
        z = x * torch.rand(x.shape, generator=torch.Generator().manual_seed(0)).add(1e-30).log().exp()
        for sgn in ("exact", "straight-through"):
            G = generator(row.circuit, sgn=sgn)
            assert torch.equal(G(z), table_of(row))
            assert torch.equal(G(torch.where(x > 0, 0.0, z)), table_of(row))

    def test_padding_with_constants_is_plus_one(self) -> None:
        """Remark 1: outputs beyond the circuit's are the constant +1."""
        builder = Builder("padded")
        builder.outputs([*builder.inputs(2), builder.true, builder.true])
        z = torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
        assert torch.equal(generator(builder.build())(z)[:, 2:], torch.ones(50, 2))


class TestGradients:
    @pytest.mark.parametrize("name", ["multiplier", "present-s-box", "deep-chain", "constants"])
    def test_subgradients_are_those_of_torchs_own_tape(self, name: str) -> None:
        """The backward pass over levels equals autograd through the gates one by one, ties included."""
        circuit = named(name)
        generic = torch.randn(40, circuit.num_inputs, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
        for start in (generic, cube(circuit.num_inputs, torch.float64)):
            ours, theirs = (start.clone().requires_grad_() for _ in range(2))
            literal = [-torch.ones(len(start), dtype=torch.float64), *theirs.T]
            for a, b, xor in zip(*(f.tolist() for f in (circuit.fanin0, circuit.fanin1, circuit.is_xor)), strict=True):
                p, q = (-literal[f >> 1] if f & 1 else literal[f >> 1] for f in (a, b))
                literal.append(gadgets.exclusive_or(p, q) if xor else torch.minimum(p, q))
            outputs = [-literal[y >> 1] if y & 1 else literal[y >> 1] for y in circuit.outputs.tolist()]
            expected = torch.stack(outputs, dim=1)
            result = compile(circuit)(ours)
            assert torch.equal(result, expected)
            weight = torch.randn(expected.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
            (result * weight).sum().backward()
            (expected * weight + 0 * theirs.sum()).sum().backward()
            assert ours.grad is not None
            torch.testing.assert_close(ours.grad, theirs.grad)

    def test_straight_through_attack_finds_a_pre_image(self) -> None:
        """Gradient descent through sgn inverts one round of a shallow permutation; the exact sgn gives no gradient."""
        builder = Builder("shallow")
        x = builder.inputs(12)
        builder.outputs([*x[:6], *(x[6:] ^ (x[:6] & x[:6].rotate_left(1)))])
        circuit = builder.build()
        target = generator(circuit)(torch.randn(1, 12, generator=torch.Generator().manual_seed(3)))
        G = generator(circuit, sgn="straight-through")
        z = torch.randn(32, 12, generator=torch.Generator().manual_seed(4)).requires_grad_()
        optimiser = torch.optim.Adam([z], lr=0.1)
        for _ in range(200):
            optimiser.zero_grad()
            (G(z) - target).square().sum().backward()
            optimiser.step()
        assert (generator(circuit)(z) == target).all(dim=1).any()
        assert not generator(circuit)(z).requires_grad


class TestSize:
    @rows
    def test_it_counts_units_and_edges(self, row: Row) -> None:
        """Parameters are linear in the gates; units and depth follow from the gates' kinds."""
        circuit = row.circuit
        for network, sgns in ((compile(circuit), 0), (generator(circuit), circuit.num_inputs)):
            size = network.size()
            assert size.parameters == 2 * circuit.num_ands + 6 * circuit.num_xors + circuit.num_outputs + sgns
            assert size.parameters <= 6 * circuit.num_gates + circuit.num_outputs + circuit.num_inputs
            assert (size.sgns, size.mins, size.maxs) == (
                sgns,
                circuit.num_ands + 2 * circuit.num_xors,
                circuit.num_xors,
            )
            assert size.width <= size.nonlinearities <= size.width * max(1, size.depth)

    def test_depth_and_width_of_a_known_network(self) -> None:
        """Parity of nine bits is eight XORs, four levels of balanced tree or a chain; a XOR is two layers."""
        b = Builder("xors")
        x = b.inputs(4)
        b.output((x[0] ^ x[1]) ^ (x[2] ^ x[3]))
        size = compile(b.build()).size()
        assert (size.depth, size.width, size.parameters) == (4, 4, 19)
        G = generator(b.build()).size()
        assert (G.depth, G.width, G.parameters, G.nonlinearities) == (5, 4, 23, 13)


class TestProof:
    @rows
    def test_the_network_is_proved_equal_to_its_circuit(self, row: Row) -> None:
        """By SAT on its own arithmetic and on all vertices, in each dtype."""
        network = compile(row.circuit)
        assert prove(network, row.circuit)
        assert prove(network, row.circuit, method="exhaustive")
        assert all(agrees_exhaustively(network, row.circuit, dtype=dtype) for dtype in DTYPES)
        recovered = to_circuit(network)
        assert [evaluate(recovered, x) for x in range(1 << row.circuit.num_inputs)] == row.outputs()
        assert recovered.output_names == row.circuit.output_names

    @pytest.mark.parametrize(
        ("gadget", "mutant"),
        [
            ("conjunction", torch.maximum),
            ("exclusive_or", lambda a, b: torch.maximum(torch.minimum(a, b), torch.minimum(-a, b))),
            ("exclusive_or", lambda a, b: torch.minimum(torch.maximum(a, -b), torch.maximum(-a, b))),
            ("complement", lambda a: a),
        ],
        ids=["min is max", "a lost complement in XOR", "XOR with min and max swapped", "complement is identity"],
    )
    @pytest.mark.parametrize("method", ["sat", "exhaustive"])
    def test_wrong_arithmetic_is_refuted(
        self, gadget: str, mutant: object, method: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each mutant gadget changes the circuit that is recovered, and the proof fails with a true counterexample."""
        circuit = named("comparator")
        network = compile(circuit, engine="torch")
        monkeypatch.setattr(gadgets, gadget, mutant)
        proof = prove(network, circuit, method=method)  # type: ignore[arg-type]
        assert not proof
        vertex = cube(8)[proof.counterexample]
        y = sum((value > 0) << i for i, value in enumerate(network(vertex[None])[0].tolist()))
        assert y != evaluate(circuit, proof.counterexample or 0)

    @pytest.mark.parametrize("method", ["sat", "exhaustive"])
    def test_wrong_tensors_are_refuted(self, method: str) -> None:
        """A flipped complement is found wherever it is, exactly when it shows on some vertex."""
        row = next(row for row in TABLE if str(row) == "present-s-box")
        found = 0
        for tensor, change in (("left", 1), ("right", 1), ("outputs", 1)):
            for i in range(len(getattr(compile(row.circuit), tensor))):
                network = compile(row.circuit)
                getattr(network, tensor)[i] ^= change
                right = torch.equal(network(cube(4)), table_of(row))
                assert bool(prove(network, row.circuit, method=method)) == right  # type: ignore[arg-type]
                found += not right
        assert found > 50

    def test_the_fused_kernel_is_part_of_the_proof(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A kernel whose AND were an OR is refused, even where SAT sees only torch."""
        circuit = named("toffoli")
        real = kernel.run
        monkeypatch.setattr(kernel, "run", lambda left, *rest: real(left ^ 1, *rest))
        with pytest.raises(AssertionError, match="fused kernel"):
            prove(compile(circuit), circuit)

    def test_aes_is_proved(self) -> None:
        """Thirty-six thousand gates over 256 inputs, by SAT."""
        circuit = aes_circuit()
        assert prove(compile(circuit), circuit)

    def test_a_row_read_too_early_is_no_network(self) -> None:
        """Tensors that read rows not yet computed are refused."""
        network = compile(named("majority"))
        network.left[0] = 2 * (network.num_nodes - 1)
        with pytest.raises(CircuitError, match="before it is computed"):
            to_circuit(network)

    def test_what_cannot_be_compared_is_named(self) -> None:
        """Different widths, too many inputs and unknown methods raise `CircuitError`."""
        network = compile(named("toffoli"))
        with pytest.raises(CircuitError, match="3 inputs and 3 outputs"):
            prove(network, named("adder"))
        with pytest.raises(CircuitError, match="method 'luck' is unknown"):
            prove(network, named("toffoli"), method="luck")  # type: ignore[arg-type]
        builder = Builder("wide")
        builder.outputs(builder.inputs(25))
        with pytest.raises(CircuitError, match="too many to try"):
            first_disagreement(compile(builder.build()), builder.build())


class TestFiles:
    @rows
    def test_a_loaded_network_is_the_saved_one(self, row: Row, tmp_path: Path) -> None:
        """Tensors, names, function and bytes survive the round trip; nothing else is left in the folder."""
        network = compile(row.circuit)
        save(network, tmp_path / "one.safetensors")
        again = load(tmp_path / "one.safetensors")
        save(again, tmp_path / "two.safetensors")
        assert (tmp_path / "one.safetensors").read_bytes() == (tmp_path / "two.safetensors").read_bytes()
        assert all(torch.equal(a, b) for a, b in zip(network.buffers(), again.buffers(), strict=True))
        assert (again.name, again.input_names, again.output_names, again.levels) == (
            network.name,
            network.input_names,
            network.output_names,
            network.levels,
        )
        assert sorted(path.name for path in tmp_path.iterdir()) == ["one.safetensors", "two.safetensors"]

    def test_malformed_files_name_the_file_and_the_fault(self, tmp_path: Path) -> None:
        """Truncated, foreign, or tampered files raise `CircuitError` with their path."""
        path, good = tmp_path / "bad.safetensors", tmp_path / "good.safetensors"
        save(compile(named("adder")), good)
        tensors, raw = load_file(good), good.read_bytes()
        names = {"inputs": [f"x{i}" for i in range(8)], "outputs": [f"y{i}" for i in range(5)]}
        header: dict[str, object] = {"version": 1, "name": "n", **names}
        cases: list[tuple[dict[str, Tensor], object, str]] = [
            (tensors, None, "version is not 1"),
            (tensors, [], "version is not 1"),
            (tensors, header | {"version": 2}, "version is not 1"),
            (tensors, header | {"name": 3}, "name is not a string"),
            (tensors, header | {"inputs": "abc"}, "not a list of strings"),
            (tensors, header | {"outputs": [1]}, "not a list of strings"),
            (tensors, header | {"inputs": []}, "reads itself or a later node|no literal"),
            ({"left": tensors["left"]}, header, "it holds the tensors"),
            (tensors | {"left": tensors["left"].long()}, header, "vector of torch.int32"),
            (tensors | {"left": tensors["left"][None]}, header, "vector of torch.int32"),
            (tensors | {"left": tensors["right"], "right": tensors["left"]}, header, "increasing order"),
            (tensors | {"left": tensors["left"][1:]}, header, "different lengths"),
            (tensors | {"outputs": tensors["outputs"] + 10**6}, header, "no literal"),
        ]
        for case, metadata, complaint in cases:
            content = {name: tensor.clone() for name, tensor in case.items()}
            save_file(content, path, metadata={"lemmata-network": json.dumps(metadata)})
            with pytest.raises(CircuitError, match=complaint) as caught:
                load(path)
            assert str(path) in str(caught.value)
        save_file(tensors, path, metadata={"lemmata-network": "{"})
        with pytest.raises(CircuitError, match="no lemmata-network file"):
            load(path)
        for data in (b"", raw[:7], raw[: len(raw) // 2], b"\xff" * 100, raw + b"more"):
            path.write_bytes(data)
            with pytest.raises(CircuitError, match=r"bad\.safetensors"):
                load(path)
        with pytest.raises(CircuitError, match=r"absent\.safetensors"):
            load(tmp_path / "absent.safetensors")


def test_the_module_is_a_plain_torch_module() -> None:
    """It has buffers and no parameters, moves with .to(), prints itself, and runs inside Sequential."""
    network = compile(named("toffoli"))
    assert isinstance(network, SignNetwork)
    assert not list(network.parameters())
    assert {buffer.dtype for buffer in network.half().buffers()} == {torch.int32}
    assert "3 -> 3" in repr(Generator(network))
    assert torch.equal(torch.nn.Sequential(network, network)(cube(3)), cube(3))
