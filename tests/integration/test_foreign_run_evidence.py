"""What a fork's run left is missing, broken, not its own, or hostile: never a pass, nothing of it written (T3, B5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.hostile_zips import HOSTILE, packed
from fixtures.report_job import MODEL, ReportJob, archive, finished_run, following_job, pull_request_job, upload
from tidegate.core.answer import Verdict
from tidegate.simulator import faults
from tidegate.simulator.front import GitHub
from tidegate.simulator.runs import Run, Runs

CHECK = f"tidegate / {MODEL}"


@pytest.fixture
def fork(github: GitHub, tmp_path: Path) -> ReportJob:
    return pull_request_job(github, tmp_path, from_fork=True)


NO_EVIDENCE: dict[str, Callable[[ReportJob, Run], None]] = {
    "no artifact": lambda job, run: None,
    "an artifact that is empty": lambda job, run: upload(job, run, packed()),
    "an artifact of zero bytes": lambda job, run: upload(job, run, b""),
    "one file is missing": lambda job, run: upload(job, run, packed(("validate-data.json", b"{}"))),
    "another commit's evidence in another form": lambda job, run: (
        upload(job, run, packed(("compare-models.json", b'{"schema":1,"outcome":"pass"}'))) and None
    ),
}


@pytest.mark.parametrize("name", NO_EVIDENCE)
def test_without_whole_evidence_a_failed_run_is_never_a_pass(fork: ReportJob, name: str) -> None:
    run = finished_run(fork, conclusion="failure")
    NO_EVIDENCE[name](fork, run)
    answer = following_job(fork, run).post("--from-run", model=None)
    assert answer.verdict is Verdict.ERROR
    assert set(fork.checks().values()) == {"failure"}
    assert "verdict=error" in fork.comments()[0]


class OddRuns(Runs):
    """Runs of which one file is listed twice, or is another when it is downloaded than when it was listed."""

    def __init__(self, real: Runs, *, twice: bool = False, swapped: bytes | None = None) -> None:
        super().__init__(real.folder)
        self._runs = real._runs
        self.twice, self.swapped, self.asked = twice, swapped, 0

    def artifacts(self, run: int | None = None) -> Iterator[tuple[int, Run, Path]]:
        self.asked += 1
        for number, record, file in super().artifacts(run):
            if self.swapped is not None and self.asked > 1:
                file.write_bytes(self.swapped)
            yield number, record, file
            if self.twice:
                yield number + 1, record, file


@pytest.mark.parametrize(
    ("odd", "code"), [({"twice": True}, 0), ({"swapped": packed(("compare-models.json", b"{}"))}, 4)], ids=str
)
def test_an_artifact_that_is_not_single_or_not_as_listed_is_no_evidence(
    fork: ReportJob, odd: dict[str, Any], code: int
) -> None:
    run = finished_run(fork)
    upload(fork, run, archive("pass", fork.head))
    fork.github.proxy.runs = OddRuns(fork.github.runs, **odd)
    answer = following_job(fork, run).post("--from-run", model=None)
    assert (answer.verdict, answer.exit_code) == (Verdict.ERROR, code)
    assert fork.checks() == {CHECK: "failure"}
    assert "left no evidence" in fork.comments()[0]


def test_an_artifact_of_an_earlier_attempt_does_not_speak_for_a_later_one(fork: ReportJob) -> None:
    run = finished_run(fork, conclusion="failure", attempt=2)
    upload(fork, run, archive("pass", fork.head))
    follower = following_job(fork, run)
    run.created_at = "2026-01-01T00:00:00Z"
    assert follower.post("--from-run", model=None).verdict is Verdict.ERROR
    assert "earlier attempt" in fork.comments()[0]


def test_an_artifact_that_cannot_be_downloaded_now_is_tried_again_and_no_pass_until_then(fork: ReportJob) -> None:
    run = finished_run(fork)
    upload(fork, run, archive("pass", fork.head))
    fork.github.faults.add(faults.answer(503, path="/artifact-storage/"))
    answer = following_job(fork, run).post("--from-run", model=None)
    assert answer.exit_code == 3
    assert fork.checks() == {CHECK: "action_required"}
    assert fork.comments() == []
    again = following_job(fork, run).post("--from-run", model=None)
    assert (again.verdict, again.exit_code) == (Verdict.PASS, 0)
    assert fork.checks() == {CHECK: "success"}
    assert len(fork.github.check_runs(fork.head)) == 1


def test_hostile_artifacts_are_refused_and_nothing_of_them_is_written(fork: ReportJob) -> None:
    for name, made in HOSTILE.items():
        run = finished_run(fork)
        upload(fork, run, made())
        follower = following_job(fork, run)
        answer = follower.post("--from-run", model=None)
        assert (answer.verdict, answer.exit_code) == (Verdict.ERROR, 4), name
        assert "E-SEC-041" in str(answer.annotations), name
        assert fork.checks() == {CHECK: "failure"}, name
        (body,) = fork.comments()
        assert f"run={run.id}" in body, name
        assert "E-SEC-041" in body, name
        written = sorted(path.name for path in follower.workspace.rglob("*") if path.is_file())
        assert written == ["event.json", f"report-{MODEL}.html"], name
