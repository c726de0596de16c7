"""The abstract: the approximation error "cannot be decreased by considering deeper encoder/decoder networks"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import sympy
import torch
from hypothesis import strategies as st
from jaxtyping import Float
from torch import Tensor

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, constant, exp, log, stack, total
from claims.engine.strategies.ensemble import telling_repr
from claims.papers.shekhovtsov_2022.approximation_error import GAP, PARITY, at, error
from claims.papers.shekhovtsov_2022.decoder_classes import Nested, more_constants
from claims.papers.shekhovtsov_2022.models.families import Bits, Table
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE
from claims.papers.shekhovtsov_2022.optima import best_factorised, between, pick

ID = "shekhovtsov-2022/remark-error-cannot-be-decreased"
PRINTED = (
    r"\text{the respective error } L(\theta_{ML}) - L(\theta_{VAE}) \text{ cannot be decreased by considering deeper"
    r" encoder/decoder networks}"
)
SOURCE = "Abstract"
READ_RESPECTIVE = (
    "'the respective error', read as (2); read as L_ML minus the largest likelihood within the consistent subset, the"
    " sentence is true: remark-respective"
)
READ_OTHER = "for (2) = L(theta_ML) - ELBO(theta, phi) it fails by the same witness: {} nats become {}"

#: x in {-1, 0, 1} with base measure (1/160, 1, 1/160), nu(x) = x: 0 is much the likeliest.
RARE = Table(((-1.0,), (0.0,), (1.0,)), (1 / 160, 1.0, 1 / 160))


@dataclass(frozen=True, repr=False)
class ParityTilt:
    """Decoder 1: f(z) = log(tilt) s1 s2 in spins; decoder 2: f(z) = log(odds), constant; p_d is 1's marginal.

    Arrays: `tilt`, `odds` [N] (above 1), and an affine encoder's `slope`, `offset` [N, 2]: g(x) = slope x + offset.
    """

    tilt: Array
    odds: Array
    slope: Array
    offset: Array

    def __repr__(self) -> str:
        return "ParityTilt(x in -1, 0, 1; two latent spins; two decoders)"

    @cached_property
    def vae(self) -> FiniteVAE:
        """Both decoders with the affine encoder: K = 2."""
        signs = constant([1.0, -1.0, -1.0, 1.0], self.tilt)
        parity = log(self.tilt)[..., None] * signs
        f = stack([parity, log(self.odds)[..., None] + 0 * parity], -2)[..., None]
        x = constant([[-1.0], [0.0], [1.0]], self.tilt)
        g = (x * self.slope[..., None, :] + self.offset[..., None, :])[..., None, :, :]
        z = Bits(2, spins=True)
        data = FiniteVAE(RARE, z, f, g).log_marginal[..., :1, :]
        return FiniteVAE(RARE, z, f, g, data=data)

    @property
    def likelihood(self) -> Array:
        """L of the two: [N, 2]."""
        return self.vae.log_likelihood()

    @property
    def free(self) -> Array:
        """The ELBO of the two with the best of all factorised encoders, enclosed: [N, 2]."""
        lower, upper = best_factorised(self.vae.log_joint)
        return between(self.vae.expectation(lower), self.vae.expectation(upper))

    def most_affine(self, share: float = 1.0) -> Array:
        """What the first's ELBO is at most with affine encoders, see `affine_steps`: [N]."""
        rare = exp(self.vae.log_data)[..., 0, 0]
        J = log(self.tilt)
        cosh = (self.tilt + 1 / self.tilt) / 2
        slack = 4 * rare * rare * J * J / (1 - 2 * rare)
        return self.likelihood[..., 0] - share * (2 * rare * log(cosh) - slack)

    @property
    def affine(self) -> Array:
        """The ELBO of the two with the best affine encoder, enclosed: [N, 2]. The second is tight at g = 0."""
        most = self.most_affine()
        return stack([between(self.vae.elbo()[..., 0], most), self.likelihood[..., 1]])


