"""How requests are shared: the rules of an HTTPRoute from percentages, and percentages from what it says.

A route's rules are one value that is written at once, so there is no moment between two weights. What the route says
is what is believed, whoever wrote it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tidegate.core.deployment.kubernetes.names import comparison_of, name_of
from tidegate.core.deployment.kubernetes.settings import Kubernetes
from tidegate.core.release.image import PORT
from tidegate.server.wire.message import CHECK

VERSION, KIND = "gateway.networking.k8s.io/v1", "HTTPRoute"
ALL = 100
_TIMEOUT = "60s"
_NO_CHECKS = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": [CHECK]}}
"""What clients ask is live data, whatever they say of it."""


@dataclass(frozen=True, kw_only=True)
class Copies:
    """`share` percent of the requests are sent to a shadow's comparison as well; `release` is the shadow."""

    release: str
    share: int


def shared(place: Kubernetes, weights: Mapping[str, int], copies: Copies | None = None) -> dict[str, Any]:
    """The part of the route that is ours: release → percent, together 100; who gets nothing is not named.

    Copies are in the same value, so whatever is written without them ends them at the same moment.

    Raises ValueError for percentages that do not add up: a route without a backend answers everything with 500.
    """
    if sum(weights.values()) != ALL or min(weights.values()) < 0:
        raise ValueError(f"weights must add up to {ALL}, not {dict(weights)}")
    backends = [
        {"group": "", "kind": "Service", "name": name_of(place.route, release), "port": PORT, "weight": weight}
        for release, weight in sorted(weights.items())
        if weight
    ]
    match = {"path": {"type": "PathPrefix", "value": "/"}}
    filters = [_NO_CHECKS] if copies is None else [_NO_CHECKS, _mirroring(place, copies)]
    rule = {"matches": [match], "filters": filters, "backendRefs": backends, "timeouts": {"request": _TIMEOUT}}
    metadata = {"name": place.route, "namespace": place.namespace}
    return {"apiVersion": VERSION, "kind": KIND, "metadata": metadata, "spec": {"rules": [rule]}}


def copied(found: Mapping[str, Any], name: str) -> int:
    """Percent of the requests that the route has copied to the Service of this name; all where it does not say."""
    filters = [one for rule in (found.get("spec") or {}).get("rules") or () for one in rule.get("filters") or ()]
    mirrors = [one["requestMirror"] for one in filters if one.get("requestMirror")]
    mine = next((one for one in mirrors if one["backendRef"]["name"] == name), None)
    return 0 if mine is None else int(mine.get("percent", ALL))


def shares(found: Mapping[str, Any], names: Sequence[str]) -> dict[str, int]:
    """Service → percent of the requests, for the Services of `names`; together at most 100.

    Weights are proportions, and 1 where none is written. Percentages are rounded so that they add up, and who gets
    anything gets at least 1: no release is taken for idle that is asked.
    """
    totals: dict[str, int] = {}
    for rule in (found.get("spec") or {}).get("rules") or ():
        for backend in rule.get("backendRefs") or ():
            weight = backend.get("weight")
            totals[backend["name"]] = totals.get(backend["name"], 0) + (1 if weight is None else int(weight))
    percent = _percent({name: weight for name, weight in totals.items() if weight > 0})
    return {name: percent.get(name, 0) for name in names}


def taken(found: Mapping[str, Any]) -> str:
    """Why the route's newest rules are not in force; empty when every gateway has taken them."""
    generation = (found.get("metadata") or {}).get("generation", 0)
    parents = (found.get("status") or {}).get("parents") or ()
    if not parents:
        return "no gateway has taken it"
    for parent in parents:
        for kind in ("Accepted", "ResolvedRefs"):
            reason = _refused(parent, kind, generation)
            if reason:
                return reason
    return ""


def _mirroring(place: Kubernetes, copies: Copies) -> dict[str, Any]:
    """A filter that every Gateway API knows for all requests, and since 1.3 for a share of them."""
    name = comparison_of(place.route, copies.release)
    mirror: dict[str, Any] = {"backendRef": {"group": "", "kind": "Service", "name": name, "port": PORT}}
    if copies.share < ALL:
        mirror["percent"] = copies.share
    return {"type": "RequestMirror", "requestMirror": mirror}


def _refused(parent: Mapping[str, Any], kind: str, generation: int) -> str:
    gateway = (parent.get("parentRef") or {}).get("name", "?")
    condition = next((one for one in parent.get("conditions") or () if one.get("type") == kind), None)
    if condition is None or int(condition.get("observedGeneration", 0)) < generation:
        return f"the gateway {gateway} has not looked at it yet"
    if condition.get("status") == "True":
        return ""
    return f"the gateway {gateway} says {condition.get('reason', kind)}: {str(condition.get('message', ''))[:200]}"


def _percent(weights: Mapping[str, int]) -> dict[str, int]:
    """Largest remainders, but nobody who has a weight goes without."""
    total = sum(weights.values())
    exact = {name: ALL * weight / total for name, weight in weights.items()}
    found = {name: max(1, int(share)) for name, share in exact.items()}
    by_remainder = sorted(weights, key=lambda name: (int(exact[name]) - exact[name], name))
    for name in by_remainder * 2:
        if sum(found.values()) < ALL:
            found[name] += 1
    while found and sum(found.values()) > ALL:
        found[max(found, key=lambda name: (found[name], name))] -= 1
    return found
