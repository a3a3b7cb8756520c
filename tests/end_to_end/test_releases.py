"""The whole way through the real workflow files: merged, staged, promoted, judged under load; bad ones come back."""

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
from tidegate.simulator.story.bad_releases import BAD_RELEASES, BadRelease
from tidegate.simulator.story.demonstration import Demonstration
from tidegate.simulator.story.performance import ROLLBACK, performed

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
        shown = performed(hub, ROLLBACK, say=lines.append, announce=lambda scene: None)
        yield Told(shown, hub, lines)
    listing = subprocess.run(["ps", "-A", "-w", "-w", "-o", "args="], capture_output=True, text=True, check=True)
    assert [line for line in listing.stdout.splitlines() if str(folder) in line] == []


def test_it_ends_as_it_must(told: Told) -> None:
    assert told.shown.good, "\n".join([*told.lines, *ending.told(told.shown)])


def test_the_weights_move_step_by_step(told: Told) -> None:
    out = [line for line in told.lines if "version 2" in line and "version 1" in line]
    assert [any(f"version 2 {share} %" in line for line in out) for share in (25, 50, 100)] == [True] * 3


def test_no_bad_release_gets_all_requests_and_no_request_is_lost(told: Told) -> None:
    assert [line for line in told.lines if "version 2 100 %" in line]
    assert not [line for line in told.lines for version in (3, 4, 5) if f"version {version} 100 %" in line]
    assert [landed.lost for landed in told.shown.landed] == [0, 0, 0, 0]
    assert all(landed.answered > 500 for landed in told.shown.landed[:3])
    assert f"0 of {told.shown.answered:,} requests lost" in list(ending.told(told.shown))


@pytest.mark.parametrize("bad", BAD_RELEASES, ids=lambda bad: bad.name)
def test_the_revert_says_why_and_the_incident_is_told(told: Told, bad: BadRelease) -> None:
    back = told.shown.landed[1 + BAD_RELEASES.index(bad)]
    assert back.taken_back_in == bad.environment
    assert back.revert is not None
    pull = told.hub.github.pull_request(back.revert.number)
    assert pull["merged"]
    assert bad.sign in pull["body"]
    assert len(back.issues) == 1
    assert bad.environment in back.issues[0]


def test_only_what_ran_in_staging_is_proposed_for_production_and_only_once(told: Told) -> None:
    titles = [told.hub.github.pull_request(number)["title"] for number in sorted(told.hub.pulls)]
    proposed = [title for title in titles if title.startswith("Promote ")]
    assert proposed == [f"Promote bike-demand {version} to production" for version in (2, 3, 4)]


def test_git_registry_and_reality_agree_in_the_end(told: Told) -> None:
    standing = told.shown.standing
    assert standing is not None
    assert (standing.wanted, standing.running, standing.recorded) == ("2", "2", "2")
    assert told.shown.registered == {"production": "2", "champion": "2"}
    agreeing = [line for line in told.shown.status.splitlines() if line.endswith("agrees")]
    assert [line.split()[0] for line in agreeing] == ["production", "staging"]


def test_github_shows_every_deployment_and_how_it_ended(told: Told) -> None:
    ends = {(made.environment, made.state) for made in told.hub.github.proxy.deployments.all}
    assert ends >= {
        ("production", "success"),
        ("production", "failure"),
        ("staging", "success"),
        ("staging", "failure"),
    }
