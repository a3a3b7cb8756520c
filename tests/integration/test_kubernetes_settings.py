"""What environment.yaml says about pods reaches those that run already, and is undone where they do not get ready."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from fixtures.cluster import ROUTE, Cluster, Fault, running
from fixtures.cluster_pods import FATES
from fixtures.cluster_releases import PLACE, package, takeover, target
from tidegate.core.deployment.kubernetes.names import name_of
from tidegate.core.deployment.kubernetes.settings import Kubernetes
from tidegate.errors import TidegateError

Served = tuple[Cluster, str]
FIRST = package(1)


@pytest.fixture
def cluster() -> Iterator[Served]:
    with running() as served:
        found = target(served[1], FIRST)
        assert takeover(found, FIRST).run().failed == ""
        found.close()
        yield served


def surrounded(served: Served, place: Kubernetes) -> None:
    target(served[1], FIRST, place=place).surround(FIRST)


def deployment(served: Served) -> dict[str, Any]:
    [found] = served[0].all("deployments")
    return found


def asked(served: Served) -> tuple[int, str]:
    spec = deployment(served)["spec"]
    return spec["replicas"], spec["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"]


def test_more_pods_are_added_to_a_release_that_runs(cluster: Served) -> None:
    surrounded(cluster, replace(PLACE, replicas=4, memory="1Gi"))
    assert asked(cluster) == (4, "1Gi")
    assert deployment(cluster)["status"]["availableReplicas"] == 4
    assert cluster[0].weights == [{name_of(ROUTE, FIRST.release): 100}]


def test_the_same_settings_write_nothing(cluster: Served) -> None:
    before = len(cluster[0].asked)
    surrounded(cluster, PLACE)
    assert {verb for verb, _, _ in cluster[0].asked[before:]} == {"get"}


def test_an_autoscalers_number_of_pods_is_left_alone(cluster: Served) -> None:
    deployment(cluster)["spec"]["replicas"] = 7
    surrounded(cluster, PLACE)
    assert asked(cluster)[0] == 7


@pytest.mark.parametrize(
    ("fate", "told", "ends"),
    [
        pytest.param("4", "needs more memory than it may have", 2, id="out of memory"),
        pytest.param("8", "no progress within its deadline", 2, id="deadline"),
        pytest.param("7", "no node takes its pods", 3, id="no node"),
        pytest.param("5", "the quota is used up", 2, id="quota"),
    ],
)
def test_pods_that_do_not_get_ready_are_undone(cluster: Served, fate: str, told: str, ends: int) -> None:
    cluster[0].sizes["32Mi"] = FATES[fate]
    with pytest.raises(TidegateError, match=told) as caught:
        surrounded(cluster, replace(PLACE, memory="32Mi"))
    assert (caught.value.code, caught.value.exit_code) == ("E-KUB-036", ends)
    assert "It was put back as it ran (2 250m 512Mi)" in str(caught.value)
    assert asked(cluster) == (2, "512Mi")
    assert cluster[0].weights == [{name_of(ROUTE, FIRST.release): 100}]


def test_an_autoscaler_that_owns_the_number_is_named(cluster: Served) -> None:
    cause = {"field": ".spec.replicas", "message": 'conflict with "autoscaler" using v2'}
    body = {"kind": "Status", "message": "Apply failed", "details": {"causes": [cause]}}
    cluster[0].faults.append(Fault("patch", "deployments.apps", 409, body))
    with pytest.raises(TidegateError, match=r"E-KUB-036 .*autoscaler owns \.spec\.replicas") as caught:
        surrounded(cluster, replace(PLACE, replicas=5))
    assert "Putting it back (2 250m 512Mi) did not work either" in str(caught.value)
    assert asked(cluster) == (2, "512Mi")


def test_a_release_that_does_not_run_is_not_started_by_it(cluster: Served) -> None:
    other = package(2)
    target(cluster[1], other, place=replace(PLACE, replicas=3)).surround(other)
    assert deployment(cluster)["metadata"]["name"] == name_of(ROUTE, FIRST.release)
