"""`dvc.yaml`, `dvc.lock`, pointers and parameter files, read as DVC reads them (YAML 1.2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tidegate.core.training.pipeline import RECORD, Record, records, working_folders
from tidegate.errors import InputError

LIMIT = 16 * 1024 * 1024


def parsed(data: bytes | None, path: str) -> Any:
    """The document in `data`, None for none. Raises InputError E-DVC-002 (conflict markers), E-DVC-001 (syntax)."""
    if data is None:
        return None
    if len(data) > LIMIT:
        raise InputError("E-DVC-001", f"is larger than {LIMIT} bytes.", where=path)
    if (line := _conflict(data)) is not None:
        raise InputError(
            "E-DVC-002",
            "has conflict markers of a merge left half done.",
            where=f"{path}:{line}",
            fix="Resolve the conflict (for dvc.lock: take either side and run dvc repro), then commit.",
        )
    try:
        return json.loads(data) if path.endswith(".json") else _yaml(data)
    except (ValueError, RecursionError) as error:
        raise InputError("E-DVC-001", f"cannot be parsed: {error!s:.200}", where=path) from None


def _yaml(data: bytes) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        return YAML(typ="safe", pure=False).load(data.decode("utf-8-sig"))
    except MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ValueError(f"{place}{error.problem}") from None
    except YAMLError as error:
        raise ValueError(str(error)) from None


def _conflict(data: bytes) -> int | None:
    for number, line in enumerate(data.splitlines(), 1):
        if line.startswith((b"<<<<<<< ", b">>>>>>> ")):
            return number
    return None


def recorded(data: bytes | None, defined: Any, folder: str) -> dict[str, Record]:
    """The stages of `dvc.lock`, none when there is no such file yet. Raises InputError when DVC did not write it."""
    document = parsed(data, f"{folder}/{RECORD}")
    return {} if document is None else records(document, folder, working_folders(defined))


def pointed(document: Any) -> Mapping[str, str]:
    """Path (from the pointer's folder) -> digest of what a parsed `.dvc` file tracks."""
    outs = document.get("outs") if isinstance(document, Mapping) else None
    return {
        str(out["path"]): str(out["md5"])
        for out in outs or ()
        if isinstance(out, Mapping) and out.get("hash") == "md5" and "md5" in out and "path" in out
    }
