"""The API server's refusals: each named for what it is, waited for where waiting helps, and nothing changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fixtures.cluster import ROUTE, Cluster, Fault, running
from fixtures.cluster_releases import Hurried, api, package, right_answers, takeover, target
from tidegate.adapters.targets.kubernetes.api import DEPLOYMENTS, PODS
from tidegate.core.deployment.kubernetes.names import name_of
from tidegate.errors import TidegateError

Served = tuple[Cluster, str]
DENIED = (
    'deployments.apps "bike-demand-2000000000" is forbidden: User "system:serviceaccount:ci:deployer" cannot patch '
    'resource "deployments" in API group "apps" in the namespace "bikes"'
)
QUOTA = 'services "bike-demand-2000000000" is forbidden: exceeded quota: small, requested: count/services=1, used: 1'
WEBHOOK = 'admission webhook "images.example" denied the request: unsigned image'
CAUSE = {"reason": "FieldManagerConflict", "field": ".spec.rules", "message": 'conflict with "kubectl" using v1'}


def status(code: int, message: str, **more: Any) -> dict[str, Any]:
    return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": message, **more}


@pytest.fixture
def cluster() -> Iterator[Served]:
    with running() as served:
        yield served


@pytest.mark.parametrize(
    ("fault", "code", "ends", "told"),
    [
        pytest.param(
            Fault("patch", "deployments.apps", 403, status(403, DENIED)),
            "E-KUB-004",
            2,
            "system:serviceaccount:ci:deployer may not patch deployments.apps",
            id="RBAC",
        ),
        pytest.param(Fault("patch", "services", 403, status(403, QUOTA)), "E-KUB-020", 2, "used: 1", id="quota"),
        pytest.param(
            Fault("patch", "deployments.apps", 400, status(400, WEBHOOK)), "E-KUB-006", 2, "unsigned", id="webhook"
        ),
        pytest.param(
            Fault("patch", "deployments.apps", 422, status(422, 'Deployment "x" is invalid: spec')),
            "E-KUB-006",
            2,
            "is invalid",
            id="apply refused",
        ),
        pytest.param(
            Fault("patch", "deployments.apps", 409, status(409, "Apply failed", details={"causes": [CAUSE]})),
            "E-KUB-007",
            2,
            "kubectl owns .spec.rules",
            id="409",
        ),
        pytest.param(
            Fault("patch", "services", 404, status(404, 'namespaces "bikes" not found')),
            "E-KUB-005",
            2,
            "no namespace bikes",
            id="namespace",
        ),
        pytest.param(
            Fault("patch", "services", 401, status(401, "Unauthorized")), "E-KUB-003", 2, "Unauthorized", id="401"
        ),
        pytest.param(
            Fault("patch", "services", 429, status(429, "too many requests")), "E-KUB-011", 3, "no time", id="429"
        ),
        pytest.param(
            Fault("patch", "services", 500, status(500, "etcdserver: leader changed")),
            "E-KUB-010",
            3,
            "leader changed",
            id="500",
        ),
        pytest.param(
            Fault("get", "httproutes.gateway.networking.k8s.io", 404, status(404, "the server could not find it")),
            "E-KUB-008",
            2,
            "no HTTPRoute bike-demand in bikes",
            id="no Gateway API",
        ),
    ],
)
def test_a_refusal_is_named_and_the_release_before_goes_on(
    cluster: Served, fault: Fault, code: str, ends: int, told: str
) -> None:
    first, second = package(1), package(2)
    assert takeover(target(cluster[1], first), first).run().failed == ""
    cluster[0].faults.append(fault)
    with pytest.raises(TidegateError) as caught:
        target(cluster[1], second).start(second)
    assert (caught.value.code, caught.value.exit_code) == (code, ends)
    assert told in str(caught.value)
    assert cluster[0].weights[-1] == {name_of(ROUTE, first.release): 100}
    assert cluster[0].unserved == []


def test_429_is_waited_for_as_long_as_it_says(cluster: Served) -> None:
    busy = Fault("list", "deployments.apps", 429, status(429, "later"), {"Retry-After": "7"}, times=2)
    cluster[0].faults.append(busy)
    clock = Hurried()
    target(cluster[1], package(1), clock).fleet()
    assert clock.slept == [7.0, 7.0]


def test_500_is_asked_again_with_growing_pauses(cluster: Served) -> None:
    cluster[0].faults.append(Fault("list", "deployments.apps", 500, status(500, "oops"), times=3))
    clock = Hurried()
    target(cluster[1], package(1), clock).fleet()
    assert clock.slept == [0.5, 1.0, 2.0]


def test_an_answer_that_was_lost_is_asked_for_again_and_nothing_happens_twice(cluster: Served) -> None:
    cluster[0].faults.append(Fault("patch", "deployments.apps", 504, times=1, done=True))
    found = target(cluster[1], package(1))
    assert takeover(found, package(1)).run().failed == ""
    found.close()
    assert len(cluster[0].all("deployments")) == 1


@pytest.mark.parametrize("code", [410, 429, 500])
def test_a_watch_that_ends_early_begins_again(cluster: Served, code: int) -> None:
    cluster[0].faults.append(Fault("watch", "pods", code, status(code, "too old resource version")))
    found = target(cluster[1], package(1))
    found.start(package(1))
    assert found.fleet().of(package(1).release) is not None


def test_a_watch_that_breaks_off_begins_again(cluster: Served) -> None:
    cluster[0].watches_break = True
    found = target(cluster[1], package(1))
    found.start(package(1))
    assert "watch" in {verb for verb, _, _ in cluster[0].asked}
    assert [one.ready for one in found.fleet().instances] == [True]


def test_a_watch_that_is_denied_is_named(cluster: Served) -> None:
    cluster[0].faults.append(Fault("watch", "pods", 403, status(403, "pods is forbidden")))
    with pytest.raises(TidegateError, match=r"E-KUB-004 .* may not watch pods in bikes"):
        api(cluster[1]).await_change(PODS, "a=b", 1)


def test_a_route_that_no_gateway_takes_is_an_error_and_the_weights_stay_written(cluster: Served) -> None:
    first = package(1)
    cluster[0].takes_routes = False
    found = target(cluster[1], first)
    found.start(first)
    with pytest.raises(TidegateError, match=r"E-KUB-012 .* within 60 s: no gateway has taken it"):
        found.shift({first.release: 100})
    assert found.fleet().of(first.release).weight == 100  # type: ignore[union-attr]


def test_no_cluster_is_named_after_some_tries() -> None:
    clock = Hurried()
    with pytest.raises(TidegateError, match=r"E-KUB-010 .* list deployments.apps in bikes"):
        api("http://127.0.0.1:9", clock=clock).list(DEPLOYMENTS, "a=b")
    assert clock.slept == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0]


def test_without_an_overlay_nothing_is_made() -> None:
    with running(route=False) as served:
        with pytest.raises(TidegateError, match=r"E-KUB-008"):
            target(served[1], package(1)).start(package(1))
        assert served[0].all("deployments") + served[0].all("services") == []


def test_a_release_without_an_image_is_refused_before_anything_is_asked(cluster: Served) -> None:
    from dataclasses import replace

    with pytest.raises(TidegateError, match=r"E-KUB-001"):
        target(cluster[1], package(1)).start(replace(package(1), image="registry.example/bikes:latest"))
    assert cluster[0].asked == []


def test_a_pods_last_lines_are_told(cluster: Served) -> None:
    found = target(cluster[1], package(1))
    found.start(package(1))
    assert found.log(package(1).release) == ("loading", "cannot read model.onnx")
    assert found.log(package(2).release) == ()


def test_metrics_that_are_denied_are_named(cluster: Served) -> None:
    found = target(cluster[1], package(1))
    found.start(package(1))
    cluster[0].faults.append(Fault("get", "pods/proxy", 403, status(403, "pods/proxy is forbidden")))
    with pytest.raises(TidegateError, match=r"E-KUB-004 .* may not get pods/proxy"):
        found.traffic(package(1).release)


def test_a_pod_that_does_not_answer_at_once_is_asked_again(cluster: Served) -> None:
    clock = Hurried()
    found = target(cluster[1], package(1), clock)
    found.start(package(1))
    clock.slept.clear()
    cluster[0].faults.append(Fault("get", "pods/proxy", 502, times=2))
    assert found.traffic(package(1).release).requests == 400
    assert clock.slept == [0.5, 1.0]


def test_pods_of_which_none_can_be_read_are_an_error_and_one_is_enough(cluster: Served) -> None:
    found = target(cluster[1], package(1))
    found.start(package(1))
    cluster[0].faults.append(Fault("get", "pods/proxy", 502, times=3))
    assert found.traffic(package(1).release).requests == 200
    cluster[0].faults.append(Fault("get", "pods/proxy", 502))
    with pytest.raises(TidegateError, match=r"E-KUB-013 .* cannot be read"):
        found.traffic(package(1).release)


def test_counts_go_on_growing_when_a_container_begins_anew(cluster: Served) -> None:
    found = target(cluster[1], package(1))
    found.start(package(1))
    before = found.traffic(package(1).release)
    pod = cluster[0].all("pods")[0]
    cluster[0].restarted(pod["metadata"]["name"])
    after = found.traffic(package(1).release).since(before)
    assert after.requests == 400  # 200 of the new container, and 200 more of the other pod's
    assert right_answers(found.address(package(1).release)) == ""
    found.close()
