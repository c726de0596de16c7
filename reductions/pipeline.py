"""Theorem 2's proof as a program: an encoder in, a Boolean circuit that inverts out, stage by stage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Int64
from torch import Tensor

from circuits import Circuit
from circuits.simulation import truth_table
from reductions.bitblast import bitblast
from reductions.derandomise import Derandomised, derandomise, draw_strings
from reductions.fixed_point import Precision, quantise
from reductions.hypothesis import Hypothesis, measure_hypothesis
from reductions.invertor import Inversion, Target, check_fits, first_inverse, invert, target
from reductions.latent import DeepLatentGaussian
from reductions.networks import Network
from reductions.patterns import pattern_of
from reductions.precision import Least, deviations, least_precision
from reductions.verdict import Verdict, judge, select

STAGES = ("hypothesis", "randomised invertor", "deterministic network", "fixed point", "Boolean circuit", "verdict")


@dataclass(frozen=True)
class Plan:
    """What a run spends: rounds of C'' an input, M shifts and M' strings, bits after the point (None: the fewest)."""

    beta: float
    seed: int = 0
    draws: int = 32
    shifts: int = 8
    noises: int = 8
    precision: Precision | None = None


@dataclass(frozen=True, eq=False)
class Reduction:
    """Every stage's artefact. One network, fixed-point network and circuit for each chosen copy of the encoder.

    `inverted_by_networks` and `inverted_by_integers` say which inputs the real networks and their fixed-point
    references invert, each with the check C(sgn z) = x where there are several copies.
    """

    plan: Plan
    permutation: Target
    encoder: DeepLatentGaussian
    hypothesis: Hypothesis
    inversion: Inversion
    derandomised: Derandomised
    networks: list[Network]
    inverted_by_networks: Bool[Tensor, " 2**d"]
    fixed: list[Least]
    inverted_by_integers: Bool[Tensor, " 2**d"]
    copies: list[Circuit]
    invertor: Circuit
    verdict: Verdict


def reduce(
    circuit: Circuit,
    encoder: DeepLatentGaussian,
    plan: Plan,
    *,
    half_normal: float | None = None,
    started: Callable[[str], object] = str,
) -> Reduction:
    """Run all stages; `started` is told which one begins. See `measure_hypothesis` for `half_normal`.

    Raises:
        ReductionError: if the circuit is no bijection, if the encoder does not fit it, or if it needs too many bits.
    """
    generator = torch.Generator().manual_seed(plan.seed)
    started(STAGES[0])
    permutation = target(circuit)
    check_fits(encoder, permutation)
    hypothesis = measure_hypothesis(encoder, permutation, plan.beta, generator, half_normal=half_normal)
    started(STAGES[1])
    inversion = invert(encoder, permutation, plan.beta, plan.draws, generator)
    started(STAGES[2])
    strings = draw_strings(encoder, plan.beta, plan.shifts, plan.noises, generator)
    derandomised = derandomise(encoder, permutation, strings)
    networks = derandomised.networks(encoder)
    real = torch.stack([pattern_of(network(permutation.vertices)) for network in networks])
    started(STAGES[3])
    fixed = [in_fixed_point(network, permutation, plan.precision) for network in networks]
    integers = torch.stack([integer_patterns(least, permutation) for least in fixed])
    started(STAGES[4])
    copies = [bitblast(least.fixed, f"{circuit.name}-copy-{i}") for i, least in enumerate(fixed)]
    for copy, patterns in zip(copies, integers, strict=True):
        _assert_identical(copy, patterns)
    invertor = select(circuit, copies, f"{circuit.name}-invertor")
    started(STAGES[5])
    by_networks, by_integers = (
        permutation.inverts(first_inverse(permutation, patterns)) for patterns in (real, integers)
    )
    verdict = judge(permutation, invertor)
    if not torch.equal(verdict.inverted, by_integers):
        raise AssertionError(f"the circuit {invertor.name!r} does not invert the inputs that its integers invert")
    return Reduction(
        plan, permutation, encoder, hypothesis, inversion, derandomised, networks, by_networks, fixed, by_integers,
        copies, invertor, verdict,
    )  # fmt: skip


def in_fixed_point(network: Network, permutation: Target, precision: Precision | None) -> Least:
    """The network with that precision, or with the least that keeps the sign of every output on {±1}^d."""
    if precision is None:
        return least_precision(network, permutation.vertices)
    fixed = quantise(network, precision)
    return Least(precision, fixed, deviations(network, fixed, permutation.vertices))


def integer_patterns(least: Least, permutation: Target) -> Int64[Tensor, " 2**d"]:
    """sgn z of the integer-only reference, for every input."""
    fixed = least.fixed
    return pattern_of(torch.from_numpy(fixed.run(fixed.encode(permutation.vertices))))


def _assert_identical(copy: Circuit, patterns: Int64[Tensor, " 2**d"]) -> None:
    """The gate of stage 7: the circuit's bits are those of the integers, on all inputs."""
    if not np.array_equal(truth_table(copy).astype(np.int64), patterns.numpy()):
        raise AssertionError(f"the circuit {copy.name!r} is not bit-identical to its fixed-point network")
