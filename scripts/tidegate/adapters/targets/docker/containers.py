"""Containers of one environment: found by their labels, started with as few rights as a server needs, ended politely.

Nothing is remembered beside the engine. What a container is called, and what else runs there, does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tidegate.adapters.targets.docker.engine import LIVE, ORDERS, PLACE, Engine, bounds, orders_of
from tidegate.core.deployment.environment import Docker
from tidegate.core.deployment.target import Package
from tidegate.core.release import image
from tidegate.errors import InfrastructureError, TidegateError

_SLOT, _VERSION, _COMMIT, _PORT, _REPLICA = (
    f"io.tidegate.{name}" for name in ("slot", "version", "commit", "port", "replica")
)
_LOG_LINES = 20
_PIDS = 256
_TRIES = 5
_TAKEN = "E-DOC-004"


@dataclass(frozen=True, kw_only=True)
class Container:
    """One container that runs a release. `slot`: its place behind the proxy; `port`: of the engine's loopback.

    `replica`: its number among those of its release, from 0.
    """

    id: str
    image: str
    release: str
    version: str
    commit: str
    slot: int
    port: int
    replica: int
    created: int


class Containers:
    """All containers of the environment that is called `place` on the engine."""

    def __init__(self, engine: Engine, place: str, options: Docker) -> None:
        self._engine, self._place, self._options = engine, place, options

    def all(self) -> tuple[Container, ...]:
        """Those that run, in the order in which they were made."""
        found = [_container(told) for told in self._listed() if told["State"] in LIVE]
        return tuple(sorted((one for one in found if one is not None), key=lambda one: (one.created, one.release)))

    def start(self, package: Package, found: str, slot: int, replicas: Iterable[int]) -> None:
        """Start these replicas of the image with the id `found`. What cannot be started leaves nothing behind.

        Raises InfrastructureError E-DOC-…, with E-DOC-005 where another container has the name.
        """
        self._sweep()
        network = self._network()
        for replica in replicas:
            self._tried(package, found, slot, network, replica)

    def end(self, container: Container, patience: int) -> None:
        """Ask it to drain, wait for its end, and remove it; after `patience` seconds it is killed."""
        with self._engine.asked(f"ending version {container.version}"):
            self._engine.client.api.stop(container.id, timeout=patience)
            self._engine.client.api.remove_container(container.id, force=True)

    def log(self, release: str) -> tuple[str, ...]:
        """The last lines of a container of a release, and how it ended: of one that ended rather than one that runs."""
        found = [told for told in self._listed() if told["Labels"].get(image.RELEASE) == release]
        if not found:
            return ()
        newest = max(found, key=lambda told: (told["State"] not in LIVE, told["Created"]))
        with self._engine.asked("reading a log"):
            said: bytes = self._engine.client.api.logs(newest["Id"], tail=_LOG_LINES)
            state = self._engine.client.api.inspect_container(newest["Id"])["State"]
        lines = said.decode(errors="replace").splitlines()
        return (*lines, *([] if state["Running"] else [_ending(state)]))

    def ended(self, release: str) -> bool:
        """Whether a container of the release ended and is still there."""
        states = [told["State"] for told in self._listed() if told["Labels"].get(image.RELEASE) == release]
        return any(state in ("exited", "dead") for state in states)

    def images_in_use(self) -> set[str]:
        """Ids of the images of all containers on the engine, whoever's they are."""
        with self._engine.asked("listing containers"):
            return {told["ImageID"] for told in self._engine.client.api.containers(all=True)}

    def remove_everything(self) -> None:
        """Containers, network and volumes: for tests and demonstrations."""
        client = self._engine.client
        with self._engine.asked("removing an environment"):
            for told in self._listed():
                client.api.remove_container(told["Id"], force=True)
            for network in client.networks.list(filters={"label": f"{PLACE}={self._place}"}):
                network.remove()
            for volume in client.volumes.list(filters={"label": f"{PLACE}={self._place}"}):
                volume.remove(force=True)

    def _network(self) -> str:
        """The name of the one that the environment names, which must be there, or of its own, which is made."""
        client, named = self._engine.client, self._options.network
        with self._engine.asked("the network"):
            if named is not None:
                return str(client.networks.get(named).name)
            found = client.networks.list(filters={"label": f"{PLACE}={self._place}"})
            if not found:
                client.networks.create(self._place, labels={PLACE: self._place}, check_duplicate=True)
            return self._place

    def _listed(self) -> list[dict[str, Any]]:
        with self._engine.asked("listing containers"):
            found: list[dict[str, Any]] = self._engine.client.api.containers(
                all=True, filters={"label": f"{PLACE}={self._place}"}
            )
        return found

    def _sweep(self) -> None:
        """Remove what ended, and what a killed run made and did not start."""
        for told in self._listed():
            if told["State"] not in LIVE:
                with self._engine.asked("removing a container that ended"):
                    self._engine.client.api.remove_container(told["Id"], force=True)

    def _tried(self, package: Package, found: str, slot: int, network: str, replica: int) -> None:
        for attempt in range(1, _TRIES + 1):
            try:
                self._started(package, found, slot, network, replica)
                break
            except TidegateError as error:
                if error.code != _TAKEN or attempt == _TRIES:  # somebody was quicker to take the free port
                    raise

    def _started(self, package: Package, found: str, slot: int, network: str, replica: int) -> None:
        port, name = self._engine.free_port(), f"{self._place}-{package.release.removeprefix('sha256:')[:12]}"
        labels = {
            PLACE: self._place,
            image.RELEASE: package.release,
            _VERSION: package.version,
            _COMMIT: package.commit,
            _SLOT: str(slot),
            _PORT: str(port),
            _REPLICA: str(replica),
        }
        with self._engine.asked(f"starting version {package.version}"):
            made = self._engine.client.containers.create(
                found,
                [*image.arguments(package.release), "--log", image.PREDICTIONS, "--copies", copies(package.release)],
                name=f"{name}-{replica}" if replica else name,
                labels=labels,
                network=network,
                ports={f"{image.PORT}/tcp": ("127.0.0.1", port)},
                volumes=self._volumes(),
                **_rights(self._options.memory),
            )
            try:
                made.start()
            except BaseException:
                made.remove(force=True)
                raise

    def _volumes(self) -> Mapping[str, Mapping[str, str]]:
        """Where the predictions of all releases are logged, for the drift check, and where orders are read."""
        predictions, orders = f"{self._place}-predictions", orders_of(self._place)
        for name in (predictions, orders):
            self._engine.client.volumes.create(name, labels={PLACE: self._place})
        return {predictions: {"bind": image.PREDICTIONS, "mode": "rw"}, orders: {"bind": ORDERS, "mode": "ro"}}


