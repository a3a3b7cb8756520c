"""Clients of a simulation against a server that may fail: every request is counted once, shares are told once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tidegate.simulator.clients.load import Request, asking, asking_once
from tidegate.simulator.clients.shares import Watch


class Server(ThreadingHTTPServer):
    """Answers 200 to a body of ``good``, 500 to ``bad``; `asked` counts."""

    daemon_threads = True
    asked = 0
    ids: set[str | None]

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        good = self.rfile.read(int(self.headers["Content-Length"])) == b"good"
        self.server.asked += 1
        self.server.ids.add(self.headers["X-Request-Id"])
        self.send_response(200 if good and self.path == "/invocations" else 500)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Nothing."""


@contextmanager
def served() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as server:
        server.ids = set()
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def _until(enough: object) -> None:
    deadline = time.monotonic() + 20
    while not enough():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("bodies", "good"), [([b"good"], 1.0), ([b"good", b"bad"], 0.5), ([b"bad"], 0.0)], ids=["all", "half", "none"]
)
def test_every_request_is_answered_or_lost(bodies: list[bytes], good: float) -> None:
    with served() as server:
        with asking(server.address, bodies, rate=200) as load:
            _until(lambda: server.asked >= 40)
        assert load.answered + sum(load.lost.values()) == server.asked
        assert load.answered == pytest.approx(server.asked * good, abs=1)
        assert set(load.lost) == ({"500"} if good < 1 else set())
        assert (load.milliseconds > 0) is (good > 0)


def test_who_does_not_listen_loses_requests_and_ends_nobody() -> None:
    with served() as server:
        address = server.address
    with asking(address, [b"good"], rate=100) as load:
        _until(lambda: sum(load.lost.values()) >= 3)
    assert load.answered == 0


def test_what_is_asked_once_comes_once_under_its_id_until_nothing_is_left() -> None:
    requests = iter(
        [*(Request(b"good", str(number)) for number in range(40)), Request(b"bad", "bad"), Request(b"good")]
    )
    with served() as server, asking_once(server.address, requests, rate=400) as load:
        assert load.spent.wait(10)
        assert (server.asked, load.answered, dict(load.lost)) == (42, 41, {"500": 1})
        assert server.ids == {*map(str, range(40)), "bad", None}


def test_every_change_of_the_shares_is_one_line(tmp_path: Path) -> None:
    lines: list[str] = []

    def runs(version: str, weight: int) -> None:
        (tmp_path / version).mkdir(exist_ok=True)
        record = {"started": version, "version": version, "weight": weight}
        (tmp_path / version / "process.json").write_text(json.dumps(record))

    with served() as server:
        runs("1", 100)
        with Watch(asking(server.address, [b"good"], rate=50), tmp_path, lines.append, rush=150) as load:
            _until(lambda: len(lines) == 1)
            assert load.rate == 50
            runs("2", 25)  # between two records being written the shares make no sense, and are not told
            time.sleep(0.3)
            runs("1", 75)
            _until(lambda: len(lines) == 2)
            assert load.rate == 150
            time.sleep(0.3)
    assert ["version 1 100 %" in lines[0], "version 1 75 %, version 2 25 %" in lines[1]] == [True, True]
    assert len(lines) == 2
    assert "0 lost" in lines[1]
