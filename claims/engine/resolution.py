"""Resolution: by how much a printed constant may be tightened before a counterexample appears."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from claims.engine.verdict import Verdict

if TYPE_CHECKING:
    from claims.engine.claim import Claim, Constant, Context

#: Doublings of the tightening tried: beyond factor ** 32 a constant says little, and the claim should say so.
DOUBLINGS = 6

#: Bisections after the first refutation: three give the slack to a twelfth of the last doubling.
BISECTIONS = 3


#: A slack is asked for some ten times, and an overlooked counterexample only makes it look larger.
RESOLUTION_EFFORT = "quick"


def resolution(claim: Claim, context: Context) -> dict[str, Any]:
    """For each printed constant: the tightest value that still held, and the loosest that was refuted."""
    quick = replace(context, shrink=False, effort=RESOLUTION_EFFORT)
    return {name: _slack(claim, name, constant, quick) for name, constant in claim.constants.items()}


def _slack(claim: Claim, name: str, constant: Constant, context: Context) -> dict[str, Any]:
    # The cheapest attack: resolution says what a check can see, and asks some ten times.
    attack = next(method for method in claim.by if method.attacks)

    def refuted(steps: float) -> bool:
        tightened = functools.partial(claim.body, **{name: constant.printed * constant.factor**steps})
        return attack.decide(tightened, context).verdict is Verdict.REFUTED

    holds, fails = 0.0, None
    step = 1 / 64
    for _ in range(DOUBLINGS * 2):
        if refuted(step):
            fails = step
            break
        holds, step = step, step * 2
    if fails is not None:
        for _ in range(BISECTIONS):
            middle = (holds + fails) / 2
            holds, fails = (holds, middle) if refuted(middle) else (middle, fails)
    return {
        "printed": constant.printed,
        "held_at": constant.printed * constant.factor**holds,
        "refuted_at": None if fails is None else constant.printed * constant.factor**fails,
    }
