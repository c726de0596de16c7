"""Section 2: the approximation error (2), and the two conditions under which it "becomes zero"."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from claims import Margin, Step, claim, derivation, exhaustive, search
from claims.engine.arithmetic import Array, greatest, total
from claims.papers.shekhovtsov_2022.decoder_classes import (
    ANY_CLASSES,
    SCOPE,
    classes,
    parity_and_constant,
    shifted_parities,
)
from claims.papers.shekhovtsov_2022.optima import FiniteClasses, FreeEncoders, pick

ID = "shekhovtsov-2022/remark-two-conditions"
READ_AT = (
    "'ELBO must be tight at' some lost theta, read as the ELBO's optimum, of which the first condition speaks; read as"
    " theta_ML, the condition is sufficient (the repair) and as little necessary"
)
READ_2 = (
    "(2) and the parameters of both conditions are lost; if (2) is L(theta_ML) - ELBO(theta, phi), and tightness is"
    " asked for at theta_ML, the sentence is true: it is the repair"
)
WITNESS = "z two bits, uniform prior; encoders: all factorised ones"
PARITY = "x one pixel, p_d = 1/2; p(x=1|z) = 2/3 if z1 = z2 and 1/3 if not, so p(x=1) = 1/2 and theta_1 is ML"
GAP = (
    "its posteriors are (1/3, 1/6, 1/6, 1/3) and (1/6, 1/3, 1/3, 1/6); in spins the interaction is J = log(2)/2 <= 1,"
    " H(m1) + H(m2) + J m1 m2 <= 2 log 2 + (J - 1)(m1² + m2²)/2, so q = 1/4 is best: gap = log(9/8)/2 = .0589"
)


def at(values: Array, by: Array) -> Array:
    """The values [N, K] at the maximiser of `by` [N, K]: [N]."""
    return total(pick(by) * values)


def error(case: FiniteClasses | FreeEncoders, of: Array | None = None) -> Array:
    """L(theta_ML) - L(theta_VAE), eq. (2), or with the maximiser of `of` for theta_VAE: [N]."""
    return greatest(case.likelihood) - at(case.likelihood, case.elbo if of is None else of)


def error_steps() -> Iterator[Step]:
    """theta_ML maximises L, so the error is >= 0. Where it is attained ELBO(theta_VAE) >= ELBO(theta_ML), that is
    L(theta_VAE) - gap(theta_VAE) >= L(theta_ML) - gap(theta_ML) by (1b); with L(theta_VAE) = L(theta_ML) - e,
    gap(theta_ML) - gap(theta_VAE) - e = ELBO(theta_VAE) - ELBO(theta_ML) >= 0, and gap(theta_VAE) >= 0.
    """  # noqa: D205 - the proof
    likelihood, e, gap_ml, gap_vae = sympy.symbols("L e g_ML g_VAE", real=True)
    rise = (likelihood - e - gap_vae) - (likelihood - gap_ml)
    yield Step.vanishes("ELBO(VAE) - ELBO(ML) = gap(ML) - gap(VAE) - e", rise - (gap_ml - gap_vae - e))


@claim(
    "shekhovtsov-2022/equation-2",
    statement=r"0 \le L(\theta_{ML}) - L(\theta_{VAE}) \le E_{p_d} D_{KL}(q_{\phi}(z|x)\|p_{\theta_{ML}}(z|x)),"
    r"\ \theta_{ML} \in \arg\max_\theta L(\theta),\ \theta_{VAE} \in \arg\max_\theta\max_\phi L_B(\theta,\phi)",
    source="Section 2, eq. (2)",
    domain=ANY_CLASSES,
    readings=[
        "(2) is lost and restored as 'the likelihood difference', Appendix C.1's error 'in the decoder'",
        "(2) is a definition; the bounds are what follows at once, with phi the best encoder of theta_ML",
    ],
    by=[derivation(error_steps, "all classes"), search(classes(), SCOPE)],
)
def error_is_at_most_the_gap(case: FiniteClasses) -> Margin:
    """The error is >= 0 and at most the gap at the ML parameters."""
    return _bounded(case, case.elbo)


def _bounded(case: FiniteClasses, optimum_of: Array, share: float = 1.0) -> Margin:
    """L(theta_ML) - share * gap(theta_ML) <= L(theta_VAE) <= L(theta_ML)."""
    reached = at(case.likelihood, optimum_of)
    least = at(case.likelihood - share * case.gap, case.likelihood)
    return Margin.at_most(reached, greatest(case.likelihood)) & Margin.at_least(reached, least)


@error_is_at_most_the_gap.mutant("a quarter of the gap")
def _(case: FiniteClasses) -> Margin:
    return _bounded(case, case.elbo, share=0.25)


@error_is_at_most_the_gap.mutant("theta_VAE has the least gap")
def _(case: FiniteClasses) -> Margin:
    return _bounded(case, -case.gap)


def sufficient(case: FreeEncoders, share: float = 0.0) -> Margin:
    """Where the ELBO's optimum is tight, the error is at most `share` of itself: zero."""
    left = at(case.tight, case.elbo) * error(case)
    return Margin.at_most(left, share * left)


def necessary(case: FreeEncoders, share: float = 0.0) -> Margin:
    """Where the ELBO's optimum is the likelihood's, so that the error is zero, it is tight."""
    left = total(pick(case.elbo) * pick(case.likelihood)) * at(1 - case.tight, case.elbo)
    return Margin.at_most(left, share * left)


