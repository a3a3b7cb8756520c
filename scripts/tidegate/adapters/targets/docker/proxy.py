"""HAProxy as a container: whoever deploys needs nothing but the engine, from this machine or from another one.

It shares the engine's network, so clients reach it without a detour, and it reaches every container by the loopback.
What it is told goes through the engine as well (a program in its container that speaks to its socket), so nobody can
tell it anything who may not use the engine. Its file lies in a volume: it comes back the same after any end.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tidegate.adapters.targets import haproxy
from tidegate.adapters.targets.docker.channel import Channel
from tidegate.adapters.targets.docker.engine import LIVE, ORDERS, PLACE, ROLE, Engine, bounds, keep, orders_of, write
from tidegate.adapters.targets.haproxy import SLOTS, Counts, Slot
from tidegate.errors import InfrastructureError, TidegateError

MOST_REPLICAS = 8
_ROWS = SLOTS * MOST_REPLICAS
_PROXY = "proxy"
_MADE_FOR = "io.tidegate.made-for"
_FILE = "haproxy.cfg"
_HOME = "/run/tidegate"
_SOCKET = f"{_HOME}/admin.sock"
_USER = 65532
_MEMORY = 512 << 20
_PIDS = 64
_FILES = 20_000
"""Connections cost two each; without a bound HAProxy would take memory for all that the engine allows."""
_WAIT = 10.0
_SOFT_STOP = 60.0


@dataclass(frozen=True)
class Pool:
    """All containers of a release behind the proxy: their ports, and what percent of the requests they get together."""

    ports: tuple[int, ...]
    weight: int


class ContainerProxy:
    """The proxy of the environment `place`; `image` gives the id of the image `reference` on the engine."""

    def __init__(self, engine: Engine, place: str, address: str, reference: str, image: Callable[[], str]) -> None:
        self._engine, self._place, self._address, self._image = engine, place, address, image
        self._channel: Channel | None = None
        self._made_for = hashlib.sha256(f"{address} {reference}".encode()).hexdigest()[:8]

    def apply(self, pools: Mapping[int, Pool]) -> None:
        """Make the proxy divide requests like this, starting it when it does not run.

        One that runs for another address or from another image is ended once the new one answers. Raises
        InfrastructureError E-DEP-011 when it does not start or obey, and what the engine refuses.
        """
        rows = rows_of(pools)
        text = haproxy.configuration(rows, _ROWS, _SOCKET, self._address).encode()
        running = self._running()
        mine = next((told["Id"] for told in running if told["Labels"].get(_MADE_FOR) == self._made_for), None)
        if mine is None:
            mine = self._started(text)
        else:
            write(self._engine, mine, {_FILE: text})
            self._tell(mine, haproxy.orders(rows, _ROWS))
        for told in running:
            if told["Id"] != mine:
                self._retire(told["Id"])

    def slots(self) -> dict[int, Pool]:
        """What is behind a running proxy as it says itself, slot by slot; nothing when it does not run."""
        found = self.container()
        return pools_of(haproxy.slots(self._tell(found, [haproxy.STATE]))) if found else {}

    def counts(self, slot: int) -> Counts:
        """What a slot was asked and did not answer. Raises InfrastructureError E-DEP-011."""
        found = haproxy.counts(self._statistics(), _places(slot))
        if found is None:
            raise InfrastructureError("E-DEP-011", f"HAProxy knows no slot {slot}.")
        return found

    def connections(self, slot: int) -> int:
        """Requests that a slot is answering now."""
        return haproxy.under_way(self._statistics(), _places(slot))

    def write(self, named: Mapping[str, bytes], folder: str = "", owner: int = 0) -> None:
        """Put files where containers of releases can read them, see `engine.write`; nothing without a proxy."""
        found = self.container()
        if found:
            write(self._engine, found, named, folder, owner)

    def container(self) -> str:
        """The id of the newest proxy that runs; empty without one."""
        return next((str(told["Id"]) for told in self._running()), "")

    def _running(self) -> list[dict[str, Any]]:
        """Newest first, as the engine lists them."""
        labels = [f"{PLACE}={self._place}", f"{ROLE}={_PROXY}"]
        with self._engine.asked("listing containers"):
            listed = self._engine.client.api.containers(all=True, filters={"label": labels})
        return [told for told in listed if told["State"] in LIVE]

    def _started(self, text: bytes) -> str:
        name = f"{self._place}-{_PROXY}-{self._made_for}"
        volumes = {orders_of(self._place): {"bind": ORDERS, "mode": "rw"}}
        image = self._image()
        with self._engine.asked("starting HAProxy"):
            self._engine.client.volumes.create(orders_of(self._place), labels={PLACE: self._place})
            for left in self._engine.client.containers.list(all=True, filters={"name": f"^/{name}$"}):
                left.remove(force=True)
            made = self._engine.client.containers.create(
                image,
                ["-db", "-f", f"{ORDERS}/{_FILE}"],
                entrypoint=["haproxy"],
                name=name,
                labels={PLACE: self._place, ROLE: _PROXY, _MADE_FOR: self._made_for},
                volumes=volumes,
                **_rights(self._address),
            )
        found = str(made.id)
        try:
            write(self._engine, found, {_FILE: text})
            with self._engine.asked("starting HAProxy"):
                made.start()
            self._await(found)
            keep(self._engine, found)
        except BaseException:
            with self._engine.asked("removing HAProxy"):
                made.remove(force=True)
            raise
        return found

    def _await(self, container: str) -> None:
        deadline = time.monotonic() + _WAIT
        while True:
            with self._engine.asked("looking at HAProxy"):
                state = self._engine.client.api.inspect_container(container)["State"]
                log = self._engine.client.api.logs(container, tail=10).decode(errors="replace")
            if not state["Running"] or time.monotonic() > deadline:
                raise InfrastructureError("E-DEP-011", f"HAProxy does not start: {_why(log)}", where=self._address)
            with suppress(OSError, TidegateError):
                if "Pid:" in self._said(container, "show info"):
                    return
            time.sleep(0.02)

    def _retire(self, container: str) -> None:
        """Have it finish what it was asked; the newer one listens at the same address already."""
        with self._engine.asked("ending the HAProxy of before"):
            self._engine.client.api.update_container(container, restart_policy={"Name": "no"})
            self._engine.client.api.kill(container, "SIGUSR1")
            deadline = time.monotonic() + _SOFT_STOP
            while self._engine.client.api.inspect_container(container)["State"]["Running"]:
                if time.monotonic() > deadline:
                    break
                time.sleep(0.05)
            self._engine.client.api.remove_container(container, force=True)

    def _statistics(self) -> str:
        found = self.container()
        if not found:
            raise InfrastructureError("E-DEP-011", "HAProxy does not run.", where=self._address)
        return self._tell(found, [haproxy.STATISTICS])

    def _tell(self, container: str, commands: list[str]) -> str:
        """Several commands in one message: HAProxy runs them in order without anything in between."""
        deadline = time.monotonic() + _WAIT
        while True:
            try:
                return self._said(container, "; ".join(commands))
            except OSError as error:
                if time.monotonic() > deadline:
                    message = f"HAProxy cannot be told: {error.strerror or error}."
                    raise InfrastructureError("E-DEP-011", message, where=self._address) from error
            time.sleep(0.1)

    def _said(self, container: str, words: str) -> str:
        """The answer to one message. Raises OSError without one; the next message opens a channel of its own."""
        if self._channel is None or self._channel.container != container:
            self._channel = Channel(self._engine, container, _owner(self._address), _SOCKET)
        try:
            return self._channel.asked(words)
        except OSError:
            self._channel.close()
            self._channel = None
            raise


def rows_of(pools: Mapping[int, Pool]) -> dict[int, Slot]:
    """The proxy's own places. Every release has equally many, so that percents stay percents whatever its size is."""
    each = max((len(pool.ports) for pool in pools.values()), default=0)
    return {
        slot * MOST_REPLICAS + place: Slot(pool.ports[place % len(pool.ports)], pool.weight)
        for slot, pool in pools.items()
        for place in range(each)
    }


