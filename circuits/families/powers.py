"""Candidate one-way permutations at toy moduli: discrete exponentiation, RSA, Blum-Rabin squaring."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from math import gcd, lcm

from circuits.circuit import Circuit
from circuits.families.family import Family, Kind, Permutation, Widths, generator
from circuits.families.modular import below, closed, constant_to_the, power, remainder, times, weighted_sum
from circuits.word import Bit, Word

_ROUND = "one application of the closed map; more rounds iterate it"


#: Iterations of a modular power in one circuit: sixteen of RSA at 32 bits are half a million gates.
MOST_ITERATIONS = 16


def exponentiation_parameters(bits: int, seed: int) -> tuple[int, int]:
    """(p, g): the largest prime below 2^bits, and a random generator of its multiplicative group."""
    import sympy  # noqa: PLC0415 - it would double the time to import `circuits.families`

    p = int(sympy.prevprime(1 << bits))
    rng = generator(seed, "modexp generator")
    divisors = [int(q) for q in sympy.primefactors(p - 1)]
    while True:
        g = int(rng.integers(2, p))
        if all(pow(g, (p - 1) // q, p) != 1 for q in divisors):
            return p, g


def modexp(bits: int, rounds: int, seed: int) -> Permutation:
    """x -> g^x mod p for 1 <= x < p, x elsewhere (0 and p..2^bits - 1).

    On 1..p-1 the exponents run once through all residues modulo p - 1, so this is a bijection of that range.
    """
    p, g = exponentiation_parameters(bits, seed)
    circuit = closed(bits, rounds, lambda x: x.any() & below(x, p), lambda x: constant_to_the(x, g, p))
    return Permutation(circuit, None)


@dataclass(frozen=True)
class Semiprime:
    """N = p * q with different odd primes p < q."""

    p: int
    q: int

    @property
    def modulus(self) -> int:
        """N."""
        return self.p * self.q


def semiprime(bits: int, seed: int, *, blum: bool = False) -> Semiprime:
    """Random odd primes p < q of about half the bits each, with a product of exactly `bits` bits.

    With `blum`, both are 3 modulo 4. There is one from 4 bits (`blum`: 5) on.
    """
    import sympy  # noqa: PLC0415 - it would double the time to import `circuits.families`

    lowest, highest = max(3, 1 << max(bits // 2 - 2, 0)), 1 << bits // 2 + 1
    primes = [int(p) for p in sympy.primerange(lowest, highest) if not blum or p % 4 == 3]
    rng = generator(seed, "blum integer" if blum else "rsa modulus")
    while True:
        p, q = (primes[i] for i in rng.integers(0, len(primes), 2))
        if p < q and (p * q).bit_length() == bits:
            return Semiprime(p, q)


def rsa_exponents(primes: Semiprime) -> tuple[int, int]:
    """(e, its inverse): e is the smallest number from 3 on that is coprime to lambda(N) = lcm(p - 1, q - 1)."""
    order = lcm(primes.p - 1, primes.q - 1)
    e = next(e for e in count(3) if gcd(e, order) == 1)
    return e, pow(e, -1, order)


def rsa(bits: int, rounds: int, seed: int) -> Permutation:
    """x -> x^e mod N for x < N, x elsewhere; the inverse is the power with the private exponent.

    N has no square factor, so powering is a bijection of all of 0..N-1, not only of the units.
    """
    primes = semiprime(bits, seed)
    N = primes.modulus

    def circuit(exponent: int) -> Circuit:
        return closed(bits, rounds, lambda x: below(x, N), lambda x: power(x, exponent, N))

    e, private = rsa_exponents(primes)
    return Permutation(circuit(e), circuit(private))


def is_residue(x: Word, primes: Semiprime) -> Bit:
    """1 if x < N is a unit and a square modulo N: Euler's criterion modulo p and modulo q, hence with the trapdoor."""
    halves = [power(x, (prime - 1) // 2, prime) for prime in (primes.p, primes.q)]
    ones = [half.equals(x[0].builder.constant(1, len(half))) for half in halves]
    return below(x, primes.modulus) & ones[0] & ones[1]


def residue_root(y: Word, primes: Semiprime) -> Word:
    """The square root of a residue y that is itself a residue: y^((p+1)/4) mod p, the same for q, and CRT."""
    p, q = primes.p, primes.q
    parts = [(power(y, (prime + 1) // 4, prime), other * pow(other, -1, prime)) for prime, other in ((p, q), (q, p))]
    terms = [(bit, weight << i) for part, weight in parts for i, bit in enumerate(part)]
    return weighted_sum(terms, primes.modulus)


def rabin(bits: int, rounds: int, seed: int) -> Permutation:
    """x -> x^2 mod N on the quadratic residues modulo a Blum integer N = pq (units only), x elsewhere."""
    primes = semiprime(bits, seed, blum=True)
    N = primes.modulus

    def inside(x: Word) -> Bit:
        return is_residue(x, primes)

    def square(x: Word) -> Word:
        low = remainder(x, N)
        return times(low, low, N)

    return Permutation(
        closed(bits, rounds, inside, square),
        closed(bits, rounds, inside, lambda y: residue_root(y, primes)),
    )


MODEXP = Family(
    name="modexp",
    kind=Kind.CANDIDATE,
    summary="x -> g^x mod p on 1..p-1, the identity elsewhere; p the largest prime below 2^bits, g a random generator.",
    inverse="The discrete logarithm modulo p: no small circuit is known, so none is given.",
    hardness="Discrete logarithms, at toy moduli: up to 32 bits a table or baby-step giant-step finds them at once.",
    source="M. Blum and S. Micali, How to generate cryptographically strong sequences of pseudo-random bits, 1984",
    bits=Widths(3, 32),
    round=_ROUND,
    default_rounds=lambda _: 1,
    builder=modexp,
    max_rounds=MOST_ITERATIONS,
)

RSA = Family(
    name="rsa",
    kind=Kind.CANDIDATE,
    summary="x -> x^e mod N below N = pq, the identity elsewhere; e the smallest exponent from 3 on that is allowed.",
    inverse="x -> x^d mod N with the private exponent d (the trapdoor), as a circuit.",
    hardness="Roots modulo N without its factors, at toy moduli: N is a constant of the circuit and factors at once.",
    source="R. Rivest, A. Shamir and L. Adleman, A method for obtaining digital signatures and public-key"
    " cryptosystems, 1978",
    bits=Widths(4, 32),
    round=_ROUND,
    default_rounds=lambda _: 1,
    builder=rsa,
    max_rounds=MOST_ITERATIONS,
)

RABIN = Family(
    name="rabin",
    kind=Kind.CANDIDATE,
    summary="x -> x^2 mod N on the quadratic residues modulo a Blum integer N = pq, the identity elsewhere.",
    inverse="The square root that is itself a residue, by powers modulo p and q and the Chinese remainder theorem.",
    hardness=(
        "Square roots modulo N without its factors, at toy moduli. A total permutation must decide who is a residue,"
        " and this circuit does so by Euler's criterion modulo p and q: the trapdoor stands in the forward circuit, so"
        " it is one-way, at most, for those who do not read its constants."
    ),
    source="M. Rabin, Digitalized signatures and public-key functions as intractable as factorization, 1979;"
    " L. Blum, M. Blum and M. Shub, A simple unpredictable pseudo-random number generator, 1986",
    bits=Widths(5, 32),
    round=_ROUND,
    default_rounds=lambda _: 1,
    builder=rabin,
    max_rounds=MOST_ITERATIONS,
)
