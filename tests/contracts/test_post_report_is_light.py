"""The privileged half installs in seconds and loads nothing that it does not need: less to wait for, less to trust."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "scripts" / "requirements" / "post-report.txt"
LARGEST = 60_000_000
ALLOWED = {"certifi", "charset_normalizer", "cryptography", "dateutil", "github3", "idna", "jwt", "requests"}
ALLOWED |= {"six", "uritemplate", "urllib3", "cffi", "cython_runtime", "pycparser", "zoneinfo", "tzdata"}
PROGRAM = """
import sys
before = set(sys.modules)
import argparse, tempfile
from pathlib import Path
from tidegate.commands import post_report
from tidegate.adapters.github import address, session
from tidegate.adapters.github.call import Patience
from tidegate.console import Console
from tidegate.settings import Settings
session.connect({}, "t", address.address({}), "a/b", Patience())
parser = argparse.ArgumentParser()
post_report.configure(parser)
settings = Settings(workspace=Path(tempfile.mkdtemp()), config="c", model="m", environ={}, console=Console())
post_report.run(settings, parser.parse_args(["--local"]))
from tidegate.adapters import untrusted_zip
from tidegate.adapters.github import artifact_storage
print("\\n".join(sorted({name.partition(".")[0] for name in set(sys.modules) - before})))
"""


def test_it_loads_the_locked_packages_and_the_standard_library_only() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    loaded = {name for name in done.stdout.split() if name.isidentifier() and not name.startswith("_")}
    assert "tidegate" in loaded
    assert "github3" in loaded
    assert loaded - sys.stdlib_module_names - {"tidegate"} <= ALLOWED


def locked() -> list[str]:
    return re.findall(r"^([a-z0-9_.-]+)==", LOCK.read_text(encoding="utf-8"), re.MULTILINE)


def test_the_lock_is_small() -> None:
    """A package with a marker may be absent here; the large ones are not."""
    sizes = {}
    for name in locked():
        with contextlib.suppress(PackageNotFoundError):
            sizes[name] = sum(file.size or 0 for file in distribution(name).files or ())
    assert {"github3-py", "requests", "urllib3", "cryptography"} <= {name for name, size in sizes.items() if size}
    assert sum(sizes.values()) < LARGEST


def test_nothing_heavy_is_locked() -> None:
    assert not {"numpy", "scipy", "pandas", "pyarrow", "pydantic", "jinja2", "dvc", "mlflow"} & set(locked())
