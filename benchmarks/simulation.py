"""Simulation: gates times patterns a second, ours beside its peers, on the same functions in the same run.

Run `python benchmarks/simulation.py` (a minute); the rows go to `results/simulation.json`. The patterns are all 2^16
inputs; our engines take the Feistel's 64 times over, because one pass lasts less than starting a thread does. A gate is
an AND of the and-inverter graph, for every engine: a XOR counts as the 3 ANDs that aigverse needs for it, whoever has a
XOR of his own. The peers are aigverse's truth tables and generated Python over integers of 2^16 bits (with XORs, and
with variables reused by our schedule). Compilation is given apart. All outputs are compared before anything is timed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from aigverse.algorithms import simulate as aigverse_simulate
from aigverse.networks import Aig
from measure import best_of, record
from rich.console import Console
from rich.table import Table

from circuits import Bit, Builder, Circuit, concat
from circuits.simulation import random_inputs, simulate
from circuits.simulation.lanes import count_up
from circuits.simulation.native import NativeKernel
from circuits.simulation.schedule import AND, AND_NOT, LOAD, NOR, STORE, STORE_NOT, XOR, ZERO, schedule

INPUTS = 16
WORDS = 2**INPUTS // 64
#: Passes over all 2^16 inputs in one run of ours; the random graph's 3300 outputs take 27 MB a pass.
PASSES = {"random AIG": 1, "Feistel": 64}


def random_aig(ands: int = 10_000, seed: int = 0) -> Circuit:
    """ANDs of literals drawn from all earlier nodes; every node that nothing reads is an output."""
    rng, builder = np.random.default_rng(seed), Builder("random AIG")
    known = [bit.literal for bit in builder.inputs(INPUTS)]
    read = set()
    while builder.num_gates < ands:
        before = builder.num_gates
        a, b = (known[int(rng.integers(len(known)))] ^ int(rng.integers(2)) for _ in range(2))
        made = builder.and_literals(a, b)
        if builder.num_gates > before:
            known.append(made)
            read |= {a >> 1, b >> 1}
    for literal in known[INPUTS:]:
        if literal >> 1 not in read:
            builder.output(Bit(builder, literal))
    return builder.build()


def feistel(rounds: int = 61, layers: int = 4, seed: int = 0) -> Circuit:
    """A Feistel network whose round function has four layers of ANDs, so that 61 rounds are about 10 000 ANDs."""
    rng, builder = np.random.default_rng(seed), Builder("Feistel")
    half = INPUTS // 2
    x = builder.inputs(INPUTS)
    left, right = x[:half], x[half:]
    for _ in range(rounds):
        word = right
        for layer in range(1, layers + 1):
            word = word ^ builder.constant(int(rng.integers(2**half)), half)
            word = (word & word.rotate_left(layer)) ^ word.rotate_left(2 * layer)
        left, right = right, left ^ word
    builder.outputs(concat(left, right))
    return builder.build()


def as_aig(circuit: Circuit) -> Aig:
    """The circuit for aigverse; a XOR becomes three ANDs."""
    aig = Aig()
    signals = [aig.get_constant(False), *(aig.create_pi() for _ in range(circuit.num_inputs))]

    def signal(literal: int) -> Any:
        return ~signals[literal >> 1] if literal & 1 else signals[literal >> 1]

    for a, b, xor in zip(circuit.fanin0.tolist(), circuit.fanin1.tolist(), circuit.is_xor.tolist(), strict=True):
        signals.append((aig.create_xor if xor else aig.create_and)(signal(a), signal(b)))
    for literal in circuit.outputs.tolist():
        aig.create_po(signal(literal))
    return aig


def as_python(circuit: Circuit) -> Callable[[list[int]], list[int]]:
    """A Python function over integers of 2^16 bits, one line an instruction."""
    form = {
        AND: "s{to} = s{a} & s{b}",
        AND_NOT: "s{to} = s{a} & ~s{b}",
        NOR: "s{to} = ones & ~(s{a} | s{b})",
        XOR: "s{to} = s{a} ^ s{b}",
        LOAD: "s{to} = x[{a}]",
        ZERO: "s{to} = 0",
        STORE: "y[{to}] = s{a}",
        STORE_NOT: "y[{to}] = s{a} ^ ones",
    }
    lines = [form[op].format(a=a, b=b, to=to) for op, a, b, to in schedule(circuit).code.tolist()]
    body = [f"y, ones = [0] * {circuit.num_outputs}, (1 << {2**INPUTS}) - 1", *lines, "return y"]
    space: dict[str, Any] = {}
    exec("def run(x):\n" + "\n".join(f"    {line}" for line in body), space)  # the peer is generated code
    run: Callable[[list[int]], list[int]] = space["run"]
    return run


def measured(circuit: Circuit) -> Iterator[dict[str, Any]]:
    """One row an engine, after its outputs have been compared with the interpreter's."""
    aig, python = as_aig(circuit), as_python(circuit)
    gates = aig.num_gates
    one = np.empty((INPUTS, WORDS), dtype=np.uint64)
    count_up(one, 0)
    passes = PASSES[circuit.name]
    many = np.tile(one, passes)
    expected = simulate(circuit, one, engine="interpreter")
    assert [int(table.to_binary(), 2) for table in aigverse_simulate(aig)] == integers(expected)
    assert python(integers(one)) == integers(expected)
    start = time.perf_counter()
    schedule.__wrapped__(circuit)
    scheduling = time.perf_counter() - start
    start = time.perf_counter()
    NativeKernel(circuit)
    compiling = time.perf_counter() - start
    assert np.array_equal(simulate(circuit, many, engine="native"), np.tile(expected, passes))
    columns = integers(one)
    yield row("aigverse", gates, best_of(lambda: aigverse_simulate(aig)))
    yield row("Python integers, generated code", gates, best_of(lambda: python(columns)))
    for engine, setup in (("interpreter", scheduling), ("native", compiling)):
        for threads in sorted({1, len(os.sched_getaffinity(0))}):
            seconds = best_of(lambda e=engine, t=threads: simulate(circuit, many, engine=e, threads=t), repeat=7)
            yield row(f"lemmata {engine}, {threads} threads", gates * passes, seconds, setup)


