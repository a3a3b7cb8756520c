"""What compares a shadow's answers with its champion's: one pod that a gateway sends copies to, and its Service.

It runs the shadow's own image, which brings the program, and asks both releases as a client would, past the route.
"""

from __future__ import annotations

from tidegate.core.deployment.kubernetes import names
from tidegate.core.deployment.kubernetes.manifests import PORT_NAME, Manifest, pinned, probe
from tidegate.core.deployment.kubernetes.settings import Kubernetes
from tidegate.core.deployment.target import Package
from tidegate.core.release.image import PORT, comparing

_CPU, _MEMORY = "100m", "512Mi"


def service(package: Package, place: Kubernetes) -> Manifest:
    """Where the gateway's copies go."""
    port = {"name": PORT_NAME, "port": PORT, "targetPort": PORT_NAME, "protocol": "TCP", "appProtocol": "http"}
    spec = {"type": "ClusterIP", "selector": _selector(package, place), "ports": [port]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": _metadata(package, place), "spec": spec}


def deployment(package: Package, place: Kubernetes, champion: str, shadow: str) -> Manifest:
    """The pod. `champion` and `shadow` are ``host:port``, by number: it may look up no names.

    Raises InputError E-KUB-001 for a release without an image that is named by its digest.
    """
    spec = {
        "replicas": 1,
        "revisionHistoryLimit": 0,
        "progressDeadlineSeconds": 120,
        "selector": {"matchLabels": _selector(package, place)},
        "strategy": {"type": "Recreate"},  # two would share the copies, and one would take its counts away
        "template": {"metadata": {"labels": _labels(package, place)}, "spec": _pod(package, champion, shadow)},
    }
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": _metadata(package, place), "spec": spec}


def _pod(package: Package, champion: str, shadow: str) -> Manifest:
    server = {
        "name": "comparison",
        "image": pinned(package),
        "imagePullPolicy": "IfNotPresent",
        "command": comparing(champion, shadow),
        "ports": [{"name": PORT_NAME, "containerPort": PORT, "protocol": "TCP"}],
        "readinessProbe": probe("/v2/health/ready", period=2, failures=3),
        "resources": {"requests": {"cpu": _CPU, "memory": _MEMORY}, "limits": {"memory": _MEMORY}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "privileged": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
        },
    }
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "terminationGracePeriodSeconds": 5,
        "containers": [server],
    }


def _metadata(package: Package, place: Kubernetes) -> Manifest:
    name = names.comparison_of(place.route, package.release)
    return {"name": name, "namespace": place.namespace, "labels": _labels(package, place)}


def _labels(package: Package, place: Kubernetes) -> dict[str, str]:
    return {
        "app.kubernetes.io/instance": place.route,
        "app.kubernetes.io/component": "comparison",
        "app.kubernetes.io/managed-by": names.MANAGER,
        **_selector(package, place),
    }


def _selector(package: Package, place: Kubernetes) -> dict[str, str]:
    """Which comparison: by its name, which no other has. A release's Service must never choose this pod."""
    name = names.comparison_of(place.route, package.release)
    return {names.COMPARISON: place.route, "app.kubernetes.io/name": name}
