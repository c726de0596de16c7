r"""A claim: one statement of a paper, as printed, with the program that attacks it.

>>> @claim("my-paper/lemma-1", statement=r"x + y \le 2\max(x, y)", source="Section 2",
...        domain="all real x, y", by=[search(pairs())])
... def sum_is_at_most_twice_the_larger(case):
...     return Margin.at_most(case.x + case.y, 2 * maximum(case.x, case.y))
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from claims.engine.margin import Margin
from claims.engine.registry import REGISTRY, ClaimError
from claims.engine.statistics import Budget

if TYPE_CHECKING:
    from claims.engine.evidence import Evidence

#: The statement that a method attacks: a case in, a margin (or what the method asks for) out.
Statement = Callable[..., Any]

ID = re.compile(r"^[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9-]*)+$")
#: The number of an item, as ids write it: `1`, `a-1` (A.1), `3-2` (3.2), `9a`.
NUMBER = r"(?:[a-z]-)?\d+(?:-\d+)*[a-z]?"
#: A kind and its number; a word may follow: `remark-1-padding`.
NUMBERED = re.compile(rf"^([a-z]+)-({NUMBER})(?=-[a-z]|$)")
#: A dollar that is not printed as one. A statement is in maths mode as it stands.
DOLLAR = re.compile(r"(?<!\\)\$")
KINDS = (
    "theorem", "lemma", "corollary", "proposition", "definition", "assumption", "example", "equation",
    "observation", "conclusion", "conjecture", "remark", "step", "repair", "table", "figure",
)  # fmt: skip

#: What all statistical checks together may spend on false alarms: each spends its part when it is declared.
SUITE = Budget()

#: Fewer than two mutants leave open whether a check sees the statement or merely one of its signs.
LEAST_MUTANTS = 2


class Method(Protocol):
    """How a check decides. One small class a method, in `claims.engine.methods`."""

    @property
    def name(self) -> str:
        """One of the vocabulary: symbolic, exhaustive, sat, interval, statistical, search, simulation."""
        ...

    @property
    def attacks(self) -> bool:
        """Whether the method can refute, and so is tested by mutants."""
        ...

    def decide(self, statement: Statement, context: Context) -> Evidence:
        """Try to prove the statement or to break it."""
        ...


@dataclass(frozen=True)
class Context:
    """What a run fixes for every check: seed, effort, device, and whether a witness is worth shrinking."""

    claim: str
    seed: int = 0
    effort: str = "standard"
    device: str = "cpu"
    shrink: bool = True
    worked: Callable[[Any], Sequence[str]] | None = None


@dataclass(frozen=True)
class Constant:
    """A printed constant: its value, and the factor per step by which tightening makes the claim stronger.

    `factor` > 1: the claim gets stronger as the constant grows; < 1: as it shrinks.
    """

    printed: float
    factor: float


@dataclass(frozen=True)
class Mutant:
    """A claim made false on purpose. Its check must say refuted."""

    name: str
    statement: Statement


@dataclass(frozen=True)
class Claim:
    """One statement of a paper. Declared with the decorator `claim`; see there for the fields."""

    id: str
    statement: str
    source: str
    domain: str
    by: tuple[Method, ...]
    body: Statement
    rests_on: tuple[str, ...] = ()
    carried_by: tuple[str, ...] = ()
    repairs: str | None = None
    changes: str = ""
    readings: tuple[str, ...] = ()
    effect: str = ""
    constants: Mapping[str, Constant] = field(default_factory=dict)
    worked: Callable[[Any], Sequence[str]] | None = None
    mutants: list[Mutant] = field(default_factory=list)

    @property
    def paper(self) -> str:
        """The part of the id before the first slash."""
        return self.id.split("/", 1)[0]

    @property
    def kind(self) -> str:
        """Theorem, lemma, step, repair, ...: what the last part of the id begins with."""
        return next(kind for kind in KINDS if self.id.rsplit("/", 1)[1].startswith(kind))

    @property
    def label(self) -> str:
        """How a reader would call it: `Theorem 4, step plug in d`, `Theorem A.1`, `Lemma 3.2`."""
        item, *parts = self.id.split("/")[1:]
        numbered = NUMBERED.sub(lambda found: f"{found[1]} {printed_number(found[2])}", item)
        whole = ", ".join(part.replace("-", " ") for part in (numbered, *parts))
        return whole[0].upper() + whole[1:]

    @property
    def code(self) -> str:
        """Where the check is written: `path:line`, the path relative to the folder that holds the package."""
        target = inspect.unwrap(self.body)
        path = Path(inspect.getsourcefile(target) or "?")
        package = inspect.getmodule(target)
        depth = package.__name__.count(".") + 1 + (path.name == "__init__.py") if package else 1
        return f"{'/'.join(path.parts[-depth:])}:{inspect.getsourcelines(target)[1]}"

    @property
    def summary(self) -> str:
        """First paragraph of the check's docstring: the statement in words."""
        return inspect.cleandoc(self.body.__doc__ or "").split("\n\n")[0].replace("\n", " ")

    def margin(self, case: Any, **constants: float) -> Margin:
        """The margin of the statement at a case, perhaps with other constants than the printed ones.

        Raises:
            TypeError: if the claim's check does not return a margin (a statistical one does not).
        """
        margin = self.body(case, **constants)
        if not isinstance(margin, Margin):
            raise TypeError(f"{self.id} returns {type(margin).__name__}, not a margin")
        return margin

    def mutant(self, name: str) -> Callable[[Statement], Statement]:
        """Declare a false variant of the statement, which the same methods must refute."""

        def declare(statement: Statement) -> Statement:
            if any(known.name == name for known in self.mutants):
                raise ClaimError(f"{self.id}: mutant {name!r} is declared twice")
            self.mutants.append(Mutant(name, statement))
            return statement

        return declare


