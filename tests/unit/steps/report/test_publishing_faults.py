"""Every fault at every call of a report, in memory on a clock of ours (fault table A1): the same end, or an error.

After whatever happened the next run finds nothing that it cannot put right.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fixtures.evidence import HEAD, MODEL, evidence_set
from fixtures.fake_github import REPOSITORY, FakeGitHub
from tidegate.adapters import evidence as store
from tidegate.adapters.github.session import Connection
from tidegate.commands import post_report
from tidegate.console import Console
from tidegate.core.answer import Answer, Verdict
from tidegate.core.report.marker import Marker, parse_marker
from tidegate.settings import Settings
from tidegate.simulator import faults
from tidegate.simulator.faults import Fault

EVENT = json.loads(
    (Path(__file__).parents[3] / "fixtures" / "events" / "pull_request.json").read_text(encoding="utf-8")
)
NUMBER = EVENT["number"]

Make = Callable[..., Fault]
RECOVERABLE: dict[str, Make] = {
    "secondary limit": lambda **where: faults.secondary_limit(retry_after=4, **where),
    "too many": lambda **where: faults.too_many(retry_after=4, **where),
    "primary limit": lambda **where: faults.primary_limit(reset_at=1_790_000_030, **where),
    "500": lambda **where: faults.answer(500, **where),
    "502 before": lambda **where: faults.answer(502, **where),
    "502 after": lambda **where: faults.answer(502, committed=True, **where),
    "503": lambda **where: faults.answer(503, **where),
    "reset before": lambda **where: faults.reset(**where),
    "reset after": lambda **where: faults.reset(committed=True, **where),
    "truncated": lambda **where: faults.truncated(**where),
    "a page": lambda **where: faults.page(**where),
    "slow": lambda **where: faults.delay(12, **where),
}
FINAL: dict[str, Make] = {
    "401": lambda **where: faults.answer(401, message="Bad credentials", **where),
    "403": lambda **where: faults.answer(403, message="Resource not accessible by integration", **where),
    "404": lambda **where: faults.answer(404, message="Not Found", **where),
    "410": lambda **where: faults.answer(410, message="Gone", **where),
    "422": lambda **where: faults.answer(422, message="Validation Failed", **where),
}
CALLS = {
    "pull request": {"method": "GET", "path": r"/pulls/"},
    "list comments": {"method": "GET", "path": r"/comments"},
    "who are we": {"method": "POST", "path": r"/graphql"},
    "create comment": {"method": "POST", "path": r"/comments"},
    "edit comment": {"method": "PATCH", "path": r"/comments"},
    "delete comment": {"method": "DELETE", "path": r"/comments"},
    "list checks": {"method": "GET", "path": r"/check-runs"},
    "open check": {"method": "POST", "path": r"/check-runs"},
    "conclude check": {"method": "PATCH", "path": r"/check-runs"},
}
BEFORE = ("nothing", "one comment", "two comments and an open check")


class Scene:
    """A pull request on a GitHub in memory, and the job that reports on it."""

    def __init__(self, workspace: Path, before: str) -> None:
        self.github, self.workspace = FakeGitHub(), workspace
        self.github.pulls.append(EVENT["pull_request"])
        event = workspace / "event.json"
        event.write_text(json.dumps(EVENT), encoding="utf-8")
        self.environ = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_SHA": HEAD,
            "GITHUB_RUN_ID": "500",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_TOKEN": "ghs_secret",
        }
        self.github.say("a remark", login="visitor", number=NUMBER)
        old = {"nothing": 0, "one comment": 1}.get(before, 2)
        for run in range(old):
            marker = Marker(model=MODEL, verdict=Verdict.PASS, pull_request=NUMBER, head=HEAD, run=run + 1)
            self.github.say(f"{marker}\nold report {run}", number=NUMBER)
        for evidence in evidence_set("fail").values():
            if evidence is not None:
                about = replace(evidence, subject=replace(evidence.subject, commit=HEAD))
                store.write(workspace / ".tidegate", about)
        if old == 2:
            self.post("--state", "start")

    def post(self, *arguments: str) -> Answer:
        """`tidegate post-report` in this scene."""
        parser = argparse.ArgumentParser()
        post_report.configure(parser)
        options = parser.parse_args(arguments)
        options.connect = self.connect
        options.patience = self.github.patience()
        console = Console(stream=io.StringIO(), actions=True)
        settings = Settings(
            workspace=self.workspace, config="tidegate.yaml", model=MODEL, environ=self.environ, console=console
        )
        return post_report.run(settings, options)

    def connect(self, *_: Any) -> Connection:
        return self.github.connection()

    def is_as_it_should_be(self) -> bool:
        """One report, the newest, beside what strangers wrote; one check, concluded by the verdict."""
        bodies = self.github.bodies(NUMBER)
        markers = [marker for body in bodies if (marker := parse_marker(body))]
        return (
            bodies.count("a remark") == 1
            and [(marker.run, marker.verdict) for marker in markers] == [(500, Verdict.FAIL)]
            and [check["conclusion"] for check in self.github.checks] == ["failure"]
        )


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("fault", RECOVERABLE)
def test_what_passes_is_waited_out_and_ends_as_if_it_had_not_been(
    fault: str, call: str, before: str, tmp_path: Path
) -> None:
    for nth in (1, 2) if call.startswith("list") else (1,):
        scene = Scene(tmp_path, before)
        scene.github.faults.add(RECOVERABLE[fault](nth=nth, **CALLS[call]))
        answer = scene.post()
        assert answer.exit_code == 0, answer.annotations
        assert answer.verdict is Verdict.FAIL
        assert scene.is_as_it_should_be(), scene.github.bodies(NUMBER)
        assert not early(scene.github), "sent again before the time that GitHub gave"


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("fault", FINAL)
def test_what_does_not_pass_is_told_and_leaves_nothing_that_the_next_run_cannot_put_right(
    fault: str, call: str, before: str, tmp_path: Path
) -> None:
    scene = Scene(tmp_path, before)
    scene.github.faults.add(FINAL[fault](times=50, **CALLS[call]))
    answer = scene.post()
    assert answer.verdict is Verdict.FAIL
    assert answer.summary is not None
    assert "success" not in [check["conclusion"] for check in scene.github.checks]
    if answer.exit_code:
        assert answer.exit_code in (2, 3)
        assert any(note.level == "error" and note.message.startswith("E-GH-0") for note in answer.annotations)
    else:
        assert scene.is_as_it_should_be() or fault in ("404", "410")
    scene.github.faults.clear()
    assert scene.post().exit_code == 0
    assert scene.is_as_it_should_be(), scene.github.bodies(NUMBER)


def early(github: FakeGitHub) -> list[str]:
    """Requests that came before a limit that GitHub had told was lifted (I9)."""
    found = []
    for position, asked in enumerate(github.asked[:-1]):
        if asked.status in (403, 429) and github.asked[position + 1].at < asked.at + 4:
            found.append(asked.path)
    return found


@pytest.mark.parametrize("seed", range(100))
def test_two_faults_at_two_calls_end_as_they_should(seed: int, tmp_path: Path) -> None:
    """A2."""
    scene = Scene(tmp_path, BEFORE[seed % 3])
    random = scene.github.world.random
    random.seed(seed)
    for _ in range(2):
        make = random.choice(list(RECOVERABLE.values()))
        scene.github.faults.add(make(nth=random.randint(1, 2), **random.choice(list(CALLS.values()))))
    answer = scene.post()
    assert answer.exit_code == 0, answer.annotations
    assert scene.is_as_it_should_be()
