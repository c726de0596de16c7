"""Theorem 2's proof on one small permutation: what `docs/reduction-told.md` shows of each stage."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch

from circuits.families import Permutation, family
from claims.book.text.markdown import escaped, table
from claims.book.told.draw import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    RED,
    draw_graph,
    legend,
    picture,
    plain,
)
from claims.book.told.graphs import circuit_graph, encoder_graph
from reductions.encoders.fickle import RAMP, fickle
from reductions.latent import DeepLatentGaussian, small_noise
from reductions.patterns import pattern_of
from reductions.pipeline import Plan, Reduction, reduce
from reductions.posterior import SignPosterior
from reductions.report import Stage, stages

#: The example. The guide's program makes the same; a test compares the two.
BITS, ROUNDS, SEED, BINS = 4, 3, 1, 16
PLAN = Plan(small_noise(BITS), draws=32, shifts=4, noises=16)

#: Draws of the encoder behind a bar of the posterior's picture.
DRAWS = 4096


@dataclass(frozen=True, eq=False)
class Told:
    """The permutation, its encoder, the reduction that all stages share, and its rows of the report by name."""

    cipher: Permutation
    encoder: DeepLatentGaussian
    done: Reduction
    rows: dict[str, Stage]


@cache
def run() -> Told:
    """The pipeline, run once a build."""
    cipher = family("feistel").build(bits=BITS, rounds=ROUNDS, seed=SEED)
    assert isinstance(cipher, Permutation)
    assert cipher.inverse is not None
    encoder = fickle(cipher.inverse, bins=BINS)
    done = reduce(cipher.circuit, encoder, PLAN, half_normal=RAMP)
    return Told(cipher, encoder, done, {row.name: row for row in stages(done)})


# -- pictures ---------------------------------------------------------------------------------------------------------


def circuit() -> str:
    """Stage 1: the circuit C."""
    graph = circuit_graph(run().cipher.circuit, labelled=True)
    return picture(lambda figure: draw_graph(figure.subplots(), graph, size=40), 4.0)


def encoder() -> str:
    """Stage 2: the encoder, as the network that it is."""
    graph = encoder_graph(run().encoder)
    return picture(lambda figure: draw_graph(figure.subplots(), graph, size=22), 6.2)


def posterior() -> str:
    """Stage 3: the posterior of sgn z beside the encoder's law, near a vertex and between two."""
    told = run()
    near, between = told.done.permutation.vertices[[5, 5]].clone()
    generator = torch.Generator().manual_seed(PLAN.seed)
    near += PLAN.beta * torch.randn(BITS, dtype=near.dtype, generator=generator)
    between[0] = PLAN.beta**2 / 4
    x = torch.stack([near, between])
    true = SignPosterior(told.cipher.circuit, PLAN.beta).table(x).exp().numpy()
    signs = pattern_of(told.encoder.sample(x.repeat_interleave(DRAWS, 0), generator)).reshape(2, DRAWS)
    seen = torch.stack([torch.bincount(row, minlength=1 << BITS) for row in signs]).numpy() / DRAWS

    def draw(figure: Any) -> None:
        for axes, p, q, title in zip(
            figure.subplots(2, 1, sharex=True), true, seen, ("x near a vertex", "x between two vertices"), strict=True
        ):
            place = np.arange(1 << BITS)
            plain(axes).bar(place - 0.2, p, 0.4, color=BLUE, label="posterior")
            axes.bar(place + 0.2, q, 0.4, color=ORANGE, hatch="///", edgecolor=INK, linewidth=0.4, label="encoder")
            axes.set(ylim=(0, 1), ylabel="probability", title=title)
        axes.set(xticks=place, xlabel="sgn z, as an integer")
        legend(axes, loc="upper left")

    return picture(draw, 4.0)


def randomised() -> str:
    """Stage 4: how often a round of C'' inverts each x."""
    told = run()
    share = (told.done.inversion.successes / told.done.inversion.draws).tolist()
    promised = told.rows["randomised invertor"].promised["success >= 4/5 (eps - exp(-d))"]

    def draw(figure: Any) -> None:
        axes = plain(figure.subplots())
        axes.bar(range(len(share)), share, 0.7, color=BLUE, label="measured")
        axes.axhline(1 - 1 / BINS, color=ORANGE, linewidth=1.2, label="what the encoder was built for")
        axes.axhline(promised, color=RED, linewidth=1.2, linestyle="--", label="promised for the mean over x")
        axes.set(ylim=(0, 1.02), xticks=range(len(share)), xlabel="x, as an integer", ylabel="rounds that invert x")
        legend(figure, loc="outside lower center", ncols=2)

    return picture(draw, 3.0)


def pairs() -> str:
    """Stage 5: which strings work for which x, over all shifts; the chosen pairs are marked."""
    found = run().done.derandomised
    share = found.works.double().mean(0).numpy()
    groups = (
        ("works", share == 1, BLUE, "s"),
        ("fails", share == 0, RED, "x"),
        ("with some shifts", (share > 0) & (share < 1), ORANGE, "^"),
    )

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        for name, where, colour, marker in groups:
            if where.any():
                strings, inputs = np.nonzero(where)
                axes.scatter(inputs, strings, s=26, c=colour, marker=marker, label=name)
        for number, (shift, string) in enumerate(found.chosen, 1):
            axes.annotate(f"copy {number} (shift {shift})", (share.shape[1] - 0.4, string), va="center")
        axes.set(xticks=range(share.shape[1]), yticks=range(share.shape[0]), xlim=(-0.6, share.shape[1] + 3.6))
        axes.set(xlabel="x, as an integer", ylabel="string of the encoder's noise", ylim=(share.shape[0] - 0.4, -0.6))
        axes.spines[:].set_visible(False)
        legend(figure, loc="outside lower center", ncols=3)

    return picture(draw, 4.4)


