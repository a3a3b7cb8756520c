"""What an API server means when it says no: the cause in a sentence, and what to do about it.

Kubernetes answers with a `Status`; several causes share one number, so its message is read too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tidegate.core.deployment.kubernetes.diagnosis import refused_pod
from tidegate.errors import InfrastructureError, InputError, TidegateError

TOO_MANY, EXPIRED, CONFLICT, GONE_MISSING = 429, 410, 409, 404
_LONGEST = 400


@dataclass(frozen=True, kw_only=True)
class Request:
    """One question to the API server, in its own words: verb, resource (``deployments.apps``), name, namespace."""

    verb: str
    resource: str
    namespace: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}{f' {self.name}' if self.name else ''} in {self.namespace}"


def refusal(request: Request, status: int, body: Mapping[str, Any]) -> TidegateError:
    """The error for an answer that is none. `body`: the Status that came with it, empty where none came."""
    message = str(body.get("message", ""))[:_LONGEST] or f"HTTP {status}"
    if status == 401:
        fix = "Log in again, or renew the service account's token."
        return InputError("E-KUB-003", f"the cluster does not know us: {message}.", fix=fix)
    if status == 403:
        return _forbidden(request, message)
    if status == CONFLICT:
        return conflict(request, body)
    if status == GONE_MISSING:
        return _missing(request, message)
    if status in (400, 422):
        return _refused(request, message)
    if status == TOO_MANY:
        fix = "Run again when the cluster has less to do."
        return InfrastructureError("E-KUB-011", f"the cluster has no time to {request}: {message}.", fix=fix)
    return InfrastructureError("E-KUB-010", f"the cluster could not {request}: {message}.")


def unreachable(request: Request, reason: str) -> TidegateError:
    """The error where no answer came."""
    if "CERTIFICATE_VERIFY_FAILED" in reason or "certificate" in reason.lower():
        fix = "Renew the certificate, or the kubeconfig that names its authority."
        return InputError("E-KUB-003", f"the cluster's certificate is not accepted: {reason[:_LONGEST]}.", fix=fix)
    return InfrastructureError(
        "E-KUB-010", f"the cluster does not answer when asked to {request}: {reason[:_LONGEST]}."
    )


def conflict(request: Request, body: Mapping[str, Any]) -> TidegateError:
    """Somebody else owns fields that we would set: who, and which."""
    causes = (body.get("details") or {}).get("causes") or ()
    owners = [f"{_owner(str(cause.get('message', '')))} owns {cause.get('field', '?')}" for cause in causes]
    told = "; ".join(owners[:5]) or str(body.get("message", ""))[:_LONGEST]
    fix = "Have them leave these fields to Tidegate, or take them out of environment.yaml's place."
    return InputError("E-KUB-007", f"cannot {request}: {told}.", fix=fix)


def _owner(message: str) -> str:
    found = re.search(r'conflict with "([^"]+)"', message)
    return found.group(1) if found else (message or "somebody else")


def _forbidden(request: Request, message: str) -> TidegateError:
    if "exceeded quota" in message:
        return refused_pod(message)
    if "admission webhook" in message or "ValidatingAdmissionPolicy" in message or "violates PodSecurity" in message:
        return _refused(request, message)
    who = re.search(r'User "([^"]+)"', message)
    allowed = f"{who.group(1) if who else 'we'} may not {request}"
    fix = f"Allow the verb {request.verb} on {request.resource} in a Role; environments/base/kubernetes has one."
    return InputError("E-KUB-004", f"{allowed}.", fix=fix)


def _missing(request: Request, message: str) -> TidegateError:
    if re.search(r'namespaces "[^"]+" not found', message):
        fix = "Apply the environment's overlay first."
        return InputError("E-KUB-005", f"there is no namespace {request.namespace}.", fix=fix)
    if request.resource.endswith("gateway.networking.k8s.io"):
        fix = "Install the Gateway API, and apply the environment's overlay: it has the route."
        return InputError("E-KUB-008", f"there is no HTTPRoute {request.name} in {request.namespace}.", fix=fix)
    return InfrastructureError("E-KUB-014", f"cannot {request}: {message}.")


def _refused(request: Request, message: str) -> TidegateError:
    fix = "Look at the cluster's admission rules and at the version of its API."
    return InputError("E-KUB-006", f"the cluster refuses to {request}: {message}.", fix=fix)
