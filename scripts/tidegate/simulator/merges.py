"""What the emulator does not know of pull requests: the commits that merges made, and who asks from a commit."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

PULLS_OF_COMMIT = re.compile(r"/repos/(?P<repository>[^/]+/[^/]+)/commits/(?P<commit>[0-9a-f]{7,64})/pulls")


@dataclass
class Merges:
    """Merged pull requests by number, with the commit on the base branch that each became.

    `holds` tells whether a branch that is not merged has a commit: such a commit belongs to its open pull request.
    """

    commits: dict[int, str] = field(default_factory=dict)
    holds: Callable[[str, str], bool] = lambda head, commit: head == commit

    def complete(self, pull: dict[str, Any]) -> None:
        """Name the commit that the repository has, in place of the emulator's own."""
        commit = self.commits.get(pull.get("number", 0))
        if commit is not None and "merge_commit_sha" in pull:
            pull["merge_commit_sha"] = commit

    def belongs(self, pull: Mapping[str, Any], commit: str) -> bool:
        """Whether a pull request brought a commit to its base, or would by its merge."""
        if pull["number"] in self.commits:
            return self.commits[pull["number"]] == commit or pull["head"]["sha"] == commit
        return self.holds(pull["head"]["sha"], commit)


def refusal(given: Mapping[str, Any], owner: str, heads: set[str], open_heads: set[tuple[str, str]]) -> str:
    """Why GitHub opens no pull request where the emulator would: empty when it does.

    `heads` are the branches (``owner:branch``) that exist, `open_heads` pairs of head and base with an open one.
    """
    head = str(given.get("head", ""))
    head = head if ":" in head else f"{owner}:{head}"
    if head not in heads:
        return "Validation Failed"
    if (head, str(given.get("base", ""))) in open_heads:
        return f"A pull request already exists for {head}."
    return ""
