"""The target `kubernetes`: every release a Deployment of its own, and a route that divides the requests between them.

The release before is not touched until the new one answers everything, so taking a release back is one write of the
route, and ending it removes nothing that anybody asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tidegate.adapters.targets.kubernetes.api import (
    BUDGETS,
    DEPLOYMENTS,
    KINDS,
    PODS,
    ROUTES,
    SERVICES,
    Api,
    Kind,
    Object,
)
from tidegate.adapters.targets.kubernetes.clock import Clock
from tidegate.adapters.targets.kubernetes.pods import Pods, age, is_ready
from tidegate.core.deployment.fleet import Fleet, Instance
from tidegate.core.deployment.kubernetes import diagnosis, manifests, names, refusals, route
from tidegate.core.deployment.kubernetes.settings import Kubernetes
from tidegate.core.deployment.target import Package
from tidegate.core.deployment.traffic import Traffic
from tidegate.errors import InfrastructureError, TidegateError

_PAUSE = 0.5
_WATCH = 10.0
_ROUTED = 60.0
_ENDED = manifests.DRAIN + 20.0
_SLACK = 30.0


class KubernetesTarget:
    """One environment on a cluster.

    `wanted`: digest of the release that is to run, `model` its model's name. `surround` puts on the cluster what a
    release needs around it, and is called before one is started.
    """

    def __init__(
        self,
        api: Api,
        place: Kubernetes,
        model: str,
        wanted: str,
        surround: Callable[[], None] = lambda: None,
        clock: Clock | None = None,
    ) -> None:
        self._api, self._place, self._model, self._wanted = api, place, model, wanted
        self._surround, self._clock = surround, clock or Clock()
        self._pods = Pods(api, place.route)

    def fleet(self) -> Fleet:
        """What runs now; weights are the route's, and nobody's before there is one.

        A release that is being deleted is not there any more.
        """
        deployments = [one for one in self._ours(DEPLOYMENTS) if not one["metadata"].get("deletionTimestamp")]
        services = self._ours(SERVICES)
        written = self._api.get(ROUTES, self._place.route) or {}
        shares = route.shares(written, [one["metadata"]["name"] for one in (*deployments, *services)])
        asked = {one["metadata"]["name"] for one in services}
        found = [self._seen(one, shares, asked) for one in sorted(deployments, key=age)]
        known = {instance.release for instance in found} | {self._wanted}
        found += [_left(one, shares) for one in services if names.release_in(one["metadata"]) not in known]
        return Fleet(instances=tuple(found))

    def start(self, package: Package) -> None:
        """Make the release's objects and wait until it can be asked.

        Raises what `diagnosis` and `refusals` tell of: every cause that does not mend itself ends the wait at once.
        """
        made = manifests.objects(self._model, package, self._place)
        self._surround()
        self._route()  # without a route nobody could ever ask: found out before anything is made
        self._await_end(package.release)
        for manifest in made:
            self._api.apply(KINDS[manifest["kind"]], manifest)
        self._await_ready(package.release)

    def address(self, release: str) -> str:
        """An address of this machine behind which the release is. Raises SecurityRefusal for a pod that is another."""
        return self._pods.address(release, names.name_of(self._place.route, release))

    def shift(self, weights: dict[str, int]) -> None:
        """Write the route's rules and wait until its gateways have taken them. Raises InfrastructureError E-KUB-012."""
        self._route()
        self._api.apply(ROUTES, route.shared(self._place, weights))
        deadline = self._clock.now() + _ROUTED
        while reason := route.taken(self._route()):
            if self._clock.now() > deadline:
                message = f"the route {self._place.route} was not taken within {_ROUTED:g} s: {reason}."
                fix = "Look at the Gateway that the route names; the weights are written and nothing else was changed."
                raise InfrastructureError("E-KUB-012", message, fix=fix)
            self._clock.sleep(_PAUSE)

    def traffic(self, release: str) -> Traffic:
        """What the release's pods have answered. Raises what stops all of them, or E-KUB-013 where none can be read."""
        pods = self._pods.of(release)
        if not any(map(is_ready, pods)) and (trouble := self._trouble(release, pods)):
            raise trouble
        return self._pods.traffic(release, pods)

    def stop(self, release: str) -> None:
        """End the pods, which first answer what they were asked, and then remove what pointed to them."""
        name = names.name_of(self._place.route, release)
        self._pods.close(release)
        self._api.delete(DEPLOYMENTS, name)
        self._await_end(release)
        self._api.delete(BUDGETS, name)
        self._api.delete(SERVICES, name)

    def log(self, release: str) -> tuple[str, ...]:
        """The last lines of the release's youngest pod."""
        return self._pods.log(release)

    def close(self) -> None:
        """Close every door; what runs goes on."""
        self._pods.close()

    def _route(self) -> Object:
        found = self._api.get(ROUTES, self._place.route)
        if found is None:
            asked = refusals.Request(
                verb="get", resource=ROUTES.resource, namespace=self._place.namespace, name=self._place.route
            )
            raise refusals.refusal(asked, refusals.GONE_MISSING, {})
        return found

    def _ours(self, kind: Kind) -> Sequence[Object]:
        found = self._api.list(kind, names.selector_of(self._place.route))
        return [one for one in found if names.release_in(one["metadata"])]

    def _seen(self, deployment: Object, shares: Mapping[str, int], asked: set[str]) -> Instance:
        metadata = deployment["metadata"]
        release, said = names.release_in(metadata), metadata["annotations"]
        weight, whole = shares.get(metadata["name"], 0), diagnosis.is_ready(deployment)
        trouble = None if whole else diagnosis.hopeless(deployment, self._pods.of(release))
        able = whole or (weight > 0 and trouble is None and diagnosis.answers(deployment))
        return Instance(
            release=release,
            version=said.get(names.VERSION, "?"),
            commit=said.get(names.COMMIT, ""),
            weight=weight,
            ready=able and metadata["name"] in asked,
            trouble=str(trouble) if trouble else "",
        )

    def _trouble(self, release: str, pods: Sequence[Object]) -> TidegateError | None:
        deployment = self._api.get(DEPLOYMENTS, names.name_of(self._place.route, release))
        return None if deployment is None else diagnosis.hopeless(deployment, pods)

    def _await_ready(self, release: str) -> None:
        """Watch the pods until the Deployment says that it is there, or why it never will be."""
        name = names.name_of(self._place.route, release)
        deadline = self._clock.now() + manifests.PROGRESS + _SLACK
        while True:
            deployment, pods = self._api.get(DEPLOYMENTS, name), self._pods.of(release)
            if deployment is None:
                raise InfrastructureError("E-KUB-014", f"the Deployment {name} was deleted by somebody else.")
            if diagnosis.is_ready(deployment):
                return
            trouble = diagnosis.hopeless(deployment, pods)
            if trouble is None and self._clock.now() > deadline:
                trouble = diagnosis.late(deployment, pods, "")
            if trouble is not None:
                raise trouble
            self._api.await_change(PODS, self._pods.selector(release), _WATCH)
            self._clock.sleep(_PAUSE)

    def _await_end(self, release: str) -> None:
        """Until a Deployment that is being deleted is gone, with its pods; one that takes too long ends by itself."""
        name, deadline = names.name_of(self._place.route, release), self._clock.now() + _ENDED
        while self._clock.now() < deadline:
            found = self._api.get(DEPLOYMENTS, name)
            if found is None or not found["metadata"].get("deletionTimestamp"):
                return
            self._clock.sleep(_PAUSE)


def _left(service: Object, shares: Mapping[str, int]) -> Instance:
    """What a run that was killed left of a release: its Service, without pods."""
    said = service["metadata"]["annotations"]
    return Instance(
        release=names.release_in(service["metadata"]),
        version=said.get(names.VERSION, "?"),
        commit=said.get(names.COMMIT, ""),
        weight=shares.get(service["metadata"]["name"], 0),
    )