def affine_steps() -> Iterator[Step]:
    """In spins p(z|x) = exp(x J s1 s2)/(4 cosh xJ), J = log(tilt); p_d(1) = p_d(-1) = d. With means a(x), b(x) of q,
    KL = log(4 cosh xJ) - H(a) - H(b) - x J a b. For affine logits, a(+-1) = tanh(A +- D), a(0) = tanh A =: t, and
    |a(1) + a(-1)| = 2 sinh|2A|/(cosh 2A + cosh 2D) <= 2|t|; the same for b with its own t'. So a(1) b(1) - a(-1) b(-1)
    = e b(1) - e' a(-1) with e, e' the two sums, at most 2|t| + 2|t'|. Since H(a) <= log 2 - a²/2 at x = 0 and H is at
    most log 2 at x = +-1, the gap is at least 2 d log cosh J - sum over t, t' of [2 d J |t| - (1 - 2d) t²/2], and each
    bracket is at most 2 d² J²/(1 - 2d).
    """  # noqa: D205 - the proof
    A, D, a1, b1, a2, b2 = sympy.symbols("A D a_1 b_1 a_2 b_2", real=True)
    both = (sympy.tanh(A + D) + sympy.tanh(A - D)).rewrite(sympy.exp)
    closed = (2 * sympy.sinh(2 * A) / (sympy.cosh(2 * A) + sympy.cosh(2 * D))).rewrite(sympy.exp)
    yield Step.vanishes("tanh(A+D) + tanh(A-D)", both - closed)
    half = (2 * sympy.sinh(2 * A) / (sympy.cosh(2 * A) + 1) - 2 * sympy.tanh(A)).rewrite(sympy.exp)
    yield Step.vanishes("at D = 0 it is 2 tanh A", half)
    yield Step.vanishes("a1 b1 - a2 b2 = e b1 - e' a2", a1 * b1 - a2 * b2 - ((a1 + a2) * b1 - (b1 + b2) * a2))
    d, J, t = sympy.symbols("d J t", positive=True)
    rest = sympy.Symbol("r", positive=True)  # 1 - 2d
    square = (rest * t - 2 * d * J) ** 2 / (2 * rest)
    yield Step.vanishes("a square completes", 2 * d**2 * J**2 / rest - (2 * d * J * t - rest * t**2 / 2) - square)


@dataclass(frozen=True, repr=False)
class Tilts:
    """`ParityTilt` with tilts 1 + e^free, and encoders of scale `scale`."""

    scale: float = 1.0

    __repr__ = telling_repr
    size = 6

    def build(self, free: Float[Tensor, "n size"]) -> ParityTilt:
        """A batch of instances."""
        tilt, odds = 1 + torch.exp(free[:, 0]), 1 + torch.exp(free[:, 1])
        return ParityTilt(tilt, odds, self.scale * free[:, 2:4], self.scale * free[:, 4:])


@claim(
    f"{ID}/step-affine",
    statement=r"g(x) = \beta x + \alpha \Rightarrow E_{p_d} D_{KL}(q\|p(z|x)) \ge 2d\log\cosh J -"
    r" \frac{4d^2J^2}{1-2d},\quad p(z|x) = \frac{e^{xJs_1s_2}}{4\cosh xJ},\ x \in \{-1,0,1\},\ d = p_d(1) = p_d(-1)",
    source="ours: what the witness against the abstract's sentence rests on",
    domain="all J >= 0, all affine encoders of two bits, d < 1/2",
    by=[
        derivation(affine_steps, "all J, d and affine encoders"),
        search(st.sampled_from((Tilts(), Tilts(0.1))), "J from 0 to 3, d from .006 to .1, encoders of scale .1 and 1"),
    ],
)
def affine_encoders_have_a_gap(case: ParityTilt) -> Margin:
    """The ELBO of the parity decoder with an affine encoder stays below L by the printed amount."""
    return Margin.at_most(case.vae.elbo()[..., 0], case.most_affine())


@affine_encoders_have_a_gap.mutant("three halves of it")
def _(case: ParityTilt) -> Margin:
    return Margin.at_most(case.vae.elbo()[..., 0], case.most_affine(share=1.5))


@affine_encoders_have_a_gap.mutant("with free encoders")
def _(case: ParityTilt) -> Margin:
    return Margin.at_most(case.free[..., 0], case.most_affine())


def witness() -> Iterator[ParityTilt]:
    """Tilt 8, constant odds 4."""
    eight, four = (torch.tensor([value], dtype=torch.float64) for value in (8.0, 4.0))
    yield ParityTilt(eight, four, torch.zeros(1, 2, dtype=torch.float64), torch.zeros(1, 2, dtype=torch.float64))


