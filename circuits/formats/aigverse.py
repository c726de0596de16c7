"""Hand over to and from aigverse, whose logic optimisation we use and whose answers we prove.

aigverse comes with `pip install 'lemmata[exchange]'`; every function here raises `CircuitError` where it is absent.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

from circuits.circuit import Circuit
from circuits.error import CircuitError
from circuits.formats.aiger import from_ands
from circuits.formats.aiger_parse import Aiger
from circuits.formats.names import completed
from circuits.formats.order import topological

#: Rounds of optimisation at most; the first two bring nearly all of the gain.
_ROUNDS = 4


def to_aigverse(circuit: Circuit) -> Any:
    """The circuit as an `aigverse.networks.NamedAig`; each XOR becomes three ANDs."""
    network = _module("networks").NamedAig()
    network.set_network_name(circuit.name)
    signals = [network.get_constant(False), *(network.create_pi(name) for name in circuit.input_names)]

    def signal(literal: int) -> Any:
        return ~signals[literal >> 1] if literal & 1 else signals[literal >> 1]

    for a, b, is_xor in zip(circuit.fanin0.tolist(), circuit.fanin1.tolist(), circuit.is_xor.tolist(), strict=True):
        create = network.create_xor if is_xor else network.create_and
        signals.append(create(signal(a), signal(b)))
    for name, literal in zip(circuit.output_names, circuit.outputs.tolist(), strict=True):
        network.create_po(signal(literal), name)
    return network


def from_aigverse(network: Any, names: tuple[Sequence[str], Sequence[str]] | None = None) -> Circuit:
    """The circuit of an `aigverse.networks.Aig`, its XORs recognised as in AIGER files.

    `names` are those of the inputs and of the outputs; without them a `NamedAig` gives its own, and what has no name is
    `x[i]` or `y[i]`. Raises `CircuitError` if there are not as many names as ports.
    """
    given = (dict(enumerate(names[0])), dict(enumerate(names[1]))) if names else _own_names(network)
    counts = network.num_pis, network.num_pos
    if names and (len(names[0]), len(names[1])) != counts:
        raise CircuitError(
            f"{len(names[0])} and {len(names[1])} names, but (inputs, outputs) are {counts}: give one each"
        )
    gates = network.gates()
    number = {gate: i for i, gate in enumerate(gates)}
    fanins = [[signal.data for signal in network.fanins(gate)] for gate in gates]
    order = topological([[number[x >> 1] for x in pair if x >> 1 in number] for pair in fanins])
    place = {node: i for i, node in enumerate([0, *network.pis(), *(gates[i] for i in order)])}
    literals = np.array([[2 * place[x >> 1] + (x & 1) for x in fanins[i]] for i in order], dtype=np.int64).reshape(
        -1, 2
    )
    outputs = [2 * place[signal.index] + signal.complement for signal in network.pos()]
    name = network.get_network_name() if hasattr(network, "get_network_name") else ""
    inputs, results = completed(given[0], counts[0], "x"), completed(given[1], counts[1], "y")
    return from_ands(Aiger(literals[:, 0], literals[:, 1], outputs, inputs, results, name or "circuit"))


def _own_names(network: Any) -> tuple[dict[int, str], dict[int, str]]:
    if not hasattr(network, "get_output_name"):
        return {}, {}
    signals = [network.make_signal(node) for node in network.pis()]
    return (
        {i: network.get_name(signal) for i, signal in enumerate(signals) if network.has_name(signal)},
        {i: network.get_output_name(i) for i in range(network.num_pos) if network.has_output_name(i)},
    )


def optimised(circuit: Circuit) -> Circuit:
    """An equivalent circuit of at most as many gates, by aigverse's resubstitution, refactoring, rewriting, balancing.

    The rounds stop when one gains nothing. The result is proved equivalent (`circuits.sat.equivalent`); a
    counterexample would be a bug, and raises `CircuitError`.
    """
    # The prover loads its solvers, which a mere conversion does not need.
    from circuits.sat import equivalent  # noqa: PLC0415

    best, network = circuit, to_aigverse(circuit)
    names = circuit.input_names, circuit.output_names
    algorithms = _module("algorithms")
    for _ in range(_ROUNDS):
        network = _round(algorithms, network)
        found = from_aigverse(network, names)
        if found.num_gates >= best.num_gates:
            break
        best = found
    proof = equivalent(circuit, best)
    if not proof.equivalent:
        raise CircuitError(f"aigverse changed {circuit.name!r} at input {proof.counterexample}: please report this")
    return best.renamed(circuit.name)


def _round(algorithms: Any, network: Any) -> Any:
    for step in ("aig_resubstitution", "sop_refactoring", "aig_cut_rewriting", "balancing"):
        network = algorithms.cleanup_dangling(getattr(algorithms, step)(network))
    return network


def _module(name: str) -> Any:
    try:
        return import_module(f"aigverse.{name}")
    except ImportError as error:
        raise CircuitError("this needs aigverse: pip install 'lemmata[exchange]'") from error
