"""Proof of Theorem 2: the fraction of inputs that the reverse Markov inequality promises."""

from __future__ import annotations

from claims import Constant, Margin, claim, derivation, search
from claims.engine.arithmetic import constant
from claims.papers.pareek_risteski_2022.events import PROOF
from claims.papers.pareek_risteski_2022.laws import CONSTANT, JUST_BELOW, CutLaw, cut_laws
from claims.papers.pareek_risteski_2022.tower import ANY_LAW, LAWS, OF_A, quarter_steps


def _worked(case: CutLaw) -> list[str]:
    eps, mean = float(case.eps[0]), case.eps / 2
    below = float(case.chance(mean, mean, strict=True)[0])
    values = [float(v) for v in case.values(mean)[0]]
    return [
        f"eps = {eps:g}; A = {values} with weights {[float(w) for w in case.weight[0]]},"
        f" A = 1 with weight {float(case.at_one(mean, mean)[0]):g}: E[A] >= eps/2 = {eps / 2:g}",
        f"Pr[A >= eps/2] = {1 - below:g} < eps²/4 = {eps * eps / 4:g}",
        "by hand: eps = 0.8, A = 0.39 with probability 60/61 and 1 with 1/61: E[A] = 24.4/61 = 0.4 = eps/2,"
        " but Pr[A >= 0.4] = 0.0164 < 0.16 = eps²/4",
    ]


@claim(
    "pareek-risteski-2022/theorem-2/step-good-inputs",
    statement=r"\text{with probability at least } \epsilon^2(d)/4 \text{ over the choice of } z,\ "
    r"\Pr_{x\sim p(x\mid z)}[1(\ldots\le 1/5)] \ge \epsilon(d)/2",
    source=PROOF,
    domain=ANY_LAW,
    readings=[OF_A, "at least eps/2, though the sentence before has A > eps/2: the constant A = eps/2 is no witness"],
    rests_on=["pareek-risteski-2022/theorem-2/step-a"],
    effect="Follows from the slip before, and is false from E[A] >= eps/2 alone: nearly all of A may lie just below"
    " eps/2. Harmless: read eps/4 twice (repair), which is at least eps²/4; or use Lemma 21 in full"
    " (step-a/remark-rarer-noise), which gives the printed numbers for d >= log(4/eps).",
    by=[search(cut_laws(), LAWS, corners=(JUST_BELOW, CONSTANT))],
    worked=_worked,
)
def many_inputs_are_good(case: CutLaw) -> Margin:
    """Pr[A >= eps/2] >= eps²/4."""
    eps = case.eps
    return Margin.at_least(1 - case.chance(eps / 2, eps / 2, strict=True), eps * eps / 4)


@many_inputs_are_good.mutant("with probability at least eps²/8")
def _(case: CutLaw) -> Margin:
    eps = case.eps
    return Margin.at_least(1 - case.chance(eps / 2, eps / 2, strict=True), eps * eps / 8)


@many_inputs_are_good.mutant("more than eps/2")
def _(case: CutLaw) -> Margin:
    eps = case.eps
    return Margin.at_least(1 - case.chance(eps / 2, eps / 2), eps * eps / 4)


@claim(
    "pareek-risteski-2022/theorem-2/step-good-inputs/repair",
    statement=r"\text{with probability at least } \epsilon(d)/4 \text{ over the choice of } z,\ "
    r"\Pr_{x\sim p(x\mid z)}[1(\ldots\le 1/5)] \ge \epsilon(d)/4",
    source=PROOF,
    domain=ANY_LAW,
    repairs="pareek-risteski-2022/theorem-2/step-good-inputs",
    changes="eps/4 in place of eps²/4, which is smaller, and of eps/2",
    readings=[OF_A, "over z is over x = C(sgn z), uniform on {±1}^d: a fraction eps/4 of the inputs"],
    rests_on=["pareek-risteski-2022/theorem-2/step-a"],
    carried_by=["pareek-risteski-2022/theorem-2/step-a/repair"],
    by=[
        derivation(quarter_steps, "all laws on [0,1], all eps"),
        search(cut_laws(), LAWS, corners=(JUST_BELOW, CONSTANT)),
    ],
    constants={"fraction": Constant(0.25, 1.01)},
)
def a_fraction_of_inputs_is_good(case: CutLaw, fraction: float = 0.25) -> Margin:
    """Pr[A > eps/4] >= eps/4, and so Pr[A >= eps/4]."""
    eps = case.eps
    return Margin.at_least(1 - case.chance(eps / 4, eps / 2), constant(fraction, eps) * eps)


@a_fraction_of_inputs_is_good.mutant("a fraction eps/2")
def _(case: CutLaw) -> Margin:
    return a_fraction_of_inputs_is_good.margin(case, fraction=0.5)


@a_fraction_of_inputs_is_good.mutant("A >= eps/2 on a fraction eps/4")
def _(case: CutLaw) -> Margin:
    return Margin.at_least(1 - case.chance(case.eps / 2, case.eps / 2, strict=True), case.eps / 4)
