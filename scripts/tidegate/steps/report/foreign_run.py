"""The privileged half: report on a run that could not, trusting GitHub's word about it and nothing that it left.

It runs in the base repository with a token that may write. It checks nothing out and executes nothing of the change;
the pull request is found from the event alone, and artifacts are read as hostile data.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tidegate.adapters import untrusted_zip
from tidegate.adapters.github import artifact_storage
from tidegate.adapters.github import artifacts as github_artifacts
from tidegate.adapters.github import checks as github_checks
from tidegate.adapters.github import pull_requests as github
from tidegate.adapters.github.address import safe
from tidegate.adapters.github.session import Connection
from tidegate.adapters.untrusted_zip import Rules
from tidegate.core.answer import Verdict
from tidegate.core.github import checks, pull_requests, run_artifacts
from tidegate.core.github.checks import Check, CheckState
from tidegate.core.github.event import GitHubEvent, OtherRun
from tidegate.core.github.publication import ALL_MODELS
from tidegate.core.github.pull_requests import PullRequest
from tidegate.core.github.run_artifacts import Artifact, Found
from tidegate.core.report import Report, build
from tidegate.errors import InfrastructureError, InputError, SecurityRefusal, Superseded, TidegateError
from tidegate.settings import Settings
from tidegate.steps.report import reporting
from tidegate.steps.report.posting import Poster, cml_title
from tidegate.steps.report.reporting import Left

RULES = Rules(
    allowed={
        r"[a-z][a-z-]{0,40}\.json": 2 * 1024 * 1024,
        r"plots/[\w()+,=@-][\w .()+,=@-]{0,98}\.(svg|png)": reporting.LARGEST_PICTURE,
    },
    folders=frozenset({"plots/"}),
)
_NOTHING = Left(evidence={}, plots={}, verdict_digest=None)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was done: reports by model in the order of their names, or in words why there was nothing to do.

    `pages` are the reports as files; `left_out` models are more than one run is reported on.
    """

    reports: tuple[Report, ...] = ()
    pages: tuple[Path, ...] = ()
    left_out: int = 0
    idle: str = ""

    @property
    def verdict(self) -> Verdict:
        """The worst of all reports."""
        return checks.worst(report.verdict for report in self.reports)


def opened(poster: Poster) -> str:
    """Show that a fork's run has begun; its own token may not. Returns what was done in words."""
    event = poster.event
    if run_of(event).event != "pull_request" or not event.fork:
        return "nothing to open: the run opens its checks itself"
    title = "The run has begun; it reports when it ends"
    poster.show(ALL_MODELS, CheckState(title=title, summary=f"{title}.", page=poster.page))
    return f"opened the check of run {event.run}"


def reported(settings: Settings, poster: Poster) -> Outcome:
    """Report on every model that the run left evidence on or a check open for. Problems are left in `poster`.

    Raises Superseded or InputError where there is no one pull request; checks that are open are concluded first.
    """
    event, run = poster.event, run_of(poster.event)
    if run.event != "pull_request":
        return Outcome(idle=f"run {event.run} was not started by a pull request but by {run.event[:40]!r}")
    own = _own_checks(poster)
    if own and not any(check.open for check in own.values()):
        return Outcome(idle=f"run {event.run} has been reported on")
    try:
        pull = _pull_request(poster.connection, event)
    except (Superseded, InputError) as error:
        _close(poster, own, error)
        raise
    found = run_artifacts.find(github_artifacts.listed(poster.connection, event.run), run)
    return _Half(settings=settings, poster=poster, pull=pull, run=run, own=own, found=found).report()


