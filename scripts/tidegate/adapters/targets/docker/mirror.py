"""The mirror of an environment: one container between the champion and a release that answers copies of its requests.

It is the champion's own image with another program, so nothing has to be had for it. The champion's server reads its
order in a volume that it cannot write, and sends copies to a socket there: no firewall stands between two containers.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from tidegate.adapters.targets import pairs
from tidegate.adapters.targets.docker.containers import Container, Containers, copies_name
from tidegate.adapters.targets.docker.engine import LIVE, ORDERS, PLACE, ROLE, Engine, bounds, orders_of
from tidegate.adapters.targets.docker.proxy import ContainerProxy
from tidegate.adapters.targets.haproxy import Counts
from tidegate.core.deployment.traffic import Pairs
from tidegate.core.release import image
from tidegate.errors import InfrastructureError

_MIRROR = "mirror"
_SHARE, _PORT, _CHAMPION = "io.tidegate.share", "io.tidegate.port", "io.tidegate.champion"
_SOCKET = "mirror/copies.sock"
_WAIT = 15.0
_MEMORY = 256 << 20
_PIDS = 64


@dataclass(frozen=True, kw_only=True)
class Shadow:
    """`release` gets copies of `share` percent of what `champion` is asked, by the container that has `port`."""

    champion: str
    release: str
    share: int
    port: int


class Mirror:
    """At most one for an environment, known by the labels of its container."""

    def __init__(self, engine: Engine, place: str, containers: Containers, proxy: ContainerProxy) -> None:
        self._engine, self._place, self._containers, self._proxy = engine, place, containers, proxy

    def shadow(self) -> Shadow | None:
        """Who gets copies now; None when nobody does."""
        running = (told["Labels"] for told in self._listed() if told["State"] in LIVE)
        return next((_shadow(labels) for labels in running), None)

    def begin(self, champion: Container, shadows: tuple[Container, ...], share: int) -> None:
        """Have the champion send so many copies. The order comes first: without it a mirror would wait for ever.

        A champion that looks for a mirror which is not there yet goes on looking. Raises InfrastructureError E-DEP-016.
        """
        self.end()
        order = {"host": f"{ORDERS}/{_SOCKET}", "port": 0, "share": share / 100}
        named = {copies_name(champion.release): json.dumps(order).encode()}
        self._proxy.write(named, _SOCKET.partition("/")[0], image.OWNER)
        port = self._engine.free_port()
        asked = ",".join(f"127.0.0.1:{shadow.port}" for shadow in shadows)
        program, *words = image.mirroring(asked, port, f"{ORDERS}/{_SOCKET}")
        with self._engine.asked("starting the mirror"):
            made = self._engine.client.containers.create(
                champion.image,
                words,
                entrypoint=[program],
                name=f"{self._place}-{_MIRROR}",
                labels={
                    PLACE: self._place,
                    ROLE: _MIRROR,
                    _CHAMPION: champion.release,
                    image.RELEASE: shadows[0].release,
                    _SHARE: str(share),
                    _PORT: str(port),
                },
                network_mode="host",
                volumes={orders_of(self._place): {"bind": ORDERS, "mode": "rw"}},
                user=f"{image.OWNER}:{image.OWNER}",
                **bounds(_MEMORY, _PIDS),
            )
            made.start()
        self._await(self._engine.reach(port))

    def counts(self) -> tuple[Counts, Pairs]:
        """What the shadow was asked and how it answered. Raises InfrastructureError E-DEP-016 without a mirror."""
        shadow = self.shadow()
        if shadow is None:
            raise InfrastructureError("E-DEP-016", "the mirror does not run.")
        return pairs.asked(self._engine.reach(shadow.port))

    def end_with(self, release: str) -> None:
        """End it where this release sends or gets copies."""
        shadow = self.shadow()
        if shadow is not None and release in (shadow.champion, shadow.release):
            self.end()

    def end(self) -> None:
        """No more copies. Orders go last, and from all releases: a run may have been killed between the two."""
        listed = self._listed()
        with self._engine.asked("ending the mirror"):
            for told in listed:
                self._engine.client.api.remove_container(told["Id"], force=True)
        self._proxy.write({copies_name(container.release): b"" for container in self._containers.all()})

    def _listed(self) -> list[dict[str, Any]]:
        labels = [f"{PLACE}={self._place}", f"{ROLE}={_MIRROR}"]
        with self._engine.asked("listing containers"):
            found: list[dict[str, Any]] = self._engine.client.api.containers(all=True, filters={"label": labels})
        return found

    def _await(self, port: int) -> None:
        deadline = time.monotonic() + _WAIT
        while not pairs.answers(port):
            if time.monotonic() > deadline or self.shadow() is None:
                self.end()
                raise InfrastructureError("E-DEP-016", "the mirror does not start: the champion's image has none?")
            time.sleep(0.05)


def _shadow(labels: dict[str, str]) -> Shadow:
    return Shadow(
        champion=labels[_CHAMPION], release=labels[image.RELEASE], share=int(labels[_SHARE]), port=int(labels[_PORT])
    )
