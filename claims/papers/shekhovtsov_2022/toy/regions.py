"""The decision map of the toy's best encoder: which code it gives to each point, and whether the regions are whole."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Int
from scipy import ndimage
from torch import Tensor

from claims.papers.shekhovtsov_2022.toy.mixture import Mixture, best_encoder

#: Points along each side of the map.
SIDE = 121

#: How far the map goes beyond the outermost centre, in units of s.
BORDER = 3.0


def decision_map(model: Mixture) -> Int[Tensor, "side side"]:
    """The likeliest code of the best factorised encoder on a square around the centres, as a number 0 to 3."""
    middle = model.centres.mean(0)
    reach = float((model.centres - middle).abs().max() + BORDER * model.s)
    along = torch.linspace(-reach, reach, SIDE, dtype=middle.dtype, device=middle.device)
    on = best_encoder(model.log_joint(torch.cartesian_prod(along, along) + middle)) > 0
    # Each bit is decided by the sign of its own logit.
    codes: Tensor = (2 * on[:, 0] + on[:, 1].long()).reshape(SIDE, SIDE)
    return codes


def pieces(region: Bool[Tensor, "side side"]) -> int:
    """How many connected pieces the region has, neighbours sharing an edge; 0 if it is empty."""
    _, count = ndimage.label(region.cpu().numpy())
    return int(count)
