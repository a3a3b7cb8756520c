"""Which story belongs to which scenario, and what it is played with: the changes, what goes on beside, a registry."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tidegate.simulator.hub import Hub
from tidegate.simulator.scenario import Scene
from tidegate.simulator.story import registry_server
from tidegate.simulator.story.bad_releases import BAD_RELEASES
from tidegate.simulator.story.demonstration import BESIDE, Demonstration
from tidegate.simulator.story.registry_server import RegistryServer

ROLLBACK = "rollback"


def performed(hub: Hub, name: str, *, say: Callable[[str], None], announce: Callable[[Scene], None]) -> Demonstration:
    """Play the story of a scenario: ``rollback``, or the demonstration. What came of it."""
    if name != ROLLBACK:
        shown = Demonstration(hub=hub, say=say, announce=announce, beside=BESIDE)
        shown.play()
        return shown
    with _registry(hub, say) as registry:
        shown = Demonstration(hub=hub, say=say, announce=announce, bad=BAD_RELEASES, registry=registry)
        shown.play()
        return shown


@contextmanager
def _registry(hub: Hub, say: Callable[[str], None]) -> Iterator[RegistryServer | None]:
    """MLflow's server, which jobs and people find as on any runner; None where its program is missing."""
    environ = hub.dispatcher.environ
    command = registry_server.program(environ)
    if command is None:
        say(f"  MLflow's program is not installed ({registry_server.INSTALL}): nothing is registered but in Git")
        yield None
        return
    with registry_server.running(command, hub.folder, _free_port(), environ) as server:
        say(f"  MLflow's registry: {server.address}")
        hub.dispatcher.environ = {**environ, "MLFLOW_TRACKING_URI": server.address}
        yield server


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