def copies(release: str) -> str:
    """The file by which a release's server is told to send copies of its requests."""
    return f"{ORDERS}/{copies_name(release)}"


def copies_name(release: str) -> str:
    """The same without its folder."""
    return f"copies-{release.removeprefix('sha256:')[:12]}.json"


def free_slot(running: tuple[Container, ...], slots: int) -> int:
    """A place behind the proxy that nobody has. Raises InfrastructureError E-DEP-012 when all are taken."""
    free = sorted(set(range(slots)) - {container.slot for container in running})
    if not free:
        raise InfrastructureError("E-DEP-012", f"{slots} versions run already; stop one of them.")
    return free[0]


def _rights(memory: int) -> Mapping[str, Any]:
    """A server writes its predictions and nothing else, and needs no right that root has."""
    return {
        "user": f"{image.OWNER}:{image.OWNER}",
        "tmpfs": {"/tmp": "rw,noexec,nosuid,nodev,size=16m"},  # noqa: S108 - the container's own
        **bounds(memory, _PIDS),
    }


def _container(told: Mapping[str, Any]) -> Container | None:
    """What the engine tells of one; None where labels of ours are missing."""
    labels = told["Labels"]
    try:
        return Container(
            id=told["Id"],
            image=told["ImageID"],
            release=labels[image.RELEASE],
            version=labels[_VERSION],
            commit=labels[_COMMIT],
            slot=int(labels[_SLOT]),
            port=int(labels[_PORT]),
            replica=int(labels[_REPLICA]),
            created=told["Created"],
        )
    except (KeyError, ValueError):
        return None


def _ending(state: Mapping[str, Any]) -> str:
    why = ", out of memory" if state["OOMKilled"] else f": {state['Error']}" if state["Error"] else ""
    return f"the container ended with {state['ExitCode']}{why}"
