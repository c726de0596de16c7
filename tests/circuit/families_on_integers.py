"""The families again, on Python integers: each entry is (bits, rounds, seed) -> the function that a member computes.

Only the random parameters are shared with `circuits.families`, no gate is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from circuits.families.affine import affine_parameters
from circuits.families.cascade import random_gates
from circuits.families.cipher import plaintexts
from circuits.families.family import generator, random_integer
from circuits.families.feistel import RoundFunction, round_constants, round_functions
from circuits.families.goldreich import subsets
from circuits.families.powers import exponentiation_parameters, rsa_exponents, semiprime
from circuits.families.products import multiplication_parameters
from circuits.families.sbox import PRESENT_SBOX
from circuits.families.simon import Z0, Z2
from circuits.families.spn import key_bits, seeded_sbox

Function = Callable[[int], int]


def rotate(x: int, by: int, width: int) -> int:
    by %= width
    return (x << by | x >> width - by) & (1 << width) - 1


def affine(bits: int, rounds: int, seed: int) -> Function:
    matrix, constant = affine_parameters(bits, rounds, seed)
    rows = [sum(int(entry) << i for i, entry in enumerate(row)) for row in matrix]
    pairs = list(enumerate(zip(rows, constant, strict=True)))
    return lambda x: sum(((row & x).bit_count() + int(b)) % 2 << i for i, (row, b) in pairs)


def cascade(kind: str, bits: int, rounds: int, seed: int) -> Function:
    gates = random_gates(bits, rounds, seed, kind=kind)

    def run(x: int) -> int:
        bit = [x >> i & 1 for i in range(bits)]
        for gate in gates:
            *_, target = gate.wires
            if all(bit[i] != negated for i, negated in zip(gate.wires, gate.negated, strict=False)):
                if kind == "fredkin":
                    bit[gate.wires[1]], bit[target] = bit[target], bit[gate.wires[1]]
                else:
                    bit[target] = 1 - bit[target]
        return sum(b << i for i, b in enumerate(bit))

    return run


def feistel_encrypt(bits: int, functions: list[RoundFunction], constants: list[int], key: int, block: int) -> int:
    half = bits // 2
    mask = (1 << half) - 1
    left, right = block & mask, block >> half
    for i, f in enumerate(functions):
        x = right ^ rotate(key >> half * (i % 2) & mask, i, half) ^ constants[i]
        out = [(x >> f.linear[j] ^ (x >> f.left[j] & x >> f.right[j])) & 1 for j in range(half)]
        left, right = right, left ^ sum(b << j for j, b in enumerate(out))
    return left | right << half


def spn_encrypt(bits: int, rounds: int, sbox: tuple[int, ...], key: tuple[int, int], block: int) -> int:
    register, width = key

    def layer(x: int) -> int:
        return sum(sbox[x >> i & 15] << i for i in range(0, bits, 4))

    def spread(x: int) -> int:
        moved = 0
        for i in range(bits):
            moved |= (x >> i & 1) << (i if i == bits - 1 else i * bits // 4 % (bits - 1))
        return moved

    for counter in range(1, rounds + 1):
        block = spread(layer(block ^ register >> width - bits))
        register = rotate(register, 61, width)
        register = register & (1 << width - 4) - 1 | sbox[register >> width - 4] << width - 4
        for i in range(5):
            register ^= (counter >> i & 1) << (15 + i) % width
    return block ^ register >> width - bits


def simon_encrypt(bits: int, rounds: int, words: int, key: int, block: int) -> int:
    n, z = bits // 2, {2: Z2, 4: Z0}[words]
    mask = (1 << n) - 1
    keys = [key >> n * i & mask for i in range(words)]
    for i in range(words, rounds):
        t = rotate(keys[i - 1], -3, n) ^ (keys[i - 3] if words == 4 else 0)
        keys.append(keys[i - words] ^ mask ^ t ^ rotate(t, -1, n) ^ (int(z[(i - words) % 62]) ^ 3) & mask)
    x, y = block >> n, block & mask
    for k in keys[:rounds]:
        x, y = y ^ rotate(x, 1, n) & rotate(x, 8, n) ^ rotate(x, 2, n) ^ k, x
    return x << n | y


def speck_encrypt(bits: int, rounds: int, words: int, key: int, block: int) -> int:
    n = bits // 2
    mask, (a, b) = (1 << n) - 1, (7, 2) if n <= 16 else (8, 3)
    k, *left = (key >> n * i & mask for i in range(words))
    x, y = block >> n, block & mask
    for i in range(rounds):
        x = (rotate(x, -a, n) + y & mask) ^ k
        y = rotate(y, b, n) ^ x
        left.append((rotate(left[i], -a, n) + k & mask) ^ i & mask)
        k = rotate(k, b, n) ^ left[-1]
    return x << n | y


def modular(name: str, bits: int, rounds: int, seed: int) -> Function:
    if name == "modexp":
        p, g = exponentiation_parameters(bits, seed)
        step = {x: pow(g, x, p) for x in range(1, p)}
    elif name == "multiplication":
        n, a = multiplication_parameters(bits, seed)
        step = {x: a * x % n for x in range(n)}
    elif name == "rsa":
        primes = semiprime(bits, seed)
        step = {x: pow(x, rsa_exponents(primes)[0], primes.modulus) for x in range(primes.modulus)}
    else:
        primes = semiprime(bits, seed, blum=True)
        n = primes.modulus
        step = {x: x * x % n for x in {u * u % n for u in range(n) if u % primes.p and u % primes.q}}

    def run(x: int) -> int:
        for _ in range(rounds):
            x = step.get(x, x)
        return x

    return run


def goldreich(size: int, bits: int, rounds: int, seed: int) -> Function:
    graph = subsets(bits, rounds * bits, size, seed)

    def run(x: int) -> int:
        total = 0
        for j, chosen in enumerate(graph):
            b = [x >> i & 1 for i in chosen]
            last = b[3] & b[4] if size == 5 else int(b[3] + b[4] + b[5] >= 2)
            total |= (b[0] ^ b[1] ^ b[2] ^ last) << j
        return total

    return run


def cipher(name: str, bits: int, rounds: int, seed: int) -> Function:
    """The permutation under the seed's key, or key recovery, of the named cipher."""
    base, half = name.removesuffix("-key"), bits // 2
    functions, constants = round_functions(half, rounds, seed), round_constants(half, rounds, seed)

    def encrypt(key: int, block: int, key_width: int) -> int:
        if base == "feistel":
            return feistel_encrypt(bits, functions, constants, key, block)
        if base in ("spn", "present"):
            sbox = PRESENT_SBOX if base == "present" else seeded_sbox(seed)
            return spn_encrypt(bits, rounds, sbox, (key, key_width), block)
        return {"simon": simon_encrypt, "speck": speck_encrypt}[base](bits, rounds, 2 * key_width // bits, key, block)

    if name == base:
        width = {"feistel": bits, "simon": 2 * bits, "speck": 2 * bits}.get(base, key_bits(bits))
        key = random_integer(generator(seed, f"{base} key"), width)
        return lambda x: encrypt(key, x, width)
    pairs = plaintexts(bits, seed)
    return lambda key: sum(encrypt(key, block, bits) << bits * i for i, block in enumerate(pairs))


REFERENCES: dict[str, Callable[[int, int, int], Function]] = {
    "identity": lambda bits, rounds, seed: lambda x: x,
    "affine": affine,
    "product": lambda bits, rounds, seed: lambda x: (x & (1 << bits // 2) - 1) * (x >> bits // 2),
    "goldreich": partial(goldreich, 5),
    "goldreich-majority": partial(goldreich, 6),
    **{name: partial(cascade, name) for name in ("cnot", "toffoli", "fredkin")},
    **{name: partial(modular, name) for name in ("multiplication", "modexp", "rsa", "rabin")},
    **{
        name + suffix: partial(cipher, name + suffix)
        for name in ("feistel", "spn", "present", "simon", "speck")
        for suffix in ("", "-key")
    },
}
