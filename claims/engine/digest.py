"""The digest of the code that a check executes: its own module and what it imports of ours, transitively.

Ours are the three packages and the top-level package of the claim's own paper. The digest tells stale evidence
from fresh; library versions are recorded beside it but do not make evidence stale.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from collections.abc import Iterator
from functools import cache
from pathlib import Path

OURS = ("claims", "reductions", "circuits")


@cache
def code_digest(module: str) -> str:
    """SHA-256 over the sources that the module reaches by imports, in the order of their names."""
    ours = frozenset((*OURS, module.split(".", 1)[0]))
    reached: dict[str, Path] = {}
    pending = [module]
    while pending:
        name = pending.pop()
        path = _source(name)
        if path is None or name in reached:
            continue
        reached[name] = path
        pending.extend(found for found in _imports(path, name) if found.split(".", 1)[0] in ours)
    digest = hashlib.sha256()
    for name in sorted(reached):
        digest.update(name.encode() + b"\0" + reached[name].read_bytes() + b"\0")
    return digest.hexdigest()


@cache
def _source(module: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return None
    return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None


@cache
def _imports(path: Path, module: str) -> frozenset[str]:
    """Names that may be modules: `from a import b` gives both a and a.b."""
    return frozenset(_named(path, module))


def _named(path: Path, module: str) -> Iterator[str]:
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            absolute = importlib.util.resolve_name(base, package) if node.level else base
            yield absolute
            yield from (f"{absolute}.{alias.name}" for alias in node.names)
