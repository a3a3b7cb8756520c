"""The whole way through the real workflow files: merged, staged, promoted, judged under load; a bad one comes back."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fixtures.proxies import needs_proxy
from tidegate.commands.simulate import OWN_TESTS
from tidegate.simulator.hub import Hub, opened
from tidegate.simulator.story import ending
from tidegate.simulator.story.demonstration import Demonstration

pytestmark = [
    pytest.mark.simulator,
    pytest.mark.slow,
    needs_proxy,
]

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Told:
    """A demonstration that has been played, the GitHub that it was played on, and every line that it printed."""

    shown: Demonstration
    hub: Hub
    lines: list[str]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder, lines = tmp_path_factory.mktemp("github"), []  # type: ignore[var-annotated]
    with opened(ROOT, dict(os.environ), folder, tell=lambda run, progress: None, disabled=OWN_TESTS) as hub:
        shown = Demonstration(hub=hub, say=lines.append, announce=lambda scene: None)
        shown.play()
        yield Told(shown, hub, lines)
    listing = subprocess.run(["ps", "-A", "-w", "-w", "-o", "args="], capture_output=True, text=True, check=True)
    assert [line for line in listing.stdout.splitlines() if str(folder) in line] == []


def test_it_ends_as_it_must(told: Told) -> None:
    assert told.shown.good, "\n".join([*told.lines, *ending.told(told.shown)])


def test_the_weights_move_step_by_step(told: Told) -> None:
    out = [line for line in told.lines if "version 2" in line and "version 1" in line]
    assert [any(f"version 2 {share} %" in line for line in out) for share in (25, 50, 100)] == [True] * 3


def test_a_slow_release_never_gets_all_requests_and_no_request_is_lost(told: Told) -> None:
    assert not [line for line in told.lines if "version 3 100 %" in line]
    assert [landed.lost for landed in told.shown.landed] == [0, 0]
    assert all(landed.answered > 500 for landed in told.shown.landed)


def test_the_revert_says_why_and_the_incident_is_told(told: Told) -> None:
    back = told.shown.landed[1]
    assert back.revert is not None
    pull = told.hub.github.pull_request(back.revert.number)
    assert pull["merged"]
    assert "as long as the champion's" in pull["body"]
    assert back.issues


def test_git_registry_and_reality_agree_in_the_end(told: Told) -> None:
    standing = told.shown.standing
    assert standing is not None
    assert (standing.wanted, standing.running, standing.recorded) == ("2", "2", "2")
    assert "production" in told.shown.status


def test_github_shows_every_deployment_and_how_it_ended(told: Told) -> None:
    ends = {(made.environment, made.state) for made in told.hub.github.proxy.deployments.all}
    assert ("production", "success") in ends
    assert ("production", "failure") in ends
    assert ("staging", "success") in ends