def worked_sufficient(case: FreeEncoders) -> list[str]:  # noqa: ARG001 - this witness
    """The two decoders by hand."""
    return [
        PARITY,
        GAP,
        "theta_2: p(x=1) = 3/7 for all z: posterior = prior, tight; its error is log(49/48)/2 = .0103",
        "49/48 < 9/8: ELBO(theta_2) = L_ML - .0103 > ELBO(theta_1) = L_ML - .0589: theta_2 is optimal for the ELBO and"
        " tight at it, and its error (2) is positive",
    ]


def worked_necessary(case: FreeEncoders) -> list[str]:  # noqa: ARG001 - this witness
    """The shifted parities by hand."""
    return [
        PARITY,
        GAP,
        "decoders: its odds 2 and 1/2 times a; a = 1 is the only maximiser of L, for p(x=1) grows with a",
        "|J| <= log 2 < 1 for every a > 0 and the posterior depends on z1 = z2 only, so q = 1/4 is always best: the"
        " ELBO is the mean over x, z of log p(x|z), concave in log a and the same at 1/a: a = 1 maximises it, too",
        "error 0 (for a in (0, oo), and for the single decoder a = 1), and the ELBO is not tight: the gap is .0589",
    ]


def worked_both(case: FreeEncoders) -> list[str]:
    """Not sufficient, then not necessary."""
    second = worked_necessary(case)[2:]
    return [*worked_sufficient(case), "that is 'not sufficient'; the same theta_1 shows 'not necessary':", *second]


def _witnesses() -> Iterator[FreeEncoders]:
    yield from parity_and_constant()
    yield from shifted_parities()


@claim(
    ID,
    statement=r"L(\theta_{ML}) - L(\theta_{VAE}) = 0 \iff \text{parameters are optimal for the ELBO, and the ELBO is"
    r" tight there}",
    source="Section 2, after (2)",
    domain=ANY_CLASSES,
    readings=[READ_AT, READ_2],
    rests_on=["shekhovtsov-2022/equation-2"],
    effect="Neither direction holds for (2) = L(theta_ML) - L(theta_VAE), which 'likelihood difference' and Appendix"
    " C.1's 'error (2) in the decoder' favour: a tight optimum may be far from the likelihood's, which is the paper's"
    " own pull, and an error of zero does not make a VAE consistent. The analysis of tightness does not need the"
    " sentence, but Corollary 2 argues with it. For the other (2) the sentence is true: the repair.",
    by=[exhaustive(_witnesses, WITNESS)],
    worked=worked_both,
)
def error_vanishes_if_and_only_if_tight(case: FreeEncoders) -> Margin:
    """Both directions; the first two mutants show that each one fails by itself."""
    return sufficient(case) & necessary(case)


@error_vanishes_if_and_only_if_tight.mutant("sufficient: an optimum that is tight has no error")
def _(case: FreeEncoders) -> Margin:
    return sufficient(case)


@error_vanishes_if_and_only_if_tight.mutant("necessary: where the error is zero the optimum is tight")
def _(case: FreeEncoders) -> Margin:
    return necessary(case)


@error_vanishes_if_and_only_if_tight.mutant("tight decoders have no error, optimal or not")
def _(case: FreeEncoders) -> Margin:
    left = greatest(case.tight * (greatest(case.likelihood)[..., None] - case.likelihood))
    return Margin.at_most(left, 0 * left)


def conditions_steps() -> Iterator[Step]:
    """By (1b) max L - max ELBO = L(theta_ML) - L(theta_VAE) + gap(theta_VAE), a sum of two numbers >= 0: it is zero if
    and only if both are. And max ELBO >= L(theta) - gap(theta) at every theta_ML, so it is at most the least gap of an
    ML parameter: zero if the ELBO is tight at one. Conversely if it is zero, theta_VAE is itself such a parameter.
    """  # noqa: D205 - the proof
    best, vae, gap = sympy.symbols("L_ML L_VAE g_VAE", real=True)
    yield Step.vanishes("max L - max ELBO = error + gap", best - (vae - gap) - ((best - vae) + gap))


@claim(
    f"{ID}/repair",
    statement=r"\max L - \max L_B = [L(\theta_{ML}) - L(\theta_{VAE})] + E_{p_d}D_{KL}(q\|p_{\theta_{VAE}}(z|x)):"
    r"\ \max L - \max L_B = 0 \iff \text{error and gap are both zero} \iff \text{the ELBO is tight at some }"
    r" \theta_{ML}",
    source="Section 2, after (2), corrected",
    domain=ANY_CLASSES,
    repairs=ID,
    changes="max L - max ELBO, that is error and gap, for the error (2) alone; tight at a maximum likelihood parameter,"
    " for tight at the optimum",
    by=[derivation(conditions_steps, "all classes"), search(classes(), SCOPE)],
)
def error_and_gap_vanish_together(case: FiniteClasses) -> Margin:
    """max L = max ELBO + error + gap(theta_VAE), and max ELBO >= L - gap at theta_ML."""
    return _conditions(case, error(case) + at(case.gap, case.elbo))


def _conditions(case: FiniteClasses, parts: Array) -> Margin:
    most = greatest(case.elbo)
    return Margin.equal(greatest(case.likelihood), most + parts) & Margin.at_least(
        most, at(case.likelihood - case.gap, case.likelihood)
    )


@error_and_gap_vanish_together.mutant("the error alone")
def _(case: FiniteClasses) -> Margin:
    return _conditions(case, error(case))


@error_and_gap_vanish_together.mutant("the gap at theta_ML in place of theta_VAE")
def _(case: FiniteClasses) -> Margin:
    return _conditions(case, error(case) + at(case.gap, case.likelihood))
