"""Batch mode: a circuit on given lanes, be they words, integers or tensors of ±1."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, UInt64
from torch import Tensor

from circuits.circuit import Circuit
from circuits.error import CircuitError
from circuits.simulation.engine import Engine, engine_named, kernel, spread
from circuits.simulation.lanes import checked_words, empty_words, integers_to_words, pack, unpack, words_to_integers
from circuits.simulation.tensors import bit_sliced, pack_lanes, unpack_lanes


def simulate(
    circuit: Circuit,
    inputs: UInt64[np.ndarray, "inputs words"],
    *,
    engine: Engine | str = "auto",
    threads: int | None = None,
) -> UInt64[np.ndarray, "outputs words"]:
    """Every output on packed lanes: row i is input i, or output i, and bit l of word w is lane 64 * w + l.

    Runs on `threads` threads (None: one a core, if the run is long enough). Raises `CircuitError` unless `inputs` is
    a uint64 array of one row an input, and for an unknown engine.
    """
    inputs = checked_words(inputs, f"simulate {circuit.name!r}", circuit.num_inputs)
    words = inputs.shape[1]
    if words % 8:
        inputs = np.pad(inputs, ((0, 0), (0, -words % 8)))
    outputs = empty_words(circuit.num_outputs, inputs.shape[1])
    run = kernel(circuit, engine, words)
    spread(lambda first, last: run(inputs, first, outputs, first, last - first), circuit, inputs.shape[1], threads)
    return np.ascontiguousarray(outputs[:, :words])


def evaluate_batch(
    circuit: Circuit, xs: UInt64[np.ndarray, " lanes"], *, engine: Engine | str = "auto", threads: int | None = None
) -> UInt64[np.ndarray, " lanes"]:
    """C(x) for each integer x: bit i is input i, or output i.

    Raises `CircuitError` for more than 64 inputs or outputs, for an array that is not of integers, and for an x that
    is negative or has more bits than there are inputs.
    """
    if max(circuit.num_inputs, circuit.num_outputs) > 64:
        raise CircuitError(f"{circuit.name!r} has more than 64 inputs or outputs: use simulate() on packed lanes")
    xs = np.asarray(xs)
    if xs.ndim != 1 or xs.dtype.kind not in "iu":
        raise CircuitError(f"evaluate_batch wants a vector of integers, not {xs.dtype} of shape {xs.shape}")
    if len(xs) and not 0 <= int(xs.min()) <= int(xs.max()) < 1 << circuit.num_inputs:
        raise CircuitError(f"{circuit.name!r} has {circuit.num_inputs} inputs: an x lies outside of [0, 2^inputs)")
    words = integers_to_words(xs.astype(np.uint64), circuit.num_inputs)
    return words_to_integers(simulate(circuit, words, engine=engine, threads=threads), len(xs))


def simulate_signs(
    circuit: Circuit, x: Float[Tensor, "batch inputs"], *, engine: Engine | str = "auto"
) -> Float[Tensor, "batch outputs"]:
    """Every output on a batch of ±1: +1 is true, -1 is false. Device and dtype are those of `x`; no gradient flows.

    By `auto`, a tensor on an accelerator stays there (the torch engine) and one on the CPU is packed and simulated;
    the other engines run on the CPU wherever `x` is. Raises `CircuitError` for a wrong shape or dtype and for any
    value but ±1, 0 included: what its sign should be is for the caller to say.
    """
    if x.ndim != 2 or x.shape[1] != circuit.num_inputs or not x.dtype.is_floating_point:
        wanted = f"floats of shape (batch, {circuit.num_inputs})"
        raise CircuitError(f"simulate {circuit.name!r}: wanted {wanted}, not {x.dtype} of shape {tuple(x.shape)}")
    true = x == 1
    if not bool((true | (x == -1)).all()):
        raise CircuitError(f"simulate {circuit.name!r}: the tensor holds values other than +1 and -1")
    chosen = engine_named(engine)
    if chosen is Engine.TORCH or (chosen is Engine.AUTO and x.device.type != "cpu"):
        bits = unpack_lanes(bit_sliced(circuit, pack_lanes(true)), len(x))
    else:
        words = simulate(circuit, pack(np.ascontiguousarray(true.cpu().numpy().T)), engine=chosen)
        bits = torch.from_numpy(np.ascontiguousarray(unpack(words, len(x)).T)).to(x.device)
    return bits.to(x.dtype) * 2 - 1
