"""The target `kubernetes` where Argo Rollouts moves the weights: it holds the levers, and we say when.

Stable and canary are two ReplicaSets of one Rollout. Going on, going to the end and going back are what `kubectl argo
rollouts promote`, `promote --full` and `abort` write: a few fields of the Rollout's status.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidegate.adapters.targets.kubernetes.api import (
    ANALYSES,
    DEPLOYMENTS,
    PODS,
    REPLICA_SETS,
    ROLLOUTS,
    ROUTES,
    SERVICES,
    Api,
    Object,
)
from tidegate.adapters.targets.kubernetes.clock import Clock
from tidegate.adapters.targets.kubernetes.pods import Pods
from tidegate.core.deployment.environment import Environment, Strategy
from tidegate.core.deployment.fleet import Fleet, Instance
from tidegate.core.deployment.kubernetes import diagnosis, manifests, names, rollouts
from tidegate.core.deployment.kubernetes.settings import Kubernetes
from tidegate.core.deployment.target import Package
from tidegate.core.deployment.traffic import Traffic
from tidegate.errors import InfrastructureError, InputError, ReleaseFailed, TidegateError

_PAUSE = 0.5
_WATCH = 10.0
_MOVED = 120.0
_SLACK = 30.0


def moves(api: Api, place: Kubernetes, strategy: Strategy) -> bool:
    """Whether Argo Rollouts is to move the weights: of what is its Rollout's, whichever strategy is wanted now.

    Of canaries as well, where it is installed and nothing runs without it.
    """
    if place.rollouts == "never" or not api.serves(ROLLOUTS):
        return False
    if api.get(ROLLOUTS, place.route) is not None:
        return True
    return strategy.kind == "canary" and not api.list(DEPLOYMENTS, names.selector_of(place.route))


class RolloutTarget:
    """One environment, whose releases are the versions of one Rollout."""

    def __init__(
        self,
        api: Api,
        place: Kubernetes,
        environment: Environment,
        model: str,
        surround: Callable[[], None] = lambda: None,
        clock: Clock | None = None,
    ) -> None:
        self._api, self._place, self._environment, self._model = api, place, environment, model
        self._surround, self._clock = surround, clock or Clock()
        self._pods = Pods(api, place.route)

    def surround(self, _package: Package) -> None:
        """Put on the cluster what a release needs around it, as Git has it now. Its pods change with the next one."""
        self._surround()

    def fleet(self) -> Fleet:
        """The stable version and, while one is tried, the canary. Weights are those that Argo says are in force."""
        found = self._rollout()
        if found is None:
            return Fleet()
        status = found.get("status") or {}
        current, stable = status.get("currentPodHash", ""), status.get("stableRS", "")
        hashes = [stable, current] if stable and stable != current else [current]
        return Fleet(instances=tuple(self._instance(found, one) for one in hashes))

    def start(self, package: Package) -> None:
        """Give the Rollout the release's pods and wait until they can be asked, which nobody does yet.

        The first release of all is stable at once: there is nothing that it could be tried beside.
        Raises InputError E-KUB-035 for a shadow, whose answers nobody could compare.
        """
        if self._environment.strategy.kind == "shadow":
            message = f"Argo Rollouts moves the weights of {self._place.route}, and copies no requests for a shadow."
            fix = "Take a canary, or delete the Rollout and say `rollouts: never` in environment.yaml."
            raise InputError("E-KUB-035", message, fix=fix)
        wanted = rollouts.rollout(self._model, package, self._place, self._environment.strategy)
        for role in ("stable", "canary"):  # Argo owns their selectors from then on
            if self._api.get(SERVICES, f"{self._place.route}-{role}") is None:
                self._api.apply(SERVICES, rollouts.service(role, self._place))
        if self._rollout() is None:
            self._api.apply(ROUTES, rollouts.first_rules(self._place))
        if self._place.prometheus:
            self._api.apply(ANALYSES, rollouts.analysis_template(self._place, self._environment.limits))
        self._api.apply(ROLLOUTS, wanted)
        self._await_ready(package.release)

    def address(self, release: str) -> str:
        """An address of this machine behind which the version is."""
        role = "stable" if self._is_stable(release) else "canary"
        return self._pods.address(release, f"{self._place.route}-{role}")

    def shift(self, weights: dict[str, int]) -> None:
        """End the pause before the step that gives this weight, all pauses, or the trial. Raises E-KUB-012."""
        found = self._need()
        canary = next((name for name in weights if not self._is_stable(name)), None)
        if canary is None:
            self._api.set_status(ROLLOUTS, self._place.route, {"abort": True})
        elif weights[canary] == 100:
            self._api.set_status(ROLLOUTS, self._place.route, {"promoteFull": True})
        else:
            step = rollouts.place_of(weights[canary], found)
            self._api.set_status(ROLLOUTS, self._place.route, {"pauseConditions": None, "currentStepIndex": step})
        self._await_weights(weights)

    def traffic(self, release: str) -> Traffic:
        """What the version's pods have answered. Raises ReleaseFailed E-KUB-031 where Argo has taken it back."""
        status = self._need().get("status") or {}
        if status.get("abort") and not self._is_stable(release):
            raise _aborted(status)
        return self._pods.traffic(release, self._pods.of(release))

    def stop(self, release: str) -> None:
        """Give a version up: the Rollout gets the stable version's pods again. What was replaced, Argo ends itself."""
        self._pods.close(release)
        found = self._rollout()
        if found is None or names.release_in(found["spec"]["template"]["metadata"]) != release:
            return
        stable = (found.get("status") or {}).get("stableRS", "")
        pods = self._replica_set(stable) if stable else None
        if pods is None or self._is_stable(release):
            self._api.delete(ROLLOUTS, self._place.route)
            return
        template = pods["spec"]["template"]
        template["metadata"]["labels"].pop(rollouts.HASH, None)
        self._api.apply(ROLLOUTS, rollouts.with_template(template, self._place, self._environment.strategy))
        self._await(lambda: self._need().get("status", {}).get("currentPodHash") == stable, "the stable version again")

    def log(self, release: str) -> tuple[str, ...]:
        """The last lines of the version's youngest pod."""
        return self._pods.log(release)

    def close(self) -> None:
        """Close every door; what runs goes on."""
        self._pods.close()

    def _rollout(self) -> Object | None:
        return self._api.get(ROLLOUTS, self._place.route)

    def _need(self) -> Object:
        found = self._rollout()
        if found is None:
            raise InfrastructureError("E-KUB-014", f"the Rollout {self._place.route} was deleted by somebody else.")
        return found

    def _replica_set(self, hashed: str) -> Object | None:
        return self._api.get(REPLICA_SETS, f"{self._place.route}-{hashed}") if hashed else None

    def _instance(self, found: Object, hashed: str) -> Instance:
        pods, status = self._replica_set(hashed), found.get("status") or {}
        is_current = hashed == status.get("currentPodHash", "")
        template = (pods or found)["spec"]["template"]  # the Rollout's own may be newer than what its status is about
        release, said = names.release_in(template["metadata"]), template["metadata"]["annotations"]
        view = rollouts.as_deployment(found, pods)
        weight, whole = _weight(status, hashed), diagnosis.is_ready(view)
        trouble: TidegateError | None = None
        if is_current and hashed != status.get("stableRS") and status.get("abort"):
            trouble = _aborted(status)
        elif is_current and not whole:
            trouble = diagnosis.hopeless(view, self._pods.of(release))
        return Instance(
            release=release,
            version=said.get(names.VERSION, "?"),
            commit=said.get(names.COMMIT, ""),
            weight=weight,
            ready=trouble is None and (whole or (weight > 0 and diagnosis.answers(view))),
            trouble=str(trouble) if trouble else "",
        )

    def _is_stable(self, release: str) -> bool:
        found = self._need()
        stable = (found.get("status") or {}).get("stableRS", "")
        pods = self._replica_set(stable)
        return pods is not None and names.release_in(pods["spec"]["template"]["metadata"]) == release

    def _await_ready(self, release: str) -> None:
        deadline = self._clock.now() + manifests.PROGRESS + _SLACK
        while True:
            found = self._need()
            hashed = (found.get("status") or {}).get("currentPodHash", "")
            view, pods = rollouts.as_deployment(found, self._replica_set(hashed)), self._pods.of(release)
            if diagnosis.is_ready(view):
                return
            trouble = diagnosis.hopeless(view, pods)
            if trouble is None and self._clock.now() > deadline:
                trouble = diagnosis.late(view, pods, "")
            if trouble is not None:
                raise trouble
            self._api.await_change(PODS, self._pods.selector(release), _WATCH)
            self._clock.sleep(_PAUSE)

    def _await_weights(self, weights: dict[str, int]) -> None:
        wanted = {name: weight for name, weight in weights.items() if weight}

        def reached() -> bool:
            return {one.release: one.weight for one in self.fleet().instances if one.weight} == wanted

        self._await(reached, " and ".join(f"{weight} %" for weight in wanted.values()))

    def _await(self, reached: Callable[[], Any], told: str) -> None:
        deadline = self._clock.now() + _MOVED
        while not reached():
            if self._clock.now() > deadline:
                message = f"Argo Rollouts did not get to {told} within {_MOVED:g} s."
                fix = f"Look at it: kubectl argo rollouts get rollout {self._place.route} -n {self._place.namespace}."
                raise InfrastructureError("E-KUB-012", message, fix=fix)
            self._clock.sleep(_PAUSE)


def _aborted(status: Object) -> ReleaseFailed:
    """Its own analysis failed, or a person ended the trial."""
    return ReleaseFailed("E-KUB-031", f"Argo Rollouts took it back: {str(status.get('message', 'aborted'))[:300]}.")


def _weight(status: Object, hashed: str) -> int:
    """Percent of the requests of one ReplicaSet; before anything was ever divided, all go to the stable one."""
    is_stable = bool(hashed) and hashed == status.get("stableRS")
    weights = (status.get("canary") or {}).get("weights") or {}
    found = weights.get("stable" if is_stable else "canary") or {}
    if found.get("podTemplateHash") == hashed and found.get("weight") is not None:
        return int(found["weight"])
    return 100 if is_stable else 0
