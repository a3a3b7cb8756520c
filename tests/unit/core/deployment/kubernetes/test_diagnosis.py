"""Why a release does not get ready: what ends the wait at once, and what is said when the time is over."""

from __future__ import annotations

from typing import Any

import pytest

from tidegate.core.deployment.kubernetes.diagnosis import hopeless, is_ready, late, refused_pod
from tidegate.core.deployment.kubernetes.refusals import Request, refusal, unreachable

ASKED = Request(verb="patch", resource="deployments.apps", namespace="bikes", name="bike-1")


def deployment(ready: int = 0, *conditions: dict[str, str], seen: int = 3, updated: int = 2) -> dict[str, Any]:
    return {
        "metadata": {"generation": 3},
        "spec": {"replicas": 2},
        "status": {
            "observedGeneration": seen,
            "updatedReplicas": updated,
            "availableReplicas": ready,
            "conditions": list(conditions),
        },
    }


def pod(reason: str, message: str = "", **status: Any) -> dict[str, Any]:
    waiting = {"state": {"waiting": {"reason": reason, "message": message}}, **status}
    return {"metadata": {"name": "bike-1-a"}, "status": {"containerStatuses": [waiting]}}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(deployment(2), True, id="all"),
        pytest.param(deployment(1), False, id="some"),
        pytest.param(deployment(2, seen=2), False, id="an older wish"),
        pytest.param(deployment(2, updated=1), False, id="older pods"),
        pytest.param({"metadata": {"generation": 1}, "spec": {"replicas": 1}}, False, id="not looked at yet"),
        pytest.param({**deployment(0), "spec": {"replicas": 0}}, False, id="scaled to nothing"),
    ],
)
def test_ready_is_what_kubernetes_says_of_the_newest_wish(found: dict[str, Any], expected: bool) -> None:
    assert is_ready(found) is expected


@pytest.mark.parametrize(
    "waiting", [pod("ContainerCreating"), pod("ErrImagePull"), pod("PodInitializing"), {"metadata": {}}]
)
def test_what_may_still_get_better_is_waited_for(waiting: dict[str, Any]) -> None:
    assert hopeless(deployment(), [waiting]) is None


@pytest.mark.parametrize(
    ("waiting", "code", "ends"),
    [
        (pod("ImagePullBackOff", "not found"), "E-KUB-021", 3),
        (pod("InvalidImageName", "bad"), "E-KUB-021", 3),
        (pod("CrashLoopBackOff", restartCount=4), "E-KUB-022", 1),
        (pod("CrashLoopBackOff", lastState={"terminated": {"reason": "OOMKilled"}}), "E-KUB-023", 1),
        (pod("CreateContainerConfigError", "no secret"), "E-KUB-027", 1),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_does_not_mend_itself_ends_the_wait(waiting: dict[str, Any], code: str, ends: int) -> None:
    found = hopeless(deployment(1), [pod("ContainerCreating"), waiting])
    assert found is not None
    assert (found.code, found.exit_code) == (code, ends)
    assert hopeless(deployment(2), [waiting]) is None


def test_a_deadline_names_what_the_pods_say() -> None:
    over = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out"}
    none, some = hopeless(deployment(0, over), [pod("ContainerCreating")]), hopeless(deployment(1, over), [])
    assert none is not None
    assert some is not None
    assert (none.code, some.code) == ("E-KUB-025", "E-KUB-026")
    assert "ContainerCreating" in none.message
    assert "only 1 of its 2 pods got ready in time: timed out" in some.message


def test_pods_without_a_node_are_the_clusters_fault() -> None:
    unplaced = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes"}
    found = late(deployment(), [{"metadata": {"name": "a"}, "status": {"conditions": [unplaced]}}], "")
    assert (found.code, found.exit_code) == ("E-KUB-024", 3)
    assert "0/3 nodes" in found.message


@pytest.mark.parametrize(
    ("message", "code"), [("exceeded quota: small", "E-KUB-020"), ("violates PodSecurity", "E-KUB-006")]
)
def test_a_pod_that_may_not_be_made_is_told_why(message: str, code: str) -> None:
    assert refused_pod(message).code == code


@pytest.mark.parametrize(
    ("status", "message", "code", "ends"),
    [
        (401, "Unauthorized", "E-KUB-003", 2),
        (403, 'User "ann" cannot patch resource "deployments"', "E-KUB-004", 2),
        (403, "exceeded quota: small", "E-KUB-020", 2),
        (403, "admission webhook denied the request", "E-KUB-006", 2),
        (404, 'namespaces "bikes" not found', "E-KUB-005", 2),
        (404, "not found", "E-KUB-014", 3),
        (409, "conflict", "E-KUB-007", 2),
        (422, "is invalid", "E-KUB-006", 2),
        (429, "slow down", "E-KUB-011", 3),
        (500, "etcd", "E-KUB-010", 3),
        (503, "", "E-KUB-010", 3),
    ],
)
def test_every_refusal_has_its_code(status: int, message: str, code: str, ends: int) -> None:
    found = refusal(ASKED, status, {"message": message})
    assert (found.code, found.exit_code) == (code, ends)
    assert "bikes" in found.message or message in found.message


def test_a_certificate_is_no_outage() -> None:
    assert unreachable(ASKED, "CERTIFICATE_VERIFY_FAILED: certificate has expired").code == "E-KUB-003"
    assert unreachable(ASKED, "Connection refused").code == "E-KUB-010"
