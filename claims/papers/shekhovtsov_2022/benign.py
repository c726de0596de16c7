"""Section 3.1's hypothesis that the pull towards an RBM may be benign where data are few: an example, exactly.

Two pixels, two latent bits, the uniform prior. The class: all decoders in which each pixel at each code is either
nearly off or nearly on. The encoders: all factorised. The best of the class for a sample are found by going through
them, and the expectation over samples by going through these.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from claims import Margin, claim, exhaustive
from claims.engine.arithmetic import Array, constant, exp, greatest, stack, total
from claims.papers.shekhovtsov_2022.models.families import Multinomial
from claims.papers.shekhovtsov_2022.optima import FreeEncoders, best_factorised, between, pick

Rows = tuple[int, int, int, int]
#: Which laws of the pixels, numbered 00, 01, 10, 11 by what they nearly are, the four codes have: up to their order.
MIXTURES: tuple[Rows, ...] = tuple(itertools.combinations_with_replacement(range(4), 4))
#: The orders of four codes, up to flips and the exchange of the two bits, which change neither likelihood nor ELBO.
ORDERS: tuple[Rows, ...] = ((0, 1, 2, 3), (0, 1, 3, 2), (0, 2, 3, 1))
#: Enough for the choices to be certain; no value of the ELBO enters the gains.
CELLS = 32
BOTH_OR_NONE, CONJUNCTION = MIXTURES.index((0, 0, 3, 3)), MIXTURES.index((0, 0, 0, 3))


@dataclass(frozen=True, repr=False)
class FewData:
    """Which decoder of the class is learned from n examples of one of its members, for each n in `sizes`.

    Array `odds` [N, 2, 2]: of each pixel (last axis) where it is nearly off, and nearly on.
    """

    sizes: tuple[int, ...]
    odds: Array
    truth: int = BOTH_OR_NONE

    def __repr__(self) -> str:
        return f"FewData({self.sizes} examples of {MIXTURES[self.truth]}, two pixels, two latent bits)"

    @cached_property
    def _tables(self) -> tuple[Array, Array]:
        """For each mixture and x: log p(x), [N, 35, 4], and E_q log p(x, z) + H(q) at its best, [N, 35, orders, 4]."""
        codes = np.array([[[mixture[k] for k in order] for order in ORDERS] for mixture in MIXTURES])
        states = np.stack([codes // 2, codes % 2], -1).reshape(-1, 4, 2)
        odds = self.odds[..., states, np.arange(2)]
        joint = FreeEncoders(odds, 1 + 0 * stack([self.odds[..., 0, 0]] * 4)).vae
        shape = (self.odds.shape[0], len(MIXTURES), len(ORDERS), 4)
        bound = between(*best_factorised(joint.log_joint, CELLS)).reshape(shape)
        return joint.log_marginal.reshape(shape)[..., 0, :], bound

    def gains(self, *, on_test: bool = True) -> Array:
        """Expected log-likelihood of an example under the ELBO's choice less that under ML's, for each size: [N, k].

        The example is a new one, or, if not `on_test`, of the sample.
        """
        return stack([self._gain(n, on_test=on_test) for n in self.sizes])

    def _gain(self, n: int, *, on_test: bool) -> Array:
        likelihood, elbo = self._tables
        family = Multinomial(4, n)
        places = np.arange(family.count)
        counts = constant(family.statistics_of(places), likelihood)
        by_sample = likelihood @ counts.T
        best = greatest((elbo @ counts.T).swapaxes(-1, -2))
        choice = pick(best.swapaxes(-1, -2)) - pick(by_sample.swapaxes(-1, -2))
        chance = constant(family.base_of(places), likelihood) * exp(by_sample[..., self.truth, :])
        test = total(exp(likelihood[..., self.truth, :])[..., None, :] * likelihood)[..., None, :]
        value = test if on_test else by_sample.swapaxes(-1, -2) / n
        return total(chance * total(choice * value))


def example() -> Iterator[FewData]:
    """Odds 1/32 or 32 of the first pixel, 1/16 or 64 of the second; 3 to 8 examples."""
    yield FewData(tuple(range(3, 9)), np.array([[[0.03125, 0.0625], [32.0, 64.0]]]))


@claim(
    "shekhovtsov-2022/conjecture-benign",
    statement=r"\text{we hypothesize that [RBMs] can make a good baseline for Bernoulli VAEs and furthermore that the}"
    r" \text{ effect of pulling the VAE solution towards an RBM may be benign in case of insufficient data}",
    source="Section 3.1, after eq. (12); Section 5: the error 'may result in a useful regularization when the"
    " respective RBM is a good baseline model'",
    domain="there is such a case: two pixels, two latent bits, uniform prior, 3 to 8 examples",
    readings=[
        "'may be' asks for an example; benign: the ELBO's optimum gives a new example a higher expected log-likelihood"
        " than maximum likelihood does; the expectation is over all samples",
        "the example is ours: the class is that of all 256 decoders whose pixels have the odds 1/32 or 32, and 1/16 or"
        " 64, at each code; the truth is its member that sets both pixels by one bit, which is an RBM; q is any"
        " factorised encoder",
        "the gains are .0937, .0579, .0237, .0461, .0305, .0117 nats; it is no rule: of the 35 truths of this class two"
        " gain and six lose for every number of examples from 3 to 8, the conjunction of the bits among them (no RBM"
        " with this prior; a mutant here), and the mean over all truths is a gain for 3 examples only",
        "'a good baseline' is not examined",
    ],
    by=[exhaustive(example, "all samples of 3 to 8 examples, all decoders of the class", complete=True)],
)
def pull_is_benign_for_few_data(case: FewData) -> Margin:
    """The ELBO's choice has the higher expected test log-likelihood, for each number of examples."""
    return Margin.positive(case.gains())


@pull_is_benign_for_few_data.mutant("where the truth is a conjunction of the bits, which is not consistent")
def _(case: FewData) -> Margin:
    return Margin.positive(FewData(case.sizes, case.odds, CONJUNCTION).gains())


@pull_is_benign_for_few_data.mutant("on the sample itself")
def _(case: FewData) -> Margin:
    return Margin.positive(case.gains(on_test=False))
