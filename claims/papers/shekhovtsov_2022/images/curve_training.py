"""Section 4.2 for curves in the plane: the ELBO's optimum over decoders f = C phi and encoders N(mu(x), sigma(x)²).

The encoder is no network: mu and sigma are chosen at each node x. A table of pairs (mu, sigma) is searched there in
each round, so that the ascent leaves a poor local optimum; what it finds is no certified maximum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from claims.papers.shekhovtsov_2022.images.curves import CurveDecoder, Grid, basis, hermite, misfit, slopes
from claims.papers.shekhovtsov_2022.models.gaussian import log_normal

#: The table: means of q on [-5, 5], and deviations from LEAST to MOST in equal ratios.
MEANS, DEVIATIONS, LEAST, MOST = 97, 10, 0.02, 1.2


@dataclass(frozen=True)
class Encoder:
    """N(mean, deviation²) at each node: [N] each."""

    mean: Float[Tensor, " N"]
    deviation: Float[Tensor, " N"]


@dataclass(frozen=True)
class Problem:
    """Nodes x [N, 2] and weights [N] of the data, and the grid they came from."""

    x: Float[Tensor, "N 2"]
    weights: Float[Tensor, " N"]
    grid: Grid

    @classmethod
    def of(cls, truth: CurveDecoder, grid: Grid) -> Problem:
        """The data of that decoder."""
        return cls(*grid.data(truth), grid)

    def log_joint(self, decoder: CurveDecoder) -> Float[Tensor, "N k"]:
        """log p(x|z) + log(weight of z), at the nodes."""
        z, weights = self.grid.prior()
        return log_normal(self.x[:, None], decoder.mean(z), decoder.s) + weights.log()

    def log_likelihood(self, decoder: CurveDecoder) -> float:
        """E_pd log p(x)."""
        return float(self.weights @ self.log_joint(decoder).logsumexp(-1))

    def matched(self, decoder: CurveDecoder) -> Encoder:
        """The posterior's mean and deviation: the optimum of the conditional likelihood E log q(z|x) (forward KL)."""
        z, _ = self.grid.prior()
        posterior = self.log_joint(decoder).softmax(-1)
        mean = posterior @ z
        return Encoder(mean, (posterior @ z**2 - mean**2).clamp(min=1e-12).sqrt())

    def misfit(self, decoder: CurveDecoder) -> float:
        """E_pd KL(p(z|x)‖q) of the best Gaussian q."""
        z, _ = self.grid.prior()
        away = misfit(self.log_joint(decoder).log_softmax(-1), z[:, None], float(z[1] - z[0]))
        return float(self.weights @ away)

    def elbo(self, decoder: CurveDecoder, q: Encoder) -> float:
        """E_pd [E_q log p(x|z) - KL(q‖p(z))]."""
        return float(self.weights @ self._elbos(decoder, q))

    def _elbos(self, decoder: CurveDecoder, q: Encoder) -> Float[Tensor, " N"]:
        noise, inner = hermite(self.grid.inner)
        z = q.mean[:, None] + q.deviation[:, None] * noise
        fit = log_normal(self.x[:, None], decoder.mean(z), decoder.s) @ inner
        return fit - (q.mean**2 + q.deviation**2 - 1) / 2 + q.deviation.log()

    def tabled_encoder(self, decoder: CurveDecoder) -> Encoder:
        """At each node the pair of the table whose ELBO is largest."""
        nodes, inner = hermite(self.grid.inner)
        mean = torch.linspace(-5, 5, MEANS, dtype=torch.float64)[:, None].expand(-1, DEVIATIONS).reshape(-1)
        deviation = torch.logspace(math.log10(LEAST), math.log10(MOST), DEVIATIONS, dtype=torch.float64).repeat(MEANS)
        f = decoder.mean(mean[:, None] + deviation[:, None] * nodes)
        # The ELBO is affine in x but for -|x|²/(2 s²), which is the same for all q: one product of matrices.
        kept = f.square().sum(-1) @ inner / decoder.s**2 + mean**2 + deviation**2
        slope = torch.einsum("gqd,q->dg", f, inner) / decoder.s**2
        best = torch.addmm(deviation.log() - kept / 2, self.x, slope).argmax(dim=1)
        return Encoder(mean[best], deviation[best])

    def improved_encoder(self, decoder: CurveDecoder, q: Encoder) -> Encoder:
        """From q and from the table, one Gauss-Newton step each; at each node the better of the two."""
        one, other = self._ascended(decoder, q), self._ascended(decoder, self.tabled_encoder(decoder))
        better = self._elbos(decoder, other) > self._elbos(decoder, one)
        return Encoder(torch.where(better, other.mean, one.mean), torch.where(better, other.deviation, one.deviation))

    def _ascended(self, decoder: CurveDecoder, q: Encoder) -> Encoder:
        """One Gauss-Newton step of each q, halved where it does not raise that node's ELBO."""
        noise, inner = hermite(self.grid.inner)
        z = q.mean[:, None] + q.deviation[:, None] * noise
        square = decoder.s**2
        tangent = slopes(z) @ decoder.C.mT
        pull = (tangent * (self.x[:, None] - decoder.mean(z))).sum(-1) / square - z
        curve = tangent.square().sum(-1) / square + 1
        first = torch.stack([pull @ inner, (pull * noise) @ inner + 1 / q.deviation], dim=-1)
        across = (curve * noise) @ inner
        second = torch.stack([curve @ inner, across, across, (curve * noise**2) @ inner + q.deviation**-2], dim=-1)
        step = torch.linalg.solve(second.reshape(-1, 2, 2), first[..., None])[..., 0]
        before, size = self._elbos(decoder, q), torch.ones_like(q.mean)
        for _ in range(3):
            moved = Encoder(q.mean + size * step[:, 0], (q.deviation + size * step[:, 1]).clamp(min=1e-6))
            worse = self._elbos(decoder, moved) < before
            size = torch.where(worse, size / 2, size)
        return Encoder(torch.where(worse, q.mean, moved.mean), torch.where(worse, q.deviation, moved.deviation))

    def best_decoder(self, q: Encoder, s: float | None) -> CurveDecoder:
        """The C of largest ELBO beside q, by least squares; and the s, where it is not given."""
        noise, inner = hermite(self.grid.inner)
        features = basis(q.mean[:, None] + q.deviation[:, None] * noise)
        at = self.weights[:, None] * inner
        gram = torch.einsum("nq,nqk,nql->kl", at, features, features)
        cross = torch.einsum("nq,nqk,nd->dk", at, features, self.x)
        C = torch.linalg.solve(gram, cross.mT).mT
        miss = (at[..., None] * (self.x[:, None] - features @ C.mT) ** 2).sum()
        return CurveDecoder(C, math.sqrt(float(miss) / 2) if s is None else s)

    def trained(
        self, decoder: CurveDecoder, q: Encoder, *, learn_s: bool, rounds: int, encoder_only: bool = False
    ) -> tuple[CurveDecoder, Encoder]:
        """Alternate both steps, of which neither lowers the ELBO."""
        for _ in range(rounds):
            q = self.improved_encoder(decoder, q)
            if not encoder_only:
                decoder = self.best_decoder(q, None if learn_s else decoder.s)
        return decoder, q

    def frechet(self, truth: CurveDecoder, decoder: CurveDecoder) -> float:
        """Frechet distance of the Gaussians that have the two models' means and covariances of x."""
        (m, A), (n, B) = self._moments(truth), self._moments(decoder)
        cross = torch.linalg.eigvals(A @ B).real.clamp(min=0).sqrt().sum()
        return float(((m - n) ** 2).sum() + torch.trace(A) + torch.trace(B) - 2 * cross)

    def _moments(self, decoder: CurveDecoder) -> tuple[Tensor, Tensor]:
        z, weights = self.grid.prior()
        f = decoder.mean(z)
        mean = weights @ f
        away = f - mean
        return mean, away.mT @ (weights[:, None] * away) + decoder.s**2 * torch.eye(2, dtype=f.dtype)

    def discrepancy(self, truth: CurveDecoder, decoder: CurveDecoder, width: float = 1.0) -> float:
        """Squared maximum mean discrepancy of the two models of x, Gaussian kernel of that width."""
        z, weights = self.grid.prior()

        def mean_kernel(one: CurveDecoder, other: CurveDecoder) -> Tensor:
            wide = width**2 + one.s**2 + other.s**2
            square = torch.cdist(one.mean(z), other.mean(z)) ** 2
            return weights @ torch.exp(-square / (2 * wide)) @ weights * (width**2 / wide)

        return float(mean_kernel(truth, truth) + mean_kernel(decoder, decoder) - 2 * mean_kernel(truth, decoder))


