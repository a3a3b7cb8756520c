"""Waiting until the pods of a Deployment can be asked, or until it is known that they never will be."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tidegate.adapters.targets.kubernetes.api import DEPLOYMENTS, PODS, Api, Object
from tidegate.adapters.targets.kubernetes.clock import Clock
from tidegate.core.deployment.kubernetes import diagnosis
from tidegate.errors import InfrastructureError

PAUSE = 0.5
WATCH = 10.0
SLACK = 30.0
"""Seconds beyond a Deployment's own deadline, after which it should have said itself that it is over."""


def until_ready(
    api: Api, clock: Clock, name: str, selector: str, pods: Callable[[], Sequence[Object]], seconds: float
) -> None:
    """Watch the pods of a Deployment whose deadline is `seconds`, until it says that it is there.

    Raises what `diagnosis` tells of, and E-KUB-014 where somebody else deleted it.
    """
    deadline = clock.now() + seconds + SLACK
    while True:
        deployment, found = api.get(DEPLOYMENTS, name), pods()
        if deployment is None:
            raise InfrastructureError("E-KUB-014", f"the Deployment {name} was deleted by somebody else.")
        if diagnosis.is_ready(deployment):
            return
        trouble = diagnosis.hopeless(deployment, found)
        if trouble is None and clock.now() > deadline:
            trouble = diagnosis.late(deployment, found, "")
        if trouble is not None:
            raise trouble
        api.await_change(PODS, selector, WATCH)
        clock.sleep(PAUSE)
