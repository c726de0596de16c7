"""Theorem 2's gates: AND, OR, XOR, NOT as min, max and linear maps on {-1,1}.

The paper says only that G "will be simulating a Boolean circuit" (Remark 9), with activations {sgn, min, max} (Theorem
2); each gate is a claim of its own here. The domains are finite, so exhaustion proves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from circuits import Bit, Builder, evaluate
from claims import Claim, Margin, claim, exhaustive
from claims.engine.arithmetic import Array, constant, maximum, minimum

VERTICES = "both arguments in {-1,1}: all four pairs"
NOT_PRINTED = "the gate is not printed: Theorem 2 names the activations and Remark 9 the circuit that they simulate"


@dataclass(frozen=True)
class Arguments:
    """One pair of truth values, +1 for true and -1 for false. Arrays: `a`, `b` [n]."""

    a: Array
    b: Array


def all_arguments() -> Iterator[Arguments]:
    """The four pairs."""
    for a in (1.0, -1.0):
        for b in (1.0, -1.0):
            yield Arguments(np.array([a]), np.array([b]))


def gate(make: Callable[[Bit, Bit], Bit], case: Arguments) -> Array:
    """The gate's value at the arguments, from a circuit of that one gate: ±1, [n]."""
    builder = Builder("one gate")
    a, b = builder.input("a"), builder.input("b")
    builder.output(make(a, b))
    circuit = builder.build()
    bits = [int(bool(x > 0)) | int(bool(y > 0)) << 1 for x, y in zip(case.a, case.b, strict=True)]
    return constant([2 * evaluate(circuit, x) - 1 for x in bits], case.a)


def xor(a: Array, b: Array) -> Array:
    """max(min(a, -b), min(-a, b))."""
    return maximum(minimum(a, -b), minimum(-a, b))


def _declare(
    name: str, statement: str, network: Callable[[Array, Array], Array], make: Callable[[Bit, Bit], Bit], doc: str
) -> Claim:
    def body(case: Arguments) -> Margin:
        return Margin.equal(network(case.a, case.b), gate(make, case))

    body.__doc__ = doc
    return claim(
        f"pareek-risteski-2022/theorem-2/step-{name}",
        statement=statement,
        source="Section 2.2, Theorem 2 and Remark 9",
        domain=VERTICES,
        readings=[NOT_PRINTED],
        by=[exhaustive(all_arguments, VERTICES, complete=True)],
    )(body)


conjunction = _declare("and", r"a \wedge b = \min(a, b)", minimum, lambda a, b: a & b, "AND of ±1 is their minimum.")
disjunction = _declare("or", r"a \vee b = \max(a, b)", maximum, lambda a, b: a | b, "OR of ±1 is their maximum.")
exclusive_or = _declare(
    "xor",
    r"a \oplus b = \max(\min(a, -b), \min(-a, b))",
    xor,
    lambda a, b: a ^ b,
    "XOR of ±1 is a maximum of two minima.",
)
negation = _declare("not", r"\neg a = -a", lambda a, _: -a, lambda a, _: ~a, "NOT of ±1 is the sign turned.")


@conjunction.mutant("max for min")
def _(case: Arguments) -> Margin:
    return Margin.equal(maximum(case.a, case.b), gate(lambda a, b: a & b, case))


@conjunction.mutant("a complement dropped: a AND NOT b")
def _(case: Arguments) -> Margin:
    return Margin.equal(minimum(case.a, case.b), gate(lambda a, b: a & ~b, case))


@disjunction.mutant("min for max")
def _(case: Arguments) -> Margin:
    return Margin.equal(minimum(case.a, case.b), gate(lambda a, b: a | b, case))


@disjunction.mutant("a wrong gate: XOR")
def _(case: Arguments) -> Margin:
    return Margin.equal(maximum(case.a, case.b), gate(lambda a, b: a ^ b, case))


@exclusive_or.mutant("min and max swapped")
def _(case: Arguments) -> Margin:
    a, b = case.a, case.b
    return Margin.equal(minimum(maximum(a, -b), maximum(-a, b)), gate(lambda a, b: a ^ b, case))


@exclusive_or.mutant("a complement dropped")
def _(case: Arguments) -> Margin:
    a, b = case.a, case.b
    return Margin.equal(maximum(minimum(a, b), minimum(-a, b)), gate(lambda a, b: a ^ b, case))


@exclusive_or.mutant("the product a b")
def _(case: Arguments) -> Margin:
    return Margin.equal(case.a * case.b, gate(lambda a, b: a ^ b, case))


@negation.mutant("no complement")
def _(case: Arguments) -> Margin:
    return Margin.equal(case.a, gate(lambda a, _: ~a, case))


@negation.mutant("1 - a, as for 0 and 1")
def _(case: Arguments) -> Margin:
    return Margin.equal(1 - case.a, gate(lambda a, _: ~a, case))
