"""The image models of shekhovtsov-2022: quadratures against sampling and closed forms, and the experiment's folder."""

from __future__ import annotations

import json
import math
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from circuits import CircuitError
from claims.papers.shekhovtsov_2022.images import table_1 as experiment
from claims.papers.shekhovtsov_2022.images.curve_training import Encoder, Problem, protocol
from claims.papers.shekhovtsov_2022.images.curves import CurveDecoder, Grid, hermite
from claims.papers.shekhovtsov_2022.images.digits import digits, digits_fit
from claims.papers.shekhovtsov_2022.images.patches import (
    STARTS,
    PatchVAE,
    descend,
    frechet,
    latent_grid,
    network,
    patch_protocol,
    spots_fit,
)
from claims.papers.shekhovtsov_2022.models.error import ModelError

SMALL = Grid(33, 4, 7)


def test_a_line_has_the_likelihood_of_a_gaussian() -> None:
    """For f(z) = (z, 0) the expected log-likelihood is minus the entropy of N(0, diag(1 + s², s²))."""
    line = CurveDecoder.arc(0.0, 1, 0.5)
    entropy = math.log(2 * math.pi * math.e) + math.log(1.25 * 0.25) / 2
    assert Problem.of(line, Grid()).log_likelihood(line) == pytest.approx(-entropy, abs=1e-5)


def test_the_matched_encoder_of_a_line_is_the_posterior() -> None:
    """For f(z) = (z, 0) the posterior has mean x/(1 + s²) and variance s²/(1 + s²)."""
    line = CurveDecoder.arc(0.0, 1, 0.5)
    problem = Problem.of(line, Grid())
    q = problem.matched(line)
    inside = problem.x[:, 0].abs() < 3
    assert torch.allclose(q.mean[inside], problem.x[inside, 0] / 1.25, atol=1e-6)
    assert torch.allclose(q.deviation[inside], torch.full_like(q.mean[inside], math.sqrt(0.2)), atol=1e-6)


def test_the_elbo_is_below_the_likelihood_and_never_falls() -> None:
    """Each step of the alternation raises the ELBO, which stays below the log-likelihood."""
    truth = CurveDecoder.circle(2, 0.5)
    problem = Problem.of(truth, SMALL)
    decoder, q = truth, problem.matched(truth)
    reached = [problem.elbo(decoder, q)]
    for learn_s in (False, False, True, True):
        decoder, q = problem.trained(decoder, q, learn_s=learn_s, rounds=1)
        reached.append(problem.elbo(decoder, q))
        assert reached[-1] <= problem.log_likelihood(decoder)
    assert reached == sorted(reached)


def test_the_best_decoder_has_no_gradient_left() -> None:
    """The least squares of the decoder's step make the ELBO stationary in C and s, by automatic differentiation."""
    truth = CurveDecoder.arc(2.0, 2, 0.7)
    problem = Problem.of(truth, SMALL)
    q = problem.matched(truth)
    best = problem.best_decoder(q, None)
    moved = [CurveDecoder(best.C + step * torch.ones_like(best.C), best.s + step) for step in (-1e-4, 1e-4)]
    values = [problem.elbo(decoder, q) for decoder in moved]
    assert abs(values[1] - values[0]) / 2e-4 < 1e-5
    assert max(values) < problem.elbo(best, q)


@pytest.mark.parametrize("truth", [CurveDecoder.circle(2, 0.5), CurveDecoder.arc(2.0, 2, 0.7)])
def test_no_other_start_finds_a_much_better_encoder(truth: CurveDecoder) -> None:
    """The best three of 16 random Gaussians a node, improved by scipy's simplex search, gain less than 1e-3 nat."""
    problem = Problem.of(truth, Grid(33, 3, 9))
    _, q = problem.trained(truth, problem.matched(truth), learn_s=False, rounds=8, encoder_only=True)
    heaviest = problem.weights.topk(8).indices
    noise, inner = hermite(9)
    source = np.random.default_rng(0)

    def negative(parameters: np.ndarray, x: torch.Tensor) -> float:
        mean, log_deviation = parameters
        away = x - truth.mean(mean + math.exp(log_deviation) * noise)
        fit = -(away.square().sum(-1) @ inner) / (2 * truth.s**2) - math.log(2 * math.pi * truth.s**2)
        return float(-fit + (mean**2 + math.exp(2 * log_deviation) - 1) / 2 - log_deviation)

    def found(x: torch.Tensor) -> float:
        starts = np.stack([source.normal(0, 1.5, 16), source.uniform(-3, 0, 16)], axis=1)
        low = sorted(starts, key=lambda start: negative(start, x))[:3]
        ends = [minimize(negative, one, args=(x,), method="Nelder-Mead", options={"maxiter": 50}) for one in low]
        return -min(float(end.fun) for end in ends)

    one = Problem(problem.x[heaviest], problem.weights[heaviest] / problem.weights[heaviest].sum(), problem.grid)
    ours = one.elbo(truth, Encoder(q.mean[heaviest], q.deviation[heaviest]))
    assert float(one.weights @ torch.tensor([found(x) for x in one.x]).double()) - ours < 1e-3


