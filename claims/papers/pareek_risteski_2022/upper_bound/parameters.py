"""The experiment `theorem-1`: encoders built, counted, run and measured, beside what the printed formulas ask for.

It decides no claim: those of `theorem_1` do.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from circuits import CircuitError
from circuits.files import check_writable, write_whole
from circuits.kept import KeptRows
from claims.engine.evidence import library_versions
from claims.engine.reproduction import Progress, Quantity, Reading, Reproduced, Table, reproduction
from claims.papers.pareek_risteski_2022.upper_bound.encoder_runs import EncoderRun, dense, draw_run
from claims.papers.pareek_risteski_2022.upper_bound.parameters_plot import to_svg
from claims.papers.pareek_risteski_2022.upper_bound.theorem_1 import Layered
from reductions.generators import SmoothGenerator
from reductions.networks import TANH
from reductions.small_encoder import (
    Setting,
    build_encoder,
    exact_variation,
    marginal_distances,
    printed_plan,
    printed_size,
    sharp_size,
    sharpened_plan,
)

#: (kind, d) of the encoders that are built, and the errors they are built for.
ENCODERS = (
    ("tanh", 1), ("sin, not centred", 1), ("softplus", 2), ("deep", 2), ("tanh", 3), ("separable", 4), ("tanh", 4),
)  # fmt: skip
ERRORS = {"quick": (0.1,), "standard": (0.1, 0.5), "thorough": (0.5, 0.1, 0.02)}

#: Draws through the network of each encoder, for the distance of its marginals.
DRAWS = 4000
#: The distance's confidence for one encoder.
CONFIDENCE = 0.999

#: Which encoders the curves are of: TV against the Langevin layers at their h, and against h at their T.
CURVES = (("tanh", 1), ("softplus", 2), ("separable", 4))

ABOUT = "the encoder of the upper bound: its numbers as printed and as built, its exact distance, curves of it"


@dataclass(frozen=True)
class Row:
    """One measurement. `what` is encoder, layers or h; what was not measured is None."""

    what: str
    seed: int
    kind: str
    d: int
    epsilon: float
    beta: float
    N: int
    descent_steps: int
    langevin_steps: int
    h: float
    parameters: int
    amortiser: int
    tv_low: float | None
    tv_high: float | None
    marginals: float | None = None
    off_chain: float | None = None
    printed_descent_steps: int | None = None
    printed_langevin_steps: int | None = None


def read(data: Mapping[str, Any]) -> Reading:
    """A kept run: each encoder, with its numbers of steps beside those that the printed formulas ask for."""
    built = [row for row in data["rows"] if row["what"] == "encoder"]
    table = Table(
        "The encoders that were built",
        {"generator": "kind", "d": "d", "eps": "epsilon", "N": "N", "N′": "parameters"},
        (
            Quantity("beta", "beta", form=".2g"),
            Quantity("steps of descent", "descent_steps", "printed_descent_steps", ".3g", "ratio"),
            Quantity("steps of the chain", "langevin_steps", "printed_langevin_steps", ".3g", "ratio"),
            Quantity("TV, at least", "tv_low", form=".3f"),
            Quantity("TV, at most", "tv_high", form=".3f"),
            Quantity("marginals, at most", "marginals", form=".3f"),
        ),
        built,
        "'Printed' is what the formulas of the paper's proof ask for, with this generator's constants put in; the paper"
        " prints no such numbers. Ours take the sharper rates that are proved here, and TV is measured.",
    )
    picture = (
        "Total variation between encoder and posterior, (left) against the layers of the chain and (right) against its"
        " step h, a curve for each generator, on logarithmic axes; bars reach from the lower end of TV to the upper."
    )
    return Reading([table], findings([Row(**row) for row in built]), picture)


@reproduction("pareek-risteski-2022/theorem-1", about=ABOUT, read=read)
def parameters(effort: str, seed: int, out: Path, progress: Progress) -> Reproduced:
    """Build and measure what `out/rows.jsonl` does not hold, then write theorem-1.json and theorem-1.svg there.

    Raises `CircuitError` for an unknown effort, or a folder that cannot be written.
    """
    if effort not in ERRORS:
        raise CircuitError(f"no effort {effort!r}: choose one of {', '.join(ERRORS)}")
    out.mkdir(parents=True, exist_ok=True)
    check_writable(out / "theorem-1.json")
    kept = KeptRows(out / "rows.jsonl", Row)
    torch.set_num_threads(1)  # these matrices are small: more threads wait for each other longer than they work
    planned = [(seed, kind, d, epsilon) for epsilon in ERRORS[effort] for kind, d in ENCODERS]
    done = {_group(row) for row in kept.rows}
    for number, (_, kind, d, epsilon) in enumerate(planned):
        if planned[number] not in done:
            progress(number, len(planned), f"{kind}, d = {d}, eps = {epsilon}")
            kept.add(list(_measured(kind, d, epsilon, seed)))
    progress(len(planned), len(planned), "done")
    mine = [row for row in kept.rows if _group(row) in planned]
    rows = sorted(mine, key=lambda row: planned.index(_group(row)))
    return _write(rows, effort, seed, out)


def _group(row: Row) -> tuple[int, str, int, float]:
    """What one encoder's rows have in common."""
    return row.seed, row.kind, row.d, row.epsilon


