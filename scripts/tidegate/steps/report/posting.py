"""One report to where people read it: the comment first, then the check run, then a last look at the comment.

In that order a job that is killed in between leaves a check that is still open, and whoever comes after a killed run
finds it and finishes the work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tidegate.adapters import cml
from tidegate.adapters.github.session import Connection
from tidegate.console import Console
from tidegate.core.answer import Verdict
from tidegate.core.github import checks, publication
from tidegate.core.github.checks import Check, CheckKey, CheckState
from tidegate.core.github.event import GitHubEvent
from tidegate.core.github.publication import Comment, Draft, Plan
from tidegate.core.github.pull_requests import PullRequest
from tidegate.core.report import Report
from tidegate.errors import InfrastructureError, InputError, Superseded, TidegateError
from tidegate.steps.report.publishing import CommentWriter, OtherWriter, show_checks


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the caller asked for."""

    publisher: str
    new_on_change: bool
    token: str
    environ: Mapping[str, str]
    console: Console


@dataclass(frozen=True)
class Collected:
    """What could not be done, while the rest was."""

    found: list[TidegateError] = field(default_factory=list)

    @contextmanager
    def collected(self) -> Iterator[None]:
        """One part of the work, the failure of which must not keep the others from being done."""
        try:
            yield
        except TidegateError as error:
            self.found.append(error)


@dataclass(kw_only=True)
class Poster:
    """Posts reports about the run of one event."""

    connection: Connection
    event: GitHubEvent
    page: str
    wish: Wish
    problems: Collected
    known: Sequence[Check] | None = None

    def post(self, pull: PullRequest | None, report: Report, plain: Report, text: Path | None) -> None:
        """Comment (where there is a pull request) and check. `plain` lacks CML's line, `text` is it in a file."""
        writer = None
        with self.problems.collected():
            writer = self._writer(pull, report, text) if pull else None
            if writer is not None:
                writer.write()
        self.conclude(report.identity.model, plain)
        if writer is not None:
            with self.problems.collected():
                writer.settle()
                if writer.superseded:
                    raise Superseded("E-GH-032", f"the comment of #{writer.number} is of a newer run; it stays.")

    def conclude(self, model: str, report: Report, conclusion: str | None = None) -> None:
        """The check run of `model`, with the report as its text."""
        state = CheckState(
            title=report.title,
            summary=report.markdown(limit=checks.SUMMARY),
            conclusion=conclusion or checks.conclusion_of(report.verdict),
            annotations=report.annotations if self.event.of else (),
            page=self.page,
        )
        self.show(model, state)

    def show(self, model: str, state: CheckState) -> None:
        """The check run of `model`, in any state."""
        key = CheckKey(model=model, run=self.event.run, attempt=self.event.attempt)
        with self.problems.collected():
            show_checks(self.connection, self.event.head, [(key, state)], known=self.known)

    def _writer(self, pull: PullRequest, report: Report, text: Path | None) -> CommentWriter | None:
        if pull.head != self.event.head:
            words = f"pull request #{pull.number} has a newer commit than {self.event.head[:10]}; its comment stays."
            self.problems.found.append(Superseded("E-GH-030", words))
            return None
        draft = Draft(marker=report.identity, body=report.markdown(), newest_head=pull.head)
        writer = CommentWriter(
            connection=self.connection,
            number=pull.number,
            draft=draft,
            new_on_change=self.wish.new_on_change,
            only_existing=report.verdict is Verdict.SKIPPED,
        )
        if text is not None and uses_cml(self.wish, self.connection):
            writer.other = self._by_cml(pull, draft, text)
        return writer

    def _by_cml(self, pull: PullRequest, draft: Draft, text: Path) -> OtherWriter:
        title = cml_title(draft.marker.model)
        target = cml.Target(
            server=self.connection.address.server,
            repository=self.connection.repository,
            number=pull.number,
            title=title,
            commit=self.event.head,
        )

        def write(seen: Sequence[Comment], plan: Plan) -> bool:
            wanted = plan.edit[0].id if plan.edit else None
            meant = publication.cml_would_edit(seen, title)
            ours = plan.edit is None or plan.edit[1] == draft.body
            if not ours or wanted != (meant.id if meant else None):
                self.wish.console.say("cml would write to another comment than ours; posting through the API instead")
                return False
            try:
                cml.post(self.wish.environ, text, target, self.wish.token)
            except InfrastructureError as error:
                if self.wish.publisher == "cml":
                    raise
                self.wish.console.say(f"{error} Posting through the API instead.")
                return False
            return True

        return write


def cml_title(model: str) -> str:
    """The key in CML's watermark."""
    return f"tidegate/{model}"


def uses_cml(wish: Wish, connection: Connection) -> bool:
    """Whether CML writes the comment. Raises InputError E-CML-001 where it was asked for and cannot."""
    if wish.publisher == "github":
        return False
    there = cml.program(wish.environ) is not None
    reaches = cml.reaches(connection.address.server, connection.address.api)
    if wish.publisher == "cml" and not (there and reaches):
        why = "it cannot reach this host" if there else "it is not on the PATH"
        raise InputError("E-CML-001", f"publisher cml: {why}.", fix="Use publisher: github.")
    return there and reaches
