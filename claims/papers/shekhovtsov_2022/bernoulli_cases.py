"""Section 3.1 on binary models: the Bernoulli-MRF VAE, eq. (11), and the RBM, eq. (12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import sympy
from hypothesis import strategies as st
from jaxtyping import Float, Int
from torch import Tensor

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, concatenate, constant
from claims.papers.shekhovtsov_2022.affine import SCALES, Joints
from claims.papers.shekhovtsov_2022.dependencies import annihilated
from claims.papers.shekhovtsov_2022.models.families import BernoulliMRF, Bits
from claims.papers.shekhovtsov_2022.models.harmonium import Harmonium

MRFS = tuple(Joints(Harmonium, Bits(n), BernoulliMRF(a, b), s)
             for n, a, b in ((1, 2, 1), (2, 1, 1), (2, 2, 1), (1, 2, 2), (3, 1, 1)) for s in SCALES)  # fmt: skip
RBMS = tuple(Joints(Harmonium, Bits(n), Bits(m), s) for n, m in ((1, 2), (2, 2), (1, 3), (2, 3)) for s in SCALES)
ONLY_NECESSARY = (
    "a description of the consistent joints over all priors; for one fixed prior, for instance the uniform one, only"
    " those of this form whose marginal p(z) it is: theorem-1, theorem-1/repair"
)


# --- monomials --------------------------------------------------------------------------------------------


@cache
def monomials(groups: tuple[int, ...], admitted: Callable[[tuple[int, ...]], bool]) -> Int[np.ndarray, "k 2^bits"]:
    """For each product of bits that is not admitted, what its coefficient in a function of all bits is made of.

    The bits stand in `groups` of these sizes; `admitted` is told how many bits of each group the product has. The
    coefficient of the set S of bits is the sum over its subsets T of (-1)^|S - T| times the value where T is 1.
    """
    bits = Bits(sum(groups)).statistics_of(np.arange(2 ** sum(groups))).astype(int)
    ends = np.cumsum(groups)
    rows = []
    for product in bits:
        if admitted(tuple(int(part.sum()) for part in np.split(product, ends[:-1]))):
            continue
        inside = (bits <= product).all(axis=1)
        rows.append(inside * (1 - 2 * ((product.sum() - bits.sum(axis=1)) % 2)))
    return np.array(rows, dtype=np.int64)


def has_no_others(case: Harmonium, groups: tuple[int, ...], admitted: Callable[[tuple[int, ...]], bool]) -> Margin:
    """The joint's log-density is a sum of admitted monomials."""
    joint = case.log_joint
    values = joint.reshape(*joint.shape[:-2], -1)[..., None]
    return annihilated(monomials(groups, admitted), values, np.ones((1, 1), dtype=int))


def multilinear(counts: tuple[int, ...]) -> bool:
    """At most one bit of each group: an index 0 stands for the constant component."""
    return max(counts) <= 1


# --- Bernoulli-MRF ----------------------------------------------------------------------------------------


def cubic_steps() -> Iterator[Step]:
    """By eq. (7) with nu(x) = x and psi(z) = (y, y', y (x) y'), log p + A is <x, W psi> + <x, u> + <psi, v>: sums of
    x_i y_j, x_i y'_k, x_i y_j y'_k, of x_i, and of y_j, y'_k, y_j y'_k: all products x_i y_j y'_k with indices from 0,
    x_0 = y_0 = y'_0 = 1, each with its own coefficient (w_000 = -A). Conversely each choice of coefficients is such
    a harmonium, consistent for the prior that is its marginal (theorem-1/remark-free-prior).
    """  # noqa: D205 - the proof
    x, y, t = sympy.symbols("x y y'", real=True)
    w = sympy.symbols("w0:7", real=True)
    W, u, v = w[:3], w[3], w[4:7]
    psi = (y, t, y * t)
    form = x * sum(a * b for a, b in zip(W, psi, strict=True)) + x * u + sum(a * b for a, b in zip(v, psi, strict=True))
    products = [(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1) if i + j + k]
    found = sum(sympy.Poly(form, x, y, t).coeff_monomial(x**i * y**j * t**k) * x**i * y**j * t**k
                for i, j, k in products)  # fmt: skip
    yield Step.vanishes("the form has the seven products x_i y_j y'_k and no other", form - found)