def _measured(kind: str, d: int, epsilon: float, seed: int) -> Iterator[Row]:
    """The encoder's own row, and its curves if it has any."""
    source = torch.Generator().manual_seed(seed)
    run = draw_run(kind, d, 1.0, epsilon, source)
    known = kind in {"linear", "separable"} or d <= 2
    encoder = run.encoder
    z = encoder.at(run.x).sample(torch.zeros(DRAWS, d, dtype=torch.float64), source)
    near = None
    if d <= 3 or known:
        near = max(interval.high for interval in marginal_distances(encoder, run.x, z, confidence=CONFIDENCE))
    layered = Layered(run, seed)
    off = float((layered.through_layers() - layered.by_steps()).abs().max())
    c = run.generator.constants
    asked = printed_plan(Setting(c, d, run.beta, epsilon, printed_size(c, d, run.beta)))
    row = replace(
        _row("encoder", seed, kind, run, known=known), marginals=near, off_chain=off,
        printed_descent_steps=asked.descent.steps, printed_langevin_steps=asked.langevin_steps,
    )  # fmt: skip
    yield row
    if (kind, d) in CURVES:
        plan = encoder.plan
        for layers in sorted({max(1, round(plan.langevin_steps * 2 ** (k / 2 - 4))) for k in range(11)}):
            changed = replace(plan, horizon=plan.h * (layers - 0.5))
            yield _row("layers", seed, kind, replace(run, plan=changed))
        for factor in (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0):
            yield _row("h", seed, kind, replace(run, plan=replace(plan, h=factor * plan.h)))


def _row(what: str, seed: int, kind: str, run: EncoderRun, *, known: bool = True) -> Row:
    encoder = run.encoder
    distance = exact_variation(encoder, run.x) if known else None
    return Row(
        what, seed, kind, encoder.d, run.epsilon, run.beta, run.generator.parameter_count, encoder.plan.descent.steps,
        encoder.plan.langevin_steps, encoder.plan.h, encoder.parameter_count, encoder.amortiser_size,
        distance.low if distance else None, distance.high if distance else None,
    )  # fmt: skip


def _write(rows: Sequence[Row], effort: str, seed: int, out: Path) -> Reproduced:
    built = [row for row in rows if row.what == "encoder"]
    notes = [*findings(built), *fitted()]
    told = {"effort": effort, "seed": seed, "draws": DRAWS, "confidence": CONFIDENCE, "versions": library_versions()}
    data: dict[str, Any] = {"run": told, "rows": [asdict(row) for row in rows]}
    files = [out / "theorem-1.json"]
    write_whole(files[0], (json.dumps(data, indent=1) + "\n").encode())
    try:
        write_whole(out / "theorem-1.svg", to_svg([row for row in rows if row.what != "encoder"]).encode())
        files.append(out / "theorem-1.svg")
    except CircuitError as error:
        # The measurements are worth more than their picture.
        notes.append(f"no picture was drawn: {error}")
    columns = ["generator", "d", "eps", "beta", "N", "S", "T/h", "N'", "phi", "TV", "marginals", "printed S", "T/h"]
    return Reproduced(columns, [_cells(row) for row in built], notes, files, data)


