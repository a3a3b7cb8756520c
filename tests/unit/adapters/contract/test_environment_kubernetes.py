"""The keys under `kubernetes`: read strictly, because a slip would be found out in a cluster."""

from __future__ import annotations

import pytest

from tidegate.adapters.contract.environment_file import parse
from tidegate.core.deployment.kubernetes.settings import Kubernetes
from tidegate.errors import TidegateError

WHERE = "environments/production/environment.yaml"
LEAST = "target: kubernetes\naddress: bike.example:443\nkubernetes: {{namespace: bikes, route: bike-demand{}}}\n"
WHOLE = """\
target: kubernetes
address: bike.example:443
kubernetes:
  context: production
  namespace: bikes
  route: bike-demand
  overlay: environments/production/kubernetes
  rollouts: never
  replicas: 3
  cpu: 2
  memory: 1Gi
"""


def read(text: str) -> Kubernetes | None:
    return parse(text.encode(), WHERE, "production").kubernetes


def test_everything_that_can_be_written_is_read() -> None:
    assert read(WHOLE) == Kubernetes(
        context="production",
        namespace="bikes",
        route="bike-demand",
        overlay="environments/production/kubernetes",
        rollouts="never",
        replicas=3,
        cpu="2",
        memory="1Gi",
    )


def test_what_is_left_out_has_its_default() -> None:
    assert read(LEAST.format("")) == Kubernetes(namespace="bikes", route="bike-demand")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("target: kubernetes\naddress: a:1\n", '"kubernetes" with a namespace and a route'),
        (WHOLE.replace("target: kubernetes", "target: process"), "kubernetes is set, and the target is process"),
        (LEAST.format(", rout: x"), 'Did you mean "route"'),
        (LEAST.format("").replace("bikes", "Bikes"), "at most 63 of a-z"),
        (LEAST.format("").replace("bike-demand", "b" * 41), "at most 40 of a-z"),
        (LEAST.format("").replace("bike-demand", "-bike"), "beginning and ending with a letter or digit"),
        (LEAST.format(", replicas: 0"), "whole number from 1"),
        (LEAST.format(", replicas: 101"), "at most 100 pods"),
        (LEAST.format(", cpu: 0"), "a quantity such as 500m or 2"),
        (LEAST.format(", memory: 512"), "a quantity such as 512Mi or 2Gi"),
        (LEAST.format(", memory: 512MB"), "a quantity such as 512Mi or 2Gi"),
        (LEAST.format(", rollouts: always"), "auto"),
        (LEAST.format(", overlay: ../elsewhere"), "leaves the workspace"),
    ],
    ids=lambda value: value[-30:].strip(),
)
def test_what_is_wrong_is_told_with_its_place(text: str, told: str) -> None:
    with pytest.raises(TidegateError) as caught:
        read(text)
    assert told in str(caught.value)
    assert f"{WHERE}:" in str(caught.value)
