"""Section 2, Fig. 1 and the abstract: the ELBO's optimiser is pulled away from theta_ML, towards the consistent set."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import sympy
import torch
from hypothesis import strategies as st
from jaxtyping import Float
from torch import Tensor

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, derivative_along, exp, greatest
from claims.engine.strategies import shaped, telling_repr
from claims.papers.shekhovtsov_2022.approximation_error import (
    WITNESS,
    at,
    error_steps,
    necessary,
    worked_necessary,
)
from claims.papers.shekhovtsov_2022.decoder_classes import ANY_CLASSES, SCOPE, classes, flow, flows, shifted_parities
from claims.papers.shekhovtsov_2022.models.families import Bits, Categorical, FiniteFamily
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE
from claims.papers.shekhovtsov_2022.optima import FiniteClasses, FreeEncoders

ID = "shekhovtsov-2022/remark-pull"
SOURCE = "Section 2, before Section 3; Fig. 1; abstract"


@claim(
    f"{ID}-away",
    statement=r"\text{If the likelihood maximizer is not contained in the consistent set, then this KL-divergence pulls"
    r" the optimizer away from } \theta_{ML}:\ \theta_{VAE} \ne \theta_{ML}",
    source=SOURCE,
    domain=ANY_CLASSES,
    effect="Where the gap is stationary at theta_ML, nothing pulls: a symmetric class does it, or a class of one"
    " decoder. Harmless for the experiments; the repair says when there is a pull.",
    by=[exhaustive(shifted_parities, WITNESS)],
    worked=worked_necessary,
)
def inconsistent_maximiser_is_left(case: FreeEncoders) -> Margin:
    """An inconsistent theta_ML is not the ELBO's optimum."""
    return necessary(case)


@inconsistent_maximiser_is_left.mutant("unless it is half consistent")
def _(case: FreeEncoders) -> Margin:
    return necessary(case, share=0.5)


@inconsistent_maximiser_is_left.mutant("its gap is the class's largest")
def _(case: FreeEncoders) -> Margin:
    return Margin.at_least(at(case.gap, case.likelihood), greatest(case.gap))


@dataclass(frozen=True, repr=False)
class AtMaximum:
    """A decoder whose own marginal is the data's, so that f maximises L, an encoder, and a direction of f.

    Arrays `f`, `along` [N, Z, n], `g` [N, X, m].
    """

    x: FiniteFamily
    z: FiniteFamily
    f: Array
    along: Array
    g: Array

    def __repr__(self) -> str:
        return f"AtMaximum(x={self.x}, z={self.z})"

    def at(self, f: Array, data: Array | None) -> FiniteVAE:
        """The VAE with another decoder, on the data of log-weights `data`."""
        return FiniteVAE(self.x, self.z, f, self.g, data=data)

    def slopes(self, *, even: bool = False) -> tuple[Array, Array]:
        """Derivatives of the ELBO (1a) and of the gap along `along`; on uniform data if `even`."""
        data = None if even else self.at(self.f, None).log_marginal
        rise = derivative_along(lambda f: self.at(f, data).elbo(), (self.f,), (self.along,))
        return rise, derivative_along(lambda f: self.at(f, data).gap(), (self.f,), (self.along,))


@dataclass(frozen=True, repr=False)
class Maxima:
    """`AtMaximum`, all tables free."""

    x: FiniteFamily
    z: FiniteFamily
    scale: float = 1.0

    __repr__ = telling_repr

    @property
    def _shapes(self) -> tuple[tuple[int, ...], ...]:
        table = (self.z.count, self.x.dimension)
        return table, table, (self.x.count, self.z.dimension)

    @property
    def size(self) -> int:
        """Free coordinates of an instance."""
        return sum(math.prod(shape) for shape in self._shapes)

    def build(self, free: Float[Tensor, "n size"]) -> AtMaximum:
        """A batch of instances."""
        f, along, g = shaped(free, self._shapes)
        return AtMaximum(self.x, self.z, self.scale * f, along, self.scale * g)


