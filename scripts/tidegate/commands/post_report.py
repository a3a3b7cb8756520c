"""Say what came of it where people look: one comment, one check run, the job summary, one page.

It reads evidence files and asks GitHub; it checks nothing out and executes nothing of the change, so that it can be
the half of a workflow that may write.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from tidegate.adapters.github import address as github_address
from tidegate.adapters.github import event_file as actions_event
from tidegate.adapters.github import pull_requests as github
from tidegate.adapters.github import session as github_session
from tidegate.adapters.github.call import Patience
from tidegate.adapters.github.refusal import NotPermitted, NotThere
from tidegate.core.answer import Annotation, Answer, Verdict
from tidegate.core.github import checks
from tidegate.core.github.checks import CheckKey, CheckState
from tidegate.core.github.event import GitHubEvent
from tidegate.core.github.pull_requests import PullRequest
from tidegate.core.report import Report, Section, build
from tidegate.core.report.untrusted import code_span
from tidegate.errors import InputError, SecurityRefusal, Superseded, TidegateError
from tidegate.settings import Settings
from tidegate.steps import schedules
from tidegate.steps.report import foreign_run, reporting
from tidegate.steps.report.posting import Collected, Poster, Wish, cml_title
from tidegate.steps.report.publishing import show_checks

SUMMARY = "Turn the evidence into one comment, one check run, a job summary and one HTML page."
Level = Literal["notice", "warning", "error"]


class _NoToken(InputError):
    """Nothing can be posted, which changes no verdict."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `tidegate post-report`."""
    parser.add_argument(
        "--state",
        choices=("start", "finish"),
        default="finish",
        help="start opens the checks as in progress, finish posts the report and concludes the check (default)",
    )
    parser.add_argument("--untouched", metavar="JSON", default="", help="models whose checks are neutral (a JSON list)")
    parser.add_argument(
        "--from-run", action="store_true", help="in a workflow_run job: report on the run that started it"
    )
    parser.add_argument("--local", action="store_true", help="write the report's files and post nothing")
    parser.add_argument(
        "--publisher",
        choices=("auto", "github", "cml"),
        default="auto",
        help="who writes the comment; auto takes cml where it is installed and reaches the host",
    )
    parser.add_argument("--section", metavar="FILE", default="", help="a Markdown file to add as a part of the report")
    parser.add_argument("--artifact-url", metavar="URL", default="", help="where the HTML report can be had")
    parser.add_argument(
        "--on-change",
        choices=("edit", "new"),
        default="edit",
        help="when the verdict changes: edit the comment (default), or hide it and write a new one, which notifies",
    )
    parser.add_argument(
        "--fail-on-verdict", action="store_true", help="exit by the verdict (default: 0 when the report was posted)"
    )
    parser.set_defaults(patience=Patience(), connect=github_session.connect)


def run(settings: Settings, options: argparse.Namespace) -> Answer:
    """Post, or open checks, or only write the report's files: by the options and by where this runs."""
    on_github = options.from_run or options.state == "start" or (settings.in_actions and not options.local)
    if not on_github:
        return _local(settings, options)
    event = actions_event.load(settings.environ)
    if options.from_run:
        foreign_run.run_of(event)
    if settings.dry_run:
        return _dry(settings, options, event)
    if options.from_run:
        poster = _poster(settings, options, event, Collected())
        answer = _from_run(settings, options, poster)
        # This half may read what schedules did, and nobody else looks when one has stopped.
        return answer if options.state == "start" else schedules.noticed(answer, poster.connection, None)
    if options.state == "start":
        return _start(settings, options, event)
    return _finish(settings, options, event)


def _local(settings: Settings, options: argparse.Namespace) -> Answer:
    problems = Collected()
    report, _ = _reports(settings, options, None, problems)
    if settings.dry_run:
        return _answer(options, [report], problems, sentence=f"would write a report: {report.sentence}")
    page = _written(settings, report, problems)
    return _answer(options, [report], problems, pages=[page] if page else [])


def _finish(settings: Settings, options: argparse.Namespace, event: GitHubEvent) -> Answer:
    problems = Collected()
    report, plain = _reports(settings, options, event, problems)
    page = _written(settings, plain, problems)
    with problems.collected():
        poster = _poster(settings, options, event, problems)
        _post(poster, report, plain, settings.evidence / reporting.TEXT if page else None)
    return _answer(options, [report], problems, pages=[page] if page else [], soft=event.read_only)


