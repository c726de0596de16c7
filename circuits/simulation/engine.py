"""The engines behind one function, and when each is worth its start-up time."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from functools import lru_cache
from typing import TypeVar

from circuits.circuit import Circuit
from circuits.error import CircuitError
from circuits.simulation.interpreter import InterpreterKernel
from circuits.simulation.lanes import Words
from circuits.simulation.native import NativeKernel
from circuits.simulation.schedule import schedule
from circuits.simulation.tensors import TensorKernel

#: Gates x lanes a second that the interpreter does on one core where the live values fit in cache (measured 4e11 to
#: 7e11; too high a figure only keeps `auto` from compiling for longer).
INTERPRETER_RATE = 5e11

#: Seconds that compilation takes: a start, and so much an instruction (measured 1e-4 on Feistel networks).
COMPILE_START, COMPILE_INSTRUCTION = 0.1, 1e-4

#: Values alive beyond which native code gains nothing: it must keep them in memory, as the interpreter does.
NATIVE_SLOTS = 512

#: Gates x lanes under which a second thread costs more than it saves (about 4 ms of the interpreter).
THREAD_WORK = 2e9

#: (inputs, their first column, outputs, their first column, columns): runs the circuit on a multiple of 8 columns.
Kernel = Callable[[Words, int, Words, int, int], None]

T = TypeVar("T")


class Engine(Enum):
    """How a circuit is run."""

    AUTO = "auto"
    """Native code if the run is long enough to repay its compilation, else the interpreter."""

    INTERPRETER = "interpreter"
    """Gate by gate over blocks of lanes that stay in cache: starts at once, on every core."""

    NATIVE = "native"
    """Straight-line code by LLVM for this processor: compiles for a while, then runs several times faster."""

    TORCH = "torch"
    """Level by level on the device of a tensor: for lanes that are on an accelerator already."""


def engine_named(engine: Engine | str) -> Engine:
    """The engine of that name. Raises `CircuitError` for another, and lists them."""
    try:
        return Engine(engine)
    except ValueError:
        known = ", ".join(member.value for member in Engine)
        raise CircuitError(f"there is no engine {engine!r}: choose one of {known}") from None


def kernel(circuit: Circuit, engine: Engine | str, words: int) -> Kernel:
    """What runs the circuit under that engine, on about so many words altogether."""
    chosen = engine_named(engine)
    if chosen is Engine.AUTO:
        chosen = Engine.NATIVE if _repays(circuit, words) else Engine.INTERPRETER
    return _ready(circuit, chosen)


@lru_cache(maxsize=32)
def _ready(circuit: Circuit, engine: Engine) -> Kernel:
    kinds: dict[Engine, Callable[[Circuit], Kernel]] = {
        Engine.INTERPRETER: InterpreterKernel,
        Engine.NATIVE: NativeKernel,
        Engine.TORCH: TensorKernel,
    }
    return kinds[engine](circuit)


def _repays(circuit: Circuit, words: int) -> bool:
    """Whether the interpreter would run for longer than LLVM would compile."""
    program = schedule(circuit)
    interpreted = len(program.code) * 64 * words / cores() / INTERPRETER_RATE
    compiled = COMPILE_START + COMPILE_INSTRUCTION * len(program.code)
    return program.num_slots <= NATIVE_SLOTS and interpreted > compiled


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(task: Callable[[int, int], T], circuit: Circuit, words: int, threads: int | None) -> list[T]:
    """task(first, last) over parts of range(words) that begin at multiples of 8, one a thread (a core, if None).

    Raises `CircuitError` for a number of threads below 1.
    """
    if threads is not None and threads < 1:
        raise CircuitError(f"{threads} threads cannot run anything: give at least 1, or None for one a core")
    if threads is None:
        threads = cores() if circuit.num_gates * words * 64 >= THREAD_WORK else 1
    share = 8 * max(-(-words // (8 * threads)), 1)
    parts = [(first, min(first + share, words)) for first in range(0, words, share)]
    if len(parts) < 2:
        return [task(*part) for part in parts]
    with ThreadPoolExecutor(len(parts)) as pool:
        return list(pool.map(lambda part: task(*part), parts))
