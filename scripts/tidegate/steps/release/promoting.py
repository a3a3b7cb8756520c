"""A merge becomes a release: built from the merged tree, held against the verdict, written into the environment."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tidegate.adapters import files, git
from tidegate.adapters.contract import file as contract_file
from tidegate.core.comparison.provenance import artifacts
from tidegate.core.contract import Model
from tidegate.core.contract.policy import policy_digest
from tidegate.core.evidence import digest
from tidegate.core.release.history import standing
from tidegate.core.release.promotion import is_same_model, release_of, verdict_in
from tidegate.core.release.release import Release
from tidegate.core.release.tags import next_version, version_of, version_tag
from tidegate.errors import InfrastructureError, InputError, Superseded
from tidegate.settings import Settings
from tidegate.steps.comparison import champion, reference
from tidegate.steps.deployment import environments
from tidegate.steps.pipeline import base, subject
from tidegate.steps.release import imaging, promotion_writing, releasing, reviewing
from tidegate.steps.release.promotion_evidence import titled
from tidegate.steps.release.promotion_writing import Change, Place, Wish, Written
from tidegate.steps.release.releasing import Built
from tidegate.steps.release.reviewing import VERDICT, Reviewed

_LIMIT = 4 * 1024 * 1024
_TRIES = 5
Review = Callable[[Model, str], Reviewed]


@dataclass(frozen=True, kw_only=True)
class Promoted:
    """The release that an environment is to run now, and what wrote it: nothing where it was there already.

    `declined`: why nobody is asked to let it in; empty unless it was taken back there.
    """

    environment: str
    release: Release
    written: Written | None = None
    declined: str = ""


def merged(settings: Settings, wish: Wish, environment: str, review: Review) -> Promoted:
    """Write the release that a merged change makes, and tag its version; nothing where the model runs already.

    `review` finds the evidence about the model and the commit that changed it last.
    Raises Superseded where a newer model is there, and what `release_of`, `releasing.build` and `review` raise.
    """
    model = contract_file.load(settings.workspace / settings.config, settings.workspace).model(settings.model)
    commit = reviewing.change_of(settings, model)
    return _tried(_Merge(settings, wish, environment, review, model, commit).attempt)


@dataclass
class _Merge:
    """A merged change on its way into an environment; `reviewed` is its evidence once it was found."""

    settings: Settings
    wish: Wish
    environment: str
    review: Review
    model: Model
    commit: str
    reviewed: Reviewed | None = None

    def attempt(self) -> Promoted | None:
        """Look at everything as it is now, and write; None where somebody else was faster."""
        where = promotion_writing.place(self.settings, self.wish.branch)
        named = environments.release_at(self.settings, self.environment, where.parent)
        _same_model(self.environment, self.model.name, named)
        _tags_of_the_remote(self.wish, where, f"{self.model.name}@v*")
        built, known = _numbered(self.settings, self.model, self.commit, named)
        if named is not None and is_same_model(named, _digests(built)):
            return Promoted(environment=self.environment, release=named)
        _newest(self.settings, self.environment, self.commit, named)
        return _written(self.settings, self.wish, where, self._change(where, named, built, known))

    def _change(self, where: Place, named: Release | None, built: Built, known: bool) -> Change:
        """What is to be written, which the verdict has let through."""
        self.reviewed = self.reviewed or self.review(self.model, self.commit)
        release, verdict = _release(self.settings, self.wish, self.model, built, self.reviewed)
        change = Change(
            environment=environments.environment_at(self.settings, self.environment, where.parent),
            release=release,
            why=f"the verdict {release.digests['verdict']}",
            tag="" if known else version_tag(self.model.name, release.version),
        )
        return titled(self.settings, self.wish, change, named, verdict)


def onwards(settings: Settings, wish: Wish, environment: str, *, again: bool = True) -> Promoted:
    """Write the release that proved itself in the environment before into this one; nothing where it is named already.

    `again`: also one that was taken back there, which no machine should propose by itself.
    Raises InputError E-PRO-004 for an environment that nothing goes before, E-DEP-033 without a proof.
    """
    return _tried(lambda: _onwards(settings, wish, environment, again=again))


def _onwards(settings: Settings, wish: Wish, environment: str, *, again: bool) -> Promoted | None:
    where = promotion_writing.place(settings, wish.branch)
    found = environments.environment_at(settings, environment, where.parent)
    if found.after is None:
        fix = "A merge promotes into it: leave --onwards out."
        raise InputError("E-PRO-004", f"no environment goes before {environment}.", fix=fix)
    release = environments.release_at(settings, found.after, where.parent)
    if release is None:
        raise InputError("E-REL-002", "is not in this commit.", where=f"environments/{found.after}/release.yaml")
    _tags_of_the_remote(wish, where, f"{release.model}#{found.after}#*")
    wanted = environments.Wanted(environment=found, release=release, commit=where.parent)
    environments.check_proven(settings, wanted)
    named = environments.release_at(settings, environment, where.parent)
    _same_model(environment, release.model, named)
    if named == release:
        return Promoted(environment=environment, release=release)
    if not again and (failure := _taken_back(settings, wish, where, wanted)):
        return Promoted(environment=environment, release=release, declined=failure)
    change = Change(environment=found, release=release, why=f"its success in {found.after}")
    return _written(settings, wish, where, titled(settings, wish, change, named))


def _taken_back(settings: Settings, wish: Wish, where: Place, wanted: environments.Wanted) -> str:
    """Why the environment gave the release back, where that still stands; else empty."""
    model, name = wanted.release.model, wanted.environment.name
    for pattern in (f"{model}#{name}#*", f"{model}!{name}!*"):
        _tags_of_the_remote(wish, where, pattern)
    known = standing(environments.history(settings, model, name), environments.failures(settings, model, name))
    digest = wanted.release.digests.get("release", "")
    return next((failure.reason for failure in reversed(known) if failure.release == digest), "")


def _written(settings: Settings, wish: Wish, where: Place, change: Change) -> Promoted | None:
    written = promotion_writing.write(settings, wish, where, change)
    if written is None:
        return None
    return Promoted(environment=change.environment.name, release=change.release, written=written)


def _tried(attempt: Callable[[], Promoted | None]) -> Promoted:
    """What an attempt came to, after as many as it takes."""
    for _ in range(_TRIES):
        if (found := attempt()) is not None:
            return found
    raise InfrastructureError("E-PRO-019", "the branch keeps changing.", fix="Run the job again.")


def following(settings: Settings, environment: str) -> list[str]:
    """The environments that come right after one, by what HEAD says."""
    commit = git.head(settings.workspace)
    names = {path.split("/")[1] for path in git.blobs_at(settings.workspace, commit, environments.FOLDER)}
    defined = [name for name in sorted(names) if _is_environment(settings, name, commit)]
    return [name for name in defined if environments.environment_at(settings, name, commit).after == environment]


def in_folder(settings: Settings, folder: Path, since: str) -> Review:
    """Evidence that a job or a person left in a folder; `since` names the commit that was merged into."""

    def review(_model: Model, _commit: str) -> Reviewed:
        text = files.read_text(folder / VERDICT, limit=_LIMIT, shown=f"{folder.name}/{VERDICT}")
        return Reviewed(files={VERDICT: text.encode()}, base=base.resolve(settings, since), origin={})

    return review


def _is_environment(settings: Settings, name: str, commit: str) -> bool:
    return git.show(settings.workspace, commit, f"{environments.FOLDER}/{name}/environment.yaml") is not None


def _tags_of_the_remote(wish: Wish, where: Place, pattern: str) -> None:
    """Numbers that others took since this was cloned."""
    if wish.branch:
        where.remote.fetch(f"refs/tags/{pattern}:refs/tags/{pattern}")


def _same_model(environment: str, model: str, named: Release | None) -> None:
    """Raises InputError E-PRO-020 where the environment is another model's: one of them would end the other."""
    if named is None or named.model == model:
        return
    message = f"{environment} is to run {named.model}, and not {model}: an environment has one model."
    fix = "Give each model environments of its own and name one with --environment; or remove this release.yaml first."
    raise InputError("E-PRO-020", message, where=f"environments/{environment}/release.yaml", fix=fix)