@dataclass(frozen=True)
class Stage:
    """What is measured after a stage of Section 4.2; `divergence` is KL(p_truth(x)‖p(x)), `misfit` E KL(p(z|x)‖q)."""

    name: str
    elbo: float
    log_likelihood: float
    divergence: float
    frechet: float
    discrepancy: float
    s: float
    misfit: float


STAGES = ("truth, encoder by conditional likelihood", "truth, best encoder", "ELBO, s fixed", "ELBO, s learned")


def protocol(truth: CurveDecoder, grid: Grid, rounds: int) -> list[Stage]:
    """Section 4.2: the encoder is pre-trained beside the truth, then the ELBO trains both, s fixed, then s learned.

    Between them stands the best encoder for the ELBO beside the truth, which the paper does not train. A decoder that
    is fitted to the nodes of a grid flatters itself there: likelihoods and distances are measured on a finer one.
    """
    problem = Problem.of(truth, grid)
    matched = problem.matched(truth)
    runs = [(truth, matched), problem.trained(truth, matched, learn_s=False, rounds=rounds, encoder_only=True)]
    runs.append(problem.trained(*runs[-1], learn_s=False, rounds=rounds))
    runs.append(problem.trained(*runs[-1], learn_s=True, rounds=rounds))
    finer = Problem.of(truth, grid.finer())
    most = finer.log_likelihood(truth)
    stages = []
    for name, (decoder, q) in zip(STAGES, runs, strict=True):
        likelihood = finer.log_likelihood(decoder)
        stages.append(
            Stage(
                name,
                problem.elbo(decoder, q),
                likelihood,
                most - likelihood,
                finer.frechet(truth, decoder),
                finer.discrepancy(truth, decoder),
                decoder.s,
                finer.misfit(decoder),
            )
        )
    return stages
