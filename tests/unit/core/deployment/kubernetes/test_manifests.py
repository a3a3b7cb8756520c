"""What a release becomes on a cluster: found again by its digest, and never more than it was given."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.deployment.kubernetes import manifests, names
from tidegate.core.deployment.kubernetes.settings import Kubernetes
from tidegate.core.deployment.target import Package
from tidegate.errors import InputError

PLACE = Kubernetes(namespace="bikes", route="bike-demand", replicas=3, cpu="1", memory="1Gi")
IMAGE = "ghcr.io/tidegate/bike-demand@sha256:" + "ab" * 32
PACKAGE = Package(release="sha256:" + "cd" * 32, version="7", commit="e" * 40, folder="", image=IMAGE)


def test_the_deployment_runs_what_the_digest_names() -> None:
    found = manifests.deployment("bike-demand", PACKAGE, PLACE)
    [container] = found["spec"]["template"]["spec"]["containers"]
    assert container["image"] == IMAGE
    assert container["resources"] == {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}
    assert found["spec"]["replicas"] == 3
    assert found["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_objects_of_a_release_find_one_another_and_the_deployment_is_last() -> None:
    made = manifests.objects("bike-demand", PACKAGE, PLACE)
    assert [one["kind"] for one in made] == ["Service", "PodDisruptionBudget", "Deployment"]
    service, budget, deployment = (one["spec"] for one in made)
    pods = deployment["template"]["metadata"]["labels"].items()
    chosen = deployment["selector"]["matchLabels"]
    assert chosen == service["selector"] == budget["selector"]["matchLabels"]
    assert chosen.items() <= pods
    assert {names.release_in(one["metadata"]) for one in made} == {PACKAGE.release}


def test_the_selector_changes_with_the_release_only() -> None:
    other = replace(PACKAGE, version="8", commit="f" * 40)
    assert names.selector("bike-demand", other.release) == names.selector("bike-demand", PACKAGE.release)
    assert names.name_of("bike-demand", "sha256:" + "ce" * 32) != names.name_of("bike-demand", PACKAGE.release)


def test_a_pod_has_time_to_end() -> None:
    pod = manifests.template("bike-demand", PACKAGE, PLACE)["spec"]
    notice = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert 0 < notice < pod["terminationGracePeriodSeconds"]


@pytest.mark.parametrize(
    "image",
    ["", "ghcr.io/tidegate/bike-demand", "ghcr.io/tidegate/bike-demand:v7", f"{IMAGE}0", IMAGE.upper(), f"--x {IMAGE}"],
)
def test_an_image_that_is_not_named_by_its_digest_is_refused(image: str) -> None:
    with pytest.raises(InputError, match="E-KUB-001 version 7"):
        manifests.objects("bike-demand", replace(PACKAGE, image=image), PLACE)


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True))
def test_every_label_is_one_that_kubernetes_takes(text: str) -> None:
    found = names.labels("bike-demand", text, replace(PACKAGE, version=text))
    for value in found.values():
        assert re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", value)


def test_the_longest_route_leaves_room_for_a_pods_own_name() -> None:
    name = names.name_of("r" * names.LONGEST_ROUTE, PACKAGE.release)
    assert len(name) + len("-6d4cf56db6") <= 63  # a Service's limit, and what a ReplicaSet adds
