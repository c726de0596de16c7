"""Proof of Proposition A.2, step by step. The formulas are lost; the words around them say what each must be.

For a fixed z, p and q are p(z|x) and q(z|x), s(x) = |p - q|/alpha, t = sqrt(eps/2)/alpha.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, absolute, constant, exp, is_below, is_zero, log, sqrt, total
from claims.papers.shekhovtsov_2022.bounds import EVEN, FINITE, MILD, PAIRS, SPREADS, Pair, Spread, mild, pairs, spreads
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE

A2 = "shekhovtsov-2022/proposition-a-2"
PROOF = "Appendix A.3, proof of Proposition A.2"
RESTORED = "the formula is lost and restored from the sentence around it"
POINTS = "all finite distributions of s >= 0, t² = E s²"
p, q, y, a, pi_, t_ = sympy.symbols("p q y alpha pi t", positive=True)


def pinsker_steps() -> Iterator[Step]:
    """Group the codes into {z} and the rest. The log-sum inequality (u log u is convex) gives d(q||p) <= KL(q(.|x) ||
    p(.|x)) for the two probabilities q, p of z. And d(q||p) - 2 (p - q)² is 0 at p = q, where its derivative in p,
    (p - q)(1 - 2p)²/(p(1 - p)), changes its sign from - to +. So (p - q)² <= KL/2. For (43) group {z: q > p} and
    the rest in the same way: p - q there is half the l1 distance.
    """  # noqa: D205 - the proof
    d = q * sympy.log(q / p) + (1 - q) * sympy.log((1 - q) / (1 - p))
    slope = sympy.diff(d - 2 * (p - q) ** 2, p)
    yield Step.vanishes("slope in p", sympy.simplify(slope - (p - q) * (1 - 2 * p) ** 2 / (p * (1 - p))))
    yield Step.vanishes("at p = q", (d - 2 * (p - q) ** 2).subs(p, q))


def gap_of_codes(vae: FiniteVAE) -> Array:
    """|p(z|x) - q(z|x)|: [N, X, Z]."""
    return absolute(exp(vae.log_posterior) - exp(vae.log_encoder))


@claim(
    f"{A2}/step-equation-43",
    statement=r"\|p(\cdot|x) - q(\cdot|x)\|_1 \le \sqrt{2 KL(q(\cdot|x)\,\|\,p(\cdot|x))} \text{ for each } x",
    source=PROOF + ", (43)",
    domain=FINITE + ", each x",
    readings=[RESTORED],
    by=[derivation(pinsker_steps, "all finite distributions"), search(mild(), MILD, corners=EVEN)],
)
def pinsker(vae: FiniteVAE) -> Margin:
    """The square of the l1 distance is at most 2 KL."""
    return Margin.at_most(total(gap_of_codes(vae)) ** 2, 2 * vae.gaps())


@pinsker.mutant("KL in place of 2 KL")
def _(vae: FiniteVAE) -> Margin:
    return Margin.at_most(total(gap_of_codes(vae)) ** 2, vae.gaps())


@pinsker.mutant("without the square")
def _(vae: FiniteVAE) -> Margin:
    return Margin.at_most(total(gap_of_codes(vae)), 2 * vae.gaps())


@claim(
    f"{A2}/step-equation-44",
    statement=r"|p(z|x) - q(z|x)|^2 \le \tfrac12 KL(q(\cdot|x)\,\|\,p(\cdot|x)) \text{ for each } x, z",
    source=PROOF + ", (44)",
    domain=FINITE + ", each x, z",
    readings=[RESTORED],
    rests_on=[f"{A2}/step-equation-43"],
    by=[derivation(pinsker_steps, "all finite distributions"), search(mild(), MILD, corners=EVEN)],
)
def pinsker_for_one_code(vae: FiniteVAE) -> Margin:
    """A single z has at most half of the l1 distance."""
    return Margin.at_most(gap_of_codes(vae) ** 2, vae.gaps()[..., None] / 2)


@pinsker_for_one_code.mutant("a quarter in place of a half")
def _(vae: FiniteVAE) -> Margin:
    return Margin.at_most(gap_of_codes(vae) ** 2, vae.gaps()[..., None] / 4)


@pinsker_for_one_code.mutant("without the square")
def _(vae: FiniteVAE) -> Margin:
    return Margin.at_most(gap_of_codes(vae), vae.gaps()[..., None] / 2)


def _part(vae: FiniteVAE, share: float, lift: int = 2) -> Margin:
    # All parts at once: the largest part that is cut off by a threshold is X itself, the smallest a single x.
    mass = exp(vae.log_data)[..., None, :] * vae.seen((gap_of_codes(vae) ** lift).mT)
    most = share * vae.gap()[..., None]
    return Margin.at_most(total(mass), most) & Margin.at_most(mass, most[..., None])


@claim(
    f"{A2}/step-equation-46",
    statement=r"\sum_{x\in X'} p_d(x)\,|p(z|x) - q(z|x)|^2 \le \epsilon/2 \text{ for each } z \text{ and } X'\subset X",
    source=PROOF + ", (45) and (46)",
    domain=FINITE + ", each z, each part of X",
    readings=[RESTORED + ": (45) is X' = X, 'a variant of Pinsker's inequality'; (46) the parts, as all summands are"
              " non-negative"],
    rests_on=[f"{A2}/step-equation-44"],
    by=[derivation(pinsker_steps, "all finite VAEs: the expectation of step-equation-44, and nonnegative summands"),
        search(mild(), MILD, corners=EVEN)],
)  # fmt: skip
def pinsker_in_expectation(vae: FiniteVAE) -> Margin:
    """X itself, and each single x."""
    return _part(vae, 0.5)


@pinsker_in_expectation.mutant("eps/4")
def _(vae: FiniteVAE) -> Margin:
    return _part(vae, 0.25)


@pinsker_in_expectation.mutant("without the square")
def _(vae: FiniteVAE) -> Margin:
    return _part(vae, 0.5, lift=1)


def logarithm_steps() -> Iterator[Step]:
    """(47): where p >= q, log(p/q) = log(1 + (p - q)/q) <= log(1 + (p - q)/alpha), for q >= alpha and the logarithm
    rises. (48): the same with p and q exchanged, for p >= alpha. (49): both are |log(p/q)| <= log(1 + s).
    """  # noqa: D205 - the proof
    yield Step.vanishes("p/q = 1 + (p - q)/q", p / q - 1 - (p - q) / q)
    r = sympy.Symbol("r", nonnegative=True)
    yield Step.nonnegative("(p - q)/alpha - (p - q)/q at q = alpha + r, p = q + y", y / a - y / (a + r))


@claim(
    f"{A2}/step-equation-49",
    statement=r"|\log p(z|x) - \log q(z|x)| \le \log\Bigl(1 + \frac{|p(z|x)-q(z|x)|}{\alpha}\Bigr)",
    source=PROOF + ", (47)-(49)",
    domain="all p, q >= alpha > 0",
    readings=[RESTORED + ": (47) is the case p >= q, with q in the denominator, (48) the case p <= q, with p in it"],
    by=[derivation(logarithm_steps, "all p, q >= alpha"), search(pairs(), PAIRS)],
)
def logarithms_differ_little(case: Pair) -> Margin:
    """Both cases at once: the smaller of p and q is at least alpha."""
    return Margin.at_most(absolute(case.log_ratio), log(1 + case.spread))


@logarithms_differ_little.mutant("alpha doubled")
def _(case: Pair) -> Margin:
    return Margin.at_most(absolute(case.log_ratio), log(1 + case.spread / 2))


@logarithms_differ_little.mutant("p in the denominator in both cases")
def _(case: Pair) -> Margin:
    return Margin.at_most(absolute(case.log_ratio), log(1 + case.spread * case.alpha / case.p))


def _cut(like: Array) -> Array:
    """e - 1, in the arithmetic of the case."""
    return exp(constant(1.0, like) + 0 * like) - 1


def first_part_steps() -> Iterator[Step]:
    """On X1, s <= e - 1, so log(1 + s) <= 1 and log² <= log: (52a-b). Jensen for the concave logarithm, with the mass
    of X2 put at s = 0, gives E[1_X1 log(1+s)] <= log(1 + E[1_X1 s]) (52c), and E[1_X1 s] <= sqrt(E s²) <= t (52d).
    """  # noqa: D205 - the proof
    yield Step.vanishes("log(1 + s) = 1 at s = e - 1", sympy.log(1 + sympy.E - 1) - 1)
    yield Step.nonnegative("the logarithm is concave", -sympy.diff(sympy.log(1 + y), y, 2))


@claim(
    f"{A2}/step-equation-52",
    statement=r"\sum_{x\in X_1} p_d(x)\log^2(1+s(x)) \le \log(1+t),\quad X_1 = \{x: s(x) \le e-1\}",
    source=PROOF + ", (50)-(52)",
    domain=POINTS,
    readings=[RESTORED + ": 'in this case holds' is log(1+s) <= 1, then Jensen for log, then (46) under monotone log"],
    by=[derivation(first_part_steps, "all distributions of s"), search(spreads(), SPREADS)],
)
def first_part(case: Spread) -> Margin:
    """E[1_X1 log²(1 + s)] <= log(1 + t), t² = E s²."""
    squares = log(1 + case.s) ** 2 * is_below(case.s - _cut(case.s), 0)
    return Margin.at_most(case.expectation(squares), log(1 + case.t))


@first_part.mutant("no threshold: X_1 = X")
def _(case: Spread) -> Margin:
    return Margin.at_most(case.expectation(log(1 + case.s) ** 2), log(1 + case.t))


@first_part.mutant("half of it")
def _(case: Spread) -> Margin:
    squares = log(1 + case.s) ** 2 * is_below(case.s - _cut(case.s), 0)
    return Margin.at_most(case.expectation(squares), log(1 + case.t) / 2)


def concavity_steps() -> Iterator[Step]:
    """The second derivative of log² y is 2 (1 - log y)/y²: at most 0 exactly where y >= e."""
    curvature = sympy.diff(sympy.log(y) ** 2, y, 2)
    yield Step.vanishes("curvature", curvature - 2 * (1 - sympy.log(y)) / y**2)


def _chord(case: Spread, least: Array) -> Margin:
    points = least + case.s
    return Margin.at_least(log(case.expectation(points)) ** 2, case.expectation(log(points) ** 2))


@claim(
    f"{A2}/step-concave-from-e",
    statement=r"\log^2 y \text{ is concave on } [e, \infty)",
    source=PROOF + ", before (55)",
    domain="all finite distributions on y >= e",
    readings=[RESTORED + ": 'for reasons to be clarified below' is that 1 + s >= e on X_2"],
    by=[derivation(concavity_steps, "all y >= e"), search(spreads(), SPREADS)],
)
def squared_logarithm_is_concave(case: Spread) -> Margin:
    """Jensen at every finite distribution on [e, infinity)."""
    return _chord(case, _cut(case.s) + 1)


@squared_logarithm_is_concave.mutant("from 2 on")
def _(case: Spread) -> Margin:
    return _chord(case, _cut(case.s) * 0 + 2)


@squared_logarithm_is_concave.mutant("from 1 on")
def _(case: Spread) -> Margin:
    return _chord(case, _cut(case.s) * 0 + 1)


def second_part_steps() -> Iterator[Step]:
    """(53) conditions on X2, of mass pi. On X2 1 + s >= e, where log² is concave: E[log²(1+s) | X2] <= log²(1 +
    E[s | X2]) <= log²(1 + t/sqrt(pi)), as E[s | X2]² <= E[s² | X2] <= t²/pi by (46): (54), (55). (56): 1 <= s/(e - 1)
    on X2, so pi <= t²/(e - 1)². (57): pi log²(1 + t/sqrt(pi)) = t² (log(1 + y)/y)² with y = t/sqrt(pi) >= e - 1,
    and log(1 + y)/y falls: it is at most t² (1/(e - 1))².
    """  # noqa: D205 - the proof
    yield Step.vanishes("substitution", pi_ * sympy.log(1 + t_ / sympy.sqrt(pi_)) ** 2
                        - t_**2 * (sympy.log(1 + y) / y).subs(y, t_ / sympy.sqrt(pi_)) ** 2)  # fmt: skip
    fall = sympy.diff(sympy.log(1 + y) / y, y) * y**2
    yield Step.vanishes("slope times y²: y/(1+y) - log(1+y)", fall - (y / (1 + y) - sympy.log(1 + y)))
    slope = sympy.diff(sympy.log(1 + y) - y / (1 + y), y)
    yield Step.nonnegative("log(1+y) - y/(1+y) rises from 0", sympy.simplify(slope))


def _second(case: Spread) -> tuple[Array, Array]:
    """E[1_X2 log²(1 + s)] and the mass of X2."""
    beyond = 1 - is_below(case.s - _cut(case.s), 0)
    return case.expectation(beyond * log(1 + case.s) ** 2), case.expectation(beyond)


@claim(
    f"{A2}/step-equation-56",
    statement=r"p_d(X_2) \le t^2/(e-1)^2,\quad X_2 = \{x: s(x) > e-1\}",
    source=PROOF + ", (56)",
    domain=POINTS,
    readings=[RESTORED],
    by=[derivation(second_part_steps, "all distributions of s"), search(spreads(), SPREADS)],
)
def second_part_is_rare(case: Spread) -> Margin:
    """Markov's inequality for s²."""
    return Margin.at_most(_second(case)[1], (case.t / _cut(case.t)) ** 2)


