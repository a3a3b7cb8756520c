"""MLflow's server for a story: what it says of aliases, and what is told when it does not start."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tidegate.errors import InfrastructureError
from tidegate.simulator.story.registry_server import RegistryServer, running


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[RegistryServer]:
    """A server that knows one alias, and fails at another."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            alias = self.path.rpartition("alias=")[2]
            tags = [{"key": "tidegate.version", "value": "7"}, {"key": "other", "value": "x"}]
            self.send_response({"production": 200, "broken": 500}.get(alias, 404))
            self.end_headers()
            self.wfile.write(json.dumps({"model_version": {"version": "3", "tags": tags}}).encode())

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as listening:
        thread = Thread(target=listening.serve_forever)
        thread.start()
        yield RegistryServer(address=f"http://127.0.0.1:{listening.server_port}")
        listening.shutdown()
        thread.join()


def test_an_alias_names_the_version_of_a_release_and_not_the_registrys_own(server: RegistryServer) -> None:
    assert server.aliases("bikes", ("production", "champion")) == {"production": "7", "champion": ""}


def test_a_registry_that_fails_is_no_empty_registry(server: RegistryServer) -> None:
    with pytest.raises(InfrastructureError, match="answers 500") as caught:
        server.aliases("bikes", ("broken",))
    assert caught.value.code == "E-SIM-061"


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\necho no room for a server >&2\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(InfrastructureError, match="no room for a server") as caught:  # noqa: SIM117 - what raises
        with running(program, tmp_path, 9, {"PATH": "/usr/bin:/bin"}):
            raise AssertionError("it must not come so far")
    assert caught.value.code == "E-SIM-060"
