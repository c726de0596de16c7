"""Section 4.2: what the paper draws from Table 1, against the printed table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from claims import Margin, claim, exhaustive
from claims.engine.arithmetic import Array
from claims.papers.shekhovtsov_2022.text.printed import TABLE_1, ImageModel


@dataclass(frozen=True)
class Pair:
    """Two rows of Table 1. Arrays [1, 2]: `elbo` (higher is better) and `fid` (lower is better)."""

    elbo: Array
    fid: Array


def pairs(rows: tuple[ImageModel, ...] = TABLE_1) -> Iterator[Pair]:
    """All pairs of rows, the upper one first."""
    for i, first in enumerate(rows):
        for second in rows[i + 1 :]:
            yield Pair(np.array([[first.elbo, second.elbo]]), np.array([[first.fid, second.fid]]))


def rises(pair: Array) -> Array:
    """The second value minus the first: [1]."""
    return pair[..., 1] - pair[..., 0]


@claim(
    "shekhovtsov-2022/table-1/remark-fid",
    statement=r"\text{Models with higher ELBO values have worse FID-scores}",
    source="Section 4.2, on Table 1",
    domain="the three rows of the printed table",
    readings=["of the second half of the sentence, 'and produce less realistic images', nothing can be checked here"],
    by=[exhaustive(pairs, "all three pairs of rows", complete=True)],
)
def higher_elbo_has_worse_fid(case: Pair) -> Margin:
    """Of two rows, the one with the higher ELBO has the higher FID."""
    return Margin.positive(rises(case.elbo) * rises(case.fid))


@higher_elbo_has_worse_fid.mutant("better FID")
def _(case: Pair) -> Margin:
    return Margin.positive(-rises(case.elbo) * rises(case.fid))


@higher_elbo_has_worse_fid.mutant("FID at least doubles")
def _(case: Pair) -> Margin:
    return Margin.positive(case.fid[..., 1] - 2 * case.fid[..., 0])


@claim(
    "shekhovtsov-2022/table-1/remark-harm",
    statement=r"\text{ELBO optimization harms the decoder considerably as clearly seen \ldots from FID-scores}",
    source="Section 4.2, on Table 1",
    domain="the two trained decoders of the printed table beside the true one",
    readings=[
        "considerably: the FID is more than a hundred times as large; the factor is ours, and the true decoder's 0.13"
        " is the FID of a model with itself, that is the noise of the score: a ratio to it says little more than that"
        " the harm is far above the noise",
    ],
    by=[exhaustive(lambda: [next(pairs((TABLE_1[0], row))) for row in TABLE_1[1:]], "2 decoders", complete=True)],
)
def training_harms_the_decoder(case: Pair) -> Margin:
    """FID of the trained decoder > 100 times that of the true one."""
    return Margin.positive(case.fid[..., 1] - 100 * case.fid[..., 0])


@training_harms_the_decoder.mutant("a thousand times")
def _(case: Pair) -> Margin:
    return Margin.positive(case.fid[..., 1] - 1000 * case.fid[..., 0])


@training_harms_the_decoder.mutant("it helps")
def _(case: Pair) -> Margin:
    return Margin.positive(case.fid[..., 0] - case.fid[..., 1])
