"""Section C.2: the gradient estimator ARM (Yin & Zhou 2019) is unbiased.

For f on {0,1}^m, logits phi and u uniform on (0,1)^m it is (f(1[u > 1 - s]) - f(1[u < s])) (u - 1/2), s = sigmoid(phi).
Where u falls decides both codes: each coordinate's unit interval splits at s and 1 - s, so the expectation over u is a
finite sum over 3^m cells, exact in any arithmetic. Its variance is not below that of REINFORCE for every f (a test has
the example); the paper claims no such thing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
import sympy
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, absolute, constant, stack, total
from claims.engine.strategies import Instances, MatrixEnsemble, PositiveVectorEnsemble
from claims.papers.shekhovtsov_2022.hashing import codes, monomials, weights

#: The cells of a coordinate: u below both thresholds, between them, above both.
CELLS = (0, 1, 2)


@dataclass(frozen=True)
class Objective:
    """f on {0,1}^m and independent bits z_i, of which `likely` says whether their chance s_i is above 1/2.

    Arrays: `odds` [n, m], which give s_i = 1/(2 + odds) or one minus it; `f` [n, 1, codes].
    """

    likely: tuple[int, ...]
    odds: Array
    f: Array

    @property
    def m(self) -> int:
        """The number of bits."""
        return len(self.likely)

    @property
    def rare(self) -> Array:
        """min(s_i, 1 - s_i): [n, m]."""
        return 1 / (2 + self.odds)

    @property
    def chances(self) -> Array:
        """s_i: [n, m]."""
        return self.rare + constant(self.likely, self.odds) * (1 - 2 * self.rare)

    @property
    def gradient(self) -> Array:
        """d/dphi_i of E f(z) = sum_z f(z) p(z) (z_i - s_i): [n, m]."""
        s = self.chances
        odds = monomials(s / (1 - s), codes(self.m))
        p = odds * (1 - s).prod(-1)[..., None]
        return stack([total(self.f[..., 0, :] * p * self._centred(i)) for i in range(self.m)])

    def _centred(self, i: int) -> Array:
        return constant([z[i] for z in codes(self.m)], self.odds) - self.chances[..., i, None]

    def arm(self, *, centre: float = 0.5, antithetic: bool = True, halves: int = 2) -> Array:
        """Expectation of the estimator over u, cell by cell: [n, m]."""
        length, moment = self._lengths(), self._moments(centre)
        second, first = cell_codes(self.likely, antithetic=antithetic)
        gain = self.f[..., 0, first] - (self.f[..., 0, second] if halves == 2 else 0)
        cells = np.array(list(product(CELLS, repeat=self.m)))
        columns = []
        for i in range(self.m):
            part = [(moment if j == i else length)[..., j, cells[:, j]] for j in range(self.m)]
            columns.append(total(gain * stack(part).prod(-1)))
        return stack(columns)

    def _lengths(self) -> Array:
        """The lengths of the cells: [n, m, 3]."""
        return stack([self.rare, 1 - 2 * self.rare, self.rare])

    def _moments(self, centre: float) -> Array:
        """The integral of u - centre over each cell: length times the cell's middle minus the centre, [n, m, 3]."""
        half = constant(0.5, self.rare)
        middles = stack([half * self.rare, half + 0 * self.rare, 1 - half * self.rare])
        return self._lengths() * (middles - constant(centre, self.rare))


@cache
def cell_codes(likely: tuple[int, ...], *, antithetic: bool = True) -> tuple[list[int], list[int]]:
    """The numbers of the codes 1[u < s] and 1[u > 1 - s] in each cell; not antithetic: 1[u > s] for the second.

    Between the thresholds u < s if and only if s > 1/2, and u > 1 - s likewise.
    """
    place = {z: number for number, z in enumerate(codes(len(likely)))}
    below, above = [], []
    for cell in product(CELLS, repeat=len(likely)):
        first = tuple(int(c == 0 or (c == 1 and up)) for c, up in zip(cell, likely, strict=True))
        mirrored = tuple(int(c == 2 or (c == 1 and up)) for c, up in zip(cell, likely, strict=True))
        below.append(place[first])
        above.append(place[mirrored if antithetic else tuple(1 - bit for bit in first)])
    return below, above


