"""Is the network the circuit? By SAT on the network's own arithmetic, or on all 2^inputs vertices.

`to_circuit` runs the network symbolically: each torch operation that it would apply is first evaluated on {-1,1}, and
its truth table, not its name, becomes the gate. A swapped min and max, a dropped complement or a wrong gather is in the
result, and the equivalence check finds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool
from torch import Tensor

from circuits.builder import Builder
from circuits.circuit import FALSE, TRUE, Circuit
from circuits.error import CircuitError
from circuits.network import gadgets, kernel
from circuits.network.sign_network import SignNetwork
from circuits.reference import evaluate_lanes
from circuits.word import Bit

#: Most inputs for the exhaustive comparison: 2^24 vertices of a thousand gates are seconds, and each input doubles it.
MOST_INPUTS = 24
#: Vertices compared at a time.
CHUNK = 1 << 16


@dataclass(frozen=True)
class Proof:
    """What `prove` found: `equivalent` on all vertices or not, by which `method`, and an input where they differ.

    Bit i of `counterexample` is input i. It is None exactly when they are equivalent.
    """

    equivalent: bool
    method: Literal["sat", "exhaustive"]
    counterexample: int | None

    def __bool__(self) -> bool:
        return self.equivalent


def to_circuit(network: SignNetwork) -> Circuit:
    """The circuit that the network computes on {-1,1}^inputs, from its tensors and its operations' own arithmetic.

    Raises `CircuitError` if a gate reads a row that is not computed before it, or an operation leaves {-1,1}.
    """
    builder = Builder(network.name)
    nodes = [FALSE, *(builder.input(name).literal for name in network.input_names)]
    bias, negation = _boolean(torch.tensor([-1.0])), _boolean(gadgets.complement(torch.tensor([-1.0, 1.0])))
    nodes[0] = TRUE if bias else FALSE

    def literal(row: int) -> int:
        if not 0 <= row < 2 * len(nodes):
            raise CircuitError(f"network {network.name!r}: node {len(nodes)} reads row {row} before it is computed")
        node = nodes[row >> 1]
        return _unary(negation, node) if row & 1 else node

    left, right = network.left.tolist(), network.right.tolist()
    offset = 1 + network.num_inputs
    for level in network.levels:
        made = []
        for start, stop, gadget in network.gates(level):
            table = _table(network, gadget)
            for gate in range(start - offset, stop - offset):
                made.append(_binary(builder, table, literal(left[gate]), literal(right[gate])))
        nodes += made
    for row, name in zip(network.outputs.tolist(), network.output_names, strict=True):
        builder.output(Bit(builder, literal(row)), name)
    return builder.build()


def prove(network: SignNetwork, circuit: Circuit, *, method: Literal["sat", "exhaustive"] = "sat") -> Proof:
    """Whether the network equals the circuit at every vertex of {-1,1}^inputs, with a counterexample if not.

    `sat` decides the equivalence of `to_circuit(network)` and the circuit, for any number of inputs; it also compares
    the fused kernel's gates with torch's, if the network may use it. `exhaustive` runs the network, in float32, on all
    vertices. A counterexample is replayed through the network before it is returned.

    Raises `CircuitError` for different numbers of inputs or outputs, or over 24 inputs for `exhaustive`.
    """
    _same_shape(network, circuit)
    if method == "exhaustive":
        found = first_disagreement(network, circuit)
        return Proof(found is None, method, found)
    if method != "sat":
        raise CircuitError(f"method {method!r} is unknown: use 'sat' or 'exhaustive'")
    from circuits.sat.equivalence import equivalent  # noqa: PLC0415

    if network.engine == "auto":
        _check_kernel()
    result = equivalent(to_circuit(network), circuit)
    witness = result.counterexample
    if witness is None:
        return Proof(True, method, None)
    vertices = _vertices(witness, 1, network.num_inputs)
    with torch.no_grad():
        values = network(_signs(vertices, torch.float32).to(network.left.device))
    if not _differ(values, vertices, circuit).any():
        raise AssertionError(f"SAT says {network.name!r} is wrong at {witness}, but the network is right there")
    return Proof(False, method, witness)


def agrees_exhaustively(network: SignNetwork, circuit: Circuit, *, dtype: torch.dtype = torch.float32) -> bool:
    """Whether the network gives the circuit's outputs, exactly -1 and +1, on all 2^inputs vertices; see below."""
    return first_disagreement(network, circuit, dtype=dtype) is None


def first_disagreement(network: SignNetwork, circuit: Circuit, *, dtype: torch.dtype = torch.float32) -> int | None:
    """The least input (bit i is input i) at which network and circuit differ, or None. All 2^inputs, streamed.

    The network runs in `dtype` on its own device; the circuit by `evaluate_lanes`.
    Raises `CircuitError` for different numbers of inputs or outputs, or over 24 inputs.
    """
    _same_shape(network, circuit)
    if network.num_inputs > MOST_INPUTS:
        raise CircuitError(
            f"network {network.name!r} has {network.num_inputs} inputs, too many to try all 2^{network.num_inputs}:"
            f" use prove(..., method='sat') over {MOST_INPUTS}"
        )
    for start in range(0, 1 << network.num_inputs, CHUNK):
        vertices = _vertices(start, min(CHUNK, (1 << network.num_inputs) - start), network.num_inputs)
        with torch.no_grad():
            values = network(_signs(vertices, dtype).to(network.left.device))
        if (wrong := _differ(values, vertices, circuit)).any():
            return start + int(np.argmax(wrong))
    return None


