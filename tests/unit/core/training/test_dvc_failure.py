"""What DVC's words mean; they were taken from DVC 3.67.1."""

from __future__ import annotations

import pytest

from tidegate.core.training.dvc_failure import failure, is_busy

WHERE = "model/dvc.yaml"
NO_REMOTE = """\
WARNING: Failed to pull run cache: config file error: no remote specified in /project. Setup default remote with
    dvc remote default <remote name>
or use:
    dvc fetch --run-cache -r <remote name>
ERROR: failed to reproduce 'train': Checkout failed for following targets:
build/prepared.txt
Is your cache up to date?
"""
LOST = """\
WARNING: Some of the cache files do not exist neither locally nor on remote. Missing cache files:
md5: 284c94e171b2e58fffb9d853e605f57a
md5: 384c94e171b2e58fffb9d853e605f57a
md5: 384c94e171b2e58fffb9d853e605f57a
ERROR: failed to reproduce 'train': Checkout failed for following targets:
build/prepared.txt
"""
SCHEMA = """\
'./dvc.yaml' validation failed: 2 errors.

extra keys not allowed, in stages -> a -> cm, line 1, column 13
"""
PLUGIN = "ERROR: unexpected error - s3 is supported, but requires 'dvc-s3' to be installed: No module named 'dvc_s3'"


@pytest.mark.parametrize(
    ("text", "code", "exit_code", "words"),
    [
        (NO_REMOTE, "E-DVC-007", 2, "no DVC remote is configured"),
        (PLUGIN, "E-DVC-008", 2, "dvc-s3"),
        (LOST, "E-DVC-010", 3, "2 object(s)"),
        ("ERROR: failed to push: [Errno 28] No space left on device", "E-DVC-022", 3, "No space left on device"),
        ("ERROR: Unable to locate credentials", "E-DVC-012", 2, "Unable to locate credentials"),
        ("ERROR: unexpected error - Forbidden: An error occurred (403)", "E-DVC-012", 2, "Forbidden"),
        ("ERROR: unexpected error - [Errno 111] Connection refused", "E-DVC-023", 3, "Connection refused"),
        (SCHEMA, "E-DVC-009", 2, "extra keys not allowed, in stages -> a -> cm, line 1, column 13"),
        (
            "ERROR: failed to parse 'stages.train.cmd' in 'dvc.yaml': Could not find 'rate'",
            "E-DVC-009",
            2,
            "Could not find",
        ),
        ("", "E-DVC-009", 2, "it said nothing"),
    ],
    ids=["no remote", "plugin", "lost", "disk", "credentials", "forbidden", "refused", "schema", "parse", "silent"],
)
def test_the_cause_decides_code_and_exit_code(text: str, code: str, exit_code: int, words: str) -> None:
    error = failure(text.splitlines(), 255, WHERE)
    assert (error.code, error.exit_code, error.where) == (code, exit_code, WHERE)
    assert words in error.message


@pytest.mark.parametrize(
    ("line", "busy"),
    [
        ("ERROR: Unable to acquire lock. Most likely another DVC process is running or was terminated abruptly.", True),
        ("ERROR: failed to reproduce 'train': '/p/data' is busy, it is being blocked by:", True),
        ("ERROR: failed to reproduce 'train'", False),
    ],
)
def test_another_process_at_work_is_recognised(line: str, busy: bool) -> None:
    assert is_busy(["first", line]) is busy
