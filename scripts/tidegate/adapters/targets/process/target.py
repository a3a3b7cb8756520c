"""The target `process`: servers of this machine behind HAProxy or Envoy."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tidegate.adapters.targets import server
from tidegate.adapters.targets.haproxy import SLOTS, Slot
from tidegate.adapters.targets.process.instances import Instances, Process, free_slot
from tidegate.adapters.targets.process.mirror import Mirror, Shadow
from tidegate.adapters.targets.process.proxy import Proxy, proxy_of
from tidegate.core.deployment.environment import Log
from tidegate.core.deployment.fleet import Fleet, Instance
from tidegate.core.deployment.target import Package
from tidegate.core.deployment.traffic import Traffic
from tidegate.errors import InfrastructureError

_DRAIN = 25.0


class ProcessTarget:
    """`folder` keeps everything about one environment; `address` is where clients ask.

    `drain`: seconds that a server may take for its last answers before it is killed. `proxy`: another
    than the machine's usual one. `log`: what of the requests is kept, by default all of it.
    """

    def __init__(
        self,
        folder: Path,
        address: str,
        environ: Mapping[str, str],
        drain: float = _DRAIN,
        proxy: Proxy | None = None,
        log: Log | None = None,
    ) -> None:
        self._drain = drain
        self._instances = Instances(folder, environ, log)
        self._proxy = proxy or proxy_of(folder, address)
        self._mirror = Mirror(folder, self._instances)
        folder.mkdir(parents=True, exist_ok=True)

    def fleet(self) -> Fleet:
        """What runs now; a server that reports another release than it was started with is not ready.

        Without the proxy no server is asked, whatever their records say: the next `shift` starts it again.
        """
        shadow, running = self._mirror.shadow(), self._instances.all()
        seen = tuple(_seen(process, shadow) for process in running)
        if running and not self._proxy.answers():
            seen = tuple(replace(instance, weight=0) for instance in seen)
        return Fleet(instances=seen)

    def start(self, package: Package) -> None:
        """Start a server unless the release runs."""
        running = self._instances.all()
        if all(process.release != package.release for process in running):
            self._instances.start(package, free_slot(running, SLOTS))

    def address(self, release: str) -> str:
        """The server's own port."""
        return f"127.0.0.1:{self._process(release).port}"

    def shift(self, weights: dict[str, int]) -> None:
        """The proxy first, then the records: after a run that was killed between them, the next one shifts again."""
        self._mirror.end()
        running = self._instances.all()
        changed = [replace(process, weight=weights.get(process.release, 0)) for process in running]
        self._proxy.apply({process.slot: Slot(process.port, process.weight) for process in changed})
        for process in changed:
            self._instances.keep(process)

    def mirror(self, champion: str, release: str, share: int) -> None:
        """A mirror between the two, and the champion's order to send it copies."""
        self._mirror.begin(self._process(champion), self._process(release), share)

    def traffic(self, release: str) -> Traffic:
        """Requests and errors as the proxy saw them, times and predictions as the server counted them."""
        process, shadow = self._process(release), self._mirror.shadow()
        mirrored = shadow is not None and shadow.release == release
        counts, pairs = self._mirror.counts() if mirrored else (self._proxy.counts(process.slot), None)
        counted = server.traffic([process.port], process.version, counts.requests, counts.errors)
        return replace(counted, pairs=pairs)

    def stop(self, release: str) -> None:
        """Take the server from the proxy, wait for its last answer, and end it."""
        self._mirror.end_with(release)
        running = self._instances.all()
        process = next((found for found in running if found.release == release), None)
        if process is None:
            return
        left = {found.slot: Slot(found.port, found.weight) for found in running if found.release != release}
        if any(slot.weight for slot in left.values()):
            self._proxy.apply(left)
            deadline = time.monotonic() + self._drain
            while self._proxy.connections(process.slot) and time.monotonic() < deadline:
                time.sleep(0.05)
        self._instances.end(process, self._drain)

    def log(self, release: str) -> tuple[str, ...]:
        """The server's last lines."""
        return self._instances.log(release)

    def close(self) -> None:
        """End everything of this environment: for tests and demonstrations."""
        self._mirror.end()
        self._proxy.stop()
        for process in self._instances.all():
            self._instances.end(process, self._drain)

    def _process(self, release: str) -> Process:
        found = next((process for process in self._instances.all() if process.release == release), None)
        if found is None:
            raise InfrastructureError("E-DEP-014", f"release {release[:19]} does not run.")
        return found


def _seen(process: Process, shadow: Shadow | None) -> Instance:
    return Instance(
        release=process.release,
        version=process.version,
        commit=process.commit,
        weight=process.weight,
        ready=server.is_ready(process.port, process.release),
        mirrored=shadow.share if shadow is not None and shadow.release == process.release else 0,
    )