def test_the_table_leaves_a_poor_local_optimum() -> None:
    """Beside a circle that comes back the ascent from the posterior's moments alone ends far below."""
    circle = CurveDecoder.circle(2, 0.5)
    problem = Problem.of(circle, SMALL)
    stuck = problem.matched(circle)
    for _ in range(12):
        stuck = problem._ascended(circle, stuck)
    _, free = problem.trained(circle, problem.matched(circle), learn_s=False, rounds=4, encoder_only=True)
    assert problem.elbo(circle, free) > problem.elbo(circle, stuck) + 0.2


def test_likelihoods_are_measured_on_a_finer_grid() -> None:
    """A decoder's loss does not depend on the nodes that it was fitted to: still finer ones agree to 1e-4 nat."""
    wave = CurveDecoder.arc(2.0, 2, 0.7)
    problem = Problem.of(wave, Grid(33, 5, 11))
    decoder, _ = problem.trained(wave, problem.matched(wave), learn_s=False, rounds=4)
    losses = []
    for grid in (problem.grid.finer(), problem.grid.finer().finer()):
        finer = Problem.of(wave, grid)
        losses.append(finer.log_likelihood(wave) - finer.log_likelihood(decoder))
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)


def test_curves_are_harmed_and_lines_are_not() -> None:
    """The protocol leaves a line alone and takes likelihood from a circle."""
    line = protocol(CurveDecoder.arc(0.0, 1, 0.5), SMALL, 5)[-1]
    circle = protocol(CurveDecoder.circle(2, 0.5), SMALL, 5)[-1]
    assert abs(line.divergence) < 1e-8
    assert circle.divergence > 0.01
    assert circle.discrepancy > 1e-3


def test_the_discrepancy_is_that_of_samples() -> None:
    """The closed form of the kernel discrepancy agrees with an estimate from samples."""
    truth, other = CurveDecoder.arc(0.0, 1, 0.5), CurveDecoder.circle(1, 0.5)
    source = torch.Generator().manual_seed(0)
    z, noise = (torch.randn(2, 2000, k, generator=source, dtype=torch.float64) for k in (1, 2))
    x, y = (model.mean(z[i, :, 0]) + 0.5 * noise[i] for i, model in enumerate((truth, other)))

    def mean_kernel(a: torch.Tensor, b: torch.Tensor) -> float:
        return float(torch.exp(-(torch.cdist(a, b) ** 2) / 2).mean())

    sampled = mean_kernel(x, x) + mean_kernel(y, y) - 2 * mean_kernel(x, y)
    assert Problem.of(truth, Grid()).discrepancy(truth, other) == pytest.approx(sampled, abs=0.01)


@pytest.mark.parametrize("bad", [lambda: CurveDecoder.arc(1.0, 3, 0.5), lambda: CurveDecoder.circle(1, 0.0)])
def test_bad_curves_are_refused(bad) -> None:  # type: ignore[no-untyped-def]
    """An unknown frequency and an s of zero raise."""
    with pytest.raises(ModelError):
        bad()


