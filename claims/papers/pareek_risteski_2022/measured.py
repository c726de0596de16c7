"""Numbers that a run measured, as the arrays that a margin compares."""

from __future__ import annotations

import torch
from torch import Tensor


def sides(*pairs: tuple[float, float]) -> tuple[Tensor, Tensor]:
    """Left and right sides of several comparisons: [1, pairs] each."""
    left, right = torch.tensor(pairs, dtype=torch.float64).T[:, None]
    return left, right
