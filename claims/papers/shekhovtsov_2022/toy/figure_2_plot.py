"""The picture of the experiment `figure-2`: posterior and decision maps, as (a) to (f) of the paper's Fig. 2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float
from torch import Tensor

from circuits.svg import drawing
from claims.papers.shekhovtsov_2022.toy.mixture import Mixture, best_encoder, factorised

if TYPE_CHECKING:
    from collections.abc import Sequence

#: One colour a code, and the pixels of a map's side.
COLOURS = ((0.84, 0.15, 0.16), (0.17, 0.63, 0.17), (0.12, 0.47, 0.71), (1.0, 0.73, 0.16))
PIXELS = 120


def to_svg(truth: Mixture, learned: Mixture, rbm: Mixture, rectangle: Mixture) -> str:
    """Six panels; equal models give equal text. Raises `CircuitError` if matplotlib, an extra, is not installed."""
    middle, reach = truth.centres.mean(0), 3.5 * float(truth.s) + float(truth.centres.std())
    side = torch.linspace(-reach, reach, PIXELS, dtype=torch.float64)
    x = torch.stack(torch.meshgrid(side, side, indexing="xy"), -1).flatten(0, 1) + middle
    encoder = factorised(best_encoder(learned.log_joint(x))).exp()
    maps = [
        ("(a) p*(z|x)", truth.posterior(x)),
        ("(b) its decisions", hard(truth.posterior(x))),
        ("(c) encoder after joint training", hard(encoder)),
        ("(d) learned posterior", hard(learned.posterior(x))),
        ("(e) RBM", hard(rbm.posterior(x))),
    ]
    extent = (*(side[[0, -1]] + middle[0]).tolist(), *(side[[0, -1]] + middle[1]).tolist())
    with drawing(7.5, 5.2) as picture:
        figure = picture.figure
        panels = figure.subplots(2, 3, sharex=True, sharey=True).flat
        for axes, (title, shares) in zip(panels, maps, strict=False):
            image = (shares @ shares.new_tensor(COLOURS)).reshape(PIXELS, PIXELS, 3).numpy()
            axes.imshow(image, origin="lower", extent=extent, interpolation="nearest")
            axes.set_title(title)
        _centres(
            panels[5], [("truth", truth, "o"), ("ELBO", learned, "x"), ("RBM", rbm, "^"), ("rectangle", rectangle, "s")]
        )
    return picture.text


def hard(shares: Float[Tensor, "m 4"]) -> Float[Tensor, "m 4"]:
    """The decision: all of the mass on the most probable code."""
    return torch.nn.functional.one_hot(shares.argmax(-1), 4).to(shares.dtype)


def _centres(axes: Any, models: Sequence[tuple[str, Mixture, str]]) -> None:
    for name, model, marker in models:
        axes.scatter(*model.centres.mT.tolist(), c=COLOURS, marker=marker, label=name, s=24)
    for start, end in zip(models[0][1].centres.tolist(), models[1][1].centres.tolist(), strict=True):
        axes.annotate("", end, start, arrowprops={"arrowstyle": "->", "linewidth": 0.7})
    axes.set_title("(f) where the centres go")
    axes.legend(fontsize=6)
    axes.set_aspect("equal")
