"""The API server, asked in its own words: get, list, apply, delete, watch, and what stands behind its proxy.

Every question may be asked again, because an apply says what is wanted and not what is to change. So an answer of 429
or 5xx is waited for, as long as the server says, and only then an error.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tidegate.core.deployment.kubernetes.names import MANAGER
from tidegate.core.deployment.kubernetes.refusals import (
    CONFLICT,
    EXPIRED,
    GONE_MISSING,
    TOO_MANY,
    Request,
    refusal,
    unreachable,
)

Object = dict[str, Any]
TRIES = 8
"""A minute in all: an API server that is updated is away for some of it."""
TRIES_OF_POD = 3
LONGEST_WAIT = 30.0
_TIMEOUT = (5.0, 30.0)
_AGAIN = {TOO_MANY, 500, 502, 503, 504}
_SILENT = 5.0
"""Seconds that a watch may say nothing beyond its own time."""


@dataclass(frozen=True)
class Kind:
    """A kind of object: where its objects are in the API."""

    version: str
    plural: str

    @property
    def resource(self) -> str:
        """As a Role names it, with its group: ``deployments.apps``."""
        group = self.version.rpartition("/")[0]
        return f"{self.plural}.{group}" if group else self.plural

    def path(self, namespace: str, name: str = "") -> str:
        """Where its objects, or one of them, are in a namespace."""
        root = "apis" if "/" in self.version else "api"
        return f"/{root}/{self.version}/namespaces/{namespace}/{self.plural}{f'/{name}' if name else ''}"


DEPLOYMENTS = Kind("apps/v1", "deployments")
PODS = Kind("v1", "pods")
SERVICES = Kind("v1", "services")
BUDGETS = Kind("policy/v1", "poddisruptionbudgets")
ROUTES = Kind("gateway.networking.k8s.io/v1", "httproutes")
ROLLOUTS = Kind("argoproj.io/v1alpha1", "rollouts")
ANALYSES = Kind("argoproj.io/v1alpha1", "analysistemplates")
REPLICA_SETS = Kind("apps/v1", "replicasets")
LEASES = Kind("coordination.k8s.io/v1", "leases")
KINDS = {"Deployment": DEPLOYMENTS, "Service": SERVICES, "PodDisruptionBudget": BUDGETS, "HTTPRoute": ROUTES}


@dataclass(frozen=True)
class Reply:
    """An answer, whatever it says."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Api:
    """One namespace of one cluster. `client`: an ApiClient of the official library."""

    def __init__(self, client: Any, namespace: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client, self.namespace, self._sleep = client, namespace, sleep

    def get(self, kind: Kind, name: str) -> Object | None:
        """One object, or None."""
        asked = Request(verb="get", resource=kind.resource, namespace=self.namespace, name=name)
        return self._object(asked, "GET", kind.path(self.namespace, name), missing=True)

    def list(self, kind: Kind, selector: str) -> Sequence[Object]:
        """All objects with certain labels."""
        return list(self._listed(kind, selector).get("items") or ())

    def apply(self, kind: Kind, manifest: Object) -> Object:
        """Server-side apply: make the object, or set the fields that the manifest has.

        Raises InputError E-KUB-007 where somebody else owns one of them; nothing is forced.
        """
        name = manifest["metadata"]["name"]
        asked = Request(verb="patch", resource=kind.resource, namespace=self.namespace, name=name)
        query = [("fieldManager", MANAGER), ("force", "false")]
        body = json.dumps(manifest).encode()
        found = self._object(
            asked, "PATCH", kind.path(self.namespace, name), query, body, "application/apply-patch+yaml"
        )
        return found or {}

    def put(self, kind: Kind, manifest: Object) -> bool:
        """Make an object, or replace exactly the version that was read; False where somebody else was faster."""
        metadata = manifest["metadata"]
        known = "resourceVersion" in metadata
        method, verb = ("PUT", "update") if known else ("POST", "create")
        asked = Request(verb=verb, resource=kind.resource, namespace=self.namespace, name=metadata["name"])
        path, body = kind.path(self.namespace, metadata["name"] if known else ""), json.dumps(manifest).encode()
        return self._object(asked, method, path, body=body, absent={CONFLICT}) is not None

    def set_status(self, kind: Kind, name: str, status: Object) -> None:
        """Merge into the status of an object: how a Rollout is told to go on."""
        resource = kind.resource.replace(kind.plural, f"{kind.plural}/status", 1)
        asked = Request(verb="patch", resource=resource, namespace=self.namespace, name=name)
        path, body = f"{kind.path(self.namespace, name)}/status", json.dumps({"status": status}).encode()
        self._object(asked, "PATCH", path, body=body, content="application/merge-patch+json")

    def serves(self, kind: Kind) -> bool:
        """Whether the cluster knows such objects."""
        asked = Request(verb="get", resource=kind.resource, namespace=self.namespace)
        found = self._object(asked, "GET", f"/apis/{kind.version}", missing=True)
        return any(one.get("name") == kind.plural for one in (found or {}).get("resources") or ())

    def delete(self, kind: Kind, name: str) -> None:
        """End an object and all that it owns, which ends first; one that is gone is no error."""
        asked = Request(verb="delete", resource=kind.resource, namespace=self.namespace, name=name)
        body = json.dumps({"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Foreground"}).encode()
        self._object(asked, "DELETE", kind.path(self.namespace, name), body=body, missing=True)

    def proxied(self, kind: Kind, name: str, method: str, path: str, body: bytes = b"") -> Reply:
        """What a pod or Service answers, through the API server. `name`: ``http:NAME:PORT``. Only GET is asked again.

        Raises ConnectionError without an answer, and what `refusal` tells of where the API server lets nobody through.
        """
        verb = "get" if method == "GET" else "create"
        asked = Request(verb=verb, resource=f"{kind.plural}/proxy", namespace=self.namespace, name=name)
        tries = TRIES_OF_POD if method == "GET" else 1
        reply = self._patiently(method, f"{kind.path(self.namespace, name)}/proxy{path}", body=body, tries=tries)
        if reply.status in (401, 403) and b'"kind":"Status"' in reply.body.replace(b" ", b""):
            raise refusal(asked, reply.status, _status(reply))
        return reply

    def log(self, pod: str, lines: int) -> str:
        """The last lines that a pod printed; nothing for one that printed none."""
        query = [("tailLines", str(lines))]
        try:
            reply = self._patiently("GET", f"{PODS.path(self.namespace, pod)}/log", query, tries=TRIES_OF_POD)
        except ConnectionError:
            return ""
        return reply.body.decode(errors="replace") if reply.status == 200 else ""

    def await_change(self, kind: Kind, selector: str, seconds: float) -> None:
        """Return when an object with these labels may have changed, at the latest after `seconds`.

        What changed is not told: after a watch that expired (410) or broke off it could not be known, and the caller
        looks again. That look is the one that is patient and at last an error.
        """
        version = str((self._listed(kind, selector).get("metadata") or {}).get("resourceVersion", ""))
        asked = Request(verb="watch", resource=kind.resource, namespace=self.namespace)
        whole = max(1, round(seconds))
        query = [("watch", "true"), ("labelSelector", selector), ("resourceVersion", version)]
        query.append(("timeoutSeconds", str(whole)))
        reply = self._first_line(kind.path(self.namespace), query, whole + _SILENT)
        if reply.status in _AGAIN:
            self._sleep(_retry_after(reply) or _backoff(0))
        elif reply.status not in (200, EXPIRED):
            raise refusal(asked, reply.status, _status(reply))

    def _listed(self, kind: Kind, selector: str) -> Object:
        asked = Request(verb="list", resource=kind.resource, namespace=self.namespace)
        return self._object(asked, "GET", kind.path(self.namespace), [("labelSelector", selector)]) or {}

    def _object(
        self,
        asked: Request,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        content: str = "application/json",
        *,
        missing: bool = False,
        absent: Collection[int] = (),
    ) -> Object | None:
        """The object that comes back; None for a missing one, or a status of `absent`, where that is an answer."""
        try:
            reply = self._patiently(method, path, query, body, content)
        except ConnectionError as error:
            raise unreachable(asked, str(error)) from error
        if 200 <= reply.status < 300:
            found: Object = json.loads(reply.body or b"{}")
            return found
        if reply.status in absent:
            return None
        told = _status(reply)
        if missing and reply.status == GONE_MISSING and "namespaces" not in str(told.get("message", "")):
            return None
        raise refusal(asked, reply.status, told)

    def _patiently(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        content: str = "application/json",
        tries: int = TRIES,
    ) -> Reply:
        """The answer, or the last one that is none. Raises ConnectionError where none came."""
        for attempt in range(tries - 1):
            try:
                reply = self._asked(method, path, query, body, content)
            except ConnectionError:
                self._sleep(_backoff(attempt))
                continue
            if reply.status not in _AGAIN:
                return reply
            self._sleep(_retry_after(reply) or _backoff(attempt))
        return self._asked(method, path, query, body, content)

    def _asked(self, method: str, path: str, query: Sequence[tuple[str, str]], body: bytes, content: str) -> Reply:
        answer = self._sent(method, path, query, body, content, _TIMEOUT, whole=True)
        return Reply(answer.status, answer.headers, answer.data)

    def _first_line(self, path: str, query: Sequence[tuple[str, str]], seconds: float) -> Reply:
        import urllib3

        try:
            answer = self._sent("GET", path, query, b"", "application/json", (5.0, seconds), whole=False)
        except ConnectionError:
            return Reply(503, {}, b"")
        try:
            line = answer.readline() if answer.status == 200 else answer.data
            return Reply(answer.status, answer.headers, line)
        except (urllib3.exceptions.HTTPError, OSError, ValueError):
            return Reply(EXPIRED, {}, b"")
        finally:
            answer.close()

    def _sent(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]],
        body: bytes,
        content: str,
        timeout: tuple[float, float],
        *,
        whole: bool,
    ) -> Any:
        """One request with the client's credentials. Raises ConnectionError where no answer came."""
        import urllib3

        headers = {"Accept": "*/*" if "/proxy" in path else "application/json", "Content-Type": content}
        sent = self._client.param_serialize(
            method, path, query_params=list(query), header_params=headers, auth_settings=["BearerToken"]
        )
        limits = urllib3.Timeout(connect=timeout[0], read=timeout[1])
        pool = self._client.rest_client.pool_manager
        try:
            return pool.request(
                sent[0],
                sent[1],
                headers=sent[2],
                body=body or None,
                timeout=limits,
                retries=False,
                preload_content=whole,
            )
        except urllib3.exceptions.HTTPError as error:
            raise ConnectionError(f"{type(error).__name__}: {error}") from error


def _backoff(attempt: int) -> float:
    return min(0.5 * 2.0**attempt, LONGEST_WAIT)


def _retry_after(reply: Reply) -> float:
    """Seconds that the server asks us to wait; 0 where it does not say."""
    told = reply.headers.get("Retry-After", "")
    return min(float(told), LONGEST_WAIT) if told.isdecimal() else 0.0


def _status(reply: Reply) -> Object:
    try:
        found = json.loads(reply.body)
    except ValueError:
        return {"message": reply.body[:300].decode(errors="replace")}
    return found if isinstance(found, dict) else {}
