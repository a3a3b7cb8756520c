"""A model's own programs: bounded, measured, and told nothing of ours."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pytest

from tidegate.adapters import model_program
from tidegate.errors import InputError

HERE = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "HOME": os.environ.get("HOME", "/")}


def python(folder: Path, program: str, *arguments: str, seconds: float = 60, **given: str) -> model_program.Completed:
    command = ("python", "-c", program, *arguments)
    return model_program.run(folder, command, {**HERE, **given}, seconds=seconds)


def test_it_runs_in_its_folder_with_its_arguments_and_tells_what_was_said(tmp_path: Path) -> None:
    (tmp_path / "rows.txt").write_text("3")
    done = python(tmp_path, "import sys; print(open('rows.txt').read(), sys.argv[1]); sys.stderr.write('hm')", "a b")
    assert (done.stdout, done.stderr, done.code) == ("3 a b\n", "hm", 0)
    assert 0 < done.seconds < 60


def test_it_sees_no_credential_and_no_file_of_the_runner(tmp_path: Path) -> None:
    secrets = {"GITHUB_TOKEN": "t", "AWS_SECRET_ACCESS_KEY": "s", "GITHUB_ENV": "/f", "PYTHONPATH": "/p", "LANG": "C"}
    done = python(tmp_path, "import json, os; print(json.dumps(dict(os.environ)))", **secrets)
    seen = json.loads(done.stdout)
    assert not seen.keys() & (secrets.keys() - {"LANG"})
    assert seen["LANG"] == "C"


def test_what_is_given_on_purpose_arrives(tmp_path: Path) -> None:
    command = ("python", "-c", "import os; print(os.environ['ROWS'])")
    assert model_program.run(tmp_path, command, HERE, seconds=60, given={"ROWS": "r"}).stdout == "r\n"


def test_no_open_file_of_ours_reaches_it(tmp_path: Path) -> None:
    with (tmp_path / "open").open("w"):
        done = python(tmp_path, "import os; print(sorted(map(int, os.listdir('/proc/self/fd')))[:-1])")
    assert done.stdout == "[0, 1, 2]\n"


@pytest.mark.parametrize("megabytes", [64, 256])
def test_peak_memory_is_the_programs_and_not_ours(tmp_path: Path, megabytes: int) -> None:
    ours = bytearray(512 * 1024 * 1024)
    ours[::4096] = b"x" * len(ours[::4096])
    done = python(tmp_path, f"a = bytearray({megabytes} << 20); a[::4096] = b'x' * len(a[::4096])")
    assert megabytes << 20 < done.peak_bytes < (megabytes + 40) << 20
    assert ours[0] == ord("x")


def test_peak_memory_counts_what_the_program_starts(tmp_path: Path) -> None:
    inner = "a = bytearray(128 << 20); a[::4096] = b'x' * len(a[::4096])"
    done = python(tmp_path, f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])")
    assert done.peak_bytes > 128 << 20


def test_a_failure_is_told_with_its_last_line_and_without_credentials(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"exit code 1.*ValueError: no such column") as error:
        python(tmp_path, f"print('key ghp_{'a' * 36}'); raise ValueError('no such column')")
    assert error.value.code == "E-PRG-002"
    assert "key [redacted]" in error.value.log
    assert error.value.log[-1] == "ValueError: no such column"


def test_an_exit_code_that_is_an_answer_is_no_failure(tmp_path: Path) -> None:
    command = ("python", "-c", "raise SystemExit(1)")
    assert model_program.run(tmp_path, command, HERE, seconds=60, allowed=(0, 1)).code == 1


def test_a_program_that_is_killed_names_memory_as_the_usual_cause(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"was killed \(signal 9, out of memory as a rule\)"):
        python(tmp_path, "import os; os.kill(os.getpid(), 9)")


def test_a_program_that_hangs_is_stopped_with_all_it_started(tmp_path: Path) -> None:
    program = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    with pytest.raises(InputError, match=r"took longer than 2 s and was stopped") as error:
        python(tmp_path, program, seconds=2)
    assert error.value.code == "E-PRG-003"
    assert not _alive(int(error.value.log[0]))


def test_what_a_program_leaves_behind_neither_delays_the_answer_nor_lives_on(tmp_path: Path) -> None:
    program = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid)"
    )
    started = time.monotonic()
    done = python(tmp_path, program)
    assert time.monotonic() - started < 30
    assert not _alive(int(done.stdout))


def test_of_endless_output_only_the_end_is_kept(tmp_path: Path) -> None:
    done = python(tmp_path, "import sys; [print('x' * 99) for _ in range(300_000)]; print('last')")
    assert len(done.stdout) <= model_program.KEPT
    assert done.stdout.endswith("last\n")


@pytest.mark.parametrize("name", ["no-such-program", "model/predict.sh"])
def test_a_program_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=f"no program '{name}'") as error:
        model_program.run(tmp_path, (name,), HERE, seconds=60)
    assert error.value.code == "E-PRG-001"


def test_a_program_of_the_commit_itself_is_found_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "predict.sh").write_text("#!/bin/sh\necho here\n")
    (tmp_path / "predict.sh").chmod(0o755)
    assert model_program.run(tmp_path, ("./predict.sh",), HERE, seconds=60).stdout == "here\n"


def test_a_file_that_is_no_program_fails_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "broken").write_bytes(b"\x7fELF and no more")
    (tmp_path / "broken").chmod(0o755)
    with pytest.raises(InputError, match="cannot be started: Exec format error"):
        model_program.run(tmp_path, ("./broken",), HERE, seconds=60)


def _alive(pid: int) -> bool:
    """Whether the process is still at work after a moment; a zombie that nobody waited for is not."""
    for _ in range(50):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return False
        except FileNotFoundError:
            return False
        time.sleep(0.1)
    return True
