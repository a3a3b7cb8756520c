"""The target `process`: servers of this machine behind HAProxy."""

from __future__ import annotations

import contextlib
import json
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tidegate.adapters.targets.process import metrics_text
from tidegate.adapters.targets.process.haproxy import SLOTS, HAProxy, Slot
from tidegate.adapters.targets.process.instances import Instances, Process, free_slot
from tidegate.core.deployment.fleet import Fleet, Instance
from tidegate.core.deployment.target import Package
from tidegate.core.deployment.traffic import Histogram, Traffic
from tidegate.errors import InfrastructureError

_ASK = 2.0
_DRAIN = 25.0


class ProcessTarget:
    """`folder` keeps everything about one environment; `address` is where clients ask."""

    def __init__(self, folder: Path, address: str, environ: Mapping[str, str]) -> None:
        self._instances = Instances(folder, environ)
        self._proxy = HAProxy(folder, address)
        folder.mkdir(parents=True, exist_ok=True)

    def fleet(self) -> Fleet:
        """What runs now; a server that reports another release than it was started with is not ready."""
        return Fleet(instances=tuple(map(_seen, self._instances.all())))

    def start(self, package: Package) -> None:
        """Start a server unless the release runs."""
        running = self._instances.all()
        if all(process.release != package.release for process in running):
            self._instances.start(package, free_slot(running, SLOTS))

    def address(self, release: str) -> str:
        """The server's own port."""
        return f"127.0.0.1:{self._process(release).port}"

    def shift(self, weights: dict[str, int]) -> None:
        """Records first, then the proxy: a run that is killed between them is put right by the next `shift`."""
        running = self._instances.all()
        changed = [replace(process, weight=weights.get(process.release, 0)) for process in running]
        for process in changed:
            self._instances.keep(process)
        self._proxy.apply({process.slot: Slot(process.port, process.weight) for process in changed})

    def traffic(self, release: str) -> Traffic:
        """Requests and errors as the proxy saw them, times and predictions as the server counted them."""
        process = self._process(release)
        counts = self._proxy.counts(process.slot)
        try:
            found = list(metrics_text.samples(_get(process, "/metrics")))
        except (OSError, ValueError) as error:
            raise InfrastructureError(
                "E-DEP-013", f"the metrics of {process.version} cannot be read: {error}."
            ) from error
        times = metrics_text.histogram(found, "tidegate_request_seconds", "endpoint", ("infer", "invocations"))
        predictions = metrics_text.histogram(found, "tidegate_prediction", "column")
        nothing = Histogram(edges=(1.0,), counts=(0, 0))
        return Traffic(
            requests=counts.requests, errors=counts.errors, latency=times or nothing, predictions=predictions
        )

    def stop(self, release: str) -> None:
        """Take the server from the proxy, wait for its last answer, and end it."""
        running = self._instances.all()
        process = next((found for found in running if found.release == release), None)
        if process is None:
            return
        left = {found.slot: Slot(found.port, found.weight) for found in running if found.release != release}
        if any(slot.weight for slot in left.values()):
            self._proxy.apply(left)
            deadline = time.monotonic() + _DRAIN
            while self._proxy.connections(process.slot) and time.monotonic() < deadline:
                time.sleep(0.05)
        self._instances.end(process, _DRAIN)

    def log(self, release: str) -> tuple[str, ...]:
        """The server's last lines."""
        return self._instances.log(release)

    def close(self) -> None:
        """End everything of this environment: for tests and demonstrations."""
        self._proxy.stop()
        for process in self._instances.all():
            self._instances.end(process, _DRAIN)

    def _process(self, release: str) -> Process:
        found = next((process for process in self._instances.all() if process.release == release), None)
        if found is None:
            raise InfrastructureError("E-DEP-014", f"release {release[:19]} does not run.")
        return found


def _seen(process: Process) -> Instance:
    return Instance(
        release=process.release,
        version=process.version,
        commit=process.commit,
        weight=process.weight,
        ready=_is_ready(process),
    )


def _is_ready(process: Process) -> bool:
    """Whether it answers, and says that it is what it should be."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        _get(process, "/v2/health/ready")
        return bool(json.loads(_get(process, "/version"))["release"] == process.release)
    return False


def _get(process: Process, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{process.port}{path}", timeout=_ASK) as answer:
        body: bytes = answer.read()
        return body.decode()
