"""Has the world changed that the released model was trained on? Live data in, one answer and one issue out."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tidegate.adapters.github import session as github_session
from tidegate.adapters.github.call import Patience
from tidegate.adapters.stop_signals import stopping
from tidegate.core.answer import Annotation, Answer, Verdict
from tidegate.errors import InputError, SecurityRefusal, TidegateError, exit_code_of
from tidegate.settings import Settings

if TYPE_CHECKING:
    from tidegate.core.contract import Drift, Model
    from tidegate.steps.drift.check import Asked
    from tidegate.steps.pipeline.past_output import Output

SUMMARY = "Hold live data against the profile of the release that runs; keep one issue while its world has changed."
_UNKNOWN = 3


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `tidegate detect-drift`."""
    parser.add_argument(
        "--live", default="", metavar="PATH", help="where live data is on this machine (a file or folder)"
    )
    parser.add_argument("--labels", default="", metavar="PATH", help="where late labels are on this machine")
    until = "check as if nothing later had come yet: 2026-05-31 or 2026-05-31T12:00"
    parser.add_argument("--until", default="", metavar="TIME", help=until)
    parser.add_argument("--prometheus", default="", metavar="FILE", help="also write the figures as Prometheus's text")
    parser.add_argument("--issue", action="store_true", help="keep the model's issue on GitHub (needs GITHUB_TOKEN)")
    _configure_following(parser)
    parser.set_defaults(patience=Patience(), connect=github_session.connect, stopping=stopping, clock=_now)


