"""The entry point: commands, help, and the exit code of every mistake."""

from collections.abc import Sequence
from typing import cast

import typer

from circuits.error import CircuitError
from claims.cli import circuit
from claims.cli.book import book
from claims.cli.console import complain
from claims.cli.coverage import coverage
from claims.cli.errata import errata
from claims.cli.graph import graph
from claims.cli.hardness import hardness
from claims.cli.instance import instance
from claims.cli.list import list_claims
from claims.cli.reduce import reduce
from claims.cli.reproduce import reproduce
from claims.cli.show import show
from claims.cli.verify import verify
from claims.engine.registry import ClaimError

#: The user asked for something that cannot be done: a bad selector, an unreadable ledger, a missing device.
USAGE = 2

#: What typer raises for a mistake in the call; where its class lives depends on the version.
CallError = cast("type[typer.BadParameter]", typer.BadParameter.__base__)

app = typer.Typer(
    name="lemmata",
    help="""The claims of machine-learning theory, made executable.

    Each claim of a paper is proved, supported, refuted with a witness, or inconclusive. A SELECTOR is an
    id (koehler-2022/lemma-5), a paper (koehler-2022) or a glob in quotes ('*/theorem-*'); none selects
    every claim.

    Start with: lemmata list, then lemmata verify, then lemmata errata.""",
    no_args_is_help=True,
    add_completion=False,
    # Plain help: it wraps at any width, and takes asterisks and brackets for what they are.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("list")(list_claims)
app.command("show")(show)
app.command("verify")(verify)
app.command("errata")(errata)
app.command("graph")(graph)
app.command("coverage")(coverage)
app.command("book")(book)
app.command("instance")(instance)
app.command("hardness")(hardness)
app.command("reproduce")(reproduce)
app.command("reduce")(reduce)
app.add_typer(circuit.app, name="circuit")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0, 1, 2 or 130 (see `lemmata verify --help`)."""
    try:
        code = app(args=None if arguments is None else list(arguments), prog_name="lemmata", standalone_mode=False)
    except CallError as error:
        _misused(error)
        return USAGE
    except (ClaimError, CircuitError) as error:
        complain(str(error))
        return USAGE
    except OSError as error:
        # What no command has seen coming. Exit code 1 would be an answer: a claim refuted, a circuit no bijection.
        complain(f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error))
        return USAGE
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return code if isinstance(code, int) else 0


def _misused(error: typer.BadParameter) -> None:
    """One line for a mistake in the call; the help where a command that needs arguments has none."""
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        return
    help_at = f" (see {error.ctx.command_path} --help)" if error.ctx is not None else ""
    complain(" ".join(error.format_message().split()) + help_at)
