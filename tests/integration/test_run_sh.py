"""run.sh starts the toolkit whatever the caller has lying about, and leaves the caller's environment alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUN = ROOT / "scripts" / "run.sh"


def run(*arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "GITHUB_ACTIONS": "false", **variables}
    return subprocess.run(
        ["bash", str(RUN), *arguments], cwd=cwd, env=environ, capture_output=True, text=True, timeout=600, check=False
    )


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A caller whose folder shadows everything that the toolkit imports."""
    bomb = "raise SystemExit('the caller shadowed the toolkit')\n"
    (tmp_path / "tidegate").mkdir()
    for name in ("tidegate/__init__.py", "yaml.py", "json.py", "pydantic.py", "sitecustomize.py", "usercustomize.py"):
        (tmp_path / name).write_text(bomb, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("[tool.uv]\nindex-url = 'broken'\n[[[ not toml", encoding="utf-8")
    (tmp_path / "uv.toml").write_text("not toml at all [", encoding="utf-8")
    (tmp_path / "pyvenv.cfg").write_text("home = /nowhere\n", encoding="utf-8")
    return tmp_path


def test_hostile_folder_and_pythonpath_do_not_shadow_the_toolkit(hostile: Path) -> None:
    done = run("detect-changes", cwd=hostile, PYTHONPATH=str(hostile), PYTHONSTARTUP=str(hostile / "yaml.py"))
    assert "shadowed" not in done.stdout + done.stderr
    assert "E-CFG-001" in done.stderr
    assert done.returncode == 2


def test_hostile_configuration_does_not_break_making_an_environment(hostile: Path) -> None:
    cache = hostile / "cache"
    done = run("--prepare", "detect-changes", cwd=hostile, PYTHONPATH=str(hostile), TIDEGATE_CACHE=str(cache))
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert list((cache / "toolkit").glob("detect-changes-*/bin/python"))


def test_active_virtualenv_is_not_used_and_not_changed(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True, timeout=120)
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    path = f"{tmp_path / 'venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = run("detect-changes", cwd=tmp_path, VIRTUAL_ENV=str(tmp_path / "venv"), PATH=path)
    assert "E-CFG-001" in done.stderr
    after = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if ".tidegate" not in path.parts)
    assert after == before


def test_unknown_command_says_so_without_installing(tmp_path: Path) -> None:
    done = run("nonsense", cwd=tmp_path, TIDEGATE_CACHE=str(tmp_path / "cache"))
    assert done.returncode == 2
    assert "invalid choice" in done.stderr
    assert not (tmp_path / "cache").exists()


def test_missing_python_names_the_fix(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "dirname"):
        (tools / name).symlink_to(f"/usr/bin/{name}" if Path(f"/usr/bin/{name}").exists() else f"/bin/{name}")
    done = run("detect-changes", cwd=tmp_path, PATH=str(tools))
    assert done.returncode == 2
    assert "E-ENV-001" in done.stderr


