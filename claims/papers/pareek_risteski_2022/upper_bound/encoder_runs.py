"""Models: encoders that Theorem 1's proof builds, for certified generators, at an x drawn from the VAE."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from reductions.generators import (
    Constants,
    DeepGenerator,
    Generator,
    LinearGenerator,
    SeparableGenerator,
    SmoothGenerator,
)
from reductions.generators import random_orthogonal as orthogonal
from reductions.networks import ARCTAN, SIN, SOFTPLUS, TANH, Network, NetworkBuilder, Smooth, step
from reductions.small_encoder import (
    LangevinEncoder,
    Plan,
    Setting,
    build_encoder,
    exact_variation,
    printed_plan,
    sharp_size,
    sharpened_plan,
)


def dense(d: int, sigma: Smooth, generator: torch.Generator, *, centred: bool = True) -> SmoothGenerator:
    """A not symmetric, its singular values in [1, 1.4]; Q and P dense with |Q| |P| = 1/4."""
    left, right = orthogonal(d, generator), orthogonal(d, generator)
    scales = 1 + 0.4 * torch.rand(d, dtype=torch.float64, generator=generator)
    Q, P = (torch.randn(d, d, dtype=torch.float64, generator=generator) for _ in range(2))
    Q, P = (matrix / (2 * torch.linalg.matrix_norm(matrix, 2)) for matrix in (Q, P))
    b = torch.randn(d, dtype=torch.float64, generator=generator)
    return SmoothGenerator(left * scales @ right, Q, P, b, sigma, centred=centred)


def separable(d: int, generator: torch.Generator) -> SeparableGenerator:
    """U and V random, scales in [1, 1.4], bent by tanh / 4."""
    scales = 1 + 0.4 * torch.rand(d, dtype=torch.float64, generator=generator)
    return SeparableGenerator(orthogonal(d, generator), scales, 0.25, V=orthogonal(d, generator))


def linear(d: int, generator: torch.Generator) -> LinearGenerator:
    """A not symmetric, its singular values in [1, 1.4]."""
    scales = 1 + 0.4 * torch.rand(d, dtype=torch.float64, generator=generator)
    return LinearGenerator(orthogonal(d, generator) * scales @ orthogonal(d, generator))


@dataclass(frozen=True)
class Wave(Smooth):
    """The derivative of order `order` of 2 s + sin s, which is strongly invertible by itself."""

    base: str = "2s + sin"

    def __post_init__(self) -> None:
        """Not one of the library's activations."""

    @property
    def derivative(self) -> Wave:
        """The next order."""
        return Wave(order=self.order + 1)

    def __call__(self, s: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """The function at each entry."""
        line = (2 * s, torch.full_like(s, 2.0))[self.order] if self.order < 2 else 0.0
        return line + SIN(s) if self.order == 0 else line + Smooth("sin", self.order)(s)


class Waves(Generator):
    """2 z + sin z in each coordinate: d nodes, d parameters, the fewest that an invertible G can have."""

    def __init__(self, d: int) -> None:
        super().__init__()
        self.d, self.constants = d, Constants(1.0, 3.0, 1.0, 1.0)

    @property
    def latents(self) -> int:
        """d."""
        return self.d

    @property
    def centred(self) -> bool:
        """G(0) = 0."""
        return True

    def forward(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """G(z)."""
        return 2 * z + torch.sin(z)

    def network(self) -> Network:
        """A node for each coordinate."""
        builder = NetworkBuilder(self.d)
        return builder.build(builder.scaled(builder.input_nodes, activation=Wave()))


#: Each kind of generator that a run may have: from d and a source of randomness.
KINDS: dict[str, Callable[[int, torch.Generator], Generator]] = {
    "linear": linear,
    "tanh": lambda d, g: dense(d, TANH, g),
    "sin, not centred": lambda d, g: dense(d, SIN, g, centred=False),
    "arctan": lambda d, g: dense(d, ARCTAN, g),
    "softplus": lambda d, g: dense(d, SOFTPLUS, g),
    "deep": lambda d, g: DeepGenerator([dense(d, TANH, g), dense(d, SIN, g)]),
    "separable": separable,
    "waves": lambda d, _: Waves(d),
}


def largest_beta(generator: Generator, epsilon: float) -> float:
    """beta_0 of Lemma 13 for typical x, whose size depends on beta; 1/10 at most, for linear maps have no bound."""
    c, d = generator.constants, generator.latents
    beta = 0.1
    for _ in range(50):  # beta_0 falls as |x| grows, and |x| grows with beta: the iteration settles
        beta = min(0.1, Setting.typical(c, d, beta, epsilon).beta_bound)
    return beta


@dataclass(frozen=True)
class EncoderRun:
    """One generator, one x from its VAE, and the encoder for them.

    `plan`: other numbers than those of the sharpened plan. `finer`: how much finer the grids are on which the distance
    is computed.
    """

    generator: Generator
    x: Float[Tensor, " d"]
    beta: float
    epsilon: float
    plan: Plan | None = None
    finer: float = 1.0

    @cached_property
    def encoder(self) -> LangevinEncoder:
        """As the proof builds it."""
        return build_encoder(self.generator, self.beta, self.epsilon, plan=self.plan)

    def as_printed(self) -> EncoderRun:
        """S of (20), T of Lemma 17, the h of the sharpened plan, for |x| as large as it is with 1 - 2 exp(-4 d)."""
        setting = Setting.typical(self.generator.constants, self.generator.latents, self.beta, self.epsilon)
        return replace(self, plan=replace(printed_plan(setting), h=sharpened_plan(setting).h))

    def at_the_end(self) -> EncoderRun:
        """The same with x as far from G(0) as typical x may be, in its own direction."""
        c, d = self.generator.constants, self.generator.latents
        middle = self.generator(torch.zeros_like(self.x)[None])[0]
        away = torch.nn.functional.normalize(self.x - middle, dim=0)
        return replace(self, x=middle + sharp_size(c, d, self.beta) * away)

    def variation(self, encoder: LangevinEncoder | None = None) -> float:
        """TV(q(z|x), p(z|x)), its upper end as far as two grids show, for the encoder or a mutant of it."""
        return exact_variation(encoder or self.encoder, self.x, finer=self.finer).high

    def with_langevin(self, network: Network) -> LangevinEncoder:
        """The encoder with another network in its Langevin layers."""
        return replace(self.encoder, langevin=network)

    def second_route(self) -> EncoderRun:
        """The same run, its distance computed on grids finer by 5/4."""
        return replace(self, finer=1.25)


def draw_run(kind: str, d: int, share: float, epsilon: float, generator: torch.Generator) -> EncoderRun:
    """A generator of that kind, beta = share * beta_0, and x = G(z) + beta xi."""
    made = KINDS[kind](d, generator)
    beta = share * largest_beta(made, epsilon)
    z, noise = torch.randn(2, 1, d, dtype=torch.float64, generator=generator)
    return EncoderRun(made, (made(z) + beta * noise)[0], beta, epsilon)


def wrong_pull(run: EncoderRun, matrix: Float[Tensor, "d d"]) -> Network:
    """A Langevin step of (z, x) with a fixed matrix in the place of J(z)^T."""
    d, h = run.generator.latents, run.encoder.plan.h
    builder = NetworkBuilder(2 * d)
    z, x = builder.input_nodes[:d], builder.input_nodes[d:]
    image = builder.append(run.generator.network(), z)
    error = [builder.node([a, b], [1.0, -1.0]) for a, b in zip(image, x, strict=True)]
    rate = -h / run.beta**2
    rows = (rate * matrix).tolist()
    return builder.build([builder.node([z[i], *error], [1 - h, *rows[i]]) for i in range(d)])


def shifted(run: EncoderRun, by: float) -> LangevinEncoder:
    """The encoder of x moved by `by` in its first coordinate, asked about x."""
    network = run.generator.network()
    builder = NetworkBuilder(network.inputs)
    image = builder.append(network, builder.input_nodes)
    moved = builder.build([builder.node([image[0]], [1.0], -by), *image[1:]])
    plan = run.encoder.plan
    return replace(
        run.encoder,
        descent=step(moved, 1.0, -plan.descent.rate),
        langevin=step(moved, 1 - plan.h, -plan.h / run.beta**2),
    )


def quieter(run: EncoderRun, factor: float) -> LangevinEncoder:
    """The noise's variance times `factor`; the means of the steps as they were."""
    plan = run.encoder.plan
    return replace(run.encoder, plan=replace(plan, h=factor * plan.h, horizon=factor * plan.horizon))


#: (kind, d, share of beta_0, epsilon, "printed" plan or x "far") of the runs of each effort.
RUNS: dict[str, list[tuple[str, int, float, float, str]]] = {
    "quick": [
        ("linear", 1, 1e-3, 0.5, "printed"), ("tanh", 1, 1.0, 0.1, "printed"), ("tanh", 2, 1.0, 0.2, ""),
    ],
    "standard": [
        ("linear", 1, 1e-3, 0.5, "printed"), ("tanh", 1, 1.0, 0.1, "printed"), ("sin, not centred", 1, 1.0, 0.02, ""),
        ("deep", 1, 1.0, 0.5, "far"), ("softplus", 2, 1.0, 0.2, "far"), ("arctan", 2, 1e-3, 0.5, ""),
        ("linear", 2, 1.0, 0.9, ""), ("separable", 4, 1.0, 0.1, "printed"), ("separable", 4, 1e-2, 0.5, ""),
    ],
}  # fmt: skip
RUNS["thorough"] = RUNS["standard"] + [
    ("tanh", 2, 1.0, 0.1, "printed"), ("deep", 2, 1.0, 0.5, ""), ("separable", 8, 1.0, 0.2, "far"),
    *(
        (kind, d, share, epsilon, how)
        for kind in KINDS
        for d in (1, 2)
        for share in (1.0, 1e-2)
        for epsilon, how in ((0.05, ""), (0.2, "far"), (0.5, "printed"))
    ),
]  # fmt: skip


def runs(generator: torch.Generator, effort: str) -> Iterator[EncoderRun]:
    """The runs of an effort, each with its own generator and its own x."""
    for kind, d, share, epsilon, how in RUNS[effort]:
        run = draw_run(kind, d, share, epsilon, generator)
        yield run.as_printed() if how == "printed" else run.at_the_end() if how == "far" else run
