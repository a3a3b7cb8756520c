"""The model's own Python, made for real from a wheel on disk: no index is asked."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipelines import environment
from tidegate.adapters import model_environment
from tidegate.console import Console
from tidegate.errors import InfrastructureError, InputError

LOCK = "model/requirements.txt"


def wheel(folder: Path, version: str = "1.0") -> str:
    """A package `sample` with the program `sample-says`; the requirement that pins it."""
    information = f"sample-{version}.dist-info"
    files = {
        "sample.py": f"def main():\n    print('sample {version}')\n",
        f"{information}/METADATA": f"Metadata-Version: 2.1\nName: sample\nVersion: {version}\n",
        f"{information}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{information}/entry_points.txt": "[console_scripts]\nsample-says = sample:main\n",
    }
    digests = {name: hashlib.sha256(text.encode()).digest() for name, text in files.items()}
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(digest).decode().rstrip('=')},{len(files[name])}\n"
        for name, digest in digests.items()
    )
    path = folder / f"sample-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {**files, f"{information}/RECORD": f"{record}{information}/RECORD,,\n"}.items():
            archive.writestr(name, text)
    return f"sample=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture
def caller(tmp_path: Path) -> dict[str, str]:
    """The caller's environment, with a wheel on disk as the only index and a cache of its own."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    (tmp_path / "model").mkdir()
    (tmp_path / LOCK).write_text(wheel(folder))
    offline = {"UV_NO_INDEX": "1", "UV_OFFLINE": "1", "PIP_NO_INDEX": "1"}
    found = {"UV_FIND_LINKS": str(folder), "PIP_FIND_LINKS": str(folder), "UV_CACHE_DIR": str(tmp_path / "uv")}
    return {**environment(), **offline, **found, "TIDEGATE_CACHE": str(tmp_path / "cache")}


def made(root: Path, caller: Mapping[str, str], lock: str | None = LOCK) -> dict[str, str]:
    return model_environment.mapping(root, lock, caller, Console(stream=io.StringIO()))


def told(variables: Mapping[str, str], *command: str) -> str:
    found = shutil.which(command[0], path=variables["PATH"])
    assert found
    return subprocess.check_output([found, *command[1:]], env=dict(variables), text=True, timeout=60).strip()


def without_uv(caller: Mapping[str, str]) -> dict[str, str]:
    """A PATH on which there is Python and no uv."""
    folder = Path(caller["TIDEGATE_CACHE"]).parent / "bin"
    folder.mkdir()
    (folder / "python3").symlink_to(getattr(sys, "_base_executable", sys.executable))
    return {**caller, "PATH": f"{folder}:/usr/bin:/bin"}


def test_what_the_lock_names_is_first_on_the_path(tmp_path: Path, caller: dict[str, str]) -> None:
    variables = made(tmp_path, {**caller, "PYTHONPATH": "/somewhere", "VIRTUAL_ENV": "/toolkit", "OWN": "theirs"})
    assert told(variables, "sample-says") == "sample 1.0"
    assert told(variables, "python", "-c", "import sys; print(sys.prefix)") == variables["VIRTUAL_ENV"]
    assert variables["OWN"] == "theirs"
    assert "PYTHONPATH" not in variables
    assert sys.prefix not in variables["VIRTUAL_ENV"]
    assert variables["PATH"].split(os.pathsep)[1:] == caller["PATH"].split(os.pathsep)


def test_it_is_compiled_and_holds_nothing_of_the_toolkit(tmp_path: Path, caller: dict[str, str]) -> None:
    place = Path(made(tmp_path, caller)["VIRTUAL_ENV"])
    assert list(place.rglob("sample.cpython-*.pyc"))
    with pytest.raises(subprocess.CalledProcessError):
        told(made(tmp_path, caller), "python", "-c", "import pydantic")


