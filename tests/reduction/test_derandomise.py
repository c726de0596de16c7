"""The randomised invertor, the strings to hard-code, and the verdict on a circuit."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from circuits import Builder, Circuit
from circuits.families import Permutation, family
from reductions import ReductionError
from reductions.derandomise import Strings, derandomise, draw_strings, greedy_cover, promises
from reductions.invertor import answers, first_inverse, invert, target
from reductions.latent import DeepLatentGaussian
from reductions.networks import NetworkBuilder
from reductions.patterns import pattern_of
from reductions.verdict import check_circuit, judge, select

#: A gate passes errors on, and doubles them: only exact inputs, or next to no noise, survive many levels.
BETA = 1e-12


def permutation(name: str, bits: int) -> Permutation:
    """A permutation of the family, with its inverse."""
    built = family(name).build(bits=bits, seed=1)
    assert isinstance(built, Permutation)
    assert built.inverse is not None
    return built


def noisy(circuit: Circuit, beta: float) -> DeepLatentGaussian:
    """x -> N(circuit(x), beta² I): right where the noise does not turn a sign."""
    builder = NetworkBuilder(circuit.num_inputs)
    return DeepLatentGaussian([(builder.build(builder.circuit(circuit, builder.input_nodes)), beta)])


def test_an_encoder_that_is_right_inverts_every_input() -> None:
    """With the inverse circuit and no noise to speak of, all inputs are inverted, by every string."""
    given_ = permutation("toffoli", 6)
    wanted = target(given_.circuit)
    encoder = noisy(given_.inverse, BETA)
    generator = torch.Generator().manual_seed(0)
    assert invert(encoder, wanted, BETA, 5, generator).fraction == 1
    done = derandomise(encoder, wanted, draw_strings(encoder, BETA, 3, 2, generator))
    assert done.mean == done.best == done.covered == 1
    assert done.works_for_all
    assert done.chosen == [(0, 0)]


def test_the_forward_circuit_inverts_next_to_nothing() -> None:
    """The gates in forward order are another permutation, and the check C(sgn z) = x says so."""
    given_ = permutation("spn", 8)
    wanted = target(given_.circuit)
    right = invert(noisy(given_.inverse, BETA), wanted, BETA, 2, torch.Generator().manual_seed(0))
    wrong = invert(noisy(given_.circuit, BETA), wanted, BETA, 2, torch.Generator().manual_seed(0))
    assert right.fraction == 1
    assert wrong.fraction < 0.1


@pytest.mark.parametrize("beta", [0.5, 1.0, 3.0])
def test_noise_costs_what_the_normal_distribution_says(beta: float) -> None:
    """An encoder with noise beta on d outputs is right with probability Phi(1/beta)^d, inside the interval."""
    given_ = permutation("affine", 5)
    found = invert(noisy(given_.inverse, beta), target(given_.circuit), 1e-6, 400, torch.Generator().manual_seed(3))
    exact = (0.5 * (1 + math.erf(1 / (beta * math.sqrt(2))))) ** 5
    interval = found.interval(1 - 1e-6)
    assert interval.low <= exact <= interval.high


def test_a_frozen_copy_is_the_run_with_its_string() -> None:
    """The network with a pair hard-coded gives on x what the encoder gives on x + xi with that string."""
    given_ = permutation("feistel", 6)
    wanted = target(given_.circuit)
    encoder = noisy(given_.inverse, 0.7)
    strings = draw_strings(encoder, 0.3, 3, 4, torch.Generator().manual_seed(5))
    done = derandomise(encoder, wanted, strings)
    found = answers(encoder, wanted, strings.shifts, strings.noises)
    for pair, network in zip(done.chosen, done.networks(encoder), strict=True):
        assert torch.equal(pattern_of(network(wanted.vertices)), found[pair])


def test_copies_together_invert_what_some_copy_inverts() -> None:
    """The first copy that passes the check is taken, so the union of all copies is inverted; as a circuit, too."""
    given_ = permutation("feistel", 6)
    wanted = target(given_.circuit)
    encoder = noisy(given_.inverse, 1.5)
    strings = draw_strings(encoder, 0.3, 4, 4, torch.Generator().manual_seed(5))
    done = derandomise(encoder, wanted, strings)
    found = answers(encoder, wanted, strings.shifts, strings.noises)
    together = first_inverse(wanted, torch.stack([found[pair] for pair in done.chosen]))
    assert float(wanted.inverts(together).double().mean()) == done.covered
    assert done.best < done.covered
    assert not done.works_for_all


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 5), st.integers(0, 2**31))
def test_greedy_pairs_cover_what_all_pairs_cover(shifts: int, noises: int, d: int, seed: int) -> None:
    """No input that some pair inverts is left out, and every chosen pair adds one; the best pair comes first."""
    works = torch.rand(shifts, noises, 1 << d, generator=torch.Generator().manual_seed(seed)) < 0.3
    chosen = greedy_cover(works)
    covered = torch.stack([works[pair] for pair in chosen])
    assert torch.equal(covered.any(0), works.flatten(0, 1).any(0))
    assert len(chosen) == 1 or all(
        covered[: i + 1].any(0).sum() > covered[:i].any(0).sum() for i in range(1, len(chosen))
    )
    assert works[chosen[0]].sum() == works.sum(-1).max()


def test_the_best_pair_is_never_below_the_mean() -> None:
    """What the averaging argument says, on a matrix that a reader sees: rows of one and of three."""
    given_ = permutation("identity", 2)
    wanted = target(given_.circuit)
    encoder = noisy(given_.circuit, 0.0)
    flips = torch.tensor([[0.0, 0.0], [-4.0, 0.0]], dtype=torch.float64)
    done = derandomise(encoder, wanted, Strings(flips, torch.empty(1, 0, dtype=torch.float64)))
    assert done.works[0, 0].tolist() == [True] * 4
    assert done.works[1, 0].tolist() == [True, False, True, False]
    assert (done.mean, done.best, done.covered) == (0.75, 1.0, 1.0)
    assert done.good(1.0) == 0.5
    assert done.good(0.5) == 1.0


def test_promises_in_numbers() -> None:
    """eps²/4 as printed, eps/4 repaired, 4/5 (eps - e^-d) by averaging."""
    promised = promises(0.5, 8)
    assert (promised.randomised, promised.repaired) == (0.0625, 0.125)
    assert promised.averaging == pytest.approx(0.8 * (0.5 - math.exp(-8)))


def test_the_verdict_counts_and_the_solvers_agree() -> None:
    """The inverse inverts everything, the forward circuit a part; the SAT solver, and ABC if there, say the same."""
    given_ = permutation("spn", 8)
    wanted = target(given_.circuit)
    right, wrong = judge(wanted, given_.inverse), judge(wanted, given_.circuit)
    assert right.fraction == 1
    assert wrong.fraction == float(wanted.inverts(wanted.image).double().mean()) < 0.1
    assert right.sat
    assert wrong.sat
    assert right.abc in {None, True}
    assert wrong.abc in {None, True}


def test_selection_takes_the_copy_that_passes() -> None:
    """Of the forward and the inverse circuit, the check lets the inverse through wherever it is needed."""
    given_ = permutation("toffoli", 5)
    both = select(given_.circuit, [given_.circuit, given_.inverse], "both")
    assert judge(target(given_.circuit), both).fraction == 1
    assert check_circuit(given_.circuit, both).num_outputs == 1


def test_a_circuit_that_is_no_bijection_is_refused() -> None:
    """The theorem speaks of bijections; the message names two inputs with one output."""
    builder = Builder("and")
    x = builder.inputs(2)
    builder.outputs([x[0], x[0] & x[1]])
    with pytest.raises(ReductionError, match="no bijection: it takes the inputs 00 and 10 to one output"):
        target(builder.build())


def test_an_encoder_of_another_width_is_refused() -> None:
    """An encoder of 5 numbers cannot invert a circuit of 6 bits."""
    encoder = noisy(permutation("toffoli", 5).inverse, 0.1)
    with pytest.raises(ReductionError, match="the circuit has 6 bits"):
        invert(encoder, target(permutation("toffoli", 6).circuit), 0.1, 1, torch.Generator())
