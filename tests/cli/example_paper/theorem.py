"""Section 2: two theorems that use the false lemma; the repair carries one of them."""

from claims import Margin, claim, exhaustive
from example_paper.lemmas import Pair, positive_pairs

POSITIVE = "the integers x, y from 1 to 2"


@claim(
    "example-paper/theorem-1",
    statement=r"x \le 2(x + y)",
    source="Section 2",
    domain=POSITIVE,
    by=[exhaustive(positive_pairs, POSITIVE, complete=True)],
    rests_on=["example-paper/lemma-1", "example-paper/lemma-2"],
    carried_by=["example-paper/lemma-2/repair"],
)
def carried(case: Pair) -> Margin:
    """Twice a sum is at least its first term, which takes more words than a line of a table has room for.

    It follows from the lemma, were that true.
    """
    return Margin.at_most(case.x, 2 * (case.x + case.y))


carried.mutant("x + 9 for x")(lambda case: Margin.at_most(case.x + 9, 2 * (case.x + case.y)))
carried.mutant("a tenth of the sum")(lambda case: Margin.at_most(10 * case.x, case.x + case.y))


@claim(
    "example-paper/theorem-2",
    statement=r"x \le 3(x + y)",
    source="Section 2",
    domain=POSITIVE,
    by=[exhaustive(positive_pairs, POSITIVE, complete=True)],
    rests_on=["example-paper/lemma-2"],
)
def in_doubt(case: Pair) -> Margin:
    """Three times a sum is at least its first term."""
    return Margin.at_most(case.x, 3 * (case.x + case.y))


in_doubt.mutant("x + 20 for x")(lambda case: Margin.at_most(case.x + 20, 3 * (case.x + case.y)))
in_doubt.mutant("a tenth of the sum")(lambda case: Margin.at_most(10 * case.x, case.x + case.y))
