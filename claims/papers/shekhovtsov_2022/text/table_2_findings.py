"""Each sentence that the paper draws from Table 2, evaluated on our numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from claims.papers.shekhovtsov_2022.text.printed import SPLITS

if TYPE_CHECKING:
    from claims.papers.shekhovtsov_2022.text.table_2 import Row

#: Our lowest NELBO by split, bits, depth and encoder, as the printed table is keyed.
Table = dict[tuple[str, int, int, str], float]
#: "Longer codes" are those of these bits, of which the paper says that linear decoders generalise better.
LONG = (32, 64)
#: Nats of KL(q | p) below which the code says nothing: such a model is the unigram model.
SILENT = 0.05
#: Nats by which the training value of a model that learned anything is below the unigram model's.
GAINED = 1


def findings(rows: Sequence[Row], unigram: float) -> list[str]:
    """One note a sentence: the sentence, and what our lowest values make of it.

    `unigram` is the training value of the unigram model.
    """
    table: Table = {}
    for row in rows:
        table["train", row.bits, row.depth, row.encoder] = row.train_low
        table["test", row.bits, row.depth, row.encoder] = row.test_low
    settings = sorted({(split, row.bits, row.depth) for row in rows for split in SPLITS})
    ordered = partial(_ordered, table, {(row.bits, row.depth, row.encoder) for row in rows if _untrained(row, unigram)})
    linear, deep = ([one for one in settings if (one[2] > 0) is is_deep] for is_deep in (False, True))
    return [
        _unigram(rows, unigram),
        ordered(settings, ("e1", "e2"), "'e1 is consistently better than e2'"),
        ordered(settings, ("e2", "e3"), "'e2 is significantly better than e3'"),
        ordered(linear, ("e1", "e2"), "'e1 works better in this case' (linear decoder), against e2"),
        ordered(linear, ("e1", "e3"), "the same against e3"),
        ordered(deep, ("e1", "e2"), "'it works better even for non-linear decoders', against e2"),
        ordered(deep, ("e1", "e3"), "the same against e3"),
        _deep_on_frequencies(table),
        _overfitting(table),
        _linear_generalises(table),
        _best_is_linear(table),
        _collapse(rows),
        _retrieval(rows),
    ]


def _untrained(row: Row, unigram: float) -> bool:
    """Whether the code says nothing, or a model is no better than one without a code; NaN is no better either."""
    return not (row.divergence >= SILENT and row.train_low <= unigram - GAINED)


def _unigram(rows: Sequence[Row], unigram: float) -> str:
    """Which models are no better than the unigram model: what is said of their encoders is said of no training."""
    cells = [f"{row.bits} bits, depth {row.depth}, {row.encoder}" for row in rows if _untrained(row, unigram)]
    if not cells:
        return f"Every model's training value is at least {GAINED} nat below the unigram model's {unigram:.1f}."
    return (
        f"{len(cells)} of {len(rows)} models never left the unigram model or ended above it (KL(q|p) below {SILENT}, or"
        f" a training value not {GAINED} nat below {unigram:.1f}): {'; '.join(cells)}. After few epochs this is a fact"
        " about the schedule and not about the encoder: comparisons of two encoders leave these settings out, and their"
        " values and precision support no sentence of the paper."
    )


def _ordered(
    table: Table, untrained: set[tuple[int, int, str]], settings: Sequence[tuple[str, int, int]], pair: tuple[str, str],
    sentence: str,
) -> str:  # fmt: skip
    """In how many of the settings, those of untrained models left out, one encoder has the lower value."""
    better, worse = pair
    gaps = {
        one: table[*one, worse] - table[*one, better]
        for one in settings
        if untrained.isdisjoint({(*one[1:], better), (*one[1:], worse)})
    }
    left = f" ({len(settings) - len(gaps)} left out)" if len(gaps) < len(settings) else ""
    if not gaps:
        return f"{sentence}: not tested by this run{left}."
    against = [one for one in settings if gaps.get(one, 1) <= 0]
    where = "; ".join(f"{split}, {bits} bits, depth {depth}: {gaps[split, bits, depth]:.1f}"
                      for split, bits, depth in against)  # fmt: skip
    spread = f"{better} is lower by {min(gaps.values()):.1f} to {max(gaps.values()):.1f} nats"
    return f"{sentence}: {len(gaps) - len(against)} of {len(gaps)} settings{left}, {spread}" + (
        f"; not in {where}." if against else "."
    )


def _deep_on_frequencies(table: Table) -> str:
    said = []
    for bits in _bits(table):
        best = {kind: min(value for key, value in table.items() if key[:2] == ("test", bits) and key[3] == kind)
                for kind in ("e1", "e2")}  # fmt: skip
        said.append(f"{bits} bits: e1 {best['e1']:.1f}, e2 {best['e2']:.1f}")
    return (
        f"'deep encoders based on word frequencies are sub-optimal', best test value of any decoder: {'; '.join(said)}."
    )


def _overfitting(table: Table) -> str:
    """Test less training value, for e1: it grows with bits and depth where there is overfitting."""
    said = [
        f"{bits} bits, depth {depth}: {table['test', bits, depth, 'e1'] - value:.1f}"
        for (split, bits, depth, encoder), value in table.items()
        if split == "train" and encoder == "e1"
    ]
    return (
        f"'deep decoders in combination with longer bit-length lead to a significant overfitting',"
        f" test less training value with e1: {'; '.join(said)}."
    )


def _long(table: Table, sentence: str, told: Callable[[int], str]) -> str:
    """What is told of each long code that was run."""
    run = [bits for bits in _bits(table) if bits in LONG]
    if not run:
        return f"{sentence}: not run, no code here has 32 or 64 bits."
    missing = [str(bits) for bits in LONG if bits not in run]
    said = "; ".join(f"{bits} bits: {told(bits)}" for bits in run)
    return f"{sentence}: {said}" + (f"; {', '.join(missing)} bits not run." if missing else ".")


def _linear_generalises(table: Table) -> str:
    def told(bits: int) -> str:
        return ", ".join(
            f"{kind} {'yes' if tests[0] < min(tests[1:]) else 'no'} ({' / '.join(f'{value:.1f}' for value in tests)})"
            for kind in ("e1", "e2", "e3")
            for tests in [[table["test", bits, depth, kind] for depth in (0, 1, 2)]]
        )

    return _long(table, "'linear decoders generalise better under 32 and 64 bits', test at depths 0 / 1 / 2", told)


def _best_is_linear(table: Table) -> str:
    def told(bits: int) -> str:
        best = min((key for key in table if key[:2] == ("test", bits)), key=lambda key: table[key])
        return f"depth {best[2]} with {best[3]} ({table[best]:.1f})"

    return _long(table, "'in these cases the best encoder-decoder combination is linear', lowest test value", told)


def _collapse(rows: Sequence[Row]) -> str:
    """The code carries nothing where KL(q | p) is near 0."""
    least = {(row.encoder, row.depth): row.divergence for row in sorted(rows, key=lambda row: -row.divergence)}
    said = "; ".join(
        f"{kind} {' / '.join(f'{least[kind, depth]:.2f}' for depth in (0, 1, 2))}" for kind in ("e1", "e2", "e3")
    )
    return (
        f"'we did not observe (a more severe) posterior collapse with deeper models', least KL(q|p) over bits at depths"
        f" 0 / 1 / 2: {said}. Near 0 the code says nothing, here after few epochs or for good."
    )


def _retrieval(rows: Sequence[Row]) -> str:
    settings = sorted({(row.bits, row.depth) for row in rows})
    found = {(row.bits, row.depth, row.encoder): row.precision for row in rows}
    best = [max(("e1", "e2", "e3"), key=lambda kind: found[*one, kind]) for one in settings]
    exceptions = [f"{bits} bits, depth {depth}: {kind}" for (bits, depth), kind in zip(settings, best, strict=True)
                  if kind != "e1"]  # fmt: skip
    return (
        f"'simple encoders appear to facilitate similarity in Hamming distance': e1 has the highest precision in"
        f" {best.count('e1')} of {len(best)} settings" + (f"; not in {'; '.join(exceptions)}." if exceptions else ".")
    )


def _bits(table: Table) -> list[int]:
    return sorted({key[1] for key in table})
