"""Whether what was merged is what was reviewed: the inputs of the verdict and of the merged tree, digest by digest.

A squash, a rebase or a merge queue changes the commit and not the inputs, so commits are not compared.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tidegate.core.answer import Verdict
from tidegate.core.evidence import Subject, strict_json
from tidegate.core.release.release import Release
from tidegate.errors import InputError, SecurityRefusal

_INPUTS = {
    "tree": "files of the model",
    "data": "data",
    "params": "parameters",
    "environment": "environment lock",
    "policy": "policy",
}
_KINDS = {"kind": str, "model": str, "verdict": str, "subject": dict, "result": dict}


def verdict_in(text: str, where: str, model: str) -> dict[str, Any]:
    """The verdict about `model` in a file that strangers wrote: whole as far as a promotion reads it.

    Raises InputError E-EVD-001 to E-EVD-003 for what is no strict JSON, E-PRO-001 for what is no such verdict.
    """
    document = strict_json(text, where)
    whole = isinstance(document, dict) and all(isinstance(document.get(name), kind) for name, kind in _KINDS.items())
    if not whole or document["kind"] != "verdict" or document["model"] != model or not _readable(document["result"]):
        fix = "Give the folder in which compare-models left it."
        raise InputError("E-PRO-001", f"is no verdict about {model}.", where=where, fix=fix)
    return dict(document)


def _readable(result: Mapping[str, Any]) -> bool:
    """Whether the members that are read have the kinds that they should have."""
    candidate, metrics = result.get("candidate"), result.get("metrics", [])
    artifacts = candidate.get("artifacts", {}) if isinstance(candidate, dict) else None
    return (
        isinstance(artifacts, dict)
        and all(isinstance(value, str) for value in artifacts.values())
        and isinstance(metrics, list)
        and all(isinstance(row, dict) and isinstance(row.get("name"), str) for row in metrics)
    )


def release_of(
    verdict: Mapping[str, Any],
    digest: str,
    merged: Subject,
    version: str,
    digests: Mapping[str, str],
    origin: Mapping[str, str] | None = None,
) -> Release:
    """The release that a verdict lets through, built from the merged tree; `digest` is the verdict file's.

    `merged` has the policy of the commit that was merged into, which is the one that had to judge. `digests` are of
    what was built: ``release``, ``model``, and ``recorded``, the model's as DVC knows it. `origin`: what judged it.
    Raises InputError E-PRO-002 for a verdict that lets nothing through, E-PRO-003 for one about other inputs,
    SecurityRefusal E-SEC-060 for a model that is not the one judged.
    """
    if verdict["verdict"] != Verdict.PASS.value:
        message = f"the verdict is {verdict['verdict']}: {str(verdict['result'].get('sentence', ''))[:300]}"
        raise InputError("E-PRO-002", message, fix="Only a model that passed its gates is promoted.")
    _same_inputs(verdict["subject"], merged)
    _same_model(verdict["result"]["candidate"].get("artifacts", {}), digests)
    return Release(
        model=verdict["model"],
        version=version,
        commit=merged.commit or "",
        digests={
            **{name: found for name, found in digests.items() if name != "recorded"},
            "verdict": digest,
            **({"data": merged.data} if merged.data else {}),
        },
        metrics=_metrics(verdict["result"]),
        origin=dict(origin or {}),
    )


def is_same_model(release: Release, digests: Mapping[str, str]) -> bool:
    """Whether a release already is what was built: the very bytes of the model."""
    return release.digests.get("model") == digests["model"]


def _same_inputs(judged: Mapping[str, Any], merged: Subject) -> None:
    now = asdict(merged)
    differing = [name for member, name in _INPUTS.items() if judged.get(member) != now[member]]
    if now["tree"] is None and _INPUTS["tree"] not in differing:  # files other than committed are unknown
        differing.insert(0, _INPUTS["tree"])
    if differing:
        message = f"what was merged is not what was judged: {', '.join(differing)} differ."
        raise InputError("E-PRO-003", message, fix="Run the pull request's checks again on the newest base.")


def _same_model(judged: Mapping[str, str], built: Mapping[str, str]) -> None:
    """The model's bytes as DVC recorded them when it was judged, and as they are now."""
    wanted = set(judged.values())
    if built["recorded"] not in wanted:
        message = f"the model {built['recorded'][:40]} is none of the files that were judged."
        raise SecurityRefusal("E-SEC-060", message, fix="Find out where it comes from before anything is promoted.")


def _metrics(result: Mapping[str, Any]) -> dict[str, float]:
    """What was measured of the candidate, as far as it is a number."""
    found = {row["name"]: row.get("candidate") for row in result.get("metrics", [])}
    return {
        name: float(value)
        for name, value in found.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }
