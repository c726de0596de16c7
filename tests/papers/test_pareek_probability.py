"""The models behind the probabilistic claims of Theorem 2's proof are what their docstrings say."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.engine.balls import surely_holds, surely_violated
from claims.engine.cases import to_balls
from claims.engine.strategies import draw
from claims.papers.pareek_risteski_2022 import (
    announced,
    averaging,
    copies,
    events,
    laws,
    one_fifth,
    one_string,
    posteriors,
)
from claims.papers.pareek_risteski_2022.hypercube import GaussianTail

FEW = settings(max_examples=25, deadline=None)
CUTS = st.floats(0.01, 0.99)


def sampled(instances: laws.Instances, count: int = 64) -> object:
    """A batch of cases of one structure."""
    return draw(instances, count, torch.Generator().manual_seed(0))


@FEW
@given(laws.two_events())
def test_two_events_meet_their_hypotheses(instances: laws.Instances) -> None:
    """Pr[E1] >= eps and Pr[not E2] <= eps/2, as the step asks."""
    case = sampled(instances)
    first = (case.both + case.free[:, 0]) / case.whole
    without_second = (case.free[:, 0] + case.free[:, 1]) / case.whole
    assert (first >= case.eps * (1 - 1e-12)).all()
    assert (without_second <= case.eps / 2 * (1 + 1e-12)).all()


@FEW
@given(laws.cut_laws(), CUTS, CUTS)
def test_a_cut_law_has_its_mean_and_its_tail(instances: laws.Instances, cut: float, mean: float) -> None:
    """Its values lie in [0, 1], its mean is at least what was asked, and its tail is counted right."""
    case = sampled(instances)
    a, m = (torch.full((64,), value, dtype=torch.float64) for value in (cut, mean))
    values, top = case.values(a), case.at_one(a, m)
    whole = case.weight.sum(-1) + top
    assert ((values >= 0) & (values <= 1)).all()
    assert ((case.weight * values).sum(-1) + top >= m * whole * (1 - 1e-12)).all()
    # An atom a rounding error below or above the cut belongs to it in floats, so the kinds are asked, not the floats.
    kinds = torch.tensor([kind != "high" for kind in case.kinds])
    assert torch.allclose(case.chance(a, m), case.weight[:, kinds].sum(-1) / whole)
    assert (case.chance(a, m, strict=True) <= case.chance(a, m)).all()


@FEW
@given(laws.joint_laws())
def test_a_joint_law_adds_up_to_one(instances: laws.Instances) -> None:
    """p(z, x) is a law."""
    case = sampled(instances)
    assert torch.allclose(case.joint.sum((-2, -1)), torch.ones(64, dtype=torch.float64))


def test_structures_print_alike_in_every_process() -> None:
    """The search draws its seed from the structure's repr, so no address may be in it."""
    assert repr(laws.CONSTANT).startswith("CutLaw(('at',), False) of [PositiveVectorEnsemble")


@FEW
@given(one_fifth.received())
def test_received_samples_are_near_their_sign(instances: laws.Instances) -> None:
    """The event E2 holds by construction, with sgn(x~) = (1, ..., 1) and a small beta."""
    near = sampled(instances).near(1 / 7)
    away = (near.x - 1).norm(dim=-1)
    assert (near.x > 0).all()
    assert (away <= 6 * near.beta * near.d**0.5 * (1 + 1e-12)).all()
    assert (near.beta <= 1 / (7 * near.d**0.5)).all()


@pytest.mark.parametrize("d", [1, 4, 25, 100])
def test_the_tail_of_the_noise_is_chi_square(d: int) -> None:
    """Pr[‖xi‖ > 6 sqrt(d)] and Pr[‖xi‖ > 1.5 sqrt(d)] agree with scipy."""
    for radius in (6.0, 1.5):
        at = torch.tensor([radius * d**0.5], dtype=torch.float64)
        found = GaussianTail(d, torch.zeros(1)).beyond(at)
        assert found.item() == pytest.approx(scipy.stats.chi2.sf(radius**2 * d, d), rel=1e-9, abs=1e-290)


