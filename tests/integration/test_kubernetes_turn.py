"""Several runs deploy to one cluster at once: one at a time, the newest commit's wins, and the dead hold nobody up."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator

import pytest

from fixtures.cluster import NAMESPACE, ROUTE, Cluster, Fault, running
from fixtures.cluster_releases import PLACE, Hurried, client, package, takeover, target
from tidegate.adapters.targets.kubernetes.api import LEASES, Api
from tidegate.adapters.targets.kubernetes.clock import Clock
from tidegate.adapters.targets.kubernetes.turn import LeaseTurn
from tidegate.core.deployment.kubernetes import lease
from tidegate.core.deployment.kubernetes.names import name_of
from tidegate.errors import InfrastructureError, InputError, Superseded

Served = tuple[Cluster, str]
OLD, NEW = "1" * 40, "2" * 40


@pytest.fixture
def cluster() -> Iterator[Served]:
    with running() as served:
        yield served


def contains(newer: str, older: str) -> bool:
    return newer >= older


def turn(served: Served, commit: str, clock: Clock | None = None) -> LeaseTurn:
    hurried = Hurried()
    found = clock or Clock(now=hurried.now, sleep=hurried.sleep)
    return LeaseTurn(Api(client(served[1]), NAMESPACE, found.sleep), PLACE, commit, contains, found)


def said(served: Served) -> lease.Said:
    return lease.read(Api(client(served[1]), NAMESPACE).get(LEASES, lease.name_of(ROUTE)))


def test_a_turn_is_given_back_and_its_commit_is_remembered(cluster: Served) -> None:
    mine = turn(cluster, OLD)
    with mine.held(1):
        mine.check()
        assert said(cluster).holder
    assert said(cluster) == lease.Said(claimed=OLD)


def test_an_older_commit_that_arrives_late_is_superseded_on_any_machine(cluster: Served) -> None:
    with turn(cluster, NEW).held(1):
        pass
    with (
        pytest.raises(Superseded, match=r"E-DEP-030 .*kubectl delete lease bike-demand-turn"),
        turn(cluster, OLD).held(1),
    ):
        pytest.fail("it was let in")
    assert said(cluster) == lease.Said(claimed=NEW)


def test_a_newer_commit_waits_and_the_one_at_work_leaves_it_the_rest(cluster: Served) -> None:
    first, second, order = turn(cluster, OLD), turn(cluster, NEW, Clock(sleep=lambda _: time.sleep(0.05))), list[str]()

    def wait() -> None:
        with second.held(30):
            order.append("second")

    waiting = threading.Thread(target=wait)
    with first.held(1):
        waiting.start()
        while said(cluster).claimed != NEW:
            time.sleep(0.02)
        with pytest.raises(Superseded, match="222222222222"):
            first.check()
        order.append("first")
    waiting.join(30)
    assert order == ["first", "second"]


def test_a_run_that_died_is_waited_for_a_minute_and_no_longer(cluster: Served) -> None:
    dead, clock = turn(cluster, OLD), Hurried()
    dead._change(dead._claimed)
    dead._take(1)
    mine = turn(cluster, OLD, Clock(now=clock.now, sleep=clock.sleep))
    with mine.held(600):
        mine.check()
        with pytest.raises(Superseded, match="another run of commit 111111111111"):
            dead.check()
    assert lease.SECONDS < sum(clock.slept) < lease.SECONDS + 10


def test_one_that_renews_is_waited_for_until_the_patience_is_over(cluster: Served) -> None:
    alive, clock = turn(cluster, OLD), Hurried()

    def renewing(seconds: float) -> None:
        clock.sleep(seconds)
        alive._change(alive._mine)

    mine = turn(cluster, OLD, Clock(now=clock.now, sleep=renewing))
    with alive.held(1), pytest.raises(InfrastructureError, match="E-DEP-031") as caught, mine.held(300):
        pytest.fail("it was let in")
    assert caught.value.exit_code == 3
    assert clock.time > 300


@pytest.mark.parametrize("verb", ["create", "update"])
def test_a_write_that_somebody_else_was_faster_with_is_thought_over_again(cluster: Served, verb: str) -> None:
    if verb == "update":
        with turn(cluster, OLD).held(1):
            pass
    cluster[0].faults.append(Fault(verb, "leases.coordination.k8s.io", 409, {"kind": "Status"}, times=2))
    with turn(cluster, NEW).held(1):
        assert said(cluster).claimed == NEW


def test_an_answer_that_was_lost_gives_nobody_two_turns(cluster: Served) -> None:
    cluster[0].faults.append(Fault("create", "leases.coordination.k8s.io", 504, times=1, done=True))
    mine = turn(cluster, OLD)
    with mine.held(1):
        mine.check()


def test_a_role_without_leases_is_told_before_anything_is_done(cluster: Served) -> None:
    cluster[0].faults.append(Fault("get", "leases.coordination.k8s.io", 403, {"kind": "Status", "message": "no"}))
    with pytest.raises(InputError, match=r"E-KUB-004 .*get leases\.coordination\.k8s\.io"), turn(cluster, OLD).held(1):
        pytest.fail("it was let in")


def race(served: Served, commits: list[str], delays: random.Random) -> dict[str, str]:
    """Every commit's version is deployed from a machine of its own, at once: how each ended."""
    ended: dict[str, str] = {}

    def deploy(commit: str, pauses: list[float]) -> None:
        found, wanted = turn(served, commit, Clock(sleep=lambda _: time.sleep(0.01))), package(int(commit[0]))
        here = target(served[1], wanted)

        def seen(_number: int, _name: str) -> None:
            found.check()
            time.sleep(pauses.pop() if pauses else 0)

        time.sleep(pauses.pop())
        try:
            with found.held(60):
                ended[commit] = takeover(here, wanted, seen).run().failed or "runs"
        except Superseded:
            ended[commit] = "superseded"
        finally:
            here.close()

    threads = [threading.Thread(target=deploy, args=(one, _pauses(delays))) for one in commits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return ended


def _pauses(delays: random.Random) -> list[float]:
    return [delays.random() * 0.02 for _ in range(12)]


@pytest.mark.parametrize("trial", range(8))
def test_of_several_at_once_the_newest_runs_and_nobody_goes_without(cluster: Served, trial: int) -> None:
    delays = random.Random(trial)
    commits = [digit * 40 for digit in "123"[: 2 + trial % 2]]
    delays.shuffle(commits)
    ended = race(cluster, commits, delays)
    newest = max(commits)
    assert ended[newest] == "runs"
    assert set(ended.values()) <= {"runs", "superseded"}
    assert cluster[0].weights[-1] == {name_of(ROUTE, package(int(newest[0])).release): 100}
    assert [one["metadata"]["name"] for one in cluster[0].all("deployments")] == list(cluster[0].weights[-1])
    assert cluster[0].unserved == []
