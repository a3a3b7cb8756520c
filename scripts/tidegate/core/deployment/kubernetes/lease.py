"""Whose turn it is to deploy, as a Lease says it: which commit has claimed the environment, which run is at work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tidegate.core.deployment.kubernetes.names import DOMAIN, MANAGER, ROUTE
from tidegate.core.deployment.kubernetes.settings import Kubernetes

SECONDS = 60
"""A holder that has not renewed for so long is dead."""
_CLAIMED = f"{DOMAIN}/claimed"


@dataclass(frozen=True, kw_only=True)
class Said:
    """`claimed`: the newest commit that wants to be deployed. `holder`: the run at work, empty for none.

    `renewed` is the holder's own time, and only compared with itself: clocks of two machines need not agree.
    """

    claimed: str = ""
    holder: str = ""
    renewed: str = ""


def name_of(route: str) -> str:
    """What the Lease of an environment is called."""
    return f"{route}-turn"


def read(found: Mapping[str, Any] | None) -> Said:
    """What a Lease says; nothing where there is none."""
    metadata, spec = (found or {}).get("metadata") or {}, (found or {}).get("spec") or {}
    return Said(
        claimed=str((metadata.get("annotations") or {}).get(_CLAIMED, "")),
        holder=str(spec.get("holderIdentity") or ""),
        renewed=str(spec.get("renewTime") or ""),
    )


def written(place: Kubernetes, said: Said, found: Mapping[str, Any] | None) -> dict[str, Any]:
    """The Lease that says this, in the place of exactly the version that was `found`, or new."""
    metadata: dict[str, Any] = {
        "name": name_of(place.route),
        "namespace": place.namespace,
        "labels": {"app.kubernetes.io/managed-by": MANAGER, ROUTE: place.route},
        "annotations": {_CLAIMED: said.claimed},
    }
    if found is not None:
        metadata["resourceVersion"] = found["metadata"]["resourceVersion"]
    spec: dict[str, Any] = {"leaseDurationSeconds": SECONDS}
    if said.holder:
        spec |= {"holderIdentity": said.holder, "renewTime": said.renewed}
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}
