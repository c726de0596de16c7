"""Native code: the schedule as straight-line vector instructions, made by LLVM for this very processor."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from typing import Any

from llvmlite import binding, ir

from circuits.circuit import Circuit
from circuits.simulation.lanes import Words, empty_words
from circuits.simulation.schedule import AND, LOAD, NOR, STORE, STORE_NOT, XOR, ZERO, Schedule, schedule

#: Instructions a function. LLVM takes more than linear time over one, but values that cross from one to the next go
#: through memory. Measured on a 61-round Feistel of 4180 instructions: 0.27 s and 7e12 gates x patterns a second at
#: 500, 0.54 s and 8e12 at 5000; on a random graph with 3000 values alive, 1.3 s and 8.2 s, and no faster code.
FUNCTION = 1000

#: LLVM's effort, 0 to 3. At 2 the random graph took 9 s instead of 1.3 s; the code was as fast either way, since
#: instruction selection merges gates (AVX-512's three-input logic) at every level.
EFFORT = 0

_I64 = ir.IntType(64)


class NativeKernel:
    """A compiled circuit, to be called like the interpreter. Threads may share one; calls release the GIL."""

    def __init__(self, circuit: Circuit) -> None:
        program = schedule(circuit)
        self._num_slots = max(program.num_slots, 1)
        self._width = _vector_words()
        module = _Emitter(program, self._width).module
        self._engine = _compile(str(module))
        address = self._engine.get_function_address("run")
        number, pointer = ctypes.c_int64, ctypes.c_void_p
        self._run = ctypes.CFUNCTYPE(None, pointer, number, pointer, number, pointer, number)(address)

    def __call__(self, inputs: Words, inputs_first: int, outputs: Words, outputs_first: int, count: int) -> None:
        """Fill `count` columns of `outputs` from as many of `inputs`; `count` is a multiple of 8."""
        spill = empty_words(self._num_slots, self._width)
        self._run(
            inputs.ctypes.data + 8 * inputs_first,
            inputs.shape[1],
            outputs.ctypes.data + 8 * outputs_first,
            outputs.shape[1],
            spill.ctypes.data,
            count,
        )


def _compile(text: str) -> Any:
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    features = binding.get_host_cpu_features().flatten()
    target = binding.Target.from_default_triple()
    machine = target.create_target_machine(cpu=binding.get_host_cpu_name(), features=features, opt=EFFORT)
    module = binding.parse_assembly(text)
    engine = binding.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    return engine


def _vector_words() -> int:
    """The words of the widest vector register of this processor."""
    features = binding.get_host_cpu_features()
    return 8 if features.get("avx512f") else 4 if features.get("avx2") else 2


class _Emitter:
    """Emits `run`, which loops over vectors of lanes, and the functions that it calls for each."""

    def __init__(self, program: Schedule, width: int) -> None:
        self.module = ir.Module("circuit")
        self.vector = ir.VectorType(_I64, width)
        self.width = width
        words, slots = _I64.as_pointer(), self.vector.as_pointer()
        self.type = ir.FunctionType(ir.VoidType(), [words, _I64, words, _I64, slots, _I64])
        code = program.code.tolist()
        pieces = [code[start : start + FUNCTION] for start in range(0, len(code), FUNCTION)]
        self._loop(
            [self._piece(i, piece, live) for i, (piece, live) in enumerate(zip(pieces, _live(pieces), strict=True))]
        )

    def _piece(self, number: int, piece: Iterable[list[int]], live: set[int]) -> ir.Function:
        """One vector of lanes through some instructions; slots are read from memory, and written if read later."""
        function = ir.Function(self.module, self.type, f"piece{number}")
        function.linkage = "internal"
        inputs, inputs_words, outputs, outputs_words, slots, word = function.args
        build = ir.IRBuilder(function.append_basic_block())
        ones, zero = ir.Constant(self.vector, [-1] * self.width), ir.Constant(self.vector, [0] * self.width)
        value: dict[int, Any] = {}
        written = set()

        def read(slot: int) -> Any:
            if slot not in value:
                value[slot] = build.load(build.gep(slots, [_I64(slot)]), align=8)
            return value[slot]

        def at(base: Any, row: int, words: Any) -> Any:
            offset = build.add(build.mul(_I64(row), words), word)
            return build.bitcast(build.gep(base, [offset]), self.vector.as_pointer())

        for operation, a, b, to in piece:
            if operation >= STORE:
                result = build.xor(read(a), ones) if operation == STORE_NOT else read(a)
                build.store(result, at(outputs, to, outputs_words), align=8)
                continue
            if operation == LOAD:
                value[to] = build.load(at(inputs, a, inputs_words), align=8, typ=self.vector)
            elif operation == ZERO:
                value[to] = zero
            elif operation == XOR:
                value[to] = build.xor(read(a), read(b))
            else:
                left = build.xor(read(a), ones) if operation == NOR else read(a)
                right = read(b) if operation == AND else build.xor(read(b), ones)
                value[to] = build.and_(left, right)
            written.add(to)
        for slot in sorted(written & live):
            build.store(value[slot], build.gep(slots, [_I64(slot)]), align=8)
        build.ret_void()
        return function

    def _loop(self, pieces: list[ir.Function]) -> None:
        function = ir.Function(self.module, self.type, "run")
        *pointers, count = function.args
        entry, body, done = (function.append_basic_block() for _ in range(3))
        build = ir.IRBuilder(entry)
        build.cbranch(build.icmp_signed("<", _I64(0), count), body, done)
        build.position_at_end(body)
        word = build.phi(_I64)
        for piece in pieces:
            build.call(piece, [*pointers, word])
        following = build.add(word, _I64(self.width))
        word.add_incoming(_I64(0), entry)
        word.add_incoming(following, body)
        build.cbranch(build.icmp_signed("<", following, count), body, done)
        ir.IRBuilder(done).ret_void()


def _live(pieces: list[list[list[int]]]) -> list[set[int]]:
    """For each piece, the slots that a later one reads before it writes them."""
    after: list[set[int]] = []
    live: set[int] = set()
    for piece in reversed(pieces):
        after.append(set(live))
        for operation, a, b, to in reversed(piece):
            if operation < STORE:
                live.discard(to)
            if operation <= XOR:
                live |= {a, b}
            elif operation >= STORE:
                live.add(a)
    return after[::-1]