def printed_number(number: str) -> str:
    """A number in an id as papers print it: `a-1` is A.1, `3-2` is 3.2, `9a` is 9a."""
    letter, *rest = number.split("-")
    return ".".join([letter.upper() if letter.isalpha() else letter, *rest])


def claim(
    id: str,
    *,
    statement: str,
    source: str,
    domain: str,
    by: Sequence[Method],
    rests_on: Sequence[str] = (),
    carried_by: Sequence[str] = (),
    repairs: str | None = None,
    changes: str = "",
    readings: Sequence[str] = (),
    effect: str = "",
    constants: Mapping[str, Constant] | None = None,
    worked: Callable[[Any], Sequence[str]] | None = None,
) -> Callable[[Statement], Claim]:
    """Declare a claim; the decorated function is its statement as mathematics.

    Args:
        id: `<paper>/<kind>-<number>`, proof steps and repairs below the claim: `.../lemma-5/repair`.
        statement: LaTeX, as printed.
        source: section and equation.
        domain: the set over which the claim quantifies, in words.
        by: methods, the cheapest first. Each is run; a refutation wins, then a proof of the whole domain.
        rests_on: ids of the claims that the printed proof uses. They must be declared before.
        carried_by: those repairs that suffice for this claim where what it rests on is refuted.
        repairs: id of the refuted claim that this one corrects.
        changes: what a repair changes in the claim that it corrects.
        readings: how slips of the pen and lost symbols were read.
        effect: for a claim that fails as printed, how much of the paper this touches.
        constants: printed constants whose slack is measured, by the name of the body's keyword argument.
        worked: writes the witness out, line by line, from the case that refutes.

    Raises:
        ClaimError: for a malformed, duplicate or unknown id, a missing field, a check that is no plain function, a
            statement with a dollar, or an inconsistent repair.
    """

    def declare(body: Statement) -> Claim:
        declared = Claim(
            id, statement, source, domain, tuple(by), body, tuple(rests_on), tuple(carried_by), repairs,
            changes, tuple(readings), effect, dict(constants or {}), worked,
        )  # fmt: skip
        _check_fields(declared)
        REGISTRY.add(declared)
        for method in declared.by:
            if (false_alarm := getattr(method, "false_alarm", None)) is not None:
                SUITE.spend(id, false_alarm)
        return declared

    return declare


def _check_fields(declared: Claim) -> None:
    if not ID.fullmatch(declared.id):
        raise ClaimError(f"{declared.id!r}: an id is <paper>/<kind>-<number>, in lower case, like my-paper/lemma-5")
    if not declared.id.rsplit("/", 1)[1].startswith(KINDS):
        raise ClaimError(f"{declared.id}: the last part must begin with one of {', '.join(KINDS)}")
    for name in ("statement", "source", "domain"):
        if not getattr(declared, name).strip():
            raise ClaimError(f"{declared.id}: {name} is missing; say it as the paper does")
    if DOLLAR.search(declared.statement):
        raise ClaimError(f"{declared.id}: statement has a $; it is in maths mode already, so leave the dollars out")
    if not declared.by:
        raise ClaimError(f"{declared.id}: by is empty; name at least one method")
    if (declared.repairs is None) != (not declared.changes):
        raise ClaimError(f"{declared.id}: repairs and changes belong together; give both or neither")
    _check_body(declared)


def _check_body(declared: Claim) -> None:
    # A reader is shown where the check is written: only a function has a place.
    if not inspect.isfunction(inspect.unwrap(declared.body)):
        kind = type(declared.body).__name__
        raise ClaimError(f"{declared.id}: the check is a {kind} object; write a plain function (def) that calls it")
    parameters = inspect.signature(declared.body).parameters
    if declared.constants and not any(method.attacks for method in declared.by):
        raise ClaimError(f"{declared.id}: constants need a method that attacks, to measure their slack")
    for name in declared.constants:
        if name not in parameters:
            raise ClaimError(f"{declared.id}: constant {name!r} is no keyword argument of the check")
