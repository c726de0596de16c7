"""Remark 10, with Theorem 2's conclusion in mind: what a small change of the generator does to the posterior."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from claims import Constant, Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, absolute, constant, total
from claims.engine.strategies import Instances, PositiveVectorEnsemble
from claims.papers.pareek_risteski_2022.laws import JointLaw, weights


@dataclass(frozen=True)
class TwoJointLaws:
    """Two joint laws of z (rows) and x (columns). Arrays: weights `first`, `second` [n, rows * columns]."""

    rows: int
    columns: int
    first: Array
    second: Array

    def joint(self, weight: Array) -> Array:
        """The law of these weights: [n, rows, columns]."""
        return JointLaw(self.rows, (0,) * self.columns, weight).joint

    def distance(self) -> Array:
        """The total variation distance of the joint laws: [n]."""
        return total(absolute(self.joint(self.first) - self.joint(self.second)), (-2, -1)) / 2

    def of_posteriors(self) -> Array:
        """The mean over x, under the first law, of the distance of the laws of z given x: [n]."""
        p, q = self.joint(self.first), self.joint(self.second)
        marginal = total(p, -2)
        moved = q * (marginal / total(q, -2))[..., None, :]
        return total(absolute(p - moved), (-2, -1)) / 2


@st.composite
def two_joint_laws(draw: DrawFn) -> Instances:
    """Joint laws of 1..4 by 1..4 atoms."""
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    drawn = (draw(weights(rows * columns)), draw(weights(rows * columns)))
    return Instances(TwoJointLaws, (rows, columns), drawn)


#: A rare x, all but impossible under the second law, whose mass is elsewhere: twice the distance, in the limit.
RARE = Instances(
    TwoJointLaws,
    (2, 2),
    (
        PositiveVectorEnsemble(4, (1e-3, 1.0, 1e-9, 1e-9)),
        PositiveVectorEnsemble(4, (1e-12, 1.0, 1e-7, 1e-3)),
    ),
)


def posterior_steps() -> Iterator[Step]:
    """d_TV(P, P(x) Q(z|x)) is the mean over x of d_TV(P(z|x), Q(z|x)), and at most d_TV(P, Q) + d_TV(Q, P(x) Q(z|x));
    the last is the distance of the laws of x, at most d_TV(P, Q) again. Markov: above 1/100 on at most 200 d_TV(P, Q)
    of the x. By remark-10/step-uniform/repair d_TV(P, Q) <= d sqrt(2/pi)/k, so k = 10^5 d/eps leaves eps/100 at most.
    """  # noqa: D205 - the proof
    marginal, other, kept = sympy.symbols("p q k", positive=True)
    moved = other * kept - marginal * kept
    yield Step.vanishes("q(x) q(z|x) - p(x) q(z|x) = (q(x) - p(x)) q(z|x)", moved - (other - marginal) * kept)
    d, eps = sympy.symbols("d eps", positive=True)
    share = 200 * d * sympy.sqrt(2 / sympy.pi) / (10**5 * d / eps)
    yield Step.nonnegative("eps/100 - 200 d sqrt(2/pi)/k", sympy.factor((eps / 100 - share) / eps))


@claim(
    "pareek-risteski-2022/remark-10/step-posteriors",
    statement=r"\mathbb E_{x\sim P}\left[d_{TV}(P(z\mid x), Q(z\mid x))\right] \le 2\,d_{TV}(P, Q) \text{ for joint"
    r" laws } P, Q \text{ of } (z, x)",
    source="not printed: what 'similar results' in Section 2.2, Remark 10, needs where Theorem 2 speaks of p(z|x)",
    domain="all joint laws P, Q",
    readings=[
        "P with sgn, Q with ramps of slope k = 10^5 d/eps: outside a fraction eps/100 of the x the posteriors are"
        " within 1/100, so an encoder within 9/100 of the one is within 1/10 of the other. So Theorem 2 for G_k, with"
        " 9/100 in place of 1/10 and 2 eps in place of eps, follows from that for G; k = 2^d serves all"
        " eps(d) = 1/poly(d) and large d at once",
        "for the generator's activations only; the encoder's need more than to be Lipschitz",
    ],
    by=[
        derivation(posterior_steps, "all joint laws, all d, eps"),
        search(two_joint_laws(), "joint laws of 1..4 by 1..4 atoms over twelve decades", corners=(RARE,)),
    ],
    constants={"factor": Constant(2.0, 0.99)},
)
def posteriors_move_twice_as_far(case: TwoJointLaws, factor: float = 2.0) -> Margin:
    """The mean distance of the posteriors is at most twice that of the joint laws."""
    distance = case.distance()
    return Margin.at_most(case.of_posteriors(), constant(factor, distance) * distance)


@posteriors_move_twice_as_far.mutant("as far as the joint laws")
def _(case: TwoJointLaws) -> Margin:
    return posteriors_move_twice_as_far.margin(case, factor=1.0)


@posteriors_move_twice_as_far.mutant("twice as far as the laws of x")
def _(case: TwoJointLaws) -> Margin:
    apart = absolute(total(case.joint(case.first), -2) - total(case.joint(case.second), -2))
    return Margin.at_most(case.of_posteriors(), total(apart))
