"""Learned encoders: what a perceptron of a given size makes of the posterior, trained on samples or by the ELBO.

For G(z) = C(sgn z) the encoder is a deep latent Gaussian with a tail of signs: given x, the signs of z are independent,
Pr[z_j > 0] = Phi(f_j(x)) with f the perceptron, and the magnitudes are half-normal, as those of the posterior are. For
smooth generators it is the ordinary one of a VAE, N(mu(x), diag sigma(x)²).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.func import functional_call, stack_module_state, vmap
from torch.special import log_ndtr

from circuits import Circuit
from circuits.simulation import truth_table
from reductions.encoders.signs import from_signs
from reductions.encoders.training import Batch, Perceptron, fit_together
from reductions.error import ReductionError
from reductions.generators import SmoothGenerator
from reductions.latent import DeepLatentGaussian, small_noise
from reductions.patterns import signs_of

#: The most inputs of a circuit for the ELBO, which sums over all 2^d patterns at every step.
MOST_ENUMERATED = 10

#: The most inputs for training on samples: the table of C's 2^d vertices is kept.
MOST_INPUTS = 20


#: How steep the signs of an exported encoder are: a sign is a blur in [-1, 1] with probability below 2/STEEPNESS.
STEEPNESS = 1024.0


class Objective(StrEnum):
    """What is maximised."""

    SUPERVISED = "supervised"
    ELBO = "elbo"


@dataclass(frozen=True, eq=False)
class LearnedSigns:
    """An encoder for G(z) = C(sgn z): the perceptron f, with Pr[sgn z_j = +1 | x] = Phi(f_j(x)).

    `shown` are the patterns whose samples it was trained on, in increasing order; `loss` is its last loss.
    """

    circuit: Circuit
    beta: float
    model: Perceptron
    shown: Int64[Tensor, " shown"]
    loss: float

    def logits(self, x: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
        """f(x), computed in x's dtype and on its device."""
        state = {name: value.detach().to(x) for name, value in self.model.state_dict().items()}
        result: Tensor = functional_call(self.model, state, (x,))
        return result

    def log_probability(self, x: Float[Tensor, "n d"], signs: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        """log q(sgn z = signs | x) = sum_j log Phi(signs_j f_j(x)), natural logarithm."""
        result: Tensor = log_ndtr(signs * self.logits(x)).sum(-1)
        return result

    def sample_signs(self, x: Float[Tensor, "n d"], generator: torch.Generator) -> Float[Tensor, "n d"]:
        """The signs of one z ~ E(x) for each x: those of f(x) + a standard normal, as the first layer draws them."""
        f = self.logits(x)
        noise = torch.randn(f.shape, dtype=f.dtype, device=f.device, generator=generator)
        return torch.where(f + noise >= 0, 1.0, -1.0).to(f)

    def encoder(self, steepness: float = STEEPNESS) -> DeepLatentGaussian:
        """The deep latent Gaussian of this law, up to `slack`: about 1/steepness a coordinate whose sign is unsure."""
        return from_signs(self.model.network(), gain=1.0, steepness=steepness)


@dataclass(frozen=True, eq=False)
class MeanField:
    """An encoder N(mu(x), diag sigma(x)²) for a smooth generator: the perceptron gives mu and log sigma."""

    generator: SmoothGenerator
    beta: float
    model: Perceptron
    loss: float

    def moments(self, x: Float[Tensor, "n d"]) -> tuple[Float[Tensor, "n d"], Float[Tensor, "n d"]]:
        """mu(x) and log sigma(x), in x's dtype and on its device."""
        state = {name: value.detach().to(x) for name, value in self.model.state_dict().items()}
        return _heads(functional_call(self.model, state, (x,)), self.beta)

    def sample(self, x: Float[Tensor, "n d"], draws: int, generator: torch.Generator) -> Float[Tensor, "n draws d"]:
        """Independent z ~ E(x)."""
        mean, log_sigma = self.moments(x)
        shape = (len(x), draws, mean.shape[1])
        noise = torch.randn(shape, dtype=x.dtype, device=x.device, generator=generator)
        return mean[:, None] + log_sigma.exp()[:, None] * noise

    def log_density(self, z: Float[Tensor, "n draws d"], x: Float[Tensor, "n d"]) -> Float[Tensor, "n draws"]:
        """log q(z|x), natural logarithm."""
        mean, log_sigma = self.moments(x)
        return _log_gaussian(z, mean[:, None], log_sigma[:, None])


def train_signs(
    circuits: Sequence[Circuit],
    hidden: Sequence[int],
    *,
    steps: int,
    seed: int,
    objective: Objective | str = Objective.SUPERVISED,
    beta: float | None = None,
    batch: int = 128,
    shown: float = 1.0,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> list[LearnedSigns]:
    """One encoder for each circuit (a bijection of d bits, the same d), all trained at once, from one seed.

    `supervised` maximises the mean of log q(sgn z | x) on `batch` fresh samples (z, x) a step; `elbo` maximises
    E_q[log p(x|z)] - KL(q(z|x) || p(z)) on fresh x, by the exact sum over all sign patterns (d <= 10). Samples come
    from the share `shown` of all patterns only, drawn for each circuit; 1 is the generator's own distribution.
    Equal arguments give equal bytes on one device. Raises `ReductionError` for circuits, sizes or shares that do not
    fit, or a training that diverges.
    """
    objective, d = Objective(objective), _common_width(circuits, Objective(objective))
    beta = small_noise(d) if beta is None else beta
    if not (0 < shown <= 1 and batch > 0 and beta > 0):
        raise ReductionError(f"shown = {shown}, batch = {batch}, beta = {beta}: give a share in (0, 1], and positives")
    rng = torch.Generator().manual_seed(seed)
    models = [Perceptron((d, *hidden, d), rng).to(device, dtype) for _ in circuits]
    count = max(1, round(shown * (1 << d)))
    known = torch.stack([torch.randperm(1 << d, generator=rng)[:count].sort().values for _ in circuits])
    data = _SignSamples(circuits, known, beta, batch, seed, device, dtype)
    loss = _supervised if objective is Objective.SUPERVISED else _NegativeElbo(data.vertices, beta)
    losses = fit_together(models, data, loss, steps=steps)
    return [LearnedSigns(*one) for one in zip(circuits, [beta] * len(circuits), models, known, losses, strict=True)]


def train_mean_field(
    generators: Sequence[SmoothGenerator],
    hidden: Sequence[int],
    *,
    steps: int,
    seed: int,
    objective: Objective | str = Objective.SUPERVISED,
    beta: float | None = None,
    batch: int = 128,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> list[MeanField]:
    """One mean-field encoder for each generator (the same d), all trained at once, from one seed.

    `supervised` maximises the mean of log q(z|x) on `batch` fresh samples a step, `elbo` the ELBO with one
    reparametrised z for each x. Raises `ReductionError` as `train_signs` does.
    """
    objective, widths = Objective(objective), {generator.latents for generator in generators}
    if len(widths) != 1 or batch < 1:
        raise ReductionError("mean-field encoders are trained on generators of one dimension, one at least")
    d = widths.pop()
    beta = small_noise(d) if beta is None else beta
    rng = torch.Generator().manual_seed(seed)
    models = [Perceptron((d, *hidden, 2 * d), rng).to(device, dtype) for _ in generators]
    data = _SmoothSamples(generators, beta, batch, seed, device, dtype)
    loss = _GaussianLoss(data, beta, objective)
    losses = fit_together(models, data, loss, steps=steps)
    return [MeanField(*one) for one in zip(generators, [beta] * len(models), models, losses, strict=True)]


def _common_width(circuits: Sequence[Circuit], objective: Objective) -> int:
    most = MOST_ENUMERATED if objective is Objective.ELBO else MOST_INPUTS
    widths = {width for circuit in circuits for width in (circuit.num_inputs, circuit.num_outputs)}
    if len(widths) != 1 or not 1 <= min(widths) <= most:
        raise ReductionError(
            f"circuits of {sorted(widths)} inputs and outputs cannot be learned together by {objective}: give"
            f" bijections of one width, 1 to {most} bits"
        )
    return widths.pop()


def _normal(shape: Sequence[int], generator: torch.Generator, like: Tensor) -> Tensor:
    return torch.randn(tuple(shape), dtype=like.dtype, device=like.device, generator=generator)


def _heads(outputs: Tensor, beta: float) -> tuple[Tensor, Tensor]:
    """Mean and log sigma. The posterior's spread is of the order of beta, so log(sigma/beta) is learned, within ±5.

    Without bounds a small perceptron's sigma comes so near to 0 that its loss overflows.
    """
    mean, raw = outputs.chunk(2, dim=-1)
    return mean, 5 * torch.tanh(raw / 5) + math.log(beta)


def _log_gaussian(z: Tensor, mean: Tensor, log_sigma: Tensor) -> Tensor:
    scaled = (z - mean) * torch.exp(-log_sigma)
    result: Tensor = -(scaled**2 / 2 + log_sigma + math.log(2 * math.pi) / 2).sum(-1)
    return result


class _SignSamples:
    """Fresh samples of each circuit's generator: x, and the signs of z."""

    def __init__(  # noqa: PLR0917 - private
        self, circuits: Sequence[Circuit], known: Int64[Tensor, "instances shown"], beta: float, batch: int, seed: int,
        device: torch.device | str, dtype: torch.dtype,
    ) -> None:  # fmt: skip
        tables = torch.stack([torch.from_numpy(truth_table(circuit).astype("i8")) for circuit in circuits])
        self.d, self.beta, self.batch = circuits[0].num_inputs, beta, batch
        self.vertices = signs_of(tables, self.d, dtype=dtype).to(device)
        self.known = known.to(device)
        self.generator = torch.Generator(device).manual_seed(seed)

    def __call__(self, _: int) -> tuple[Tensor, Batch]:
        instances, shown = self.known.shape
        chosen = torch.randint(shown, (instances, self.batch), device=self.known.device, generator=self.generator)
        patterns = self.known.gather(1, chosen)
        mean = self.vertices[torch.arange(instances, device=patterns.device)[:, None], patterns]
        x = mean + self.beta * _normal(mean.shape, self.generator, mean)
        return x, (signs_of(patterns, self.d, dtype=x.dtype), x)


def _supervised(f: Tensor, batch: Batch) -> Tensor:
    signs, _ = batch
    result: Tensor = -log_ndtr(signs * f).sum(-1).mean(-1)
    return result


class _NegativeElbo:
    """-(sum_b q(b|x) log p(x|b) + H(q) - d log 2), the mean over x: the magnitudes' laws are equal and drop out."""

    def __init__(self, vertices: Float[Tensor, "instances patterns d"], beta: float) -> None:
        self.vertices, self.beta = vertices, beta
        patterns, d = vertices.shape[1:]
        numbers = torch.arange(patterns, device=vertices.device)
        self.plus = (signs_of(numbers, d, dtype=vertices.dtype) + 1) / 2

    def __call__(self, f: Tensor, batch: Batch) -> Tensor:
        _, x = batch
        plus, minus, d = log_ndtr(f), log_ndtr(-f), f.shape[-1]
        q = torch.exp(plus @ self.plus.T + minus @ (1 - self.plus).T)
        mean = q @ self.vertices
        squares = (x**2).sum(-1) + d - 2 * (x * mean).sum(-1)
        likelihood = -squares / (2 * self.beta**2) - d * math.log(self.beta * math.sqrt(2 * math.pi))
        entropy = -(plus.exp() * plus + minus.exp() * minus).sum(-1)
        result: Tensor = -(likelihood + entropy - d * math.log(2)).mean(-1)
        return result


class _SmoothSamples:
    """Fresh samples of each smooth generator: x, and z. Generators of one shape are evaluated at once."""

    def __init__(  # noqa: PLR0917 - private
        self, generators: Sequence[SmoothGenerator], beta: float, batch: int, seed: int,
        device: torch.device | str, dtype: torch.dtype,
    ) -> None:  # fmt: skip
        self.beta, self.like = beta, torch.zeros((), dtype=dtype, device=device)
        self.shape = (len(generators), batch, generators[0].latents)
        self.generator = torch.Generator(device).manual_seed(seed)
        most = max(len(one.b) for one in generators)
        if len({(one.sigma, one.shifted) for one in generators}) != 1:
            raise ReductionError("generators of different activations, or some centred and some not, do not stack:"
                                 " train on each kind by itself")  # fmt: skip
        padded = [_padded(one, most) for one in generators]
        _, self.matrices = stack_module_state(padded)
        self.matrices = {name: matrix.to(self.like) for name, matrix in self.matrices.items()}
        self.base = padded[0]

    def mean(self, z: Float[Tensor, "instances n d"]) -> Float[Tensor, "instances n d"]:
        """G_i(z_i) for each instance i."""
        result: Tensor = vmap(lambda state, one: functional_call(self.base, state, (one,)))(self.matrices, z)
        return result

    def __call__(self, _: int) -> tuple[Tensor, Batch]:
        z = _normal(self.shape, self.generator, self.like)
        x = self.mean(z) + self.beta * _normal(self.shape, self.generator, self.like)
        return x, (z, x)


def _padded(generator: SmoothGenerator, hidden: int) -> SmoothGenerator:
    """The same function with as many hidden units, the new ones idle."""
    more = hidden - len(generator.b)
    Q, P, b = (torch.nn.functional.pad(m, p) for m, p in (
        (generator.Q, (0, more)), (generator.P, (0, 0, 0, more)), (generator.b, (0, more))))  # fmt: skip
    return SmoothGenerator(generator.A, Q, P, b, generator.sigma, centred=generator.shifted, c=generator.c)


class _GaussianLoss:
    """Minus the mean of log q(z|x), or of the ELBO with one z ~ q for each x."""

    def __init__(self, data: _SmoothSamples, beta: float, objective: Objective) -> None:
        self.data, self.beta, self.objective = data, beta, objective

    def __call__(self, outputs: Tensor, batch: Batch) -> Tensor:
        z, x = batch
        mean, log_sigma = _heads(outputs, self.beta)
        if self.objective is Objective.SUPERVISED:
            return -_log_gaussian(z, mean, log_sigma).mean(-1)
        drawn = mean + log_sigma.exp() * _normal(mean.shape, self.data.generator, mean)
        likelihood = -((x - self.data.mean(drawn)) ** 2).sum(-1) / (2 * self.beta**2)
        likelihood = likelihood - x.shape[-1] * math.log(self.beta * math.sqrt(2 * math.pi))
        divergence = ((mean**2 + torch.exp(2 * log_sigma) - 1) / 2 - log_sigma).sum(-1)
        return -(likelihood - divergence).mean(-1)