@claim(
    "shekhovtsov-2022/equation-11",
    statement=r"p(x,y,y') = \exp\Big(\sum_{i,j,k\ge0} w_{ijk}\,x_i y_j y'_k - A\Big),\ x_0=y_0=y'_0=1;\ \text{a higher"
    r" order MRF with the highest order potentials given by cubic monomials}",
    source="Section 3.1, Bernoulli-MRF VAE, eq. (11)",
    domain="all numbers of bits x, y, y'; all consistent Bernoulli-MRF VAEs, any prior",
    rests_on=["shekhovtsov-2022/equation-7", "shekhovtsov-2022/theorem-1/remark-free-prior"],
    readings=["(11) is lost; restored. w_000 = -A may be dropped", ONLY_NECESSARY],
    by=[
        derivation(cubic_steps, "all numbers of bits: term by term"),
        search(st.sampled_from(MRFS), "1..3 bits x, 1..2 bits y, 1..2 bits y'; W, u, v of scales 1e-3..30"),
    ],
)
def joint_is_cubic(case: Harmonium) -> Margin:
    """The log-joint has no monomial with two bits of x, of y, or of y'."""
    return has_no_others(case, _groups(case), multilinear)


def _groups(case: Harmonium) -> tuple[int, ...]:
    if isinstance(case.z, BernoulliMRF):
        return (case.x.dimension, case.z.first, case.z.second)
    return (case.x.dimension, case.z.dimension)


def at_most_quadratic(counts: tuple[int, ...]) -> bool:
    """No cubic monomials."""
    return multilinear(counts) and sum(counts) <= 2


def couples_x(counts: tuple[int, ...]) -> bool:
    """Of the products of several bits, only those with a bit of x."""
    return multilinear(counts) and (counts[0] == 1 or sum(counts) <= 1)


@joint_is_cubic.mutant("quadratic at most")
def _(case: Harmonium) -> Margin:
    return has_no_others(case, _groups(case), at_most_quadratic)


@joint_is_cubic.mutant("no y y' without x")
def _(case: Harmonium) -> Margin:
    return has_no_others(case, _groups(case), couples_x)


def rbm_steps() -> Iterator[Step]:
    """For each x, q is exp(<y, s> + <y', t> + <y, R y'> - b) with s, t, R functions of x: an RBM with groups y, y'.
    Its conditionals factorise: given y', log q is a constant plus sum_j y_j (s_j + (R y')_j).
    """  # noqa: D205 - the proof
    p, q = sympy.symbols("p q", integer=True, positive=True)
    y, t, s = sympy.MatrixSymbol("y", p, 1), sympy.MatrixSymbol("t", q, 1), sympy.MatrixSymbol("s", p, 1)
    R = sympy.MatrixSymbol("R", p, q)
    yield Step.zero_matrix("y's + y'R t = y'(s + R t)", y.T * s + y.T * R * t - y.T * (s + R * t))


@dataclass(frozen=True, repr=False)
class MRFEncoders:
    """Bernoulli-MRF encoders as arrays of natural parameters (y, y', y (x) y'): [N, first + second + first second]."""

    first: int
    second: int
    scale: float

    def __repr__(self) -> str:
        return f"MRFEncoders(first={self.first}, second={self.second}, scale={self.scale})"

    @property
    def size(self) -> int:
        """One coordinate a parameter."""
        return BernoulliMRF(self.first, self.second).dimension

    def build(self, free: Float[Tensor, "n size"]) -> MRFEncoder:
        """A batch of instances."""
        return MRFEncoder(self.first, self.second, self.scale * free)


@dataclass(frozen=True)
class MRFEncoder:
    """q(y, y'|x) at one x. Array `natural` [N, first + second + first second]."""

    first: int
    second: int
    natural: Array

    @property
    def weights(self) -> Array:
        """The interactions: [N, first, second]."""
        weights = self.natural[..., self.first + self.second :]
        return weights.reshape(*weights.shape[:-1], self.first, self.second)

    def rbm(self, weights: Array) -> Array:
        """log-probabilities of the RBM over (y, y') with these weights: [N, first, second] -> [N, states]."""
        u, v = self.natural[..., : self.first], self.natural[..., self.first : self.first + self.second]
        joint = Harmonium(Bits(self.first), Bits(self.second), weights, u, v).log_joint
        return joint.reshape(*joint.shape[:-2], -1)

    def is_rbm(self, weights: Array) -> Margin:
        """The encoder is the RBM with these weights."""
        return Margin.equal(BernoulliMRF(self.first, self.second).log_density(self.natural), self.rbm(weights))


