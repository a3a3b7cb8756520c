"""From the merge button to `release.yaml`: the verdict is found by GitHub's word, and only one that fits counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fixtures.merges import Merge, pull_request
from tidegate.core.answer import Verdict
from tidegate.errors import InfrastructureError, InputError, SecurityRefusal, TidegateError
from tidegate.simulator import faults


@pytest.fixture
def merge(tmp_path: Path) -> Merge:
    return pull_request(tmp_path)


@pytest.mark.parametrize("how", ["squash", "merge", "rebase"])
def test_each_way_to_merge_promotes_what_the_pull_request_was_judged_by(merge: Merge, how: str) -> None:
    run = merge.judged()
    commit = merge.merge(how)
    answer = merge.promote()
    assert (answer.verdict, answer.sentence) == (Verdict.PASS, "staging is to run linear 1")
    assert answer.outputs == {"version": "1", "promoted": "true", "pull-request": ""}
    found = merge.release()
    assert (found["version"], found["commit"]) == (1, commit)
    assert found["from"] == {"pull_request": 1, "run": run}
    assert merge.remote("rev-parse", "linear@v1^{commit}") == commit
    assert merge.shop.project.git("status", "--porcelain") == ""
    assert merge.shop.project.git("rev-parse", "HEAD") == merge.remote("rev-parse", "main")


def test_commits_that_came_after_the_model_do_not_hide_its_pull_request(merge: Merge) -> None:
    merge.judged()
    commit = merge.merge()
    merge.elsewhere({"notes.md": "later", "model/README.md": "prose"})
    merge.promote()
    assert merge.release()["commit"] == commit


def test_a_github_that_lags_behind_the_merge_is_asked_again(merge: Merge) -> None:
    merge.judged()
    merge.merge()
    merge.fake.faults.add(faults.stale(10**10, path="/commits/", times=2))
    assert merge.promote().verdict is Verdict.PASS
    assert merge.fake.world.waited[:2] == [1.0, 1.0]


def test_promoting_again_asks_nobody_and_writes_nothing(merge: Merge) -> None:
    merge.judged()
    merge.merge()
    merge.promote()
    tip, asked = merge.remote("rev-parse", "main"), len(merge.fake.asked)
    answer = merge.promote()
    assert (answer.verdict, answer.sentence) == (Verdict.SKIPPED, "staging is to run linear 1 already")
    assert merge.remote("rev-parse", "main") == tip
    assert len(merge.fake.asked) == asked


def nothing(_merge: Merge) -> None:
    """The run that counts has left nothing."""


def no_pull_request(merge: Merge) -> None:
    merge.judged()
    merge.fake.proposals.of_commit.clear()


def only_open(merge: Merge) -> None:
    merge.judged()
    merge.fake.pulls[0]["merged_at"] = None


def two_pull_requests(merge: Merge) -> None:
    merge.judged()
    merge.fake.pulls[0]["merge_commit_sha"] = None
    commit = next(iter(merge.fake.proposals.of_commit))
    merge.fake.proposals.add("other")
    merge.fake.proposals.merge(2, commit)
    merge.fake.pulls[1]["merge_commit_sha"] = None


def another_workflow(merge: Merge) -> None:
    merge.judged(name="Model pull request (mine)")


def by_hand(merge: Merge) -> None:
    merge.judged(event="workflow_dispatch")


def run_failed(merge: Merge) -> None:
    merge.judged()
    merge.judged(conclusion="failure")


def run_waits(merge: Merge) -> None:
    merge.judged(conclusion="action_required")


def not_ended(merge: Merge) -> None:
    merge.judged(conclusion=None)


def expired(merge: Merge) -> None:
    merge.judged()
    merge.fake.delivery.artifacts[0]["expired"] = True


def of_another_model(merge: Merge) -> None:
    merge.judged()
    merge.fake.delivery.artifacts[0]["name"] = "tidegate-cubic"


def two_of_a_name(merge: Merge) -> None:
    merge.fake.delivery.left(merge.judged(), merge.packed())


def too_large(merge: Merge) -> None:
    merge.judged()
    merge.fake.delivery.artifacts[0]["size_in_bytes"] = 10**9


def without_verdict(merge: Merge) -> None:
    merge.fake.delivery.left(merge.fake.delivery.ran(merge.head), merge.packed(verdict=None))


STOPPED = {
    "it came by no pull request": (no_pull_request, "E-PRO-010"),
    "its pull request is not merged": (only_open, "E-PRO-010"),
    "it belongs to two pull requests": (two_pull_requests, "E-PRO-011"),
    "nothing ran": (nothing, "E-PRO-012"),
    "another workflow judged it": (another_workflow, "E-PRO-012"),
    "somebody started the run by hand": (by_hand, "E-PRO-012"),
    "the newest run failed": (run_failed, "E-PRO-013"),
    "the run waits for an approval": (run_waits, "E-PRO-013"),
    "the run has not ended": (not_ended, "E-PRO-013"),
    "the artifact has expired": (expired, "E-PRO-014"),
    "the artifact is of another model": (of_another_model, "E-PRO-014"),
    "there are two artifacts of the name": (two_of_a_name, "E-PRO-014"),
    "the artifact is too large": (too_large, "E-PRO-014"),
    "the artifact has no verdict": (without_verdict, "E-PRO-014"),
}


@pytest.mark.parametrize("name", STOPPED)
def test_without_a_verdict_that_counts_nothing_is_promoted(merge: Merge, name: str) -> None:
    spoil, code = STOPPED[name]
    merge.merge()
    spoil(merge)
    _refused(merge, InputError, code)


def _refused(merge: Merge, kind: type[TidegateError], code: str) -> TidegateError:
    """Nothing was written, and the message says what to do."""
    before = merge.remote("for-each-ref")
    with pytest.raises(kind) as caught:
        merge.promote()
    assert caught.value.code == code
    assert caught.value.fix
    assert merge.remote("for-each-ref") == before
    assert merge.shop.project.git("tag", "--list") == ""
    return caught.value


def tampered(change: Callable[[dict[str, Any]], None]) -> Callable[[Merge], bytes]:
    def made(merge: Merge) -> bytes:
        document = json.loads(merge.evidence["verdict.json"])
        change(document)
        return merge.packed(verdict=json.dumps(document).encode())

    return made


def _artifact(document: dict[str, Any]) -> None:
    document["result"]["candidate"]["artifacts"] = {"model/build/model.onnx": "md5:" + "0" * 32}


TAMPERED: dict[str, tuple[Callable[[Merge], bytes], type[TidegateError], str]] = {
    "it says fail": (tampered(lambda one: one.update(verdict="fail")), InputError, "E-PRO-002"),
    "of another tree": (tampered(lambda one: one["subject"].update(tree="sha256:0")), InputError, "E-PRO-003"),
    "of other data": (tampered(lambda one: one["subject"].update(data="md5:0")), InputError, "E-PRO-003"),
    "of another policy": (tampered(lambda one: one["subject"].update(policy="sha256:0")), InputError, "E-PRO-003"),
    "of another model file": (tampered(_artifact), SecurityRefusal, "E-SEC-060"),
    "of another model": (tampered(lambda one: one.update(model="cubic")), InputError, "E-PRO-001"),
    "no artifacts": (tampered(lambda one: one["result"]["candidate"].update(artifacts=[1])), InputError, "E-PRO-001"),
    "metrics of no form": (tampered(lambda one: one["result"].update(metrics=[3])), InputError, "E-PRO-001"),
    "not JSON": (lambda merge: merge.packed(verdict=b"{"), InputError, "E-EVD-001"),
    "not text": (lambda merge: merge.packed(verdict=b"\xff"), InputError, "E-FIL-004"),
    "a member that none has": (lambda merge: merge.packed(**{"../x": b"{}"}), SecurityRefusal, "E-SEC-041"),
    "no zip": (lambda _merge: b"PK", SecurityRefusal, "E-SEC-041"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_a_verdict_that_was_tampered_with_promotes_nothing(merge: Merge, name: str) -> None:
    make, kind, code = TAMPERED[name]
    merge.merge()
    merge.fake.delivery.left(merge.fake.delivery.ran(merge.head), make(merge))
    before = merge.remote("for-each-ref")
    with pytest.raises(kind) as caught:
        merge.promote()
    assert caught.value.code == code
    assert merge.remote("for-each-ref") == before


def test_a_metric_s_name_cannot_write_lines_into_the_release(merge: Merge) -> None:
    name = 'x"\ncommit: 0000 \u2028\U0001f600'
    rename = tampered(lambda one: one["result"]["metrics"].append({"name": name, "candidate": 1.5}))
    merge.merge()
    merge.fake.delivery.left(merge.fake.delivery.ran(merge.head), rename(merge))
    merge.promote()
    assert merge.release()["metrics"][name] == 1.5


def test_a_model_that_changed_after_the_verdict_asks_for_a_new_run(merge: Merge) -> None:
    merge.judged()
    merge.merge()
    merge.shop.project.write("model/params.yaml", "depth: 3\n")
    commit = merge.shop.project.commit("a change of another pull request")
    merge.shop.project.git("push", "--quiet", "origin", "main")
    merge.fake.proposals.merge(1, commit)
    caught = _refused(merge, InputError, "E-PRO-003")
    assert "newest base" in caught.fix


def test_a_policy_that_changed_on_main_before_the_merge_asks_for_a_new_run(merge: Merge) -> None:
    merge.judged()
    merge.shop.project.replace("tidegate.yaml", "at_most: 1", "at_most: 0.5")
    merge.elsewhere()
    merge.merge()
    assert "policy" in _refused(merge, InputError, "E-PRO-003").message


def test_a_merge_queue_s_run_on_the_merged_commit_counts(merge: Merge) -> None:
    commit = merge.merge()
    run = merge.fake.delivery.ran(commit, event="merge_group")
    merge.fake.delivery.left(run, merge.packed())
    merge.promote()
    assert merge.release()["from"]["run"] == run


def test_the_mlflow_run_is_kept_where_it_can_be_one(merge: Merge) -> None:
    trained = {
        "schema": 1,
        "tool": "tidegate 0",
        "command": "train-model",
        "model": "linear",
        "outcome": "pass",
        "subject": {},
        "result": {"mlflow": {"run_id": "3f" * 16}},
    }
    merge.merge()
    data = merge.packed(**{"train-model": json.dumps(trained).encode()})
    merge.fake.delivery.left(merge.fake.delivery.ran(merge.head), data)
    merge.promote()
    assert merge.release()["from"]["mlflow_run"] == "3f" * 16


PERMISSIONS = {
    "pull requests": ("/commits/", "`pull-requests: read`"),
    "runs": ("/actions/runs", "`actions: read`"),
    "artifacts": ("/artifacts", "`actions: read`"),
}


@pytest.mark.parametrize("name", PERMISSIONS)
@pytest.mark.parametrize("status", [403, 404])
def test_a_permission_that_is_missing_is_named(merge: Merge, name: str, status: int) -> None:
    path, hint = PERMISSIONS[name]
    merge.judged()
    merge.merge()
    merge.fake.faults.add(faults.answer(status, message="Resource not accessible by integration", path=path, times=9))
    with pytest.raises(InputError) as caught:
        merge.promote()
    assert hint in caught.value.fix


def test_a_github_out_of_order_stops_with_nothing_half_done(merge: Merge) -> None:
    merge.judged()
    merge.merge()
    merge.fake.faults.add(faults.answer(503, path="/commits/", times=99))
    _is_infrastructure(merge)
    merge.fake.faults.clear()
    assert merge.promote().verdict is Verdict.PASS


def _is_infrastructure(merge: Merge) -> None:
    before = merge.remote("for-each-ref")
    with pytest.raises(InfrastructureError):
        merge.promote()
    assert merge.remote("for-each-ref") == before


def test_limits_and_short_failures_are_waited_out(merge: Merge) -> None:
    merge.judged()
    merge.merge()
    merge.fake.faults.add(faults.too_many(retry_after=3, path="/commits/"))
    merge.fake.faults.add(faults.answer(502, path="/actions/runs"))
    assert merge.promote().verdict is Verdict.PASS


def test_a_dry_run_says_what_would_be_written(merge: Merge) -> None:
    merge.judged()
    merge.merge()
    before = merge.remote("for-each-ref")
    assert merge.promote(dry_run=True).sentence == "would write: staging is to run linear 1"
    assert merge.remote("for-each-ref") == before
