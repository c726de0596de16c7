"""Gradient descent with planned constants: the printed formulas, convergence, a peer, errors."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from reductions import ReductionError
from reductions.descent import Descent, descend, fast_plan, iterate, plan


@dataclass(frozen=True)
class Bounds:
    """The three constants, as any object may have them."""

    m: float
    M: float
    M2: float


def tanh_generator(d: int, seed: int):
    """G(z) = A z + Q (tanh(P z + b) - tanh b), A not symmetric, with constants from norms."""
    draw = torch.Generator().manual_seed(seed)
    A, P, Q = (torch.randn(d, d, generator=draw, dtype=torch.float64) for _ in range(3))
    left, _, right = torch.linalg.svd(A)
    A = left @ torch.diag(torch.linspace(1.0, 1.5, d, dtype=torch.float64)) @ right
    P, Q = P / torch.linalg.norm(P, 2), 0.5 * Q / torch.linalg.norm(Q, 2)
    b = torch.randn(d, generator=draw, dtype=torch.float64)
    top = float(torch.linalg.svdvals(A)[0])
    # D²G[v, v] = Q (tanh''(.) (P v)²), and |tanh''| <= 4/(3 sqrt 3): so M2 <= |Q| max_row |P_row| |P| 4/(3 sqrt 3).
    M2 = 0.5 * float(P.norm(dim=1).max()) * 4 / (3 * math.sqrt(3))
    return lambda z: z @ A.mT + (torch.tanh(z @ P.mT + b) - torch.tanh(b)) @ Q.mT, Bounds(0.5, top + 0.5, M2)


def test_plan_is_the_printed_one():
    """Radius, Q and S are (18), (19), (20), worked by hand at m = 1, M = 2, M2 = 1/4, ‖x‖ = 3, d = 4, delta = 1/2."""
    found = plan(Bounds(1, 2, 0.25), 3.0, 4, 0.5)
    assert found == Descent(radius=9.0, Q=4 + 2 * 2 * 0.25 * 18, rate=1 / 22, steps=22 * 9 * 4)


def test_fast_plan_is_the_sharper_one():
    """By hand at the same constants: Q = 4 + 3/4, S = Q 2 log 6 = 17.02, rounded up."""
    found = fast_plan(Bounds(1, 2, 0.25), 3.0, 0.5)
    assert found == Descent(radius=6.0, Q=4.75, rate=1 / 4.75, steps=18)


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 6), st.integers(0, 1000), st.sampled_from([1.0, 1e-3, 1e-9]))
def test_fast_plan_arrives(d, seed, delta):
    """The planned number of steps ends within delta of the inverse point, and f never rises."""
    generator, constants = tanh_generator(d, seed)
    inverse = torch.randn(3, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    x = generator(inverse)
    done = descend(generator, x, fast_plan(constants, float(x.norm(dim=-1).max()), delta))
    assert (done.z - inverse).norm(dim=-1).max() <= delta * (1 + 1e-9) + 1e-13


def test_printed_plan_arrives():
    """The printed plan does, too."""
    generator, constants = tanh_generator(2, 7)
    inverse = torch.tensor([[0.1, -0.2]], dtype=torch.float64)
    x = generator(inverse)
    done = descend(generator, x, plan(constants, float(x.norm()), 2, 0.3))
    assert (done.z - inverse).norm() <= 0.3
    assert done.values.shape[1] == 1


def test_scipy_finds_the_same_point():
    """scipy's least-squares solver, from the same start, ends where descent ends."""
    generator, constants = tanh_generator(4, 3)
    x = torch.tensor([[0.5, -1.0, 2.0, 0.3]], dtype=torch.float64)
    z = descend(generator, x, fast_plan(constants, float(x.norm()), 1e-10)).z[0].numpy()
    peer = optimize.least_squares(lambda p: generator(torch.as_tensor(p)[None])[0].numpy() - x[0].numpy(), np.zeros(4))
    assert np.abs(z - peer.x).max() < 1e-7


def test_one_step_of_a_linear_map_by_hand():
    """G(z) = A z with A = (1 2; 0 1), x = (1, 0): the first step is A^T x times the rate."""
    A = torch.tensor([[1.0, 2.0], [0.0, 1.0]])
    done = iterate(lambda z: z @ A.mT, torch.tensor([[1.0, 0.0]]), Descent(0.0, 10.0, 0.1, 1))
    assert torch.allclose(done.z, torch.tensor([[0.1, 0.2]]))
    assert done.values[0].item() == 0.5


def test_rows_of_a_batch_do_not_touch():
    """A row descends as it would alone."""
    generator, constants = tanh_generator(3, 1)
    x = torch.randn(4, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    one = fast_plan(constants, float(x.norm(dim=-1).max()), 1e-2)
    together = descend(generator, x, one).z
    assert torch.equal(torch.cat([descend(generator, row[None], one).z for row in x]), together) or torch.allclose(
        torch.cat([descend(generator, row[None], one).z for row in x]), together, rtol=0, atol=1e-14
    )


def test_x_at_the_start_takes_no_step():
    """x = G(0): nothing to do."""
    assert plan(Bounds(1, 2, 1), 0.0, 3, 0.1).steps == fast_plan(Bounds(1, 2, 1), 0.0, 0.1).steps == 0


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((Bounds(0, 2, 1), 1.0, 3, 0.1), "constants"),
        ((Bounds(3, 2, 1), 1.0, 3, 0.1), "constants"),
        ((Bounds(1, 2, math.inf), 1.0, 3, 0.1), "M2"),
        ((Bounds(1, 2, 1), math.nan, 3, 0.1), "x_norm"),
        ((Bounds(1, 2, 1), 1.0, 0, 0.1), "d:"),
        ((Bounds(1, 2, 1), 1.0, 3, 0.0), "delta"),
        ((Bounds(1, 2, 1), 1e200, 3, 1e-100), "delta"),
    ],
)
def test_errors_name_the_argument(arguments, named):
    """What is out of its domain is named."""
    with pytest.raises(ReductionError, match=named):
        plan(*arguments)


def test_understated_constants_are_found_out():
    """A Lipschitz constant that is too small makes f rise, and descent says so."""
    with pytest.raises(ReductionError, match="f rose"):
        descend(lambda z: 2 * z, torch.ones(1, 2), Descent(1.0, 1.0, 1.0, 5))


def test_too_many_steps_are_refused():
    """A plan of more steps than allowed is refused before it runs."""
    with pytest.raises(ReductionError, match="larger delta"):
        descend(lambda z: z, torch.ones(1, 2), plan(Bounds(1, 1, 0), 1.0, 2, 1e-6))
