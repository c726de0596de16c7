"""Retrieval by Hamming distance, the application of Section 3.1: precision of the nearest documents' labels."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from claims.papers.shekhovtsov_2022.models.error import ModelError

NEAREST = 100
#: Queries at a time.
CHUNK = 512


def precision(
    queries: Bool[Tensor, "n m"], labels: Int[Tensor, " n"], base: Bool[Tensor, "N m"], base_labels: Int[Tensor, " N"],
    nearest: int = NEAREST,
) -> float:  # fmt: skip
    """The mean share, among the `nearest` codes of the base, of those with the query's label.

    Codes at equal distance are taken in random order: this is the exact expectation over that order. Raises
    `ModelError` for a base of fewer codes.
    """
    if not 1 <= nearest <= len(base):
        raise ModelError(f"nearest = {nearest} of a base of {len(base)} codes: give one between 1 and that")
    shares = [
        _shares(queries[first : first + CHUNK], labels[first : first + CHUNK], base, base_labels, nearest)
        for first in range(0, len(queries), CHUNK)
    ]
    return float(torch.cat(shares).mean())


def _shares(
    queries: Tensor, labels: Tensor, base: Tensor, base_labels: Tensor, nearest: int
) -> Float[Tensor, " n"]:  # fmt: skip
    signs, base_signs = (2.0 * codes.float() - 1 for codes in (queries, base))
    distance = ((base.shape[1] - signs @ base_signs.mT) / 2).round().long()
    # How many codes, and how many with the query's label, lie at each distance.
    counts = torch.zeros(len(queries), base.shape[1] + 1, dtype=torch.float64, device=base.device)
    found = counts.scatter_add(1, distance, counts.new_ones(distance.shape))
    right = counts.scatter_add(1, distance, (labels[:, None] == base_labels).to(counts.dtype))
    before = found.cumsum(1) - found
    taken = (nearest - before).clamp(min=0).minimum(found)
    return (taken * right / found.clamp(min=1)).sum(1) / nearest
