"""Images of 8 x 8 pixels with two latents: a spot that moves, or digits; decoders and encoders are networks.

The likelihood is a quadrature over a grid of z, so it is exact to the grid's error; the data are sampled, so what is
averaged over them has a standard error.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from claims.papers.shekhovtsov_2022.images.curves import hermite, misfit

SIDE = 8
HIDDEN = 64
#: Images in one evaluation of the expectation over data.
IMAGES = 1000
BATCH = 128
#: Latents a side of the grid on [-REACH, REACH]², and of the coarser one whose likelihood a decoder is trained by.
NODES, TRAINING_NODES, REACH = 181, 51, 4.5


def spots(z: Float[Tensor, "n 2"]) -> Float[Tensor, "n 64"]:
    """A spot of deviation 1.2 pixels; z1 moves it along x and back, z2 along y: the images fold, as images do."""
    ticks = torch.arange(SIDE, dtype=z.dtype, device=z.device)
    across, down = 3.5 + 2.5 * torch.sin(1.5 * z[:, :1]), 3.5 + 2.5 * torch.sin(1.5 * z[:, 1:])
    shape = torch.exp(-((ticks - across) ** 2)[:, None, :] / 2.88 - ((ticks - down) ** 2)[:, :, None] / 2.88)
    return shape.reshape(len(z), SIDE * SIDE)


def network(inputs: int, outputs: int, seed: int) -> nn.Sequential:
    """inputs-64-64-outputs with tanh; its weights come from the seed alone."""
    source = torch.Generator().manual_seed(seed)
    layers = [nn.Linear(inputs, HIDDEN), nn.Linear(HIDDEN, HIDDEN), nn.Linear(HIDDEN, outputs)]
    with torch.no_grad():
        for layer in layers:
            layer.weight.copy_(torch.randn(layer.weight.shape, generator=source) / math.sqrt(layer.in_features))
            layer.bias.zero_()
    return nn.Sequential(layers[0], nn.Tanh(), layers[1], nn.Tanh(), layers[2]).double()


@dataclass
class PatchVAE:
    """A decoder N(net(z), s² I), an encoder with outputs (mean, log deviation), and log s."""

    decoder: nn.Sequential
    encoder: nn.Sequential
    log_s: Tensor

    def q(self, x: Float[Tensor, "n 64"]) -> tuple[Float[Tensor, "n 2"], Float[Tensor, "n 2"]]:
        """Mean and log deviation, the latter within [-6, 2]."""
        mean, log_deviation = self.encoder(x).chunk(2, dim=-1)
        return mean, log_deviation.clamp(-6, 2)

    def elbo(self, x: Float[Tensor, "n 64"], noise: Float[Tensor, "n q 2"], weights: Float[Tensor, " q"]) -> Tensor:
        """(1a) at each x, with the nodes and weights of E_q: [n]."""
        mean, log_deviation = self.q(x)
        z = mean[:, None] + log_deviation.exp()[:, None] * noise
        square = ((x[:, None] - self.decoder(z)) ** 2).sum(-1)
        fit = -(square * torch.exp(-2 * self.log_s) + x.shape[-1] * (math.log(2 * math.pi) + 2 * self.log_s)) / 2
        elbo: Tensor = fit @ weights - ((mean**2 + torch.exp(2 * log_deviation) - 1) / 2 - log_deviation).sum(-1)
        return elbo

    def encoder_likelihood(self, x: Float[Tensor, "n 64"], z: Float[Tensor, "n 2"]) -> Tensor:
        """log q(z|x) up to a constant: [n]."""
        mean, log_deviation = self.q(x)
        return -(((z - mean) * torch.exp(-log_deviation)) ** 2 / 2 + log_deviation).sum(-1)

    def log_likelihood(self, x: Float[Tensor, "n 64"], nodes: int = NODES) -> Float[Tensor, " n"]:
        """log p(x) by a grid of nodes² latents on [-4.5, 4.5]², the step at most about a posterior's deviation."""
        square = torch.exp(2 * self.log_s)
        most = torch.cat([part.logsumexp(-1) for part in self._log_joints(x, nodes)])
        return most - (x**2).sum(-1) / (2 * square) - x.shape[-1] * torch.log(2 * math.pi * square) / 2

    def misfit(self, x: Float[Tensor, "n 64"], nodes: int = NODES) -> Float[Tensor, " n"]:
        """KL(p(z|x)‖q) of the best diagonal Gaussian q, by the same grid."""
        z, _ = latent_grid(nodes)
        cell = (2 * REACH / (nodes - 1)) ** 2
        return torch.cat([misfit(part.log_softmax(-1), z, cell) for part in self._log_joints(x, nodes)])

    def _log_joints(self, x: Float[Tensor, "n 64"], nodes: int) -> Iterator[Float[Tensor, "k nodes²"]]:
        """log p(x, z) at the grid, but for what depends on x alone; a part at a time, for memory's sake."""
        z, log_weights = latent_grid(nodes)
        images, square = self.decoder(z), torch.exp(2 * self.log_s)
        at_zero = log_weights - (images**2).sum(-1) / (2 * square)
        for some in torch.split(x, BATCH):
            yield torch.addmm(at_zero, some, images.mT / square)

    @torch.no_grad()
    def moments(self) -> tuple[Float[Tensor, 64], Float[Tensor, "64 64"]]:
        """Mean and covariance of x."""
        z, log_weights = latent_grid(61)
        weights, images = log_weights.exp(), self.decoder(z)
        mean = weights @ images
        away = images - mean
        noise = torch.exp(2 * self.log_s) * torch.eye(len(mean), dtype=mean.dtype)
        return mean, away.mT @ (weights[:, None] * away) + noise