def test_it_is_made_once_for_one_lock_and_anew_for_another(tmp_path: Path, caller: dict[str, str]) -> None:
    first = made(tmp_path, caller)
    shutil.rmtree(tmp_path / "wheels")
    assert made(tmp_path, caller) == first
    (tmp_path / "wheels").mkdir()
    (tmp_path / LOCK).write_text(wheel(tmp_path / "wheels", "2.0"))
    assert told(made(tmp_path, caller), "sample-says") == "sample 2.0"
    assert told(first, "sample-says") == "sample 1.0"


def test_makers_at_the_same_time_end_with_one(tmp_path: Path, caller: dict[str, str]) -> None:
    with ThreadPoolExecutor(3) as pool:
        found = {variables["VIRTUAL_ENV"] for variables in pool.map(lambda _: made(tmp_path, caller), range(3))}
    assert len(found) == 1
    folder = tmp_path / "cache" / "models"
    assert sorted(path.is_symlink() for path in folder.iterdir()) == [False, True]


def test_what_a_killed_maker_left_is_ignored_and_swept_later(tmp_path: Path, caller: dict[str, str]) -> None:
    place = Path(made(tmp_path, caller)["VIRTUAL_ENV"])
    left, old = place.parent / "new.1.1", place.parent / "old.1.1"
    for folder in (left, old):
        (folder / "bin").mkdir(parents=True)
    os.utime(old, (0, 0))
    shutil.rmtree(place.resolve())  # the name leads nowhere now
    assert told(made(tmp_path, caller), "sample-says") == "sample 1.0"
    assert left.exists()
    assert not old.exists()


def test_without_uv_the_standard_tools_do_it(tmp_path: Path, caller: dict[str, str]) -> None:
    prefix = tmp_path / "toolkit without uv"
    variables = model_environment.mapping(
        tmp_path, LOCK, without_uv(caller), Console(stream=io.StringIO()), toolkit=prefix
    )
    assert told(variables, "sample-says") == "sample 1.0"


def test_no_lock_leaves_the_callers_environment_as_it_is(tmp_path: Path, caller: dict[str, str]) -> None:
    assert made(tmp_path, {**caller, "PYTHONPATH": "src"}, lock=None) == {**caller, "PYTHONPATH": "src"}


@pytest.mark.parametrize(
    ("content", "code", "kind"),
    [
        (None, "E-ENV-010", InputError),
        ("sample==1.0 --hash=sha256:" + "0" * 64, "E-ENV-014", InputError),
        ("sample==1.0", "E-ENV-014", InputError),
        ("absent==1.0 --hash=sha256:" + "0" * 64, "E-ENV-014", InputError),
        ("???", "E-ENV-014", InputError),
    ],
    ids=["absent", "wrong hash", "no hash", "no such package", "no requirement"],
)
def test_a_lock_that_cannot_be_installed_is_an_error_naming_it(
    tmp_path: Path, caller: dict[str, str], content: str | None, code: str, kind: type[InputError]
) -> None:
    (tmp_path / LOCK).unlink()
    if content is not None:
        (tmp_path / LOCK).write_text(content)
    with pytest.raises(kind) as error:
        made(tmp_path, caller)
    assert (error.value.code, error.value.where) == (code, LOCK)
    assert not list((tmp_path / "cache").rglob("bin"))


def test_an_index_that_is_away_is_infrastructure(tmp_path: Path, caller: dict[str, str]) -> None:
    (tmp_path / LOCK).write_text("absent==1.0 --hash=sha256:" + "0" * 64)
    away = {name: value for name, value in caller.items() if not name.startswith(("UV_NO", "UV_OFF", "PIP_NO"))}
    away |= {"UV_INDEX_URL": "http://user:hunter22@127.0.0.1:9/simple", "UV_HTTP_TIMEOUT": "1", "UV_HTTP_RETRIES": "0"}
    with pytest.raises(InfrastructureError) as error:
        made(tmp_path, away)
    assert error.value.code == "E-ENV-015"
    assert "hunter22" not in str(error.value)
