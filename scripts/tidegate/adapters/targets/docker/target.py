"""The target `docker`: what runs is what the engine lists, and who is asked is what the proxy says."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import groupby

from tidegate.adapters.targets import server
from tidegate.adapters.targets.docker import images
from tidegate.adapters.targets.docker.containers import Container, Containers, free_slot
from tidegate.adapters.targets.docker.engine import Engine, keep
from tidegate.adapters.targets.docker.mirror import Mirror
from tidegate.adapters.targets.docker.proxy import ContainerProxy, Pool
from tidegate.adapters.targets.haproxy import SLOTS
from tidegate.core.deployment.environment import Docker
from tidegate.core.deployment.fleet import Fleet, Instance
from tidegate.core.deployment.plan import ALL
from tidegate.core.deployment.target import Package
from tidegate.core.deployment.traffic import Traffic
from tidegate.errors import InfrastructureError

_DRAIN = 25
_NOTHING_TO_DRAIN = 2
_READY = 60.0


class DockerTarget:
    """`place` names the environment on the engine; clients ask `address`, which is the engine's.

    `image` gives the id of a release's image on the engine, built or pulled and held against the release, and
    `proxy_image` that of the proxy's.
    """

    def __init__(
        self,
        engine: Engine,
        place: str,
        address: str,
        options: Docker,
        image: Callable[[Package], str],
        proxy_image: Callable[[], str],
    ) -> None:
        self._engine, self._options, self._image = engine, options, image
        self._containers = Containers(engine, place, options)
        self._proxy = ContainerProxy(engine, place, address, options.proxy, proxy_image)
        self._mirror = Mirror(engine, place, self._containers, self._proxy)

    def fleet(self) -> Fleet:
        """What runs now; a container that answers as another release than its label says is not ready."""
        running, slots, shadow = self._containers.all(), self._proxy.slots(), self._mirror.shadow()
        releases = dict.fromkeys(container.release for container in running)
        seen = (self._seen(_of(release, running), slots) for release in releases)
        share = {shadow.release: shadow.share} if shadow else {}
        return Fleet(instances=tuple(replace(one, mirrored=share.get(one.release, 0)) for one in seen))

    def start(self, package: Package) -> None:
        """Start as many containers as the environment wants, less those that run, and end those that are too many."""
        running, wanted = self._containers.all(), range(self._options.replicas)
        mine = _of(package.release, running)
        slot = mine[0].slot if mine else free_slot(running, SLOTS)
        missing = sorted(set(wanted) - {container.replica for container in mine})
        if missing:
            self._containers.start(package, self._image(package), slot, missing)
        if mine:
            self._resized(package.release)

    def address(self, release: str) -> str:
        """The port of its first container, on this machine."""
        return f"127.0.0.1:{self._engine.reach(self._of(release)[0].port)}"

    def shift(self, weights: dict[str, int]) -> None:
        """The proxy first; what answers everything from now on is started again by the engine when it ends.

        A release that is still being judged is not: one that ends has shown what it is.
        """
        self._mirror.end()
        running = self._containers.all()
        self._proxy.apply(_pools(running, {one.slot: weights.get(one.release, 0) for one in running}))
        for container in running:
            if weights.get(container.release, 0) == ALL:
                keep(self._engine, container.id)

    def mirror(self, champion: str, release: str, share: int) -> None:
        """A mirror between the two, and the champion's order to send it copies."""
        self._mirror.begin(self._of(champion)[0], self._of(release), share)

    def traffic(self, release: str) -> Traffic:
        """Requests and errors as the proxy saw them, times and predictions as the servers counted them."""
        containers, shadow = self._of(release), self._mirror.shadow()
        mirrored = shadow is not None and shadow.release == release
        counts, pairs = self._mirror.counts() if mirrored else (self._proxy.counts(containers[0].slot), None)
        ports = [self._engine.reach(container.port) for container in containers]
        counted = server.traffic(ports, containers[0].version, counts.requests, counts.errors)
        return replace(counted, pairs=pairs)

    def stop(self, release: str) -> None:
        """Take its containers from the proxy, wait for their last answer, and end them; then remove old images."""
        self._mirror.end_with(release)
        running, slots = self._containers.all(), self._proxy.slots()
        going = _of(release, running)
        if not going:
            return
        left = tuple(one for one in running if one.release != release)
        asked = bool(_weight(going, slots)) or any(self._ready(one) for one in going)
        self._end(going, left, slots, _DRAIN if asked else _NOTHING_TO_DRAIN)
        images.prune(self._engine, self._containers.images_in_use(), self._options.kept)

    def log(self, release: str) -> tuple[str, ...]:
        """The last lines of a container of it, and how it ended."""
        return self._containers.log(release)

    def close(self) -> None:
        """End everything of this environment: for tests and demonstrations."""
        self._containers.remove_everything()

    def _seen(self, containers: tuple[Container, ...], slots: dict[int, Pool]) -> Instance:
        first, whole = containers[0], len(containers) == self._options.replicas
        trouble = ""
        if not whole and self._containers.ended(first.release):
            trouble = f"one of its containers ended: {' · '.join(self.log(first.release)[-3:])[:400]}"
        return Instance(
            release=first.release,
            version=first.version,
            commit=first.commit,
            weight=_weight(containers, slots),
            ready=all(self._ready(container) for container in containers),
            whole=whole,
            trouble=trouble,
        )

    def _ready(self, container: Container) -> bool:
        return server.is_ready(self._engine.reach(container.port), container.release)

    def _resized(self, release: str) -> None:
        """Give those that are new their part of what clients ask the release, and end those that are too many."""
        running, slots = self._containers.all(), self._proxy.slots()
        mine = _of(release, running)
        staying = tuple(container for container in mine if container.replica < self._options.replicas)
        deadline = time.monotonic() + _READY
        while not all(self._ready(container) for container in staying):
            if time.monotonic() > deadline:
                raise InfrastructureError("E-DEP-018", f"a container of {release[:19]} is not ready in {_READY:g} s.")
            time.sleep(0.05)
        left = tuple(container for container in running if container.release != release) + staying
        going = tuple(container for container in mine if container not in staying)
        self._end(going, left, slots, _DRAIN, slot=mine[0].slot)
        if _weight(mine, slots) == ALL:
            for container in staying:
                keep(self._engine, container.id)

    def _end(
        self,
        going: tuple[Container, ...],
        left: tuple[Container, ...],
        slots: dict[int, Pool],
        patience: int,
        slot: int | None = None,
    ) -> None:
        """Have the proxy ask only those that are left, as it did, and end the others after their last answer."""
        weights = {one.slot: slots[one.slot].weight for one in left if one.slot in slots}
        if any(weights.values()):
            self._proxy.apply(_pools(left, weights))
            deadline = time.monotonic() + _DRAIN
            idle = {one.slot for one in going} - {slot}
            while any(self._proxy.connections(one) for one in idle) and time.monotonic() < deadline:
                time.sleep(0.05)
        for container in going:
            self._containers.end(container, patience)

    def _of(self, release: str) -> tuple[Container, ...]:
        found = _of(release, self._containers.all())
        if not found:
            raise InfrastructureError("E-DEP-014", f"release {release[:19]} does not run.")
        return found


def _of(release: str, running: tuple[Container, ...]) -> tuple[Container, ...]:
    """Its containers, in the order of their numbers."""
    return tuple(sorted((one for one in running if one.release == release), key=lambda one: one.replica))


def _pools(containers: tuple[Container, ...], weights: dict[int, int]) -> dict[int, Pool]:
    ordered = sorted(containers, key=lambda one: (one.slot, one.replica))
    return {
        slot: Pool(tuple(one.port for one in group), weights.get(slot, 0))
        for slot, group in groupby(ordered, key=lambda one: one.slot)
    }


def _weight(containers: tuple[Container, ...], slots: dict[int, Pool]) -> int:
    """What the proxy gives them; a slot that still leads to ports of others gives them nothing."""
    pool = slots.get(containers[0].slot)
    return pool.weight if pool is not None and {one.port for one in containers} & set(pool.ports) else 0