def _post(poster: Poster, report: Report, plain: Report, text: Path | None) -> None:
    event, pull = poster.event, None
    if event.pull_request is not None:
        with poster.problems.collected():
            pull = _now(poster, event.pull_request)
    poster.post(pull, report, plain, text)


def _now(poster: Poster, number: int) -> PullRequest:
    """The pull request; a second look where its head is another, for right after a push GitHub may lag behind."""
    pull = github.pull_request(poster.connection, number)
    if pull.head != poster.event.head:
        poster.connection.wait(poster.connection.patience.looks[0])
        pull = github.pull_request(poster.connection, number)
    return pull


def _start(settings: Settings, options: argparse.Namespace, event: GitHubEvent) -> Answer:
    """Open what the run will conclude. Whatever goes wrong here must not keep the run from being done."""
    touched, untouched = _names("model", settings.model or ""), _names("untouched", options.untouched)
    if not touched and not untouched:
        raise InputError("E-REP-010", "no model is named.", fix="Give --model or --untouched.")
    problems = Collected()
    written = 0
    with problems.collected():
        poster = _poster(settings, options, event, problems)
        states = [(name, _begun(poster.page)) for name in touched]
        states += [(name, _not_touched(poster.page)) for name in untouched]
        keyed = [(CheckKey(model=name, run=event.run, attempt=event.attempt), state) for name, state in states]
        written = show_checks(poster.connection, event.head, keyed, leave=lambda _check: True)
    level: Level = "notice" if event.read_only else "warning"
    return Answer(
        verdict=Verdict.SKIPPED,
        sentence=f"{written} of {len(touched) + len(untouched)} checks opened",
        annotations=tuple(_note(problem, level) for problem in problems.found),
        exit_code=max((found.exit_code for found in problems.found if isinstance(found, SecurityRefusal)), default=0),
    )


def _from_run(settings: Settings, options: argparse.Namespace, poster: Poster) -> Answer:
    wanted = "requested" if options.state == "start" else "completed"
    if poster.event.action != wanted:
        return Answer(verdict=Verdict.SKIPPED, sentence=f"nothing to do on {poster.event.action[:40]!r}", exit_code=0)
    if options.state == "start":
        return _answer(options, [], poster.problems, sentence=foreign_run.opened(poster))
    try:
        outcome = foreign_run.reported(settings, poster)
    except Superseded as error:
        poster.problems.found.append(error)
        return _answer(options, [], poster.problems, sentence=f"superseded: {error.message}")
    if outcome.idle:
        return _answer(options, [], poster.problems, sentence=outcome.idle)
    rest = f"; {outcome.left_out} more models are not reported on" if outcome.left_out else ""
    return _answer(options, outcome.reports, poster.problems, rest=rest, pages=outcome.pages)


def _dry(settings: Settings, options: argparse.Namespace, event: GitHubEvent) -> Answer:
    place = f"#{event.pull_request}" if event.pull_request else f"the pull request of {event.head[:10]}"
    if options.from_run or options.state == "start":
        return Answer(verdict=Verdict.SKIPPED, sentence=f"would show checks on {event.head[:10]}", exit_code=0)
    problems = Collected()
    report, _ = _reports(settings, options, event, problems)
    size = len(report.markdown())
    sentence = f"would comment {size} characters on {place} and conclude the check: {report.sentence}"
    return _answer(options, [report], problems, sentence=sentence)


def _reports(
    settings: Settings, options: argparse.Namespace, event: GitHubEvent | None, problems: Collected
) -> tuple[Report, Report]:
    """The report as a comment, with the line by which CML finds it, and without that line."""
    model = settings.model or reporting.model_in(settings.evidence)
    left = reporting.in_workspace(settings.evidence, model)
    sections: tuple[Section, ...] = ()
    with problems.collected():
        sections = reporting.section(settings, options.section, trusted=event is None or not event.fork)
    context = reporting.context(
        settings,
        model,
        left,
        event,
        pull_request=event.pull_request if event else None,
        base=event.base if event else None,
        artifact_url=options.artifact_url,
        sections=sections,
    )
    return build(left.evidence, replace(context, cml_watermark=cml_title(model))), build(left.evidence, context)