@st.composite
def bits(draw: DrawFn) -> Instances:
    """1..3 bits, each more or less likely than not, any f."""
    likely = draw(st.lists(st.integers(0, 1), min_size=1, max_size=3).map(tuple))
    return Instances(Objective, (likely,), (draw(weights(len(likely))), MatrixEnsemble(1, 2 ** len(likely), 1)))


#: Chances nearly 1/2, where the cell in the middle is empty, and nearly 0.
ENDS = tuple(
    Instances(Objective, ((0, 1),), (PositiveVectorEnsemble(2, scale), MatrixEnsemble(1, 4, 1)))
    for scale in (1e-9, 1e9)
)


def arm_steps() -> Iterator[Step]:
    """Fix a coordinate i and the other coordinates of u. 1[u_i < s] is 1 on (0, s) and 0 on (s, 1), where u_i - 1/2
    integrates to -s(1-s)/2 and s(1-s)/2; so the second half of the estimator has the expectation s(1-s)/2 times
    E[f | z_i = 1] - E[f | z_i = 0], as the other bits are Bernoulli(s_j). 1[u_i > 1 - s] is 1 on (1 - s, 1), and the
    same follows for the first half, with the same sign. Together they are s(1-s)(E[f | z_i = 1] - E[f | z_i = 0]):
    the derivative of E f by s_i times that of s_i by phi_i. Averages over several u keep the expectation.
    """  # noqa: D205 - the proof
    s, u, phi = sympy.symbols("s u phi", positive=True)
    off, on = sympy.symbols("f_0 f_1", real=True)
    minus = -(on * sympy.integrate(u - sympy.Rational(1, 2), (u, 0, s)))
    minus -= off * sympy.integrate(u - sympy.Rational(1, 2), (u, s, 1))
    plus = on * sympy.integrate(u - sympy.Rational(1, 2), (u, 1 - s, 1))
    plus += off * sympy.integrate(u - sympy.Rational(1, 2), (u, 0, 1 - s))
    half = s * (1 - s) * (on - off) / 2
    yield Step.vanishes("E of -f(1[u < s]) (u - 1/2)", minus - half)
    yield Step.vanishes("E of f(1[u > 1 - s]) (u - 1/2)", plus - half)
    sigmoid = 1 / (1 + sympy.exp(-phi))
    yield Step.vanishes("the sigmoid's derivative", sympy.diff(sigmoid, phi) - sigmoid * (1 - sigmoid))


@claim(
    "shekhovtsov-2022/remark-arm",
    statement=r"\text{we used the state-of-the-art unbiased gradient estimator ARM: }"
    r"\nabla_\phi E f(z) = E_u\big[(f(1[u>\sigma(-\phi)]) - f(1[u<\sigma(\phi)]))(u-\tfrac12)\big]",
    source="Section C.2",
    domain="all m >= 1, all f: {0,1}^m -> R, all logits phi",
    readings=["the estimator is that of Yin & Zhou (2019), Theorem 1; 'state-of-the-art' is not examined"],
    by=[
        derivation(arm_steps, "all m, f, phi"),
        search(bits(), "1..3 bits, chances on both sides of 1/2", corners=ENDS),
    ],
)
def arm_is_unbiased(case: Objective) -> Margin:
    """The expectation of the estimator is the gradient of E f(z) in the logits."""
    return is_the_gradient(case, case.arm())


def is_the_gradient(case: Objective, expected: Array) -> Margin:
    """The expectation [n, m] is the gradient; differences count relative to the size of f, which cancels in both."""
    scale = total(absolute(case.f), (-2, -1))[..., None]
    return Margin.equal(expected + scale, case.gradient + scale)


@arm_is_unbiased.mutant("half of the pair")
def _(case: Objective) -> Margin:
    return is_the_gradient(case, case.arm(halves=1))


@arm_is_unbiased.mutant("1[u > s] for 1[u > 1 - s]")
def _(case: Objective) -> Margin:
    return is_the_gradient(case, case.arm(antithetic=False))


@arm_is_unbiased.mutant("half of the pair with u in place of u - 1/2")
def _(case: Objective) -> Margin:
    return is_the_gradient(case, case.arm(centre=0.0, halves=1))


@arm_is_unbiased.mutant("in the chances in place of the logits")
def _(case: Objective) -> Margin:
    s = case.chances
    return is_the_gradient(case, case.arm() / (s * (1 - s)))
