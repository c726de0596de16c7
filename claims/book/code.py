"""Links from a claim to its code: the check, and the code of the model that the check calls by name."""

from __future__ import annotations

import inspect
import posixpath
from collections.abc import Callable, Iterable, Iterator
from html import escape
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from claims.book.homes import page
from claims.book.symbols import REPOSITORY, locate, source_page
from claims.engine.claim import Claim
from claims.engine.registry import ClaimError

#: The folders of this repository whose Python files have pages.
FOLDERS = ("circuits", "reductions", "claims", "benchmarks")

#: Where models are written; what the engine offers to every check tells nothing of one.
MODELS = ("circuits.", "reductions.", "claims.papers.")


def files(claims: Iterable[Claim]) -> dict[str, Path]:
    """The Python files that have pages: those of this repository, and those of the packages that declare the claims.

    Each by its path as `Claim.code` writes it, relative to the folder that holds the package.
    """
    found: dict[str, Path] = {}
    for claim in claims:
        path, file = claim.code.rpartition(":")[0], _file(claim)
        top, *below = path.split("/")
        if top in FOLDERS and file == REPOSITORY / path:
            continue
        holder = file.parents[len(below)]
        package = (holder / top).rglob("*.py") if below else [file]
        found |= {each.relative_to(holder).as_posix(): each for each in package}
    own = (each for folder in FOLDERS for each in (REPOSITORY / folder).rglob("*.py"))
    return dict(sorted((found | {each.relative_to(REPOSITORY).as_posix(): each for each in own}).items()))


def code_link(claim: Claim, from_page: str = "") -> str:
    """The check as `module.function`, linked to its line in the book's copy of the source.

    `from_page` is the page that the link stands on (its home if none is given), without suffix.
    """
    path, line = claim.code.rsplit(":", 1)
    function = claim.body.__qualname__.split(".", maxsplit=1)[0]
    name = f"{posixpath.basename(path).removesuffix('.py')}.{function}"
    return _link(name, source_page(path, int(line)), from_page or page(claim.id))


def _file(claim: Claim) -> Path:
    """The file that the check is written in."""
    return Path(inspect.getfile(inspect.unwrap(claim.body))).resolve()


def used_code(claim: Claim) -> list[str]:
    """Links to what of circuits, reductions and the papers' models the check calls: where a formula becomes code."""
    links = {}
    for value in called(inspect.unwrap(claim.body)):
        module = getattr(value, "__module__", None) or ""
        if not isinstance(value, (FunctionType, type)) or not module.startswith(MODELS):
            continue
        try:
            place = locate(f"{module}.{value.__qualname__}")
        except ClaimError:  # a function made within another one has no line that a name leads to
            continue
        name = ".".join(place.dotted.split(".")[-2:])
        links[place.dotted] = _link(name, source_page(place.path, place.line), page(claim.id))
    return list(links.values())


def called(function: Callable[..., Any]) -> Iterator[Any]:
    """The objects that a function names: globals, and attributes of globals that are modules."""
    pending = [function.__code__]
    while pending:
        code = pending.pop()
        pending += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
        named = [function.__globals__[name] for name in code.co_names if name in function.__globals__]
        modules = [value for value in named if isinstance(value, ModuleType)]
        yield from named
        yield from (getattr(module, name) for module in modules for name in code.co_names if hasattr(module, name))


def _link(name: str, address: str, from_page: str) -> str:
    """A link to a page of source; a long name may be broken at its underscores, which Markdown must not see."""
    target, _, line = address.partition("#")
    up = posixpath.relpath(target, posixpath.dirname(from_page) or ".")
    return f'<a class="code" href="{up}#{line}"><code>{escape(name).replace("_", "&#95;<wbr>")}</code></a>'