def test_two_makers_at_once_leave_one_working_environment(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # uv is there: nothing to bootstrap
    environ = {**os.environ, "TIDEGATE_CACHE": str(cache), "PATH": path}
    command = ["bash", str(RUN), "--prepare", "detect-changes"]
    makers = [subprocess.Popen(command, env=environ, cwd=tmp_path, stderr=subprocess.DEVNULL) for _ in range(2)]
    assert [maker.wait(timeout=300) for maker in makers] == [0, 0]
    assert len(list((cache / "toolkit").glob("detect-changes-*/bin/python"))) == 2  # the folder and its one name


def test_a_name_whose_environment_is_gone_is_made_again(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    cache = tmp_path / "cache"
    assert run("--prepare", "detect-changes", cwd=tmp_path, TIDEGATE_CACHE=str(cache), PATH=path).returncode == 0
    (name,) = [entry for entry in (cache / "toolkit").iterdir() if entry.is_symlink()]
    name.resolve().rename(tmp_path / "elsewhere")
    done = run("--prepare", "detect-changes", cwd=tmp_path, TIDEGATE_CACHE=str(cache), PATH=path)
    assert done.returncode == 0, done.stderr
    assert (name / "bin/python").exists()


@pytest.mark.parametrize(("target", "more"), [("process", False), ("kubernetes", True)])
def test_a_cluster_needs_packages_that_other_targets_do_not(tmp_path: Path, target: str, more: bool) -> None:
    """The installer is a stand-in that says which locks it was given: the real one would fetch 700 MB."""
    cache, tools = tmp_path / "cache", tmp_path / "bin"
    tools.mkdir()
    (tools / "uv").write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/told\n', encoding="utf-8")
    (tools / "uv").chmod(0o755)
    (tmp_path / "environments" / "staging").mkdir(parents=True)
    (tmp_path / "environments" / "staging" / "environment.yaml").write_text(f"target: {target}\n", encoding="utf-8")
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    done = run("--prepare", "deploy-model", cwd=tmp_path, TIDEGATE_CACHE=str(cache), PATH=path)
    assert done.returncode == 0, done.stderr
    told = (tmp_path / "told").read_text(encoding="utf-8")
    assert "requirements/deploy-model.txt" in told
    assert ("requirements/target-kubernetes.txt" in told) is more
    assert len(list((cache / "toolkit").glob("deploy-model-*"))) == 2  # the environment, and the name that leads to it


@pytest.mark.parametrize(
    ("live", "more"),
    [
        ("{path: live, time: t}", []),
        ("{source: duckdb://live.duckdb, table: t}", ["ibis"]),
        ("\n      source: 'spark://local[2]'", ["ibis", "spark"]),
        ('{source: "postgresql://me@db/live", table: t}', ["ibis", "postgres"]),
    ],
)
def test_a_database_needs_packages_that_files_do_not(tmp_path: Path, live: str, more: list[str]) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "uv").write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/told\n', encoding="utf-8")
    (tools / "uv").chmod(0o755)
    (tmp_path / "tidegate.yaml").write_text(f"    live: {live}\n", encoding="utf-8")
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    done = run("--prepare", "detect-drift", cwd=tmp_path, TIDEGATE_CACHE=str(tmp_path / "cache"), PATH=path)
    assert done.returncode == 0, done.stderr
    told = (tmp_path / "told").read_text(encoding="utf-8")
    assert [name for name in ("ibis", "spark", "postgres") if f"requirements/engine-{name}.txt" in told] == more


@pytest.mark.parametrize(
    ("command", "target", "haproxy", "more"),
    [
        ("deploy-model", "process", False, True),
        ("status", "process", False, True),
        ("deploy-model", "process", True, False),
        ("deploy-model", "kubernetes", False, False),
        ("post-report", "process", False, False),
    ],
)
def test_a_machine_without_haproxy_gets_a_proxy_for_its_processes(
    tmp_path: Path, command: str, target: str, haproxy: bool, more: bool
) -> None:
    """A PATH of our own and stand-ins for the interpreter and the installer: this machine may have HAProxy."""
    cache, tools = tmp_path / "cache", tmp_path / "bin"
    tools.mkdir()
    programs = {"uv": f'echo "$@" > {tmp_path}/told'} | ({"haproxy": ":"} if haproxy else {})
    for name, does in programs.items():
        (tools / name).write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
        (tools / name).chmod(0o755)
    for name in ("bash", "sh", "dirname", "grep", "mkdir", "ln", "rm"):
        (tools / name).symlink_to(shutil.which(name) or name)
    (tmp_path / "environments" / "staging").mkdir(parents=True)
    (tmp_path / "environments" / "staging" / "environment.yaml").write_text(f"target: {target}\n", encoding="utf-8")
    script = without_system_folders(tmp_path)
    environ = {"PATH": str(tools), "TIDEGATE_CACHE": str(cache), "TIDEGATE_PYTHON": sys.executable}
    done = subprocess.run(
        ["bash", str(script), "--prepare", command],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = (tmp_path / "told").read_text(encoding="utf-8")
    assert f"requirements/{command}.txt" in told
    assert ("requirements/proxy-envoy.txt" in told) is more


def without_system_folders(place: Path) -> Path:
    """run.sh that does not look where Debian has HAProxy, beside the same locks."""
    (place / "scripts").mkdir()
    (place / "scripts" / "requirements").symlink_to(RUN.parent / "requirements")
    text = RUN.read_text(encoding="utf-8")
    assert text.count(":/usr/sbin:/usr/local/sbin") == 1
    script = place / "scripts" / "run.sh"
    script.write_text(text.replace(":/usr/sbin:/usr/local/sbin", ""), encoding="utf-8")
    return script
