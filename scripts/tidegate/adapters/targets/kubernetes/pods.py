"""The pods of a release, whoever made them: what they counted, what they printed, and a way to ask them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tidegate.adapters.targets.kubernetes import counts
from tidegate.adapters.targets.kubernetes.api import PODS, SERVICES, Api, Object
from tidegate.adapters.targets.kubernetes.door import Door
from tidegate.core.deployment.kubernetes import names
from tidegate.core.deployment.kubernetes.refusals import Request, unreachable
from tidegate.core.deployment.traffic import Traffic
from tidegate.core.release.image import PORT
from tidegate.errors import InfrastructureError, SecurityRefusal

_LINES = 20


class Pods:
    """All pods of one environment."""

    def __init__(self, api: Api, route: str) -> None:
        self._api, self._route = api, route
        self._counts = counts.Counts()
        self._doors: dict[str, Door] = {}

    def of(self, release: str) -> Sequence[Object]:
        """Those that are not about to end."""
        found = self._api.list(PODS, self.selector(release))
        return [pod for pod in found if not pod["metadata"].get("deletionTimestamp")]

    def selector(self, release: str) -> str:
        """What only they have."""
        return ",".join(f"{key}={value}" for key, value in names.selector(self._route, release).items())

    def traffic(self, release: str, pods: Sequence[Object]) -> Traffic:
        """What they have answered, each asked for its own counts.

        Raises InfrastructureError E-KUB-013 when none of those that are ready can be read.
        """
        read = {counts.container(pod): self._read(pod) for pod in pods if is_ready(pod)}
        now = {name: found for name, found in read.items() if found is not None}
        if read and not now:
            raise InfrastructureError("E-KUB-013", f"the metrics of release {release[:19]} cannot be read.")
        return self._counts.of(release, now)

    def log(self, release: str) -> tuple[str, ...]:
        """The last lines of the youngest."""
        pods = sorted(self.of(release), key=age)
        return tuple(self._api.log(pods[-1]["metadata"]["name"], _LINES).splitlines()) if pods else ()

    def address(self, release: str, service: str) -> str:
        """An address of this machine behind which they are. Raises SecurityRefusal E-KUB-030 for another release's."""
        if release not in self._doors:
            self._doors[release] = Door(lambda method, path, body: self._through(service, method, path, body))
        self._check(release, service)
        return self._doors[release].address

    def close(self, release: str = "") -> None:
        """Close the doors of a release, or all."""
        for name in [release] if release else list(self._doors):
            if (door := self._doors.pop(name, None)) is not None:
                door.close()

    def _check(self, release: str, service: str) -> None:
        """A server that tells what it is must be what it should be; an image of another make need not tell."""
        status, body = self._through(service, "GET", "/version", b"")
        said = _said(body) if status == 200 else None
        if said not in (None, release):
            fix = "Build the image again, and find out who made this one."
            raise SecurityRefusal(
                "E-KUB-030", f"the pods of {release[:19]} say that they are {str(said)[:19]}.", fix=fix
            )

    def _through(self, service: str, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        try:
            reply = self._api.proxied(SERVICES, f"http:{service}:{PORT}", method, path, body)
        except OSError as error:
            verb = "get" if method == "GET" else "create"
            asked = Request(verb=verb, resource="services/proxy", namespace=self._api.namespace, name=service)
            raise unreachable(asked, str(error)) from error
        return reply.status, reply.body

    def _read(self, pod: Object) -> Traffic | None:
        """One pod's counts; None for one that does not answer now, because it is about to go."""
        name = f"http:{pod['metadata']['name']}:{PORT}"
        try:
            reply = self._api.proxied(PODS, name, "GET", "/metrics")
            return counts.of_server(reply.body.decode()) if reply.status == 200 else None
        except (OSError, ValueError):
            return None


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Whether it says that it can be asked."""
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)


def age(found: Mapping[str, Any]) -> tuple[str, str]:
    """The oldest first, in the same order every time."""
    metadata = found["metadata"]
    return str(metadata.get("creationTimestamp", "")), str(metadata["name"])


def _said(body: bytes) -> str | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    said = found.get("release") if isinstance(found, dict) else None
    return said if isinstance(said, str) else None
