"""A shadow's answers held against its champion's: the pod that does it is made, asked for its counts, and ended.

A gateway copies requests and throws the answers away, so nobody but this pod ever has both. See decision 0011.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tidegate.adapters.targets.kubernetes import counts, waiting
from tidegate.adapters.targets.kubernetes.api import DEPLOYMENTS, PODS, SERVICES, Api, Object
from tidegate.adapters.targets.kubernetes.clock import Clock
from tidegate.adapters.targets.kubernetes.counts import Compared, Comparisons
from tidegate.adapters.targets.kubernetes.pods import is_ready
from tidegate.core.deployment.kubernetes import comparison, names
from tidegate.core.deployment.kubernetes.settings import Kubernetes
from tidegate.core.deployment.target import Package
from tidegate.core.release.image import PORT
from tidegate.errors import InfrastructureError, ReleaseFailed

_COUNTS = "/counts"


class Comparison:
    """The comparisons of one environment: as a rule none, and one while a shadow is judged."""

    def __init__(self, api: Api, place: Kubernetes, clock: Clock) -> None:
        self._api, self._place, self._clock = api, place, clock
        self._counted = Comparisons()

    def begin(self, champion: str, release: str) -> None:
        """Start comparing `release` with `champion`, and wait until copies can be sent.

        Raises InfrastructureError E-KUB-033 where its pod does not start: that says nothing of the release.
        """
        package = self._package(release)
        addresses = self._address(champion), self._address(release)
        self._api.apply(SERVICES, comparison.service(package, self._place))
        made = comparison.deployment(package, self._place, *addresses)
        self._api.apply(DEPLOYMENTS, made)
        name, seconds = made["metadata"]["name"], float(made["spec"]["progressDeadlineSeconds"])
        try:
            waiting.until_ready(
                self._api, self._clock, name, self._selector(release), lambda: self._pods(release), seconds
            )
        except ReleaseFailed as error:
            message = f"what compares the shadow with the champion does not start: {error.message}"
            fix = f"Look at its log: kubectl logs deployment/{name} -n {self._place.namespace}."
            raise InfrastructureError("E-KUB-033", message, fix=fix) from error

    def there(self, release: str) -> bool:
        """Whether anything compares the release."""
        found = self._api.get(DEPLOYMENTS, names.comparison_of(self._place.route, release))
        return found is not None and not found["metadata"].get("deletionTimestamp")

    def counts(self, release: str) -> Compared:
        """What was compared. A pod that does not answer now is counted as it was seen last."""
        read = {counts.container(pod): self._read(pod) for pod in self._pods(release) if is_ready(pod)}
        return self._counted.of(release, {name: found for name, found in read.items() if found is not None})

    def end(self) -> None:
        """End all of them, whatever a run that was killed left of any."""
        selector = names.comparisons_of(self._place.route)
        deployments, services = (self._api.list(kind, selector) for kind in (DEPLOYMENTS, SERVICES))
        for one in deployments:
            self._api.delete(DEPLOYMENTS, one["metadata"]["name"])
        for one in services:
            self._api.delete(SERVICES, one["metadata"]["name"])

    def _package(self, release: str) -> Package:
        """The release as it runs, whose image has the program that compares."""
        found = self._found(DEPLOYMENTS, release)
        said = found["metadata"]["annotations"]
        image = found["spec"]["template"]["spec"]["containers"][0]["image"]
        return Package(
            release=release, version=said[names.VERSION], commit=said[names.COMMIT], folder="", image=str(image)
        )

    def _address(self, release: str) -> str:
        address = str((self._found(SERVICES, release).get("spec") or {}).get("clusterIP", ""))
        return f"[{address}]:{PORT}" if ":" in address else f"{address}:{PORT}"

    def _found(self, kind: Any, release: str) -> Object:
        name = names.name_of(self._place.route, release)
        found = self._api.get(kind, name)
        if found is None:
            raise InfrastructureError("E-KUB-014", f"{kind.resource} {name} was deleted by somebody else.")
        return found

    def _selector(self, release: str) -> str:
        name = names.comparison_of(self._place.route, release)
        return f"{names.comparisons_of(self._place.route)},app.kubernetes.io/name={name}"

    def _pods(self, release: str) -> Sequence[Object]:
        found = self._api.list(PODS, self._selector(release))
        return [pod for pod in found if not pod["metadata"].get("deletionTimestamp")]

    def _read(self, pod: Mapping[str, Any]) -> Compared | None:
        try:
            reply = self._api.proxied(PODS, f"http:{pod['metadata']['name']}:{PORT}", "GET", _COUNTS)
            return counts.of_comparison(json.loads(reply.body)) if reply.status == 200 else None
        except (OSError, ValueError, KeyError, TypeError):
            return None
