"""What `environment.yaml` says about a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Rollouts = Literal["auto", "never"]
ROLLOUTS: tuple[Rollouts, ...] = ("auto", "never")


@dataclass(frozen=True, kw_only=True)
class Kubernetes:
    """Where on which cluster releases run.

    `context`: of the kubeconfig, empty for its current one, or for the cluster that we run in. `route`: the HTTPRoute
    whose rules divide the requests; releases are named after it. `overlay`: folder of a kustomization with all that
    surrounds the releases, applied when a deployment begins; empty where somebody else applies it. `rollouts`: whether
    Argo Rollouts moves the weights where it is installed; `prometheus`: where its own analysis asks for errors, empty
    for none. `cpu` and `memory` are quantities as Kubernetes writes them;
    a pod gets no more than this memory, and as much more processor as its node has to spare.
    """

    namespace: str
    route: str
    context: str = ""
    overlay: str = ""
    rollouts: Rollouts = "auto"
    prometheus: str = ""
    replicas: int = 2
    cpu: str = "250m"
    memory: str = "512Mi"
