"""The target `kubernetes`: every release a Deployment of its own, and a route that divides the requests between them.

The release before is not touched until the new one answers everything, so taking a release back is one write of the
route, and ending it removes nothing that anybody asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from tidegate.adapters.targets.kubernetes import waiting
from tidegate.adapters.targets.kubernetes.api import (
    BUDGETS,
    DEPLOYMENTS,
    KINDS,
    ROUTES,
    SERVICES,
    Api,
    Kind,
    Object,
)
from tidegate.adapters.targets.kubernetes.clock import Clock
from tidegate.adapters.targets.kubernetes.comparison import Comparison
from tidegate.adapters.targets.kubernetes.pods import Pods, age, is_ready
from tidegate.core.deployment.fleet import Fleet, Instance
from tidegate.core.deployment.kubernetes import diagnosis, manifests, names, refusals, route
from tidegate.core.deployment.kubernetes.route import ALL, Copies
from tidegate.core.deployment.kubernetes.settings import Kubernetes
from tidegate.core.deployment.target import Package
from tidegate.core.deployment.traffic import Traffic
from tidegate.errors import InfrastructureError, InputError, TidegateError

_ROUTED = 60.0
_ENDED = manifests.DRAIN + 20.0


class KubernetesTarget:
    """One environment on a cluster.

    `wanted`: digest of the release that is to run, `model` its model's name. `surround` puts on the cluster what a
    release needs around it.
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
        self._comparison = Comparison(api, place, self._clock)

    def surround(self, package: Package) -> None:
        """Put on the cluster what is around releases, and run this one, if it runs, as the environment asks now."""
        self._surround()
        found = self._api.get(DEPLOYMENTS, names.name_of(self._place.route, package.release))
        if found is None or found["metadata"].get("deletionTimestamp"):
            return
        before = manifests.as_asked(found, self._place)
        if before != self._place:
            self._refit(package, before)

    def _refit(self, package: Package, before: Kubernetes) -> None:
        """Pods are replaced one by one, and those before answer until their successors do; undone where none do.

        Raises E-KUB-036 with what keeps them.
        """
        try:
            self._api.apply(DEPLOYMENTS, manifests.deployment(self._model, package, self._place))
            self._await_ready(package.release)
        except TidegateError as error:
            fix = self._put_back(package, before)
            kind = InfrastructureError if isinstance(error, InfrastructureError) else InputError
            wanted = manifests.asked(self._place)
            message = f"version {package.version} does not run as environment.yaml asks ({wanted}): {error.message}"
            raise kind("E-KUB-036", message, fix=fix) from error

    def _put_back(self, package: Package, before: Kubernetes) -> str:
        """What became of it."""
        asked = manifests.asked(before)
        try:
            self._api.apply(DEPLOYMENTS, manifests.deployment(self._model, package, before))
        except TidegateError as error:
            return f"Putting it back ({asked}) did not work either: {error.message}"
        return f"It was put back as it ran ({asked})."

    def fleet(self) -> Fleet:
        """What runs now; weights are the route's, and nobody's before there is one.

        A release that is being deleted is not there any more.
        """
        deployments = [one for one in self._ours(DEPLOYMENTS) if not one["metadata"].get("deletionTimestamp")]
        services = self._ours(SERVICES)
        written = self._api.get(ROUTES, self._place.route) or {}
        shares = route.shares(written, [one["metadata"]["name"] for one in (*deployments, *services)])
        asked = {one["metadata"]["name"] for one in services}
        found = [
            replace(one, mirrored=self._copied(written, one.release))
            for one in (self._seen(one, shares, asked) for one in sorted(deployments, key=age))
        ]
        known = {instance.release for instance in found} | {self._wanted}
        found += [_left(one, shares) for one in services if names.release_in(one["metadata"]) not in known]
        return Fleet(instances=tuple(found))

    def start(self, package: Package) -> None:
        """Make the release's objects and wait until it can be asked.

        Raises what `diagnosis` and `refusals` tell of: every cause that does not mend itself ends the wait at once.
        """
        made = manifests.objects(self._model, package, self._place)
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
        self._await_taken()
        self._comparison.end()

    def mirror(self, champion: str, release: str, share: int) -> None:
        """Have the gateways copy requests to what compares both releases.

        Raises InputError E-KUB-034 where the cluster knows copies of all requests only, and what a shift raises.
        """
        self._comparison.begin(champion, release)
        weights = self._weights() or {champion: ALL}
        written = self._api.apply(ROUTES, route.shared(self._place, weights, Copies(release=release, share=share)))
        if (given := route.copied(written, names.comparison_of(self._place.route, release))) != share:
            message = f"the Gateway API of the cluster copies {given} % of the requests where {share} % are wanted."
            fix = "Install Gateway API 1.3 or newer, or give the shadow one step of 100%."
            raise InputError("E-KUB-034", message, fix=fix)
        self._await_taken()

    def _await_taken(self) -> None:
        deadline = self._clock.now() + _ROUTED
        while reason := route.taken(self._route()):
            if self._clock.now() > deadline:
                message = f"the route {self._place.route} was not taken within {_ROUTED:g} s: {reason}."
                fix = "Look at the Gateway that the route names; the weights are written and nothing else was changed."
                raise InfrastructureError("E-KUB-012", message, fix=fix)
            self._clock.sleep(waiting.PAUSE)

    def traffic(self, release: str) -> Traffic:
        """What the release's pods have answered. Raises what stops all of them, or E-KUB-013 where none can be read."""
        pods = self._pods.of(release)
        if not any(map(is_ready, pods)) and (trouble := self._trouble(release, pods)):
            raise trouble
        answered = self._pods.traffic(release, pods)
        if not route.copied(self._route(), names.comparison_of(self._place.route, release)):
            return answered  # otherwise copies are all that counts, even while nobody compares them
        compared = self._comparison.counts(release)
        return replace(answered, requests=compared.requests, errors=compared.errors, pairs=compared.pairs)

    def stop(self, release: str) -> None:
        """End the pods, which first answer what they were asked, and then remove what pointed to them."""
        name = names.name_of(self._place.route, release)
        self._pods.close(release)
        self._end_copies(release)
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
        name, selector = names.name_of(self._place.route, release), self._pods.selector(release)
        waiting.until_ready(self._api, self._clock, name, selector, lambda: self._pods.of(release), manifests.PROGRESS)

    def _copied(self, written: Object, release: str) -> int:
        """Percent of the requests of which the release gets copies; none while nothing could take them."""
        share = route.copied(written, names.comparison_of(self._place.route, release))
        return share if share and self._comparison.there(release) else 0

    def _weights(self) -> dict[str, int]:
        """How the requests are divided; nothing where others than releases of ours are asked."""
        found = {one.release: one.weight for one in self.fleet().serving}
        return found if sum(found.values()) == ALL else {}

    def _end_copies(self, release: str) -> None:
        """Before anything that takes them: a route must not name what is not there."""
        written = self._api.get(ROUTES, self._place.route) or {}
        if route.copied(written, names.comparison_of(self._place.route, release)) and (weights := self._weights()):
            self._api.apply(ROUTES, route.shared(self._place, weights))
        self._comparison.end()

    def _await_end(self, release: str) -> None:
        """Until a Deployment that is being deleted is gone, with its pods; one that takes too long ends by itself."""
        name, deadline = names.name_of(self._place.route, release), self._clock.now() + _ENDED
        while self._clock.now() < deadline:
            found = self._api.get(DEPLOYMENTS, name)
            if found is None or not found["metadata"].get("deletionTimestamp"):
                return
            self._clock.sleep(waiting.PAUSE)


def _left(service: Object, shares: Mapping[str, int]) -> Instance:
    """What a run that was killed left of a release: its Service, without pods."""
    said = service["metadata"]["annotations"]
    return Instance(
        release=names.release_in(service["metadata"]),
        version=said.get(names.VERSION, "?"),
        commit=said.get(names.COMMIT, ""),
        weight=shares.get(service["metadata"]["name"], 0),
    )
