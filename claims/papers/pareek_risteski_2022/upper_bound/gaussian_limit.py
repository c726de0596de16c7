"""Sections 4 and 5.2: the posterior approaches a Gaussian as beta -> 0."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from claims import Margin, claim, simulation

PR = "pareek-risteski-2022"


@dataclass(frozen=True)
class Limit:
    """G(z) = scale z + bend tanh(z) in one dimension, the inverse point of x, beta = first/2^k, k = 0..8."""

    scale: float
    bend: float
    inverse: float
    first: float
    knots: int = 2001

    def slope(self, at: float) -> float:
        """G'(at)."""
        return self.scale + self.bend * (1 - math.tanh(at) ** 2)

    def distances(self, centre: float = 0.0, at: float | None = None) -> Float[Tensor, "1 9"]:
        """TV of p(z|x) and N(z^ + centre s, s²), 1/s² = 1 + G'(at)²/beta², at = z^ if none is given."""
        found = []
        for k in range(9):
            beta = self.first / 2**k
            s = 1 / math.sqrt(1 + (self.slope(self.inverse if at is None else at) / beta) ** 2)
            u = torch.linspace(-12, 12, self.knots, dtype=torch.float64)
            # G(z) - G(z^) without cancellation: tanh(a + b) - tanh(a) = tanh(b) (1 - tanh(a) tanh(a + b)).
            move, hyper = s * u, math.tanh(self.inverse)
            misfit = self.scale * move + self.bend * torch.tanh(move) * (1 - hyper * torch.tanh(self.inverse + move))
            posterior = -((misfit / beta) ** 2) / 2 - move * (self.inverse + move / 2)
            gap = torch.softmax(posterior, 0) - torch.softmax(-((u - centre) ** 2) / 2, 0)
            found.append(gap.abs().sum() / 2)
        return torch.stack(found)[None]


def limits(generator: torch.Generator, effort: str) -> Iterator[Limit]:  # noqa: ARG001 - a grid
    """Bends that help and oppose, inverse points near and far."""
    for scale, bend in ((1.0, 0.9), (1.0, -0.6), (3.0, 1.0)):
        for inverse in (0.3, -1.0, 4.0):
            yield Limit(scale, bend, inverse, 0.1)


@claim(
    f"{PR}/remark-announced-gaussian",
    statement=r"\text{As } \beta \to 0, \text{ the distribution } p(z|x) \text{ concentrates more around its mode, and"
    r" approaches a Gaussian centered at it}",
    source="Section 4, ingredient 2; Section 5.2 after Lemma 2",
    domain="all G of Assumptions 1 and 2, all x, beta -> 0",
    readings=[
        "approaches: in total variation, at the rate beta or faster; the Gaussian N(z^, (∇²L(z^))^-1), whose centre is"
        " within O(beta²) of the mode"
    ],
    rests_on=[f"{PR}/equation-57"],
    by=[
        simulation(
            limits,
            lambda case: replace(case, knots=3001),
            1e-6,
            "d = 1, G = scale z + bend tanh z, 9 pairs of G and x; beta = 0.1/2^k, k = 0..8; by quadrature",
            "a finer quadrature",
        )
    ],
)
def posterior_becomes_gaussian(case: Limit) -> Margin:
    """TV(p(z|x), N(z^, 1/L''(z^))) -> 0 as beta -> 0; it halves with beta."""
    values = case.distances()
    order = torch.log2(values[..., 4] / values[..., 8]) / 4
    return Margin.tends(values).report(order=order)


@posterior_becomes_gaussian.mutant("the slope at 0 in place of that at z^")
def _(case: Limit) -> Margin:
    return Margin.tends(case.distances(at=0.0))


@posterior_becomes_gaussian.mutant("its centre half a deviation off")
def _(case: Limit) -> Margin:
    return Margin.tends(case.distances(centre=0.5))
