"""The pytest plugin: every claim is a test, and so is every mutant.

A claim's test is named by its id and passes when its verdict is the one recorded in the ledger. A mutant's
test, `<id>::mutant[<name>]`, passes when the mutant is refuted. The plugin never writes the ledger.

A project switches the tests on in its pytest configuration (`claims = "*"`, or ids, papers and globs); they
then run whenever pytest is called without paths. `--claims SELECTOR` asks for them once, in any project.
"""

# ruff: noqa: PLC0415 - pytest loads this in every project: the engine is imported once claims are asked for.

from __future__ import annotations

import contextlib
import inspect
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, final

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from claims.engine.claim import Claim, Mutant
    from claims.engine.evidence import Evidence
    from claims.engine.ledger import Ledger
    from claims.engine.registry import Registry
    from claims.engine.verdict import Verdict
    from claims.engine.verify import Options

#: Key by which a controller of pytest-xdist tells its workers which claims to collect: they are called with
#: paths, and so cannot tell whether the user gave any.
SELECTORS = "lemmata_selectors"

#: Characters of an array or a number that a failure shows; `lemmata show` has them in full.
WIDTH = 90


@dataclass(frozen=True)
class Run:
    """The claims of one pytest session, and how they are checked."""

    registry: Registry
    claims: Sequence[Claim]
    options: Options
    ledger: Ledger


RUN = pytest.StashKey[Run]()


class Disagreement(Exception):  # noqa: N818 - no error of the program: a verdict that is not the expected one
    """A verdict is not what it must be. The message is the whole report."""


class WorkerNode(Protocol):
    """What is used of pytest-xdist's node."""

    config: pytest.Config
    workerinput: dict[str, Any]


# --- options ------------------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options and the setting."""
    group = parser.getgroup("lemmata", "claims of papers (lemmata)")
    group.addoption(
        "--claims",
        action="append",
        metavar="SELECTOR",
        help="check these claims: an id, a paper, or a glob such as '*/lemma-*' (may be repeated)",
    )
    group.addoption("--claims-effort", metavar="EFFORT", help="quick, standard (default) or thorough")
    group.addoption("--claims-device", metavar="DEVICE", help="auto (default), cpu or cuda")
    group.addoption("--claims-seed", metavar="N", help="the same seed gives the same result (default: 0)")
    parser.addini("claims", "claims to check when no paths are given: '*', ids, papers or globs", "args")


