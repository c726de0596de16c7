"""Batch simulation by every engine, against the reference evaluator and Python's integers."""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from table import TABLE, Row

from circuits import Bit, Builder, Circuit, CircuitError, evaluate, evaluate_lanes
from circuits.simulation import Engine, evaluate_batch, pack, random_inputs, simulate, simulate_signs, unpack
from circuits.simulation import compiled as compiled_module
from circuits.simulation import engine as engines
from circuits.simulation.schedule import schedule

ENGINES = list(Engine)


def random_circuit(inputs: int, gates: int, outputs: int, seed: int) -> Circuit:
    """A seeded circuit whose gates and outputs draw their literals from everything before them, constants included."""
    rng = np.random.default_rng(seed)
    builder = Builder(f"random {seed}")
    known = [0, *(bit.literal for bit in builder.inputs(inputs))]
    for _ in range(gates):
        a, b = (known[int(rng.integers(len(known)))] ^ int(rng.integers(2)) for _ in range(2))
        known.append(builder.xor_literals(a, b) if rng.integers(3) == 0 else builder.and_literals(a, b))
    for _ in range(outputs):
        builder.output(Bit(builder, known[int(rng.integers(len(known)))] ^ int(rng.integers(2))))
    return builder.build()


def by_reference(circuit: Circuit, inputs: np.ndarray) -> list[list[int]]:
    """The output words by `evaluate_lanes`, whose integers hold all words of a row."""
    lanes = 64 * inputs.shape[1]
    columns = [sum(word << 64 * w for w, word in enumerate(row)) for row in inputs.tolist()]
    outputs = evaluate_lanes(circuit, columns, lanes)
    return [[y >> 64 * w & 2**64 - 1 for w in range(inputs.shape[1])] for y in outputs]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("row", TABLE, ids=repr)
def test_batch_mode_computes_the_integer_function(row: Row, engine: Engine) -> None:
    """Packed lanes, integers and ±1 tensors all give the table's outputs, whatever the engine."""
    width, outputs = row.circuit.num_inputs, row.circuit.num_outputs
    xs = np.random.default_rng(0).integers(0, 1 << width, 200, dtype=np.uint64)
    expected = [row.function(int(x)) for x in xs]
    assert evaluate_batch(row.circuit, xs, engine=engine).tolist() == expected
    bits = (xs[:, None] >> np.arange(width, dtype=np.uint64) & np.uint64(1)).astype(np.bool_)
    true = np.array([[y >> i & 1 for i in range(outputs)] for y in expected], dtype=np.bool_).reshape(200, outputs)
    packed = simulate(row.circuit, pack(bits.T), engine=engine.value)
    assert packed.dtype == np.uint64
    assert np.array_equal(unpack(packed, 200), true.T)
    for dtype in (torch.float16, torch.float32, torch.float64):
        signs = simulate_signs(row.circuit, torch.from_numpy(bits).to(dtype) * 2 - 1, engine=engine)
        assert signs.dtype == dtype
        assert torch.equal(signs, torch.from_numpy(true).to(dtype) * 2 - 1)


@settings(max_examples=60)
@given(st.integers(0, 70), st.integers(0, 80), st.integers(0, 12), st.integers(0, 30), st.integers(0, 2**32))
def test_random_circuits_agree_with_the_reference(inputs: int, gates: int, outputs: int, words: int, seed: int) -> None:
    """Any circuit, any number of words: duplicated, constant and complemented outputs included."""
    circuit = random_circuit(inputs, gates, outputs, seed)
    lanes = random_inputs(inputs, words, seed)
    expected = by_reference(circuit, lanes)
    for engine in (Engine.INTERPRETER, Engine.TORCH):
        assert simulate(circuit, lanes, engine=engine, threads=1 + seed % 3).tolist() == expected


@settings(max_examples=8)
@given(st.integers(0, 9), st.integers(0, 40), st.integers(1, 20), st.integers(0, 2**32))
def test_native_code_agrees_with_the_reference(inputs: int, outputs: int, words: int, seed: int) -> None:
    """Native code too, on fewer circuits because each is compiled."""
    circuit = random_circuit(inputs, 60, outputs, seed)
    lanes = random_inputs(inputs, words, seed)
    assert simulate(circuit, lanes, engine="native", threads=2).tolist() == by_reference(circuit, lanes)


def test_engines_agree_on_a_large_circuit() -> None:
    """20 000 gates: many native functions that hand values on, many slots, several blocks, two threads."""
    circuit = random_circuit(24, 20_000, 300, seed=1)
    lanes = random_inputs(24, 45, seed=2)
    expected = by_reference(circuit, lanes)
    for engine in (Engine.INTERPRETER, Engine.NATIVE, Engine.TORCH):
        assert simulate(circuit, lanes, engine=engine, threads=2).tolist() == expected


