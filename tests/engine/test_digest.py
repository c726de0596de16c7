"""The digest tells stale evidence from fresh."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from claims.engine import digest as digests
from claims.engine.digest import code_digest

FILES = {
    "__init__.py": '"""A paper."""\n',
    "theorem.py": "import math\nfrom digest_probe.model import f\nfrom . import helper\n",
    "model.py": "from .deeper import g\nf = g\n",
    "deeper.py": "g = 1\n",
    "helper.py": "h = 2\n",
    "unrelated.py": "import digest_probe.model\n",
}


@pytest.fixture
def paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a package whose theorem reaches model, deeper and helper."""
    folder = tmp_path / "digest_probe"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.startswith("digest_probe")]:
        del sys.modules[name]
    forget()


def forget() -> None:
    """Empty the caches: sources change between calls only in tests."""
    importlib.invalidate_caches()
    for cached in (code_digest, digests._source, digests._imports):
        cached.cache_clear()


@pytest.fixture
def digest(paper: Path) -> Callable[[], str]:
    """Give the theorem's digest, computed anew."""

    def anew() -> str:
        forget()
        return code_digest("digest_probe.theorem")

    return anew


@pytest.mark.parametrize("name", ["theorem.py", "model.py", "deeper.py", "helper.py"])
def test_it_changes_with_what_the_check_imports(name: str, paper: Path, digest: Callable[[], str]) -> None:
    """Directly or through others, by absolute or by relative import."""
    before = digest()
    (paper / name).write_text(FILES[name] + "# changed\n")
    assert digest() != before


def test_it_ignores_what_the_check_does_not_import(paper: Path, digest: Callable[[], str]) -> None:
    """A neighbour may change, even one that imports the same modules."""
    before = digest()
    (paper / "unrelated.py").write_text("x = 1\n")
    (paper / "new.py").write_text("x = 1\n")
    assert digest() == before


def test_it_does_not_depend_on_the_folder(
    paper: Path, digest: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same sources elsewhere are as fresh."""
    before = digest()
    paper.parent.joinpath("elsewhere").mkdir()
    paper.rename(paper.parent / "elsewhere" / "digest_probe")
    monkeypatch.syspath_prepend(tmp_path / "elsewhere")
    for name in [name for name in sys.modules if name.startswith("digest_probe")]:
        del sys.modules[name]
    assert digest() == before


def test_a_claim_that_uses_the_engine_is_stale_when_the_engine_changes() -> None:
    """The digest reaches through `from claims import ...` to the methods."""
    reached = code_digest("claims.engine.methods.search")
    assert reached != code_digest("claims.engine.methods.interval")