# -- tables into gates ------------------------------------------------------------------------------------------------


def _boolean(values: Tensor) -> int:
    """Bit i is entry i, which must be -1 or 1."""
    entries = values.tolist()
    if any(abs(entry) != 1 for entry in entries):
        raise CircuitError(f"an operation of the network leaves {{-1,1}}: {entries}")
    return sum((entry > 0) << i for i, entry in enumerate(entries))


def _table(network: SignNetwork, gadget: gadgets.Gadget) -> int:
    try:
        return gadgets.truth_table(gadget)
    except ValueError as error:
        raise CircuitError(f"network {network.name!r}: {error}") from error


def _unary(table: int, a: int) -> int:
    """The literal of a function of one bit; bit v of the table is its value at v."""
    return (FALSE, a ^ 1, a, TRUE)[table]


def _binary(builder: Builder, table: int, a: int, b: int) -> int:
    """The literal of a function of two bits; bit 2 b + a of the table is its value."""
    if table.bit_count() % 2 == 0:  # affine: c + alpha a + beta b
        c, alpha, beta = table & 1, (table ^ table >> 1) & 1, (table ^ table >> 2) & 1
        return builder.xor_literals(a if alpha else FALSE, b if beta else FALSE) ^ c
    negated = table.bit_count() == 3
    point = (table ^ (15 if negated else 0)).bit_length() - 1  # the one place of its value
    return builder.and_literals(a ^ (~point & 1), b ^ (~point >> 1 & 1)) ^ negated


def _check_kernel() -> None:
    """Raise `AssertionError` unless the fused kernel's gates have the tables of torch's."""
    patterns = [(2 | s, 4 | t) for s in (0, 1) for t in (0, 1)]
    rows = torch.tensor([*patterns, (2, 4)], dtype=torch.int32)
    vertices = torch.tensor([[-1, -1], [1, -1], [-1, 1], [1, 1]])
    for dtype in (torch.float32, torch.float64):
        x = vertices.to(dtype)
        levels, outputs = np.array([[3, 7, 8]]), torch.arange(6, 16, dtype=torch.int32)
        values = kernel.run(rows[:, 0].contiguous(), rows[:, 1].contiguous(), outputs, levels, x)
        columns = {2: x[:, 0], 3: gadgets.complement(x[:, 0]), 4: x[:, 1], 5: gadgets.complement(x[:, 1])}
        operands = [columns[row] for row in rows.flatten().tolist()]
        made = [gadgets.conjunction(operands[2 * i], operands[2 * i + 1]) for i in range(4)]
        made.append(gadgets.exclusive_or(operands[8], operands[9]))
        expected = [row for value in made for row in (value, gadgets.complement(value))]
        if not torch.equal(values, torch.stack(expected, dim=1)):
            raise AssertionError("the fused kernel and the gadgets differ on {-1,1}: use engine='torch' and report it")


# -- vertices ---------------------------------------------------------------------------------------------------------


def _same_shape(network: SignNetwork, circuit: Circuit) -> None:
    ours, theirs = (network.num_inputs, len(network.outputs)), (circuit.num_inputs, circuit.num_outputs)
    if ours != theirs:
        raise CircuitError(
            f"network {network.name!r} has {ours[0]} inputs and {ours[1]} outputs, circuit {circuit.name!r} has"
            f" {theirs[0]} and {theirs[1]}"
        )


def _vertices(start: int, count: int, inputs: int) -> Bool[np.ndarray, "vertices inputs"]:
    """The assignments `start` to `start + count - 1`, of any width."""
    if inputs > 62:
        return np.array([[(start + k) >> i & 1 for i in range(inputs)] for k in range(count)], dtype=np.bool_)
    return (np.arange(start, start + count, dtype=np.int64)[:, None] >> np.arange(inputs) & 1).astype(np.bool_)


def _signs(vertices: Bool[np.ndarray, "vertices inputs"], dtype: torch.dtype) -> Tensor:
    return torch.from_numpy(vertices).to(dtype) * 2 - 1


def _differ(
    values: Tensor, vertices: Bool[np.ndarray, "vertices inputs"], circuit: Circuit
) -> Bool[np.ndarray, " vertices"]:
    """At which vertices the network's values are not the circuit's."""
    if not circuit.outputs.size:
        return np.zeros(len(vertices), dtype=np.bool_)
    packed = np.packbits(vertices, axis=0, bitorder="little").T
    lanes = evaluate_lanes(circuit, [int.from_bytes(row.tobytes(), "little") for row in packed], len(vertices))
    size = -(-len(vertices) // 8)
    rows = np.stack([np.frombuffer(lane.to_bytes(size, "little"), dtype=np.uint8) for lane in lanes])
    bits = np.unpackbits(rows, axis=1, count=len(vertices), bitorder="little").T
    expected = torch.from_numpy(bits).to(values.dtype) * 2 - 1
    wrong: Bool[np.ndarray, " vertices"] = (values.cpu() != expected).any(dim=1).numpy()
    return wrong
