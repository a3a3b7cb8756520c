"""Releases where Argo Rollouts moves the weights: it is told when, and nobody goes without an answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from fixtures.cluster import Cluster, Fault, running
from fixtures.cluster_releases import CANARY, CANNOT_START, PLACE, PRODUCTION, api, package, rollout_target, takeover
from tidegate.adapters.targets.kubernetes.api import ROLLOUTS
from tidegate.adapters.targets.kubernetes.rollout_target import moves
from tidegate.core.deployment.environment import Step, Strategy, StrategyKind
from tidegate.core.deployment.target import Package
from tidegate.errors import TidegateError

Served = tuple[Cluster, str]
STEPS = (Step(weight=100),)


@pytest.fixture
def cluster() -> Iterator[Served]:
    with running(argo=True) as served:
        yield served


def deployed(served: Served, wanted: Package) -> str:
    """Why the release was taken back; empty where it runs."""
    found = rollout_target(served[1])
    try:
        return takeover(found, wanted).run().failed
    finally:
        found.close()


def hashed(version: int) -> str:
    return package(version).release[7:17]


def sets(served: Served) -> set[str]:
    return {one["metadata"]["name"].rpartition("-")[2] for one in served[0].all("replicasets")}


def test_argo_is_used_for_canaries_where_it_is_installed_and_nothing_runs_without_it(cluster: Served) -> None:
    assert moves(api(cluster[1]), PLACE, CANARY)
    assert not moves(api(cluster[1]), PLACE, Strategy(kind="blue-green"))
    assert not moves(api(cluster[1]), replace(PLACE, rollouts="never"), CANARY)
    with running() as without:
        assert not moves(api(without[1]), PLACE, CANARY)


@pytest.mark.parametrize("kind", ["canary", "blue-green", "recreate", "shadow"])
def test_what_argo_runs_stays_argos_whatever_the_strategy_is_now(cluster: Served, kind: StrategyKind) -> None:
    """A rollback takes over at once: it must not start Deployments beside the Rollout that clients ask."""
    deployed(cluster, package(1))
    assert moves(api(cluster[1]), PLACE, Strategy(kind=kind))


def test_a_shadow_is_refused_before_anything_is_made_where_argo_moves_the_weights(cluster: Served) -> None:
    deployed(cluster, package(1))
    before = json.dumps(cluster[0].all("rollouts")[0]["spec"])
    found = rollout_target(cluster[1], environment=replace(PRODUCTION, strategy=Strategy(kind="shadow", steps=STEPS)))
    with pytest.raises(TidegateError, match=r"E-KUB-035 .*copies no requests for a shadow") as caught:
        found.start(package(2))
    assert caught.value.exit_code == 2
    assert json.dumps(cluster[0].all("rollouts")[0]["spec"]) == before


@pytest.mark.parametrize(("fate", "code", "ends"), CANNOT_START)
def test_a_cluster_that_cannot_start_a_version_says_nothing_about_it(
    cluster: Served, fate: str, code: str, ends: int
) -> None:
    deployed(cluster, package(1))
    with pytest.raises(TidegateError) as caught:
        deployed(cluster, package(2, fate))
    assert (caught.value.code, caught.value.exit_code) == (code, ends)
    assert sets(cluster) == {hashed(1)}
    assert cluster[0].unserved == []


def test_blue_green_where_argo_runs_goes_to_the_end_at_once(cluster: Served) -> None:
    deployed(cluster, package(1))
    at_once = Strategy(kind="blue-green")
    found = rollout_target(cluster[1], environment=replace(PRODUCTION, strategy=at_once))
    assert takeover(found, package(2), strategy=at_once).run().failed == ""
    found.close()
    assert sets(cluster) == {hashed(2)}
    assert deployed(cluster, package(3)) == ""  # and the next canary has its steps again
    assert [sorted(weight for weight in one.values() if weight) for one in cluster[0].weights[-3:]] == [
        [10, 90],
        [50, 50],
        [100],
    ]


def test_a_second_version_takes_over_step_by_step(cluster: Served) -> None:
    assert deployed(cluster, package(1)) == ""
    assert deployed(cluster, package(2)) == ""
    first, second = hashed(1), hashed(2)
    whole = [{first: 100}, {second: 10, first: 90}, {second: 50, first: 50}, {second: 100}]
    assert [{name: weight for name, weight in one.items() if weight} for one in cluster[0].weights] == whole
    assert sets(cluster) == {second}
    assert cluster[0].unserved == []


@pytest.mark.parametrize(
    ("fate", "told"),
    [
        pytest.param("a", "requests failed", id="errors"),
        pytest.param("c", "3 was answered", id="wrong answers"),
        pytest.param("3", "E-KUB-022", id="crash loop"),
        pytest.param("8", "E-KUB-025", id="deadline"),
    ],
)
def test_a_bad_version_is_taken_back(cluster: Served, fate: str, told: str) -> None:
    deployed(cluster, package(1))
    assert told in deployed(cluster, package(2, fate))
    assert cluster[0].weights[-1][hashed(1)] == 100
    assert sets(cluster) == {hashed(1)}
    assert cluster[0].unserved == []


def test_what_argo_takes_back_by_itself_is_taken_back(cluster: Served) -> None:
    deployed(cluster, package(1))
    found = rollout_target(cluster[1])

    def seen(_number: int, name: str) -> None:
        if name == "look":
            api(cluster[1]).set_status(ROLLOUTS, PLACE.route, {"abort": True, "message": "error-rate failed"})

    ended = takeover(found, package(2), seen=seen).run()
    found.close()
    assert "E-KUB-031 Argo Rollouts took it back: error-rate failed" in ended.failed
    assert sets(cluster) == {hashed(1)}


def test_what_argo_took_back_while_nobody_looked_is_not_tried_on(cluster: Served) -> None:
    deployed(cluster, package(1))
    found = rollout_target(cluster[1])
    found.start(package(2))
    api(cluster[1]).set_status(ROLLOUTS, PLACE.route, {"abort": True, "message": "error-rate failed"})
    assert "E-KUB-031 Argo Rollouts took it back: error-rate failed" in deployed(cluster, package(2))
    assert sets(cluster) == {hashed(1)}
    assert cluster[0].unserved == []


class Killed(BaseException):
    """What ends a run from outside."""


@pytest.mark.parametrize("point", range(2, 11, 2))
def test_killed_before_any_action_the_next_run_ends_the_same(cluster: Served, point: int) -> None:
    deployed(cluster, package(1))
    found = rollout_target(cluster[1])

    def seen(number: int, _name: str) -> None:
        if number == point:
            raise Killed

    try:
        takeover(found, package(2), seen=seen).run()
    except Killed:
        assert deployed(cluster, package(2)) == ""
    found.close()
    assert sets(cluster) == {hashed(2)}
    assert cluster[0].unserved == []


def test_steps_that_somebody_else_changed_are_named(cluster: Served) -> None:
    deployed(cluster, package(1))
    found = rollout_target(cluster[1])
    found.start(package(2))
    [rollout] = cluster[0].all("rollouts")
    rollout["spec"]["strategy"]["canary"]["steps"][2] = {"pause": {}}
    with pytest.raises(TidegateError, match=r"E-KUB-032 no step of the Rollout gives 10 %"):
        found.shift({package(2).release: 10, package(1).release: 90})


def test_an_argo_that_does_nothing_is_named(cluster: Served) -> None:
    deployed(cluster, package(1))
    found = rollout_target(cluster[1])
    found.start(package(2))
    cluster[0].faults.append(Fault("patch", "rollouts/status.argoproj.io", 200))
    with pytest.raises(TidegateError, match=r"E-KUB-012 Argo Rollouts did not get to 10 % and 90 % within 120 s"):
        found.shift({package(2).release: 10, package(1).release: 90})
