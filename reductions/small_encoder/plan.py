"""The numbers of Theorem 1's proof: region, steps and step sizes of gradient descent and of the Langevin chain."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.stats import chi2

from reductions.descent import Descent, fast_plan
from reductions.descent import plan as descent_plan
from reductions.error import ReductionError
from reductions.generators import Constants


@dataclass(frozen=True, slots=True)
class Setting:
    """A generator's constants, d, beta, the error epsilon in (0, 1), and a bound on |x - G(0)|.

    Raises `ReductionError` for numbers outside of their ranges.
    """

    constants: Constants
    d: int
    beta: float
    epsilon: float
    size_of_x: float

    def __post_init__(self) -> None:
        if not (self.d >= 1 and self.beta > 0 and self.size_of_x >= 0 and 0 < self.epsilon < 1):
            raise ReductionError(
                f"d = {self.d}, beta = {self.beta}, epsilon = {self.epsilon}, |x| <= {self.size_of_x}: needs d >= 1,"
                " beta > 0, 0 < epsilon < 1 and a bound on |x| that is not negative"
            )

    @classmethod
    def typical(cls, constants: Constants, d: int, beta: float, epsilon: float) -> Setting:
        """For the x that have |x - G(0)| <= `sharp_size`: all but 2 exp(-4 d) of them."""
        return cls(constants, d, beta, epsilon, sharp_size(constants, d, beta))

    @property
    def A(self) -> float:  # noqa: N802 - as printed
        """2 d + |x|² / m², which bounds the number N of squared processes in Lemma 13."""
        return 2 * self.d + (self.size_of_x / self.constants.m) ** 2

    @property
    def beta_bound(self) -> float:
        """beta_0 of Lemma 13; infinite for a linear generator, whose M2 and M3 may be as small as one likes."""
        c, d = self.constants, self.d
        first = c.m**3 / (6 * c.M * c.M2) if c.M2 else math.inf
        second = d**0.75 * c.m**2 / math.sqrt(2 * c.M * c.M3) if c.M3 else math.inf
        return min(first, second) / (4 * d * math.sqrt(self.A * self._log))

    @property
    def radius(self) -> float:
        """rad(D) of Lemma 13."""
        return 4 * self.beta / self.constants.m * math.sqrt(self.A * self._log)

    @property
    def _log(self) -> float:
        return math.log(16 * self.A / self.epsilon)


def printed_size(constants: Constants, d: int, beta: float) -> float:
    """12 (M + beta) sqrt(d): |x - G(0)| is at most that with probability 1 - 2 exp(-4 d) (Lemma 24)."""
    return 12 * (constants.M + beta) * math.sqrt(d)


def sharp_size(constants: Constants, d: int, beta: float) -> float:
    """A bound of |x - G(0)| of the same probability, by the exact quantile of chi-square in Lemma 24's proof."""
    return math.sqrt(float(chi2.isf(math.exp(-4 * d), d))) * (constants.M + beta)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to build: layers of gradient descent, then T/h Langevin steps of size h, T = `horizon`."""

    descent: Descent
    horizon: float
    h: float

    @property
    def langevin_steps(self) -> int:
        """T/h, rounded up."""
        return max(1, math.ceil(self.horizon / self.h))

    @property
    def layers(self) -> int:
        """S + T/h."""
        return self.descent.steps + self.langevin_steps


def printed_plan(setting: Setting) -> Plan:
    """As printed: (19), (20) with delta = rad/4, T = (2 rad)² log(1/eps) of Lemma 17, h by `certified_step`."""
    horizon = (2 * setting.radius) ** 2 * math.log(1 / setting.epsilon)
    descent = descent_plan(setting.constants, setting.size_of_x, setting.d, setting.radius / 4)
    return Plan(descent, horizon, certified_step(setting, horizon))


def certified_step(setting: Setting, horizon: float) -> float:
    """An h for which the chain and the diffusion of Lemma 17 differ by at most eps/2 while they stay in D.

    Girsanov: KL <= (1/4) L2² T (h² L1²/3 + d h), with L1 and L2 the bounds of |grad L| and of its derivative on D, and
    TV <= sqrt(KL/2) (lemma-17/remark-girsanov); each of the two terms gets one half of what KL may be, 2 (eps/2)².
    """
    c, d, beta = setting.constants, setting.d, setting.beta
    first = setting.size_of_x / c.m + setting.radius + c.M**2 * setting.radius / beta**2
    second = 1 + (c.M**2 + c.m**2) / beta**2
    return min(
        (setting.epsilon / second) ** 2 / (horizon * d), math.sqrt(3 / horizon) * setting.epsilon / (first * second)
    )


def sharpened_plan(setting: Setting) -> Plan:
    """The same program at the rates that hold: a linear one for descent, beta²/m² for the diffusion's mixing.

    Descent comes within one standard deviation beta/M of the inverse point (lemma-1/remark-sharper). On D the loss is
    (1 + 5 m²/(6 beta²))-convex (lemma-4/remark-sharper), so the start is forgotten at that rate. For a linear map the
    chain's variance along a direction of curvature a is off by the factor 1/(1 - h a/2), which is about h a/8 in total
    variation, and a <= 1 + M²/beta²: h makes that eps/2 for d directions.
    For nonlinear maps T and h carry no proof; `exact_variation` says what they are worth.
    """
    c, d, beta, x = setting.constants, setting.d, setting.beta, setting.size_of_x
    convexity = 1 + 5 * c.m**2 / (6 * beta**2)
    offset = 1 + beta * x / c.m**2  # in standard deviations: where descent ends, and what the prior pulls
    horizon = math.log(8 * math.sqrt(d) * offset * c.M / (c.m * setting.epsilon)) / convexity
    h = min(4 * setting.epsilon / math.sqrt(d), 0.5) / (1 + c.M**2 / beta**2)
    return Plan(fast_plan(c, x, beta / c.M), horizon, h)
