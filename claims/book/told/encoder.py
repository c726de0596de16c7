"""Theorem 1's proof on one generator of the plane: what `docs/encoder-told.md` shows of each stage."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from claims.book.text.markdown import table
from claims.book.told.draw import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    RED,
    draw_graph,
    legend,
    picture,
    plain,
)
from claims.book.told.graphs import network_graph
from reductions.descent import Descended, Descent, iterate
from reductions.descent import plan as descent_plan
from reductions.generators import SmoothGenerator
from reductions.small_encoder import LangevinEncoder, Setting, build_encoder, exact_variation, printed_plan

#: The example. The guide's program makes the same; a test compares the two.
BETA, EPSILON, SEED = 0.2, 0.1, 0
Z = (0.7, -1.1)

#: Samples in a picture of the chain, and the errors epsilon of the table of sizes.
SAMPLES = 300
ERRORS = (0.4, 0.2, 0.1, 0.05)


@dataclass(frozen=True, eq=False)
class Told:
    """The generator, the encoder, one observation x with its posterior, and the descent to its inverse point."""

    generator: SmoothGenerator
    encoder: LangevinEncoder
    x: Float[Tensor, " 2"]
    setting: Setting
    descended: Descended


def make_generator() -> SmoothGenerator:
    """G(z) = A z + Q (tanh(P z + b) - tanh(b))."""
    A, Q, P = (
        torch.tensor(rows, dtype=torch.float64)
        for rows in ([[1.1, 0.25], [-0.2, 0.9]], [[0.25, 0.1], [-0.1, 0.25]], [[1.0, 0.5], [-0.5, 1.0]])
    )
    return SmoothGenerator(A, Q, P, torch.tensor([0.3, -0.2], dtype=torch.float64), centred=True)


@cache
def run() -> Told:
    """The encoder and one observation, made once a build."""
    generator = make_generator()
    encoder = build_encoder(generator, BETA, EPSILON)
    x = generator(torch.tensor([Z], dtype=torch.float64))[0]
    descended = iterate(generator, x[None], encoder.plan.descent)
    return Told(generator, encoder, x, Setting.typical(generator.constants, 2, BETA, EPSILON), descended)


# -- pictures ---------------------------------------------------------------------------------------------------------


def grid(low: tuple[float, float], high: tuple[float, float], count: int = 81) -> tuple[Tensor, Tensor, Tensor]:
    """Two meshes of a rectangle, and its points as a batch."""
    lines = (torch.linspace(a, b, count, dtype=torch.float64) for a, b in zip(low, high, strict=True))
    u, v = torch.meshgrid(*lines, indexing="ij")
    return u, v, torch.stack([u.flatten(), v.flatten()], 1)


def generator() -> str:
    """Stage 1: what G does to a grid of the plane, and the observation."""
    told = run()
    line, fine = torch.arange(-2, 2.01, 0.5, dtype=torch.float64), torch.linspace(-2, 2, 41, dtype=torch.float64)

    def draw(figure: Any) -> None:
        before, after = figure.subplots(1, 2)
        for value in line:
            fixed = torch.full_like(fine, float(value))
            for curve in (torch.stack([fixed, fine], 1), torch.stack([fine, fixed], 1)):
                for axes, points in ((before, curve), (after, told.generator(curve))):
                    axes.plot(*points.T, color=GREY, linewidth=0.8)
        before.scatter(*Z, c=BLUE, marker="s", s=30, zorder=3)
        after.scatter(*told.x, c=ORANGE, marker="D", s=30, zorder=3)
        before.set(title="z, and one code", xlabel="$z_1$", ylabel="$z_2$", aspect="equal")
        after.set(title="G(z), and one x", xlabel="$x_1$", ylabel="$x_2$", aspect="equal")

    return picture(draw, 2.6)


def descent() -> str:
    """Stage 2: the path of gradient descent over the contours of f, and how f falls."""
    told = run()
    path = torch.cat([iterate(told.generator, told.x[None], _cut(k)).z for k in range(told.encoder.plan.descent.steps)])
    u, v, points = grid((-0.5, -1.6), (1.2, 0.3))
    f = ((told.generator(points) - told.x) ** 2).sum(1).reshape(u.shape) / 2

    def draw(figure: Any) -> None:
        left, right = figure.subplots(1, 2)
        levels = [float(told.descended.values[0]) * 2.0**-k for k in range(8, -1, -1)]
        left.contour(u, v, f, levels=levels, colors=GREY, linewidths=0.7)
        left.plot(*path.T, "o-", color=BLUE, markersize=3, linewidth=1)
        left.scatter(*Z, c=ORANGE, marker="D", s=30, zorder=3)
        left.set(title="the path", xlabel="$z_1$", ylabel="$z_2$", aspect="equal")
        plain(right).semilogy(told.descended.values[:, 0], color=BLUE)
        right.set(title="f at each step", xlabel="step")

    return picture(draw, 2.7)


def _cut(steps: int) -> Descent:
    return replace(run().encoder.plan.descent, steps=steps)


def step() -> str:
    """Stage 3: one step of the chain, as a network of (z, x)."""
    graph = network_graph(run().encoder.langevin, ["z1", "z2", "x1", "x2"], ["z1'", "z2'"])
    return picture(lambda figure: draw_graph(figure.subplots(), graph, size=46), 3.6)


def chain() -> str:
    """Stage 4: samples after one step of the chain and after all, over the posterior's contours."""
    told = run()
    start = told.encoder.start(told.x[None])
    reach = 4 * BETA / told.generator.constants.m
    low, high = ((float(start[0, 0]) + side, float(start[0, 1]) + side) for side in (-reach, reach))
    u, v, points = grid(low, high)
    density = told.encoder.log_posterior(points, told.x).reshape(u.shape)
    levels = [float(density.max()) - k * k / 2 for k in (3, 2, 1)]
    clouds = {k: chain_after(k) for k in (1, told.encoder.plan.langevin_steps)}

    def draw(figure: Any) -> None:
        for axes, (steps, cloud) in zip(figure.subplots(1, 2, sharey=True), clouds.items(), strict=True):
            axes.scatter(*cloud.T, s=5, c=BLUE, marker="o", linewidths=0)
            axes.contour(u, v, density, levels=levels, colors=ORANGE, linewidths=1, linestyles="solid")
            axes.scatter(*start.T, c=RED, marker="x", s=36, zorder=3)
            axes.set(title=f"after {steps} step{'s' * (steps > 1)}", xlabel="$z_1$", aspect="equal")
            axes.set(xlim=(float(u.min()), float(u.max())), ylim=(float(v.min()), float(v.max())))
        figure.axes[0].set_ylabel("$z_2$")

    return picture(draw, 2.7)