def deviations() -> str:
    """Stage 6: the deviation of each depth of the first copy, beside the recursion and the printed bounds."""
    rows = run().done.fixed[0].deviations.by_depth
    depth = [row.depth for row in rows]
    lines = (
        ("measured", [row.measured or math.nan for row in rows], BLUE, "o-"),
        ("recursion (53)", [float(row.recursion) for row in rows], GREEN, "--"),
        ("induction, as printed", [float(row.printed) for row in rows], ORANGE, ":"),
        ("geometric sum, as printed", [float(row.printed_sum) for row in rows], RED, "-."),
    )

    def draw(figure: Any) -> None:
        axes = plain(figure.subplots())
        for name, values, colour, kind in lines:
            axes.semilogy(depth, values, kind, color=colour, label=name, markersize=3)
        axes.axhline(1, color=GREY, linewidth=0.8)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set(xlabel="depth", ylabel="largest deviation of a node")
        legend(figure, loc="outside lower center", ncols=2)

    return picture(draw, 3.4)


def boolean() -> str:
    """Stage 7: the invertor, a Boolean circuit."""
    graph = circuit_graph(run().done.invertor, labelled=True)
    return picture(lambda figure: draw_graph(figure.subplots(), graph, size=12), 6.2)


def verdict() -> str:
    """Stage 8: which inputs each copy inverts, the networks, the integers, and the circuit."""
    done = run().done
    rows = [(f"copy {n}", done.derandomised.works[pair]) for n, pair in enumerate(done.derandomised.chosen, 1)]
    rows += [("networks, checked", done.inverted_by_networks), ("integers", done.inverted_by_integers)]
    rows += [("the circuit", done.verdict.inverted)]

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        marks = (("inverted", True, BLUE, "s"), ("not inverted", False, RED, "x"))
        for name, wanted, colour, marker in marks:
            at = [(x, y) for y, (_, row) in enumerate(rows) for x, is_so in enumerate(row.tolist()) if is_so == wanted]
            if at:
                axes.scatter(*zip(*at, strict=True), s=34, c=colour, marker=marker, label=name)
        axes.set(yticks=range(len(rows)), yticklabels=[name for name, _ in rows], ylim=(len(rows) - 0.5, -0.5))
        axes.set(xticks=range(1 << BITS), xlabel="x, as an integer")
        axes.spines[:].set_visible(False)
        legend(figure, loc="outside lower center", ncols=2)

    return picture(draw, 2.4)


# -- tables -----------------------------------------------------------------------------------------------------------


def permutation_table() -> str:
    """The permutation, and G's parameters."""
    told = run()
    image = told.done.permutation.image.tolist()
    return table(["z", *map(str, range(len(image)))], [["C(z)", *map(str, image)]], kind="wide")


def numbers(name: str) -> str:
    """A stage's row of the report: its size, what was measured, and what the proof or its repair promises."""
    row = run().rows[name]
    kinds = (("size", row.size), ("measured", row.error), ("promised", row.promised))
    cells = [[kind, escaped(what), said(value)] for kind, values in kinds for what, value in values.items()]
    if row.success is not None:
        cells.insert(len(row.size), ["measured", "share of all x that is inverted", said(row.success)])
    return table(["kind", "what", "value"], cells)


def said(value: object) -> str:
    """A number as a table writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " to ".join(said(one) for one in value)
    if isinstance(value, float) and 0.9999 < value < 1:
        return f"1 - {1 - value:.2g}"
    return f"{value:.4g}" if isinstance(value, float) else escaped(str(value))


def encoder_numbers() -> str:
    """Stages 2 and 3 in numbers."""
    return numbers("encoder")


def randomised_numbers() -> str:
    """Stage 4 in numbers."""
    return numbers("randomised invertor")


def pairs_numbers() -> str:
    """Stage 5 in numbers."""
    return numbers("deterministic network")


def fixed_point_numbers() -> str:
    """Stage 6 in numbers."""
    return numbers("fixed point")


def boolean_numbers() -> str:
    """Stage 7 in numbers."""
    return numbers("Boolean circuit")


def sizes() -> str:
    """All stages, and their sizes."""
    told = run()
    rows = [["the circuit C", "", f"{told.cipher.circuit.num_gates} gates"]]
    for row in told.rows.values():
        size = ", ".join(
            f"{value} {what}" for what, value in row.size.items() if what in {"parameters", "copies", "ANDs", "XORs"}
        )
        bits = ", ".join(f"{value} {what}" for what, value in row.size.items() if what.startswith("bits"))
        rows.append([row.name, "" if row.success is None else f"{row.success:.1%}", size or bits])
    return table(["stage", "inverts", "size"], rows)