def _written(settings: Settings, report: Report, problems: Collected) -> Path | None:
    with problems.collected():
        return reporting.write(settings.evidence, report)
    return None


def _poster(settings: Settings, options: argparse.Namespace, event: GitHubEvent, problems: Collected) -> Poster:
    """Raises InputError E-GH-010 without a token, SecurityRefusal E-SEC-040 where it must not be sent."""
    address = github_address.address(settings.environ)
    token = settings.environ.get("GITHUB_TOKEN", "").strip()
    if not token:
        fix = "Pass token: ${{ github.token }} and give the job `pull-requests: write` and `checks: write`."
        raise _NoToken("E-GH-010", "there is no token; nothing was posted.", fix=fix)
    repository = settings.environ.get("GITHUB_REPOSITORY", event.repository.name)
    wish = Wish(
        publisher=options.publisher,
        new_on_change=options.on_change == "new",
        token=token,
        environ=settings.environ,
        console=settings.console,
    )
    return Poster(
        connection=options.connect(settings.environ, token, address, repository, options.patience),
        event=event,
        page=reporting.run_url(address.server, repository, event),
        wish=wish,
        problems=problems,
    )


def _answer(
    options: argparse.Namespace,
    reports: Sequence[Report],
    problems: Collected,
    *,
    sentence: str = "",
    rest: str = "",
    pages: Sequence[Path] = (),
    soft: bool = False,
) -> Answer:
    verdict = checks.worst(report.verdict for report in reports)
    levels = {problem: _level(problem, soft=soft) for problem in problems.found}
    hard = [problem for problem, level in levels.items() if level == "error" or isinstance(problem, Superseded)]
    notes = [_note(problem, level) for problem, level in levels.items()]
    return Answer(
        verdict=verdict,
        sentence=sentence or "; ".join(_named(report, reports) for report in reports) + rest,
        outputs={"html": "\n".join(map(str, pages))} if pages else {},
        annotations=(*(note for report in reports for note in report.annotations), *notes),
        summary="\n".join([*(report.summary() for report in reports), *map(_line, problems.found)]) or None,
        exit_code=_exit_code(options, verdict, hard),
    )


def _exit_code(options: argparse.Namespace, verdict: Verdict, problems: Sequence[TidegateError]) -> int:
    if options.fail_on_verdict and verdict.exit_code:
        return verdict.exit_code
    serious = [problem.exit_code for problem in problems if not isinstance(problem, Superseded)]
    return max(serious, default=Superseded.exit_code if problems else 0)


def _named(report: Report, reports: Sequence[Report]) -> str:
    return report.sentence if len(reports) == 1 else f"{report.identity.model}: {report.sentence}"


def _level(problem: TidegateError, *, soft: bool) -> Level:
    """A fork's run cannot post, which is no failure: the run that follows it will."""
    if isinstance(problem, Superseded) or (soft and isinstance(problem, NotPermitted | NotThere | _NoToken)):
        return "notice"
    return "warning" if isinstance(problem, _NoToken) else "error"


def _note(problem: TidegateError, level: Level) -> Annotation:
    return Annotation(level=level, message=str(problem))


def _line(problem: TidegateError) -> str:
    return f"Not posted: {code_span(str(problem), limit=400)}\n"


def _begun(page: str) -> CheckState:
    title = "Validating the data, training and comparing the model"
    return CheckState(title=title, summary=f"{title}. The result replaces this text.", page=page)


def _not_touched(page: str) -> CheckState:
    title = "Nothing to judge: the change does not touch this model"
    return CheckState(title=title, summary=f"{title}.", conclusion="neutral", page=page)


def _names(option: str, given: str) -> list[str]:
    """A name, or names as a JSON list. Raises InputError E-GH-020."""
    if not given.startswith("["):
        return [given] if given else []
    try:
        names = json.loads(given)
    except (ValueError, RecursionError):
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) and 0 < len(name) <= 64 for name in names):
        raise InputError("E-GH-020", f"input {option!r} is {given[:80]!r}; expected a name or a JSON list of names.")
    return list(dict.fromkeys(names))
