"""The experiment `table-1`: the protocol of Section 4.2 where the likelihood can be computed. It decides no claim.

The printed rows need CelebA, a trained GAN and Inception weights, none of which can be had offline; they are shown
beside.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch

from circuits import CircuitError
from circuits.files import check_writable, write_whole
from circuits.kept import KeptRows
from circuits.svg import drawing
from claims.engine.evidence import library_versions
from claims.engine.reproduction import Progress, Quantity, Reading, Reproduced, Table, reproduction
from claims.papers.shekhovtsov_2022.images.curve_training import protocol
from claims.papers.shekhovtsov_2022.images.curves import CurveDecoder, Grid
from claims.papers.shekhovtsov_2022.images.digits import digits, digits_fit
from claims.papers.shekhovtsov_2022.images.patches import Fit, patch_protocol, spots_fit
from claims.papers.shekhovtsov_2022.models.error import ModelError
from claims.papers.shekhovtsov_2022.text.printed import TABLE_1

#: Rounds of the curves' alternation and Adam steps of one stage of the images; seeds of the images.
EFFORTS = {"quick": (60, 400, 1), "standard": (300, 1500, 2), "thorough": (2000, 6000, 5)}

TRUTHS = {
    "line": CurveDecoder.arc(0.0, 1, 0.5),
    "wave (z, 2 sin 2z), s = .3": CurveDecoder.arc(2.0, 2, 0.3),
    "wave (z, 2 sin 2z), s = .7": CurveDecoder.arc(2.0, 2, 0.7),
    "circle (sin 2z, cos 2z), s = .3": CurveDecoder.circle(2, 0.3),
    "circle (sin 2z, cos 2z), s = .5": CurveDecoder.circle(2, 0.5),
}
IMAGES = ("spots", "digits")
SCALES = (0.2, 0.4)
CONTROL = "control: likelihood, s fixed"
PATCH_STAGES = ("truth, encoder by conditional likelihood", "ELBO, s fixed", "ELBO, s learned", CONTROL)

#: A change of KL or Frechet distance that the findings count; the curves' grids and rounds are not finer than this.
TOLD = 1e-3

OFFLINE = "not reproducible offline (CelebA, GAN and Inception weights)"

ABOUT = "what the ELBO does to a true decoder: curves in the plane and 8 x 8 images, with exact likelihoods"


@dataclass(frozen=True)
class Row:
    """One stage. `divergence` is KL(truth‖model) in nats, `misfit` KL(p(z|x)‖q) of the best diagonal Gaussian q.

    `error` and `rise_error` are the standard errors of the divergence and of the ELBO's rise since the stage that
    it starts from (0: quadrature).
    """

    effort: str
    seed: int
    truth: str
    stage: str
    elbo: float
    rise_error: float
    log_likelihood: float
    divergence: float
    error: float
    frechet: float
    s: float
    misfit: float


def read(data: Mapping[str, Any]) -> Reading:
    """A kept run: the printed rows, which stand alone, and ours of other truths."""
    printed = Table(
        "As printed: CelebA",
        {"experiment": "experiment"},
        (Quantity("ELBO", "", "elbo"), Quantity("FID", "", "fid")),
        data["printed"],
        f"These rows are {OFFLINE}. Ours below are of other truths, whose likelihood is known: they test what the table"
        " is printed for, and no number of the two tables can be compared.",
    )
    ours = Table(
        "The same protocol where the likelihood is known",
        {"truth": "truth", "stage": "stage"},
        (
            Quantity("ELBO", "elbo", form=".4f"), Quantity("log-likelihood", "log_likelihood", form=".4f"),
            Quantity("KL(truth‖model)", "divergence", form=".4f"), Quantity("± (one s.e.)", "error", form=".4f"),
            Quantity("Fréchet distance of pixels", "frechet", form=".4f"), Quantity("s", "s", form=".3f"),
            Quantity("misfit", "misfit", form=".3f"),
        ),
        data["rows"],
    )  # fmt: skip
    picture = (
        "KL from the truth to the model against the ELBO still missing to the truth's log-likelihood, a line for each"
        " truth, a dot for each stage."
    )
    return Reading([printed, ours], data["notes"], picture)


@reproduction("shekhovtsov-2022/table-1", about=ABOUT, read=read)
def table_1(effort: str, seed: int, out: Path, progress: Progress) -> Reproduced:
    """Run what `out/rows.jsonl` does not hold, then write table-1-<effort>.json and .svg there.

    Without scikit-learn the digits are left out, and the notes say so.
    Raises `CircuitError` for an unknown effort, or a folder that cannot be written.
    """
    if effort not in EFFORTS:
        raise CircuitError(f"no effort {effort!r}: choose one of {', '.join(EFFORTS)}")
    out.mkdir(parents=True, exist_ok=True)
    check_writable(out / f"table-1-{effort}.json")
    kept = KeptRows(out / "rows.jsonl", Row)
    torch.set_num_threads(1)  # these networks are small: more threads wait for each other longer than they work
    seeds = range(seed, seed + EFFORTS[effort][2])
    images = [(k, f"{kind}, s = {s:g}") for k in seeds for kind in IMAGES for s in SCALES]
    planned = [*((seed, truth) for truth in TRUTHS), *images]
    done = {(row.seed, row.truth) for row in kept.rows if row.effort == effort}
    fits, notes = _fits()
    left = [(k, truth) for k, truth in planned if (k, truth) not in done and (truth in TRUTHS or _kind(truth) in fits)]
    for number, (k, truth) in enumerate(left):
        progress(len(planned) - len(left) + number, len(planned), truth)
        kept.add(_measured(effort, k, truth, fits))
    progress(len(planned), len(planned), "done")
    mine = [row for row in kept.rows if row.effort == effort and (row.seed, row.truth) in planned]
    mine.sort(key=lambda row: planned.index((row.seed, row.truth)))
    return _write(mine, [] if any(_kind(row.truth) == "digits" for row in mine) else notes, effort, seed, out)


def _kind(truth: str) -> str:
    return truth.partition(",")[0]


def _fits() -> tuple[dict[str, Fit], list[str]]:
    """How the truths of the images are fitted; and why one is missing, if one is."""
    fits: dict[str, Fit] = {"spots": spots_fit}
    try:
        fits["digits"] = digits_fit(digits())
    except ModelError as error:
        return fits, [f"The digits were not run: {error}"]
    return fits, []


def _measured(effort: str, seed: int, truth: str, fits: dict[str, Fit]) -> list[Row]:
    rounds, steps, _ = EFFORTS[effort]
    if truth in TRUTHS:
        exact = {"rise_error": 0.0, "error": 0.0}
        curves = [(asdict(one) | exact, one.name) for one in protocol(TRUTHS[truth], Grid(), rounds)]
        return [_row(stage, effort, seed, truth, name) for stage, name in curves]
    stages = patch_protocol(fits[_kind(truth)], seed, float(truth.rsplit(" ", 1)[1]), steps)
    return [_row(asdict(one), effort, seed, truth, name) for name, one in zip(PATCH_STAGES, stages, strict=True)]


def _row(measured: dict[str, Any], effort: str, seed: int, truth: str, stage: str) -> Row:
    told: dict[str, Any] = {"effort": effort, "seed": seed, "truth": truth, "stage": stage}
    return Row(**told, **{one.name: measured[one.name] for one in fields(Row) if one.name not in told})


def _write(rows: Sequence[Row], absent: Sequence[str], effort: str, seed: int, out: Path) -> Reproduced:
    told = {"effort": effort, "seed": seed, "versions": library_versions()}
    printed = [row._asdict() for row in TABLE_1]
    notes = [*findings(rows), *absent]
    data: dict[str, Any] = {"run": told, "printed": printed, "rows": [asdict(row) for row in rows], "notes": notes}
    files = [out / f"table-1-{effort}.json"]
    write_whole(files[0], (json.dumps(data, indent=1) + "\n").encode())
    try:
        write_whole(out / f"table-1-{effort}.svg", to_svg(rows).encode())
        files.append(out / f"table-1-{effort}.svg")
    except CircuitError as error:
        # The measurements are worth more than their picture.
        notes = [*notes, f"no picture was drawn: {error}"]
    columns = ["truth", "stage", "ELBO", "log p", "KL(truth‖model)", "Frechet", "s", "misfit"]
    table = [[OFFLINE, row.experiment, f"{row.elbo:.2f}", "-", "-", f"FID {row.fid:.2f}", "-", "-"] for row in TABLE_1]
    return Reproduced(columns, table + [_cells(row) for row in rows], notes, files, data)


def _cells(row: Row) -> list[str]:
    lost = f"{row.divergence:.4f}" + (f" ± {row.error:.4f}" if row.error else "")
    numbers = [f"{row.elbo:.4f}", f"{row.log_likelihood:.4f}", lost, f"{row.frechet:.4f}", f"{row.s:.3f}"]
    numbers.append(f"{row.misfit:.3f}")
    return [row.truth, row.stage, *numbers]


def findings(rows: Sequence[Row]) -> list[str]:
    """What the rows say, in sentences made from the numbers."""
    groups: dict[tuple[int, str], list[Row]] = {}
    for row in rows:
        if row.stage != CONTROL:
            groups.setdefault((row.seed, row.truth), []).append(row)
    bent = [stages for (_, truth), stages in groups.items() if truth != "line"]
    risen = sum(
        all(after.elbo - before.elbo > 3 * after.rise_error for before, after in pairwise([one[0], *one[-2:]]))
        for one in bent
    )
    harmed = sum(min(one.divergence - 3 * one.error for one in stages[-2:]) > 0 for stages in bent)
    nearer = sum(stages[-1].frechet < stages[-2].frechet - TOLD for stages in bent)
    closer = sum(stages[-1].divergence < stages[-2].divergence - TOLD for stages in bent)
    pulled = sum(max(one.misfit for one in stages[-2:]) < stages[0].misfit for stages in bent)
    line = max((abs(row.divergence) for row in rows if row.truth == "line"), default=0.0)
    return [
        f"The ELBO rises from stage to stage in {risen} of {len(bent)} curved models; both ELBO-trained decoders have"
        f" lost likelihood against the truth in {harmed} of {len(bent)} (three standard errors).",
        f"On the line, which is consistent, nothing is lost: at most {line:.1e} nats.",
        f"Learning s raises the ELBO further; the Frechet distance of the pixels then falls in {nearer} and KL in"
        f" {closer} of {len(bent)} by more than {TOLD:g}.",
        f"The pull: in {pulled} of {len(bent)} the posteriors of both ELBO-trained decoders are nearer to diagonal"
        " Gaussians than the truth's (misfit: KL(p(z|x)‖q) of the best of these, at x of the truth; 0 iff consistent).",
        *_image_findings(rows),
        "Curves: quadrature throughout; at each x the encoder is the best Gaussian found by a table and by ascent."
        " Images: networks, 1000 images, likelihood on a grid of 181² latents; the stage with s learned goes on from"
        " that with s fixed, so it is trained for longer. The Frechet distance is that of mean and covariance of the"
        " pixels, not of Inception features.",
    ]


def _image_findings(rows: Sequence[Row]) -> list[str]:
    """One sentence a kind of image: how far the truth is from consistent, what the ELBO costs, what training costs."""
    notes = []
    for kind in IMAGES:
        mine = [row for row in rows if _kind(row.truth) == kind]
        if not mine:
            continue
        start, fixed, learned, control = ([row for row in mine if row.stage == stage] for stage in PATCH_STAGES)
        noise, harm = max(row.divergence for row in control), min(row.divergence for row in [*fixed, *learned])
        verdict = "" if noise > harm / 3 else ": the harm comes from the ELBO and this encoder, not from the optimiser"
        notes.append(
            f"{kind.capitalize()}: the truth's misfit is {_span(row.misfit for row in start)} nats; the ELBO costs"
            f" {_span(row.divergence for row in fixed)} nats of KL with s fixed,"
            f" {_span(row.divergence for row in learned)} with s learned; as many steps of the likelihood cost"
            f" {_span(row.divergence for row in control)}{verdict}."
        )
    return notes


def _span(values: Iterable[float]) -> str:
    several = sorted(values)
    return f"{several[0]:.3f} to {several[-1]:.3f}"


def to_svg(rows: Sequence[Row]) -> str:
    """KL(truth‖model) against the ELBO still missing to the truth's log-likelihood, one line a truth.

    Equal rows give equal text. Raises `CircuitError` if matplotlib, an extra, is not installed.
    """
    with drawing(6.0, 3.6) as picture:
        figure = picture.figure
        axes = figure.subplots()
        for seed, truth in dict.fromkeys((row.seed, row.truth) for row in rows):
            stages = [row for row in rows if (row.seed, row.truth) == (seed, truth) and row.stage != CONTROL]
            most = stages[0].log_likelihood
            gaps = [most - row.elbo for row in stages]
            label = f"{truth}, seed {seed}" if _kind(truth) in IMAGES else truth
            axes.plot(gaps, [row.divergence for row in stages], "o-", markersize=3, linewidth=1, label=label)
        axes.set(xscale="symlog", xlabel="log-likelihood of the truth minus ELBO (nats)", ylabel="KL(truth‖model)")
        axes.legend(fontsize=6)
    return picture.text
