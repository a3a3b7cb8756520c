"""The target `docker`: what runs is what the engine lists, and who is asked is what the proxy says."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from tidegate.adapters.targets import server
from tidegate.adapters.targets.docker import images
from tidegate.adapters.targets.docker.containers import Container, Containers, Engine, free_slot
from tidegate.adapters.targets.process.haproxy import SLOTS, HAProxy, Slot
from tidegate.core.deployment.environment import Docker
from tidegate.core.deployment.fleet import Fleet, Instance
from tidegate.core.deployment.target import Package
from tidegate.core.deployment.traffic import Traffic
from tidegate.errors import InfrastructureError

_DRAIN = 25
_NOTHING_TO_DRAIN = 2


class DockerTarget:
    """`place` names the environment on the engine; `folder` keeps the proxy's files; clients ask `address`.

    `image` gives the id of a release's image on the engine, built or pulled and held against the release.
    """

    def __init__(
        self, engine: Engine, place: str, folder: Path, address: str, options: Docker, image: Callable[[Package], str]
    ) -> None:
        self._engine, self._options, self._image = engine, options, image
        self._containers = Containers(engine, place, options)
        self._proxy = HAProxy(folder, address)
        folder.mkdir(parents=True, exist_ok=True)

    def fleet(self) -> Fleet:
        """What runs now; a container that answers as another release than its label says is not ready."""
        slots = self._proxy.slots()
        return Fleet(instances=tuple(_seen(found, slots) for found in self._containers.all()))

    def start(self, package: Package) -> None:
        """Start a container unless the release runs."""
        running = self._containers.all()
        if all(container.release != package.release for container in running):
            self._containers.start(package, self._image(package), free_slot(running, SLOTS))

    def address(self, release: str) -> str:
        """The container's own port."""
        return f"127.0.0.1:{self._container(release).port}"

    def shift(self, weights: dict[str, int]) -> None:
        """The proxy first; what is asked from now on is started again by the engine when it ends."""
        running = self._containers.all()
        shares = {container.slot: Slot(container.port, weights.get(container.release, 0)) for container in running}
        self._proxy.apply(shares)
        for container in running:
            if weights.get(container.release, 0):
                self._containers.keep(container)

    def traffic(self, release: str) -> Traffic:
        """Requests and errors as the proxy saw them, times and predictions as the server counted them."""
        container = self._container(release)
        counts = self._proxy.counts(container.slot)
        return server.traffic(container.port, container.version, counts.requests, counts.errors)

    def stop(self, release: str) -> None:
        """Take the container from the proxy, wait for its last answer, and end it; then remove images of long ago."""
        running, slots = self._containers.all(), self._proxy.slots()
        container = next((found for found in running if found.release == release), None)
        if container is None:
            return
        left = {found.slot: Slot(found.port, _weight(found, slots)) for found in running if found.release != release}
        if any(slot.weight for slot in left.values()):
            self._proxy.apply(left)
            deadline = time.monotonic() + _DRAIN
            while self._proxy.connections(container.slot) and time.monotonic() < deadline:
                time.sleep(0.05)
        asked = _weight(container, slots) or server.is_ready(container.port, release)
        self._containers.end(container, _DRAIN if asked else _NOTHING_TO_DRAIN)
        images.prune(self._engine, self._containers.images_in_use(), self._options.kept)

    def log(self, release: str) -> tuple[str, ...]:
        """The container's last lines, and how it ended."""
        return self._containers.log(release)

    def close(self) -> None:
        """End everything of this environment: for tests and demonstrations."""
        self._proxy.stop()
        self._containers.remove_everything()

    def _container(self, release: str) -> Container:
        found = next((container for container in self._containers.all() if container.release == release), None)
        if found is None:
            raise InfrastructureError("E-DEP-014", f"release {release[:19]} does not run.")
        return found


def _seen(container: Container, slots: dict[int, Slot]) -> Instance:
    return Instance(
        release=container.release,
        version=container.version,
        commit=container.commit,
        weight=_weight(container, slots),
        ready=server.is_ready(container.port, container.release),
    )


def _weight(container: Container, slots: dict[int, Slot]) -> int:
    """What the proxy gives it; a slot that still leads to the port of another one gives it nothing."""
    slot = slots.get(container.slot)
    return slot.weight if slot is not None and slot.port == container.port else 0