@second_part_is_rare.mutant("t² in place of t²/(e-1)² for the tail of s, at the threshold 1/2")
def _(case: Spread) -> Margin:
    return Margin.at_most(case.expectation(1 - is_below(case.s, 0.5)), case.t**2)


@second_part_is_rare.mutant("(e-1)⁴ in place of (e-1)²")
def _(case: Spread) -> Margin:
    return Margin.at_most(_second(case)[1], case.t**2 / _cut(case.t) ** 4)


@claim(
    f"{A2}/step-equation-57",
    statement=r"\sum_{x\in X_2} p_d(x)\log^2(1+s(x)) \le \pi\log^2(1+t/\sqrt\pi) \le t^2/(e-1)^2,\quad \pi = p_d(X_2)",
    source=PROOF + ", (53)-(57)",
    domain=POINTS,
    readings=[RESTORED],
    rests_on=[f"{A2}/step-concave-from-e", f"{A2}/step-equation-56"],
    by=[derivation(second_part_steps, "all distributions of s"), search(spreads(), SPREADS)],
)
def second_part(case: Spread) -> Margin:
    """E[1_X2 log²(1 + s)], and its two bounds."""
    return _bounded_second(case, 1.0)


def _bounded_second(case: Spread, factor: float) -> Margin:
    squares, mass = _second(case)
    between = mass * log(1 + factor * case.t / sqrt(mass + is_zero(mass))) ** 2
    return Margin.at_most(squares, between) & Margin.at_most(between, (factor * case.t / _cut(case.t)) ** 2)


@second_part.mutant("t/2 in place of t")
def _(case: Spread) -> Margin:
    return _bounded_second(case, 0.5)


@second_part.mutant("the mass left out of the root")
def _(case: Spread) -> Margin:
    squares, mass = _second(case)
    return Margin.at_most(squares, mass * log(1 + case.t) ** 2)
