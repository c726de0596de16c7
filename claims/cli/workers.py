"""Run checks, in this process or in several; each result is handed over as soon as it is there."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claims.engine.registry import load_papers
from claims.engine.verify import Options, timed_examine

if TYPE_CHECKING:
    from claims.engine.claim import Claim


@dataclass(frozen=True)
class Outcome:
    """What became of one claim: its result and how it was run, or the error in which its check ended."""

    id: str
    result: dict[str, Any] | None = None
    run: dict[str, Any] | None = None
    error: str = ""
    traceback: str = ""


#: Receives each outcome, in the parent process.
Keep = Callable[[Outcome], None]


def run_checks(claims: Sequence[Claim], options: Options, jobs: int, keep: Keep) -> None:
    """Check every claim, several at once if `jobs` > 1; an error in one check leaves the others running.

    Raises:
        KeyboardInterrupt: on Ctrl-C or SIGTERM, after the workers have ended; what `keep` received stays.
    """
    workers = min(jobs, len(claims))
    with _signal(signal.SIGTERM, signal.default_int_handler):  # `timeout` and `kill` end it as Ctrl-C does
        if workers > 1:
            _in_workers(claims, options, workers, keep)
        else:
            for claim in claims:
                keep(_outcome(claim, options))


def _outcome(claim: Claim, options: Options) -> Outcome:
    try:
        result, run = timed_examine(claim, options)
    except Exception as error:  # a check is anyone's code: its error is reported
        return Outcome(claim.id, error=f"{type(error).__name__}: {error}", traceback=traceback.format_exc())
    return Outcome(claim.id, result, run)


def _outcome_of_id(id: str, options: Options, project: Path) -> Outcome:
    """In a worker: claims hold functions and do not travel, so the worker imports the papers itself."""
    return _outcome(load_papers(project)[id], options)


def _in_workers(claims: Sequence[Claim], options: Options, workers: int, keep: Keep) -> None:
    # Spawned, not forked: torch's threads and CUDA do not survive a fork.
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
    before = set(multiprocessing.active_children())
    try:
        # A process that starts here ignores Ctrl-C for good: the parent alone answers it, with one message.
        with _signal(signal.SIGINT, signal.SIG_IGN):
            futures = {pool.submit(_outcome_of_id, c.id, options, Path.cwd()): c.id for c in claims}
        for future in as_completed(futures):
            keep(_of_future(future, futures[future]))
    except BaseException:
        for worker in set(multiprocessing.active_children()) - before:
            worker.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _of_future(future: Future[Outcome], id: str) -> Outcome:
    try:
        return future.result()
    except BrokenProcessPool:
        return Outcome(id, error="its worker process died (out of memory?); try again with -j 1")
    except Exception as error:  # what came back does not travel, or the worker could not import the papers
        return Outcome(id, error=f"{type(error).__name__}: {error}", traceback=traceback.format_exc())


@contextlib.contextmanager
def _signal(number: signal.Signals, handler: Any) -> Iterator[None]:
    """Answer a signal in another way for a while."""
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, before)
