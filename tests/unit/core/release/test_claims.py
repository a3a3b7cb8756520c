"""Whatever the order in which deployments meet at a registry that compares nothing, the newest stands at the end."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.release.claims import claims, key, newest, outlived

COMMITS = ["c0", "c1", "c2", "c3"]


def contains(newer: str, older: str) -> bool:
    """One line of history: a commit contains itself and all with a lower number."""
    return newer in COMMITS and older in COMMITS and COMMITS.index(newer) >= COMMITS.index(older)


def test_claims_are_told_from_other_tags_and_environments() -> None:
    tags = {key("staging", "c1"): "3", key("production", "c0"): "2", "owner": "ada", "tidegate.wanted.x": "9"}
    assert claims(tags, "staging") == {"c1": "3"}


def test_a_commit_that_nobody_knows_stands_for_nothing() -> None:
    assert newest({"c1": "1", "gone": "9"}, "c1", contains) == "c1"
    assert outlived({"c0": "1", "c1": "2", "gone": "9"}, "c1", contains) == ["c0"]


@dataclass
class Registry:
    """Tags that are never overwritten by others, and one alias that anybody may."""

    tags: dict[str, str] = field(default_factory=dict)
    alias: str = ""


@dataclass
class Deployment:
    """Claims, looks, writes what the look told, and looks again: one act at a time, others between."""

    commit: str
    registry: Registry
    told: str = ""
    state: str = "claim"

    def act(self) -> None:
        if self.state == "claim":
            self.registry.tags[key("staging", self.commit)] = self.commit
            self.state = "look"
        elif self.state == "look":
            known = claims(self.registry.tags, "staging")
            self.told = known[newest(known, self.commit, contains)]
            self.state = "done" if self.registry.alias == self.told else "write"
        elif self.state == "write":
            self.registry.alias = self.told
            self.state = "look"


@given(st.lists(st.integers(0, 3), max_size=60), st.integers(2, 4))
def test_every_interleaving_ends_with_the_newest(turns: list[int], number: int) -> None:
    registry = Registry()
    deployments = [Deployment(commit, registry) for commit in COMMITS[:number]]
    for turn in turns:
        deployments[turn % number].act()
    for deployment in deployments:  # the rest of each, one after the other
        while deployment.state != "done":
            deployment.act()
    assert registry.alias == COMMITS[number - 1]
