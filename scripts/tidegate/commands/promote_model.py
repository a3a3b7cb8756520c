"""Turn a merge into a release: exactly the model that was reviewed, written into the environment's wanted state."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tidegate.core.answer import Annotation, Answer, Verdict
from tidegate.settings import Settings

if TYPE_CHECKING:
    from tidegate.steps.proposing import Proposed
    from tidegate.steps.release.promoting import Promoted, Review
    from tidegate.steps.release.promotion_writing import Wish

SUMMARY = "Write the release that a merge makes, or the next environment's, into Git."


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `tidegate promote-model`."""
    from tidegate.adapters.github import artifact_storage
    from tidegate.steps.github_connection import connected

    parser.add_argument("--environment", default="staging", metavar="NAME", help="folder under environments/")
    parser.add_argument(
        "--evidence",
        default="",
        metavar="FOLDER",
        help="where the verdict is (default: the merged pull request's run; without a token .tidegate)",
    )
    parser.add_argument("--base", default="", metavar="REF", help="the commit that was merged into")
    parser.add_argument("--onwards", action="store_true", help="promote what runs in the environment before")
    parser.add_argument("--after", default="", metavar="NAME", help="promote what runs there into what comes after it")
    parser.add_argument("--push", default="", metavar="BRANCH", help="the branch that the release is to come to")
    parser.set_defaults(connect=connected, download=artifact_storage.download)


def run(settings: Settings, options: argparse.Namespace) -> Answer:
    """Promote; nothing where the environment is to run that model already. A schedule that has stopped is told."""
    from tidegate.steps import schedules
    from tidegate.steps.github_connection import token

    answer = _promoted(settings, options)
    if settings.dry_run or not (token(settings) and settings.environ.get("GITHUB_REPOSITORY")):
        return answer
    crons = schedules.of_checkout(settings)
    return schedules.noticed(answer, options.connect(settings), crons) if crons else answer


def _promoted(settings: Settings, options: argparse.Namespace) -> Answer:
    from tidegate.steps.release import promoting
    from tidegate.steps.release.promotion_writing import Wish

    wish = Wish(branch=options.push, connect=lambda: options.connect(settings), download=options.download)
    if options.after:
        names = promoting.following(settings, options.after)
        found = [promoting.onwards(settings, wish, name, again=False) for name in names]
        return _answer(found, f"nothing follows {options.after}")
    if options.onwards:
        return _answer([promoting.onwards(settings, wish, options.environment)])
    return _answer([promoting.merged(settings, wish, options.environment, _review(settings, options, wish))])


def _review(settings: Settings, options: argparse.Namespace, wish: Wish) -> Review:
    """Where the verdict comes from: a folder that was given, else GitHub, else what was left in this workspace."""
    from tidegate.steps.github_connection import token
    from tidegate.steps.release import promoting, reviewing

    if options.evidence or not (token(settings) and settings.environ.get("GITHUB_REPOSITORY")):
        folder = Path(options.evidence) if options.evidence else settings.evidence
        return promoting.in_folder(settings, folder, options.base)
    return lambda model, commit: reviewing.find(settings, wish.connect(), model, commit, wish.download)


def _answer(found: Sequence[Promoted], nothing: str = "") -> Answer:
    wrote = [one for one in found if one.written is not None and one.written.commit]
    proposed = [one.written.pull_request for one in found if one.written and one.written.pull_request]
    news = bool(wrote) or any(pull.created for pull in proposed)
    outputs = {
        "version": found[0].release.version if found else "",
        "promoted": str(bool(wrote)).lower(),
        "pull-request": "\n".join(pull.url for pull in proposed),
    }
    return Answer(
        verdict=Verdict.PASS if news else Verdict.SKIPPED,
        sentence="; ".join(map(_said, found)) or nothing,
        outputs=outputs,
        annotations=tuple(note for one in found for note in _notes(one)),
    )


def _said(one: Promoted) -> str:
    what = f"{one.environment} is to run {one.release.model} {one.release.version}"
    from tidegate.steps.release.promotion_writing import Written

    if one.declined:
        return f"{one.environment} took {one.release.model} {one.release.version} back: it is not proposed again"
    if one.written is None:
        return f"{what} already"
    if one.written == Written():
        return f"would write: {what}"
    pull = one.written.pull_request
    return what if pull is None else f"{what} when {pull.url} is merged{_state(pull)}"


def _state(pull: Proposed) -> str:
    if pull.declined:
        return ", which somebody closed: it was not opened again"
    return "" if pull.created else ", which is open already"


def _notes(one: Promoted) -> list[Annotation]:
    written = one.written
    if written is None or written.pull_request is None:
        return []
    notes = []
    if written.refused:
        said = f"the push was refused ({written.refused}); #{written.pull_request.number} waits for a merge instead"
        notes.append(Annotation(level="warning", message=said))
    if written.pull_request.held:
        held = f"the runs of #{written.pull_request.number} wait for an approval; an app's token would start them"
        notes.append(Annotation(level="notice", message=held))
    if written.pull_request.shared:
        kept = f"#{written.pull_request.number} has commits of people; they were kept"
        notes.append(Annotation(level="notice", message=kept))
    return notes