@dataclass(frozen=True, kw_only=True)
class _Half:
    settings: Settings
    poster: Poster
    pull: PullRequest
    run: OtherRun
    own: dict[str, Check]
    found: Found

    def report(self) -> Outcome:
        posted = [self._posted(model) for model in self._models()]
        reports = tuple(report for report, _ in posted)
        said = [checks.shown_by(check) for check in self.own.values() if not check.open]
        if self._known():
            self._together(checks.worst([*said, *(report.verdict for report in reports)]))
            idle = "" if reports else f"run {self.poster.event.run} has been reported on"
            pages = tuple(page for _, page in posted if page is not None)
            return Outcome(reports=reports, pages=pages, left_out=self.found.left_out, idle=idle)
        return self._nothing_known()

    def _known(self) -> set[str]:
        """Models that anything is known of."""
        return {*self.found.artifacts, *self.found.missing, *self.own} - {ALL_MODELS}

    def _models(self) -> list[str]:
        """Models that nobody has reported on yet."""
        return sorted(model for model in self._known() if model not in self.own or self.own[model].open)

    def _posted(self, model: str) -> tuple[Report, Path | None]:
        left, reason, again = self._left(model)
        report, plain = self._built(model, left, reason)
        if again:
            # To be tried again: open for whoever runs this once more, and no pass until then.
            self.poster.conclude(model, plain, checks.WAITS)
        else:
            self.poster.post(self.pull, report, plain, None)
        return report, self._page(plain)

    def _page(self, report: Report) -> Path | None:
        with self.poster.problems.collected():
            return reporting.write_page(self.settings.evidence, report)
        return None

    def _left(self, model: str) -> tuple[Left, str, bool]:
        """What the run left about a model; else why that is nothing, and whether another try may help."""
        artifact = self.found.artifacts.get(model)
        if artifact is None:
            reason = self.found.missing.get(model) or run_artifacts.why_not(self.run) or "it has no artifact of it"
            return _NOTHING, reason, False
        try:
            members = untrusted_zip.read(_downloaded(self.poster.connection, artifact), RULES)
        except SecurityRefusal as error:
            self.poster.problems.found.append(error)
            return _NOTHING, f"its artifact was refused ({error.code})", False
        except InfrastructureError as error:
            self.poster.problems.found.append(error)
            return _NOTHING, "its artifact cannot be downloaded now", True
        except InputError as error:
            self.poster.problems.found.append(error)
            return _NOTHING, "its artifact cannot be read", False
        return reporting.in_archive(members, model), "", False

    def _built(self, model: str, left: Left, reason: str) -> tuple[Report, Report]:
        context = reporting.context(
            self.settings,
            model,
            left,
            self.poster.event,
            pull_request=self.pull.number,
            base=self.pull.base,
            no_evidence=f"left no evidence: {reason}" if reason else "",
        )
        with_line = replace(context, cml_watermark=cml_title(model))
        return build(left.evidence, with_line), build(left.evidence, context)

    def _together(self, verdict: Verdict) -> None:
        """Conclude the check that stood for all models while none was known by name."""
        if ALL_MODELS not in self.own or not self.own[ALL_MODELS].open:
            return
        words = {Verdict.PASS: "All models are ready to promote", Verdict.SKIPPED: "Nothing to judge"}
        title = words.get(verdict, "Not all models are ready to promote")
        state = CheckState(
            title=title,
            summary=f"{title}. Every model has a check of its own.",
            conclusion=checks.conclusion_of(verdict),
            page=self.poster.page,
        )
        self.poster.show(ALL_MODELS, state)

    def _nothing_known(self) -> Outcome:
        """No artifact, no check: a run that touched no model, or one that died before it could say anything."""
        if self.run.conclusion == "success":
            self._together(Verdict.SKIPPED)
            return Outcome(idle=f"run {self.poster.event.run} judged no model")
        reason = run_artifacts.why_not(self.run) or "it failed before it judged any model"
        report, plain = self._built(ALL_MODELS, _NOTHING, reason)
        if self.run.conclusion == run_artifacts.WAITING:
            self.poster.conclude(ALL_MODELS, plain, checks.WAITS)
            return Outcome(idle=f"run {self.poster.event.run} waits for an approval")
        self.poster.post(self.pull, report, plain, None)
        page = self._page(plain)
        return Outcome(reports=(report,), pages=(page,) if page else ())


def run_of(event: GitHubEvent) -> OtherRun:
    """The run that the event is about. Raises InputError E-GH-002 for an event that is about none."""
    if event.of is None:
        raise InputError(
            "E-GH-002", f"--from-run needs a workflow_run event, not {event.name!r}.", fix="Leave --from-run out."
        )
    return event.of


def _pull_request(connection: Connection, event: GitHubEvent) -> PullRequest:
    if event.head_repository is None or not event.head_ref:
        raise Superseded("E-GH-030", f"the fork that had commit {event.head[:10]} is deleted.")
    owner, branch = event.head_repository.owner, event.head_ref
    try:
        return pull_requests.find(github.open_pull_requests(connection, owner, branch), event)
    except Superseded:
        # Right after a push GitHub may lag behind; what is still so a second later is so.
        connection.wait(connection.patience.looks[0])
        return pull_requests.find(github.open_pull_requests(connection, owner, branch), event)


def _own_checks(poster: Poster) -> dict[str, Check]:
    poster.known = github_checks.listed(poster.connection, poster.event.head)
    return checks.of_run(poster.known, poster.event.run, poster.event.attempt)


def _close(poster: Poster, own: dict[str, Check], why: TidegateError) -> None:
    """No check stays open for a run that nobody will report on."""
    conclusion = "cancelled" if isinstance(why, Superseded) else "failure"
    for model in _open_models(own):
        state = CheckState(title=f"No report: {why.code}", summary=why.message, conclusion=conclusion, page=poster.page)
        poster.show(model, state)


def _open_models(own: dict[str, Check]) -> Iterator[str]:
    return (model for model, check in own.items() if check.open)


def _downloaded(connection: Connection, artifact: Artifact) -> bytes:
    """The zip's bytes, from a place that never sees the token."""
    url = github_artifacts.location(connection, artifact)
    if not safe(url):
        raise SecurityRefusal("E-SEC-042", f"artifact {artifact.id} is said to be at an address that is not https.")
    return artifact_storage.download(
        url, most=run_artifacts.LARGEST, digest=artifact.digest, direct=connection.address.loopback
    )
