"""Where a symbol of the code is defined: `circuits.formats.aiger.read` is line 30 of circuits/formats/aiger.py."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from pkgutil import resolve_name

from claims.engine.registry import ClaimError

#: The folder that holds the three packages, benchmarks/, tests/ and docs/.
REPOSITORY = Path(__file__).resolve().parents[2]

#: What has symbols; nothing else is ever imported to look for one.
PACKAGES = ("circuits", "reductions", "claims")


@dataclass(frozen=True)
class Place:
    """A symbol's home: the module and the name in it ("" for the module itself), the file and the line."""

    module: str
    name: str
    path: str
    line: int

    @property
    def dotted(self) -> str:
        """The full name of the symbol where it is defined."""
        return f"{self.module}.{self.name}" if self.name else self.module


@dataclass(frozen=True)
class _Module:
    """What a file defines (name to line; `Class.method` too) and imports (name to dotted name)."""

    path: str
    lines: dict[str, int]
    imports: dict[str, str]


def source_page(path: str, line: int | None = None) -> str:
    """The address of a source file's page in the book, from the book's root; of a line if one is given."""
    return f"source/{path.removesuffix('.py')}.html" + (f"#L{line}" if line else "")


def locate(dotted: str) -> Place:
    """Where a module, class, function, method or constant of this repository is defined; re-exports are followed.

    Raises:
        ClaimError: if there is no such symbol in circuits, reductions or claims.
    """
    place = _locate(dotted)
    if place is None:
        raise ClaimError(f"no symbol {dotted!r} in circuits, reductions or claims: give its full dotted name")
    return place


@cache
def _locate(dotted: str) -> Place | None:
    parts = dotted.split(".")
    if parts[0] not in PACKAGES:
        return None
    cut = next((cut for cut in range(len(parts), 0, -1) if _module(".".join(parts[:cut]))), 0)
    # A function that has the name of its module, and that the package hands on, comes before the module.
    cuts = (cut - 1, cut) if cut == len(parts) > 1 else (cut,)
    return next((place for cut in cuts if cut and (place := _in_module(parts[:cut], parts[cut:]))), None)


def public_names(module: str) -> list[str]:
    """The public names that a module itself defines, in the order of the file.

    Raises:
        ClaimError: if there is no such module.
    """
    found = _module(module)
    if found is None:
        raise ClaimError(f"no module {module!r} in circuits, reductions or claims")
    return [name for name in found.lines if "." not in name and not name.startswith("_")]


def _in_module(path: Sequence[str], names: Sequence[str]) -> Place | None:
    dotted, name = ".".join(path), ".".join(names)
    module = _module(dotted)
    if module is None:
        return None
    if not names:
        return Place(dotted, "", module.path, 1)
    if name in module.lines:
        return Place(dotted, name, module.path, module.lines[name])
    if names[0] in module.imports:
        return _locate(".".join([module.imports[names[0]], *names[1:]]))
    return _inherited(dotted, names) if names[0] in module.lines else None


def _inherited(module: str, names: Sequence[str]) -> Place | None:
    """A member that a class has from another one: only the living class knows from which."""
    try:
        value = resolve_name(f"{module}:{'.'.join(names)}")
    except (AttributeError, ImportError, ValueError):
        return None
    value = inspect.unwrap(getattr(value, "fget", None) or value)
    home, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if not home or not name or (home, name) == (module, ".".join(names)):
        return None
    return _locate(f"{home}.{name}")


@cache
def _module(dotted: str) -> _Module | None:
    try:
        spec = find_spec(dotted)
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.origin or not Path(spec.origin).is_relative_to(REPOSITORY):
        return None
    path = Path(spec.origin)
    lines: dict[str, int] = {}
    imports: dict[str, str] = {}
    for statement in _statements(ast.parse(path.read_text(encoding="utf-8")).body):
        lines |= {name: line for name, line in _defined(statement) if name not in lines}
        # A package that imports one of its own modules defines nothing by it.
        if isinstance(statement, ast.ImportFrom) and statement.module not in (None, dotted) and not statement.level:
            imports |= {alias.asname or alias.name: f"{statement.module}.{alias.name}" for alias in statement.names}
    return _Module(path.relative_to(REPOSITORY).as_posix(), lines, imports)


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, those under `if TYPE_CHECKING` and `try` too."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If | ast.Try):
            yield from _statements(statement.body)
            yield from _statements(statement.orelse)


def _defined(statement: ast.stmt) -> Iterator[tuple[str, int]]:
    """The names that a statement defines, with their lines; a decorator belongs to what it decorates."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name, min([statement.lineno, *(each.lineno for each in statement.decorator_list)])
    if isinstance(statement, ast.ClassDef):
        for member in statement.body:
            yield from ((f"{statement.name}.{name}", line) for name, line in _defined(member))
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    for target in targets:
        for node in target.elts if isinstance(target, ast.Tuple) else [target]:
            if isinstance(node, ast.Name):
                yield node.id, statement.lineno
