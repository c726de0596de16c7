"""The built book, and a browser to read it with."""

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

#: `required` makes a missing browser a failure; a folder in the other takes that book for the one to be tested.
REQUIRED, BUILT = "LEMMATA_BROWSER", "LEMMATA_BOOK"

#: A browser that asks nothing of the network by itself.
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site; the first process that asks builds it, the others wait."""
    if os.environ.get(BUILT):
        return Path(os.environ[BUILT])
    pytest.importorskip("sphinx", reason="the book needs Sphinx: pip install 'lemmata[book]'")
    filelock = pytest.importorskip("filelock", reason="the book's tests need filelock: pip install 'lemmata[test]'")
    base = tmp_path_factory.getbasetemp()
    out = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "book"
    with filelock.FileLock(f"{out}.lock"):
        if not (out / "html" / "index.html").is_file():
            command = [sys.executable, "-m", "claims.cli", "book", "--out", str(out)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr[-4000:]
    return out / "html"


class _Silent(http.server.SimpleHTTPRequestHandler):
    """A server that does not report what it serves."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def address(book: Path) -> Iterator[str]:
    """Where this machine serves the book."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Silent, directory=str(book)))
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:  # noqa: F821 - an extra that only these tests need
    """A headless Chromium; without one the tests are skipped, or fail where one is required."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415
    except ImportError:
        found, missing = None, "playwright is not installed: pip install 'lemmata[test]'"
    else:
        missing = "no chromium on the PATH: apt install chromium"
    if found is None:
        (pytest.fail if os.environ.get(REQUIRED) == "required" else pytest.skip)(missing)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        yield started
        started.close()
