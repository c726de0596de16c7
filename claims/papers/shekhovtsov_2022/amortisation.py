"""Appendix B: near the consistent set an encoder network gains little over the affine encoder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import sympy
import torch
from hypothesis import strategies as st
from jaxtyping import Float
from torch import Tensor

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, greatest
from claims.engine.strategies.ensemble import telling_repr
from claims.papers.shekhovtsov_2022.decoder_classes import Harmoniums, OnData
from claims.papers.shekhovtsov_2022.models.families import Bits
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE


@dataclass(frozen=True, repr=False)
class NearHarmonium:
    """The decoder and prior of a harmonium, both bent: `f` [N, Z, n], `prior` [N, Z] are added; its affine encoder."""

    base: OnData
    f: Array
    prior: Array

    def __repr__(self) -> str:
        return f"NearHarmonium({self.base})"

    @cached_property
    def vae(self) -> FiniteVAE:
        """With the harmonium's own encoder W^T nu + v."""
        tight = self.base.vae
        prior = self.base.model.log_hidden_weights + self.prior
        return replace(tight, f=tight.f + self.f, prior=prior)

    @property
    def distance(self) -> Array:
        """The least sup-norm over all x, z of log p - log p~ - c, over the constants c: [N]."""
        off = self.vae.log_joint - self.base.model.log_joint
        return (greatest(greatest(off)) + greatest(greatest(-off))) / 2


@dataclass(frozen=True, repr=False)
class NearHarmoniums:
    """Bends of scale `bend` of the harmoniums of one structure."""

    base: Harmoniums
    bend: float = 1.0

    __repr__ = telling_repr

    @property
    def size(self) -> int:
        """Free coordinates of an instance."""
        return self.base.size + self.base.z.count * (self.base.x.dimension + 1)

    def build(self, free: Float[Tensor, "n size"]) -> NearHarmonium:
        """A batch of instances."""
        Z, n = self.base.z.count, self.base.x.dimension
        own, f, prior = torch.split(free, [self.base.size, Z * n, Z], dim=-1)
        return NearHarmonium(self.base.build(own), self.bend * f.reshape(-1, Z, n), self.bend * prior)


SCOPE = "one or two bits each, decoder and prior bent by .1, 1, 5; data free; gradient ascent"
NEAR_HARMONIUMS = (
    NearHarmoniums(Harmoniums(Bits(1), Bits(1))),
    NearHarmoniums(Harmoniums(Bits(2), Bits(2)), 0.1),
    NearHarmoniums(Harmoniums(Bits(1), Bits(1), 0.1), 5.0),
)


def amortisation_steps() -> Iterator[Step]:
    """Let p~ be a harmonium, r = log p - log p~ within d of a constant c, q(z|x) proportional to p~(x, z): an affine
    encoder. Then p(z|x) = q e^r/E_q e^r and KL(q || p(z|x)) = log E_q e^(r - c) - E_q (r - c) =: k(1), where k(t) =
    log E_q e^(t (r - c)) - t E_q (r - c) has k(0) = k'(0) = 0 and k''(t) the variance of r under a tilted q, at most d²
    as r lies in [c - d, c + d]. So KL <= d²/2 at each x: what an encoder network of any depth can gain over the affine
    one is at most d²/2, and a gain above g needs d > sqrt(2 g), a decoder that far from the consistent set.
    """  # noqa: D205 - the proof
    d, s, mean = sympy.symbols("d s mu", real=True)
    yield Step.vanishes("variance <= d²: (r - c)² <= d²", (d**2 - mean**2) - ((d - mean) * (d + mean)))
    yield Step.vanishes("Taylor's remainder", sympy.integrate((1 - s) * d**2, (s, 0, 1)) - d**2 / 2)


@claim(
    "shekhovtsov-2022/remark-encoder-complexity",
    statement=r"\text{increasing the complexity of the encoder network in order to reduce the amortization gap is only"
    r" useful for models that are far from the consistent set: } E_{p_d}D_{KL}(q\|p(z|x)) \le d^2/2 \text{ for an"
    r" affine encoder},\ d = \min_{W,u,v,c} \max_{x,z} |\log p(x,z) - \log\tilde p(x,z)|",
    source="Appendix B",
    domain="all EF VAEs on finite X, Z, all priors, all p_d",
    readings=[
        "useful: it gains over the affine encoder, by more than g; far: more than sqrt(2 g) in the sup-norm of log p",
        "consistent set: all harmoniums, a prior that is learned; with a fixed one the distance is larger",
        "'only': that it is useful for all models that are far is not said",
    ],
    by=[derivation(amortisation_steps, "all such VAEs"), search(st.sampled_from(NEAR_HARMONIUMS), SCOPE)],
)
def affine_encoders_do_near_harmoniums(case: NearHarmonium) -> Margin:
    """The gap of the harmonium's encoder is at most half the square of the distance."""
    return _gains(case, 0.5)


def _gains(case: NearHarmonium, factor: float) -> Margin:
    # Beside sizes of 1: a gap near 0 is rounding.
    return Margin.at_most(1 + case.vae.gap(), 1 + factor * case.distance * case.distance)


@affine_encoders_do_near_harmoniums.mutant("a quarter of it")
def _(case: NearHarmonium) -> Margin:
    return _gains(case, 0.125)


@affine_encoders_do_near_harmoniums.mutant("the fourth power of the distance")
def _(case: NearHarmonium) -> Margin:
    return Margin.at_most(1 + case.vae.gap(), 1 + case.distance**4)
