"""Appendix B: encoders with more statistics, and optimal encoders by the forward KL divergence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import sympy
import torch
from hypothesis import strategies as st
from jaxtyping import Float
from torch import Tensor

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, concatenate, constant, exp, log, stack, total
from claims.engine.strategies.ensemble import telling_repr
from claims.papers.shekhovtsov_2022.decoder_classes import Harmoniums, OnData, harmoniums
from claims.papers.shekhovtsov_2022.dependence import dependence
from claims.papers.shekhovtsov_2022.models.families import BernoulliMRF, Bits, FiniteFamily, Table
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE
from claims.papers.shekhovtsov_2022.models.harmonium import Harmonium

SOURCE = "Appendix B"
SMALL = "bits, spins, categories, counts, not minimal ones too; W, u, v of scale 1e-3..3"

# --- more statistics --------------------------------------------------------------------------------------


def extended(family: FiniteFamily) -> Table:
    """The family with one statistic more: the indicator of its last state."""
    states = np.arange(family.count)
    rows = np.concatenate([family.statistics_of(states), (states[:, None] == family.count - 1) * 1.0], axis=1)
    return Table(tuple(map(tuple, rows.tolist())), tuple(family.base_of(states).tolist()))


def nested_steps() -> Iterator[Step]:
    """Let psi' = (psi, chi). A joint h h' exp(<nu, W psi> + <nu, u> + <psi, v> - A) is that of psi' with W' = (W, 0),
    v' = (v, 0) and the same u, A: the same decoder, prior and posterior. So what is consistent with psi, for a fixed
    prior or a free one, is consistent with psi'.
    """  # noqa: D205 - the proof
    w, chi, old = sympy.symbols("w chi o", real=True)
    yield Step.vanishes("the new column adds nothing", (old + w * chi).subs(w, 0) - old)


@claim(
    "shekhovtsov-2022/remark-nested-encoders",
    statement=r"\text{increasing the expressive power of the encoder means extending its sufficient statistics by new"
    r" components}:\ \psi' = (\psi, \chi) \Rightarrow \text{the consistent set of } \psi \text{ is contained in that"
    r" of } \psi'",
    source=SOURCE,
    domain="all exponential families, all added statistics, any prior",
    by=[derivation(nested_steps, "all families"), search(harmoniums(), SMALL + "; one indicator is added")],
)
def more_statistics_keep_what_is_consistent(case: OnData) -> Margin:
    """The joint is a harmonium of the extended statistics, too."""
    return _extended(case, 0.0, 1.0)


def _extended(case: OnData, column: float, v: float) -> Margin:
    model = case.model
    W = concatenate([model.W, column + 0 * model.W[..., :1]], -1)
    wide = Harmonium(model.x, extended(model.z), W, model.u, concatenate([v * model.v, 0 * model.v[..., :1]], -1))
    return Margin.equal(wide.log_joint, model.log_joint)


@more_statistics_keep_what_is_consistent.mutant("with any coupling to the new statistic")
def _(case: OnData) -> Margin:
    return _extended(case, 1.0, 1.0)


@more_statistics_keep_what_is_consistent.mutant("with any v")
def _(case: OnData) -> Margin:
    return _extended(case, 0.0, 2.0)


@dataclass(frozen=True, repr=False)
class Parity:
    """One pixel of odds R = 1 + `more` where the two bits agree and 1/R where not; uniform prior: `more` [N], > 0."""

    more: Array

    def __repr__(self) -> str:
        return "Parity(one pixel, two latent bits)"

    @property
    def log_odds(self) -> Array:
        """log R: [N]."""
        return log(1 + self.more)

    @property
    def vae(self) -> FiniteVAE:
        """With an encoder of independent bits."""
        signs = constant([1.0, -1.0, -1.0, 1.0], self.more)
        f = (self.log_odds[..., None] * signs)[..., None]
        return FiniteVAE(Bits(1), Bits(2), f, constant(np.zeros((1, 2, 2)), self.more))

    def harmonium(self, interaction: float = 4.0) -> Harmonium:
        """The harmonium of the statistics (y, y', y y') that is the same joint."""
        t = self.log_odds[..., None]
        W = concatenate([-2 * t, -2 * t, interaction * t], -1)[..., None, :]
        return Harmonium(Bits(1), BernoulliMRF(1, 1), W, t, concatenate([t, t, -2 * t], -1))


@dataclass(frozen=True)
class Parities:
    """All of them."""

    size = 1

    def build(self, free: Float[Tensor, "n size"]) -> Parity:
        """A batch of instances."""
        return Parity(torch.exp(2 * free[:, 0]))


def parity_steps() -> Iterator[Step]:
    """In bits s1 s2 = 1 - 2y - 2y' + 4yy'. With t = log R the decoder's logit is t s1 s2, its log-partition log(1 + R)
    or log(1 + 1/R) = log(1 + R) - t, and v = t (1, 1, -2) makes <psi, v> + a(z) = log(1 + R) at all z: the prior is
    uniform, and the joint is a harmonium of (y, y', yy'). Its posterior depends on z1 = z2 alone and is not uniform:
    no product, so by Theorem 1 it is not consistent with (y, y').
    """  # noqa: D205 - the proof
    R = sympy.Symbol("R", positive=True)
    for y, z in ((0, 0), (0, 1), (1, 0), (1, 1)):
        signs = 1 - 2 * y - 2 * z + 4 * y * z
        yield Step.vanishes(f"s1 s2 at {y}{z}", signs - (2 * y - 1) * (2 * z - 1))
        partition = (1 + R**signs) * R ** (y + z - 2 * y * z)
        yield Step.vanishes(f"the prior at {y}{z}", sympy.expand(partition) - (1 + R))


@claim(
    "shekhovtsov-2022/remark-nested-encoders/remark-more-expressive",
    statement=r"\text{While it keeps the simple linear dependence characterizing tight VAEs, it does lead to a more"
    r" expressive GLM } p(x|z)",
    source=SOURCE,
    domain="independent bits against the Bernoulli-MRF of two bits, one pixel, uniform prior, all R > 1",
    readings=["an existence: some decoder is consistent with psi' and not with psi"],
    by=[derivation(parity_steps, "all R > 1"), search(st.just(Parities()), "R - 1 from e^-6 to e^6")],
)
def interactions_make_parity_consistent(case: Parity) -> Margin:
    """The joint is a harmonium of (y, y', yy'), and its posterior is no product at either x."""
    return _parity(case, case.harmonium())


def _parity(case: Parity, model: Harmonium) -> Margin:
    joint = Margin.equal(model.log_joint, case.vae.log_joint)
    return joint & Margin.positive(dependence(case.vae) * dependence(case.vae))


@interactions_make_parity_consistent.mutant("with half of the interaction")
def _(case: Parity) -> Margin:
    return _parity(case, case.harmonium(interaction=2.0))


@interactions_make_parity_consistent.mutant("the bits depend positively at both x")
def _(case: Parity) -> Margin:
    return Margin.positive(dependence(case.vae))


# --- forward KL -------------------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class Encoders:
    """A consistent VAE and two encoders, `first` and `second` [N, X, m]."""

    tight: OnData
    first: Array
    second: Array

    def __repr__(self) -> str:
        return f"Encoders({self.tight})"

    def fit(self, g: Array) -> Array:
        """E_pd E_p(z|x) log q(z|x), which is minus the forward KL divergence but for a term without q: [N]."""
        vae = self.tight.vae
        return vae.expectation(total(exp(vae.log_posterior) * vae.z.log_density(g)))


@dataclass(frozen=True, repr=False)
class EncodersOf:
    """Free encoders of scale `reach` beside harmoniums of one structure."""

    base: Harmoniums
    reach: float = 1.0

    __repr__ = telling_repr

    @property
    def size(self) -> int:
        """Free coordinates of an instance."""
        return self.base.size + 2 * self.base.x.count * self.base.z.dimension

    def build(self, free: Float[Tensor, "n size"]) -> Encoders:
        """A batch of instances."""
        shape = (len(free), 2, self.base.x.count, self.base.z.dimension)
        g = self.reach * free[:, self.base.size :].reshape(shape)
        return Encoders(self.base.build(free[:, : self.base.size]), g[:, 0], g[:, 1])


ENCODERS = tuple(
    EncodersOf(Harmoniums(Bits(1), z), reach) for z in (Bits(1), Bits(2), BernoulliMRF(1, 1)) for reach in (1.0, 4.0)
)


def forward_steps() -> Iterator[Step]:
    """By Theorem 1 p(z|x) = q(z|x) at g = W^T nu + v. The forward divergence E_pd KL(p(z|x) || q_g(z|x)) = const -
    E_pd[<E_p psi, g(x)> - b(g(x))] is convex in g(x), for the log-partition b is, so it has no local minimum but global
    ones; it is >= 0, and zero at that g, where the ELBO is L by (1b). It needs E_p psi alone, and for minimal psi on
    the data's support its minimiser is unique.
    """  # noqa: D205 - the proof
    p, g = sympy.symbols("p g", real=True)
    loss = sympy.log(1 + sympy.exp(g)) - p * g  # one bit
    curvature = sympy.diff(loss, g, 2) - sympy.exp(g) / (1 + sympy.exp(g)) ** 2
    yield Step.vanishes("one bit: the curvature is q (1 - q) > 0", curvature)
    slope = sympy.diff(loss, g).subs(g, sympy.log(p / (1 - p)))
    yield Step.vanishes("one bit: stationary where q = p", slope)


@claim(
    "shekhovtsov-2022/remark-forward-kl",
    statement=r"\text{for any consistent EF VAE, the decoder posterior must be in the EF of the encoder; the optimal"
    r" encoder could be found using forward KL divergence, circumventing the question about local optima;"
    r" ELBO at the optimal encoder is tight}",
    source=SOURCE,
    domain="all consistent exponential-family VAEs on finite spaces, all data; encoders of free natural parameters",
    by=[
        derivation(forward_steps, "all such VAEs"),
        search(st.sampled_from(ENCODERS), "one or two bits, interacting"),
    ],
)
def forward_divergence_finds_the_tight_encoder(case: Encoders) -> Margin:
    """No encoder fits better than W^T nu + v, the fit is concave in g, and the ELBO is tight there."""
    vae = case.tight.vae
    return _fits(case) & Margin.equal(vae.elbo(), vae.log_likelihood())


def _fits(case: Encoders) -> Margin:
    best, first, second = (case.fit(g) for g in (case.tight.vae.g, case.first, case.second))
    middle = case.fit((case.first + case.second) / 2)
    return Margin.at_least(best, first) & Margin.at_least(middle, (first + second) / 2)


@forward_divergence_finds_the_tight_encoder.mutant("the reverse divergence is convex in g, too")
def _(case: Encoders) -> Margin:
    ends = [replace(case.tight.vae, g=g).gap() for g in (case.first, case.second)]
    middle = replace(case.tight.vae, g=(case.first + case.second) / 2).gap()
    return Margin.at_most(middle, total(stack(ends)) / 2)


@forward_divergence_finds_the_tight_encoder.mutant("off the consistent set, too: the uniform prior")
def _(case: Encoders) -> Margin:
    vae = replace(case.tight.vae, prior=None)
    return Margin.equal(vae.elbo(), vae.log_likelihood())