def chain_after(steps: int) -> Float[Tensor, "samples 2"]:
    """Samples of the encoder with so many layers of the chain, at the observation."""
    encoder = with_steps(steps)
    noise = torch.Generator().manual_seed(SEED)
    z: Tensor = encoder.at(run().x).sample(torch.zeros(SAMPLES, 2, dtype=torch.float64), noise)
    return z


def with_steps(steps: int) -> LangevinEncoder:
    """The encoder with another number of layers of the chain."""
    told = run()
    plan = replace(told.encoder.plan, horizon=(steps - 0.5) * told.encoder.plan.h)
    return build_encoder(told.generator, BETA, EPSILON, plan=plan)


def distance() -> str:
    """Stage 5: total variation from the posterior as the chain runs."""
    told = run()
    last = told.encoder.plan.langevin_steps
    steps = [2**k for k in range(last.bit_length()) if 2**k < last] + [last]
    found = [exact_variation(with_steps(k), told.x) for k in steps]

    def draw(figure: Any) -> None:
        axes = plain(figure.subplots())
        middle = [(one.low + one.high) / 2 for one in found]
        error = [(one.high - one.low) / 2 for one in found]
        axes.errorbar(steps, middle, yerr=error, fmt="o-", color=BLUE, capsize=2, markersize=4, label="measured")
        axes.axhline(EPSILON, color=ORANGE, linestyle="--", label="ε, wanted in the end")
        axes.axhline(EPSILON / 2, color=GREY, linestyle=":", label="ε/2, what h alone may cost")
        axes.set_xscale("log", base=2)
        axes.set(xlabel="steps of the chain", ylabel="total variation", ylim=(0, None))
        axes.set_xticks(steps, [str(k) for k in steps])
        legend(axes)

    return picture(draw, 2.8)


@cache
def at_errors() -> list[LangevinEncoder]:
    """The encoders for smaller and smaller epsilon."""
    return [build_encoder(run().generator, BETA, error) for error in ERRORS]


