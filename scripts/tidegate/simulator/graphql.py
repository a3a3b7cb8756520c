"""The two things that only GitHub's GraphQL can do and we need: who am I, and hide this comment."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tidegate.simulator.permissions import REFUSAL, Token

CLASSIFIERS = ("ABUSE", "DUPLICATE", "OFF_TOPIC", "OUTDATED", "RESOLVED", "SPAM")


@dataclass
class GraphQL:
    """Answers queries; `minimized` maps a comment's node id to the reason it is hidden for."""

    minimized: dict[str, str] = field(default_factory=dict)

    def answer(self, token: Token, body: bytes) -> dict[str, Any]:
        """The reply to one request. Always a 200 on GitHub, errors inside."""
        try:
            given = json.loads(body)
            query, variables = str(given["query"]), given.get("variables") or {}
        except (ValueError, KeyError, TypeError):
            return _error("PARSE", "A query attribute must be specified and must be a string.")
        if "minimizeComment" in query:
            return self._minimize(token, query, variables)
        if re.search(r"\bviewer\b", query):
            return {"data": {"viewer": {"login": token.login, "__typename": "User"}}}
        if re.search(r"\bnode\s*\(", query):
            return self._node(query, variables)
        return _error("undefinedField", "Field is not known to the simulator.")

    def _minimize(self, token: Token, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        node = _argument("subjectId", query, variables)
        classifier = _argument("classifier", query, variables)
        if token.grants is not None and "write" not in {token.grants.get(s) for s in ("issues", "pull-requests")}:
            return _error("FORBIDDEN", REFUSAL)
        if not node or classifier not in CLASSIFIERS:
            return _error("argumentLiteralsIncompatible", "subjectId and a known classifier are required.")
        self.minimized[node] = classifier
        return {"data": {"minimizeComment": {"clientMutationId": None, "minimizedComment": self._state(node)}}}

    def _node(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        node = _argument("id", query, variables)
        return {"data": {"node": {"id": node, "__typename": "IssueComment", **self._state(node)}}}

    def _state(self, node: str) -> dict[str, Any]:
        reason = self.minimized.get(node)
        return {"isMinimized": reason is not None, "minimizedReason": reason.lower() if reason else None}


def _argument(name: str, query: str, variables: Mapping[str, Any]) -> str:
    """An argument's value: written in the query, through a variable, or inside an input object."""
    found = re.search(rf'\b{name}\s*:\s*(?:"(?P<text>[^"]*)"|\$(?P<variable>\w+)|(?P<word>\w+))', query)
    if found:
        return str(variables.get(found["variable"], "")) if found["variable"] else found["text"] or found["word"] or ""
    inner = next((value for value in variables.values() if isinstance(value, Mapping) and name in value), {})
    return str(inner.get(name, ""))


def _error(kind: str, message: str) -> dict[str, Any]:
    return {"data": None, "errors": [{"type": kind, "message": message}]}
