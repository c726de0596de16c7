"""Theorem 1's encoder: its law on grids, its distance, its layers, its numbers, and what it refuses."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest, norm
from torch import Tensor

from reductions import ReductionError
from reductions.generators import LinearGenerator, SmoothGenerator, random_orthogonal, random_separable
from reductions.networks import SIN, SOFTPLUS, TANH, Network, NetworkBuilder, Smooth, step
from reductions.small_encoder import (
    Setting,
    build_encoder,
    certified_step,
    exact_variation,
    marginal_distances,
    printed_plan,
    printed_size,
    sharp_size,
)
from reductions.small_encoder.law import axes_around, grid_variation, product_variation
from reductions.small_encoder.samples import kolmogorov


def _bent(d: int, seed: int = 0) -> SmoothGenerator:
    source = torch.Generator().manual_seed(seed)
    A = random_orthogonal(d, source) * torch.linspace(1, 1.3, d, dtype=torch.float64)
    eye = torch.eye(d, dtype=torch.float64)
    return SmoothGenerator(A, eye / 4, eye, 0.3 * torch.ones(d, dtype=torch.float64), centred=True)


def _between_normals(mean: float, variance: float, other: float, other_variance: float) -> float:
    line = np.linspace(-12, 12, 200_001)
    p, q = norm.pdf(line, mean, variance**0.5), norm.pdf(line, other, other_variance**0.5)
    return float(np.abs(p - q).sum() * (line[1] - line[0]) / 2)


class TestLaw:
    """Densities on grids."""

    @given(st.floats(0.01, 0.3), st.integers(1, 60), st.floats(-2, 2))
    @settings(max_examples=25, deadline=None)
    def test_a_linear_chain_has_the_normal_law_of_its_recursion(self, h: float, steps: int, start: float) -> None:
        """z -> (1 - h) z + sqrt(2h) xi against N(0, 1): mean and variance are known, so TV is."""
        shrink = (1 - h) ** steps
        known = _between_normals(start * shrink, 2 * h * (1 - shrink**2) / (1 - (1 - h) ** 2), 0.0, 1.0)
        found = grid_variation(
            lambda z: (1 - h) * z, lambda z: -(z**2).sum(-1) / 2, torch.tensor([start], dtype=torch.float64),
            torch.zeros(1, dtype=torch.float64), step=h, steps=steps, reach=9.0,
        )  # fmt: skip
        assert found.low - 2e-5 <= known <= found.high + 2e-5
        assert found.high - found.low < 0.1

    @given(st.integers(0, 2**32 - 1), st.lists(st.integers(2, 5), min_size=1, max_size=3))
    @settings(max_examples=40, deadline=None)
    def test_products_are_bracketed(self, seed: int, sizes: list[int]) -> None:
        """The interval holds the TV of the product laws, summed over all cells; zeros included."""
        source = torch.Generator().manual_seed(seed)
        laws: list[list[Tensor]] = [[], []]
        for side, size in itertools.product((0, 1), sizes):
            mass = torch.rand(size, dtype=torch.float64, generator=source) ** 4
            mass[torch.randint(size, (1,), generator=source)] *= float(torch.rand(1, generator=source) > 0.3)
            laws[side].append((mass + 1e-9) / (mass + 1e-9).sum())
        whole = [torch.stack([torch.stack(c).prod() for c in itertools.product(*side)]) for side in laws]
        known = float((whole[0] - whole[1]).abs().sum() / 2)
        found = product_variation(*laws)
        assert found.low <= known <= found.high
        assert found.high - found.low < 1e-2

    def test_grids_that_cannot_be_had_are_refused(self) -> None:
        """Three dimensions, or too many points, with the remedy."""
        with pytest.raises(ReductionError, match="separable"):
            axes_around(torch.zeros(3), 1.0, 0.1)
        with pytest.raises(ReductionError, match="larger h"):
            axes_around(torch.zeros(2), 1.0, 1e-9)


class TestEncoder:
    """What is built."""

    @pytest.mark.parametrize("d", [1, 3])
    def test_a_linear_generator_has_a_normal_posterior(self, d: int) -> None:
        """Samples of the network have the mean and the covariance (I + A^T A / beta²)^-1, up to the chain's bias."""
        source = torch.Generator().manual_seed(d)
        A = random_orthogonal(d, source) * torch.linspace(1, 1.3, d, dtype=torch.float64)
        generator, beta = LinearGenerator(A @ random_orthogonal(d, source)), 0.5
        x = torch.randn(d, dtype=torch.float64, generator=source)
        encoder = build_encoder(generator, beta, 0.02)
        z = encoder.at(x).sample(torch.zeros(5000, d, dtype=torch.float64), source)
        precision = torch.eye(d, dtype=torch.float64) + generator.A.T @ generator.A / beta**2
        mean = torch.linalg.solve(precision, generator.A.T @ x / beta**2)
        white = (z - mean) @ torch.linalg.cholesky(precision)
        assert float(white.mean(0).abs().max()) < 0.08
        assert torch.allclose(white.T @ white / len(z), torch.eye(d, dtype=torch.float64), atol=0.15)

    def test_bound_layers_are_those_that_read_x(self) -> None:
        """The deep latent Gaussian of one x gives what the layers that read (z, x) give, on the same stream."""
        encoder, x = build_encoder(_bent(2), 0.1, 0.2), torch.tensor([[0.4, -1.0]], dtype=torch.float64)
        together = encoder.sample(x, torch.Generator().manual_seed(3))
        deep = encoder.at(x[0])
        source = torch.Generator().manual_seed(3)
        layers = range(encoder.plan.langevin_steps)
        strings = torch.cat([torch.randn(1, 2, dtype=torch.float64, generator=source) for _ in layers], dim=1)
        assert torch.allclose(together, deep(torch.ones(1, 2, dtype=torch.float64), strings), atol=1e-13)
        assert deep.parameter_count == encoder.parameter_count
        assert len(deep.layers) == 1 + encoder.plan.layers

    def test_float32_inputs_give_float32_samples(self) -> None:
        """Device and dtype come from x."""
        encoder = build_encoder(_bent(1), 0.1, 0.2)
        assert encoder.sample(torch.zeros(3, 1), torch.Generator().manual_seed(0)).dtype == torch.float32

    def test_what_does_not_fit_is_refused(self) -> None:
        """A wrong shape of x, numbers outside of their ranges, a dense generator of three dimensions."""
        encoder = build_encoder(_bent(3), 0.1, 0.2)
        with pytest.raises(ReductionError, match="3 numbers"):
            encoder.at(torch.zeros(2))
        with pytest.raises(ReductionError, match="no exact distance"):
            exact_variation(encoder, torch.zeros(3, dtype=torch.float64))
        with pytest.raises(ReductionError, match="epsilon < 1"):
            build_encoder(_bent(1), 0.1, 1.0)


