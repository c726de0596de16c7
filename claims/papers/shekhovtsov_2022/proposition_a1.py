"""Proposition A.1: a harmonium as near to the joint as the encoder is to the posterior; each step of its proof."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import sympy

from claims import Margin, Step, claim, derivation, search
from claims.engine.arithmetic import Array, concatenate, constant, exp, total
from claims.papers.shekhovtsov_2022.bounds import EVEN, MILD, NEARLY_TIGHT, WIDE, mild, wide
from claims.papers.shekhovtsov_2022.models.finite_vae import FiniteVAE
from claims.papers.shekhovtsov_2022.models.projection import (
    extended,
    free_code,
    log_bases,
    mean_square,
    nearest,
    over_data,
    project,
)

A1 = "shekhovtsov-2022/proposition-a-1"
PROOF = "Appendix A.3, proof of Proposition A.1"
VAES = "all EF VAEs on finite X, Z, all priors, all measures mu on X, each z"
RESTORED = "the formula is lost and restored from the sentences around it"
MU = (
    "'assuming mu(x) > 0' makes the norm one; where mu is 0 it is a seminorm, and the statement holds all the same: P"
    " is then the projection in l2 of the support. mu is taken with sum 1, which changes neither P nor the inequality"
)
states, n, m = sympy.symbols("X n m", integer=True, positive=True)
D, P = (sympy.MatrixSymbol(name, states, states) for name in "DP")
G, R, psi = sympy.MatrixSymbol("G", states, m), sympy.MatrixSymbol("R", states, 1), sympy.MatrixSymbol("psi", m, 1)
log_px, log_pz, base, natural, a, b, inner, code = sympy.symbols("p_x p_z h f a b i g", real=True)


def decoder_code(vae: FiniteVAE) -> Array:
    """F(z) = (log p(z) - a(z) - log h'(z), f(z)): [N, Z, n + 1]."""
    free = vae.log_prior - vae.x.log_partition(vae.f) - vae.z.log_base(vae.f)
    return concatenate([free[..., None], vae.f], -1)


def by_decoder(vae: FiniteVAE) -> Array:
    """<(1, nu(x)), F(z)>: [N, X, Z]."""
    return extended(vae.x, vae.f) @ decoder_code(vae).mT


def by_encoder(vae: FiniteVAE, code: Array | None = None) -> Array:
    """<G(x), (1, psi(z))>, for the code G of the proof or another [N, X, m + 1]: [N, X, Z]."""
    return (free_code(vae) if code is None else code) @ extended(vae.z, vae.f).T


def expansion_steps() -> Iterator[Step]:
    """Bayes: log p(z|x) = log p(x|z) + log p(z) - log p(x) with (4a), and (4b) itself; here inner = <nu(x), f(z)> + log
    h(x). Adding log p(x) to both gives (24)-(30): all that depends on x alone goes into G's first component, all that
    depends on z alone into F's; the difference of the two is (31), where log p(x), log h and log h' cancel.
    """  # noqa: D205 - the proof
    bayes = (inner - a) + log_pz - log_px
    yield Step.vanishes("(23a)", bayes + log_px - (inner + (log_pz - a)))
    yield Step.vanishes("(31)", (bayes - (code - b)) - ((inner + log_pz - a) - (code + log_px - b)))


@claim(
    f"{A1}/step-equation-23",
    statement=r"\log p(z|x) = \log h(x) + \langle\nu(x), f(z)\rangle - a(z) + \log p(z) - \log p(x),\quad"
    r" \log q(z|x) = \log h'(z) + \langle\psi(z), g(x)\rangle - b(x)",
    source=PROOF + ", (23a), (23b)",
    domain=VAES,
    readings=[RESTORED],
    by=[derivation(expansion_steps, "all EF VAEs"), search(mild(), MILD, corners=NEARLY_TIGHT)],
)
def expansion(vae: FiniteVAE) -> Margin:
    """Posterior by Bayes and (4a); encoder by (4b)."""
    return _expanded(vae, vae.log_prior)


def _expanded(vae: FiniteVAE, prior: Array) -> Margin:
    linear = vae.x.log_base(vae.f)[:, None] + vae.x.statistics(vae.f) @ vae.f.mT
    posterior = linear - vae.x.log_partition(vae.f)[..., None, :] + prior[..., None, :] - vae.log_marginal[..., None]
    encoder = vae.z.log_base(vae.f) + vae.g @ vae.z.statistics(vae.f).T - vae.z.log_partition(vae.g)[..., None]
    # Through the probabilities: a logarithm near 0 has no relative accuracy.
    return Margin.equal(exp(posterior), exp(vae.log_posterior)) & Margin.equal(exp(encoder), exp(vae.log_encoder))


@expansion.mutant("prior ignored")
def _(vae: FiniteVAE) -> Margin:
    return _expanded(vae, 0 * vae.log_prior)


@expansion.mutant("prior squared")
def _(vae: FiniteVAE) -> Margin:
    return _expanded(vae, 2 * vae.log_prior)


def _represented(vae: FiniteVAE, bases: Array) -> Margin:
    joint = bases + by_decoder(vae)
    mixed = bases + by_encoder(vae)
    return Margin.equal(exp(joint), exp(vae.log_joint)) & Margin.equal(
        exp(mixed), exp(vae.log_encoder + vae.log_marginal[..., None])
    )


@claim(
    f"{A1}/step-equation-26",
    statement=r"\log p(x,z) = \log h h' + \langle(1,\nu(x)), F(z)\rangle,\quad"
    r" \log q(z|x)p(x) = \log h h' + \langle G(x), (1,\psi(z))\rangle",
    source=PROOF + ", (24)-(30)",
    domain=VAES,
    readings=[RESTORED + ": F(z) = (log p(z) - a(z) - log h'(z), f(z)), G(x) = (log p(x) - b(x) - log h(x), g(x))"],
    rests_on=[f"{A1}/step-equation-23"],
    by=[derivation(expansion_steps, "all EF VAEs"), search(mild(), MILD, corners=NEARLY_TIGHT)],
)
def representation(vae: FiniteVAE) -> Margin:
    """Both joints are bilinear in extended statistics and extended networks."""
    return _represented(vae, log_bases(vae))


@representation.mutant("base measure h dropped")
def _(vae: FiniteVAE) -> Margin:
    return _represented(vae, log_bases(vae) - vae.x.log_base(vae.f)[:, None])


@representation.mutant("base measures counted twice")
def _(vae: FiniteVAE) -> Margin:
    return _represented(vae, 2 * log_bases(vae))


def _residual(vae: FiniteVAE) -> Array:
    return by_decoder(vae) - by_encoder(vae)


def _differs(vae: FiniteVAE, other: Array) -> Margin:
    return Margin.equal(exp(_residual(vae)) * exp(vae.log_encoder), exp(other))


@claim(
    f"{A1}/step-equation-31",
    statement=r"\langle(1,\nu(x)), F(z)\rangle - \langle G(x), (1,\psi(z))\rangle = \log p(z|x) - \log q(z|x) =: R(x)",
    source=PROOF + ", (31)-(33)",
    domain=VAES,
    readings=[RESTORED + ": N F = G psi + R with rows (1, nu(x)) of N and G(x) of G"],
    rests_on=[f"{A1}/step-equation-26"],
    by=[derivation(expansion_steps, "all EF VAEs"), search(mild(), MILD, corners=NEARLY_TIGHT)],
)
def residuals(vae: FiniteVAE) -> Margin:
    """exp R = p(z|x)/q(z|x)."""
    return _differs(vae, vae.log_posterior)


@residuals.mutant("the joint in place of the posterior")
def _(vae: FiniteVAE) -> Margin:
    return _differs(vae, vae.log_joint)


@residuals.mutant("the decoder in place of the posterior")
def _(vae: FiniteVAE) -> Margin:
    return _differs(vae, vae.log_decoder)


def projection_steps() -> Iterator[Step]:
    """P projects orthogonally on the range of N in l2(mu): P² = P, P N = N, and D P symmetric for D = diag(mu). From
    N F = G psi + R follows N F = P N F = P G psi + P R (34), (35). The columns of P G lie in the range of N, so that
    N M = P G has a solution, in which neither z nor psi(z) occurs. And ‖R‖² - ‖P R‖² = ‖R - P R‖² + 2 <P R, R - P R>
    = ‖R - P R‖² (36), for <P R, R - P R> = R' P' D (I - P) R = R' D P (I - P) R = 0. Where mu vanishes the same is
    read on the support.
    """  # noqa: D205 - the proof
    yield Step.zero_matrix("(34), (35)", P * (G * psi + R) - P * G * psi - P * R)
    cross = D * P - D * P * P  # P' D = D P
    yield Step.zero_matrix("D P (I - P) at P² = P", cross.subs(P * P, P).doit().subs(P**2, P))
    dx = sympy.symbols("r s", real=True)
    yield Step.vanishes("‖R‖² - ‖PR‖² = ‖R - PR‖² + 2<PR, R - PR>", dx[0] ** 2 - dx[1] ** 2 - (dx[0] - dx[1]) ** 2
                        - 2 * dx[1] * (dx[0] - dx[1]))  # fmt: skip


def _kept(vae: FiniteVAE, target: Array, fitted: Array) -> Margin:
    return Margin.equal(exp(vae.seen(target.mT)), exp(vae.seen(fitted.mT)))


@claim(
    f"{A1}/step-equation-35",
    statement=r"P N = N:\ N F(z) = P G\,\psi(z) + P R(z),\ \text{ and } N M = P G \text{ with }"
    r" M \text{ independent of } z",
    source=PROOF + ", (34), (35)",
    domain=VAES,
    readings=[RESTORED, "where the data do not have all of X: on the support"],
    rests_on=[f"{A1}/step-equation-31"],
    by=[derivation(projection_steps, "all N, mu"), search(mild(), MILD, corners=NEARLY_TIGHT)],
)
def projected_equation(vae: FiniteVAE) -> Margin:
    """N F = P G psi + P R on the data: [N, X, Z]."""
    return _kept(vae, by_decoder(vae), by_encoder(vae, over_data(vae, free_code(vae))) + over_data(vae, _residual(vae)))


@projected_equation.mutant("R in place of P R")
def _(vae: FiniteVAE) -> Margin:
    return _kept(vae, by_decoder(vae), by_encoder(vae, over_data(vae, free_code(vae))) + _residual(vae))


@projected_equation.mutant("without P R")
def _(vae: FiniteVAE) -> Margin:
    return _kept(vae, by_decoder(vae), by_encoder(vae, over_data(vae, free_code(vae))))


@claim(
    f"{A1}/step-equation-36",
    statement=r"\|N F(z) - N M\psi(z)\|_\mu = \|P R(z)\|_\mu \le \|R(z)\|_\mu",
    source=PROOF + ", (36)",
    domain=VAES,
    readings=[RESTORED, MU],
    rests_on=[f"{A1}/step-equation-35"],
    by=[derivation(projection_steps, "all N, mu"), search(mild(), MILD, corners=NEARLY_TIGHT)],
)
def projection_shrinks(vae: FiniteVAE) -> Margin:
    """Mean squares over the data of P R and of R."""
    return _shrinks(vae, 1.0)


def _shrinks(vae: FiniteVAE, factor: float) -> Margin:
    r = _residual(vae)
    return Margin.at_most(mean_square(vae, over_data(vae, r)), factor * mean_square(vae, r))


@projection_shrinks.mutant("nine tenths of it")
def _(vae: FiniteVAE) -> Margin:
    return _shrinks(vae, 0.9)


@projection_shrinks.mutant("at each x")
def _(vae: FiniteVAE) -> Margin:
    r = _residual(vae)
    return Margin.at_most(vae.seen((over_data(vae, r) ** 2).mT), vae.seen((r * r).mT))


def joint_steps() -> Iterator[Step]:
    """(38)-(40): log p~ = log h h' + <(1, nu), M (1, psi)> and (26) for log p give log p - log p~ = N F - N M psi, of
    norm ‖P R‖ <= ‖R‖ = ‖log p(z|.) - log q(z|.)‖ by (36) and (31). u, v and the constant of (21) are M's border.
    """  # noqa: D205 - the proof
    fitted = sympy.Symbol("m", real=True)
    yield Step.vanishes("log p - log p~", (base + natural) - (base + fitted) - (natural - fitted))
    yield from projection_steps()


@claim(
    A1,
    statement=r"\exists W, u, v, c:\ \tilde p(x,z) = h h'\exp(\langle\nu, W\psi\rangle + \langle\nu,u\rangle +"
    r" \langle\psi,v\rangle + c),\quad \|\log p(\cdot,z) - \log\tilde p(\cdot,z)\|_\mu \le"
    r" \|\log p(z|\cdot) - \log q(z|\cdot)\|_\mu \text{ for each } z",
    source="Appendix A.3, Proposition A.1, (21), (22) and (37)-(40)",
    domain=VAES,
    readings=[RESTORED, MU, "a constant c belongs to (8) and (21): without it p~ = h h' where nu and psi vanish"],
    rests_on=[f"{A1}/step-equation-{k}" for k in (26, 31, 35, 36)],
    by=[derivation(joint_steps, "all EF VAEs on finite X"), search(wide(), WIDE, corners=(*EVEN, *NEARLY_TIGHT))],
)  # fmt: skip
def harmonium_near_the_joint(vae: FiniteVAE) -> Margin:
    """The harmonium of the proof; equality where the residual lies in the span of (1, nu)."""
    # Beside sizes of 1, for where the residual lies in that span both sides are the same but for rounding.
    return Margin.at_most(1 + project(vae).mean_square, 1 + _divergence(vae))


def _divergence(vae: FiniteVAE) -> Array:
    return mean_square(vae, vae.log_posterior - vae.log_encoder)


def out_of_reach(vae: FiniteVAE, most: Array, target: Array | None = None) -> Margin:
    """No W, u, v, c meets `most` [N, Z] for each z where not even the sum over z is met by the best of them."""
    return Margin.at_most(total(nearest(vae, target).mean_square), total(most))


@harmonium_near_the_joint.mutant("half of it, for no harmonium")
def _(vae: FiniteVAE) -> Margin:
    return out_of_reach(vae, _divergence(vae) / 4)


@harmonium_near_the_joint.mutant("base measures dropped from p~, for no W, u, v, c")
def _(vae: FiniteVAE) -> Margin:
    return out_of_reach(vae, _divergence(vae), vae.log_joint)


@harmonium_near_the_joint.mutant("W transposed, in the harmonium of the proof")
def _(vae: FiniteVAE) -> Margin:
    square = vae.f.shape[-1] == vae.g.shape[-1]
    return Margin.at_most(project(vae, transposed=square).mean_square, _divergence(vae))


@harmonium_near_the_joint.mutant("no constant c and no u")
def _(vae: FiniteVAE) -> Margin:
    mask = constant(np.array([0.0] + [1.0] * vae.g.shape[-1]), vae.f)
    stripped = by_encoder(vae, over_data(vae, free_code(vae)) * mask)
    return Margin.at_most(mean_square(vae, by_decoder(vae) - stripped), _divergence(vae))
