"""The heartbeat: schedules of checks that have stopped, noticed by whatever has a connection and runs next."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Literal

from tidegate.adapters import git, workflow_files
from tidegate.adapters.github import schedules as github
from tidegate.adapters.github.refusal import NotThere
from tidegate.adapters.github.session import Connection
from tidegate.core.answer import Annotation, Answer
from tidegate.core.github.heartbeat import Activity, Beat, Pulse, Schedule, judged
from tidegate.errors import SecurityRefusal, TidegateError
from tidegate.settings import Settings

FOLDER = ".github/workflows"
_BY_NAME = re.compile(r"drift|retrain", re.IGNORECASE)
"""Where the files cannot be read, a workflow of checks is known by its name."""
Level = Literal["notice", "warning"]
Crons = Mapping[str, tuple[str, ...] | None]


def of_checkout(settings: Settings) -> dict[str, tuple[str, ...] | None]:
    """The cron lines of this commit's workflows that check drift by schedule. Raises what Git's adapter raises."""
    head = git.head(settings.workspace)
    texts = {}
    for path in git.blobs_at(settings.workspace, head, FOLDER):
        found = git.show(settings.workspace, head, path) if PurePosixPath(path).suffix in (".yml", ".yaml") else None
        if found is not None:
            texts[path] = found.decode("utf-8", "replace")
    return workflow_files.schedules(texts)


def beats(link: Connection, crons: Crons | None, models: Sequence[str] = ()) -> list[Beat]:
    """How each schedule is. `crons`: by file, None where files cannot be read; `models`: whose evidence is looked for.

    Raises what GitHub's adapter raises.
    """
    watched = [found for one in github.workflows(link) if (found := _watched(one, crons)) is not None]
    if not watched:
        return []
    activity, evidence = github.activity(link), _evidence(link, models)
    now = datetime.fromtimestamp(link.patience.now(), UTC)
    told = (_judged(link, one, activity, evidence, now) for one in watched)
    return [beat for beat in told if beat is not None]


def noticed(answer: Answer, link: Connection, crons: Crons | None) -> Answer:
    """The answer with a warning for each schedule that has stopped; what cannot be seen fails nothing.

    Raises SecurityRefusal alone.
    """
    try:
        told = [(beat, _level(beat)) for beat in beats(link, crons)]
        notes = tuple(Annotation(level=level, message=str(beat)) for beat, level in told if level)
    except NotThere:
        return answer
    except SecurityRefusal:
        raise
    except TidegateError as error:
        notes = (Annotation(level="notice", message=f"whether schedules still run could not be seen: {error}"),)
    lines = [f"Schedules: {note.message}\n" for note in notes if note.level == "warning"]
    summary = "\n".join([*([answer.summary] if answer.summary else []), *lines]) or None
    return replace(answer, annotations=(*answer.annotations, *notes), summary=summary)


def _watched(one: Schedule, crons: Crons | None) -> Schedule | None:
    """Without its file a workflow is known by its name, and its schedule by the runs that it had."""
    if crons is None:
        return one if _BY_NAME.search(one.path) else None
    return replace(one, crons=crons[one.path]) if one.path in crons else None


def _judged(
    link: Connection, one: Schedule, activity: Activity, evidence: datetime | None, now: datetime
) -> Beat | None:
    runs = github.runs_of(link, one.path)
    if not runs and one.crons is None and one.state != "disabled_inactivity":
        return None  # nobody knows whether it has a schedule
    return judged(replace(one, runs=runs, evidence=evidence), activity, now)


def _evidence(link: Connection, models: Sequence[str]) -> datetime | None:
    return github.newest_artifact(link, [f"drift-{name}" for name in (*models, "model")]) if models else None


def _level(beat: Beat) -> Level | None:
    if not beat.pulse.well:
        return "warning"
    return None if beat.pulse is Pulse.BEATS else "notice"
