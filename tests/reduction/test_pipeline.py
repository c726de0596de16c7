"""The whole reduction, and what it does when a part of it is broken on purpose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from circuits import Circuit
from circuits.families import Permutation, family
from circuits.simulation import truth_table
from reductions import ReductionError
from reductions.encoders import circuit_signs, from_signs, planted
from reductions.encoders.named import NAMED, Order, make
from reductions.fixed_point import Precision
from reductions.hypothesis import measure_hypothesis
from reductions.invertor import target
from reductions.latent import DeepLatentGaussian, small_noise
from reductions.networks import CLIP, IDENTITY, Network, NetworkBuilder
from reductions.pipeline import STAGES, Plan, Reduction, reduce
from reductions.report import describe, gate_bound, stages


def permutation(name: str, bits: int, seed: int = 0) -> tuple[Circuit, Circuit]:
    """A permutation and its inverse."""
    built = family(name).build(bits=bits, seed=seed)
    assert isinstance(built, Permutation)
    assert built.inverse is not None
    return built.circuit, built.inverse


def run(circuit: Circuit, encoder: DeepLatentGaussian, **changes: object) -> Reduction:
    """The reduction with few strings and rounds."""
    plan = Plan(small_noise(circuit.num_inputs), draws=4, shifts=2, noises=2)
    return reduce(circuit, encoder, replace(plan, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "bits"), [("toffoli", 4), ("toffoli", 9), ("feistel", 8), ("spn", 8), ("affine", 6)])
def test_the_planted_encoder_becomes_the_inverse(name: str, bits: int) -> None:
    """Every stage inverts every input, and the circuit is the inverse permutation, of no more gates than it had."""
    circuit, inverse = permutation(name, bits)
    done = run(circuit, planted(inverse))
    assert [stage.success for stage in stages(done)[1:]] == [1.0] * 4
    assert np.array_equal(truth_table(done.invertor), truth_table(inverse))
    assert done.invertor.num_gates <= inverse.num_gates
    assert done.verdict.sat
    assert done.verdict.abc is not False


@pytest.mark.parametrize("encoder", NAMED)
def test_every_named_encoder_goes_through_every_stage(encoder: str) -> None:
    """The circuit inverts exactly what the integers invert; the promise of averaging and the gate bound are kept."""
    circuit, inverse = permutation("spn", 4, seed=2)
    made = make(encoder, Order(circuit, inverse, small_noise(4), 0.5, (8,), 200, 1))
    done = run(circuit, made.encoder)
    assert torch.equal(done.verdict.inverted, done.inverted_by_integers)
    averaging = stages(done)[2].promised["best pair >= 4/5 (eps - exp(-d)) (averaging)"]
    assert done.derandomised.best >= averaging
    assert done.copies[0].num_gates <= gate_bound(done.fixed[0])


def test_stages_are_told_in_order_and_the_report_has_them() -> None:
    """`started` hears each stage once; the report has a row each but for the verdict, which is the circuit's."""
    circuit, inverse = permutation("toffoli", 4)
    heard: list[str] = []
    done = reduce(circuit, planted(inverse), Plan(small_noise(4), draws=1, shifts=1, noises=1), started=heard.append)
    assert tuple(heard) == STAGES
    assert [stage["name"] for stage in describe(done)["stages"]] == [
        "encoder", "randomised invertor", "deterministic network", "fixed point", "Boolean circuit",
    ]  # fmt: skip


# -- broken on purpose ------------------------------------------------------------------------------------------------


def test_the_gates_in_forward_order() -> None:
    """An encoder planted with C in place of C^{-1} inverts a small part, and its TV is 1 nearly everywhere."""
    circuit, _ = permutation("spn", 8)
    done = run(circuit, planted(circuit))
    assert done.verdict.fraction < 0.1
    assert done.hypothesis.epsilon.high < 0.2