MAXIMA = (Maxima(Bits(1), Bits(1)), Maxima(Bits(2), Bits(2)), Maxima(Categorical(3), Bits(2), 3.0))


def slope_steps() -> Iterator[Step]:
    """theta_ML is an interior maximum of a differentiable L, so grad L = 0 there. For each encoder grad ELBO = grad L -
    grad gap = -grad gap by (1b). Let phi be the best encoder at theta_ML; it is finite where the posterior is positive,
    for the entropy's slope is infinite at the boundary. If the gap with phi has a gradient G != 0 at theta_ML, a step
    t against G changes ELBO(., phi) by t |G|² + o(t) > 0, and the best encoder there does no worse: theta_ML is not
    the ELBO's optimum. The first step of the ascent decreases the gap: that is the pull.
    """  # noqa: D205 - the proof
    slope_l, slope_gap = sympy.symbols("L' g'", real=True)
    yield Step.vanishes("ELBO' = L' - gap' at L' = 0", (slope_l - slope_gap).subs(slope_l, 0) + slope_gap)


@claim(
    f"{ID}-away/repair",
    statement=r"\nabla L(\theta_{ML}) = 0,\ \nabla_\theta D(\theta_{ML},\phi) \ne 0 \text{ for the best encoder } \phi"
    r" \text{ of } \theta_{ML} \Rightarrow \nabla_\theta L_B(\theta_{ML},\phi) = -\nabla_\theta D(\theta_{ML},\phi) \ne"
    r" 0 \text{ and } \theta_{VAE} \ne \theta_{ML};\quad D = E_{p_d} D_{KL}(q_\phi(z|x)\|p_\theta(z|x))",
    source=SOURCE + ", corrected",
    domain="all differentiable decoder classes, theta_ML an interior point, positive decoders on finite spaces",
    repairs=f"{ID}-away",
    changes="the gap's gradient does not vanish at theta_ML, for: theta_ML is not consistent",
    by=[
        derivation(slope_steps, "all such classes"),
        search(st.sampled_from(MAXIMA), "free tables; data = the decoder's own marginal; any direction, any encoder"),
    ],
)
def elbo_rises_as_the_gap_falls(case: AtMaximum) -> Margin:
    """At a likelihood maximum the ELBO's slope is minus the gap's, in every direction and for every encoder."""
    return _opposed(*case.slopes())


def _opposed(rise: Array, gap: Array) -> Margin:
    return Margin.equal(rise - gap, -2 * gap)


@elbo_rises_as_the_gap_falls.mutant("at any parameters")
def _(case: AtMaximum) -> Margin:
    return _opposed(*case.slopes(even=True))


@elbo_rises_as_the_gap_falls.mutant("half of it")
def _(case: AtMaximum) -> Margin:
    rise, gap = case.slopes()
    return _opposed(rise, gap / 2)


# --- towards ----------------------------------------------------------------------------------------------


def _worked_flows(case: FreeEncoders) -> list[str]:
    return [
        "theta_1: Example A.1, in spins p(x1=1|z) has odds 4^s1 and p(x2=1|z) odds 4^(s1 s2); its marginal is uniform,"
        " p_d: L = -log 4 and theta_1 is ML",
        "log p(x,z) = (x2 - 1/2) log 4 s1 s2 + terms without s1 s2: the nearest harmonium drops s1 s2 and is off by"
        " log(4)/2 = .693 at every x and z",
        "theta_2: the same with 128 for 4, and the odds of x1 twice as large: off by log(128)/2 = 2.426",
        f"gaps of the best factorised encoders: {', '.join(_short(case.gap))} (nearly deterministic: nearly tight);"
        f" L + log 4: {', '.join(_short(case.likelihood + 2 * math.log(2)))}",
        "ELBO(theta_2) - ELBO(theta_1) = .103: the optimum is 3.5 times as far from the harmoniums as theta_ML, and"
        " neither is consistent",
        "no class of two is needed: with odds R^s1 c(R) and R^(s1 s2), c = 2^(log(R/4)/log 32), R in [4, 128], the ELBO"
        f" of the best encoders is {', '.join(_along())} at R = 4, 8, 16, 32, 64, 128, and the distance log(R)/2",
    ]


