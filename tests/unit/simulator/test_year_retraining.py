"""What people do about a request for retraining: they merge what is green, once, while there is traffic to judge it."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tidegate.simulator.happenings import PullRequest
from tidegate.simulator.hub import Hub
from tidegate.simulator.story.releases import Releases
from tidegate.simulator.year.retraining import BRANCH, NEEDED, Retraining
from tidegate.simulator.year.traffic import Traffic


@dataclass
class Repository:
    """A hub with at most one request, whose check ends as `check` once its runs were let start."""

    check: str
    pull: PullRequest | None = field(
        default_factory=lambda: PullRequest(number=7, branch=f"{BRANCH}bike", head="a", head_repository="o/n")
    )
    held: dict[int, Any] = field(default_factory=lambda: {7: None})
    approved: list[str] = field(default_factory=list)

    @property
    def github(self) -> Any:
        shown = [{"name": "tidegate / bike", "conclusion": self.check}] if self.approved else []
        return SimpleNamespace(check_runs=lambda _commit: shown)

    def pull_of(self, branch: str) -> PullRequest | None:
        return self.pull if branch == BRANCH else None

    def approve_runs(self, pull: PullRequest) -> None:
        self.approved.append(pull.head)
        del self.held[pull.number]


def _following(repository: Repository, left: int) -> Retraining:
    traffic = cast("Traffic", SimpleNamespace(stream=SimpleNamespace(left=left)))
    return Retraining(
        hub=cast("Hub", repository), releases=cast("Releases", None), traffic=traffic, say=lambda _line: None
    )


@pytest.mark.parametrize(
    ("check", "left", "told"),
    [
        ("failure", NEEDED, "#7 trains again, its check says failure"),
        ("", NEEDED, "#7 trains again, its check says pending"),
        ("success", NEEDED - 1, "#7 trains again, passes, and waits for more traffic"),
    ],
)
def test_what_is_not_merged_is_told_once_a_commit(check: str, left: int, told: str) -> None:
    repository = Repository(check)
    following = _following(repository, left)
    assert [following.followed(), following.followed()] == [told, ""]
    assert repository.approved == ["a"]
    assert repository.pull is not None
    repository.pull.head, repository.held = "b", {7: None}
    assert following.followed() == told


def test_without_a_request_nothing_is_done() -> None:
    repository = Repository("success", pull=None)
    assert _following(repository, NEEDED).followed() == ""
    assert repository.approved == []
