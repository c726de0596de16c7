"""`Builder` makes circuits: bits with operators, structural hashing, and the simplifications that cost nothing."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

import numpy as np

from circuits.circuit import FALSE, TRUE, Circuit
from circuits.error import CircuitError
from circuits.word import Bit, Word


class Builder:
    """A circuit under construction. Declare the inputs first, then combine bits with operators, then the outputs.

    >>> from circuits import Builder
    >>> b = Builder("half adder")
    >>> x, y = b.input("x"), b.input("y")
    >>> b.output(x ^ y, "sum")
    >>> b.output(x & y, "carry")
    >>> b.build()
    <Circuit half adder: 2 inputs, 2 outputs, 1 ANDs, 1 XORs, depth 1>
    """

    def __init__(self, name: str = "circuit") -> None:
        self.name = name
        self.input_names: list[str] = []
        self._output_names: list[str] = []
        self._outputs: list[int] = []
        self._fanin0 = array("i")
        self._fanin1 = array("i")
        self._is_xor = bytearray()
        self._known: dict[int, int] = {}

    @property
    def num_gates(self) -> int:
        """The gates made so far."""
        return len(self._fanin0)

    # -- bits and words -------------------------------------------------------------------------------------------

    def input(self, name: str | None = None) -> Bit:
        """A new input bit. Raises `CircuitError` after the first gate: inputs are numbered before gates."""
        if self.num_gates:
            raise CircuitError(f"input {name!r} of {self.name!r} comes after a gate: declare all inputs first")
        self.input_names.append(f"x[{len(self.input_names)}]" if name is None else name)
        return Bit(self, 2 * len(self.input_names))

    def inputs(self, width: int, name: str = "x") -> Word:
        """A new input word of `width` bits, named `name[0]` (least significant) to `name[width - 1]`."""
        return Word([self.input(f"{name}[{i}]") for i in range(width)])

    def constant(self, value: int, width: int) -> Word:
        """The `width` lowest bits of `value`, two's complement if it is negative."""
        return Word([Bit(self, TRUE if value >> i & 1 else FALSE) for i in range(width)])

    @property
    def false(self) -> Bit:
        """The constant 0."""
        return Bit(self, FALSE)

    @property
    def true(self) -> Bit:
        """The constant 1."""
        return Bit(self, TRUE)

    def output(self, bit: Bit, name: str | None = None) -> None:
        """Make `bit` the next output. Raises `CircuitError` for a bit of another builder."""
        self._outputs.append(self.literal_of(bit))
        self._output_names.append(f"y[{len(self._output_names)}]" if name is None else name)

    def outputs(self, word: Iterable[Bit], name: str = "y") -> None:
        """Make the bits of a word outputs, named `name[0]`, `name[1]` and so on."""
        for i, bit in enumerate(word):
            self.output(bit, f"{name}[{i}]")

    def apply(self, circuit: Circuit, bits: Sequence[Bit]) -> Word:
        """A copy of `circuit` with `bits` for its inputs: its outputs. Raises `CircuitError` for a wrong width."""
        if len(bits) != circuit.num_inputs:
            raise CircuitError(f"{circuit.name!r} has {circuit.num_inputs} inputs, but was given {len(bits)} bits")
        literal = [FALSE, *(self.literal_of(bit) for bit in bits)]
        gates = zip(circuit.fanin0.tolist(), circuit.fanin1.tolist(), circuit.is_xor.tolist(), strict=True)
        for a, b, is_xor in gates:
            operate = self.xor_literals if is_xor else self.and_literals
            literal.append(operate(literal[a >> 1] ^ (a & 1), literal[b >> 1] ^ (b & 1)))
        return Word([Bit(self, literal[y >> 1] ^ (y & 1)) for y in circuit.outputs.tolist()])

    def build(self) -> Circuit:
        """The circuit made so far. The builder may be used further."""
        return Circuit(
            tuple(self.input_names),
            tuple(self._output_names),
            np.array(self._fanin0, dtype=np.int32),
            np.array(self._fanin1, dtype=np.int32),
            np.frombuffer(bytes(self._is_xor), dtype=np.bool_),
            np.array(self._outputs, dtype=np.int32),
            name=self.name,
        )

    # -- literals: what the operators and the readers of files stand on -------------------------------------------

    def literal_of(self, bit: Bit) -> int:
        """The literal behind `bit`. Raises `CircuitError` for a bit of another builder."""
        if bit.builder is not self:
            raise CircuitError(f"a bit of builder {bit.builder.name!r} was used in {self.name!r}")
        return bit.literal

    def and_literals(self, a: int, b: int) -> int:
        """The literal of a AND b: a known one, or that of a new gate."""
        if a > b:
            a, b = b, a
        if a >> 1 == b >> 1:
            return a if a == b else FALSE
        if a <= TRUE:
            return b if a == TRUE else FALSE
        return self._gate(a, b, 0)

    def xor_literals(self, a: int, b: int) -> int:
        """The literal of a XOR b: a known one, or that of a new gate."""
        sign = (a ^ b) & 1
        a, b = a & ~1, b & ~1
        if a > b:
            a, b = b, a
        if a == b:
            return sign
        if a == FALSE:
            return b ^ sign
        return self._gate(a, b, 1) ^ sign

    def _gate(self, a: int, b: int, is_xor: int) -> int:
        key = (a << 32 | b) << 1 | is_xor
        known = self._known.get(key)
        if known is None:
            known = 2 * (1 + len(self.input_names) + len(self._fanin0))
            self._known[key] = known
            self._fanin0.append(a)
            self._fanin1.append(b)
            self._is_xor.append(is_xor)
        return known