def test_an_image_without_latents_has_the_density_of_its_noise() -> None:
    """Where the decoder is 1/2 whatever z and the encoder the prior, log p(x) and the ELBO are log N(x; 1/2, s² I)."""
    decoder, encoder = network(2, 64, 0), network(64, 4, 1)
    with torch.no_grad():
        for parameter in [*decoder.parameters(), *encoder.parameters()]:
            parameter.zero_()
        list(decoder.parameters())[-1].fill_(0.5)
    vae = PatchVAE(decoder, encoder, torch.tensor(math.log(0.7), dtype=torch.float64))
    x = torch.ones(3, 64, dtype=torch.float64)
    density = torch.full((3,), -32 * math.log(2 * math.pi * 0.49) - 32 * 0.25 / 0.49, dtype=torch.float64)
    assert torch.allclose(vae.log_likelihood(x, nodes=31), density)
    noise, weight = torch.zeros(3, 1, 2, dtype=torch.float64), torch.ones(1, dtype=torch.float64)
    assert torch.allclose(vae.elbo(x, noise, weight), density)


def test_frechet_distance_of_scaled_gaussians() -> None:
    """Between N(0, a² I) and N(m, b² I) it is ‖m‖² + d (a - b)²."""
    one = torch.eye(3, dtype=torch.float64)
    distance = frechet((torch.zeros(3).double(), 4 * one), (torch.ones(3).double(), one))
    assert distance == pytest.approx(3 + 3 * (2 - 1) ** 2)


def test_latent_weights_sum_to_one() -> None:
    """The weights integrate 1 and z1² against N(0, I)."""
    z, log_weights = latent_grid(61)
    assert float(log_weights.exp().sum()) == pytest.approx(1.0)
    assert float(log_weights.exp() @ z[:, 0] ** 2) == pytest.approx(1.0, abs=2e-4)


def test_a_seed_gives_the_same_stages() -> None:
    """The protocol on images depends on its seed alone."""
    first, second = (patch_protocol(spots_fit, 1, 0.4, 2, images=5, nodes=41) for _ in range(2))
    assert first == second


def folded(seed: int, s: float) -> PatchVAE:
    """A VAE whose decoder is a network of random weights."""
    return PatchVAE(network(2, 64, seed), network(64, 4, seed + 1), torch.tensor(math.log(s), dtype=torch.float64))


def test_the_likelihood_of_images_is_that_of_samples() -> None:
    """The quadrature agrees with sampling from the prior, and no ELBO exceeds it."""
    vae = folded(3, 0.8)
    source = torch.Generator().manual_seed(0)
    with torch.no_grad():
        x = vae.decoder(torch.randn(4, 2, generator=source, dtype=torch.float64)) + 0.5
        z = torch.randn(50_000, 2, generator=source, dtype=torch.float64)
        away = torch.cdist(x, vae.decoder(z)) ** 2
        sampled = (-away / 1.28).logsumexp(-1) - math.log(len(z)) - 32 * math.log(2 * math.pi * 0.64)
        exact = vae.log_likelihood(x)
        assert torch.allclose(exact, sampled, atol=0.05)
        assert torch.allclose(exact, vae.log_likelihood(x, 91), atol=1e-6)
        assert bool((vae.elbo(x, z[:200].expand(4, -1, -1), torch.full((200,), 1 / 200).double()) < exact).all())


