"""A rollback in a hurry: what runs is changed first, and in the same minute Git is asked to say the same."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from tidegate.adapters import evidence as store
from tidegate.adapters.github.session import Connection
from tidegate.core.answer import Verdict
from tidegate.core.deployment.analysis import analyse
from tidegate.core.deployment.environment import Environment, Strategy
from tidegate.core.deployment.fleet import Fleet, Instance
from tidegate.core.deployment.measurement import Measurement
from tidegate.core.deployment.target import Target
from tidegate.core.evidence import Evidence, Subject
from tidegate.core.release.history import standing
from tidegate.core.release.incident import Incident
from tidegate.core.release.release import Release
from tidegate.core.release.rollback import Known, WayBack, left, way_back
from tidegate.errors import InfrastructureError, InputError, SecurityRefusal, TidegateError
from tidegate.settings import Settings
from tidegate.steps.deployment import deploying, deployment_records, environments, taking_back
from tidegate.steps.deployment.deploying import Seen
from tidegate.steps.deployment.environments import FOLDER, Wanted
from tidegate.steps.deployment.takeover import Ended
from tidegate.steps.deployment.taking_back import Told
from tidegate.steps.deployment.targets import target_of
from tidegate.steps.release import registering

AT_ONCE = Strategy(kind="blue-green")
_BY_HAND = "rolled back by hand, no reason given"


@dataclass(frozen=True, kw_only=True)
class Rollback:
    """What is to be done: `leaving` gives way to `back_to`. `known` is what this was decided on.

    `seen`: what the traffic of the release that goes says of it so far.
    """

    wanted: Wanted
    known: Known
    way: WayBack
    leaving: Release
    back_to: Release
    seen: tuple[Measurement, ...] = ()


def decided(settings: Settings, name: str, state: str, version: str) -> Rollback:
    """Where the environment goes back to; nothing is changed.

    Raises what `way_back` raises, InputError E-DEP-032 for a locked environment, and E-RBK-005 for a release that no
    commit names any more. A frozen environment may go back.
    """
    wanted = environments.wanted(settings, name)
    environments.check_open(replace(wanted.environment, freeze=None), date.min)
    target = target_of(settings, wanted, deploying.state_folder(settings, state) / name)
    fleet = target.fleet()
    known = _known(settings, wanted, fleet)
    way = way_back(known, version)
    back_to = environments.released(settings, name, way.to.release)
    if back_to is None:
        message = f"no commit of this clone names version {way.to.version} for {name} any more; {_left(known, way)}."
        raise InputError("E-RBK-005", message, fix="Check out with fetch-depth: 0, or name another one with --to.")
    leaving = environments.released(settings, name, way.leaving) or _unnamed(wanted, fleet.of(way.leaving))
    seen = _seen(target, way.leaving, wanted.environment) if way.leaving in known.running else ()
    return Rollback(wanted=wanted, known=known, way=way, leaving=leaving, back_to=back_to, seen=seen)


def go(settings: Settings, found: Rollback, state: str, *, reason: str, push: bool, seen: Seen) -> Ended:
    """Make the environment run the release of before, and remember that the other one was taken back.

    Raises TidegateError E-RBK-006 for a release that cannot be had any more, before anything is changed.
    """
    environment = replace(found.wanted.environment, strategy=AT_ONCE)
    aim = replace(found.wanted, environment=environment, release=found.back_to, instead_of=found.way.leaving)
    ready = _prepared(settings, found, aim)
    steps: list[int] = []

    def counted(number: int, name: str) -> None:
        steps.append(number)
        seen(number, name)

    ended = deploying.deploy(settings, aim, state, push=push, seen=counted, ready=ready)
    if ended.failed or ended.open:
        return ended
    seen(len(steps) + 1, "remember")
    said = why(found, reason)
    deploying.remember_failure(settings, environment.name, found.leaving, said, push=push, by_hand=True)
    return ended


def tell(
    settings: Settings,
    found: Rollback,
    ended: Ended,
    *,
    reason: str,
    base: str,
    connect: Callable[[Settings], Connection],
    seen: Seen,
) -> Told:
    """The registry's alias, the deployment's record, the revert pull request and the incident issue."""
    incident = Incident(
        environment=found.wanted.environment.name,
        left=found.leaving,
        back_to=found.back_to,
        reason=why(found, reason),
        by_hand=True,
        measurements=tuple((one.outcome.value, one.sentence) for one in found.seen),
        history=tuple((entry.seconds, entry.action, entry.outcome) for entry in ended.history),
        page=taking_back.page_of(settings),
    )
    first = len(ended.history) + 3  # after the steps of the deployment, its end, and the tag
    numbers = {name: first + place for place, name in enumerate(("alias", "deployment", "revert", "issue"))}
    aim, before = replace(found.wanted, release=found.back_to), Told()
    seen(numbers["alias"], "alias")
    with before.trying():
        settings.console.say(registering.kept_in_step(settings, aim) or "no model registry is set")
    seen(numbers["deployment"], "deployment")
    # Only now: what GitHub does not answer must not keep a bad release running.
    _, notes = deployment_records.recorded(settings, aim, connect, lambda: ended)
    told = taking_back.tell(
        settings,
        incident,
        connect,
        base,
        only_missing=found.way.leaving not in found.known.running,
        seen=lambda name: seen(numbers[name], name),
    )
    return replace(told, problems=[*before.problems, *told.problems], notes=notes)


def why(found: Rollback, reason: str) -> str:
    """The reason that was given, else the one for which the release was taken back before."""
    failures = standing(found.known.history, found.known.failures)
    earlier = [failure.reason for failure in failures if failure.release == found.way.leaving]
    return reason or (earlier[-1] if earlier else _BY_HAND)


def _known(settings: Settings, wanted: Wanted, fleet: Fleet) -> Known:
    name, model = wanted.environment.name, wanted.release.model
    return Known(
        environment=name,
        wanted=wanted.release.digests.get("release", ""),
        asked_by=environments.asked_by(settings, name),
        history=tuple(environments.history(settings, model, name)),
        failures=tuple(environments.failures(settings, model, name)),
        running={instance.release: instance.weight for instance in fleet.serving},
    )


def _unnamed(wanted: Wanted, instance: Instance | None) -> Release:
    """A release that no commit names, as it says itself; what Git wants where it does not run any more."""
    if instance is None:
        return wanted.release
    digests = {"release": instance.release}
    return Release(model=wanted.release.model, version=instance.version, commit=instance.commit, digests=digests)


def _seen(target: Target, release: str, environment: Environment) -> tuple[Measurement, ...]:
    """What is known of the release; a rollback does not wait for what cannot be read."""
    with contextlib.suppress(TidegateError):
        return analyse(target.traffic(release), None, environment.limits, 1)
    return ()


def _prepared(settings: Settings, found: Rollback, aim: Wanted) -> deploying.Prepared:
    """The release, built again. What cannot be had any more is told together with what can be."""
    try:
        return deploying.prepared(settings, aim)
    except SecurityRefusal:
        raise
    except TidegateError as error:
        kind = InfrastructureError if isinstance(error, InfrastructureError) else InputError
        others = _left(found.known, found.way)
        message = f"version {found.back_to.version} cannot be made again ({error.message}); {others}."
        fix = "Nothing was changed. Restore what is missing, or name another version with --to."
        raise kind("E-RBK-006", message, where=f"{FOLDER}/{aim.environment.name}/release.yaml", fix=fix) from error


def _left(known: Known, way: WayBack) -> str:
    others = [entry for entry in left(known, way.leaving) if entry.release != way.to.release]
    names = ", ".join(f"version {entry.version} ({entry.tag})" for entry in others)
    return f"left are {names}" if names else "nothing else is left to go back to"


def document(found: Rollback, ended: Ended, told: Told, reason: str) -> dict[str, Any]:
    """What happened, as JSON values."""
    return {
        "environment": found.wanted.environment.name,
        "left": found.leaving.version,
        "version": found.back_to.version,
        "reason": why(found, reason),
        "revert": told.revert,
        "issue": told.issue,
        "history": [asdict(entry) for entry in ended.history],
        "measurements": [
            {"name": one.name, "outcome": one.outcome.value, "sentence": one.sentence} for one in found.seen
        ],
    }


def leave(settings: Settings, found: Rollback, ended: Ended, told: Told, reason: str) -> None:
    """Leave evidence of the rollback."""
    result = document(found, ended, told, reason)
    model, subject = found.back_to.model, Subject(commit=found.wanted.commit)
    evidence = Evidence(command="rollback-release", model=model, outcome=Verdict.PASS, subject=subject, result=result)
    store.write(settings.evidence, evidence)
