"""The quadruples of centres that are tried, for the paper prints none, each with its optima."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from claims.papers.shekhovtsov_2022.toy.mixture import Mixture, Plane
from claims.papers.shekhovtsov_2022.toy.optimum import (
    FREE,
    HARMONIUM,
    LABELS,
    PARALLELOGRAM,
    RECTANGLE,
    Family,
    Fit,
    best_elbo,
    likelihood,
    maximise,
    relabelled,
)

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Toy:
    """A ground truth mu(00), mu(01), mu(10), mu(11) with s = 1, and the grid on which all is computed.

    What is asked of it is computed once and kept.
    """

    name: str
    centres: Points
    step: float = 0.4
    reach: float = 7.0
    device: str = "cpu"

    @cached_property
    def finer(self) -> Toy:
        """The same on a finer and larger grid."""
        return replace(self, step=0.75 * self.step, reach=self.reach + 1)

    @cached_property
    def truth(self) -> Mixture:
        """The ground truth decoder."""
        centres = torch.tensor(self.centres, dtype=torch.float64, device=self.device)
        return Mixture(centres, centres.new_tensor(1.0))

    @cached_property
    def plane(self) -> Plane:
        """The data."""
        return Plane.around(self.truth, step=self.step, reach=self.reach)

    @cached_property
    def joint(self) -> Fit:
        """The ELBO's optimum over centres and free factorised encoders, from the truth, as in the paper."""
        return maximise(FREE, best_elbo, self.truth, self.plane)

    @cached_property
    def slanted(self) -> Fit:
        """The ELBO's optimum over parallelograms with the prior 1/4, from the one nearest to the truth."""
        return maximise(PARALLELOGRAM, best_elbo, self.truth, self.plane)

    @cached_property
    def harmonium_by_elbo(self) -> Fit:
        """The ELBO's optimum over RBMs, from the truth under each naming of the codes."""
        return maximise(HARMONIUM, best_elbo, self.truth, self.plane, self.namings())

    @cached_property
    def harmonium(self) -> Fit:
        """The RBM of largest likelihood, its own prior included, from the truth under each naming of the codes."""
        return self._best(HARMONIUM)

    @cached_property
    def rectangle(self) -> Fit:
        """The rectangle of largest likelihood: of the RBMs those whose prior is uniform, as the model's is."""
        return self._best(RECTANGLE)

    def _best(self, family: Family) -> Fit:
        return maximise(family, likelihood, self.truth, self.plane, self.namings())

    def namings(self) -> list[Tensor]:
        """The centres under each naming of the codes that matters."""
        return [relabelled(self.truth, order).centres for order in LABELS]


def generic(scale: float) -> Toy:
    """The quadruple in general position, scaled."""
    points = ((1, 1), (1, -1), (0, 0), (-1, 0))
    return Toy(f"generic x {scale:g}", tuple((scale * a, scale * b) for a, b in points))


#: In general position. At the scale 1.65 the ELBO of the pre-trained model is the paper's, -3.74.
GENERIC = tuple(generic(scale) for scale in (1.0, 1.5, 1.65, 2.0, 3.0))
RECTANGLES = (
    Toy("rectangle", ((-2, -1), (-2, 1), (2, -1), (2, 1))),
    Toy("square, turned", ((-2, 0), (0, 2), (0, -2), (2, 0))),
    Toy("rectangle of no width", ((-2, -1), (-2, -1), (2, 1), (2, 1))),
    Toy("four coincident centres", ((0, 0), (0, 0), (0, 0), (0, 0))),
)
SLANTED = Toy("parallelogram", ((-2, -1), (0, 1), (0, -1), (2, 1)))
#: Its joint optimum has a smaller gap, and is farther from the harmoniums by both least-squares distances.
TIGHTER_YET_FARTHER = Toy("tighter yet farther", ((0, 0), (-3, 0), (2, 2), (-2, 1)))
CROSSED = Toy("rectangle, codes crossed", ((-2, -1), (2, 1), (2, -1), (-2, 1)))
COINCIDENT = Toy("two centres coincide", ((0, 0), (2, 0), (2, 0), (0, 2)))
