"""Shadows on a cluster: gateways copy, a pod compares, and clients get the champion's answers and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from fixtures.cluster import ROUTE, Cluster, running
from fixtures.cluster_pods import FATES
from fixtures.cluster_releases import LIMITS, package, takeover, target
from tidegate.core.deployment.environment import Changed, Step, Strategy
from tidegate.core.deployment.kubernetes.names import comparison_of, name_of
from tidegate.core.deployment.target import Mirroring, Package
from tidegate.errors import TidegateError
from tidegate.steps.deployment.takeover import Ended

Served = tuple[Cluster, str]
SHADOW = Strategy(kind="shadow", steps=(Step(weight=20, requests=100), Step(weight=100, requests=100)))
COMPARED = replace(LIMITS, changed=Changed(beyond=0.01, at_most=0.2), mean_change=0.4)
FIRST = package(1)


@pytest.fixture
def cluster() -> Iterator[Served]:
    with running() as served:
        found = target(served[1], FIRST)
        assert takeover(found, FIRST).run().failed == ""
        found.close()
        served[0].weights.clear()
        yield served


def shadowed(served: Served, wanted: Package, strategy: Strategy = SHADOW) -> Ended:
    found = target(served[1], wanted)
    try:
        return takeover(found, wanted, strategy=strategy, limits=COMPARED).run()
    finally:
        found.close()


def left(served: Served) -> set[str]:
    """Whatever is on the cluster, of any kind."""
    kinds = ("deployments", "services", "poddisruptionbudgets")
    return {one["metadata"]["name"] for kind in kinds for one in served[0].all(kind)}


def test_a_shadow_that_says_the_same_takes_over(cluster: Served) -> None:
    second = package(2)
    ended = shadowed(cluster, second)
    assert (ended.failed, ended.open) == ("", "")
    actions = [step.action for step in ended.history]
    assert actions == [
        *("start", "smoke", "mirror", "look", "mirror", "look"),
        *("shift", "look", "record", "stop"),
    ]
    told = next(step.outcome for step in ended.history if step.action == "look")
    assert "0 of " in told
    assert "answers changed by more than 1.000%" in told
    name = comparison_of(ROUTE, second.release)
    assert [one for one in cluster[0].copied if one] == [{name: 20}, {name: 100}]
    assert cluster[0].weights[-1] == {name_of(ROUTE, second.release): 100}
    assert left(cluster) == {name_of(ROUTE, second.release)}
    assert cluster[0].unserved == []


@pytest.mark.parametrize(
    ("fate", "told"),
    [
        pytest.param("f", "answers changed by more than 1.000%", id="other answers"),
        pytest.param("a", "requests failed", id="errors"),
        pytest.param("b", "times as long", id="slow"),
    ],
)
def test_a_bad_shadow_is_never_asked_by_a_client(cluster: Served, fate: str, told: str) -> None:
    bad = package(2, fate)
    assert told in shadowed(cluster, bad).failed
    assert all(one == {name_of(ROUTE, FIRST.release): 100} for one in cluster[0].weights)
    assert cluster[0].copied[-1] == {}
    assert left(cluster) == {name_of(ROUTE, FIRST.release)}
    assert cluster[0].unserved == []


def test_the_fleet_tells_who_gets_copies_and_the_route_is_believed(cluster: Served) -> None:
    second = package(2)
    found = target(cluster[1], second)
    assert isinstance(found, Mirroring)
    found.start(second)
    found.mirror(FIRST.release, second.release, 20)
    assert {one.release: (one.weight, one.mirrored) for one in found.fleet().instances} == {
        FIRST.release: (100, 0),
        second.release: (0, 20),
    }
    assert found.traffic(second.release).pairs is not None
    assert found.traffic(FIRST.release).pairs is None
    found.shift({FIRST.release: 100})
    assert [one.mirrored for one in found.fleet().instances] == [0, 0]
    assert found.traffic(second.release).pairs is None


def test_a_cluster_that_copies_all_requests_only_says_so_and_nothing_is_held_against_the_release(
    cluster: Served,
) -> None:
    cluster[0].knows_percent = False
    with pytest.raises(TidegateError, match=r"E-KUB-034 .* copies 100 % of the requests where 20 % are wanted"):
        shadowed(cluster, package(2))
    assert cluster[0].copied[-1] == {}
    assert left(cluster) == {name_of(ROUTE, FIRST.release)}
    whole = Strategy(kind="shadow", steps=(Step(weight=100, requests=100),))
    assert shadowed(cluster, package(3), whole).failed == ""


@pytest.mark.parametrize(
    ("fate", "code", "ends"),
    [
        pytest.param("3", "E-KUB-033", 3, id="ends again and again"),
        pytest.param("8", "E-KUB-033", 3, id="never ready"),
        pytest.param("5", "E-KUB-020", 2, id="quota"),
        pytest.param("2", "E-KUB-021", 3, id="image cannot be pulled"),
    ],
)
def test_a_comparison_that_does_not_start_says_nothing_about_the_release(
    cluster: Served, fate: str, code: str, ends: int
) -> None:
    cluster[0].comparing = FATES[fate]
    with pytest.raises(TidegateError) as caught:
        shadowed(cluster, package(2))
    assert (caught.value.code, caught.value.exit_code) == (code, ends)
    assert left(cluster) == {name_of(ROUTE, FIRST.release)}
    assert cluster[0].unserved == []


def test_counts_go_on_growing_when_the_comparison_begins_anew(cluster: Served) -> None:
    second = package(2)
    found = target(cluster[1], second)
    found.start(second)
    found.mirror(FIRST.release, second.release, 100)
    before = found.traffic(second.release)
    cluster[0].restarted(f"{comparison_of(ROUTE, second.release)}-0")
    after = found.traffic(second.release).since(before)
    assert after.requests == 200
    assert after.pairs is not None
    assert after.pairs.relative.total == 200


def test_a_comparison_that_somebody_deleted_is_made_again(cluster: Served) -> None:
    second, deleted = package(2), []
    found = target(cluster[1], second)

    def seen(_number: int, name: str) -> None:
        if name == "look" and not deleted:
            deleted.append(comparison_of(ROUTE, second.release))
            for key, one in cluster[0].objects.items():
                if key[2] == deleted[0] and key[0].plural == "deployments":
                    one.delete()

    hasty = replace(COMPARED, patience=timedelta(seconds=5))
    ended = takeover(found, second, seen, strategy=SHADOW, limits=hasty).run()
    found.close()
    assert "is not decided" in ended.open
    assert shadowed(cluster, second).failed == ""
    assert left(cluster) == {name_of(ROUTE, second.release)}


class Killed(BaseException):
    """What ends a run from outside: nothing catches it."""


@pytest.mark.parametrize("point", range(2, 11))
def test_killed_before_any_action_the_next_run_ends_the_same(cluster: Served, point: int) -> None:
    second = package(2)
    found = target(cluster[1], second)

    def seen(number: int, _name: str) -> None:
        if number == point:
            raise Killed

    with pytest.raises(Killed):
        takeover(found, second, seen, strategy=SHADOW, limits=COMPARED).run()
    found.close()
    assert shadowed(cluster, second).failed == ""
    assert left(cluster) == {name_of(ROUTE, second.release)}
    assert cluster[0].copied[-1] == {}
    assert cluster[0].unserved == []
