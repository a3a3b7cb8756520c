"""Releases on a cluster: taking over, being taken back, and going on where a run was killed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from fixtures.cluster import ROUTE, Cluster, running, with_route
from fixtures.cluster_releases import CANNOT_START, PLACE, api, package, rollout_target, takeover, target
from fixtures.manifest_schemas import ROOT, rendered
from tidegate.adapters.targets.kubernetes.api import Api, Kind, Object
from tidegate.adapters.targets.kubernetes.clock import Clock
from tidegate.adapters.targets.kubernetes.turn import LeaseTurn
from tidegate.core.deployment.environment import Strategy
from tidegate.core.deployment.kubernetes.names import name_of
from tidegate.core.deployment.target import Package
from tidegate.errors import TidegateError

Served = tuple[Cluster, str]


@pytest.fixture
def cluster() -> Iterator[Served]:
    with running() as served:
        yield served


def deployed(served: Served, wanted: Package, strategy: Strategy | None = None) -> str:
    """Why the release was taken back; empty where it runs."""
    found = target(served[1], wanted)
    try:
        ended = takeover(found, wanted, **({"strategy": strategy} if strategy else {})).run()
        assert not ended.open
        return ended.failed
    finally:
        found.close()


def weights(served: Served) -> dict[str, int]:
    return served[0].weights[-1]


def names(*packages: Package) -> set[str]:
    return {name_of(ROUTE, one.release) for one in packages}


def left(served: Served) -> set[str]:
    """Whatever is on the cluster, of any kind."""
    kinds = ("deployments", "services", "poddisruptionbudgets")
    return {one["metadata"]["name"] for kind in kinds for one in served[0].all(kind)}


def test_an_empty_cluster_gets_its_first_release(cluster: Served) -> None:
    first = package(1)
    assert deployed(cluster, first) == ""
    assert weights(cluster) == {name_of(ROUTE, first.release): 100}
    assert left(cluster) == names(first)


def test_a_second_release_takes_over_step_by_step_and_nobody_goes_without(cluster: Served) -> None:
    first, second = package(1), package(2)
    deployed(cluster, first)
    assert deployed(cluster, second) == ""
    one, two = name_of(ROUTE, first.release), name_of(ROUTE, second.release)
    assert cluster[0].weights == [{one: 100}, {one: 90, two: 10}, {one: 50, two: 50}, {two: 100}]
    assert left(cluster) == names(second)
    assert cluster[0].unserved == []


def test_an_overlay_that_deploy_model_applies_may_be_the_first_thing_on_a_cluster() -> None:
    with running(route=False) as served:
        found = target(served[1], package(1), surround=lambda: with_route(served[0]))
        found.surround(package(1))
        assert takeover(found, package(1)).run().failed == ""
        found.close()
        assert weights(served) == {name_of(ROUTE, package(1).release): 100}


def test_a_release_that_runs_is_left_alone(cluster: Served) -> None:
    deployed(cluster, package(1))
    before = list(cluster[0].asked)
    assert deployed(cluster, package(1)) == ""
    assert {verb for verb, _, _ in cluster[0].asked[len(before) :]} <= {"get", "list", "create"}


@pytest.mark.parametrize(
    ("fate", "told"),
    [
        pytest.param("a", "requests failed", id="errors"),
        pytest.param("b", "times as long", id="slow"),
        pytest.param("c", "3 was answered [9.0]", id="wrong answers"),
        pytest.param("d", "E-KUB-030", id="another release in the image"),
        pytest.param("3", "E-KUB-022", id="crash loop"),
        pytest.param("4", "E-KUB-023", id="out of memory"),
        pytest.param("8", "E-KUB-025", id="deadline"),
        pytest.param("9", "E-KUB-026", id="partial rollout"),
        pytest.param("e", "E-KUB-027", id="container cannot be made"),
    ],
)
def test_a_bad_release_is_taken_back_and_the_one_before_answers_everything(
    cluster: Served, fate: str, told: str
) -> None:
    first, bad = package(1), package(2, fate)
    deployed(cluster, first)
    assert told in deployed(cluster, bad)
    assert weights(cluster) == {name_of(ROUTE, first.release): 100}
    assert left(cluster) == names(first)
    assert cluster[0].unserved == []


@pytest.mark.parametrize(("fate", "code", "ends"), CANNOT_START)
def test_a_cluster_that_cannot_start_a_release_says_nothing_about_it(
    cluster: Served, fate: str, code: str, ends: int
) -> None:
    first, second = package(1), package(2, fate)
    deployed(cluster, first)
    with pytest.raises(TidegateError) as caught:
        deployed(cluster, second)
    assert (caught.value.code, caught.value.exit_code) == (code, ends)
    assert weights(cluster) == {name_of(ROUTE, first.release): 100}
    assert left(cluster) == names(first)


def test_a_release_that_is_asked_stays_ready_while_one_of_its_pods_is_moved(cluster: Served) -> None:
    first = package(1)
    deployed(cluster, first)
    [deployment] = cluster[0].all("deployments")
    deployment["status"]["availableReplicas"] = 1
    [seen] = target(cluster[1], first).fleet().instances
    assert (seen.weight, seen.ready, seen.trouble) == (100, True, "")


def test_a_release_of_which_a_pod_crashes_again_and_again_is_not_ready(cluster: Served) -> None:
    first = package(1)
    deployed(cluster, first)
    [deployment] = cluster[0].all("deployments")
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    container["image"] = package(1, "3").image
    target(cluster[1], first).log(first.release)
    [seen] = target(cluster[1], first).fleet().instances
    assert not seen.ready
    assert "E-KUB-022" in seen.trouble


def test_a_first_release_that_is_bad_leaves_nothing(cluster: Served) -> None:
    assert "E-KUB-022" in deployed(cluster, package(1, "3"))
    assert left(cluster) == set()


def test_recreate_ends_the_old_release_before_the_new_one_starts(cluster: Served) -> None:
    first, second = package(1), package(2)
    deployed(cluster, first)
    assert deployed(cluster, second, Strategy(kind="recreate")) == ""
    assert left(cluster) == names(second)
    assert weights(cluster) == {name_of(ROUTE, second.release): 100}


class Killed(BaseException):
    """What ends a run from outside: nothing catches it."""


def actions_of(cluster: Served, wanted: Package) -> int:
    """How many actions a whole takeover has."""
    numbers: list[int] = []
    found = target(cluster[1], wanted)
    takeover(found, wanted, seen=lambda number, _name: numbers.append(number)).run()
    found.close()
    return max(numbers)


def test_killed_before_any_action_the_next_run_ends_the_same() -> None:
    with running() as trial:
        deployed(trial, package(1))
        whole = actions_of(trial, package(2))
    assert whole > 8
    for point in range(1, whole + 1):
        with running() as served:
            deployed(served, package(1))
            found = target(served[1], package(2))

            def seen(number: int, _name: str, stop: int = point) -> None:
                if number == stop:
                    raise Killed

            with pytest.raises(Killed):
                takeover(found, package(2), seen=seen).run()
            found.close()
            assert deployed(served, package(2)) == ""
            assert left(served) == names(package(2))
            assert served[0].unserved == []


class Dying(Api):
    """The process ends right after the API server did what it was told for the `left`-th time."""

    left = 0

    def apply(self, kind: Kind, manifest: Object) -> Object:
        return self._done(super().apply(kind, manifest))

    def delete(self, kind: Kind, name: str) -> None:
        self._done(super().delete(kind, name) or {})

    def _done(self, found: Object) -> Object:
        self.left -= 1
        if self.left == 0:
            raise Killed
        return found


@pytest.mark.parametrize("nth", range(1, 10))
def test_killed_inside_an_action_the_next_run_ends_the_same(cluster: Served, nth: int) -> None:
    deployed(cluster, package(1))
    dying = api(cluster[1], Dying)
    assert isinstance(dying, Dying)
    dying.left = nth
    found = target(cluster[1], package(2), asked=dying)
    with pytest.raises(Killed):
        takeover(found, package(2)).run()
    found.close()
    assert deployed(cluster, package(2)) == ""
    assert left(cluster) == names(package(2))
    assert cluster[0].unserved == []


def granted() -> set[tuple[str, str]]:
    """What the Role of the overlay allows."""
    role = next(one for one in rendered(ROOT / "environments/production/kubernetes") if one["kind"] == "Role")
    return {
        (verb, f"{resource}.{group}" if group else resource)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def test_the_overlays_role_allows_what_deployments_ask_and_nothing_else(cluster: Served) -> None:
    for version, fate in enumerate(["0", "1", "3"], start=1):
        deployed(cluster, package(version, fate))
    shadow = target(cluster[1], package(7))
    shadow.start(package(7))
    shadow.mirror(package(2).release, package(7).release, 50)
    shadow.traffic(package(7).release)
    shadow.stop(package(7).release)
    shadow.surround(package(2))
    shadow.close()
    for commit in ("1" * 40, "2" * 40):
        with LeaseTurn(api(cluster[1]), PLACE, commit, lambda _newer, _older: True, Clock()).held(1):
            pass
    target(cluster[1], package(9)).log(package(2).release)
    with running(argo=True) as other:
        found = rollout_target(other[1], replace(PLACE, prometheus="http://prometheus:9090"))
        found.start(package(1))
        found.start(package(2))
        found.shift({package(2).release: 10, package(1).release: 90})
        found.stop(package(2).release)
        found.stop(package(1).release)
    asked = {(verb, resource) for verb, resource, _ in (*cluster[0].asked, *other[0].asked)}
    made = {("create", name) for verb, name in asked if verb == "patch" and "route" not in name and "/" not in name}
    assert granted() == asked | made
