"""What an engine refuses, in our words: always somebody else's fault than the release's, so always exit code 3."""

from __future__ import annotations

from types import SimpleNamespace

import docker.errors
import pytest
import requests

from tidegate.adapters.images.engine import Engine
from tidegate.errors import InfrastructureError


def refusal(status: int, said: str) -> docker.errors.APIError:
    response = requests.Response()
    response.status_code = status
    return docker.errors.APIError(said, response=response, explanation=said)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (requests.ConnectionError("Connection aborted."), "E-DOC-001"),
        (requests.ReadTimeout("Read timed out."), "E-DOC-001"),
        (docker.errors.DockerException("FileNotFoundError(2, 'No such file or directory')"), "E-DOC-001"),
        (docker.errors.DockerException("PermissionError(13, 'Permission denied')"), "E-DOC-002"),
        (refusal(500, "write /var/lib/docker/tmp/x: no space left on device"), "E-DOC-003"),
        (refusal(500, "Bind for 127.0.0.1:80 failed: port is already allocated"), "E-DOC-004"),
        (refusal(500, "listen tcp4 127.0.0.1:80: bind: address already in use"), "E-DOC-004"),
        (refusal(409, 'The container name "/a" is already in use by container "b"'), "E-DOC-005"),
        (refusal(404, "network a not found"), "E-DOC-006"),
        (refusal(500, "something that nobody has seen yet"), "E-DOC-009"),
        (BrokenPipeError(32, "Broken pipe"), "E-DOC-001"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_every_refusal_has_a_code_and_exit_code_three(error: Exception, code: str) -> None:
    engine = Engine(SimpleNamespace(close=print), "unix:///docker.sock")
    with pytest.raises(InfrastructureError, match="starting") as caught, engine.asked("starting"):
        raise error
    assert (caught.value.code, caught.value.exit_code, caught.value.where) == (code, 3, "unix:///docker.sock")


def test_what_is_not_the_engines_is_left_alone() -> None:
    engine = Engine(SimpleNamespace(close=print), "unix:///docker.sock")
    with pytest.raises(KeyError), engine.asked("starting"):
        raise KeyError("a bug of ours")
