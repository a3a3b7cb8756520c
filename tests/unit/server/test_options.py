"""The command line: every option lands where it belongs, and wrong ones end with exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from tidegate.server.__main__ import parse
from tidegate.server.settings import Settings


def test_defaults_are_those_of_the_settings() -> None:
    assert parse(["--release", "r"]) == Settings(release=Path("r"))


def test_every_option() -> None:
    text = (
        "--release r --digest sha256:0 --host ::1 --port 0 --body-bytes 9 --connections 8 --read-seconds 7 --rows 6 "
        "--waiting-rows 5 --deadline 4 --threads 3 --no-batching --drain-notice 0 --drain 1.5 "
        "--log l --log-rows 2 --log-seconds 1 --log-share 0.5 --log-waiting 3"
    )
    read = parse(text.split())
    assert (read.digest, read.host, read.port) == ("sha256:0", "::1", 0)
    assert (read.limits.body, read.limits.connections, read.limits.read) == (9, 8, 7)
    assert (read.most_rows, read.waiting_rows, read.deadline, read.threads, read.batching) == (6, 5, 4, 3, False)
    assert (read.drain_notice, read.drain) == (0, 1.5)
    assert read.log is not None
    log = read.log
    assert (log.folder, log.rows, log.seconds, log.share, log.waiting) == (Path("l"), 2, 1, 0.5, 3)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "--release r --port 65536",
        "--release r --port x",
        "--release r --rows 0",
        "--release r --log-share 1.5",
        "--release r --log-share nan",
        "--release r --deadline 0",
        "--release r --drain nan",
        "--release r --drain -1",
    ],
)
def test_wrong_options(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(text.split())
    assert caught.value.code == 2
    assert "Traceback" not in capsys.readouterr().err
