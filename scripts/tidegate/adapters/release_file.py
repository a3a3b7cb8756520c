"""`environments/<name>/release.yaml`: which model version an environment is meant to run."""

from __future__ import annotations

from typing import Any

from tidegate.core.release.release import Release, broken, parsed

_LIMIT = 64 * 1024


def parse(data: bytes, where: str) -> Release:
    """Read a release file. Raises InputError E-REL-001 when it is not one that a promotion wrote."""
    return parsed(_document(data, where), where)


def _document(data: bytes, where: str) -> Any:
    import yaml

    if len(data) > _LIMIT:
        raise broken(where, f"it is larger than {_LIMIT} bytes")
    try:
        return yaml.load(data, Loader=yaml.BaseLoader)  # noqa: S506 - BaseLoader makes texts only, never objects
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise broken(where, str(error).splitlines()[0][:120]) from None
