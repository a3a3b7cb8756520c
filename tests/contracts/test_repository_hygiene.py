"""What must never be in a tracked file: registry hosts, machine paths, unpinned requirements."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = [*sorted(ROOT.glob("scripts/requirements/*.txt")), ROOT / "model" / "requirements.txt"]


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_lock_pins_and_hashes_everything_and_names_no_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "://" not in text
    requirements = re.split(r"\n(?=\S)", text.strip())
    for requirement in requirements:
        assert "==" in requirement.split("\n")[0], requirement
        assert "--hash=sha256:" in requirement, requirement


def test_locks_agree_on_versions() -> None:
    """One world: a package has one version per marker in all of the toolkit's locks."""
    seen: dict[str, str] = {}
    for path in sorted(ROOT.glob("scripts/requirements/*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if match := re.match(r"([a-z0-9_.-]+)==(\S+)( ; .*?)? \\", line):
                key = f"{match.group(1)}{match.group(3) or ''}"
                assert seen.setdefault(key, match.group(2)) == match.group(2), f"{path.name}: {line}"


def test_npm_versions_are_exact_and_no_lock_names_a_host() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert not [path for path in tracked if path.endswith(("package-lock.json", "uv.lock", "yarn.lock"))]
    for path in (path for path in tracked if path.endswith("package.json")):
        for version in re.findall(r'"[\w@/.-]+": "([^"]*\d[^"]*)"', (ROOT / path).read_text(encoding="utf-8")):
            assert re.fullmatch(r"\d+\.\d+\.\d+", version), f"{path}: {version}"
