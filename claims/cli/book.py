"""`lemmata book`: build the book, and show it."""

import functools
import http.server
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from claims.cli.console import stderr, stdout
from claims.engine.registry import ClaimError


def book(
    output: Annotated[Path, typer.Option("--out", metavar="DIR", help="Build here; the site is in DIR/html.")] = Path(
        "build/book"
    ),
    show: Annotated[bool, typer.Option("--open", help="Serve the book on this machine and open a browser.")] = False,
    port: Annotated[int, typer.Option(help="Port for --open; 0 takes any that is free.")] = 0,
) -> None:
    """Build the book: every paper's claims, errata, graphs, guides.

    A static site, made from the registry and the ledger; it needs no network. Runs no check.

    Example: lemmata book --open
    """
    try:
        from claims.book.site import build  # noqa: PLC0415 - imports Sphinx
    except ImportError as error:
        raise ClaimError(f"the book is built with Sphinx ({error}): pip install 'lemmata[book]'") from error
    with stderr().status("Building the book"):
        front = build(output)
    stdout().print(str(front))
    if show:
        _serve(front, port)


def _serve(front: Path, port: int) -> None:
    """Serve until Ctrl-C.

    Raises:
        ClaimError: if the port is taken.
    """
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(front.parent))
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise ClaimError(f"--port {port}: {error.strerror}; give another, or 0 for any") from error
    with server:
        address = f"http://127.0.0.1:{server.server_port}/"
        stderr().print(f"The book is at {address} (Ctrl-C ends)")
        webbrowser.open(address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            stderr().print("")
