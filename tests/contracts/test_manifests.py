"""Every object that goes to a cluster fits the schemas of Kubernetes, the Gateway API and Argo Rollouts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fixtures.cluster_releases import CANARY, LIMITS, PLACE, package
from fixtures.manifest_schemas import ROOT, rendered, wrong
from tidegate.core.deployment.kubernetes import manifests, names, rollouts, route
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


def test_a_release_meets_the_restricted_pod_security_standard() -> None:
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"""
    pod = manifests.template("bike-demand", package(1), PLACE)["spec"]
    assert pod["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    for container in pod["containers"]:
        assert RESTRICTED.items() <= container["securityContext"].items()
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert {kind for volume in pod["volumes"] for kind in volume if kind != "name"} == {"emptyDir"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)


def test_a_release_is_let_through_by_the_overlays_network_policy() -> None:
    policy = next(one for one in rendered(OVERLAYS[0].parent) if one["kind"] == "NetworkPolicy")
    wanted = policy["spec"]["podSelector"]["matchLabels"].items()
    assert wanted <= names.labels(PLACE.route, "bike-demand", package(1)).items()
    assert {port["port"] for rule in policy["spec"]["ingress"] for port in rule["ports"]} == {PORT}


def test_no_step_of_a_rollout_goes_on_by_itself() -> None:
    found = rollouts.steps(PLACE, CANARY)
    assert [one for one in found[1::2] if one != {"pause": {}}] == []
    assert [one.get("setWeight") for one in found[2::2]] == [step.weight for step in CANARY.steps]