def integers(words: np.ndarray) -> list[int]:
    """Each row as one integer."""
    return [int.from_bytes(line.astype("<u8").tobytes(), "little") for line in words]


def row(engine: str, gates: int, seconds: float, setup: float = 0.0) -> dict[str, Any]:
    """A row of the record: the rate counts ANDs, `setup` is the seconds of scheduling or compilation."""
    return {"engine": engine, "ands_per_second": gates * 2**INPUTS / seconds, "setup_seconds": setup}


def large(ands: int = 135_000) -> Iterator[dict[str, Any]]:
    """A circuit of SHA-256's size: seconds to schedule it, and to simulate 4096 lanes."""
    rng, builder = np.random.default_rng(0), Builder("135k gates")
    word = builder.inputs(512)
    while builder.num_gates < ands:
        word = word ^ (word.rotate_left(int(rng.integers(1, 512))) & word.rotate_left(int(rng.integers(1, 512))))
        word = concat(word[:32] + word[32:64], word[32:])
    builder.outputs(word)
    circuit = builder.build()
    for engine in ("interpreter", "native"):
        start = time.perf_counter()
        simulate(circuit, random_inputs(512, 64, 0), engine=engine)
        yield {"workload": repr(circuit), "engine": f"{engine}, first run", "seconds": time.perf_counter() - start}


def main() -> None:
    """Measure, print and record."""
    console, rows = Console(), []
    for circuit in (random_aig(), feistel()):
        table = Table("engine", "ANDs x patterns / s", "over aigverse", "set-up s", title=repr(circuit))
        found = list(measured(circuit))
        for entry in found:
            entry |= {"workload": circuit.name, "over_aigverse": entry["ands_per_second"] / found[0]["ands_per_second"]}
            rate, ratio = f"{entry['ands_per_second']:.2e}", f"{entry['over_aigverse']:.1f}"
            table.add_row(entry["engine"], rate, ratio, f"{entry['setup_seconds']:.2f}")
        console.print(table)
        rows += found
    for entry in large():
        console.print(entry)
        rows.append(entry)
    console.print(f"written to {record('simulation', rows, ['lemmata', 'aigverse', 'numba', 'llvmlite', 'numpy'])}")


if __name__ == "__main__":
    main()
