"""The abstract, corrected: no encoder network removes the dependence of the posterior's bits, or enlarges the set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import sympy
import torch
from hypothesis import strategies as st
from jaxtyping import Float
from torch import Tensor

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, exp, greatest, total
from claims.engine.strategies import shaped, telling_repr
from claims.papers.shekhovtsov_2022.approximation_error import ID as TWO_CONDITIONS
from claims.papers.shekhovtsov_2022.decoder_classes import HARMONIUMS, Harmoniums, OnData
from claims.papers.shekhovtsov_2022.deeper_networks import ID, SOURCE
from claims.papers.shekhovtsov_2022.models.families import Bits, FiniteFamily
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE


def _quadruples(m: int) -> list[tuple[int, int, int, int]]:
    """The codes (0, r), (1, r'), (0, r'), (1, r) of m bits, for each bit and each pair r < r' of values of the rest."""
    found = []
    for bit in (1 << k for k in range(m)):
        rests = [code for code in range(1 << m) if not code & bit]
        found += [(r, s | bit, s, r | bit) for r, s in combinations(rests, 2)]
    return found


def dependence(case: FiniteVAE) -> Array:
    """p(0,r|x) p(1,r'|x) - p(0,r'|x) p(1,r|x), one bit of the posterior against the rest, all of them: [N, X, k].

    They all vanish if and only if the posterior factorises. z are m >= 2 bits.
    """
    posterior = exp(case.log_posterior)
    codes = _quadruples(case.z.dimension)
    a, b, c, d = (posterior[..., list(part)] for part in zip(*codes, strict=True))
    return a * b - c * d


def dependence_steps() -> Iterator[Step]:
    """Let p, q be posterior and encoder at x; q is a product, so q(0,r) q(1,r') - q(0,r') q(1,r) = 0. By Pinsker KL
    is at least 2 TV². For r != r' these are four codes, and |Delta| is at most |p(0,r) - q(0,r)| p(1,r') + q(0,r)
    |p(1,r') - q(1,r')| + |p(0,r') - q(0,r')| p(1,r) + q(0,r') |p(1,r) - q(1,r)| <= sum |p - q| = 2 TV. So KL >=
    Delta²/2 for the largest of them, for any encoder, whatever computes it; average over the data. If all Delta of a
    bit vanish, p(0,r)/p(1,r) is the same for all r: the bit is independent of the rest; if those of all bits do, p is
    a product. Two bits' marginals do not tell: p ~ exp(+-s1 s2 s3) has independent pairs. For theta = theta_VAE:
    error + gap >= gap.
    """  # noqa: D205 - the proof
    p = sympy.symbols("p:4", positive=True)
    a, b, c = sympy.symbols("a b c", positive=True)  # of the bit, of r and of r'
    q = ((1 - a) * b, (1 - a) * c, a * b, a * c)
    yield Step.vanishes("a product has no dependence", q[0] * q[3] - q[1] * q[2])
    telescoped = (p[0] - q[0]) * p[3] + q[0] * (p[3] - q[3]) - (p[1] - q[1]) * p[2] - q[1] * (p[2] - q[2])
    yield Step.vanishes("D = the four differences", p[0] * p[3] - p[1] * p[2] - telescoped)


@dataclass(frozen=True, repr=False)
class NearMarginals:
    """Free decoders and data over m bits; encoders near the product of the posterior's marginals."""

    x: FiniteFamily
    m: int = 2
    scale: float = 1.0
    bend: float = 0.1

    __repr__ = telling_repr

    @property
    def size(self) -> int:
        """Free coordinates of an instance."""
        return (1 << self.m) * self.x.dimension + self.x.count * (self.m + 1)

    def build(self, free: Float[Tensor, "n size"]) -> FiniteVAE:
        """A batch of instances."""
        z, X = Bits(self.m), self.x.count
        f, g, data = shaped(free, [(z.count, self.x.dimension), (X, self.m), (X,)])
        f, g = self.scale * f, self.bend * g
        means = FiniteVAE(self.x, z, f, g).log_posterior.exp() @ z.statistics(free)
        return FiniteVAE(self.x, z, f, g + torch.logit(means, eps=1e-12), data=data)


NEAR = (
    NearMarginals(Bits(1)),
    NearMarginals(Bits(2), 3),
    NearMarginals(Bits(1), 2, 5.0),
    NearMarginals(Bits(1), 2, 0.3, 0.01),
)


