"""Our own pull requests: one per branch, told apart by a hidden first line, and what is left to write.

The line has two digests: of the change, so that what a person closed is not opened again until the change is another;
and of our text, so that what a person wrote into it stays until we have something else to say.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tidegate.core.evidence import canonical_bytes

BOT = "github-actions[bot]"
"""Whoever writes with the token that every job has."""
LONGEST = 65_536
_FORM = re.compile(r"<!-- tidegate:proposal change=(?P<change>[0-9a-f]{32}) text=(?P<text>[0-9a-f]{32}) -->(?=\r?\n|$)")
_CUT = "\n\n*The rest was too long for GitHub and was left out.*"
_HELD = """

> [!NOTE]
> This pull request was opened with the job's own token, so GitHub holds its workflow runs until somebody with write
> access presses **Approve workflows to run**; a required check stays open until then. With the token of a GitHub App
> they start by themselves.
"""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A pull request from a branch of this repository, of any state. `author` is a login, empty for one who is gone."""

    number: int
    url: str
    open: bool
    merged: bool
    base: str
    title: str
    body: str
    author: str


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What is proposed: `change` is the digest of what differs, `body` begins with the marker."""

    change: str
    title: str
    body: str


def drafted(changes: Mapping[str, bytes | None], title: str, body: str, *, held: bool) -> Draft:
    """A draft, cut where GitHub would not take it; `held` adds what a person has to do for the checks to start."""
    named = {path: None if data is None else hashlib.sha256(data).hexdigest() for path, data in changes.items()}
    change = hashlib.sha256(canonical_bytes(named)).hexdigest()[:32]
    text = hashlib.sha256(f"{title}\n{body}\n{held}".encode("utf-8", "backslashreplace")).hexdigest()[:32]
    head = f"<!-- tidegate:proposal change={change} text={text} -->\n"
    end = _HELD if held else ""
    room = LONGEST - len(head) - len(end)
    if len(body) > room:
        body = body[: room - len(_CUT)].rpartition("\n")[0] + _CUT
    return Draft(change=change, title=" ".join(title.split())[:250], body=f"{head}{body}{end}")


def current(proposals: Iterable[Proposal], base: str) -> Proposal | None:
    """The one that is open, the newest of several."""
    found = [proposal for proposal in proposals if proposal.open and proposal.base == base]
    return max(found, key=lambda proposal: proposal.number, default=None)


def declined(proposals: Iterable[Proposal], base: str, draft: Draft) -> Proposal | None:
    """The newest one, where a person closed it and nothing about the change is new since."""
    found = [proposal for proposal in proposals if proposal.base == base]
    newest = max(found, key=lambda proposal: proposal.number, default=None)
    if newest is None or newest.open or newest.merged:
        return None
    said = _FORM.match(newest.body)
    return newest if said and said["change"] == draft.change else None


def may_edit(proposal: Proposal, login: str, draft: Draft) -> bool:
    """Whether its text is ours, and not what we would write again."""
    said = _FORM.match(proposal.body)
    return proposal.author == login and said is not None and not draft.body.startswith(said[0])
