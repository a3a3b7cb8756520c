"""Bring what GitHub shows in line with what we know: one comment per model and pull request, one check run per model.

Nothing here trusts that a write has arrived or that nobody else writes: it writes, looks again and puts right.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tidegate.adapters.github import checks as github_checks
from tidegate.adapters.github import pull_requests as github
from tidegate.adapters.github.refusal import NotThere, Unknown
from tidegate.adapters.github.session import Connection
from tidegate.core.github import checks, publication
from tidegate.core.github.checks import Check, CheckKey, CheckState
from tidegate.core.github.publication import Comment, Draft, Plan
from tidegate.errors import InfrastructureError

OtherWriter = Callable[[Sequence[Comment], Plan], bool]
"""Somebody else who may carry out a plan's create or edit; says whether it did."""

_LONGEST_ROUND_TRIP = 5.0


def _nobody(_seen: Sequence[Comment], _plan: Plan) -> bool:
    return False


@dataclass(kw_only=True)
class CommentWriter:
    """Writes one draft to one pull request.

    `new_on_change`: where the verdict is another than the one that stands there, hide that and write a new comment,
    because an edit notifies nobody. `only_existing`: there is nothing to say, unless something was said before.
    """

    connection: Connection
    number: int
    draft: Draft
    new_on_change: bool = False
    only_existing: bool = False
    other: OtherWriter = _nobody
    superseded: bool = False
    _changed: bool = False
    _login: str = ""
    _seen: list[Comment] = field(default_factory=list)
    _listed: frozenset[int] = frozenset()
    _since: str = ""
    _written: dict[int, Comment] = field(default_factory=dict)
    _gone: set[int] = field(default_factory=set)

    def write(self) -> None:
        """Look, and write what is missing."""
        plan = self._look()
        if not self._replaces(plan):
            self._carry_out(plan)

    def settle(self) -> None:
        """Look again until everything is as it should be and what we wrote is seen.

        Raises InfrastructureError E-GH-017 when it is not after the last look.
        """
        if not self._changed:
            return
        plan = Plan()
        for pause in self.connection.patience.looks:
            self.connection.wait(max(pause, self._round_trip()))
            plan = self._look()
            if plan.nothing and self._written.keys() - self._gone <= self._listed:
                return
            self._carry_out(plan)
        if not plan.nothing:
            raise InfrastructureError(
                "E-GH-017",
                f"the comments of #{self.number} keep changing; more than one may be left.",
                fix="Run the job again; it tidies up.",
            )

    def _round_trip(self) -> float:
        """Seconds in which another run that looked before we wrote has written: two of the slowest requests so far."""
        return min(2 * self.connection.slowest, _LONGEST_ROUND_TRIP)

    def _look(self) -> Plan:
        listing = github.comments(self.connection, self.number, since=self._since)
        self._listed = frozenset(comment.id for comment in listing.comments)
        # Most pull requests have one page; on longer ones only what was touched since the first look is read again.
        earlier = self._seen if self._since else []
        seen = publication.refreshed([*earlier, *self._written.values()], listing.comments)
        self._seen = [comment for comment in seen if comment.id not in self._gone]
        if listing.pages > 1:
            self._since = listing.later
        if not self._login and publication.needs_login(self._seen):
            self._login = github.viewer(self.connection)
        plan = publication.plan(self._seen, self._login, self.draft)
        self.superseded = plan.superseded
        return Plan(delete=plan.delete) if plan.create and self.only_existing else plan

    def _replaces(self, plan: Plan) -> bool:
        """A new comment in place of one with another verdict; the old one is hidden when the new one stands."""
        if not self.new_on_change or plan.edit is None or plan.superseded:
            return False
        old = plan.edit[0]
        if old.marker is None or old.marker.verdict is self.draft.marker.verdict:
            return False
        self._carry_out(Plan(create=True, delete=plan.delete))
        self._edit(old, publication.outdated(old))
        github.hide_comment(self.connection, old.node)
        return True

    def _carry_out(self, plan: Plan) -> None:
        self._changed = self._changed or not plan.nothing
        if (plan.create or plan.edit) and self.other(self._seen, plan):
            pass
        elif plan.create:
            self._create()
        elif plan.edit is not None:
            self._edit(*plan.edit)
        for comment in plan.delete:
            self._delete(comment)

    def _create(self) -> None:
        try:
            created = github.create_comment(self.connection, self.number, self.draft.body)
        except Unknown:
            return  # The next look tells whether it is there.
        self._written[created.id] = created
        self._login = self._login or created.author or ""

    def _edit(self, comment: Comment, body: str) -> None:
        try:
            self._written[comment.id] = github.edit_comment(self.connection, comment.id, body)
        except NotThere:
            self._gone.add(comment.id)

    def _delete(self, comment: Comment) -> None:
        with contextlib.suppress(NotThere):
            github.delete_comment(self.connection, comment.id)
        self._gone.add(comment.id)


def _none(_check: Check) -> bool:
    return False


def show_checks(
    connection: Connection,
    commit: str,
    wanted: Iterable[tuple[CheckKey, CheckState]],
    *,
    known: Sequence[Check] | None = None,
    leave: Callable[[Check], bool] = _none,
) -> int:
    """Make check runs show a state: the run's own where there is one, else a new one. Returns how many it wrote.

    `known` are the commit's checks where they have been listed already; `leave` says which stay as they are.
    """
    pairs = list(wanted)
    if known is None:
        known = github_checks.listed(connection, commit, name=pairs[0][0].name if len(pairs) == 1 else "")
    return sum(_show(connection, commit, key, state, known, leave) for key, state in pairs)


def _show(
    connection: Connection,
    commit: str,
    key: CheckKey,
    state: CheckState,
    known: Sequence[Check],
    leave: Callable[[Check], bool],
) -> bool:
    there = checks.of_run(known, key.run, key.attempt).get(key.model)
    if there is None:
        _open(connection, commit, key, state)
        return True
    if leave(there):
        return False
    github_checks.update(connection, there, state)
    return True


def _open(connection: Connection, commit: str, key: CheckKey, state: CheckState) -> None:
    """A new check run, and only one although GitHub may not answer: the key tells whether it is there."""
    for pause in connection.patience.tries:
        try:
            return github_checks.create(connection, commit, key, state)
        except Unknown as error:
            connection.wait(pause, error)
            there = github_checks.listed(connection, commit, name=key.name)
        if key.model in checks.of_run(there, key.run, key.attempt):
            return None
    return github_checks.create(connection, commit, key, state)
