"""Why a release does not get ready, from what its Deployment and its pods say of themselves.

Some causes do not go away by waiting and end a deployment at once; the others are named when the time is over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tidegate.errors import InfrastructureError, InputError, ReleaseFailed, TidegateError

Object = Mapping[str, Any]
_UNPULLED = {"ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable"}
_UNSTARTED = {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}
_LONGEST = 300


def is_ready(deployment: Object) -> bool:
    """Whether Kubernetes has seen the newest wish and all of its pods can be asked."""
    status, spec = deployment.get("status") or {}, deployment.get("spec") or {}
    wanted = spec.get("replicas", 1)
    return bool(
        _seen(deployment)
        and wanted
        and status.get("updatedReplicas", 0) >= wanted <= status.get("availableReplicas", 0)
    )


def answers(deployment: Object) -> bool:
    """Whether any of its pods can be asked: enough for a release that is asked already, while a node is drained."""
    return bool((deployment.get("status") or {}).get("availableReplicas", 0))


def hopeless(deployment: Object, pods: Sequence[Object]) -> TidegateError | None:
    """What does not mend itself; None while the release may still get ready."""
    if is_ready(deployment) or not _seen(deployment):
        return None
    failure = _condition(deployment, "ReplicaFailure")
    if failure is not None and failure.get("status") == "True":
        return refused_pod(str(failure.get("message", "")))
    for pod in pods:
        for status in _statuses(pod):
            if (found := _stuck(pod, status)) is not None:
                return found
    progressing = _condition(deployment, "Progressing")
    if progressing is not None and progressing.get("reason") == "ProgressDeadlineExceeded":
        return late(deployment, pods, str(progressing.get("message", "")))
    return None


def late(deployment: Object, pods: Sequence[Object], told: str) -> TidegateError:
    """The time is over: which of the pods run, and what the others say."""
    unplaced = next((text for pod in pods if (text := _unplaced(pod))), "")
    if unplaced:
        fix = "Make room on the cluster, or ask for less in environment.yaml."
        return InfrastructureError("E-KUB-024", f"no node takes its pods: {unplaced}.", fix=fix)
    status, wanted = deployment.get("status") or {}, (deployment.get("spec") or {}).get("replicas", 1)
    ready = status.get("availableReplicas", 0)
    said = "; ".join(dict.fromkeys(text for pod in pods if (text := _unready(pod))))[:_LONGEST] or told[:_LONGEST]
    if ready:
        return ReleaseFailed("E-KUB-026", f"only {ready} of its {wanted} pods got ready in time: {said}.")
    return ReleaseFailed("E-KUB-025", f"it made no progress within its deadline: {said or 'no pod got ready'}.")


def refused_pod(message: str) -> TidegateError:
    """Why no pod may be made: a quota, or a rule of the cluster."""
    if "exceeded quota" in message:
        fix = "Raise the quota of the namespace, or ask for less in environment.yaml."
        return InputError("E-KUB-020", f"the quota is used up: {message[:_LONGEST]}.", fix=fix)
    fix = "Look at the cluster's admission rules."
    return InputError("E-KUB-006", f"the cluster does not let its pods in: {message[:_LONGEST]}.", fix=fix)


def _seen(deployment: Object) -> bool:
    """Whether what is said is about the newest wish; a cause of an older one may be gone."""
    generation = (deployment.get("metadata") or {}).get("generation", 0)
    return bool((deployment.get("status") or {}).get("observedGeneration", 0) >= generation)


def _stuck(pod: Object, status: Object) -> TidegateError | None:
    waiting = (status.get("state") or {}).get("waiting") or {}
    reason, message = str(waiting.get("reason", "")), str(waiting.get("message", ""))[:_LONGEST]
    name = (pod.get("metadata") or {}).get("name", "?")
    if reason in _UNPULLED:
        fix = "Look whether the image is in the registry, and whether the namespace may pull it."
        return InfrastructureError("E-KUB-021", f"its image cannot be pulled ({reason}): {message}.", fix=fix)
    if reason in _UNSTARTED:
        return ReleaseFailed("E-KUB-027", f"the container of {name} cannot be made ({reason}): {message}.")
    if reason == "CrashLoopBackOff":
        return _crashed(name, status)
    return None


def _crashed(name: str, status: Object) -> TidegateError:
    ended = (status.get("lastState") or {}).get("terminated") or {}
    if ended.get("reason") == "OOMKilled":
        fix = "Give it more memory in environment.yaml."
        return ReleaseFailed("E-KUB-023", f"{name} needs more memory than it may have.", fix=fix)
    times, code = status.get("restartCount", 0), ended.get("exitCode", "unknown")
    return ReleaseFailed("E-KUB-022", f"{name} ends again and again ({times} times, exit code {code}).")


def _unplaced(pod: Object) -> str:
    found = _condition(pod, "PodScheduled")
    return str(found.get("message", ""))[:_LONGEST] if found and found.get("reason") == "Unschedulable" else ""


def _unready(pod: Object) -> str:
    """One pod's own words; empty for one that is ready."""
    found = _condition(pod, "Ready")
    if found is not None and found.get("status") == "True":
        return ""
    for status in _statuses(pod):
        waiting = (status.get("state") or {}).get("waiting") or {}
        if waiting:
            return f"{waiting.get('reason', 'waiting')} {waiting.get('message', '')}".strip()
    return str((found or {}).get("message", ""))


def _statuses(pod: Object) -> Iterator[Object]:
    status = pod.get("status") or {}
    yield from status.get("initContainerStatuses") or ()
    yield from status.get("containerStatuses") or ()


def _condition(found: Object, kind: str) -> Object | None:
    conditions = (found.get("status") or {}).get("conditions") or ()
    return next((one for one in conditions if one.get("type") == kind), None)
