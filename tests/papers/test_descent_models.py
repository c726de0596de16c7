"""The models of Lemma 1's claims: derivatives against autograd, constants against sampling, regions against balls."""

from __future__ import annotations

import torch

from claims.papers.pareek_risteski_2022.upper_bound.descent_cases import Inversion, inversions_of
from claims.papers.pareek_risteski_2022.upper_bound.descent_runs import fast_runs
from claims.papers.pareek_risteski_2022.upper_bound.lemma_10 import RINGS, Ring
from reductions.descent import Descent


def batch(d: int, terms: int) -> Inversion:
    """A batch of 64 instances, not centred."""
    ensemble = inversions_of(d, terms, (1.0, 1.0, 2.0), centred=False)
    free = torch.randn(64, ensemble.size, generator=torch.Generator().manual_seed(d), dtype=torch.float64)
    return ensemble.build(free)


def test_derivatives_are_those_of_autograd():
    """Gradient and second derivative of f along a direction, as autograd finds them."""
    case = batch(3, 2)
    z = case.z.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(case.f(z).sum(), z, create_graph=True)
    (along,) = torch.autograd.grad((gradient * case.v).sum(), z)
    torch.testing.assert_close(case.gradient(case.z), gradient.detach())
    torch.testing.assert_close(case.curvature(case.z, case.v), (along * case.v).sum(-1))


def test_constants_bound_what_they_name():
    """m, M and M2 bound difference quotients and second derivatives at random points."""
    for d in (1, 2, 4):
        case = batch(d, 3)
        moved = (case.image(case.z) - case.image(case.v)).norm(dim=-1) / (case.z - case.v).norm(dim=-1)
        assert (case.m <= moved * (1 + 1e-12)).all()
        assert (moved <= case.M * (1 + 1e-12)).all()
        assert (case.second(case.z, case.v).norm(dim=-1) <= case.M2 * case.v.square().sum(-1) * (1 + 1e-12)).all()


def test_runs_know_their_constants():
    """The Jacobian's singular values lie within m and M at random points, and autograd's second derivative below M2."""
    for run in fast_runs(torch.Generator().manual_seed(0), "standard"):
        if run.d > 4:
            continue
        for z in torch.randn(5, run.d, generator=torch.Generator().manual_seed(1), dtype=torch.float64):
            jacobian = torch.func.jacrev(run.image)(z)
            values = torch.linalg.svdvals(jacobian)
            assert run.m <= values.min() * (1 + 1e-12)
            assert values.max() <= run.M * (1 + 1e-12)
            second = torch.func.jacrev(torch.func.jacrev(run.image))(z)
            v = torch.nn.functional.normalize(z, dim=0)
            assert torch.einsum("ijk,j,k->i", second, v, v).norm() <= run.M2


def test_both_routes_of_a_run_agree():
    """Autograd and the Jacobian written out end at the same distance."""
    run = next(iter(fast_runs(torch.Generator().manual_seed(3), "standard")))
    few = Descent(1.0, 9.0, 1 / 9, 7)
    torch.testing.assert_close(run.distance(few), run.second_route().distance(few))


def test_ring_is_bounded_in_its_region():
    """The gradient of a ring is autograd's, and its second derivative is at most Q at points of A."""
    ensemble = RINGS.elements[1]
    free = torch.randn(64, ensemble.size, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    case: Ring = ensemble.build(free)
    z = case.z0.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(case.f(z).sum(), z, create_graph=True)
    torch.testing.assert_close(case.gradient(case.z0), gradient.detach())
    v = torch.nn.functional.normalize(case.z0, dim=-1)
    (along,) = torch.autograd.grad((gradient * v).sum(), z)
    assert ((along * v).sum(-1).abs() <= case.Q * (1 + 1e-12)).all()