class TestDistance:
    """How far it is from the posterior."""

    def test_a_line_is_known_in_closed_form(self) -> None:
        """G(z) = 2 z: chain and posterior are normal, and the interval holds their TV."""
        beta, x = 0.5, torch.tensor([1.0], dtype=torch.float64)
        encoder = build_encoder(LinearGenerator(torch.tensor([[2.0]], dtype=torch.float64)), beta, 0.2)
        h, a = encoder.plan.h, 1 + 4 / beta**2
        shrink = (1 - h * a) ** encoder.plan.langevin_steps
        mean = float(2 * x / beta**2 / a)
        start = float(encoder.start(x[None]))
        variance = 2 * h * (1 - shrink**2) / (1 - (1 - h * a) ** 2)
        known = _between_normals(mean + shrink * (start - mean), variance, mean, 1 / a)
        found = exact_variation(encoder, x)
        assert found.low - 1e-4 <= known <= found.high + 1e-4
        assert found.high < 0.2

    @pytest.mark.parametrize(("sigma", "beta", "x"), [(TANH, 0.1, 0.7), (SIN, 0.3, -1.5), (SOFTPLUS, 0.9, 2.0)])
    def test_a_program_of_its_own_agrees(self, sigma: Smooth, beta: float, x: float) -> None:
        """d = 1 again from the display of the proof: autograd's drift, one dense matrix in numpy, a grid of its own."""
        one = torch.ones(1, 1, dtype=torch.float64)
        G = SmoothGenerator(1.2 * one, 0.4 * one, one, 0.3 * one[0], sigma, centred=True)
        encoder = build_encoder(G, beta, 0.2)
        plan, target = encoder.plan, torch.tensor(x, dtype=torch.float64)

        def slope(z: np.ndarray) -> np.ndarray:
            points = torch.tensor(z)[:, None].requires_grad_()
            (drawn,) = torch.autograd.grad(((G(points) - target) ** 2).sum() / 2, points)
            return drawn.numpy()[:, 0]

        start = np.zeros(1)
        for _ in range(plan.descent.steps):
            start = start - plan.descent.rate * slope(start)
        noise = math.sqrt(2 * plan.h)
        line = np.linspace(float(start[0]) - 5 * beta - 1, float(start[0]) + 5 * beta + 1, 3001)
        width = float(line[1] - line[0])
        assert width < noise / 10
        matrix = width * norm.pdf(line[:, None], line - plan.h * (line + slope(line) / beta**2), noise)
        chain = norm.pdf(line, start - plan.h * (start + slope(start) / beta**2), noise)
        for _ in range(plan.langevin_steps - 1):
            chain = matrix @ chain
        with torch.no_grad():
            loss = (line**2 + (G(torch.tensor(line)[:, None])[:, 0] - target).numpy() ** 2 / beta**2) / 2
        posterior = np.exp(loss.min() - loss)
        posterior /= posterior.sum() * width
        found = exact_variation(encoder, target[None])
        assert found.low <= np.abs(chain - posterior).sum() * width / 2 <= found.high
        assert found.high - found.low < 0.01

    @pytest.mark.parametrize("mutant", ["no prior", "1/beta", "x shifted", "noise sqrt(h)"])
    def test_wrong_layers_are_seen(self, mutant: str) -> None:
        """At beta = 0.7, where the prior matters, each mutant is farther than the encoder's own distance."""
        generator, beta, x = _bent(2), 0.7, torch.tensor([1.5, -1.0], dtype=torch.float64)
        encoder = build_encoder(generator, beta, 0.1)
        h, network = encoder.plan.h, generator.network()
        wrong = {
            "no prior": replace(encoder, langevin=step(network, 1.0, -h / beta**2)),
            "1/beta": replace(encoder, langevin=step(network, 1 - h, -h / beta)),
            "x shifted": replace(encoder, langevin=_shifted(encoder.langevin, 0.3)),
            "noise sqrt(h)": replace(encoder, plan=replace(encoder.plan, h=h / 2, horizon=encoder.plan.horizon / 2)),
        }[mutant]
        assert exact_variation(wrong, x).low > 1.5 * exact_variation(encoder, x).high

    def test_marginals_agree_with_scipy(self) -> None:
        """Kolmogorov's distance of draws from a normal law, on a fine line, is that of `scipy.stats.kstest`."""
        draws = torch.randn(500, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
        line = torch.linspace(-9, 9, 40_001, dtype=torch.float64)
        mass = torch.softmax(-(line**2) / 2, 0)
        assert kolmogorov(draws, line, mass) == pytest.approx(kstest(draws.numpy(), "norm").statistic, abs=2.5e-3)

    def test_samples_are_within_the_bound(self) -> None:
        """Marginals of a separable generator in d = 4 and of a dense one in d = 3 are near, and seen to move."""
        source = torch.Generator().manual_seed(5)
        for generator in (random_separable(4, 0.3, source), _bent(3)):
            encoder = build_encoder(generator, 0.01, 0.2)
            x = generator(torch.ones(1, generator.latents, dtype=torch.float64))[0]
            z = encoder.at(x).sample(torch.zeros(2000, generator.latents, dtype=torch.float64), source)
            for interval in marginal_distances(encoder, x, z, confidence=1 - 1e-9):
                assert interval.low <= 0.2
                assert interval.high < 0.25
            far = marginal_distances(encoder, x, z + 0.02, confidence=1 - 1e-9)
            assert max(interval.low for interval in far) > 0.2


class TestPlan:
    """The proof's numbers."""

    def test_the_printed_formulas(self) -> None:
        """At m = 1, M = 3/2, d = 4 every number is computed again from the paper's display."""
        c = _bent(1).constants
        m, M, M2, d, beta, epsilon = c.m, c.M, c.M2, 4, 0.01, 0.1
        x = printed_size(c, d, beta)
        assert x == pytest.approx(12 * (M + beta) * 2)
        setting = Setting(c, d, beta, epsilon, x)
        A = 2 * d + x**2 / m**2
        radius = 4 * beta / m * math.sqrt(A * math.log(16 * A / epsilon))
        assert setting.radius == pytest.approx(radius)
        at_bound = replace(setting, beta=setting.beta_bound)
        bounds = m**2 / (6 * d * M * M2), m / math.sqrt(2 * math.sqrt(d) * M * c.M3)
        assert at_bound.radius == pytest.approx(min(bounds))  # Lemma 11
        plan = printed_plan(setting)
        Q = M**2 + math.sqrt(d) * M * M2 * 2 * (M / m + 1) * x / m
        assert plan.descent.steps == pytest.approx(Q * x**2 / (m**4 * (radius / 4) ** 2), rel=1e-3)
        assert plan.horizon == pytest.approx(4 * radius**2 * math.log(10))
        assert sharp_size(c, d, beta) < x

    def test_the_step_spends_its_budget(self) -> None:
        """Girsanov's bound at the certified h is at most eps/2, and more than a quarter of that."""
        c = _bent(1).constants
        setting = Setting.typical(c, 2, 0.01, 0.1)
        T = printed_plan(setting).horizon
        h = certified_step(setting, T)
        first = setting.size_of_x / c.m + setting.radius * (1 + c.M**2 / setting.beta**2)
        second = 1 + (c.M**2 + c.m**2) / setting.beta**2
        divergence = second**2 * T * (h**2 * first**2 / 3 + setting.d * h) / 4
        assert 0.25 * 0.05 < math.sqrt(divergence / 2) <= 0.05

    @pytest.mark.parametrize(
        "wrong", [{"d": 0}, {"beta": 0.0}, {"epsilon": 0.0}, {"epsilon": 1.0}, {"size_of_x": -1.0}]
    )
    def test_settings_outside_are_refused(self, wrong: dict[str, Any]) -> None:
        """One clear error."""
        with pytest.raises(ReductionError, match="needs d >= 1"):
            replace(Setting(_bent(1).constants, 1, 0.1, 0.1, 1.0), **wrong)


def test_bound_inputs_become_biases() -> None:
    """`Network.bind` gives the function of the first inputs; an output that is a bound input is refused."""
    network = step(_bent(3).network(), 0.7, -0.2)
    z, x = torch.randn(2, 5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    bound = network.bind(x[0].tolist())
    assert torch.allclose(bound(z), network(torch.cat((z, x[:1].expand(5, 3)), dim=1)), atol=1e-14)
    assert bound.inputs == 3
    assert bound.fan_in <= network.fan_in
    with pytest.raises(ReductionError, match="bound"):
        NetworkBuilder(2).build([0, 1]).bind([1.0])


def _shifted(network: Network, by: float) -> Network:
    """The network with x moved by `by` in each coordinate."""
    builder = NetworkBuilder(4)
    x = builder.scaled(builder.input_nodes[2:], bias=by)
    return builder.build(builder.append(network, [*builder.input_nodes[:2], *x]))


def test_activation_of_the_step_is_the_derivative() -> None:
    """The step's network uses sigma, sigma' and rho only, besides linear nodes."""
    names = {activation.name for activation in step(_bent(2).network(), 1.0, -0.1).activations}
    assert names <= {"identity", TANH.name, TANH.derivative.name, "square"}