def _newest(settings: Settings, environment: str, commit: str, named: Release | None) -> None:
    """Raises Superseded when the environment names a model that a later commit made."""
    if named is None or named.commit == commit or not git.is_ancestor(settings.workspace, commit, named.commit):
        return
    message = f"version {named.version} in {environment} is of a newer commit than {commit[:12]}."
    raise Superseded("E-PRO-016", message)


def _numbered(settings: Settings, model: Model, commit: str, named: Release | None) -> tuple[Built, bool]:
    """The release under the number that it has, where a run before us came so far; else under the next."""
    for tag in git.tags_at(settings.workspace, commit, f"{model.name}@v*"):
        version = version_of(model.name, tag)
        if version is None:
            continue
        built = releasing.build(settings, model, commit, version)
        if git.tag_message(settings.workspace, tag) == json.dumps({"release": built.package.release}):
            return built, True
    tags = [*git.tags(settings.workspace, f"{model.name}@v*"), *([f"{model.name}@v{named.version}"] if named else [])]
    return releasing.build(settings, model, commit, next_version(model.name, tags)), False


def _digests(built: Built) -> dict[str, str]:
    return {"release": built.package.release, "model": built.model, "recorded": built.recorded}


def _release(
    settings: Settings, wish: Wish, model: Model, built: Built, reviewed: Reviewed
) -> tuple[Release, Mapping[str, Any]]:
    """The release that the verdict lets through, with its image where one is pushed; and the verdict."""
    data = reviewed.files[VERDICT]
    verdict = verdict_in(_text(data), VERDICT, model.name)
    about = replace(_merged_subject(settings, model, reviewed.base), commit=built.package.commit)
    release = release_of(verdict, digest(data), about, built.package.version, _digests(built), reviewed.origin)
    image = imaging.image_of(settings, model, built.package, push=bool(wish.branch) and not settings.dry_run)
    return replace(release, digests={**release.digests, **({"image": image} if image else {})}), verdict


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("E-FIL-004", f"is not UTF-8 (at offset {error.start}).", where=VERDICT) from None


def _merged_subject(settings: Settings, model: Model, before: str | None) -> Any:
    """The merged tree's inputs, with the policy of the commit that was merged into: that one had to judge."""
    written = artifacts(reference.pipeline_at(settings, model, None).stages)
    judge = champion.model_at(settings, model.name, before) or model
    return replace(subject.of(settings, model, written), policy=policy_digest(judge))
