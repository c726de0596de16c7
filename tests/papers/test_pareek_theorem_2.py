"""Models of Theorem 2's attack: what counts as an encoder inside the printed hypotheses."""

from __future__ import annotations

import pytest

from claims.papers.pareek_risteski_2022 import theorem_2
from claims.papers.pareek_risteski_2022.executed import Executed, inverts_at_least, promise
from claims.papers.pareek_risteski_2022.theorem_2 import TabledEncoder, TabledFamily
from reductions.encoders import exact


@pytest.mark.parametrize("d", [1, 2, 5])
def test_a_tabled_encoder_is_inside_the_hypotheses_and_good(d: int) -> None:
    """Its constants are those that the claim states, and both routes find it good nearly everywhere."""
    member = TabledEncoder(d, seed=4)
    found = member.hypotheses
    assert (found.parameters, found.weights, found.lipschitz) == (d * d + 13 * d, 8, 1)
    assert found.outputs <= 8
    assert member.probability(0.1) == 1
    assert member.second_route().probability(0.1) > 0.9


def test_an_encoder_outside_of_the_hypotheses_is_no_witness() -> None:
    """The exponential encoder is as good, but too large and too steep: it does not count against the theorem."""
    member = TabledEncoder(3, seed=4)
    member.encoder = exact(member.circuit, member.beta)
    assert not member.within
    assert TabledFamily([member]).probability().tolist() == [0]


def test_one_dimension_that_keeps_the_bound_saves_it() -> None:
    """The theorem speaks of large d: the claim is violated only if every dimension violates it."""
    outside = TabledEncoder(3, seed=4)
    outside.encoder = exact(outside.circuit, outside.beta)
    family = TabledFamily([TabledEncoder(2, seed=1), outside])
    assert float(theorem_2.bounded(family, family.epsilon()).violation().max()) <= 0
    assert float(theorem_2.bounded(TabledFamily(family.members[:1]), family.epsilon()[:1]).violation().max()) > 0


def test_the_repair_fails_for_an_encoder_that_inverts_less_than_promised() -> None:
    """A quarter of all inputs is no half: the margin of the executed theorem sees it."""
    run = Executed("partial", "toffoli", 4, seed=1)
    assert float(inverts_at_least(run, promise(run), 1e9).violation().max()) <= 0
    assert float(inverts_at_least(run, 0.9, 1e9).violation().max()) > 0
    assert float(inverts_at_least(run, promise(run), 1).violation().max()) > 0
