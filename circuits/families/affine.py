"""The trivial permutations: the identity, and random invertible affine maps over GF(2)."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8

from circuits.builder import Builder
from circuits.circuit import Circuit
from circuits.families.family import Family, Kind, Permutation, Widths, generator

Matrix = UInt8[np.ndarray, "bits bits"]
Vector = UInt8[np.ndarray, " bits"]


def inverse_matrix(matrix: Matrix) -> Matrix | None:
    """The inverse over GF(2) by Gauss-Jordan elimination, or None if the matrix is singular."""
    d = len(matrix)
    work = np.concatenate([matrix % 2, np.eye(d, dtype=np.uint8)], axis=1)
    for column in range(d):
        pivots = np.flatnonzero(work[column:, column])
        if not len(pivots):
            return None
        work[[column, column + pivots[0]]] = work[[column + pivots[0], column]]
        others = np.flatnonzero(work[:, column])
        work[others[others != column]] ^= work[column]
    return work[:, d:]


def affine_circuit(matrix: Matrix, constant: Vector) -> Circuit:
    """x -> matrix x + constant over GF(2): row i is output i. XOR gates only."""
    builder = Builder()
    x = builder.inputs(len(matrix))
    rows = [x.permuted(np.flatnonzero(row).tolist()).parity() for row in matrix]
    builder.outputs(~bit if flip else bit for bit, flip in zip(rows, constant.tolist(), strict=True))
    return builder.build()


def affine_parameters(bits: int, rounds: int, seed: int) -> tuple[Matrix, Vector]:
    """(A, b) of the product of `rounds` uniform invertible affine maps."""
    rng = generator(seed, "affine")
    total, constant = np.eye(bits, dtype=np.uint8), np.zeros(bits, dtype=np.uint8)
    for _ in range(rounds):
        matrix = rng.integers(0, 2, (bits, bits), dtype=np.uint8)
        while inverse_matrix(matrix) is None:
            matrix = rng.integers(0, 2, (bits, bits), dtype=np.uint8)
        total = matrix @ total % 2
        constant = (matrix @ constant + rng.integers(0, 2, bits, dtype=np.uint8)) % 2
    return total, constant


def affine(bits: int, rounds: int, seed: int) -> Permutation:
    """x -> Ax + b as one map, whatever the number of rounds; the inverse by elimination."""
    matrix, constant = affine_parameters(bits, rounds, seed)
    back = inverse_matrix(matrix)
    assert back is not None
    return Permutation(affine_circuit(matrix, constant), affine_circuit(back, back @ constant % 2))


def identity(bits: int, rounds: int, seed: int) -> Permutation:  # noqa: ARG001 - a family takes all three
    """x -> x, without a gate."""
    builder = Builder()
    builder.outputs(builder.inputs(bits))
    circuit = builder.build()
    return Permutation(circuit, circuit)


IDENTITY = Family(
    name="identity",
    kind=Kind.TRIVIAL,
    summary="Every bit unchanged.",
    inverse="Itself.",
    hardness="Nothing.",
    source="none needed",
    bits=Widths(1, 128),
    round="nothing: one round only",
    default_rounds=lambda _: 1,
    builder=identity,
    max_rounds=1,
)

AFFINE = Family(
    name="affine",
    kind=Kind.TRIVIAL,
    summary="x -> Ax + b over GF(2) with a random invertible A; XOR gates only.",
    inverse="x -> A^-1 (x + b), by Gaussian elimination.",
    hardness="Nothing: bits + 1 samples determine the map.",
    source="none needed",
    bits=Widths(1, 128),
    round="one more random affine map; the product is built as a single one",
    default_rounds=lambda _: 1,
    builder=affine,
)