def _along() -> list[str]:
    """The ELBO along the path that joins the two decoders."""
    path = [flow(2.0**k, 2 ** ((k - 2) / 5)) for k in range(2, 8)]
    return _short(FreeEncoders(torch.tensor([path], dtype=torch.float64), torch.ones(1, 4).double()).elbo)


def _short(values: Array) -> list[str]:
    return [f"{float(v):.4f}" for v in values[0]]


@claim(
    f"{ID}-towards",
    statement=r"\text{If the likelihood maximizer is not contained in the consistent set, then this KL-divergence pulls"
    r" the optimizer towards it}",
    source=SOURCE,
    domain=ANY_CLASSES,
    readings=[
        "towards: nearer in the norm of Theorem 2, the RMS of log p(x,z) - log p~(x,z) over the data and z at the"
        " nearest harmonium p~; for 'nearer' in the sense of the gap itself see the repair"
    ],
    effect="What falls is the gap. A decoder may lower it by becoming deterministic instead, and then its joint moves"
    " away from every harmonium, as Example A.1 does: Fig. 1 is a picture of the gap. The toy experiment must measure.",
    by=[exhaustive(flows, "z and x two bits each, uniform prior; encoders: all factorised ones")],
    worked=_worked_flows,
)
def optimum_is_nearer_to_the_harmoniums(case: FreeEncoders) -> Margin:
    """The distance to the nearest harmonium is no larger at theta_VAE than at theta_ML."""
    return Margin.at_most(at(case.distance, case.elbo), at(case.distance, case.likelihood))


@optimum_is_nearer_to_the_harmoniums.mutant("at most half as far")
def _(case: FreeEncoders) -> Margin:
    return Margin.at_most(at(case.distance, case.elbo), at(case.distance, case.likelihood) / 2)


@optimum_is_nearer_to_the_harmoniums.mutant("nearer in nats: the distance is at most the gap")
def _(case: FreeEncoders) -> Margin:
    return Margin.at_most(case.distance, case.gap)


@claim(
    f"{ID}-towards/repair",
    statement=r"L(\theta_{VAE}) \le L(\theta_{ML}),\quad D(\theta_{VAE}) \le D(\theta_{ML}) - [L(\theta_{ML}) -"
    r" L(\theta_{VAE})],\quad D(\theta) = \min_\phi E_{p_d} D_{KL}(q_\phi(z|x)\|p_\theta(z|x))",
    source=SOURCE + ", corrected",
    domain=ANY_CLASSES,
    repairs=f"{ID}-towards",
    changes="the non-tightness gap falls by at least what the likelihood loses, for: the consistent set is nearer",
    rests_on=["shekhovtsov-2022/equation-2"],
    by=[derivation(error_steps, "all classes"), search(classes(), SCOPE)],
)
def gap_falls_by_what_the_likelihood_loses(case: FiniteClasses) -> Margin:
    """L and the gap are both no larger at theta_VAE; L - gap no smaller."""
    return _traded(case)


def _traded(case: FiniteClasses, share: float = 1.0, optimum_of: Array | None = None) -> Margin:
    by = case.elbo if optimum_of is None else optimum_of
    net, ml = case.likelihood - share * case.gap, case.likelihood
    return Margin.at_most(at(case.likelihood, by), greatest(ml)) & Margin.at_least(at(net, by), at(net, ml))


@gap_falls_by_what_the_likelihood_loses.mutant("a quarter of the gap's fall")
def _(case: FiniteClasses) -> Margin:
    return _traded(case, share=0.25)


@gap_falls_by_what_the_likelihood_loses.mutant("at the decoder of least gap")
def _(case: FiniteClasses) -> Margin:
    return _traded(case, optimum_of=exp(-case.gap))