@claim(
    f"{ID}/repair",
    statement=r"E_{p_d} D_{KL}(q\|p_\theta(z|x)) \ge \frac12 E_{p_d}\max\Delta_\theta(x)^2,\quad \Delta ="
    r" p(0,r|x)p(1,r'|x) - p(0,r'|x)p(1,r|x) \text{ for one bit and two values } r, r' \text{ of the rest: all vanish"
    r" iff the posterior factorises; whatever network computes } q",
    source=SOURCE + ", corrected",
    domain="all encoders that factorise over m >= 2 bits, all positive decoders, priors and data",
    repairs=ID,
    changes="bits only; the gap of a decoder that is not tight on the data has a positive lower bound at every depth,"
    " for: the error cannot be decreased; so error + gap = max L - max ELBO cannot be made zero unless some ML decoder"
    " is tight on the data",
    rests_on=[TWO_CONDITIONS],
    carried_by=[f"{TWO_CONDITIONS}/repair"],
    by=[
        derivation(dependence_steps, "all such VAEs"),
        search(st.sampled_from(NEAR), "2 or 3 latent bits, 1 or 2 pixels; encoders near the posterior's marginals"),
    ],
)
def no_encoder_removes_the_dependence(case: FiniteVAE) -> Margin:
    """The gap is at least half the mean square of the posterior's dependence."""
    return _at_least_dependence(case, 0.5)


def _at_least_dependence(case: FiniteVAE, factor: float) -> Margin:
    square = greatest(dependence(case) * dependence(case))
    # As E log q against E log p: their difference, the gap, is small where the encoder is good.
    encoder = exp(case.log_encoder)
    fit = case.expectation(total(encoder * case.log_encoder))
    return Margin.at_least(fit, case.expectation(total(encoder * case.log_posterior) + factor * square))


@no_encoder_removes_the_dependence.mutant("twelve times its square")
def _(case: FiniteVAE) -> Margin:
    return _at_least_dependence(case, 12.0)


@no_encoder_removes_the_dependence.mutant("half its absolute value")
def _(case: FiniteVAE) -> Margin:
    return Margin.at_least(case.gap(), case.expectation(greatest(abs(dependence(case)))) / 2)


# --- the respective error ---------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class Deeper:
    """A consistent decoder on data, and the values `network` [N, X, m] of any encoder network."""

    base: OnData
    network: Array

    def __repr__(self) -> str:
        return f"Deeper({self.base})"


@dataclass(frozen=True, repr=False)
class Deepers:
    """Harmoniums of one structure, and free tables beside their affine encoders."""

    base: Harmoniums

    __repr__ = telling_repr

    @property
    def size(self) -> int:
        """Free coordinates of an instance."""
        return self.base.size + self.base.x.count * self.base.z.dimension

    def build(self, free: Float[Tensor, "n size"]) -> Deeper:
        """A batch of instances."""
        table = free[:, self.base.size :].reshape(len(free), self.base.x.count, self.base.z.dimension)
        case = self.base.build(free[:, : self.base.size])
        return Deeper(case, case.vae.g + table)


def respective_steps() -> Iterator[Step]:
    """By Corollary 1 a decoder that is consistent with a larger class of encoders, which holds the affine ones, is so
    with the affine ones: its ELBO with one of them is L, which no other encoder's exceeds. So the largest L within the
    consistent subset is that of the affine class, and L_ML does not depend on encoders. Larger decoder classes that
    hold the affine decoders have the same consistent subset (remark-not-enlarged), and an L_ML no smaller.
    """  # noqa: D205 - the proof
    most, within, more = sympy.symbols("L_ML L_C d", nonnegative=True)
    yield Step.nonnegative("a larger L_ML leaves no smaller an error", (most + more - within) - (most - within))


@claim(
    f"{ID}/remark-respective",
    statement=r"L(\theta_{ML}) - \max\{L(\theta):\ \theta \text{ consistent}\} \text{ cannot be decreased by"
    r" considering deeper encoder/decoder networks}",
    source=SOURCE + ", with another error",
    domain="all classes of encoder networks that hold the affine ones, all classes of decoder networks that hold the"
    " affine ones (or any one class of decoders), all data",
    readings=["'the respective error' is that of the consistent subset, of which the sentence speaks, in place of (2)"],
    rests_on=["shekhovtsov-2022/corollary-1", "shekhovtsov-2022/remark-not-enlarged"],
    by=[
        derivation(respective_steps, "all such classes"),
        search(st.sampled_from([Deepers(h) for h in HARMONIUMS[:3]]), "harmoniums; any network against the affine one"),
    ],
)
def consistent_likelihood_stays(case: Deeper) -> Margin:
    """On a consistent decoder the affine encoder has L, and no other network has more."""
    return _stays(case, case.base.vae)


def _stays(case: Deeper, vae: FiniteVAE) -> Margin:
    deeper = replace(vae, g=case.network).elbo()
    return Margin.equal(vae.elbo(), vae.log_likelihood()) & Margin.at_least(vae.elbo(), deeper)


@consistent_likelihood_stays.mutant("the class has linear encoders only, without v")
def _(case: Deeper) -> Margin:
    return _stays(case, replace(case.base.vae, g=case.base.vae.g - case.base.model.v[..., None, :]))


@consistent_likelihood_stays.mutant("the decoder is affine, but the prior uniform")
def _(case: Deeper) -> Margin:
    return _stays(case, replace(case.base.vae, prior=None))