def sizes() -> str:
    """Stage 6: the encoder's parameters beside the bound 12 N (S + T/h), as epsilon falls."""
    N, made = run().generator.parameter_count, at_errors()
    inverse = [1 / error for error in ERRORS]

    def draw(figure: Any) -> None:
        axes = plain(figure.subplots())
        axes.loglog(inverse, [12 * N * one.plan.layers for one in made], "^--", color=ORANGE, label="12 N (S + T/h)")
        axes.loglog(inverse, [one.parameter_count for one in made], "o-", color=BLUE, label="parameters N'")
        axes.loglog(inverse, [one.plan.layers for one in made], "s:", color=GREEN, label="layers S + T/h")
        axes.axhline(N, color=GREY, linewidth=1, label="parameters N of G")
        axes.set_xticks(inverse, [f"{value:g}" for value in inverse])
        axes.minorticks_off()
        axes.set(xlabel="1/ε", ylabel="size")
        legend(figure, loc="outside lower center", ncols=2)

    return picture(draw, 3.2)


# -- tables -----------------------------------------------------------------------------------------------------------


def constants_table() -> str:
    """The certified constants of G, and its size."""
    told = run()
    c = told.generator.constants
    row = [f"{value:.4g}" for value in (c.m, c.M, c.M2, c.M3)]
    return table(["$m$", "$M$", "$M_2$", "$M_3$", "$N$"], [[*row, str(told.generator.parameter_count)]])


def descent_table() -> str:
    """Descent as printed, and at the rate that holds."""
    told, setting = run(), run().setting
    fast = told.encoder.plan.descent
    delta = BETA / told.generator.constants.M  # the distance that the encoder's own plan asks for
    printed = descent_plan(setting.constants, setting.size_of_x, setting.d, delta)
    rows = [
        [name, f"{plan.radius:.4g}", f"{plan.Q:.4g}", f"{plan.steps:,}"]
        for name, plan in (("as printed, (18) to (20)", printed), ("the rates that hold", fast))
    ]
    left = float((told.descended.z[0] - torch.tensor(Z)).norm())
    return (
        table(["descent", "radius", "$Q$", "steps $S$"], rows)
        + f"\n\nBoth for $\\delta = {delta:.4g}$. Run, it ends {left:.2g} from the inverse point."
    )


def step_table() -> str:
    """Sizes of G, and of the networks of one step."""
    told = run()
    N, d = told.generator.parameter_count, 2
    rows = [["$G$", str(N), ""]]
    for name, network in (("a step of descent", told.encoder.descent), ("a step of the chain", told.encoder.langevin)):
        rows.append([name, str(network.parameters), f"{13 * N * d * d}"])
    return table(["network", "parameters", "Lemma 20 allows $13Nd^2$"], rows)


def plans_table() -> str:
    """Both plans, printed and sharpened, as epsilon falls."""
    told = run()
    rows = []
    for error, made in zip(ERRORS, at_errors(), strict=True):
        printed = printed_plan(replace(told.setting, epsilon=error)).layers
        found = exact_variation(made, told.x)
        low_high = f"{found.low:.3f} to {found.high:.3f}"
        rows.append([f"{error:g}", str(made.plan.layers), f"{made.parameter_count:,}", low_high, power(printed)])
    return table(["$\\epsilon$", "layers", "parameters", "distance", "layers, as printed"], rows)


def power(number: int) -> str:
    """A large number, as a power of ten."""
    exponent = int(math.log10(number))
    return f"${number / 10**exponent:.1f} \\cdot 10^{{{exponent}}}$"


def encoder_table() -> str:
    """The whole encoder in numbers."""
    told = run()
    found, plan = exact_variation(told.encoder, told.x), told.encoder.plan
    rows = [
        ["layers of descent, without noise", f"{plan.descent.steps}"],
        ["layers of the chain", f"{plan.langevin_steps}"],
        ["parameters $N'$ of all layers", f"{told.encoder.parameter_count:,}"],
        ["$12 N (S + T/h)$", f"{12 * told.generator.parameter_count * plan.layers:,}"],
        ["parameters of the amortiser $\\phi$", f"{told.encoder.amortiser_size:,}"],
        ["total variation from the posterior", f"{found.low:.4f} to {found.high:.4f}"],
        ["$\\beta_0$ of Lemma 13, for this $G$", f"{told.setting.beta_bound:.4f}"],
    ]
    return table(["what", "value"], rows)