def test_the_least_dimension_is_the_least() -> None:
    """The fixed point is the first d from 2 on where the count of strings is too small, found by looking at each."""
    for c, scale in itertools.product((1, 3, 10), (math.log(10), 10 * math.log(10), math.log2(10))):
        plain = next(d for d in itertools.count(2) if d > scale * math.ceil(c * math.log(d)))
        assert copies.first_failure(c, scale) == plain


def test_no_constant_saves_the_union_bound() -> None:
    """2^d 10^-M' > 1 from d = 12 c² on, as the witness says in general."""
    for c in (1, 2, 5, 10, 30):
        for d in (12 * c * c, 12 * c * c + 1, 100 * c * c, 10**6 * c * c):
            assert copies.copies(c, d) * math.log(10) < d * math.log(2)


def test_the_repaired_sizes_pass_where_the_printed_ones_fail() -> None:
    """The bodies that refute M' = Omega(log d) hold at M' = d, with failures of 1/10 and of 1/5: they can pass."""
    (chernoff,), (union,) = copies.chernoff_cases(), copies.union_cases()
    for ways in (10, 5):
        for body, case in ((copies._chernoff, chernoff), (copies._union, union)):
            assert surely_holds(body(to_balls(case), ways, count=lambda _, d: d))
            assert surely_violated(body(to_balls(case), ways)) is not None


def test_missed_is_the_probability_that_no_pair_works() -> None:
    """Enumerated: each of M inputs good or not, each of M' strings failing or not; a pair needs one of both."""
    ones = torch.ones(1, 1, dtype=torch.float64)
    case = copies.Sizes(1, 3 * ones, 0 * ones, 2 * ones)  # a = 1/4, M = (1+1)*4 = 8, M' = 1 + 2 = 3
    missed = 0.0
    for goods in range(9):
        for working in range(4):
            chance = scipy.stats.binom.pmf(goods, 8, 0.25) * scipy.stats.binom.pmf(working, 3, 0.8)
            missed += chance * (goods == 0 or working == 0)
    assert case.missed().item() == pytest.approx(missed)


def test_one_string_of_five_never_serves_five_inputs() -> None:
    """In the witness each input is served by four of five strings, each string serves four, and two serve all."""
    table = one_string.Failures(5, tuple(frozenset({x}) for x in range(5)))
    assert [len(table.served(string)) for string in range(5)] == [4] * 5
    assert len(table.greedy(1)) == 4
    assert len(table.greedy(2)) == 5


def test_fewer_than_five_inputs_have_a_common_string() -> None:
    """The witness is the smallest: by brute force with up to nine strings, and in general by counting failures."""
    for strings, inputs in itertools.product(range(1, 8), range(1, 5)):
        most = strings // 5
        choices = [frozenset(s) for k in range(most + 1) for s in itertools.combinations(range(strings), k)]
        for fails in itertools.combinations_with_replacement(choices, inputs):
            table = one_string.Failures(strings, fails)
            assert any(len(table.served(string)) == inputs for string in range(strings))


def test_greedy_never_beats_the_best_choice() -> None:
    """The greedy array serves at most as many inputs as the best of all arrays of its size, and one that is real."""
    generator = np.random.default_rng(1)
    for _ in range(50):
        fails = tuple(frozenset(generator.permutation(6)[:3].tolist()) for _ in range(8))
        table = one_string.Failures(6, fails)
        pairs = itertools.combinations(range(6), 2)
        unions = [table.served(a) | table.served(b) for a, b in pairs]
        assert table.greedy(2) in unions
        assert len(table.greedy(2)) <= max(map(len, unions))


def test_good_pairs_keep_their_promise() -> None:
    """On each input at least the fraction p of the pairs works."""
    for case in one_string.good_pairs():
        assert len(case.table.fails) == 1 << case.d
        worst = max(map(len, case.table.fails))
        assert 1 - Fraction(worst, case.table.strings) >= case.p


