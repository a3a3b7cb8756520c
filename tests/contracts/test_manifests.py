"""Every object that goes to a cluster fits the schemas of Kubernetes, the Gateway API and Argo Rollouts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fixtures.cluster_releases import CANARY, LIMITS, PLACE, package
from fixtures.manifest_schemas import ROOT, rendered, wrong
from tidegate.core.deployment.kubernetes import comparison, lease, manifests, names, rollouts, route
from tidegate.core.release.image import PORT

OVERLAYS = sorted((ROOT / "environments").glob("*/kubernetes/kustomization.yaml"))
RESTRICTED = {"runAsNonRoot": True, "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def objects() -> list[dict[str, Any]]:
    """Everything that deploy-model itself makes, with Argo Rollouts and without."""
    weights = {package(1).release: 90, package(2).release: 10}
    watched = replace(PLACE, prometheus="http://prometheus.monitoring:9090")
    return [
        *manifests.objects("bike-demand", package(1), PLACE),
        route.shared(PLACE, weights),
        route.shared(PLACE, {package(1).release: 100}, route.Copies(release=package(2).release, share=20)),
        comparison.service(package(2), PLACE),
        lease.written(PLACE, lease.Said(claimed="1" * 40, holder="a", renewed="2026-11-24T01:02:03.000004Z"), None),
        comparison.deployment(package(2), PLACE, "10.0.0.1:8080", "[fd00::1]:8080"),
        rollouts.service("canary", PLACE),
        rollouts.first_rules(PLACE),
        rollouts.rollout("bike-demand", package(1), watched, CANARY),
        rollouts.analysis_template(watched, LIMITS),
    ]


def name_of(one: dict[str, Any]) -> str:
    return f"{one['kind']} {one['metadata']['name']}"


@pytest.mark.parametrize("file", OVERLAYS, ids=lambda path: path.parts[-3])
def test_every_overlay_renders_to_valid_objects(file: Path) -> None:
    found = rendered(file.parent)
    assert {"Namespace", "Gateway", "HTTPRoute", "NetworkPolicy", "Role", "RoleBinding"} <= {
        one["kind"] for one in found
    }
    for one in found:
        assert wrong(one) == [], f"{one['kind']} {one['metadata']['name']}"


@pytest.mark.parametrize(
    "file", [path for path in OVERLAYS if path.parts[-3] != "base"], ids=lambda path: path.parts[-3]
)
def test_an_overlay_puts_everything_into_its_own_namespace(file: Path) -> None:
    found = rendered(file.parent)
    inside = {one["metadata"].get("namespace") for one in found if one["kind"] != "Namespace"}
    assert inside == {next(one["metadata"]["name"] for one in found if one["kind"] == "Namespace")}


@pytest.mark.parametrize("one", objects(), ids=name_of)
def test_every_object_of_a_release_is_valid(one: dict[str, Any]) -> None:
    assert wrong(one) == []


@pytest.mark.parametrize("one", objects(), ids=name_of)
def test_the_schemas_find_a_slip_of_the_pen(one: dict[str, Any]) -> None:
    assert wrong({**one, "spec": {**one["spec"], "replcas": 2}})


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(manifests.template("bike-demand", package(1), PLACE)["spec"], id="release"),
        pytest.param(
            comparison.deployment(package(2), PLACE, "a:1", "b:1")["spec"]["template"]["spec"], id="comparison"
        ),
    ],
)
def test_pods_meet_the_restricted_pod_security_standard(pod: dict[str, Any]) -> None:
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"""
    assert pod["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    for container in pod["containers"]:
        assert RESTRICTED.items() <= container["securityContext"].items()
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert {kind for volume in pod.get("volumes", ()) for kind in volume if kind != "name"} <= {"emptyDir"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)


def policies() -> dict[str, dict[str, Any]]:
    found = rendered(OVERLAYS[0].parent)
    return {one["metadata"]["name"]: one["spec"] for one in found if one["kind"] == "NetworkPolicy"}


def chosen(policy: dict[str, Any], labels: dict[str, str]) -> bool:
    return bool(policy["matchLabels"].items() <= labels.items())


def test_a_release_is_let_through_by_the_overlays_network_policy() -> None:
    policy = policies()["releases"]
    assert chosen(policy["podSelector"], names.labels(PLACE.route, "bike-demand", package(1)))
    assert {port["port"] for rule in policy["ingress"] for port in rule["ports"]} == {PORT}


def test_what_compares_a_shadow_may_ask_releases_and_a_release_may_ask_nobody() -> None:
    pod = comparison.deployment(package(2), PLACE, "a:1", "b:1")["spec"]["template"]["metadata"]["labels"]
    release = names.labels(PLACE.route, "bike-demand", package(1))
    found = policies()
    assert chosen(found["comparisons"]["podSelector"], pod)
    assert chosen(found["releases"]["podSelector"], pod)  # so that a gateway reaches it
    assert not chosen(found["comparisons"]["podSelector"], release)
    assert "egress" not in found["releases"]
    [rule] = found["comparisons"]["egress"]
    assert [chosen(peer["podSelector"], release) for peer in rule["to"]] == [True]
    assert [port["port"] for port in rule["ports"]] == [PORT]


def test_no_service_of_a_release_chooses_what_compares_it() -> None:
    pod = comparison.deployment(package(2), PLACE, "a:1", "b:1")["spec"]["template"]["metadata"]["labels"]
    for one in (package(1), package(2)):
        assert not manifests.service("bike-demand", one, PLACE)["spec"]["selector"].items() <= pod.items()
    assert not rollouts.service("stable", PLACE)["spec"]["selector"].items() <= pod.items()
    assert comparison.service(package(2), PLACE)["spec"]["selector"].items() <= pod.items()


def test_no_step_of_a_rollout_goes_on_by_itself() -> None:
    found = rollouts.steps(PLACE, CANARY)
    assert [one for one in found[1::2] if one != {"pause": {}}] == []
    assert [one.get("setWeight") for one in found[2::2]] == [step.weight for step in CANARY.steps]
