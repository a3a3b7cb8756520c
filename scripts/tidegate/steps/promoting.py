"""A merge becomes a release: built from the merged tree, held against the verdict, written into the environment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tidegate.adapters import files, git
from tidegate.adapters.contract import file as contract_file
from tidegate.core.comparison.provenance import artifacts
from tidegate.core.contract import Model
from tidegate.core.contract.policy import policy_digest
from tidegate.core.evidence import digest, strict_json
from tidegate.core.release.promotion import is_same_model, release_of
from tidegate.core.release.release import Release, text
from tidegate.core.release.tags import next_version, version_tag
from tidegate.errors import InputError
from tidegate.settings import Settings
from tidegate.steps import base, champion, environments, reference, releasing, subject

VERDICT = "verdict.json"
_LIMIT = 4 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Promoted:
    """The release that an environment is to run now; `commit` wrote it, or is None where nothing had to be written."""

    release: Release
    commit: str | None
    tag: str | None = None


def merged(settings: Settings, environment: str, evidence: Path, since: str) -> Promoted:
    """Write the release that a merged change makes, and tag its version; nothing where the model runs already.

    `evidence` is the folder of the verdict; `since` names the commit that was merged into, the event's unless given.
    Raises what `release_of` and `releasing.build` raise.
    """
    model = contract_file.load(settings.workspace / settings.config, settings.workspace).model(settings.model)
    commit = git.head(settings.workspace)
    environments.environment_at(settings, environment, commit)
    verdict, verdict_digest = _verdict(evidence, model.name)
    version = next_version(model.name, git.tags(settings.workspace, f"{model.name}@v*"))
    built = releasing.build(settings, model, commit, version)
    digests = {"release": built.package.release, "model": built.model, "recorded": built.recorded}
    release = release_of(verdict, verdict_digest, _merged_subject(settings, model, since), version, digests)
    before = environments.release_at(settings, environment, commit)
    if before is not None and is_same_model(before, digests):
        return Promoted(release=before, commit=None)
    written = _written(settings, environment, release, f"the verdict {verdict_digest}")
    tag = version_tag(model.name, version)
    git.annotate(settings.workspace, tag, commit, json.dumps({"release": built.package.release}))
    return Promoted(release=release, commit=written, tag=tag)


def onwards(settings: Settings, environment: str) -> Promoted:
    """Write the release that proved itself in the environment before into this one; nothing where it is named already.

    Raises InputError E-PRO-004 for an environment that nothing goes before, E-DEP-033 without a proof.
    """
    commit = git.head(settings.workspace)
    found = environments.environment_at(settings, environment, commit)
    if found.after is None:
        fix = "A merge promotes into it: leave --onwards out."
        raise InputError("E-PRO-004", f"no environment goes before {environment}.", fix=fix)
    release = environments.release_at(settings, found.after, commit)
    if release is None:
        raise InputError("E-REL-002", "is not in this commit.", where=f"environments/{found.after}/release.yaml")
    environments.check_proven(settings, environments.Wanted(environment=found, release=release, commit=commit))
    if environments.release_at(settings, environment, commit) == release:
        return Promoted(release=release, commit=None)
    return Promoted(release=release, commit=_written(settings, environment, release, f"its success in {found.after}"))


def _verdict(folder: Path, model: str) -> tuple[Mapping[str, Any], str]:
    """The verdict and the digest of its bytes."""
    where = f"{folder.name}/{VERDICT}"
    found = files.read_text(folder / VERDICT, limit=_LIMIT, shown=where)
    document = strict_json(found, where)
    if not _is_verdict(document) or document["model"] != model:
        fix = "Give the folder in which compare-models left it."
        raise InputError("E-PRO-001", f"is no verdict about {model}.", where=where, fix=fix)
    return document, digest(found.encode())


def _is_verdict(document: Any) -> bool:
    """Whether it has all that a promotion reads; what else may be in a verdict does not matter here."""
    kinds = {"kind": str, "model": str, "verdict": str, "subject": dict, "result": dict}
    whole = isinstance(document, dict) and all(isinstance(document.get(name), kind) for name, kind in kinds.items())
    return whole and document["kind"] == "verdict" and isinstance(document["result"].get("candidate"), dict)


def _merged_subject(settings: Settings, model: Model, since: str) -> Any:
    """The merged tree's inputs, with the policy of the commit that was merged into: that one had to judge."""
    written = artifacts(reference.pipeline_at(settings, model, None).stages)
    before = base.resolve(settings, since)
    judge = champion.model_at(settings, model.name, before) or model
    return replace(subject.of(settings, model, written), policy=policy_digest(judge))


def _written(settings: Settings, environment: str, release: Release, why: str) -> str:
    path = f"{environments.FOLDER}/{environment}/release.yaml"
    message = f"{release.model} {release.version} to {environment}\n\nLet through by {why}."
    return git.commit_file(settings.workspace, path, text(release).encode(), message)