@FEW
@given(averaging.strings())
def test_success_is_at_least_four_fifths_where_good(instances: laws.Instances) -> None:
    """On good pairs the mean over the encoder's strings is at least 4/5, elsewhere nothing succeeds."""
    case = sampled(instances)
    success = case.success(0.8)
    law = case.string / case.string.sum(-1, keepdim=True)
    mean = (success * law[:, None, None, :]).sum(-1)
    good = torch.tensor(case.good, dtype=torch.bool)
    assert ((success >= 0) & (success <= 1)).all()
    assert (mean[:, good] >= 0.8 - 1e-12).all()
    assert (mean[:, ~good] == 0).all()


def test_the_permutations_are_all_different() -> None:
    """2 + 24 + 40320 bijections."""
    found = list(events.permutations())
    assert len({(case.d, case.images) for case in found}) == 2 + 24 + 40320
    assert all(len(set(case.images)) == 1 << case.d for case in found[:100])


@FEW
@given(announced.bounded())
def test_bounded_success_is_counted_by_hand(instances: laws.Instances) -> None:
    """The least chance of 'inverts, with bounded outputs' and Pr[not B], triple by triple in plain Python."""
    case = draw(instances, 3, torch.Generator().manual_seed(0))
    found, unbounded = case.both()
    success, odds = case.strings.success(0.8), case.odds
    noise = case.strings.noise / case.strings.noise.sum(-1, keepdim=True)
    string = case.strings.string / case.strings.string.sum(-1, keepdim=True)
    n, rows, columns, count = success.shape
    for k in range(n):
        outside = 0.0
        for i, j in itertools.product(range(rows), range(count)):
            kept = 0.0
            for x in range(columns):
                odd = odds[k, (i * columns + x) * count + j].item()
                chance = odd / (1 + odd)
                kept += max(success[k, i, x, j].item() - chance, 0) / columns
                outside += noise[k, i].item() * string[k, j].item() * chance / columns
            assert found[k, i, j].item() == pytest.approx(kept)
        assert unbounded[k].item() == pytest.approx(outside)


def test_the_announced_sizes_are_those_of_eps() -> None:
    """With A = eps/4 and M = 4(d+1)/eps noisy inputs, M' = d strings: the chance that no pair works, by the formula."""
    d, eps = 3, 0.25
    share = torch.tensor([[1 / eps - 1]], dtype=torch.float64)
    law = laws.CutLaw(("at",), False, share, *(torch.ones(1, 1, dtype=torch.float64),) * 4)
    none = torch.zeros(1, 1, dtype=torch.float64)
    no_input, no_string = (1 - eps / 4) ** (4 * (d + 1) / eps), 5.0**-d
    missed = announced.Announced(d, law, none, none).missed().item()
    assert missed == pytest.approx(no_input + no_string - no_input * no_string)


@FEW
@given(posteriors.two_joint_laws())
def test_posteriors_are_compared_column_by_column(instances: laws.Instances) -> None:
    """The mean distance of the laws of z given x agrees with its definition."""
    case = sampled(instances)
    p, q = case.joint(case.first), case.joint(case.second)
    given_x = [law / law.sum(-2, keepdim=True) for law in (p, q)]
    apart = (given_x[0] - given_x[1]).abs().sum(-2) / 2
    torch.testing.assert_close(case.of_posteriors(), (p.sum(-2) * apart).sum(-1))


def test_the_fifth_with_precision_is_that_of_samples() -> None:
    """Pr[wrong sign or a small coordinate] at d = 2, eta = 1/8, wrong signs with probability exp(-4), by sampling."""
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(400_000, 2, generator=generator, dtype=torch.float64).abs()
    wrong = torch.rand(400_000, generator=generator, dtype=torch.float64) < math.exp(-4)
    share = (wrong | (z.amin(1) <= 1 / 8)).double().mean().item()
    small = announced.HalfNormal(2, torch.tensor([1 / 8], dtype=torch.float64)).some_below().item()
    assert share == pytest.approx(math.exp(-4) + small * (1 - math.exp(-4)), abs=0.003)