def test_a_wrong_gate() -> None:
    """With a XOR for one of its ANDs the inverse fails on some inputs, at every stage on the same ones."""
    circuit, inverse = permutation("toffoli", 6)
    and_gate = int(np.flatnonzero(~inverse.is_xor)[-1])
    left, right, is_xor = inverse.fanin0.copy(), inverse.fanin1.copy(), inverse.is_xor.copy()
    left[and_gate], right[and_gate] = sorted((left[and_gate] & ~1, right[and_gate] & ~1))
    is_xor[and_gate] = True
    dropped = Circuit(inverse.input_names, inverse.output_names, left, right, is_xor, inverse.outputs)
    done = run(circuit, from_signs(circuit_signs(dropped)))
    assert 0 < done.verdict.fraction < 1
    assert torch.equal(done.inverted_by_networks, done.verdict.inverted)


def test_noise_that_is_too_large() -> None:
    """At beta = 1, far beyond 1/(7 sqrt d), x~ is often near another vertex: the invertor fails on most rounds."""
    circuit, inverse = permutation("spn", 8)
    assert run(circuit, planted(inverse), beta=1.0).inversion.interval().high < 0.5
    assert run(circuit, planted(inverse)).inversion.fraction == 1


def test_a_gate_whose_rectifier_is_linear() -> None:
    """With the identity for its clips, a gate is no AND any more: most inputs are lost."""
    circuit, inverse = permutation("toffoli", 6)
    signs = circuit_signs(inverse)
    linear = tuple(IDENTITY if activation == CLIP else activation for activation in signs.activations)
    broken = replace(signs, activations=linear)
    assert run(circuit, from_signs(broken)).verdict.fraction < 0.5


def test_too_few_fraction_bits() -> None:
    """The tabled encoder's weights go down to 2^-d: with 2 bits the integers lose what the real network inverts."""
    circuit, _ = permutation("spn", 8)
    encoder = NAMED["tabled"](Order(circuit, None, small_noise(8))).encoder
    done = run(circuit, encoder, precision=Precision(2, 2))
    assert bool(done.inverted_by_networks.all())
    assert done.verdict.fraction < 0.5
    assert run(circuit, encoder).verdict.fraction == 1


def test_too_many_bits_are_refused() -> None:
    """Integers that do not fit are an error, and no wrong number."""
    circuit, inverse = permutation("toffoli", 4)
    with pytest.raises(ReductionError, match="62"):
        run(circuit, planted(inverse), precision=Precision(40, 40))


# -- the hypothesis ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fraction", [0.0, 0.25, 0.75, 1.0])
def test_epsilon_of_a_partial_encoder_is_its_fraction(fraction: float) -> None:
    """TV is 0 on the good x and 1 on the others, so the interval of Pr[TV <= 1/10] holds the fraction."""
    circuit, inverse = permutation("feistel", 6)
    made = make("partial", Order(circuit, inverse, small_noise(6), fraction, seed=3))
    found = measure_hypothesis(
        made.encoder, target(circuit), small_noise(6), torch.Generator().manual_seed(1), samples=400
    )
    assert found.exact
    assert found.epsilon.low - 1e-9 <= fraction <= found.epsilon.high + 1e-9
    assert found.variation.low == pytest.approx(1 - fraction, abs=0.1)


def test_samples_and_the_law_agree() -> None:
    """The same encoder, its law hidden by a layer more: the sampled bounds hold the exact ones."""
    circuit, inverse = permutation("feistel", 4)
    encoder = planted(inverse)
    hidden = DeepLatentGaussian([*encoder.layers, (identity(encoder.outputs), 0.0)])
    found = [
        measure_hypothesis(one, target(circuit), 0.5, torch.Generator().manual_seed(1), half_normal=0.0)
        for one in (encoder, hidden)
    ]
    assert (found[0].exact, found[1].exact) == (True, False)
    assert found[1].variation.low - 1e-9 <= found[0].variation.high
    assert found[0].variation.low <= found[1].variation.high + 1e-9


def identity(width: int) -> Network:
    """The network x -> x."""
    builder = NetworkBuilder(width)
    return builder.build(builder.input_nodes)
