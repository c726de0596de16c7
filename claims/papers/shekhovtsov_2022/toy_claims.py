"""Section 4.1, what can be proved of the toy: its consistent set, with its own prior and with a free one."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import total
from claims.papers.shekhovtsov_2022.toy.ensembles import Quadruple, quadruples

PAPER = "shekhovtsov-2022"
PLANE = "all centres mu(z) in the plane, all s > 0"

C, A, B, E = (sympy.Matrix(sympy.symbols(f"{name}1 {name}2", real=True)) for name in "cabd")
X = sympy.Matrix(sympy.symbols("x1 x2", real=True))
S = sympy.Symbol("s", positive=True)


def _interaction(prior: sympy.Expr) -> sympy.Expr:
    """log of p(00|x) p(11|x) / (p(01|x) p(10|x)) for centres c, c + b, c + a, c + a + b + d."""
    fits = [-(X - C - shift).dot(X - C - shift) / (2 * S**2) for shift in (0 * A, B, A, A + B + E)]
    return fits[0] + fits[3] - fits[1] - fits[2] + prior


def interaction_steps() -> Iterator[Step]:
    """Write mu = c + z1 a + z2 b + z1 z2 d: no restriction, for d is mu(00) + mu(11) - mu(01) - mu(10). A positive
    2 x 2 table p of sum 1 is the product of its marginals iff p00 p11 = p01 p10: then (p00 + p01)(p00 + p10) = p00
    (p00 + p01 + p10) + p01 p10 = p00, and likewise for the others; the converse is immediate. So the posterior
    factorises at x iff its log odds ratio vanishes there. That is affine in x, so it vanishes for all x (already for
    pd-almost all) iff its slope d/s² is zero and then its constant, log of the prior's odds ratio - <a, b>/s², too.
    For the uniform prior: iff d = 0 and <a, b> = 0, a rectangle, perhaps of no width. For the prior p(z) ∝
    exp(<v, z> + |mu(z)|²/(2 s²)), and for this odds ratio alone, every parallelogram is consistent.
    """  # noqa: D205 - the proof
    p00, p01, p10 = sympy.symbols("p00 p01 p10", positive=True)
    own = p00 * (p00 + p01 + p10) + p00 * (1 - p00 - p01 - p10)  # p01 p10 replaced by p00 p11
    yield Step.vanishes("(p00 + p01)(p00 + p10) = p00 where p00 p11 = p01 p10", own - p00)
    for k in range(2):
        slope = sympy.diff(_interaction(sympy.Integer(0)), X[k])
        yield Step.vanishes(f"the slope in x{k + 1} is d{k + 1}/s²", slope - E[k] / S**2)
    rest = _interaction(sympy.Integer(0)).subs({E[0]: 0, E[1]: 0})
    yield Step.vanishes("with d = 0 what is left is -<a, b>/s²", rest + A.dot(B) / S**2)
    corners = [C, C + B, C + A, C + A + B]
    norms = [corner.dot(corner) / (2 * S**2) for corner in corners]
    odds = norms[0] + norms[3] - norms[1] - norms[2]
    yield Step.vanishes("the odds ratio of the harmonium's prior is <a, b>/s²", odds - A.dot(B) / S**2)


def factorises_iff(case: Quadruple, *, consistent: bool) -> Margin:
    """The log odds ratio vanishes at x and on the whole plane, or else not on all of three points that span it."""
    joint = case.log_joint
    same, other = joint[..., 0] + joint[..., 3], joint[..., 1] + joint[..., 2]
    if consistent:
        return Margin.equal(same, other)
    odds = (same - other)[..., 1:]
    return Margin.positive(total(odds * odds))


def is_rectangle(case: Quadruple) -> bool:
    """By construction."""
    return case.shape in {"rectangle", "no width"}


@claim(
    f"{PAPER}/remark-toy-consistent",
    statement=r"p(z)=\tfrac14,\ x|z\sim N(\mu(z),s^2I):\ p(z|x)=p(z_1|x)\,p(z_2|x)\ \forall x \iff"
    r" \mu(z)=c+z_1a+z_2b,\ \langle a,b\rangle=0",
    source="Section 4.1; eq. (3) with the prior that the toy fixes. Ours: the paper gives (5), which says d = 0 only",
    domain=PLANE,
    readings=["with p(z) fixed only rectangles are consistent, though every parallelogram is of the form (5)"],
    by=[derivation(interaction_steps, PLANE), search(quadruples("uniform"), "four shapes, scales 1e-2..1e2")],
)
def rectangles_are_consistent(case: Quadruple) -> Margin:
    """With the uniform prior the posterior factorises for all x if and only if the centres are a rectangle's."""
    return factorises_iff(case, consistent=is_rectangle(case))


@rectangles_are_consistent.mutant("every parallelogram, as (5) has it")
def _(case: Quadruple) -> Margin:
    return factorises_iff(case, consistent=case.shape != "general")


@rectangles_are_consistent.mutant("only rectangles of no width")
def _(case: Quadruple) -> Margin:
    return factorises_iff(case, consistent=case.shape == "no width")


@claim(
    f"{PAPER}/remark-toy-harmonium",
    statement=r"x|z\sim N(\mu(z),s^2I):\ p(z|x)=p(z_1|x)\,p(z_2|x)\ \forall x \iff \mu(z)=c+z_1a+z_2b,\ "
    r"\log\frac{p(00)p(11)}{p(01)p(10)}=\langle a,b\rangle/s^2,\ \text{as for } p(z)\propto e^{\langle v,z\rangle"
    r"+|\mu(z)|^2/2s^2}",
    source="Section 4.1; eq. (7) for the toy's decoder, the prior free",
    domain=f"{PLANE}, all positive priors",
    by=[derivation(interaction_steps, PLANE), search(quadruples("own", "other"), "four shapes, two kinds of prior")],
)
def parallelograms_are_consistent_with_their_own_prior(case: Quadruple) -> Margin:
    """With a free prior: if and only if a parallelogram, and the prior's odds ratio is the harmonium's."""
    return factorises_iff(case, consistent=case.shape != "general" and case.prior == "own")


@parallelograms_are_consistent_with_their_own_prior.mutant("whatever the prior")
def _(case: Quadruple) -> Margin:
    return factorises_iff(case, consistent=case.shape != "general")


@parallelograms_are_consistent_with_their_own_prior.mutant("only rectangles")
def _(case: Quadruple) -> Margin:
    return factorises_iff(case, consistent=is_rectangle(case) and case.prior == "own")
