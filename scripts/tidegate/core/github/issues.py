"""One sticky issue per key, found again by a hidden first line: which of several stays, and what is left to write.

As with comments, GitHub knows no "create unless there is one". Whoever looks applies the same rules: the lowest number
stays and shows what the newest run says, and our other issues with that key are closed and found by nobody any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

LONGEST = 65_536
"""Characters that GitHub takes as a body."""
_FORM = re.compile(
    r"<!-- tidegate:issue key=(?P<key>[A-Za-z0-9._~/#:-]{1,200}) run=(?P<run>[0-9]{1,18}) -->(?=\r?\n|$)"
)
_KEY = re.compile(r"(?!.*--)[A-Za-z0-9._~/#:-]{1,200}")
_TWICE = "<!-- tidegate:outdated -->"
_CUT = "\n\n*The rest was too long for GitHub and was left out.*"


@dataclass(frozen=True, kw_only=True)
class Issue:
    """One issue as GitHub holds it; `author` is None for a deleted account."""

    number: int
    url: str
    open: bool
    title: str
    body: str
    author: str | None

    @property
    def key(self) -> str | None:
        """What our issue is about; None where its first byte does not start our marker."""
        found = _FORM.match(self.body)
        return found["key"] if found else None

    @property
    def run(self) -> int:
        """The run that wrote the body; 0 where none is known."""
        found = _FORM.match(self.body)
        return int(found["run"]) if found else 0


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What is to be read: `body` begins with the marker of `key`."""

    key: str
    title: str
    body: str
    run: int


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to write: at most one of `create` and `edit`, then the `twice` are to be closed. `kept` stays."""

    create: bool = False
    edit: bool = False
    kept: Issue | None = None
    twice: tuple[Issue, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether everything is as it should be."""
        return not (self.create or self.edit or self.twice)


def drafted(key: str, title: str, body: str, run: int) -> Draft:
    """A draft, its body marked and cut where GitHub would not take it. Raises ValueError for a key of another form."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} cannot be the key of an issue")
    whole = f"<!-- tidegate:issue key={key} run={run} -->\n{body}"
    if len(whole) > LONGEST:
        whole = whole[: LONGEST - len(_CUT)].rpartition("\n")[0] + _CUT
    return Draft(key=key, title=title[:250], body=whole, run=run)


def plan(issues: Iterable[Issue], login: str, draft: Draft) -> Plan:
    """What is left to do, given the issues that we can see and who we are."""
    mine = own(issues, login, draft.key)
    if not mine:
        return Plan(create=True)
    kept, twice = mine[0], tuple(mine[1:])
    newer = any(issue.run > draft.run for issue in mine)
    shows = kept.open and kept.title == draft.title and _read(kept.body) == _read(draft.body)
    return Plan(edit=not newer and not shows, kept=kept, twice=twice)


def own(issues: Iterable[Issue], login: str, key: str) -> list[Issue]:
    """Our issues with a key, open or closed, the one that stays first."""
    return sorted(
        (issue for issue in issues if issue.author == login and issue.key == key), key=lambda issue: issue.number
    )


def outdated(issue: Issue) -> str:
    """The body of an issue that another one takes the place of: the same text, found by nobody any more."""
    return f"{_TWICE}\n{issue.body.partition(chr(10))[2]}"


def _read(body: str) -> str:
    return body.replace("\r\n", "\n").rstrip()