def _cells(row: Row) -> list[str]:
    distance = "-" if row.tv_low is None or row.tv_high is None else f"{row.tv_low:.3f}-{row.tv_high:.3f}"
    near = "-" if row.marginals is None else f"<= {row.marginals:.3f}"
    printed = [f"{steps:.1e}" for steps in (row.printed_descent_steps, row.printed_langevin_steps) if steps is not None]
    counts = [row.N, row.descent_steps, row.langevin_steps, row.parameters, row.amortiser]
    return [row.kind, str(row.d), f"{row.epsilon:g}", f"{row.beta:.2g}", *map(str, counts), distance, near, *printed]


def findings(rows: Sequence[Row]) -> list[str]:
    """What the encoders' rows say, in sentences made from the numbers."""
    exact = [row for row in rows if row.tv_high is not None]
    shares = [row.tv_high / row.epsilon for row in exact if row.tv_high is not None]
    off = max(row.off_chain or 0.0 for row in rows)
    sampled = [row for row in rows if row.marginals is not None]
    return [
        f"TV is computed on two grids, without sampling, for {len(exact)} of {len(rows)} encoders: at most"
        f" {max(shares):.2f} of eps.",
        f"marginals: {DRAWS} samples through the network against the exact posterior, one coordinate at a time, the"
        f" worst upper end at confidence {CONFIDENCE} (Dvoretzky-Kiefer-Wolfowitz); for {len(sampled)} of {len(rows)}.",
        f"Network and plain program differ by at most {off:.1e} on the same noise.",
        "S and T/h as printed take |x| <= 12 (M + beta) sqrt(d), delta = rad/4, T = (2 rad)² log(1/eps) and the h that"
        " Girsanov's bound certifies; S and T/h as built take the rates that hold (lemma-1, lemma-4, lemma-2:"
        " remark-sharper).",
        "beta is beta_0 of Lemma 13 for typical x (at most 1/10).",
    ]


def fitted() -> list[str]:
    """N' = C N^a d^b (1/beta)^c (1/eps)^e by least squares over a grid, for the plan as built and as printed."""
    said = []
    for name, plan_of, size_of in (("built", sharpened_plan, sharp_size), ("printed", printed_plan, printed_size)):
        points, counts = [], []
        for generator in _generators():
            c, d = generator.constants, generator.latents
            for beta in (1e-2, 1e-3, 1e-4):
                for epsilon in (0.3, 0.1, 0.03):
                    plan = plan_of(Setting(c, d, beta, epsilon, size_of(c, d, beta)))
                    encoder = build_encoder(generator, beta, epsilon, plan=plan)
                    layer = encoder.langevin.parameters
                    points.append([1.0, *map(math.log, (generator.parameter_count, d, 1 / beta, 1 / epsilon))])
                    counts.append(math.log(layer) + math.log(plan.layers))
        powers = np.linalg.lstsq(np.array(points), np.array(counts), rcond=None)[0]
        a, b, g, e = powers[1:]
        said.append(
            f"N' {name}, fitted over d = 1..8, N = 5..{max(one.parameter_count for one in _generators())},"
            f" beta = 1e-4..1e-2, eps = .03...3: about N^{a:.2f} d^{b:.2f} (1/beta)^{g:.2f} (1/eps)^{e:.2f}."
        )
    return said


def _generators() -> Iterator[SmoothGenerator]:
    """One for each d and width, all with the same |A|, |Q| |P|."""
    for d in (1, 2, 4, 8):
        for width in (1, 2, 4):
            source = torch.Generator().manual_seed(d)
            base = dense(d, TANH, source)
            Q, P = base.Q.repeat(1, width) / math.sqrt(width), base.P.repeat(width, 1) / math.sqrt(width)
            yield SmoothGenerator(base.A, Q, P, base.b.repeat(width), centred=True)
