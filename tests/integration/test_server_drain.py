"""SIGTERM loses no request, ends in time with 0, and leaves a whole log; SIGKILL leaves no broken file."""

from __future__ import annotations

import http.client
import json
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from fixtures import server_models
from fixtures.server_process import Running, serving

BODY = json.dumps({"inputs": {"size": [1.5], "count": [2], "fresh": [True], "colour": ["blue"]}})


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    server_models.fruit_release(folder)
    return folder


class Client(threading.Thread):
    """Sends requests until nobody listens any more; `lost` are those that were sent and got no answer."""

    def __init__(self, server: Running, name: str, *, keeps: bool) -> None:
        super().__init__()
        self._server, self._id, self._keeps = server, name, keeps
        self.answered: list[str] = []
        self.lost: list[str] = []

    def run(self) -> None:
        while True:
            connection = self._server.connect()
            try:
                connection.connect()
            except ConnectionError:
                return
            self._use(connection)
            connection.close()

    def _use(self, connection: http.client.HTTPConnection) -> None:
        while True:
            identity = f"{self._id}-{len(self.answered)}"
            headers = {"Content-Type": "application/json", "X-Request-Id": identity}
            try:
                connection.request("POST", "/invocations", BODY, headers)
                response = connection.getresponse()
                response.read()
            except (ConnectionError, http.client.HTTPException, TimeoutError) as error:
                self.lost.append(f"{identity}: {error!r}")
                return
            self.answered.append(identity if response.status == 200 else f"{identity}: {response.status}")
            if not self._keeps or response.will_close:
                return


@pytest.mark.parametrize("keeps", [True, False], ids=["kept connections", "a connection per request"])
def test_no_request_is_lost_while_draining_and_every_one_is_logged(release: Path, tmp_path: Path, keeps: bool) -> None:
    with serving(release, "--drain-notice", "0.3", "--log", str(tmp_path)) as server:
        clients = [Client(server, f"c{number}", keeps=keeps) for number in range(8)]
        for client in clients:
            client.start()
        time.sleep(0.5)
        begin = time.monotonic()
        code = server.stop()
        assert time.monotonic() - begin < 25
        for client in clients:
            client.join(30)
    assert code == 0
    assert [lost for client in clients for lost in client.lost] == []
    answered = [identity for client in clients for identity in client.answered]
    assert len(answered) > 50
    assert sorted(logged(tmp_path)) == sorted(answered)


def logged(folder: Path) -> list[str]:
    """The request ids in all visible files; every one must be readable."""
    ids: list[str] = []
    for path in folder.glob("*"):
        if not path.name.startswith("."):
            ids += pq.read_table(path, columns=["request_id"]).column(0).to_pylist()
    return ids


def test_draining_says_not_ready_first_and_finishes_what_runs(tmp_path: Path) -> None:
    server_models.slow_release(tmp_path / "slow")
    with serving(tmp_path / "slow", "--drain-notice", "1") as server:
        answers: list[Any] = []
        asking = threading.Thread(
            target=lambda: answers.append(server.ask("POST", "/invocations", {"inputs": {"rounds": [200]}}))
        )
        assert server.ask("GET", "/v2/health/ready").json == {"ready": True}
        asking.start()
        time.sleep(0.1)
        server.process.send_signal(signal.SIGTERM)
        statuses = []
        try:
            while not statuses or statuses[-1] == 200:
                statuses.append(server.ask("GET", "/v2/health/ready").status)
        except ConnectionError:
            statuses.append(0)
        assert statuses[-1] == 503
        assert server.process.wait(60) == 0
        asking.join(60)
    assert answers[0].status == 200


def test_a_request_that_never_ends_does_not_keep_the_server(release: Path) -> None:
    with serving(release, "--drain-notice", "0", "--drain", "0.5") as server, server.raw() as client:
        client.sendall(b"POST /invocations HTTP/1.1\r\nContent-Length: 10\r\n\r\n{")
        server.ask("GET", "/ping")
        begin = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - begin < 8


def test_a_second_signal_does_no_harm(release: Path) -> None:
    with serving(release, "--drain-notice", "0.5") as server:
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        assert server.stop(signal.SIGINT) == 0


@pytest.mark.parametrize("after", [0.2, 0.5, 0.9, 1.4])
def test_a_killed_process_leaves_only_whole_files(release: Path, tmp_path: Path, after: float) -> None:
    with serving(release, "--log", str(tmp_path), "--log-rows", "50", "--log-seconds", "0.1") as server:
        clients = [Client(server, f"c{number}", keeps=True) for number in range(4)]
        for client in clients:
            client.start()
        time.sleep(after)
        server.stop(signal.SIGKILL)
        for client in clients:
            client.join(30)
    ids = logged(tmp_path)
    assert len(set(ids)) == len(ids)
    sent = {identity for client in clients for identity in client.answered}
    sent |= {lost.partition(":")[0] for client in clients for lost in client.lost}
    assert set(ids) <= sent


def test_files_are_finished_by_rows_and_by_age_while_serving(release: Path, tmp_path: Path) -> None:
    with serving(
        release, "--drain-notice", "0", "--log", str(tmp_path), "--log-rows", "20", "--log-seconds", "1"
    ) as server:
        rows = {"inputs": {"size": [1.5] * 25, "count": [2] * 25, "fresh": [True] * 25, "colour": ["blue"] * 25}}
        server.ask("POST", "/invocations", rows, X_Request_Id="many")
        server.ask("POST", "/invocations", rows, X_Request_Id="again")
        server.ask("POST", "/invocations", json.loads(BODY), X_Request_Id="one")
        deadline = time.monotonic() + 30
        while len(logged(tmp_path)) < 51 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert server.metric('tidegate_log_rows_total{outcome="written"}') == 51
        assert server.metric("tidegate_log_rows_waiting") == 0
    table = pa.concat_tables(pq.read_table(path) for path in sorted(tmp_path.glob("*.parquet"))).sort_by("request_row")
    many = table.filter(pc.equal(table["request_id"], "many"))
    assert many["request_row"].to_pylist() == list(range(25))
    assert many["price"].to_pylist() == [6.25] * 25
    assert set(many["model_version"].to_pylist()) == {"7"}


def test_a_log_that_cannot_be_written_does_not_keep_a_request_from_its_answer(release: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with serving(
        release, "--drain-notice", "0", "--log", str(tmp_path / "file" / "log"), "--log-seconds", "0.1"
    ) as server:
        for _ in range(3):
            assert server.ask("POST", "/invocations", json.loads(BODY)).status == 200
        deadline = time.monotonic() + 30
        lost = 'tidegate_log_rows_total{outcome="dropped_write_failed"}'
        while server.metric(lost) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert server.metric(lost) == 3
        assert server.stop() == 0
