"""Conjecture 1, one-way permutations: what of it can be checked, which is what does not follow and what does not fit.

That one-way permutations exist is not to be decided by computation: it is about all polynomials at once, and implies
P != NP. So `conjecture-1` is declared, and inconclusive by what it says. It is read with "for all large d".
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import flint
import numpy as np
import sympy

from circuits import Bit, Builder, Circuit, Word, evaluate
from circuits.families import FAMILIES, Permutation
from claims import Constant, Margin, Step, claim, derivation, exhaustive
from claims.papers.pareek_risteski_2022.gate_counts import number

SOURCE = "Section 2.2, Conjecture 1"
ASYMPTOTIC = "the conjecture is read with 'for all large enough d', which it does not say: see step-constant"
EASY = ("identity", "affine", "cnot", "toffoli", "fredkin", "feistel", "spn")


class Bijection:
    """A bijection of {0,1}^d: a circuit, its table, perhaps an inverse circuit. No dataclass, as `boolean.Case`."""

    def __init__(self, circuit: Circuit, inverse: Circuit | None = None) -> None:
        self.circuit, self.inverse = circuit, inverse
        self.d = circuit.num_inputs
        self.values = [evaluate(circuit, z) for z in range(1 << self.d)]

    def __repr__(self) -> str:
        return f"Bijection({self.circuit!r})"

    def inverted_by(self, circuit: Circuit) -> int:
        """How many z the circuit finds from C(z)."""
        found = [evaluate(circuit, y) for y in range(1 << self.d)]
        return sum(found[y] == z for z, y in enumerate(self.values))

    def preimages(self) -> list[int]:
        """The table of the inverse."""
        table = [0] * (1 << self.d)
        for z, y in enumerate(self.values):
            table[y] = z
        return table


def table_circuit(table: list[int], d: int) -> Circuit:
    """A circuit of d inputs and outputs with this table: all 2^d minterms, and each output the sum of its own."""
    builder = Builder(f"table of {d} bits")
    x = builder.inputs(d)
    minterms: list[Bit] = [builder.true]
    for bit in reversed(list(x)):
        minterms = [term & side for term in minterms for side in (~bit, bit)]
    for j in range(d):
        own = [minterm for minterm, value in zip(minterms, table, strict=True) if value >> j & 1]
        builder.output(Word([builder.false, *own]).parity())
    return builder.build()


def constant_circuit(value: int, d: int) -> Circuit:
    """The circuit that always says `value`: no gates."""
    builder = Builder("constant")
    builder.inputs(d)
    builder.outputs(builder.constant(value, d))
    return builder.build()


@cache
def bijections() -> tuple[Bijection, ...]:
    """All of 1 and 2 bits; random tables of 3..8 bits; members of seven families of 4 and 8 bits."""
    tables = [list(t) for d in (1, 2) for t in itertools.permutations(range(1 << d))]
    generator = np.random.default_rng(0)
    tables += [generator.permutation(1 << d).tolist() for d in range(3, 9)]
    found = [Bijection(table_circuit(table, len(table).bit_length() - 1)) for table in tables]
    return (*found, *easy())


@cache
def easy() -> tuple[Bijection, ...]:
    """The families that are documented as easy to invert, with their inverse circuits."""
    found = []
    for name, bits, seed in itertools.product(EASY, (4, 8), (0, 1)):
        if bits in FAMILIES[name].bits:
            built = FAMILIES[name].build(bits, seed=seed)
            if isinstance(built, Permutation):
                found.append(Bijection(built.circuit, built.inverse))
    return tuple(found)


def _all() -> Iterator[Bijection]:
    yield from bijections()


SCOPE = "all bijections of 1, 2 bits; random ones of 3..8 bits; seven families of 4 and 8 bits; every input"


def constant_steps() -> Iterator[Step]:
    """C is a bijection, so z = z_0 is the one input that the answer z_0 fits: 1 of 2^d. So epsilon(d) = 1/poly(d) is at
    least 2^-d for all large d, and no epsilon(d) below 2^-d can be asked for; at d = 1 that is a half.
    """  # noqa: D205 - the proof
    d = sympy.Symbol("d", positive=True, integer=True)
    yield Step.vanishes("one of 2^d inputs", 2 ** (-d) * 2**d - 1)
    yield Step.limit("d^k/2^d -> 0, at k = 9", d**9 / 2**d, d, sympy.oo, 0)


@claim(
    "pareek-risteski-2022/conjecture-1/step-constant",
    statement=r"\Pr_z[C'(C(z)) = z] = 2^{-d} \text{ for the circuit } C' \text{ of size } 0 \text{ that always says the"
    r" same}",
    source="ours: what every bijection gives away in " + SOURCE,
    domain="all d >= 1, all bijections C, all constants",
    readings=[ASYMPTOTIC, "epsilon(d) = Poly(d) is an extraction slip for 1/poly(d)"],
    by=[derivation(constant_steps, "all bijections"), exhaustive(_all, SCOPE)],
)
def constants_invert_one_input(case: Bijection) -> Margin:
    """Any constant answer is right at exactly one input."""
    return _constants(case, 1)


def _constants(case: Bijection, hits: int) -> Margin:
    values = (0, (1 << case.d) - 1)
    counts = [case.inverted_by(constant_circuit(value, case.d)) for value in values]
    return Margin.equal(number(counts[0]), number(hits)) & Margin.equal(number(counts[1]), number(hits))


@constants_invert_one_input.mutant("at no input: what 'for every d' and epsilon(d) = 0.4/d would need at d = 1")
def _(case: Bijection) -> Margin:
    return _constants(case, 0)


@constants_invert_one_input.mutant("at half of the inputs")
def _(case: Bijection) -> Margin:
    return _constants(case, 1 << (case.d - 1))


def table_steps() -> Iterator[Step]:
    """The minterms of k bits double those of k - 1: 2 + 4 + ... + 2^d gates at most. Each output of a bijection is 1 at
    half of its inputs, so its sum has 2^(d-1) terms. Together 2^(d+1) + d 2^(d-1) <= 5/2 d 2^d.
    """  # noqa: D205 - the proof
    more = sympy.Symbol("m", nonnegative=True, integer=True)
    d = more + 1
    rest = 2**d * (sympy.Rational(5, 2) * d - 2 - d / 2)
    yield Step.nonnegative("5/2 d 2^d - 2^(d+1) - d 2^(d-1)", sympy.factor(rest))


@claim(
    "pareek-risteski-2022/conjecture-1/step-table",
    statement=r"\text{every bijection has an inverting circuit of size at most } \tfrac52 d\,2^d",
    source="ours: the least T(d) at which " + SOURCE + " must fail",
    domain="all d >= 1, all bijections C",
    readings=[ASYMPTOTIC, "so 'poly(d)' is no convenience: at T(d) = 3 d 2^d there is no one-way permutation"],
    by=[
        derivation(table_steps, "all bijections (counting)"),
        exhaustive(_all, SCOPE + "; each circuit built and counted"),
    ],
    constants={"c": Constant(2.5, 0.95)},
)
def tables_invert(case: Bijection, c: float = 2.5) -> Margin:
    """The circuit from the table inverts everywhere with at most 5/2 d 2^d gates."""
    return _table(case, c * case.d * 2**case.d)


@cache
def measured(case: Bijection, *, forward: bool = False) -> tuple[int, int]:
    """The gates of the circuit from the inverse's table (or, wrongly, from that of C), and how many z it finds."""
    circuit = table_circuit(case.values if forward else case.preimages(), case.d)
    return circuit.num_gates, case.inverted_by(circuit)


