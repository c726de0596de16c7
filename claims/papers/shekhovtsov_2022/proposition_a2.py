"""Proposition A.2: the logarithms of posterior and encoder are near each other in l2(p_d); a direct proof."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, exp, greatest, log
from claims.papers.shekhovtsov_2022.bounds import (
    EVEN,
    FINITE,
    LOST,
    PAIRS,
    SCOPE,
    SPREADS,
    Pair,
    Spread,
    bound,
    pairs,
    spreads,
    tilt,
    vaes,
)
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE
from claims.papers.shekhovtsov_2022.models.projection import mean_square
from claims.papers.shekhovtsov_2022.proposition_a2_steps import A2

y, alpha, p, q, u = sympy.symbols("y alpha p q u", positive=True)


def jensen_steps() -> Iterator[Step]:
    """Put h(w) = log²(1 + sqrt(w)), y = sqrt(w). h'(w) = k(y) = log(1+y)/(y(1+y)), and k'(y) = (y - (1+2y) log(1+y))/
    (y(1+y))², where log(1+y) >= y/(1+y) makes the numerator at most -y²/(1+y) < 0. So h is concave on all w >= 0, and
    E log²(1+s) = E h(s²) <= h(E s²) = log²(1 + sqrt(E s²)): no part of X must be treated on its own.
    """  # noqa: D205 - the proof
    k = sympy.log(1 + y) / (y * (1 + y))
    yield Step.vanishes("h' dw = k 2y dy", sympy.diff(sympy.log(1 + y) ** 2, y) - 2 * y * k)
    slope = (y - (1 + 2 * y) * sympy.log(1 + y)) / (y * (1 + y)) ** 2
    yield Step.vanishes("k'", sympy.together(sympy.diff(k, y) - slope))
    yield Step.vanishes("numerator at log(1+y) = y/(1+y)", y - (1 + 2 * y) * y / (1 + y) + y**2 / (1 + y))
    yield Step.nonnegative("log(1+y) - y/(1+y) rises from 0", sympy.simplify(
        sympy.diff(sympy.log(1 + y) - y / (1 + y), y)))  # fmt: skip


@claim(
    f"{A2}/remark-without-the-split",
    statement=r"E\log^2(1+s) \le \log^2\bigl(1+\sqrt{E s^2}\bigr) \text{ for all } s\ge0",
    source="Appendix A.3, proof of Proposition A.2: the partition (50) is not needed",
    domain="all finite distributions of s >= 0",
    readings=[
        "not printed: it replaces (50)-(57), and gives the bound log(1 + t) with nothing lost where s is constant"
    ],
    by=[derivation(jensen_steps, "all distributions of s"), search(spreads(), SPREADS)],
)
def jensen_at_once(case: Spread) -> Margin:
    """log²(1 + sqrt(w)) is concave in w >= 0."""
    return _jensen(case, case.t)


def _jensen(case: Spread, t: Array) -> Margin:
    return Margin.at_most(case.expectation(log(1 + case.s) ** 2), log(1 + t) ** 2)


@jensen_at_once.mutant("E s in place of sqrt(E s²)")
def _(case: Spread) -> Margin:
    return _jensen(case, case.expectation(case.s))


@jensen_at_once.mutant("nine tenths of t")
def _(case: Spread) -> Margin:
    return _jensen(case, 0.9 * case.t)


def proposition_steps() -> Iterator[Step]:
    """Fix z. |log p - log q| <= log(1 + s) with s = |p - q|/alpha (49), so its mean square is at most log²(1 +
    sqrt(E s²)) (remark-without-the-split), and E s² <= eps/(2 alpha²) = t² (46). Last, log(1 + t) <= t.
    """  # noqa: D205 - the proof
    yield from jensen_steps()
    eps = sympy.Symbol("epsilon", positive=True)
    yield Step.vanishes("t²", (sympy.sqrt(eps / 2) / alpha) ** 2 - eps / 2 / alpha**2)
    yield Step.nonnegative("t - log(1+t) rises from 0", sympy.simplify(sympy.diff(y - sympy.log(1 + y), y)))


def _near(vae: FiniteVAE, most: Array) -> Margin:
    return Margin.at_most(mean_square(vae, vae.log_posterior - vae.log_encoder), (most * most)[..., None])


@claim(
    A2,
    statement=r"E_{p_d}KL(q(z|x)\,\|\,p(z|x)) \le \epsilon,\ q(z|x),p(z|x)\ge\alpha \Rightarrow"
    r" \|\log p(z|\cdot) - \log q(z|\cdot)\|_{p_d} \le \log(1+t) \le t,\quad t=\sqrt{\epsilon/2}/\alpha",
    source="Appendix A.3, Proposition A.2, (41) and (42)",
    domain=FINITE + ", each z",
    readings=[LOST, "eps is E_pd KL itself: a larger eps gives a larger bound"],
    rests_on=[f"{A2}/step-equation-46", f"{A2}/step-equation-49", f"{A2}/remark-without-the-split"],
    by=[derivation(proposition_steps, "all finite X, Z"), search(vaes(), SCOPE, corners=EVEN)],
)
def encoder_is_near_the_posterior(vae: FiniteVAE) -> Margin:
    """The mean square of log p(z|x) - log q(z|x) over the data is at most log²(1 + t), for each z."""
    t = tilt(vae, vae.alpha())
    return _near(vae, bound(t)) & Margin.at_most(bound(t), t)


@encoder_is_near_the_posterior.mutant("eps/4 under the root")
def _(vae: FiniteVAE) -> Margin:
    return _near(vae, bound(tilt(vae, vae.alpha(), vae.gap() / 2)))


@encoder_is_near_the_posterior.mutant("sqrt(alpha) in place of alpha: only p, q >= alpha²")
def _(vae: FiniteVAE) -> Margin:
    return _near(vae, bound(tilt(vae, vae.alpha() ** 0.5)))


@encoder_is_near_the_posterior.mutant("only the posterior is at least alpha")
def _(vae: FiniteVAE) -> Margin:
    return _near(vae, bound(tilt(vae, exp(-greatest(greatest(-vae.log_posterior))))))


@encoder_is_near_the_posterior.mutant("only the encoder is at least alpha")
def _(vae: FiniteVAE) -> Margin:
    return _near(vae, bound(tilt(vae, exp(-greatest(greatest(-vae.log_encoder))))))


@encoder_is_near_the_posterior.mutant("no root of eps")
def _(vae: FiniteVAE) -> Margin:
    return _near(vae, bound(vae.gap() / 2 / vae.alpha()))


def sharper_steps() -> Iterator[Step]:
    """Let K = 2(1-alpha)/alpha; 2(1-u)/u falls in u, so it is at most K at u = min(p, q) >= alpha. Case q <= p: in p
    the derivative of (2(1-q)/q) d(q||p) - log²(p/q), which is 0 at p = q, is (2/p) [(1-q)(p-q)/(q(1-p)) - log(p/q)]
    >= 0, for log(p/q) <= (p-q)/q and 1-q >= 1-p. Case p <= q, with L = log(q/p): in q the derivative of (2(1-p)/p)
    d(q||p) - L², 0 at q = p, is twice (1-p)/p [L + log((1-p)/(1-q))] - L/q. The second logarithm is at least
    (q-p)/(1-p), so this is at least L [(1-p)/p - 1/q] + (q-p)/p: nonnegative where the bracket is, and else, for
    L <= (q-p)/p, at least (q-p)/p [(1-p)/p - 1/q + 1] = (q-p)²/(p² q) >= 0. K cannot be less: the limit p, q -> alpha.
    """  # noqa: D205 - the proof
    d = q * sympy.log(q / p) + (1 - q) * sympy.log((1 - q) / (1 - p))
    in_p = sympy.diff(2 * (1 - q) / q * d - sympy.log(p / q) ** 2, p)
    told_p = 2 / p * ((1 - q) * (p - q) / (q * (1 - p)) - sympy.log(p / q))
    yield Step.vanishes("case q <= p", sympy.simplify(in_p - told_p))
    off = sympy.diff(d, q) - sympy.log(q / p) - sympy.log((1 - p) / (1 - q))
    yield Step.vanishes("case p <= q: d/dq d(q||p) = L + log((1-p)/(1-q)), at q = p", off.subs(q, p))
    yield Step.vanishes("... and its slope in q", sympy.simplify(sympy.diff(off, q)))
    rest = (q - p) / p * ((1 - p) / p - 1 / q + 1)
    yield Step.vanishes("the rest", rest - (q - p) ** 2 / (p**2 * q))
    ratio = sympy.limit(sympy.log(p / q) ** 2 / sympy.series(d, p, q, 3).removeO(), p, q)
    yield Step.vanishes("the limit p -> q of log²/d is 2(1-q)/q", sympy.simplify(ratio - 2 * (1 - q) / q))
    yield Step.vanishes("K <= 1/(2 alpha²)", 1 / (2 * alpha**2) - 2 * (1 - alpha) / alpha
                        - (1 - 2 * alpha) ** 2 / (2 * alpha**2))  # fmt: skip


def reverse_pinsker(case: Pair, factor: float = 2.0) -> Margin:
    """log²(p/q) <= factor (1 - alpha)/alpha d(q||p)."""
    most = factor * (1 - case.alpha) / case.alpha * case.binary_divergence()
    return Margin.at_most(case.log_ratio**2, most)


@claim(
    f"{A2}/remark-squared-logarithm",
    statement=r"\log^2(p/q) \le \frac{2(1-\alpha)}{\alpha}\Bigl(q\log\frac qp + (1-q)\log\frac{1-q}{1-p}\Bigr)",
    source="Appendix A.3, behind Proposition A.2",
    domain="all p, q in [alpha, 1 - alpha], 0 < alpha <= 1/2; the constant is the best possible",
    readings=["not printed: it gives a bound that is sharper than (42) by Pinsker can be"],
    by=[derivation(sharper_steps, "all p, q, alpha"), search(pairs(), PAIRS)],
)
def squared_logarithm(case: Pair) -> Margin:
    """Between probabilities within [alpha, 1 - alpha]."""
    return reverse_pinsker(case)


@squared_logarithm.mutant("19/10 in place of 2")
def _(case: Pair) -> Margin:
    return reverse_pinsker(case, 1.9)


@squared_logarithm.mutant("1 in place of 1 - alpha, and 1 in place of 2")
def _(case: Pair) -> Margin:
    return Margin.at_most(case.log_ratio**2, case.binary_divergence() / case.alpha)