def _worked(case: ParityTilt) -> list[str]:
    likelihood, free, most = case.likelihood[0], case.free[0], float(case.most_affine()[0])
    best = float(likelihood[0])
    return [
        "x in {-1, 0, 1}, nu(x) = x, base measure (1/160, 1, 1/160); z two spins, uniform; theta_1: f(z) = s1 s2 log 8,"
        " p(x|z) = h(x) exp(x f)/normaliser, whose marginal is p_d: it is ML; theta_2: f(z) = log 4, tight",
        f"d = p_d(1) = p_d(-1) = {float(case.vae.log_data[0, 0, 0].exp()):.5f}; error of theta_2:"
        f" {best - float(likelihood[1]):.4f}",
        f"affine encoders: gap(theta_1) >= {best - most:.4f} (at x = 0 they must be near 1/2, so at x = 1 and -1 nearly"
        " opposite, where the posterior wants s1 = s2 and s1 = -s2): theta_2 is the ELBO's optimum",
        f"free ('deeper') encoders: gap(theta_1) = {best - float(free[0]):.4f}: theta_1 is the optimum, error 0",
    ]


@claim(
    ID,
    statement=PRINTED,
    source=SOURCE,
    domain="all data, decoder classes and nested classes of encoder networks",
    readings=[
        READ_RESPECTIVE,
        READ_OTHER.format(".0444", ".0326"),
        "deeper networks: a larger class of functions g on the same statistics; decoder classes are any sets (this one"
        " lacks f(z) = s1 log 8, which has the marginal of theta_1 and is tight)",
    ],
    effect="A deeper encoder cannot make an inconsistent decoder tight, but it can lower its gap, and with it the error"
    " (2), even to zero. The paper's own Table 2 has deep encoders on frequencies ahead of linear ones.",
    by=[exhaustive(witness, "one class of two decoders; affine encoders against all encoders")],
    worked=_worked,
)
def deeper_encoders_have_no_smaller_error(case: ParityTilt) -> Margin:
    """The error with free encoders is at least that with affine ones."""
    return _error_stays(case, 1.0)


def _error_stays(case: ParityTilt, share: float) -> Margin:
    free, affine = (
        total(pick(elbo) * (case.likelihood[..., :1] - case.likelihood)) for elbo in (case.free, case.affine)
    )
    return Margin.at_least(free, share * affine)


@deeper_encoders_have_no_smaller_error.mutant("at least twice that")
def _(case: ParityTilt) -> Margin:
    return _error_stays(case, 2.0)


@deeper_encoders_have_no_smaller_error.mutant("the gap at theta_1 cannot be decreased")
def _(case: ParityTilt) -> Margin:
    return Margin.at_most(case.free[..., 0], case.most_affine())


@claim(
    f"{ID}/remark-decoder",
    statement=PRINTED,
    source=SOURCE,
    domain="all data, encoder classes and nested classes of decoder networks",
    readings=[
        READ_RESPECTIVE,
        READ_OTHER.format(".0103", "0"),
        "deeper decoders: a larger class, its error that against its own theta_ML; decoder classes are any sets (the"
        " small one lacks a constant decoder, which is affine, that the larger one has)",
    ],
    effect="A larger class may hold a consistent decoder of the same likelihood. Nothing in the paper rests on it.",
    by=[exhaustive(more_constants, "one pixel, two latent bits; two decoders, and a third")],
    worked=lambda case: [  # noqa: ARG005 - this witness
        PARITY,
        GAP,
        "theta_2: p(x=1) = 3/7, tight, L_ML - .0103: the ELBO's optimum of {theta_1, theta_2}, error .0103",
        "theta_3: p(x=1) = 1/2, tight, likelihood that of theta_1: the optimum of all three, error 0",
    ],
)
def deeper_decoders_have_no_smaller_error(case: Nested) -> Margin:
    """The larger class's error is at least that of the smaller."""
    return Margin.at_least(error(case.large), error(case.small))


@deeper_decoders_have_no_smaller_error.mutant("at least twice that")
def _(case: Nested) -> Margin:
    return Margin.at_least(error(case.large), 2 * error(case.small))


@deeper_decoders_have_no_smaller_error.mutant("nor a larger ELBO")
def _(case: Nested) -> Margin:
    return Margin.at_most(at(case.large.elbo, case.large.elbo), at(case.small.elbo, case.small.elbo))
