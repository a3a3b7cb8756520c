"""Where Argo Rollouts is installed: one Rollout that moves the weights, and waits at every step for our decision.

Argo's controller keeps what it was told when we are gone, and takes a release back when its own analysis fails.
Every weight is followed by a pause without an end, so that none is given before traffic was judged at the last one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidegate.core.deployment.environment import Limits, Strategy
from tidegate.core.deployment.kubernetes import manifests
from tidegate.core.deployment.kubernetes.manifests import Manifest, template
from tidegate.core.deployment.kubernetes.names import MANAGER, ROUTE
from tidegate.core.deployment.kubernetes.settings import Kubernetes
from tidegate.core.deployment.target import Package
from tidegate.core.release.image import PORT
from tidegate.errors import InputError

VERSION = "argoproj.io/v1alpha1"
HASH = "rollouts-pod-template-hash"
PLUGIN = "argoproj-labs/gatewayAPI"
_ASKED = 'endpoint=~"infer|invocations"'


def service(role: str, place: Kubernetes) -> Manifest:
    """The address of the `stable` or the `canary` version: Argo points it at one or the other."""
    port = {"name": manifests.PORT_NAME, "port": PORT, "targetPort": manifests.PORT_NAME, "protocol": "TCP"}
    spec = {"type": "ClusterIP", "selector": {ROUTE: place.route}, "ports": [port]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": _metadata(f"{place.route}-{role}", place), "spec": spec}


def rollout(model: str, package: Package, place: Kubernetes, strategy: Strategy) -> Manifest:
    """The version that is wanted, as the template of the one Rollout. Raises InputError E-KUB-001 without an image."""
    return with_template(template(model, package, place), place, strategy)


def with_template(pod: Mapping[str, Any], place: Kubernetes, strategy: Strategy) -> Manifest:
    """The Rollout with the pods of any version: an earlier one's template takes it back."""
    route = {"httpRoute": place.route, "namespace": place.namespace}
    canary: Manifest = {
        "stableService": f"{place.route}-stable",
        "canaryService": f"{place.route}-canary",
        "maxUnavailable": 0,
        "trafficRouting": {"plugins": {PLUGIN: route}},
        "steps": steps(place, strategy),
    }
    if place.prometheus:
        template_hash = {"name": "hash", "valueFrom": {"podTemplateHashValue": "Latest"}}
        canary["analysis"] = {"templates": [{"templateName": place.route}], "args": [template_hash], "startingStep": 2}
    spec = {
        "replicas": place.replicas,
        "revisionHistoryLimit": 3,
        "progressDeadlineSeconds": manifests.PROGRESS,
        "selector": {"matchLabels": {ROUTE: place.route}},
        "strategy": {"canary": canary},
        "template": dict(pod),
    }
    return {"apiVersion": VERSION, "kind": "Rollout", "metadata": _metadata(place.route, place), "spec": spec}


def steps(place: Kubernetes, strategy: Strategy) -> list[Manifest]:
    """All pods first, asked by nobody; then each weight of a canary. Behind every step a pause until we end it."""
    found: list[Manifest] = [{"setCanaryScale": {"replicas": place.replicas}}, {"pause": {}}]
    for step in strategy.steps if strategy.kind == "canary" else ():
        found += [{"setWeight": step.weight}, {"pause": {}}]
    return found


def place_of(weight: int, found: Mapping[str, Any]) -> int:
    """The number of the step that gives this weight. Raises InputError E-KUB-032 for one that no step gives."""
    for number, step in enumerate(found["spec"]["strategy"]["canary"]["steps"]):
        if step.get("setWeight") == weight:
            return number
    fix = "Somebody else changed the Rollout, or environment.yaml was changed while it ran: deploy again."
    raise InputError("E-KUB-032", f"no step of the Rollout gives {weight} %.", fix=fix)


def analysis_template(place: Kubernetes, limits: Limits) -> Manifest:
    """Argo's own look at the errors, for the time in which nobody of ours looks.

    A share that is no number decides nothing: Argo then pauses, and does not go on.
    """
    limit = 1.0 if limits.error_rate is None else limits.error_rate
    known = "len(result) > 0 && !isNaN(result[0])"
    asked = f'tidegate_requests_total{{namespace="{place.namespace}",pod=~"{place.route}-{{{{args.hash}}}}-.*",{_ASKED}'
    metric = {
        "name": "error-rate",
        "interval": "1m",
        "initialDelay": "1m",
        "successCondition": f"{known} && result[0] <= {limit}",
        "failureCondition": f"{known} && result[0] > {limit}",
        "failureLimit": 1,
        "inconclusiveLimit": 10,
        "provider": {
            "prometheus": {
                "address": place.prometheus,
                "query": f'sum(rate({asked},code=~"5.."}}[2m])) / sum(rate({asked}}}[2m]))',
            }
        },
    }
    spec = {"args": [{"name": "hash"}], "metrics": [metric]}
    return {"apiVersion": VERSION, "kind": "AnalysisTemplate", "metadata": _metadata(place.route, place), "spec": spec}


def first_rules(place: Kubernetes) -> Manifest:
    """The route's rules as Argo's plugin wants to find them: both Services, everything to the stable one."""
    backends = [
        {"group": "", "kind": "Service", "name": f"{place.route}-{role}", "port": PORT, "weight": weight}
        for role, weight in (("stable", 100), ("canary", 0))
    ]
    rule = {"matches": [{"path": {"type": "PathPrefix", "value": "/"}}], "backendRefs": backends}
    metadata = {"name": place.route, "namespace": place.namespace}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": metadata,
        "spec": {"rules": [rule]},
    }


def as_deployment(found: Mapping[str, Any], pods: Mapping[str, Any] | None) -> Manifest:
    """A Rollout and one of its ReplicaSets in the form of a Deployment, whose diagnosis then fits."""
    status, seen = found.get("status") or {}, (pods or {}).get("status") or {}
    current = str(status.get("observedGeneration", "")) == str(found["metadata"].get("generation", 0))
    return {
        "metadata": {"generation": 1},
        "spec": {"replicas": found["spec"]["replicas"]},
        "status": {
            "observedGeneration": 1 if current else 0,
            "updatedReplicas": seen.get("replicas", 0),
            "availableReplicas": seen.get("availableReplicas", 0),
            "conditions": (status.get("conditions") or []) if current else [],
        },
    }


def _metadata(name: str, place: Kubernetes) -> Manifest:
    labels = {"app.kubernetes.io/managed-by": MANAGER, ROUTE: place.route}
    return {"name": name, "namespace": place.namespace, "labels": labels}
