"""Are two circuits the same function? By SAT sweeping, and with an input that tells them apart if they are not."""

from __future__ import annotations

from dataclasses import dataclass

from circuits.builder import Builder
from circuits.circuit import Circuit
from circuits.error import CircuitError
from circuits.reference import evaluate
from circuits.sat.sweeping import Sweep


@dataclass(frozen=True)
class Equivalence:
    """Whether two circuits agree everywhere; if not, `counterexample` is an input on which they differ.

    `merges` counts the internal nodes that were proved equal to another one, `refutations` the candidates that a
    counterexample told apart, `undecided` those left as they are when their budget ran out.
    """

    equivalent: bool
    counterexample: int | None
    merges: int
    refutations: int
    undecided: int
    conflicts: int

    def __bool__(self) -> bool:
        return self.equivalent


def equivalent(a: Circuit, b: Circuit, *, seed: int = 0) -> Equivalence:
    """Whether a(x) = b(x) for every x; input i of one is input i of the other, names do not matter. Decides always.

    Both are joined over shared inputs, so that equal structure is one node; nodes that agree on random inputs are
    proved equal in topological order by small incremental SAT calls and merged; the outputs come last, without a
    budget. A counterexample is replayed by the reference evaluator on both circuits. Sources: A. Kuehlmann et al.,
    "Robust Boolean reasoning for equivalence checking", 2002; A. Mishchenko et al., "FRAIGs", 2005.

    Raises `CircuitError` if the circuits differ in their number of inputs or of outputs.
    """
    for what, left, right in (("input", a.num_inputs, b.num_inputs), ("output", a.num_outputs, b.num_outputs)):
        if left != right:
            raise CircuitError(f"{a.name!r} has {left} {what}s, but {b.name!r} has {right}")
    builder = Builder(f"{a.name} beside {b.name}")
    inputs = builder.inputs(a.num_inputs)
    builder.outputs(builder.apply(a, inputs), "a")
    builder.outputs(builder.apply(b, inputs), "b")
    sweep = Sweep(builder.build(), seed=seed)
    counterexample = sweep.run()
    if counterexample is not None and evaluate(a, counterexample) == evaluate(b, counterexample):
        raise AssertionError(f"the counterexample {counterexample} does not tell {a.name!r} from {b.name!r}")
    return Equivalence(
        counterexample is None, counterexample, sweep.merges, sweep.refutations, sweep.undecided, sweep.conflicts
    )
