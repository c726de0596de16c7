"""The encoder of the paper's toy, a network 2-64-64-2 with ReLU, and its two trainings on the exact ELBO."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from claims.papers.shekhovtsov_2022.models.error import ModelError
from claims.papers.shekhovtsov_2022.toy.mixture import Mixture, Plane, elbo

#: Neurons of each layer, as printed.
WIDTHS = (2, 64, 64, 2)


def encoder_network(seed: int, like: Float[Tensor, ...]) -> nn.Sequential:
    """A network x/s -> logits of the two bits, of the dtype and device of `like`, its weights drawn by the seed."""
    source = torch.Generator().manual_seed(seed)
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(WIDTHS):
        kind = {"dtype": like.dtype, "device": like.device}
        layer = nn.utils.skip_init(nn.Linear, inputs, outputs, **kind)  # type: ignore[no-untyped-call]
        for parameter in (layer.weight, layer.bias):
            drawn = (2 * torch.rand(parameter.shape, generator=source, dtype=torch.float64) - 1) / math.sqrt(inputs)
            parameter.data.copy_(drawn)
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def network_elbo(network: nn.Sequential, model: Mixture, plane: Plane) -> float:
    """The ELBO of the model with this encoder."""
    with torch.no_grad():
        return float(elbo(model, plane, network(plane.nodes / model.s)))


def train(network: nn.Sequential, model: Mixture, plane: Plane, steps: int, *, centres: bool, rate: float) -> Mixture:
    """Adam on the ELBO over all nodes at once, the rate falling to 0 along a cosine; changes the network.

    With `centres` the decoder's centres are learned, too: the model with the new ones is returned. Raises `ModelError`
    if the ELBO is lost to overflow.
    """
    moved = model.centres.detach().clone().requires_grad_(centres)
    optimiser = torch.optim.Adam([*network.parameters(), *([moved] if centres else [])], lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(steps, 1))
    x = plane.nodes / model.s
    for _ in range(steps):
        optimiser.zero_grad()
        (-elbo(Mixture(moved, model.s), plane, network(x))).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    learned = Mixture(moved.detach(), model.s)
    if not math.isfinite(network_elbo(network, learned, plane)):
        raise ModelError("rate: the ELBO is no longer finite; train with a smaller rate")
    return learned
