"""`lemmata verify`: run the checks whose evidence is not fresh, and compare with what is recorded."""

import os
import time
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from claims.cli.console import complain, stderr, stdout, write_json
from claims.cli.options import AsJson, DeviceName, EffortName, LedgerFolder, Selectors
from claims.cli.report import print_report, surviving
from claims.cli.workers import Outcome, run_checks
from claims.engine.claim import Claim
from claims.engine.schema import describe
from claims.engine.state import State
from claims.engine.verify import Options, is_fresh, resolve_device

#: What a shell expects of a program that Ctrl-C ended: 128 + SIGINT.
INTERRUPTED = 130


@dataclass
class Run:
    """One call of `verify`: what was asked, and what has been kept so far."""

    state: State
    options: Options
    record: bool
    debug: bool
    done: int = 0

    def pending(self, claims: list[Claim], force: bool) -> list[Claim]:
        """The claims to run, the longest (by their last run) first, lest one worker end alone with it."""
        todo = [c for c in claims if force or not is_fresh(c, self.options, self.state.records[c.id])]
        return sorted(todo, key=self._seconds, reverse=True)

    def _seconds(self, claim: Claim) -> float:
        record = self.state.records[claim.id]
        return float("inf") if record is None else float(record["run"].get("seconds", 0.0))

    def keep(self, outcome: Outcome) -> None:
        """Store one outcome at once, so that nothing is lost if the run ends here."""
        claim = self.state.registry[outcome.id]
        if outcome.result is None or outcome.run is None:
            self.state.errors[claim.id] = outcome.error
            complain(f"{claim.id}: the check ended in an error: {_one_line(outcome.error)}")
            if self.debug:
                typer.echo(outcome.traceback, err=True)
            return
        self.state.ledger.write(claim, outcome.result, outcome.run, record=self.record)
        self.state.records[claim.id] = self.state.ledger.read(claim)
        self.done += 1

    def accept(self, claims: list[Claim]) -> None:
        """Make the verdicts of fresh claims, which are not run again, the recorded ones."""
        for claim in claims:
            record = self.state.records[claim.id]
            if record is not None and claim.id not in self.state.errors and self.state.differs(claim.id):
                self.state.ledger.write(claim, record["result"], record["run"], record=True)
                self.state.records[claim.id] = self.state.ledger.read(claim)


def verify(  # noqa: PLR0917 - options, all of them given by name
    selectors: Selectors = None,
    effort: Annotated[EffortName, typer.Option(help="How much each check spends.")] = EffortName.STANDARD,
    device: Annotated[DeviceName, typer.Option(help="Where tensors live.")] = DeviceName.AUTO,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="The same seed gives the same result.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Run what is fresh, too.")] = False,
    mutants: Annotated[bool, typer.Option("--mutants", help="Show each mutant; exit 1 if one survives.")] = False,
    record: Annotated[bool, typer.Option("--record", help="Make these verdicts the recorded ones.")] = False,
    as_json: AsJson = False,
    jobs: Annotated[
        int | None,
        typer.Option("-j", "--jobs", min=1, metavar="N", help="Processes at once.", show_default="one a processor"),
    ] = None,
    ledger: LedgerFolder = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of a check that fails.")] = False,
) -> None:
    """Run the checks, compare with the record.

    Runs the checks whose evidence is not fresh, keeps each result in the ledger as soon as it is there, and
    compares the verdicts with those that are recorded.

    Exit code: 0 if each verdict is as recorded, 1 if one differs or a check ends in an error, 2 for a
    mistake in the call or the ledger, 130 after Ctrl-C (finished claims are kept; the same command goes on).

    Example: lemmata verify 'koehler-2022/*' --effort quick -j 2
    """
    started = time.perf_counter()
    options = Options(seed, effort.value, resolve_device(device.value))
    state = State.load(ledger)
    claims = state.registry.select(selectors or [])
    pending = _bring_up_to_date(Run(state, options, record, debug), claims, jobs or os.cpu_count() or 1, force)
    if as_json:
        write_json(describe(state, claims))
    else:
        seconds = time.perf_counter() - started
        print_report(stdout(), state, claims, mutants=mutants, ran=len(pending), seconds=seconds)
    failed = any(state.differs(claim.id) for claim in claims)
    if failed or state.errors or (mutants and surviving(state, claims)):
        raise typer.Exit(1)


def _bring_up_to_date(run: Run, claims: list[Claim], jobs: int, force: bool) -> list[Claim]:
    """Run what is pending and record what was asked; the claims that were run.

    Raises:
        ClaimError: before any work, if the ledger cannot be written.
    """
    pending = run.pending(claims, force)
    run.state.ledger.check_writable(claims if run.record else pending)
    if pending:
        _check(run, pending, jobs, force)
    if run.record:
        run.accept(claims)
    return pending


def _check(run: Run, pending: list[Claim], jobs: int, force: bool) -> None:
    """Run what is pending behind a progress bar, which only a terminal sees.

    Raises:
        typer.Exit: with code 130 on Ctrl-C, after one message.
    """
    counts = BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    columns = TextColumn("checking"), *counts, TextColumn("{task.description}")
    console = stderr()
    try:
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("", total=len(pending))

            def keep(outcome: Outcome) -> None:
                run.keep(outcome)
                progress.update(task, advance=1, description=outcome.id)

            run_checks(pending, run.options, jobs, keep)
    except KeyboardInterrupt:
        again = "the same command again without --force" if force else "the same command again"
        kept = f"{run.done} of {len(pending)} are done and kept in the ledger"
        complain(f"interrupted: {kept}; run {again} to go on")
        raise typer.Exit(INTERRUPTED) from None


def _one_line(text: str) -> str:
    return " ".join(text.split())