def pools_of(rows: Mapping[int, Slot]) -> dict[int, Pool]:
    """The opposite of `rows_of`."""
    found = dict[int, Pool]()
    for number in sorted(rows):
        before = found.get(number // MOST_REPLICAS)
        ports = dict.fromkeys((*(before.ports if before else ()), rows[number].port))
        found[number // MOST_REPLICAS] = Pool(tuple(ports), rows[number].weight)
    return found


def _places(slot: int) -> range:
    return range(slot * MOST_REPLICAS, (slot + 1) * MOST_REPLICAS)


def _owner(address: str) -> str:
    """Ports below 1024 are root's, who may do nothing else there; everything above needs no right at all."""
    user = 0 if int(address.rpartition(":")[2]) < 1024 else _USER
    return f"{user}:{user}"


def _rights(address: str) -> dict[str, Any]:
    user = _owner(address).partition(":")[0]
    return {
        "user": _owner(address),
        "network_mode": "host",
        "cap_add": ["NET_BIND_SERVICE"] if user == "0" else [],
        "tmpfs": {_HOME: f"rw,noexec,nosuid,nodev,size=1m,mode=0700,uid={user},gid={user}"},
        "ulimits": [{"Name": "nofile", "Soft": _FILES, "Hard": _FILES}],
        **bounds(_MEMORY, _PIDS),
    }


def _why(log: str) -> str:
    lines = [line for line in log.splitlines() if "ALERT" in line or "rror" in line]
    return " ".join((lines or log.splitlines() or ["no reason given"])[0].split())[:300]
