"""`lemmata book`: build the book, and show it."""

import functools
import http.server
import threading
import webbrowser
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Annotated

import typer

from claims.cli.console import complain, stderr, stdout
from claims.engine.registry import ClaimError

INTERRUPTED = 130


def book(
    output: Annotated[Path, typer.Option("--out", metavar="DIR", help="Build here; the site is in DIR/html.")] = Path(
        "build/book"
    ),
    show: Annotated[bool, typer.Option("--open", help="Serve the book on this machine and open a browser.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port for --open; 0 takes any that is free.")] = 0,
) -> None:
    """Build the book: every paper's claims, errata, graphs, guides.

    A static site, made from the registry and the ledger; it needs no network. Runs no check. DIR must be new, empty,
    or that of a book, which is replaced once the new one is complete.

    Example: lemmata book --open
    """
    try:
        from claims.book.site import build  # noqa: PLC0415 - imports Sphinx
    except ImportError as error:
        raise ClaimError(f"the book is built with Sphinx ({error}): pip install 'lemmata[book]'") from error
    try:
        with _listening(port) if show else nullcontext() as server:
            with stderr().status("Building the book (about a minute)"):
                front = build(output)
            stdout().print(str(front))
            if server is not None:
                _serve(server, front.parent)
    except KeyboardInterrupt:
        complain("interrupted; a book that was there before stays as it is")
        raise typer.Exit(INTERRUPTED) from None


class _Pages(http.server.SimpleHTTPRequestHandler):
    """Gives the files of the book, and does not report each."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _listening(port: int) -> http.server.ThreadingHTTPServer:
    """A server that has its port, before the book is built.

    Raises:
        ClaimError: if the port is taken.
    """
    try:
        return http.server.ThreadingHTTPServer(("127.0.0.1", port), _Pages)
    except OSError as error:
        raise ClaimError(f"--port {port}: {error.strerror}; give another, or 0 for any") from error


def _serve(server: http.server.ThreadingHTTPServer, folder: Path) -> None:
    """Serve until Ctrl-C."""
    server.RequestHandlerClass = functools.partial(_Pages, directory=str(folder))
    address = f"http://127.0.0.1:{server.server_port}/"
    stderr().print(f"The book is at {address} (Ctrl-C ends)")
    # A browser in this terminal would wait for pages that are served only once it has ended.
    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
    with suppress(KeyboardInterrupt):
        server.serve_forever()