def _table(case: Bijection, most: float, *, forward: bool = False) -> Margin:
    gates, hits = measured(case, forward=forward)
    return Margin.at_most(number(gates), number(most)) & Margin.equal(number(hits), number(1 << case.d))


@tables_invert.mutant("the table of C in place of that of its inverse")
def _(case: Bijection) -> Margin:
    return _table(case, 2.5 * case.d * 2**case.d, forward=True)


@tables_invert.mutant("8 d² gates")
def _(case: Bijection) -> Margin:
    return _table(case, 8 * case.d**2)


@claim(
    "pareek-risteski-2022/conjecture-1/step-easy-families",
    statement=r"\text{the families of this library that are documented as easy do not witness Conjecture 1:"
    r" their inverse"
    r" circuits have at most } 4|C| + d^2 \text{ gates}",
    source="ours: no witness of " + SOURCE,
    domain="identity, affine, cnot, toffoli, fredkin, feistel and spn, 4 and 8 bits, two seeds, default rounds",
    readings=[
        "fixed keys: a cipher with its key in the circuit is inverted by its decryption",
        "4|C| + d² is ours, measured; a poly(d) bound on the inverse is all that matters",
    ],
    by=[exhaustive(lambda: iter(easy()), "these members, every input", complete=True)],
)
def easy_families_are_inverted(case: Bijection) -> Margin:
    """The known inverse inverts every input and is about as small as the circuit."""
    assert case.inverse is not None
    return _inverse(case, case.inverse, 4 * case.circuit.num_gates + case.d**2)