def latent_grid(nodes: int) -> tuple[Float[Tensor, "n 2"], Float[Tensor, " n"]]:
    """nodes² latents and the logarithms of weights that integrate against N(0, I)."""
    line = torch.linspace(-REACH, REACH, nodes, dtype=torch.float64)
    z = torch.cartesian_prod(line, line)
    return z, (-(z**2).sum(-1) / 2).log_softmax(-1)


def frechet(first: tuple[Tensor, Tensor], second: tuple[Tensor, Tensor]) -> float:
    """Frechet distance of two Gaussians, given by mean [d] and covariance [d, d]."""
    (m, A), (n, B) = first, second
    cross = torch.linalg.eigvals(A @ B).real.clamp(min=0).sqrt().sum()
    return float(((m - n) ** 2).sum() + torch.trace(A) + torch.trace(B) - 2 * cross)


def descend(loss: Callable[[], Tensor], parameters: Sequence[Tensor], steps: int) -> None:
    """Adam at 2e-3, the rate falling to zero along a cosine."""
    optimizer = torch.optim.Adam(parameters, lr=2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        optimizer.zero_grad()
        torch.autograd.backward(loss())
        optimizer.step()
        schedule.step()


#: The loss of one step of the truth's fit. The model's decoder and s are the truth to be.
Fit = Callable[[PatchVAE, torch.Generator], Tensor]


def spots_fit(vae: PatchVAE, source: torch.Generator) -> Tensor:
    """How far the decoder is from `spots`."""
    z = normal(source, BATCH, 2)
    miss: Tensor = vae.decoder(z) - spots(z)
    return miss.square().sum(-1).mean()


def normal(source: torch.Generator, *shape: int) -> Tensor:
    """Independent N(0, 1)."""
    return torch.randn(*shape, generator=source, dtype=torch.float64)


@dataclass(frozen=True)
class PatchStage:
    """After one stage: ELBO, KL(truth‖model) with its standard error, Frechet distance, s, E KL(p(z|x)‖best q).

    `rise_error` is the standard error of the ELBO's rise since the stage that it starts from, over the same images.
    """

    elbo: float
    rise_error: float
    log_likelihood: float
    divergence: float
    error: float
    frechet: float
    s: float
    misfit: float


#: The stage that each stage starts from.
STARTS = (0, 0, 1, 0)


def patch_protocol(
    fit: Fit, seed: int, s: float, steps: int, *, images: int = IMAGES, nodes: int = NODES
) -> list[PatchStage]:
    """Section 4.2 with the truth of that fit: pre-trained encoder, then the ELBO with s fixed, then with s learned.

    A fourth stage is the control: from the truth, as many steps of the likelihood as of the ELBO with s fixed.
    """
    source = torch.Generator().manual_seed(seed)
    log_s = torch.tensor(math.log(s), dtype=torch.float64)
    vae = PatchVAE(network(2, SIDE**2, seed), network(SIDE**2, 4, seed + 1), log_s)
    descend(lambda: fit(vae, source), list(vae.decoder.parameters()), steps)
    truth = deepcopy(vae)

    def drawn(count: int) -> tuple[Tensor, Tensor]:
        z = normal(source, count, 2)
        with torch.no_grad():
            clean = truth.decoder(z)
        return z, clean + s * normal(source, *clean.shape)

    def conditional() -> Tensor:
        z, x = drawn(BATCH)
        return -vae.encoder_likelihood(x, z).mean()

    def joint() -> Tensor:
        _, x = drawn(BATCH)
        return -vae.elbo(x, normal(source, BATCH, 1, 2), torch.ones(1, dtype=torch.float64)).mean()

    _, held = drawn(images)
    networks = [*vae.encoder.parameters(), *vae.decoder.parameters()]
    descend(conditional, list(vae.encoder.parameters()), steps)
    stages = [deepcopy(vae)]
    descend(joint, networks, 2 * steps)
    stages.append(deepcopy(vae))
    vae.log_s.requires_grad_()
    descend(joint, [*networks, vae.log_s], 2 * steps)
    control = deepcopy(stages[0])
    descend(
        lambda: -control.log_likelihood(drawn(BATCH)[1], TRAINING_NODES).mean(),
        list(control.decoder.parameters()),
        2 * steps,
    )
    return _measured([*stages, vae, control], truth, held, nodes)


@torch.no_grad()
def _measured(stages: Sequence[PatchVAE], truth: PatchVAE, x: Tensor, grid: int) -> list[PatchStage]:
    nodes, at = hermite(7)
    noise = torch.cartesian_prod(nodes, nodes).expand(len(x), -1, -1)
    weights = (at[:, None] * at).reshape(-1)
    elbos = [vae.elbo(x, noise, weights) for vae in stages]
    most, measured = truth.log_likelihood(x, grid), []
    for vae, elbo, start in zip(stages, elbos, STARTS, strict=True):
        likelihood = vae.log_likelihood(x, grid)
        measured.append(
            PatchStage(
                float(elbo.mean()),
                standard_error(elbo - elbos[start]),
                float(likelihood.mean()),
                float((most - likelihood).mean()),
                standard_error(most - likelihood),
                frechet(truth.moments(), vae.moments()),
                float(vae.log_s.exp()),
                float(vae.misfit(x, grid).mean()),
            )
        )
    return measured


def standard_error(values: Float[Tensor, " n"]) -> float:
    """Of the mean of independent values."""
    return float(values.std()) / math.sqrt(len(values))
