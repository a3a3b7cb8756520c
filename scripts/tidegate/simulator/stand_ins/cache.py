"""In place of actions/cache: archives in a folder, one for each scope and key.

A pull request reads its own scope and the default branch's and writes only its own, as on GitHub.
"""

from __future__ import annotations

import re
import secrets
import tarfile
from pathlib import Path

from tidegate.simulator.stand_ins.step import Failed, Step
from tidegate.simulator.stand_ins.upload_artifact import found

LONGEST_KEY = 512


def restore(step: Step) -> None:
    """Unpack the entry of `key`, else the newest whose key starts with one of `restore-keys`."""
    key = _key(step)
    entry = _exact(step, key) or _prefixed(step, step.lines("restore-keys"))
    hit = entry is not None and entry.stem == _name(key)
    if entry is None and step.flag("fail-on-cache-miss"):
        raise Failed(f"Failed to restore cache entry. Exiting as fail-on-cache-miss is set. Input key: {key}")
    if entry is not None and not step.flag("lookup-only"):
        with tarfile.open(entry) as archive:
            archive.extractall(step.workspace, filter="data")
    step.output("cache-primary-key", key)
    step.output("cache-matched-key", _text(entry.stem) if entry else "")
    step.output("cache-hit", str(hit).lower() if entry else "")
    step.say(f"cache {'hit ' + _text(entry.stem) if entry else 'miss'} for key {key}")


def save(step: Step) -> None:
    """Keep the paths under `key`; a key is written once."""
    key = _key(step)
    entry = _scopes(step)[0] / f"{_name(key)}.tar"
    _, files = found(step.workspace, step.lines("path"), hidden=True)
    if entry.exists() or not files:
        step.say(f"cache not saved: {'the key exists' if files else 'no files'}")
        return
    entry.parent.mkdir(parents=True, exist_ok=True)
    unfinished = entry.with_name(f".{secrets.token_hex(8)}")
    with tarfile.open(unfinished, mode="w") as archive:
        for path in files:
            archive.add(path, arcname=str(path.relative_to(step.workspace)))
    unfinished.rename(entry)
    step.say(f"cache saved: {len(files)} files under {key}")


def _key(step: Step) -> str:
    key = step.input("key")
    if not key or "," in key or len(key) > LONGEST_KEY:
        raise Failed(f"Key Validation Error: {key[:80]} must be 1 to {LONGEST_KEY} characters without commas.")
    return key


def _scopes(step: Step) -> list[Path]:
    """Folders to look in, the run's own first."""
    references = [step.environ.get("GITHUB_REF") or "refs/heads/main", "refs/heads/main"]
    return [step.simulator / "cache" / _name(reference) for reference in dict.fromkeys(references)]


def _exact(step: Step, key: str) -> Path | None:
    return next((path for scope in _scopes(step) if (path := scope / f"{_name(key)}.tar").is_file()), None)


def _prefixed(step: Step, prefixes: list[str]) -> Path | None:
    for scope in _scopes(step):
        for prefix in prefixes:
            fitting = [path for path in scope.glob("*.tar") if path.stem.startswith(_name(prefix))]
            if fitting:
                return max(fitting, key=lambda path: path.stat().st_mtime_ns)
    return None


def _name(text: str) -> str:
    """A key as a file name, reversibly and keeping prefixes prefixes."""
    return re.sub(r"[^A-Za-z0-9_-]", lambda match: f"%{ord(match[0]):04x}", text)


def _text(name: str) -> str:
    return re.sub(r"%([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), name)