def _inverse(case: Bijection, inverse: Circuit, most: float) -> Margin:
    hits = case.inverted_by(inverse)
    return Margin.at_most(number(inverse.num_gates), number(most)) & Margin.equal(number(hits), number(1 << case.d))


@easy_families_are_inverted.mutant("the circuit itself for its inverse")
def _(case: Bijection) -> Margin:
    return _inverse(case, case.circuit, 4 * case.circuit.num_gates + case.d**2)


@easy_families_are_inverted.mutant("half as many gates as the circuit")
def _(case: Bijection) -> Margin:
    assert case.inverse is not None
    return _inverse(case, case.inverse, case.circuit.num_gates / 2)


# --- the conjecture ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Polynomial:
    """T(d) = d^degree and epsilon(d) = d^-degree."""

    degree: int


#: Where the asymptotic statement is looked at: beyond the degrees below, every T(d) is far below d 2^d here.
LARGE = (1024, 4096)


def _survives(size: Callable[[int], int], chance: Callable[[int], Fraction]) -> Margin:
    """-1 if a constant or a table inverts better than epsilon(d) at every large d; else a ball: nobody knows."""
    succeeds = {d: 1 if size(d) >= Fraction(5, 2) * d * 2**d else Fraction(1, 2**d) for d in LARGE}
    broken = all(succeeds[d] > chance(d) for d in LARGE)
    return Margin.at_least(np.array([flint.arb(-1) if broken else flint.arb(0, 1)], dtype=object), number(0))


@claim(
    "pareek-risteski-2022/conjecture-1",
    statement=r"\text{There exists a bijection } f \text{ computable by a Boolean circuit } C \text{ of size }"
    r" \mathrm{poly}(d), \text{ but for every } T(d) = \mathrm{poly}(d) \text{ and } \epsilon(d) = 1/\mathrm{poly}(d)"
    r" \text{ and circuit } C' \text{ of size } T(d) \text{ it holds } \Pr_z[C'(C(z)) = z] \le \epsilon(d)",
    source=SOURCE,
    domain="all polynomials T and 1/epsilon, all large d",
    readings=[
        "with 'for all large enough d', which is not printed: at d = 1 every bijection is inverted",
        "a conjecture of cryptography: not to be decided here. What is checked is that the two inverters that every"
        " bijection has, the constant and the table, do not refute it: they fail for all polynomials",
    ],
    rests_on=["pareek-risteski-2022/conjecture-1/step-constant", "pareek-risteski-2022/conjecture-1/step-table"],
    by=[
        exhaustive(
            lambda: (Polynomial(k) for k in range(1, 9)),
            "the constant and the table against T(d) = d^k, epsilon(d) = d^-k, k in 1..8, at d = 1024 and 4096; that no"
            " other circuit inverts is unknown",
        )
    ],
)
def one_way_permutations_exist(case: Polynomial) -> Margin:
    """No circuit of size T(d) inverts C on more than epsilon(d) of the inputs: open."""
    return _survives(lambda d: d**case.degree, lambda d: Fraction(1, d**case.degree))


@one_way_permutations_exist.mutant("circuits of size 3 d 2^d")
def _(case: Polynomial) -> Margin:
    return _survives(lambda d: 3 * d * 2**d, lambda d: Fraction(1, d**case.degree))


@one_way_permutations_exist.mutant("epsilon(d) = 2^-d/2")
def _(case: Polynomial) -> Margin:
    return _survives(lambda d: d**case.degree, lambda d: Fraction(1, 2 ** (d + 1)))