def test_the_misfit_of_a_linear_decoder_is_that_of_its_posterior() -> None:
    """For Wz the posterior's precision is P = I + W'W/s², and the misfit (sum log diag P^-1 - log det P^-1)/2."""
    vae = folded(0, 0.7)
    W = 0.2 * torch.randn(64, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    linear = torch.nn.Sequential(torch.nn.Linear(2, 64, bias=False)).double()
    with torch.no_grad():
        next(linear.parameters()).copy_(W)
        covariance = torch.linalg.inv(torch.eye(2) + W.mT @ W / 0.49)
        expected = (covariance.diagonal().log().sum() - covariance.logdet()) / 2
        found = PatchVAE(linear, vae.encoder, vae.log_s).misfit(torch.zeros(2, 64, dtype=torch.float64))
    assert expected > 1e-3
    assert torch.allclose(found, expected.expand(2), atol=1e-6)


def test_the_misfit_is_zero_on_a_line_and_positive_on_a_circle() -> None:
    """The posterior beside a line is Gaussian; that beside a circle which comes back has several modes."""
    line, circle = CurveDecoder.arc(0.0, 1, 0.5), CurveDecoder.circle(2, 0.5)
    assert Problem.of(line, Grid()).misfit(line) == pytest.approx(0.0, abs=1e-6)
    assert Problem.of(circle, Grid()).misfit(circle) > 0.1


def test_the_control_keeps_the_truth() -> None:
    """Training by likelihood from the truth loses less than training by the ELBO, and starts from the truth."""
    first, fixed, _, control = patch_protocol(spots_fit, 0, 0.4, 25, images=200, nodes=61)
    assert STARTS == (0, 0, 1, 0)
    assert first.divergence == 0.0
    assert first.rise_error == 0.0
    assert fixed.elbo - first.elbo > 3 * fixed.rise_error > 0
    assert control.divergence < fixed.divergence - 3 * fixed.error


def test_the_digits_are_those_of_scikit_learn() -> None:
    """1797 images in [0, 1]; a few steps of the fit raise their likelihood."""
    pytest.importorskip("sklearn", reason="the digits need scikit-learn: pip install 'lemmata[digits]'")
    images = digits()
    assert images.shape == (1797, 64)
    assert (float(images.min()), float(images.max())) == (0.0, 1.0)
    vae, source = folded(0, 0.4), torch.Generator().manual_seed(0)

    @torch.no_grad()
    def likelihood() -> float:
        return float(vae.log_likelihood(images[:200], 61).mean())

    before = likelihood()
    descend(lambda: digits_fit(images)(vae, source), list(vae.decoder.parameters()), 10)
    assert likelihood() > before + 10


def test_without_scikit_learn_the_digits_name_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names what to install."""
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ModelError, match=r"pip install 'lemmata\[digits\]'"):
        digits()


@pytest.fixture
def small_experiment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The experiment with one curve, one s and next to no steps, and zeros instead of scikit-learn's digits."""
    monkeypatch.setattr(experiment, "EFFORTS", {"quick": (1, 2, 1)})
    monkeypatch.setattr(experiment, "Grid", lambda: SMALL)
    monkeypatch.setattr(experiment, "TRUTHS", {"line": CurveDecoder.arc(0.0, 1, 0.5)})
    monkeypatch.setattr(experiment, "SCALES", (0.4,))
    monkeypatch.setattr(experiment, "patch_protocol", partial(patch_protocol, images=5, nodes=41))
    monkeypatch.setattr(experiment, "digits", lambda: torch.zeros(3, 64, dtype=torch.float64))


@pytest.mark.usefixtures("small_experiment")
def test_the_experiment_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """A second run measures nothing anew and writes the same file; an unknown effort is refused."""
    first = experiment.table_1("quick", 0, tmp_path, lambda *_: None)
    written = (tmp_path / "table-1-quick.json").read_bytes()
    measured: list[str] = []
    experiment.table_1("quick", 0, tmp_path, lambda done, total, what: measured.append(what))
    assert measured == ["done"]
    assert (tmp_path / "table-1-quick.json").read_bytes() == written
    assert [row["truth"] for row in json.loads(written)["rows"]] == (
        4 * ["line"] + 4 * ["spots, s = 0.4"] + 4 * ["digits, s = 0.4"]
    )
    assert "not reproducible offline" in first.rows[0][0]
    with pytest.raises(CircuitError, match="effort"):
        experiment.table_1("nosuch", 0, tmp_path, lambda *_: None)


@pytest.mark.usefixtures("small_experiment")
def test_without_digits_the_rest_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The notes then say how to get them, and a later run, with them, adds only their rows."""

    def absent() -> torch.Tensor:
        raise ModelError("pip install it")

    with monkeypatch.context() as without:
        without.setattr(experiment, "digits", absent)
        first = experiment.table_1("quick", 0, tmp_path, lambda *_: None)
    assert first.notes[-1] == "The digits were not run: pip install it"
    assert {row["truth"] for row in first.data["rows"]} == {"line", "spots, s = 0.4"}
    measured: list[str] = []
    second = experiment.table_1("quick", 0, tmp_path, lambda done, total, what: measured.append(what))
    assert measured == ["digits, s = 0.4", "done"]
    assert not any("not run" in note for note in second.notes)


def test_an_encoder_of_the_prior_costs_nothing() -> None:
    """With q = p(z) the divergence of the ELBO vanishes: what is left is E_p log p(x|z)."""
    line = CurveDecoder.arc(0.0, 1, 0.5)
    problem = Problem.of(line, SMALL)
    zero = torch.zeros_like(problem.weights)
    expected = -math.log(2 * math.pi * 0.25) - (1.25 + 1 + 0.25) / (2 * 0.25)
    assert problem.elbo(line, Encoder(zero, zero + 1)) == pytest.approx(expected, abs=1e-4)
