"""Images of releases that nobody runs any more: the newest few stay for a rollback, older ones go."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress

from tidegate.adapters.targets.docker.engine import Engine
from tidegate.core.release import image
from tidegate.errors import InfrastructureError


def prune(engine: Engine, used: set[str], kept: int) -> None:
    """Remove images of ours (by label) but those in use and, of every model, the newest `kept`.

    An engine that does not let one go keeps it: that is no reason for a deployment to fail.
    """
    with engine.asked("listing images"):
        found = engine.client.api.images(filters={"label": image.RELEASE})
    idle = defaultdict(list)
    for told in sorted(found, key=lambda told: told["Created"], reverse=True):
        if told["Id"] not in used:
            idle[told["Labels"].get(image.MODEL, "")].append(told["Id"])
    for names in idle.values():
        for name in names[kept:]:
            with suppress(InfrastructureError), engine.asked("removing an image"):
                engine.client.api.remove_image(name, force=True)
