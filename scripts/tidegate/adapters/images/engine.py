"""The Docker Engine: one connection, and its failures in our words. None of them is the fault of a release."""

from __future__ import annotations

import random
import re
import socket
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tidegate.adapters.images.tunnel import Tunnel
from tidegate.errors import InfrastructureError

_SECONDS = 120
_PORTS = (20_000, 32_000)
"""Below those that a system gives away by itself."""
_CAUSES = (
    (r"no space left on device|disk quota", "E-DOC-003", "its disk is full", "See `docker system df`, and free space."),
    (
        r"port is already allocated|address already in use",
        "E-DOC-004",
        "a port is taken",
        "End what listens there, or choose another address.",
    ),
    (
        r"container name .* is already in use",
        "E-DOC-005",
        "somebody else's container has the name",
        "Rename that container, or remove it.",
    ),
    (
        r"network .* not found|could not find (?:a|an) network|no such network",
        "E-DOC-006",
        "the network is gone",
        "Create it, or leave docker.network out.",
    ),
    (
        r"permission ?denied",
        "E-DOC-002",
        "its socket is closed to this user",
        "Add the user to the group docker, or name another host.",
    ),
)
_AWAY = ("E-DOC-001", "it cannot be reached", "Start it, or name another docker.host in environment.yaml.")


class Engine:
    """`client` is a `docker.DockerClient`; whoever uses it does so under `asked`."""

    def __init__(self, client: Any, host: str, tunnel: Tunnel | None = None) -> None:
        self.client = client
        self.host = host
        self._tunnel = tunnel
        self.close = weakref.finalize(self, _closed, client, tunnel)
        """Gives the connections back, at the latest when nobody has the engine any more."""

    @contextmanager
    def asked(self, what: str) -> Iterator[None]:
        """Raises InfrastructureError E-DOC-001 to E-DOC-009 for whatever the engine refuses in the block."""
        with _translated(self.host, what):
            yield

    def reach(self, port: int) -> int:
        """The port of this machine's loopback that leads to a port of the engine's. Raises InfrastructureError."""
        return self._tunnel.reach(port) if self._tunnel else port

    def free_port(self) -> int:
        """A port of the engine's loopback that nobody has; of another machine's one that probably nobody has."""
        if self._tunnel:
            return random.randrange(*_PORTS)  # noqa: S311 - it need not be a secret
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
            return port

    def lacks(self, said: str) -> InfrastructureError | None:
        """The engine's own trouble behind what it told of a longer piece of work; None when that says nothing of it."""
        code, cause, fix = _known(said) or ("", "", "")
        message = f"the Docker Engine refuses, {cause}: {' '.join(said.split())[:300]}"
        return InfrastructureError(code, message, where=self.host, fix=fix) if code else None


def connect(host: str, environ: Mapping[str, str] | None = None) -> Engine:
    """The engine at a `unix://` or `ssh://` address; `environ` is what OpenSSH gets, for its agent and its program.

    Raises InfrastructureError E-DOC-001 or E-DOC-002 when it does not answer, and what `Tunnel` raises. Where a
    registry wants a login, Docker's own configuration file has it (`DOCKER_CONFIG`, `docker login`).
    """
    if not host.startswith("ssh://"):
        return _connected(host, host, None)
    tunnel = Tunnel(host, environ or {})
    try:
        return _connected(host, f"unix://{tunnel.socket}", tunnel)
    except BaseException as error:
        trouble = tunnel.trouble() if isinstance(error, InfrastructureError) else None
        tunnel.close()
        if trouble is not None:
            raise trouble from error
        raise


def _connected(host: str, address: str, tunnel: Tunnel | None) -> Engine:
    import docker

    with _translated(host, "connecting"):
        _knock(address)
        return Engine(docker.DockerClient(base_url=address, version="auto", timeout=_SECONDS), host, tunnel)


def _closed(client: Any, tunnel: Tunnel | None) -> None:
    client.close()
    if tunnel is not None:
        tunnel.close()


def _knock(host: str) -> None:
    """Raises OSError where nobody listens: the library would leave its own socket open then."""
    if host.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(_SECONDS)
            link.connect(host.removeprefix("unix://"))


@contextmanager
def _translated(host: str, what: str) -> Iterator[None]:
    import docker.errors
    import requests

    try:
        yield
    except (docker.errors.DockerException, requests.RequestException, OSError) as error:
        code, cause, fix = _cause(error)
        said = " ".join(str(getattr(error, "explanation", None) or error).split())[:300]
        message = f"{what}: the Docker Engine refuses, {cause}: {said}"
        raise InfrastructureError(code, message, where=host, fix=fix) from error


def _cause(error: Exception) -> tuple[str, str, str]:
    if known := _known(str(getattr(error, "explanation", None) or error)):
        return known
    if getattr(error, "response", None) is None:
        return _AWAY
    return "E-DOC-009", "for a reason of its own", "Look at the engine's log, then run again."


def _known(said: str) -> tuple[str, str, str] | None:
    found = (cause for pattern, *cause in _CAUSES if re.search(pattern, said, re.IGNORECASE))
    code, cause, fix = next(found, ("", "", ""))
    return (code, cause, fix) if code else None
