"""Arguments that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

Selectors = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SELECTOR",
        help="Ids, papers or globs such as '*/lemma-*'. None selects every claim.",
        show_default=False,
    ),
]
LedgerFolder = Annotated[
    Path | None,
    typer.Option(
        "--ledger",
        metavar="DIR",
        envvar="LEMMATA_LEDGER",
        help="Keep records here instead of in the papers' own folders, which are then only read.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON (docs/json-schema.md) and nothing else.")]


class EffortName(StrEnum):
    """How much a check spends."""

    QUICK = "quick"
    STANDARD = "standard"
    THOROUGH = "thorough"


class DeviceName(StrEnum):
    """Where tensors live; `auto` is cuda where there is one."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
