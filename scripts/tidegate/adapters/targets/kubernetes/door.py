"""One release, reachable at an address of this machine: what is asked there is asked through the API server.

Pods are not reachable from where a deployment runs, and port-forwarding would need a second protocol. The door is open
to this machine only, and only for as long as this process lives.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tidegate.errors import TidegateError

_LARGEST = 32 * 1024 * 1024
Ask = Callable[[str, str, bytes], tuple[int, bytes]]
"""Method, path and body to status and body."""


class Door:
    """A listener on a free port of 127.0.0.1."""

    def __init__(self, ask: Ask) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(ask))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """``host:port``."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(ask: Ask) -> type[BaseHTTPRequestHandler]:
    class Passing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._pass(b"")

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            if length > _LARGEST:
                self._answer(413, b"")
                return
            self._pass(self.rfile.read(length))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base
            """Nothing: what fails is told to whoever asked."""

        def _pass(self, body: bytes) -> None:
            try:
                self._answer(*ask(self.command, self.path, body))
            except (TidegateError, OSError) as error:
                self._answer(502, str(error).encode())

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Passing
