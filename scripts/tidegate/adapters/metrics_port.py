"""Prometheus's text for a scraper on this machine: one path, one method, loopback only."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tidegate.errors import InfrastructureError

_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PATIENCE = 10.0


@contextmanager
def served(port: int, text: Callable[[], str]) -> Iterator[int]:
    """Serve what `text` says at http://127.0.0.1:port/metrics while the body runs; 0 takes any free port. Its number.

    Raises InfrastructureError E-DRF-043 where the port cannot be had.
    """
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), _handler(text))
    except OSError as error:
        message = f"port {port} cannot be had: {error.strerror}."
        raise InfrastructureError("E-DRF-043", message, fix="Give another --port.") from error
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="metrics-port", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(text: Callable[[], str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _PATIENCE

        def do_GET(self) -> None:
            found = self.path.partition("?")[0] == "/metrics"
            body = text().encode() if found else b"metrics are at /metrics\n"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", _TYPE if found else "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """A line for every scrape would bury the alarms."""

    return Handler