def test_a_schedule_reuses_slots_after_the_last_read() -> None:
    """A chain of any length takes three slots more than its inputs, and no instruction writes what it reads."""
    b = Builder()
    x = b.inputs(4)
    bit = x[0]
    for i in range(1000):
        bit = ~(bit & x[i % 4]) ^ x[(i + 1) % 4]
    b.output(bit)
    program = schedule(b.build())
    assert program.num_slots <= 7
    gates = program.code[program.code[:, 0] <= 3]
    assert np.all((gates[:, 3] != gates[:, 1]) & (gates[:, 3] != gates[:, 2]))


def test_auto_compiles_only_what_repays_it() -> None:
    """A short run is interpreted; a long one is compiled, unless too many values are alive."""
    circuit = next(row.circuit for row in TABLE if str(row) == "multiplier")
    assert not engines._repays(circuit, 1000)
    assert engines._repays(circuit, 10**12)
    wide = random_circuit(16, 20_000, 3000, seed=3)
    assert schedule(wide).num_slots > engines.NATIVE_SLOTS
    assert not engines._repays(wide, 10**12)


def test_random_inputs_are_the_same_for_the_same_seed() -> None:
    """Same seed, same bytes; another seed, other bytes; about half of the bits are 1."""
    first, second, other = (random_inputs(8, 64, seed) for seed in (5, 5, 6))
    assert first.tobytes() == second.tobytes() != other.tobytes()
    assert abs(unpack(first).mean() - 0.5) < 0.02


@given(st.integers(0, 5), st.integers(0, 200), st.integers(0, 2**32))
def test_pack_and_unpack_are_inverse(rows: int, lanes: int, seed: int) -> None:
    """Bit l of word w is lane 64 w + l; the bits beyond the last lane are 0."""
    bits = np.random.default_rng(seed).integers(0, 2, (rows, lanes)).astype(np.bool_)
    words = pack(bits)
    assert np.array_equal(unpack(words, lanes), bits)
    assert not unpack(words)[:, lanes:].any()
    for row, packed in zip(bits, words, strict=True):
        assert sum(int(bit) << lane for lane, bit in enumerate(row)) == sum(
            int(word) << 64 * w for w, word in enumerate(packed)
        )


def test_sixty_four_bits_fit() -> None:
    """Integers with the highest bit set pass through unharmed."""
    b = Builder()
    b.outputs(~b.inputs(64))
    xs = np.array([0, 1, 2**63, 2**64 - 1, 0x0123456789ABCDEF], dtype=np.uint64)
    assert evaluate_batch(b.build(), xs).tolist() == [int(x) ^ 2**64 - 1 for x in xs]
    assert evaluate(b.build(), 2**63) == 2**63 - 1


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_tensors_on_cuda_stay_there() -> None:
    """The output is on the input's device and equals the CPU's."""
    circuit = random_circuit(20, 500, 20, seed=4)
    signs = torch.from_numpy(np.random.default_rng(0).choice([-1.0, 1.0], (1000, 20)))
    result = simulate_signs(circuit, signs.cuda())
    assert result.device.type == "cuda"
    assert torch.equal(result.cpu(), simulate_signs(circuit, signs))


def test_misuse_is_named() -> None:
    """Wrong dtypes, shapes, values and engine names each say what was wanted."""
    circuit = TABLE[0].circuit
    words = random_inputs(3, 2, 0)
    with pytest.raises(CircuitError, match="3 inputs, but 2 rows"):
        simulate(circuit, words[:2])
    with pytest.raises(CircuitError, match="uint64 array of shape"):
        simulate(circuit, words.astype(np.int64))
    with pytest.raises(CircuitError, match="choose one of auto, interpreter, native, torch"):
        simulate(circuit, words, engine="fast")
    with pytest.raises(CircuitError, match="0 threads"):
        simulate(circuit, words, threads=0)
    with pytest.raises(CircuitError, match=r"outside of \[0, 2\^inputs\)"):
        evaluate_batch(circuit, np.array([8], dtype=np.uint64))
    with pytest.raises(CircuitError, match="vector of integers"):
        evaluate_batch(circuit, np.array([1.0]))
    with pytest.raises(CircuitError, match=r"other than \+1 and -1"):
        simulate_signs(circuit, torch.tensor([[1.0, -1.0, 0.0]]))
    with pytest.raises(CircuitError, match=r"other than \+1 and -1"):
        simulate_signs(circuit, torch.tensor([[1.0, -1.0, float("nan")]]))
    with pytest.raises(CircuitError, match="floats of shape"):
        simulate_signs(circuit, torch.ones(2, 4))
    with pytest.raises(CircuitError, match="Booleans of shape"):
        pack(np.zeros((2, 3)))
    with pytest.raises(CircuitError, match="cannot be unpacked"):
        unpack(words, 129)


def test_kernels_compile_where_no_cache_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A read-only install without a home directory costs a compilation in each process, not the import."""

    def refusing(**options: bool) -> Callable[[Callable[..., int]], Callable[..., int]]:
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return numba.njit(**options)

    monkeypatch.setattr(compiled_module, "njit", refusing)
    assert compiled_module.compiled(lambda x: x + 1)(41) == 42