def _selectors(config: pytest.Config) -> list[str]:
    """Which claims this session checks; none unless the user or the project asked for them."""
    workerinput: Mapping[str, Any] | None = getattr(config, "workerinput", None)
    if workerinput is not None:
        return list(workerinput[SELECTORS])
    if config.option.claims:
        return list(config.option.claims)
    return [] if config.args_source is config.ArgsSource.ARGS else list(config.getini("claims"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerNode) -> None:
    """Tell a worker of pytest-xdist what the controller was asked for."""
    node.workerinput[SELECTORS] = _selectors(node.config)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Find the claims, before anything runs: a mistake in the call is one line."""
    config = session.config
    asked = [config.option.claims_effort, config.option.claims_device, config.option.claims_seed]
    selectors = _selectors(config)
    if not selectors and asked == [None, None, None]:
        return
    from claims.engine.registry import ClaimError

    try:
        options = _options(*asked)
        if selectors:
            config.stash[RUN] = _prepare(config, selectors, options)
    except ClaimError as error:
        raise pytest.UsageError(str(error)) from error


def _options(effort: str | None, device: str | None, seed: str | None) -> Options:
    from claims.engine.registry import ClaimError
    from claims.engine.search.attack import EFFORTS
    from claims.engine.verify import Options, resolve_device

    if effort is not None and effort not in EFFORTS:
        raise ClaimError(f"--claims-effort: {effort!r} is unknown; write {', '.join(EFFORTS)}")
    if seed is not None and not (seed.isascii() and seed.isdecimal() and int(seed) < 2**63):
        raise ClaimError(f"--claims-seed: expected a whole number of at least 0, got {seed!r}")
    try:
        resolved = resolve_device(device or "auto")
    except ClaimError as error:
        raise ClaimError(f"--claims-device: {error}") from error
    return Options(int(seed or 0), effort or "standard", resolved)


def _prepare(config: pytest.Config, selectors: Sequence[str], options: Options) -> Run:
    from claims.engine.ledger import Ledger
    from claims.engine.registry import load_papers

    registry = load_papers(config.rootpath)
    folder = os.environ.get("LEMMATA_LEDGER")
    return Run(registry, registry.select(selectors), options, Ledger(Path(folder) if folder else None))


# --- items --------------------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Put the claims after the tests that pytest finds in files."""
    report = yield
    run = collector.config.stash.get(RUN, None)
    if isinstance(collector, pytest.Session) and run is not None and report.passed:
        report.result.extend(_items(collector, run))
    return report


def _items(session: pytest.Session, run: Run) -> Iterator[pytest.Item]:
    for claim in run.claims:
        yield ClaimItem.from_parent(session, name=claim.id, nodeid=claim.id, claim=claim, run=run)
        for mutant in claim.mutants:
            name = f"{claim.id}::mutant[{mutant.name}]"
            yield MutantItem.from_parent(session, name=name, nodeid=name, claim=claim, run=run, mutant=mutant)


class CheckItem(pytest.Item):
    """What a claim and a mutant have in common: where they are written, and how their failure reads."""

    def __init__(self, *, claim: Claim, run: Run, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.claim, self.run = claim, run

    def reportinfo(self) -> tuple[str, int, str]:
        """Where the check is written, and the test's name."""
        check = inspect.unwrap(self.claim.body)
        return inspect.getsourcefile(check) or "?", inspect.getsourcelines(check)[1] - 1, self.name

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Let a disagreement speak for itself; show an error in a check from where the check begins."""
        from claims.engine.registry import ClaimError

        if isinstance(excinfo.value, Disagreement | ClaimError):
            return str(excinfo.value)
        excinfo.traceback = excinfo.traceback.cut(path=__file__)
        # Many frames of the engine and of Hypothesis lie between: a line or two for each.
        return super().repr_failure(excinfo, "short" if self.config.option.tbstyle == "auto" else style)

    def found(self, verdict: Verdict) -> None:
        """Send the verdict to the summary, through pytest-xdist if need be."""
        self.user_properties.append(("verdict", verdict.value))

    def reproduce(self, *flags: str) -> str:
        """Return the command that runs this check again."""
        options = self.run.options
        effort = [] if options.effort == "standard" else [f"--effort {options.effort}"]
        return " ".join(["lemmata verify", self.claim.id, *flags, f"--seed {options.seed}", *effort])


@final
class ClaimItem(CheckItem):
    """The claim as printed: passes when its verdict is the recorded one.

    The recorded verdict counts surviving mutants against the claim. Here a mutant that survives fails as a
    test of its own, so the claim is judged with those survivors that the ledger already knows of.
    """

    def runtest(self) -> None:
        """Run every method of the claim, and compare."""
        from claims.engine.verify import attack, conclude, decide

        record = self.run.ledger.read(self.claim)
        with _one_thread():
            evidence = attack(self.claim, self.run.options)
        verdict, reason = conclude(self.claim, evidence, _known_survivors(record))
        self.found(verdict)
        expected = record["recorded"] if record else None
        if expected is None:
            raise Disagreement(
                f"{self.claim.id}: got {verdict.value}, and no verdict is recorded;"
                f" run `lemmata verify {self.claim.id} --record` to accept it"
            )
        if verdict != expected:
            shown = decide(evidence)
            lines = {
                "reason": reason,
                "scope": shown.scope,
                **_details(shown),
                "reproduce": f"{self.reproduce('--force')}; lemmata show {self.claim.id}",
                "accept": f"lemmata verify {self.claim.id} --record",
            }
            title = f"{self.claim.id}: expected {expected}, got {verdict.value} ({shown.method})"
            raise Disagreement(_text(title, lines))


@final
class MutantItem(CheckItem):
    """A claim made false on purpose: passes when the claim's check refutes it."""

    def __init__(self, *, mutant: Mutant, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mutant = mutant

    def runtest(self) -> None:
        """Attack the mutant."""
        from claims.engine.verify import attack_mutant

        with _one_thread():
            verdict = attack_mutant(self.claim, self.mutant, self.run.options)
        self.found(verdict)
        if verdict != "refuted":
            lines = {
                "meaning": "the check cannot tell the claim from this false variant",
                "check": self.claim.code,
                "reproduce": f"{self.reproduce('--mutants', '--force')}; lemmata show {self.claim.id}",
            }
            title = f"{self.claim.id}: mutant {self.mutant.name!r} survives"
            raise Disagreement(_text(f"{title}: expected refuted, got {verdict.value}", lines))


def _known_survivors(record: Mapping[str, Any] | None) -> list[str]:
    """Name the mutants that survived when the recorded verdict was found."""
    if record is None or record["recorded"] != record["result"]["verdict"]:
        return []
    return [mutant["name"] for mutant in record["result"]["mutants"] if mutant["verdict"] != "refuted"]


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Let sums have one order, as they have under `lemmata verify`."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _details(evidence: Evidence) -> dict[str, str]:
    """Tell what a reader needs to see why: the witness, or else the numbers."""
    from claims.engine.evidence import rounded

    witness = evidence.witness
    if witness is None:
        return {name.replace("_", " "): str(number) for name, number in rounded(evidence.numbers).items()}
    values = {f"witness {name}": str(value) for name, value in witness.values.items()}
    return {**values, "margin": f"{witness.violation} ({witness.route})"}


def _text(title: str, lines: Mapping[str, str]) -> str:
    told = {name: value for name, value in lines.items() if value}
    width = max(map(len, told))
    return "\n".join([title, *(f"  {name:<{width}}  {_cut(name, value)}" for name, value in told.items())])


def _cut(name: str, value: str) -> str:
    """One line of a number or an array; a command stays whole."""
    if name in ("reproduce", "accept") or len(value) <= WIDTH:
        return value
    return value[: WIDTH - 4] + " ..."


# --- summary ------------------------------------------------------------------------------------------------


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the verdicts by paper."""
    run = terminalreporter.config.stash.get(RUN, None)
    if run is None:
        return
    verdicts = {
        report.nodeid: dict(report.user_properties).get("verdict", "error")
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call"
    }
    papers: dict[str, list[Claim]] = {}
    for claim in run.claims:
        papers.setdefault(claim.paper, []).append(claim)
    lines = [line for paper, claims in papers.items() for line in _summary(paper, claims, verdicts)]
    if lines:
        terminalreporter.section("claims")
        for line in lines:
            terminalreporter.write_line(line)


def _summary(paper: str, claims: Sequence[Claim], verdicts: Mapping[str, object]) -> Iterator[str]:
    """Tell what was found of one paper; nothing if none of its claims and mutants was run."""
    from claims.engine.verdict import Verdict

    found = {claim.id: verdicts[claim.id] for claim in claims if claim.id in verdicts}
    names = [f"{claim.id}::mutant[{mutant.name}]" for claim in claims for mutant in claim.mutants]
    mutants = [verdicts[name] for name in names if name in verdicts]
    if not found and not mutants:
        return
    counts = Counter(found.values())
    verdict_names = (*(verdict.value for verdict in Verdict), "error")
    told = [f"{counts[name]} {name}" for name in verdict_names if counts[name]]
    if mutants:
        told.append(f"{mutants.count('refuted')} of {len(mutants)} mutants refuted")
    yield f"{paper}: {', '.join(told)}"
    refuted = [name for name, verdict in found.items() if verdict == "refuted"]
    if refuted:
        yield f"  refuted: {', '.join(refuted)}"
