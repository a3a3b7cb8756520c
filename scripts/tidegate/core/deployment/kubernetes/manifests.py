"""The objects of one release, written so that the strictest Pod Security Standard (restricted) lets them in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tidegate.core.deployment.kubernetes.names import ASKED, labels, name_of, notes, selector
from tidegate.core.deployment.kubernetes.settings import Kubernetes
from tidegate.core.deployment.target import Package
from tidegate.core.release.image import PORT
from tidegate.errors import InputError

PORT_NAME = "http"
DRAIN = 40
"""Seconds from SIGTERM to SIGKILL: the notice below, and 30 for requests that are under way."""
NOTICE = 10
"""Seconds that a pod still answers after it was taken from its Service: so long may gateways go on asking it."""
PROGRESS = 600
"""Seconds without any progress after which Kubernetes gives a Deployment up."""
_IMAGE = re.compile(r"[a-z0-9][a-z0-9./:_-]*@sha256:[0-9a-f]{64}")
Manifest = dict[str, Any]


def objects(model: str, package: Package, place: Kubernetes) -> tuple[Manifest, ...]:
    """Service, disruption budget and Deployment, in the order in which they are made.

    The Deployment is last, and it is what says that a release runs: a run that is killed in between leaves nothing
    that looks like a release and cannot be asked. Raises InputError E-KUB-001 for a release without an image.
    """
    return (
        service(model, package, place),
        disruption_budget(model, package, place),
        deployment(model, package, place),
    )


def service(model: str, package: Package, place: Kubernetes) -> Manifest:
    """The address of this one release, inside the cluster only."""
    port = {"name": PORT_NAME, "port": PORT, "targetPort": PORT_NAME, "protocol": "TCP", "appProtocol": "http"}
    chosen = selector(place.route, package.release)
    return _object("v1", "Service", model, package, place, {"type": "ClusterIP", "selector": chosen, "ports": [port]})


def disruption_budget(model: str, package: Package, place: Kubernetes) -> Manifest:
    """At most one pod is away when nodes are drained; pods that are not ready never hold a node."""
    spec = {
        "maxUnavailable": 1,
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
        "selector": {"matchLabels": selector(place.route, package.release)},
    }
    return _object("policy/v1", "PodDisruptionBudget", model, package, place, spec)


def deployment(model: str, package: Package, place: Kubernetes) -> Manifest:
    """The pods. Raises InputError E-KUB-001 for a release without an image that is named by its digest."""
    spec = {
        "replicas": place.replicas,
        "revisionHistoryLimit": 2,
        "progressDeadlineSeconds": PROGRESS,
        "selector": {"matchLabels": selector(place.route, package.release)},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "template": template(model, package, place),
    }
    made = _object("apps/v1", "Deployment", model, package, place, spec)
    made["metadata"]["annotations"][ASKED] = asked(place)
    return made


def asked(place: Kubernetes) -> str:
    """What people can change about a release that runs."""
    return f"{place.replicas} {place.cpu} {place.memory}"


def as_asked(found: Mapping[str, Any], place: Kubernetes) -> Kubernetes:
    """The settings with which a Deployment was made, where it says so; those of `place` where it does not."""
    said = str((found["metadata"].get("annotations") or {}).get(ASKED, "")).split()
    if len(said) != 3 or not said[0].isdecimal():
        return place
    return replace(place, replicas=int(said[0]), cpu=said[1], memory=said[2])


def template(model: str, package: Package, place: Kubernetes) -> Manifest:
    """One pod. Raises InputError E-KUB-001."""
    scraped = {"prometheus.io/scrape": "true", "prometheus.io/port": str(PORT), "prometheus.io/path": "/metrics"}
    chosen = selector(place.route, package.release)
    return {
        "metadata": {
            "labels": labels(place.route, model, package),
            "annotations": {**notes(package), **scraped},
        },
        "spec": {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "terminationGracePeriodSeconds": DRAIN,
            "topologySpreadConstraints": [
                _spread("topology.kubernetes.io/zone", chosen),
                _spread("kubernetes.io/hostname", chosen),
            ],
            "containers": [_server(package, place)],
            "volumes": [{"name": "scratch", "emptyDir": {"sizeLimit": "64Mi"}}],
        },
    }


def _server(package: Package, place: Kubernetes) -> Manifest:
    return {
        "name": "server",
        "image": pinned(package),
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"name": PORT_NAME, "containerPort": PORT, "protocol": "TCP"}],
        # A large model may need a minute to load; the other two probes wait for the first.
        "startupProbe": probe("/v2/health/live", period=1, failures=120),
        "readinessProbe": probe("/v2/health/ready", period=2, failures=3),
        "livenessProbe": probe("/v2/health/live", period=10, failures=3),
        # Endpoints take time to leave every proxy of a cluster. A sleep of the kubelet's own needs no shell.
        "lifecycle": {"preStop": {"sleep": {"seconds": NOTICE}}},
        # Without a limit on the processor nothing is throttled in the middle of a request.
        "resources": {
            "requests": {"cpu": place.cpu, "memory": place.memory},
            "limits": {"memory": place.memory},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "privileged": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
        },
        "volumeMounts": [{"name": "scratch", "mountPath": "/tmp"}],  # noqa: S108 - a volume of the pod's own
    }


def pinned(package: Package) -> str:
    """The image by its digest. Raises InputError E-KUB-001 for a release without one."""
    if not _IMAGE.fullmatch(package.image):
        shown = f"its image is {package.image[:200]!r}" if package.image else "it has no image"
        fix = "Give the model an image.repository in the contract, and promote it again."
        raise InputError("E-KUB-001", f"version {package.version} cannot run on Kubernetes: {shown}.", fix=fix)
    return package.image


def probe(path: str, *, period: int, failures: int) -> Manifest:
    """A question by HTTP that a pod is asked again and again; times in seconds."""
    asked = {"path": path, "port": PORT_NAME}
    return {"httpGet": asked, "periodSeconds": period, "timeoutSeconds": 2, "failureThreshold": failures}


def _spread(over: str, chosen: dict[str, str]) -> Manifest:
    """Over zones or nodes where there are several; a cluster of one node runs all of them."""
    return {
        "maxSkew": 1,
        "topologyKey": over,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": chosen},
    }


def _object(version: str, kind: str, model: str, package: Package, place: Kubernetes, spec: Manifest) -> Manifest:
    metadata = {
        "name": name_of(place.route, package.release),
        "namespace": place.namespace,
        "labels": labels(place.route, model, package),
        "annotations": notes(package),
    }
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}
