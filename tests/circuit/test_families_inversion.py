"""What the families say about inverting them, put to SAT solvers and to number theory that are not ours."""

from __future__ import annotations

import random

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from pysat.solvers import Cadical153, Minisat22

from circuits import Builder, Circuit, evaluate
from circuits.families import family
from circuits.families.modular import constant_to_the, power, remainder, times, weighted_sum
from circuits.families.powers import exponentiation_parameters, semiprime


def clauses(circuit: Circuit) -> list[list[int]]:
    """The plain Tseitin encoding: variable of node n is n, that of the constant false is the last one."""
    false = circuit.num_nodes
    made = [[-false]]
    gates = zip(circuit.fanin0.tolist(), circuit.fanin1.tolist(), circuit.is_xor.tolist(), strict=True)
    for g, (left, right, is_xor) in enumerate(gates, 1 + circuit.num_inputs):
        a, b = (literal(circuit, fanin) for fanin in (left, right))
        made += [[-g, a, b], [-g, -a, -b], [g, -a, b], [g, a, -b]] if is_xor else [[-g, a], [-g, b], [g, -a, -b]]
    return made


def literal(circuit: Circuit, value: int) -> int:
    return (value >> 1 or circuit.num_nodes) * (-1 if value & 1 else 1)


def facts(circuit: Circuit, y: int) -> list[int]:
    """The literals that say that the outputs are y."""
    outputs = [literal(circuit, value) for value in circuit.outputs.tolist()]
    return [lit if y >> i & 1 else -lit for i, lit in enumerate(outputs)]


@pytest.mark.parametrize("name", ["cnot", "toffoli", "fredkin", "feistel", "simon", "speck"])
@pytest.mark.parametrize("bits", [8, 32, 64, 128])
def test_constant_keys_fall_to_unit_propagation(name: str, bits: int) -> None:
    """From the outputs, propagation alone finds every input bit: no decision, no conflict."""
    circuit = family(name).build(bits, seed=1).circuit
    x = random.Random(bits).getrandbits(bits)
    with Minisat22(bootstrap_with=clauses(circuit)) as solver:
        consistent, implied = solver.propagate(facts(circuit, evaluate(circuit, x)))
    assert consistent
    assert {i + 1 if x >> i & 1 else -i - 1 for i in range(bits)} <= set(implied)


@pytest.mark.parametrize("name", ["spn", "present"])
def test_s_boxes_fall_one_by_one(name: str) -> None:
    """A network of S-boxes costs a handful of conflicts for each S-box, at 64 bits and 8 rounds."""
    circuit = family(name).build(64, 8, seed=1).circuit
    x = random.Random(0).getrandbits(64)
    with Cadical153(bootstrap_with=clauses(circuit)) as solver:
        assert solver.solve(assumptions=facts(circuit, evaluate(circuit, x)))
        assert sum((lit > 0) << i for i, lit in enumerate(solver.get_model()[:64])) == x
        assert solver.accum_stats()["conflicts"] < 30 * 8 * 16


@pytest.mark.parametrize("name", ["feistel-key", "simon-key", "speck-key", "present-key", "spn-key"])
def test_key_recovery_takes_search_and_finds_a_key(name: str) -> None:
    """At 16 bits propagation finds no key, conflicts are many, and the key found gives the same ciphertexts."""
    conflicts = 0
    for seed in range(3):
        circuit = family(name).build(16, seed=seed).circuit
        y = evaluate(circuit, random.Random(seed).getrandbits(16))
        with Minisat22(bootstrap_with=clauses(circuit)) as solver:
            _, implied = solver.propagate(facts(circuit, y))
            assert sum(1 <= abs(lit) <= 16 for lit in implied) < 16
        with Cadical153(bootstrap_with=[*clauses(circuit), *([lit] for lit in facts(circuit, y))]) as solver:
            assert solver.solve()
            key = sum((lit > 0) << i for i, lit in enumerate(solver.get_model()[:16]))
            conflicts += solver.accum_stats()["conflicts"]
        assert evaluate(circuit, key) == y
    assert conflicts > 300


@settings(max_examples=80)
@given(st.data())
def test_modular_arithmetic_is_arithmetic_modulo_a_constant(data: st.DataObject) -> None:
    """Remainder, weighted sum, product, power and exponential agree with Python's, at any modulus and width."""
    modulus = data.draw(st.integers(2, 300))
    width = data.draw(st.integers(1, 10))
    x, exponent, base = (data.draw(st.integers(low, 1023)) for low in (0, 1, 0))
    x &= (1 << width) - 1
    weights = data.draw(st.lists(st.integers(0, 1000), min_size=width, max_size=width))
    builder = Builder()
    word = builder.inputs(width)
    expected = [
        (remainder(word, modulus), x % modulus),
        (weighted_sum(zip(word, weights, strict=True), modulus), sum(w for i, w in enumerate(weights) if x >> i & 1)),
        (times(word, word, modulus), x * x),
        (power(word, exponent, modulus), pow(x, exponent, modulus)),
        (constant_to_the(word, base, modulus), pow(base, x, modulus)),
    ]
    for index, (result, _) in enumerate(expected):
        builder.outputs(result, f"r{index}")
    values = evaluate(builder.build(), x)
    for result, value in expected:
        assert len(result) == modulus.bit_length()
        assert values & (1 << len(result)) - 1 == value % modulus
        values >>= len(result)


@pytest.mark.parametrize("bits", [4, 5, 6, 7, 8, 12, 16])
def test_toy_moduli_are_what_they_are_said_to_be(bits: int) -> None:
    """sympy finds p the largest prime, g a primitive root, N a product of two primes (3 modulo 4 for Blum integers)."""
    for seed in range(3):
        p, g = exponentiation_parameters(bits, seed)
        assert (p, True) == (sympy.prevprime(1 << bits), sympy.is_primitive_root(g, p))
        for blum in (False, True) if bits > 4 else (False,):
            primes = semiprime(bits, seed, blum=blum)
            assert sympy.factorint(primes.modulus) == {primes.p: 1, primes.q: 1}
            assert primes.modulus.bit_length() == bits
            assert not blum or primes.p % 4 == primes.q % 4 == 3


def test_exponentiation_is_undone_by_a_discrete_logarithm() -> None:
    """sympy's discrete logarithm gives the argument back, and 0 and the numbers from p on are fixed."""
    circuit = family("modexp").build(12, seed=4).circuit
    p, g = exponentiation_parameters(12, 4)
    for x in (1, 2, 77, p - 2, p - 1):
        assert sympy.discrete_log(p, evaluate(circuit, x), g) % (p - 1) == x % (p - 1)
    assert [evaluate(circuit, x) for x in (0, p, 4095)] == [0, p, 4095]


def test_squaring_fixes_exactly_the_inputs_that_sympy_calls_non_residues() -> None:
    """Residues go to their squares; every other input, zero and multiples of p and q among them, stays."""
    circuit = family("rabin").build(9, seed=0).circuit
    primes = semiprime(9, 0, blum=True)
    for x in range(512):
        unit = x < primes.modulus and x % primes.p and x % primes.q
        moved = unit and sympy.is_quad_residue(x, primes.p) and sympy.is_quad_residue(x, primes.q)
        assert evaluate(circuit, x) == (x * x % primes.modulus if moved else x)
