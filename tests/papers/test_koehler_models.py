"""The models of koehler-2022 against automatic differentiation, scipy, and each other."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from scipy.stats import multivariate_normal

from claims.engine.arithmetic import squared_norm
from claims.engine.strategies import draw
from claims.papers.koehler_2022.domains import LinearVAEs, linear_vaes
from claims.papers.koehler_2022.general_vae import elbo_offset
from claims.papers.koehler_2022.gradient_flow import FLOW_ERROR, random_flows
from claims.papers.koehler_2022.linear_vae import LinearVAE, loss, loss_gradient, simplified_gradient, simplified_loss
from claims.papers.koehler_2022.recovery import unused_columns


def generator(seed: int = 0) -> torch.Generator:
    """A seeded generator."""
    return torch.Generator().manual_seed(seed)


class TestLinearVAE:
    """The population loss of the linear VAE."""

    @settings(max_examples=40, deadline=None)
    @given(linear_vaes(scales=(0.1, 10.0)))
    def test_the_closed_gradient_is_the_gradient(self, structure: LinearVAEs) -> None:
        """simplified_gradient agrees with automatic differentiation of simplified_loss."""
        vae = draw(structure, 8, generator())
        parameters = [x.clone().requires_grad_() for x in (vae.A_tilde, vae.B_tilde, vae.epsilon)]
        simplified_loss(vae.A, *parameters).sum().backward()
        closed = simplified_gradient(vae.A, vae.A_tilde, vae.B_tilde, vae.epsilon)
        for x, gradient in zip(parameters, closed, strict=True):
            scale = 1 + gradient.abs().max()
            torch.testing.assert_close(x.grad / scale, gradient / scale, rtol=1e-8, atol=1e-10)

    @settings(max_examples=40, deadline=None)
    @given(linear_vaes(scales=(0.1, 10.0)))
    def test_the_closed_gradient_of_the_loss_is_its_gradient(self, structure: LinearVAEs) -> None:
        """loss_gradient agrees with automatic differentiation of loss."""
        vae = draw(structure, 8, generator())
        unknown = [x.clone().requires_grad_() for x in (vae.A_tilde, vae.B_tilde, vae.D, vae.epsilon)]
        loss(vae.A, *unknown).sum().backward()
        for x, gradient in zip(unknown, loss_gradient(vae), strict=True):
            scale = 1 + gradient.abs().max()
            torch.testing.assert_close(x.grad / scale, gradient / scale, rtol=1e-8, atol=1e-10)

    def test_the_loss_is_the_log_likelihood_where_the_posterior_is_in_the_encoder_family(self) -> None:
        """With orthogonal decoder columns and the exact posterior, L is -E log p(x), by scipy's Gaussian density."""
        d, r, epsilon = 4, 2, 0.7
        directions = torch.linalg.qr(torch.randn(d, d, generator=generator(), dtype=torch.float64))[0]
        decoder = directions[:, :r] * torch.tensor([2.0, 0.5])
        A = torch.randn(d, 3, generator=generator(1), dtype=torch.float64)
        precision = decoder.mT @ decoder + epsilon**2 * torch.eye(r, dtype=torch.float64)
        encoder = torch.linalg.solve(precision, decoder.mT)
        variances = epsilon**2 / torch.diagonal(precision)
        one = LinearVAE(
            A[None], decoder[None], encoder[None], variances[None], torch.tensor([epsilon], dtype=torch.float64)
        )
        covariance = (decoder @ decoder.mT + epsilon**2 * torch.eye(d, dtype=torch.float64)).numpy()
        # E log p(x) for x = A z: the two-point rule on z is exact for the quadratic log density.
        signs = np.array(np.meshgrid(*[[-1.0, 1.0]] * 3)).reshape(3, -1)
        likelihood = multivariate_normal(np.zeros(d), covariance).logpdf((A.numpy() @ signs).T).mean()
        assert float(one.loss()) + elbo_offset(d, r) == pytest.approx(-likelihood, rel=1e-12)

    def test_a_float_that_underflows_is_not_silently_wrong(self) -> None:
        """At eps = 0 the loss is not finite, rather than some number."""
        vae = LinearVAE(*(torch.ones(1, 1, 1, dtype=torch.float64) for _ in range(3)), torch.ones(1, 1), torch.zeros(1))
        assert not torch.isfinite(vae.loss()).any()


class TestGradientFlow:
    """The integrated gradient flow."""

    def test_the_loss_falls_along_every_flow(self) -> None:
        """L1 never rises from one accepted step to the next by more than the solver's error."""
        for flow in random_flows(generator(), "quick"):
            found = flow.solution
            steps = len(found.times)
            losses = simplified_loss(flow.A.expand(steps, -1, -1), found.A_tilde, found.B_tilde, found.epsilon)
            assert (losses.diff() <= FLOW_ERROR * (1 + losses.abs().max())).all()

    def test_two_solvers_agree(self) -> None:
        """LSODA and Radau end at the same point, on the horizon that both reach."""
        for flow in random_flows(generator(), "quick"):
            if flow.horizon > 1e-2:
                continue
            ends = [run.solution.A_tilde[-1] for run in (flow, flow.second_route())]
            torch.testing.assert_close(*ends, rtol=1e-4, atol=1e-7)

    def test_in_log_epsilon_the_same_path_is_not_taken_but_the_loss_still_falls(self) -> None:
        """The flow in log eps is a gradient flow of the same loss in other coordinates."""
        flow = next(iter(unused_columns(logarithmic=True)(generator(), "quick"))).flow
        found = flow.solution
        first, last = (
            simplified_loss(flow.A[0], found.A_tilde[k], found.B_tilde[k], found.epsilon[k]) for k in (0, -1)
        )
        assert last < first - 10

    def test_a_run_ends_before_epsilon_vanishes(self) -> None:
        """Where eps tends to zero in finite time the run stops there, with finite numbers."""
        flow = next(iter(unused_columns(logarithmic=False)(generator(), "quick"))).flow
        found = flow.solution
        assert found.times[-1] < 0.01 < flow.horizon
        assert torch.isfinite(squared_norm(found.A_tilde)).all()
        assert (found.epsilon > 0).all()
