"""Example A.1: a VAE as nearly tight as one likes whose decoder stays away from all harmoniums."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sympy
from hypothesis import strategies as st

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, constant, exp, log, tanh, total
from claims.engine.strategies import PositiveVectorEnsemble
from claims.papers.shekhovtsov_2022.bounds import Positives
from claims.papers.shekhovtsov_2022.models.families import Bits
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE
from claims.papers.shekhovtsov_2022.models.projection import nearest
from claims.papers.shekhovtsov_2022.theorem_2 import T2

EXAMPLE = "shekhovtsov-2022/example-a-1"
SOURCE = "Appendix A.2, Example A.1"
RESTORED = (
    "(19), (20) are lost: the map is invertible, not affine, and its own inverse, for instance pi(z) = (z1, z1 z2);"
    " 'notice that' is read as pi(pi(z)) = z"
)
SPINS = Bits(2, spins=True)
DOMAIN = "all lambda > 0, all p_d on {-1, 1}²"
SCALES = "lambda over three decades, p_d even and uneven; gradient ascent"


def flow(z: Array) -> Array:
    """pi(z) = (z1, z1 z2) of spins [..., 2]."""
    return z * (z[..., :1] * np.array([0, 1]) + np.array([1, 0]))


@dataclass(frozen=True)
class Flow:
    """The example: `rate` [N, 1] is lambda, `weights` [N, 4] are p_d up to their sum."""

    rate: Array
    weights: Array

    @property
    def lam(self) -> Array:
        """lambda: [N]."""
        return self.rate[..., 0]

    @property
    def vae(self) -> FiniteVAE:
        """p(x_i|z) = sigmoid(2 lambda x_i pi_i(z)), q(z_i|x) = sigmoid(2 lambda z_i pi_i(x)), uniform p(z)."""
        image = constant(flow(SPINS.statistics_of(np.arange(4))), self.rate)
        code = self.rate[..., None] * image
        return FiniteVAE(SPINS, SPINS, code, code, data=log(self.weights))


def flows() -> st.SearchStrategy[Positives]:
    """lambda over three decades, data even and uneven."""
    scales: tuple[float | tuple[float, ...], ...] = (1.0, (1e-3, 1.0, 1.0, 1e3))
    return st.tuples(st.sampled_from((1.0, 0.1, 3.0)), st.sampled_from(scales)).map(
        lambda drawn: Positives(Flow, (PositiveVectorEnsemble(1, drawn[0]), PositiveVectorEnsemble(4, drawn[1])))
    )


# --- the map ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Code:
    """One z: `z` [N, 2]."""

    z: Array


def codes() -> Iterator[Code]:
    """All four."""
    return (Code(row[None]) for row in SPINS.statistics_of(np.arange(4)))


@claim(
    f"{EXAMPLE}/step-inverse",
    statement=r"\pi \text{ is an invertible mapping of } \{-1,1\}^2 \text{ to } \{-1,1\}^2;\ \pi^{-1} = \pi",
    source=SOURCE + ", (19), (20)",
    domain="all four z",
    readings=[RESTORED],
    by=[exhaustive(codes, "all four z", complete=True)],
)
def map_is_its_own_inverse(case: Code) -> Margin:
    """pi(pi(z)) = z, and pi(z) is a pair of signs."""
    image = flow(case.z)
    return Margin.equal(flow(image), case.z) & Margin.equal(image * image, 0 * image + 1)


@map_is_its_own_inverse.mutant("pi is the identity")
def _(case: Code) -> Margin:
    return Margin.equal(flow(case.z), case.z)


@map_is_its_own_inverse.mutant("(z1 z2, z1) is its own inverse")
def _(case: Code) -> Margin:
    return Margin.equal(flow(flow(case.z)[..., ::-1])[..., ::-1], case.z)


# --- nearly tight -----------------------------------------------------------------------------------------

lam = sympy.Symbol("lambda", positive=True)
signs = sympy.symbols("x1 x2 z1 z2", real=True)


def flow_steps() -> Iterator[Step]:
    """For each x pi runs through all pairs of signs, so sum_z p(x|z) = prod_i sum_s sigmoid(2 lambda x_i s) = 1, p(x) =
    1/4 and p(z|x) = p(x|z), all normalisers the same: log q(z|x) - log p(z|x) = lambda (z . pi(x) - x . pi(z)) =
    lambda x2 z2 (x1 - z1). It is 0 where z1 = x1 and 2 lambda x1 x2 z2 where z1 = -x1, which q has with probability
    1/(1 + e^{2 lambda}); then z2 x1 x2 has the mean tanh(lambda). So KL(q||p) = 2 lambda tanh(lambda) / (1 +
    e^{2 lambda}) for each x, whatever p_d: it vanishes, as does the probability 1 - sigmoid(2 lambda)² that z != pi(x).
    """  # noqa: D205 - the proof
    x1, x2, z1, z2 = signs
    ratio = (z1 * x1 + z2 * x1 * x2) - (x1 * z1 + x2 * z1 * z2)
    yield Step.vanishes("log ratio over lambda", ratio - x2 * z2 * (x1 - z1))
    yield Step.vanishes("where z1 = x1", ratio.subs(z1, x1))
    yield Step.vanishes("where z1 = -x1", ratio.subs(z1, -x1) - 2 * x1 * x2 * z2)
    mean = (sympy.exp(lam) - sympy.exp(-lam)) / (sympy.exp(lam) + sympy.exp(-lam))
    yield Step.vanishes("mean of a sign of logit 2 lambda", mean - sympy.tanh(lam).rewrite(sympy.exp))
    yield Step.limit("KL", 2 * lam * mean / (1 + sympy.exp(2 * lam)), lam, sympy.oo, 0)
    yield Step.limit("sigmoid(2 lambda)²", 1 / (1 + sympy.exp(-2 * lam)) ** 2, lam, sympy.oo, 1)


def slip(case: Flow) -> Array:
    """1/(1 + e^{2 lambda}), the probability that one spin is not its most likely value: [N]."""
    return 1 / (1 + exp(2 * case.lam))


def _at_flow(table: Array, like: Array) -> Array:
    """sum of table[x, z] [N, 4, 4] over z = pi(x): [N, 4]."""
    states = SPINS.statistics_of(np.arange(4))
    chosen = (states[None] == flow(states)[:, None]).all(axis=-1)
    return total(table * constant(chosen.astype(float), like))


def _deterministic(case: Flow, probability: Array) -> Margin:
    tables = [exp(table) for table in (case.vae.log_decoder, case.vae.log_posterior, case.vae.log_encoder)]
    parts = [Margin.equal(_at_flow(table, case.rate), probability[..., None]) for table in tables]
    return parts[0] & parts[1] & parts[2]


@claim(
    f"{EXAMPLE}/step-deterministic",
    statement=r"p(x|z) \text{ approaches } \delta_{x=\pi(z)},\ p(z|x) \text{ and } q(z|x) \text{ approach }"
    r" \delta_{z=\pi(x)}:\ \text{each has there } \sigma(2\lambda)^2 \to 1",
    source=SOURCE,
    domain=DOMAIN,
    readings=[RESTORED],
    rests_on=[f"{EXAMPLE}/step-inverse"],
    by=[derivation(flow_steps, "all lambda"), search(flows(), SCALES)],
)
def approaches_a_flow(case: Flow) -> Margin:
    """Decoder, posterior and encoder all put sigmoid(2 lambda)² on the image of the map."""
    return _deterministic(case, (1 - slip(case)) ** 2)


@approaches_a_flow.mutant("sigmoid(2 lambda)")
def _(case: Flow) -> Margin:
    return _deterministic(case, 1 - slip(case))


@approaches_a_flow.mutant("sigmoid(lambda)²")
def _(case: Flow) -> Margin:
    return _deterministic(case, 1 / (1 + exp(-case.lam)) ** 2)


@claim(
    EXAMPLE,
    statement=r"E_{p_d}KL(q(z|x)\,\|\,p(z|x)) = \frac{2\lambda\tanh\lambda}{1+e^{2\lambda}}:"
    r" \text{ the VAE achieves } \epsilon\text{-tightness for sufficiently large } \lambda",
    source=SOURCE,
    domain=DOMAIN,
    readings=[RESTORED, "'arbitrary close to tight': the exact gap, which falls below every eps > 0, for every p_d"],
    rests_on=["shekhovtsov-2022/definition-1", f"{EXAMPLE}/step-deterministic"],
    by=[derivation(flow_steps, "all lambda, all p_d"), search(flows(), SCALES)],
)
def nearly_tight(case: Flow) -> Margin:
    """The gap is the same for each x; compared beside sizes of 1, as floats see it."""
    return _gap(case, 2 * case.lam * tanh(case.lam) * slip(case))


def _gap(case: Flow, gap: Array) -> Margin:
    return Margin.equal(1 + case.vae.gap(), 1 + gap)


@nearly_tight.mutant("without tanh")
def _(case: Flow) -> Margin:
    return _gap(case, 2 * case.lam * slip(case))


@nearly_tight.mutant("twice as fast")
def _(case: Flow) -> Margin:
    return _gap(case, 2 * case.lam * tanh(case.lam) / (1 + exp(4 * case.lam)))


# --- far from all harmoniums ------------------------------------------------------------------------------


def _deviation(case: Flow, size: Array) -> Margin:
    """For each x the sum over z of the squares of log q - log p is 2 size²: two z have it, two have 0."""
    squares = (case.vae.log_encoder - case.vae.log_posterior) ** 2
    return Margin.equal(1 + total(squares), 1 + 2 * (size * size)[..., None])


@claim(
    f"{EXAMPLE}/step-deviation",
    statement=r"\text{The deviation between the logarithms of the probabilities } p(z|x) \text{ and } q(z|x)"
    r" \text{ grows with } \lambda:\ 0 \text{ for } z_1=x_1,\ 2\lambda \text{ for } z_1\ne x_1",
    source=SOURCE,
    domain=DOMAIN,
    readings=[RESTORED, "the two probabilities are lost; they are read as posterior and encoder"],
    rests_on=[EXAMPLE],
    by=[derivation(flow_steps, "all lambda"), search(flows(), SCALES)],
)
def logarithms_drift_apart(case: Flow) -> Margin:
    """For each x two z have the deviation 2 lambda, and two have 0."""
    return _deviation(case, 2 * case.lam)


@logarithms_drift_apart.mutant("lambda")
def _(case: Flow) -> Margin:
    return _deviation(case, case.lam)


@logarithms_drift_apart.mutant("bounded: at most 2")
def _(case: Flow) -> Margin:
    squares = (case.vae.log_encoder - case.vae.log_posterior) ** 2
    return Margin.at_most(total(squares), 0 * total(squares) + 8)


def distance_steps() -> Iterator[Step]:
    """log p(x, z) = lambda (x1 z1 + x2 z1 z2) + const. Let log p~ be any harmonium of these statistics; for fixed x it
    is affine in z, so its mean against z1 z2 is 0, while that of log p is lambda x2. By Cauchy-Schwarz the mean over z
    of (log p - log p~)² is at least lambda² for each x, so for some z the mean over any p_d is; p~ = exp(lambda x1 z1 +
    const) attains it. And alpha = 1/(1 + e^{2 lambda})², so t² = lambda (e^lambda - 1)(e^lambda + 1)(1 + e^{2 lambda})²
    >= (e^lambda - 1)², for lambda e^lambda >= e^lambda - 1: log(1 + t) >= lambda, and Theorem 2 is not contradicted.
    """  # noqa: D205 - the proof
    x1, x2, z1, z2 = signs
    c0, c1, c2 = sympy.symbols("c0:3", real=True)
    every = [(s, t) for s in (-1, 1) for t in (-1, 1)]
    affine = (c0 + c1 * z1 + c2 * z2) * z1 * z2
    yield Step.vanishes("affine functions and z1 z2", sum(affine.subs({z1: s, z2: t}) for s, t in every))
    part = sum((lam * (x1 * z1 + x2 * z1 * z2) * z1 * z2).subs({z1: s, z2: t}) for s, t in every) / 4
    yield Step.vanishes("log p and z1 z2: lambda x2", part - lam * x2)
    e = sympy.exp(lam)
    square = lam * (e - 1 / e) / (e + 1 / e) / (1 + e**2) * (1 + e**2) ** 4
    yield Step.vanishes("t²", sympy.simplify(square - lam * (e - 1) * (e + 1) * (1 + e**2) ** 2))
    yield Step.nonnegative("lambda e^lambda - e^lambda + 1 rises from 0", sympy.diff(lam * e - e + 1, lam))


def _distance(case: Flow, rms: Array) -> Margin:
    squares = nearest(case.vae).mean_square
    return Margin.equal(squares, (rms * rms)[..., None] + 0 * squares)


@claim(
    f"{EXAMPLE}/step-not-linear",
    statement=r"\text{The decoder network does not approach a linear map: } \min_{W,u,v,c}\max_z"
    r" \|\log p(\cdot,z) - \log\tilde p(\cdot,z)\|_{p_d} = \lambda",
    source=SOURCE,
    domain=DOMAIN,
    readings=[
        RESTORED,
        "'does not approach': it moves away from all harmoniums at the rate lambda, in the norm of (9)",
    ],
    rests_on=[EXAMPLE, T2],
    by=[derivation(distance_steps, "all lambda, all p_d"), search(flows(), SCALES)],
)
def moves_away_from_all_harmoniums(case: Flow) -> Margin:
    """The nearest harmonium has the mean square lambda² at each z; and Theorem 2 allows it, log(1 + t) >= lambda."""
    t = (case.lam * tanh(case.lam) * slip(case)) ** 0.5 / slip(case) ** 2
    alpha = Margin.equal(log(case.vae.alpha()), 2 * log(slip(case)))
    return _distance(case, case.lam) & alpha & Margin.at_least(log(1 + t), case.lam)


@moves_away_from_all_harmoniums.mutant("it approaches one")
def _(case: Flow) -> Margin:
    return _distance(case, 2 * case.lam * tanh(case.lam) * slip(case))


@moves_away_from_all_harmoniums.mutant("2 lambda")
def _(case: Flow) -> Margin:
    return _distance(case, 2 * case.lam)
