"""`environments/<name>/release.yaml`: which model version an environment is meant to run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tidegate.errors import InputError

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LIMIT = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Release:
    """The version of `model` that was trained at `commit`."""

    model: str
    commit: str
    version: str


def parse(data: bytes, where: str) -> Release:
    """Read a release file. Raises InputError E-REL-001 when it is not one that a promotion wrote."""
    document = _document(data, where)
    if not isinstance(document, dict):
        raise _broken(where, "it is no mapping")
    model, commit, version = (document.get(name) for name in ("model", "commit", "version"))
    if not isinstance(model, str) or not model:
        raise _broken(where, "it names no model")
    if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
        raise _broken(where, f"commit {str(commit)[:80]!r} is no full commit id")
    if not isinstance(version, int | str) or isinstance(version, bool):
        raise _broken(where, "it has no version")
    return Release(model=model, commit=commit, version=str(version))


def _document(data: bytes, where: str) -> Any:
    import yaml

    if len(data) > _LIMIT:
        raise _broken(where, f"it is larger than {_LIMIT} bytes")
    try:
        return yaml.load(data, Loader=yaml.BaseLoader)  # noqa: S506 - BaseLoader makes texts only, never objects
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise _broken(where, str(error).splitlines()[0][:120]) from None


def _broken(where: str, reason: str) -> InputError:
    fix = "Restore it from Git; promotions write it."
    return InputError("E-REL-001", f"is not a release file: {reason}.", where=where, fix=fix)
