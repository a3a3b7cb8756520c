"""One comment per model and pull request, always the newest, whoever writes at the same time.

GitHub knows no "create unless there is one" and no "edit unless it has changed", so two runs that look first and write
then leave two comments. What converges instead: write, look again, and put right what is seen. The rules are the same
for everybody who looks: the lowest id stays, it shows the newest report, our other ones go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tidegate.core.report.marker import Marker, parse_marker

ALL_MODELS = "all models"
"""What a report is about when a run left nothing that names a model; no model can be called so."""
CML_SEES = 30
"""CML looks at the first page of comments only, and edits the last of them that holds its line, whoever wrote it."""
_OUTDATED = "<!-- tidegate:outdated -->"
_WATERMARK = re.compile(r"^!\[\]\(https://cml\.dev/watermark\.png#.*$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Comment:
    """One comment as GitHub holds it; `node` is its name in GraphQL, `author` None for a deleted account."""

    id: int
    node: str
    author: str | None
    body: str

    @property
    def marker(self) -> Marker | None:
        """The marker at the comment's first byte."""
        return parse_marker(self.body)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What we want to be read, and the pull request's newest commit as GitHub tells it."""

    marker: Marker
    body: str
    newest_head: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to write: at most one of `create` and `edit`, then `delete`. `superseded`: a newer report stays."""

    create: bool = False
    edit: tuple[Comment, str] | None = None
    delete: tuple[Comment, ...] = ()
    superseded: bool = False

    @property
    def nothing(self) -> bool:
        """Whether everything is as it should be."""
        return not self.create and self.edit is None and not self.delete


def plan(comments: Iterable[Comment], login: str, draft: Draft) -> Plan:
    """What is left to do, given all comments of the pull request and who we are.

    Only comments of `login` whose first byte starts a marker of the same model and pull request are touched.
    """
    mine = sorted(own(comments, login, draft.marker), key=lambda comment: comment.id)
    replaced = tuple(_replaced(comments, login, draft))
    if not mine:
        return Plan(create=True, delete=replaced)
    keep, extras = mine[0], tuple(mine[1:])
    newest = max(mine, key=lambda comment: age(comment.marker, draft.newest_head))
    if age(newest.marker, draft.newest_head) > age(draft.marker, draft.newest_head):
        return Plan(edit=_unless_shown(keep, newest.body), delete=extras, superseded=True)
    return Plan(edit=_unless_shown(keep, draft.body), delete=(*extras, *replaced))


def own(comments: Iterable[Comment], login: str, marker: Marker) -> list[Comment]:
    """Our comments at the place of `marker`."""
    return [
        comment
        for comment in comments
        if comment.author == login and comment.marker is not None and comment.marker.same_place(marker)
    ]


def needs_login(comments: Iterable[Comment]) -> bool:
    """Whether there is any comment of which it matters whose it is."""
    return any(comment.marker is not None for comment in comments)


def age(marker: Marker | None, newest_head: str) -> tuple[bool, int, int]:
    """Orders reports, the newest last: on the newest commit before on another one, then by run and attempt."""
    if marker is None:
        return (False, -1, -1)
    return (marker.head == newest_head, marker.run or 0, marker.attempt)


def outdated(comment: Comment) -> str:
    """The body of a comment that a new one takes the place of: the same text, found by nobody any more."""
    _, _, rest = comment.body.partition("\n")
    return f"{_OUTDATED}\n{_WATERMARK.sub('', rest).rstrip()}\n"


def cml_would_edit(comments: Iterable[Comment], title: str) -> Comment | None:
    """The comment that CML's ``--update --watermark-title=title`` would write to, None where it would add one."""
    line = re.escape(title.strip().replace("_", "\\_"))
    shape = re.compile(rf'!\[\]\(https://cml\.dev/watermark\.png#[0-9a-fA-F]+ "CML watermark {line}"\)')
    seen = sorted(comments, key=lambda comment: comment.id)[:CML_SEES]
    return next((comment for comment in reversed(seen) if shape.search(comment.body)), None)


def refreshed(comments: Iterable[Comment], later: Iterable[Comment]) -> list[Comment]:
    """`comments` brought up to date by a later look at some of them, by id."""
    return sorted({comment.id: comment for comment in (*comments, *later)}.values(), key=lambda comment: comment.id)


def _replaced(comments: Iterable[Comment], login: str, draft: Draft) -> Iterable[Comment]:
    """An older report about no model in particular: now there is one about a model."""
    if draft.marker.model == ALL_MODELS:
        return
    for comment in comments:
        marker = comment.marker
        if comment.author != login or marker is None or marker.model != ALL_MODELS:
            continue
        older = age(marker, draft.newest_head) <= age(draft.marker, draft.newest_head)
        if marker.pull_request == draft.marker.pull_request and older:
            yield comment


def _unless_shown(keep: Comment, body: str) -> tuple[Comment, str] | None:
    """An edit unless the comment shows it already, in whatever way line ends and CML's line below differ."""
    return None if _read(keep.body) == _read(body) else (keep, body)


def _read(body: str) -> str:
    return _WATERMARK.sub("", body.replace("\r\n", "\n")).rstrip()
