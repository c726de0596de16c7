"""The experiment `table-2`: how each model's rate is chosen, by training values and the same rule for all."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from claims.papers.shekhovtsov_2022.text.printed import DEPTHS, ENCODERS
from claims.papers.shekhovtsov_2022.text.table_2_findings import SILENT

if TYPE_CHECKING:
    from claims.papers.shekhovtsov_2022.text.table_2 import Row

#: Frequencies are tiny numbers where counts are not, and few epochs want other rates than the printed 1e-3.
RATES = (1e-3, 4e-3, 1.6e-2, 6.4e-2, 2.56e-1)

#: By depth and encoder, for codes that are summed over and for longer ones. Found by the search below on training
#: values at 8 bits after 6 epochs, where a rate left the unigram model; else 4e-3 with e2 and 1.6e-2 with e3. ARM's
#: noise wants a lower one of e3 with a linear decoder, by training values at 16 bits (483 nats after 5 epochs, at
#: 6.4e-2 486 after 8); both are above the unigram model's 480, so that a still lower one may be better.
FOUND = {
    (0, "e1"): (1.6e-2, 1.6e-2),
    (0, "e2"): (4e-3, 4e-3),
    (0, "e3"): (6.4e-2, 1.6e-2),
    (1, "e1"): (4e-3, 4e-3),
    (1, "e2"): (4e-3, 4e-3),
    (1, "e3"): (1.6e-2, 1.6e-2),
    (2, "e1"): (4e-3, 4e-3),
    (2, "e2"): (4e-3, 4e-3),
    (2, "e3"): (1.6e-2, 1.6e-2),
}


def tuned(rates: Sequence[float], trained: Callable[[float], Row]) -> list[Row]:
    """Models of one encoder and decoder at rates out of an increasing list, by their value on the training documents.

    From the second rate upwards while the value falls, and if it does not fall at once, downwards while it does:
    the lowest of the list where the value first falls and then rises with the rate.
    """
    at = min(1, len(rates) - 1)
    found = [trained(rates[at])]
    for step in (range(at + 1, len(rates)), range(at - 1, -1, -1)):
        for i in step:
            found.append(trained(rates[i]))
            if best(found) is not found[-1]:
                break
        if best(found) is not found[0]:
            break
    return found


def best(found: Sequence[Row]) -> Row:
    """The model of the lowest last value on the training documents, never the test documents; NaN is no value."""
    return min(found, key=lambda row: math.inf if math.isnan(row.train_last) else row.train_last)


def about_the_rates(rows: Sequence[Row], pilots: Sequence[Sequence[Row]]) -> str:
    """How each model's rate was chosen, and where the choice may not be the best one."""
    if not pilots:
        said = "; ".join(f"{bits} bits: {_rates([row for row in rows if row.bits == bits])}"
                         for bits in sorted({row.bits for row in rows}))  # fmt: skip
        return (
            f"Rates at depths 0 / 1 / 2, {said}. They are fixed: by an earlier search by training values after 6 epochs"
            " at 8 bits; for deep decoders with e2 and e3, where no rate left the unigram model, by guess; and with e3"
            " lower where ARM's noise wanted it. This run tried no others. Test documents chose no rate."
        )
    said = _rates(rows)
    if all(len(tried) == 1 for tried in pilots):
        return f"Rates at depths 0 / 1 / 2: {said}; none was chosen."
    ends = [f"depth {best(tried).depth}, {best(tried).encoder}" for tried in pilots
            if best(tried).rate in (min(RATES), max(RATES))]  # fmt: skip
    same = [f"depth {best(tried).depth}, {best(tried).encoder}" for tried in pilots if best(tried).divergence < SILENT]
    return (
        f"Rates at depths 0 / 1 / 2: {said}. For each decoder and encoder it is the one of"
        f" {', '.join(f'{rate:g}' for rate in RATES)} whose value on the training documents is lowest after the epochs"
        f" at {pilots[0][0].bits} bits (climbing from {RATES[1]:g}; all that were tried are in the json under"
        " 'tried'), and serves all bits. Test documents chose no rate."
        + (f" At an end of the list, where a further rate may be better: {'; '.join(ends)}." if ends else "")
        + (f" No rate left the unigram model, so that the choice means little: {'; '.join(same)}." if same else "")
    )


def _rates(rows: Sequence[Row]) -> str:
    chosen = {(row.depth, row.encoder): row.rate for row in rows}
    return "; ".join(f"{kind} {' / '.join(f'{chosen[depth, kind]:g}' for depth in DEPTHS)}" for kind in ENCODERS)