def _configure_following(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("following a prediction log as it grows")
    group.add_argument("--follow", action="store_true", help="go on until SIGTERM or SIGINT; alarms within some steps")
    group.add_argument("--every", type=float, default=5.0, metavar="SECONDS", help="between two looks (default: 5)")
    group.add_argument("--step", type=int, default=500, metavar="ROWS", help="judged at a time (default: 500)")
    group.add_argument(
        "--state", default="", metavar="FOLDER", help="where counts are kept (default: .tidegate/follow)"
    )
    group.add_argument(
        "--for", dest="most", type=float, default=0.0, metavar="SECONDS", help="end by itself after that"
    )
    group.add_argument("--port", type=int, default=None, metavar="PORT", help="serve the figures on 127.0.0.1 as well")


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def run(
    settings: Settings, options: argparse.Namespace, output: Output | None = None, now: datetime | None = None
) -> Answer:
    """Check once; what cannot be found out is told as such, and never as calm."""
    from tidegate.adapters.contract import file as contract_file
    from tidegate.steps.drift.check import Asked

    model = contract_file.load(settings.workspace / settings.config, settings.workspace).model(settings.model)
    if model.drift is None:
        fix = "Add one: profile, live and fire_when are needed."
        raise InputError("E-DRF-004", f"the model {model.name} has no drift section.", where=settings.config, fix=fix)
    if options.follow:
        return _follow(settings, options, model, model.drift, output)
    now = now or _now()
    asked = Asked(now=now, until=_until(options.until), live=options.live, labels=options.labels)
    result, code = _looked(settings, model, model.drift, asked, output)
    verdict = _verdict(result["state"])
    outputs = _leave(settings, options, model, verdict, result, now)
    return _answer(model, verdict, code, result, outputs)


def _follow(
    settings: Settings, options: argparse.Namespace, model: Model, drift: Drift, output: Output | None
) -> Answer:
    """Until a signal says that it is enough, which is a good end whatever was found."""
    from tidegate.steps.drift import follow
    from tidegate.steps.drift.follow import Wish
    from tidegate.steps.pipeline import past_output

    _refuse_beside_follow(settings, options)
    wish = Wish(
        live=options.live,
        state=options.state,
        textfile=options.prometheus,
        port=options.port,
        every=options.every,
        most=options.most,
        block=options.step,
    )
    with options.stopping() as stop:
        done = follow.run(settings, model, drift, wish, options.clock, output or past_output.at, stop)
    return Answer(verdict=Verdict.SKIPPED, sentence=done.sentence, data=done.summary(), exit_code=0)


def _refuse_beside_follow(settings: Settings, options: argparse.Namespace) -> None:
    """What a check of whole windows does, and a follower cannot."""
    given = {
        "--until": options.until,
        "--labels": options.labels,
        "--issue": options.issue,
        "--dry-run": settings.dry_run,
    }
    beside = next((name for name, value in given.items() if value), None)
    if beside is not None:
        fix = "Leave one of them out: the scheduled check reads labels and keeps the issue."
        raise InputError("E-ARG-021", f"{beside} and --follow do not go together.", fix=fix)
    limits = {"--every": (options.every, 0.05, 3600.0), "--step": (options.step, 50, 1_000_000)}
    limits |= {"--for": (options.most, 0.0, 1e9)}
    limits |= {"--port": (0 if options.port is None else options.port, 0, 65_535)}
    for name, (value, low, high) in limits.items():
        if not low <= value <= high:
            raise InputError("E-ARG-022", f"{name} {value} is not from {low:,} to {high:,}.")


def _until(given: str) -> datetime | None:
    try:
        return datetime.fromisoformat(given).replace(tzinfo=None) if given else None
    except ValueError:
        raise InputError("E-ARG-020", f"--until {given[:80]!r} is no time such as 2026-05-31.") from None


def _looked(
    settings: Settings, model: Model, drift: Drift, asked: Asked, output: Output | None
) -> tuple[dict[str, Any], int]:
    """The check's document, and the exit code of what is unknown."""
    from tidegate.core.drift import evidence
    from tidegate.steps.drift import check as drift_check
    from tidegate.steps.pipeline import past_output

    try:
        with settings.console.group(f"reading live data of {model.name}"):
            seen = drift_check.check(settings, model, drift, asked, output or past_output.at)
        return evidence.result(drift, seen), _UNKNOWN
    except TidegateError as error:
        code = exit_code_of(error)
        if code == SecurityRefusal.exit_code:
            raise
        sentence = f"Unknown, which is not the same as no drift: {error}"
        told = {"code": error.code, "message": error.message, "where": error.where, "fix": error.fix}
        return evidence.unread(drift, sentence, told), code


def _verdict(state: str) -> Verdict:
    return {"drift": Verdict.FAIL, "unknown": Verdict.UNDECIDED}.get(state, Verdict.PASS)


def _leave(
    settings: Settings,
    options: argparse.Namespace,
    model: Model,
    verdict: Verdict,
    result: Mapping[str, Any],
    now: datetime,
) -> dict[str, str]:
    from tidegate.steps.drift import issue as drift_issue
    from tidegate.steps.drift import leaving as drift_leaving

    if settings.dry_run:
        return {}
    page = drift_leaving.leave(settings, model.name, verdict, result)
    if options.prometheus:
        drift_leaving.expose(settings.workspace / options.prometheus, model.name, result, now)
    outputs = {"html": str(page)}
    if options.issue:
        link = drift_issue.connection(settings, options.connect, options.patience)
        outputs["issue"] = drift_issue.keep(settings, link, model.name, result)
    return outputs


def _answer(model: Model, verdict: Verdict, code: int, result: Mapping[str, Any], outputs: Mapping[str, str]) -> Answer:
    from tidegate.core.drift.telling.report import blocks
    from tidegate.core.report import markdown
    from tidegate.core.report.limits import SUMMARY as LONGEST
    from tidegate.core.report.limits import fit

    state, windows = result["state"], result["windows"]
    latest: Mapping[str, Any] = windows[-1] if windows else {"end": "", "findings": []}
    drifted = sorted({item["column"] for item in latest["findings"] if item["found"] == "drifted"})
    level: dict[str, Any] = {"drift": "error", "unknown": "error", "watch": "warning"}
    told = [Annotation(level=level[state], message=result["sentence"][:1_000])] if state in level else []
    return Answer(
        verdict=verdict,
        sentence=result["sentence"],
        outputs={"state": state, "window": latest["end"], "drifted": json.dumps(drifted), **outputs},
        annotations=tuple(told),
        summary=fit(blocks(model.name, result), markdown.write, LONGEST // 4) + "\n",
        data=result,
        exit_code=code if state == "unknown" else None,
    )
