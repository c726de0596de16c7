"""Appendix D.3: the number of layers is polynomial in d, 1/beta and 1/eps."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch

from claims import Margin, claim, simulation
from claims.papers.pareek_risteski_2022.measured import sides
from reductions.generators import Constants
from reductions.small_encoder import Setting, printed_plan, sharp_size


@dataclass(frozen=True)
class Orders:
    """How often the printed plan's layers multiply if one of d, 1/beta, 1/eps doubles, at a point of a grid."""

    d: int
    beta: float
    epsilon: float

    def exponents(self) -> tuple[float, float, float]:
        """log2 of the three ratios, at m = 1, M = 3/2, M2 = 2/5, M3 = 1."""
        here = self.layers()
        in_d = replace(self, d=2 * self.d).layers()
        in_beta = replace(self, beta=self.beta / 2).layers()
        in_epsilon = replace(self, epsilon=self.epsilon / 2).layers()
        return math.log2(in_d / here), math.log2(in_beta / here), math.log2(in_epsilon / here)

    def layers(self) -> int:
        """S + T/h of the printed plan, for |x| of its order sqrt(d)."""
        constants = Constants(1.0, 1.5, 0.4, 1.0)
        size = math.sqrt(self.d) * sharp_size(constants, 1, self.beta)
        return printed_plan(Setting(constants, self.d, self.beta, self.epsilon, size)).layers

    def second_route(self) -> Orders:
        """The next power of two of d."""
        return replace(self, d=2 * self.d)


def orders(_generator: torch.Generator, _effort: str) -> Iterator[Orders]:
    """d to 2^30, beta from 1 to 1e-30, eps from 1/2 to 2^-60."""
    for d in (1, 2, 2**10, 2**30):
        for beta in (1.0, 1e-3, 1e-30):
            for epsilon in (0.5, 2.0**-10, 2.0**-60):
                yield Orders(d, beta, epsilon)


@claim(
    "pareek-risteski-2022/theorem-1/step-polynomial",
    statement=r"\text{the number of steps we need to run is } O(\mathrm{poly}(1/\epsilon, d, 1/\beta))",
    source="Appendix D.3",
    domain="all d, beta, eps",
    readings=["the printed S and T; h of Lemma 17's repair, with m, M, M2, M3 fixed: O(.) hides them"],
    by=[simulation(orders, Orders.second_route, 0.0, "d to 2^30, beta to 1e-30, eps to 2^-60", "the next power of 2")],
)
def steps_are_polynomial(case: Orders) -> Margin:
    """Where one of d, 1/beta, 1/eps doubles, S + T/h grows by at most 2^5, 2^2.1, 2^7, on a grid of doublings."""
    return _orders(case, (5.0, 2.1, 7.0))


def _orders(case: Orders, bounds: tuple[float, float, float]) -> Margin:
    exponents = case.exponents()
    names = dict(zip(("in_d", "in_1_over_beta", "in_1_over_eps"), exponents, strict=True))
    margin = Margin.at_most(*sides(*zip(exponents, bounds, strict=True)))
    return margin.report(**{name: sides((value, 0))[0] for name, value in names.items()})


@steps_are_polynomial.mutant("quadratic in d")
def _(case: Orders) -> Margin:
    return _orders(case, (2.0, 2.1, 7.0))


@steps_are_polynomial.mutant("linear in 1/eps")
def _(case: Orders) -> Margin:
    return _orders(case, (5.0, 2.1, 1.0))


@steps_are_polynomial.mutant("linear in 1/beta")
def _(case: Orders) -> Margin:
    return _orders(case, (5.0, 1.0, 7.0))