@claim(
    "shekhovtsov-2022/remark-conditional-rbm",
    statement=r"\text{In this case } q \text{ is itself a (conditional) RBM}",
    source="Section 3.1, Bernoulli-MRF VAE",
    domain="all numbers of bits y, y', all encoder networks",
    by=[
        derivation(rbm_steps, "all numbers of bits"),
        search(
            st.builds(MRFEncoders, st.integers(1, 3), st.integers(1, 3), st.sampled_from(SCALES)),
            "1..3 bits y and y', parameters of scales 1e-3..30",
            corners=(MRFEncoders(2, 2, 1.0),),
        ),
    ],
)
def encoder_is_an_rbm(case: MRFEncoder) -> Margin:
    """The Bernoulli-MRF family at one x is the RBM of its interaction weights."""
    return case.is_rbm(case.weights)


@encoder_is_an_rbm.mutant("interactions dropped")
def _(case: MRFEncoder) -> Margin:
    return case.is_rbm(0 * case.weights)


@encoder_is_an_rbm.mutant("interactions transposed")
def _(case: MRFEncoder) -> Margin:
    return case.is_rbm(case.weights.mT.reshape(case.weights.shape))


# --- Bernoulli VAEs ---------------------------------------------------------------------------------------


def special_steps() -> Iterator[Step]:
    """With zero interaction weights, q(y, y'|x) is exp(<y, s> + <y', t> - b): independent bits z = (y, y'), whose
    statistics are z itself. By eq. (7), log p + A = <x, W z> + <x, u> + <z, v>, a restricted Boltzmann machine.
    """  # noqa: D205 - the proof
    n, m = sympy.symbols("n m", integer=True, positive=True)
    x, z = sympy.MatrixSymbol("x", n, 1), sympy.MatrixSymbol("z", m, 1)
    W, u = sympy.MatrixSymbol("W", n, m), sympy.MatrixSymbol("u", n, 1)
    yield Step.zero_matrix("<x, W z + u> = <x, W z> + <x, u>", x.T * (W * z + u) - x.T * W * z - x.T * u)


@claim(
    "shekhovtsov-2022/equation-12",
    statement=r"p(x,z) = \exp(x^TWz + u^Tx + v^Tz - A).\ \text{Standard Bernoulli VAEs are a special case of the"
    r" Bernoulli-MRF model, obtained when the interaction weights are zero; the joint distribution of such tight VAEs"
    r" takes this form, a restricted Boltzmann machine}",
    source="Section 3.1, eq. (12)",
    domain="all numbers of bits x and z; all consistent Bernoulli VAEs, any prior",
    rests_on=["shekhovtsov-2022/equation-7", "shekhovtsov-2022/equation-11"],
    readings=["(12) is lost; restored", "'takes the form' is an inclusion. " + ONLY_NECESSARY],
    by=[
        derivation(special_steps, "all numbers of bits"),
        search(st.sampled_from(RBMS), "1..2 bits x, 2..3 bits z; W, u, v of scales 1e-3..30"),
    ],
)
def joint_is_an_rbm(case: Harmonium) -> Margin:
    """No monomial with two bits of x or of z; and the encoder is a Bernoulli-MRF without interactions."""
    mrf = BernoulliMRF(1, case.z.dimension - 1)
    nothing = constant(np.zeros((1, mrf.dimension - case.z.dimension)), case.g) + 0 * case.g[..., :1]
    without = mrf.log_density(concatenate([case.g, nothing], -1))
    return has_no_others(case, _groups(case), multilinear) & Margin.equal(case.z.log_density(case.g), without)


def uncoupled(counts: tuple[int, ...]) -> bool:
    """No couplings of x and z."""
    return sum(counts) <= 1


@joint_is_an_rbm.mutant("no couplings")
def _(case: Harmonium) -> Margin:
    return has_no_others(case, _groups(case), uncoupled)


@joint_is_an_rbm.mutant("its marginal p(z) is one of independent bits")
def _(case: Harmonium) -> Margin:
    hidden = case.log_hidden_weights[..., None]
    return annihilated(monomials((case.z.dimension,), uncoupled), hidden, np.ones((1, 1), dtype=int))
