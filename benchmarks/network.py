"""Circuits as networks: gates times patterns a second, ours beside its peers, on the same circuits in the same run.

Run `python benchmarks/network.py [threads]` (minutes; one thread unless told, since torch's own threads wait for each
other at every level where cores are shared); the rows go to `results/network.json`. The peers evaluate the same
gadgets: a plain levelled min net in torch, with the best of three block sizes (chosen on the smallest batch), and
onnxruntime on the graph that we export, which is our own work too and no reproach to it. Ours is compared with
the reference on all inputs before anything is timed. No circuit has a gate that no output needs: the export would leave
it out. `reifier` 0.0.3 (dense step networks) asks for Python 3.12: its row says so.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from measure import best_of, record
from torch import Tensor, nn

from circuits import Builder, Circuit, cone
from circuits.families import family
from circuits.network import agrees_exhaustively, compile, to_onnx  # noqa: A004

BATCHES = (1 << 12, 1 << 14, 1 << 16)
PLAIN_BLOCKS = (1 << 8, 1 << 10, 1 << 12)


class PlainMinNet(nn.Module):
    """The peer: rows of values and negations, two gathers and a min a level, written as one would at first."""

    def __init__(self, circuit: Circuit) -> None:
        super().__init__()
        first = 1 + circuit.num_inputs
        self.nodes, self.inputs = circuit.num_nodes, circuit.num_inputs
        self.outputs = torch.from_numpy(circuit.outputs.astype(np.int64))
        self.plan: list[tuple[bool, Tensor, Tensor, Tensor]] = []
        for level in range(1, int(circuit.levels.max(initial=0)) + 1):
            for xor in (False, True):
                gates = np.flatnonzero((circuit.levels[first:] == level) & (circuit.is_xor == xor))
                if len(gates):
                    arrays = first + gates, circuit.fanin0[gates], circuit.fanin1[gates]
                    nodes, left, right = (torch.from_numpy(array.astype(np.int64)) for array in arrays)
                    self.plan.append((xor, 2 * nodes, left, right))

    def forward(self, x: Tensor) -> Tensor:
        """The outputs of a batch."""
        values = x.new_empty(2 * self.nodes, len(x))
        values[0], values[1] = -1, 1
        values[2 : 2 + 2 * self.inputs : 2] = x.T
        values[3 : 3 + 2 * self.inputs : 2] = -x.T
        for xor, rows, left, right in self.plan:
            a, b = values.index_select(0, left), values.index_select(0, right)
            made = torch.maximum(torch.minimum(a, -b), torch.minimum(-a, b)) if xor else torch.minimum(a, b)
            values[rows] = made
            values[rows + 1] = -made
        return values.index_select(0, self.outputs).T


def random_aig(inputs: int = 16, ands: int = 7500, outputs: int = 16, seed: int = 0) -> Circuit:
    """ANDs of random earlier literals, and then of those not yet read, until `outputs` are left: no gate is idle."""
    random, builder = np.random.default_rng(seed), Builder(f"random AIG {inputs}-{ands}-{seed}")
    bits, unread = list(builder.inputs(inputs)), {}
    while builder.num_gates < ands or len(unread) > outputs:
        pool = bits if builder.num_gates < ands else list(unread.values())
        before, pair = builder.num_gates, [pool[i] for i in random.integers(len(pool), size=2)]
        made = (~pair[0] if random.integers(2) else pair[0]) & (~pair[1] if random.integers(2) else pair[1])
        if builder.num_gates > before:
            for bit in pair:
                unread.pop(bit.literal, None)
            unread[made.literal] = made
            bits.append(made)
    builder.outputs(unread.values())
    return cone(builder.build())


def engines(circuit: Circuit, folder: Path) -> dict[str, Callable[[Tensor], Any]]:
    """Each way to evaluate the circuit, as a function of a batch."""
    network, levelled, plain = compile(circuit), compile(circuit, engine="torch"), PlainMinNet(circuit)
    to_onnx(circuit, folder / "network.onnx")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(str(folder / "network.onnx"), options, providers=["CPUExecutionProvider"])

    def in_blocks(block: int) -> Callable[[Tensor], Tensor]:
        return lambda x: torch.cat([plain(part) for part in x.split(block)])

    table: dict[str, Callable[[Tensor], Any]] = {
        "lemmata, float32": network,
        "lemmata, float16": lambda x: network(x.half()),
        "lemmata, levels in torch, float32": levelled,
        "onnxruntime on the exported graph": lambda x: torch.cat(
            [torch.from_numpy(session.run(None, {"x": part.numpy()})[0]) for part in x.split(1 << 12)]
        ),
    }
    return table | {f"plain min net in torch, blocks of {block}": in_blocks(block) for block in PLAIN_BLOCKS}


def rows_of(circuit: Circuit, folder: Path) -> list[dict[str, Any]]:
    """The rates of every engine on every batch, and each over the best peer's."""
    rows: list[dict[str, Any]] = []
    if not agrees_exhaustively(compile(circuit), circuit):
        raise AssertionError(f"the network of {circuit.name} is wrong")
    table = engines(circuit, folder)
    for batch in BATCHES:
        x = torch.randint(0, 2, (batch, circuit.num_inputs), generator=torch.Generator().manual_seed(0)).float() * 2 - 1
        expected = compile(circuit)(x)
        rates = {}
        for name, run in table.items():
            if not torch.equal(run(x[:256]).float(), expected[:256]):
                raise AssertionError(f"{name} is wrong on {circuit.name}")
            rates[name] = circuit.num_gates * batch / best_of(partial(run, x), repeat=2)
            print(f"{circuit.name:24} {batch:6} {name:44} {rates[name]:9.3g}", flush=True)  # noqa: T201
        plain = {name: rate for name, rate in rates.items() if name.startswith("plain")}
        for name in set(plain) - {max(plain, key=lambda name: plain[name])}:
            del table[name]  # the smallest batch has chosen the peer's block
        peer = max(rate for name, rate in rates.items() if not name.startswith("lemmata"))
        common = {"circuit": repr(circuit), "batch": batch, "threads": torch.get_num_threads()}
        rows += [
            common | {"engine": name, "gates_per_second": rate, "over_best_peer": rate / peer}
            for name, rate in rates.items()
        ]
    rows.append({"circuit": repr(circuit), "engine": "reifier 0.0.3", "not_run": "needs Python 3.12"})
    return rows


def main() -> None:
    """Measure, print, record."""
    torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        for circuit in (random_aig(), family("feistel").build(bits=16, rounds=61, seed=0).circuit):
            rows += rows_of(circuit, Path(folder))
    print(record("network", rows, ["lemmata", "torch", "numba", "onnx", "onnxruntime", "numpy"]))  # noqa: T201


if __name__ == "__main__":
    main()
