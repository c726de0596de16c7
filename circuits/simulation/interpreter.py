"""The interpreter: each instruction of a schedule over a block of words at a time, whose live values stay in cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from circuits.circuit import Circuit
from circuits.simulation.compiled import compiled
from circuits.simulation.lanes import Words, empty_words
from circuits.simulation.schedule import AND_NOT, LOAD, NOR, STORE_NOT, XOR, ZERO, schedule

#: Words a block, most and fewest. Many words spread the cost of choosing an instruction, few keep the live values in
#: the first two levels of cache. Measured: with 31 live values 128 words run 3x as fast as 8, and 256 no faster; with
#: 3000, 64 words run twice as fast as 16 although their 1.5 MB spill into the third level.
MOST_WORDS, FEWEST_WORDS = 128, 64

#: Bytes of live values up to which a block takes the most words.
LIVE_BYTES = 1 << 20

#: Words a vector operation: one register of AVX-512, two of AVX2.
VECTOR = 8


class InterpreterKernel:
    """A scheduled circuit, ready to run. Threads may share one; calls release the GIL."""

    def __init__(self, circuit: Circuit) -> None:
        self._program = schedule(circuit)
        live_bytes = 8 * MOST_WORDS * self._program.num_slots
        self._words = MOST_WORDS if live_bytes <= LIVE_BYTES else FEWEST_WORDS

    def __call__(self, inputs: Words, inputs_first: int, outputs: Words, outputs_first: int, count: int) -> None:
        """Fill `count` columns of `outputs` from as many of `inputs`; `count` is a multiple of 8."""
        slots = empty_words(self._program.num_slots, max(min(self._words, count), VECTOR))
        _interpret(self._program.code, slots, inputs, inputs_first, outputs, outputs_first, count)


def _vector_operation(combine: Callable[[Any, Any, Any], Any]) -> Any:
    """A numba function target[to], ... = (source[a], ...) op (source[b], ...) over 8 words, complements by masks.

    Written as vectors because LLVM cannot know that slots do not overlap, and its check at run time costs as much as
    the operation.
    """
    vector = ir.VectorType(ir.IntType(64), VECTOR)

    @intrinsic
    def operation(  # noqa: PLR0917 - compiled code takes no keywords
        _: Any, target: Any, to: Any, source: Any, a: Any, b: Any, flip_a: Any, flip_b: Any
    ) -> Any:
        def generate(context: Any, build: Any, signature: Any, arguments: Any) -> Any:
            def at(array: int, index: int) -> Any:
                data = context.make_array(signature.args[array])(context, build, arguments[array]).data
                return build.bitcast(build.gep(data, [arguments[index]]), vector.as_pointer())

            def flipped(index: int, flip: int) -> Any:
                nothing = ir.Constant(vector, ir.Undefined)
                first = build.insert_element(nothing, arguments[flip], ir.IntType(32)(0))
                lanes = ir.Constant(ir.VectorType(ir.IntType(32), VECTOR), [0] * VECTOR)
                mask = build.shuffle_vector(first, nothing, lanes)
                return build.xor(build.load(at(2, index), align=8, typ=vector), mask)

            build.store(combine(build, flipped(3, 5), flipped(4, 6)), at(0, 1), align=8)
            return context.get_dummy_value()

        return types.void(target, to, source, a, b, flip_a, flip_b), generate

    return operation


_and = _vector_operation(lambda build, a, b: build.and_(a, b))
_xor = _vector_operation(lambda build, a, b: build.xor(a, b))


@compiled
def _copy(target: Any, to: int, source: Any, a: int, words: int, flip: int) -> None:  # noqa: PLR0917 - for numba
    for w in range(0, words, VECTOR):
        _and(target, to + w, source, a + w, a + w, flip, flip)


@compiled
def _interpret(  # noqa: PLR0917 - compiled code takes no keywords
    code: Any, slots: Any, inputs: Any, inputs_first: int, outputs: Any, outputs_first: int, count: int
) -> None:
    block = slots.shape[1]
    for start in range(0, count, block):
        words = min(block, count - start)
        for k in range(len(code)):
            op, a, b, to = code[k, 0], int(code[k, 1]), int(code[k, 2]), int(code[k, 3])
            if op < XOR:
                # One path for the three kinds of AND: a branch on the kind would be mispredicted half the time.
                flip_a, flip_b = -int(op >= NOR), -int(op >= AND_NOT)
                for w in range(0, words, VECTOR):
                    _and(slots, to * block + w, slots, a * block + w, b * block + w, flip_a, flip_b)
            elif op == XOR:
                for w in range(0, words, VECTOR):
                    _xor(slots, to * block + w, slots, a * block + w, b * block + w, 0, 0)
            elif op == ZERO:
                slots[to] = 0
            elif op == LOAD:
                column = a * inputs.shape[1] + inputs_first + start
                _copy(slots, to * block, inputs, column, words, 0)
            else:
                column = to * outputs.shape[1] + outputs_first + start
                _copy(outputs, column, slots, a * block, words, -int(op == STORE_NOT))
