"""The keys of an environment whose target is kubernetes."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import PlainValidator

from tidegate.adapters.contract import kinds, values
from tidegate.adapters.contract.shape import Shape
from tidegate.core.deployment.kubernetes.names import LONGEST_ROUTE
from tidegate.core.deployment.kubernetes.settings import ROLLOUTS, Kubernetes, Rollouts

_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_MOST_PODS = 100


def _label(longest: int) -> PlainValidator:
    """A name as Kubernetes wants it (RFC 1123), of at most that many characters."""

    def read(value: object) -> str:
        written = values.text(value)
        if not re.fullmatch(_LABEL, written) or len(written) > longest:
            expected = f"at most {longest} of a-z, 0-9 and -, beginning and ending with a letter or digit"
            raise values.wrong("E-ENV-003", f"expected {expected}, got {values.described(value)}.")
        return written

    return PlainValidator(read)


def _quantity(pattern: str, example: str) -> PlainValidator:
    def read(value: object) -> str:
        written = values.label(value)
        if not re.fullmatch(pattern, written):
            raise values.wrong("E-ENV-003", f"expected a quantity such as {example}, got {values.described(value)}.")
        return written

    return PlainValidator(read)


def _url(value: object) -> str:
    written = values.text(value)
    if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[1-9][0-9]{0,4})?(/[A-Za-z0-9._/-]*)?", written):
        expected = "a URL such as http://prometheus.monitoring:9090"
        raise values.wrong("E-ENV-003", f"expected {expected}, got {values.described(value)}.")
    return written


def _pods(value: object) -> int:
    found = values.count(value)
    if found > _MOST_PODS:
        raise values.wrong("E-ENV-003", f"expected at most {_MOST_PODS} pods, got {values.described(value)}.")
    return found


class KubernetesShape(Shape):
    """Where on which cluster releases run."""

    namespace: Annotated[str, _label(63)]
    """The namespace of everything that is made."""
    route: Annotated[str, _label(LONGEST_ROUTE)]
    """The HTTPRoute whose rules divide the requests; releases are named after it."""
    context: kinds.Text | None = None
    """The context of the kubeconfig; left out, its current one, or the cluster that the job runs in."""
    overlay: kinds.PathText | None = None
    """A folder with a kustomization that is applied when a deployment begins; left out, you apply it yourself."""
    rollouts: Annotated[Rollouts, PlainValidator(values.one_of(*ROLLOUTS))] = Kubernetes.rollouts
    """Whether Argo Rollouts moves the weights where it is installed: auto or never."""
    prometheus: Annotated[str, PlainValidator(_url)] = Kubernetes.prometheus
    """Where Argo Rollouts asks for the share of errors while nobody else looks; left out, it does not."""
    replicas: Annotated[int, PlainValidator(_pods)] = Kubernetes.replicas
    """How many pods a release has."""
    cpu: Annotated[str, _quantity(r"[1-9][0-9]{0,3}|[1-9][0-9]{0,5}m", "500m or 2")] = Kubernetes.cpu
    """The processor time that a pod is given at least."""
    memory: Annotated[str, _quantity(r"[1-9][0-9]{0,5}(?:Mi|Gi)", "512Mi or 2Gi")] = Kubernetes.memory
    """The memory that a pod is given, and no more."""


def cluster(shape: KubernetesShape) -> Kubernetes:
    """The keys as a value."""
    members = {name: getattr(shape, name) for name in KubernetesShape.model_fields}
    return Kubernetes(**{**members, "context": shape.context or "", "overlay": shape.overlay or ""})
