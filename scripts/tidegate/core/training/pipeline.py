"""What `dvc.yaml` defines and `dvc.lock` recorded, as values.

Paths are from the repository's root, digests are written as DVC writes them (`<md5>`, or `<md5>.dir` for a folder).
What DVC alone can tell is not guessed at: such a stage is marked as not settled, and DVC is asked.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from tidegate.errors import InputError

DEFINITION = "dvc.yaml"
RECORD = "dvc.lock"
PARAMETERS = "params.yaml"
UNKNOWN = "?"

_SETTLED_KEYS = {"cmd", "wdir", "deps", "outs", "metrics", "plots", "params", "desc", "meta"}
_EXPRESSION = re.compile(r"\$\{\s*([\w-]+(?:\.[\w-]+)*)\s*\}")


class Unsettled(Exception):
    """Only DVC can say what this means."""


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One stage as `dvc.yaml` asks for it; `params` is file -> keys (none: the whole file)."""

    name: str
    cmd: Any
    deps: frozenset[str]
    outs: frozenset[str]
    in_git: frozenset[str]
    params: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Record:
    """One stage as `dvc.lock` says it last ran; `params` is file -> key -> value."""

    name: str
    cmd: Any
    deps: Mapping[str, str] = field(default_factory=dict)
    outs: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def records(document: Any, folder: str, wdirs: Mapping[str, str] | None = None) -> dict[str, Record]:
    """The stages of a parsed `dvc.lock` that lies in `folder`; `wdirs` names stages' own working folders.

    Raises InputError E-DVC-003 when it is not what DVC writes (a merge left half done, say).
    """
    stages = document.get("stages") if isinstance(document, Mapping) else None
    if not isinstance(stages, Mapping):
        raise _broken(folder, "it has no stages")
    try:
        return {
            name: _record(name, entry, posixpath.join(folder, (wdirs or {}).get(name, ".")))
            for name, entry in stages.items()
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise _broken(folder, f"{error!r:.100}") from None


def _broken(folder: str, reason: str) -> InputError:
    return InputError(
        "E-DVC-003",
        f"is not a lock file that DVC wrote ({reason}).",
        where=normal(folder, RECORD),
        fix="Restore it from Git (git checkout -- dvc.lock), then run dvc repro.",
    )


def _record(name: str, entry: Mapping[str, Any], folder: str) -> Record:
    return Record(
        name=name,
        cmd=entry["cmd"],
        deps=_digests(entry.get("deps") or (), folder),
        outs=_digests(entry.get("outs") or (), folder),
        params={normal(folder, file): dict(values) for file, values in (entry.get("params") or {}).items()},
    )


def _digests(entries: Iterable[Mapping[str, Any]], folder: str) -> dict[str, str]:
    """What has no md5 of plain bytes (an import, a cloud version, DVC 2's text hash) gets a digest nothing equals."""
    return {
        _place(folder, entry["path"]): str(entry["md5"]) if entry.get("hash") == "md5" and "md5" in entry else UNKNOWN
        for entry in entries
    }


def _place(folder: str, path: str) -> str:
    try:
        return normal(folder, path)
    except Unsettled:
        return path


def working_folders(document: Any) -> dict[str, str]:
    """Stage name -> `wdir`, for the stages of a parsed `dvc.yaml` that have one."""
    return {
        name: entry["wdir"]
        for name, entry in _stages(document).items()
        if isinstance(entry, Mapping) and "wdir" in entry
    }


def stage_names(document: Any) -> tuple[str, ...]:
    """The stages that a parsed `dvc.yaml` names, in its order; one for a whole foreach or matrix."""
    return tuple(_stages(document))


def _stages(document: Any) -> Mapping[str, Any]:
    stages = document.get("stages") if isinstance(document, Mapping) else None
    return stages if isinstance(stages, Mapping) else {}


def sources_never_run(stages: Mapping[str, Record], document: Any) -> list[str]:
    """Stages that read nothing and are not on record; `dvc repro --allow-missing` takes them for up to date."""
    recorded = {name.split("@", 1)[0] for name in stages}
    return [
        name
        for name, entry in _stages(document).items()
        if name not in recorded and isinstance(entry, Mapping) and not _reads(entry.get("do", entry))
    ]


def _reads(entry: Any) -> bool:
    return isinstance(entry, Mapping) and bool(entry.get("deps") or entry.get("params"))


def defined_only(stages: Mapping[str, Record], document: Any) -> dict[str, Record]:
    """Without the records of stages that a parsed `dvc.yaml` no longer has: DVC never removes them.

    The stages of a foreach or a matrix are recorded as ``name@value``.
    """
    names = set(stage_names(document))
    return {name: record for name, record in stages.items() if name.split("@", 1)[0] in names}


def definitions(names: Iterable[str], document: Any, folder: str, parameters: Any) -> dict[str, Definition]:
    """The definitions of those stages that can be read without DVC."""
    found: dict[str, Definition] = {}
    for name in names:
        with suppress(Unsettled):
            found[name] = definition(name, document, folder, parameters)
    return found


def trimmed(stages: Mapping[str, Record], known: Mapping[str, Definition]) -> dict[str, Record]:
    """The records without dependencies and outputs that their definitions no longer have, where those are `known`."""
    return {name: _trimmed(record, known[name]) if name in known else record for name, record in stages.items()}


def _trimmed(record: Record, wanted: Definition) -> Record:
    deps = {path: digest for path, digest in record.deps.items() if path in wanted.deps}
    return replace(
        record, deps=deps, outs={path: digest for path, digest in record.outs.items() if path in wanted.outs}
    )


def definition(name: str, document: Any, folder: str, parameters: Any) -> Definition:
    """Stage `name` of a parsed `dvc.yaml`, with `${...}` filled from `parameters` (its params.yaml, parsed).

    Raises Unsettled where it uses what only DVC resolves: foreach, matrix, vars, frozen, always_changed, wildcards.
    """
    entry = _stages(document).get(name)
    if not isinstance(entry, Mapping) or set(entry) - _SETTLED_KEYS or "vars" in document:
        raise Unsettled
    filled = _fill(dict(entry), parameters)
    base = posixpath.join(folder, filled.get("wdir", "."))
    outs = [*(filled.get("outs") or ()), *(filled.get("metrics") or ()), *(filled.get("plots") or ())]
    return Definition(
        name=name,
        cmd=filled.get("cmd"),
        deps=frozenset(normal(base, path) for path in filled.get("deps") or ()),
        outs=frozenset(normal(base, path) for path, _ in map(_output, outs)),
        in_git=frozenset(normal(base, path) for path, options in map(_output, outs) if options.get("cache") is False),
        params=_tracked(filled.get("params") or (), base),
    )


def _output(entry: Any) -> tuple[str, Mapping[str, Any]]:
    if isinstance(entry, str):
        return entry, {}
    if isinstance(entry, Mapping) and len(entry) == 1:
        path, options = next(iter(entry.items()))
        if isinstance(path, str) and isinstance(options or {}, Mapping):
            return path, options or {}
    raise Unsettled


def _tracked(entries: Iterable[Any], base: str) -> dict[str, tuple[str, ...]]:
    tracked: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        named = entry if isinstance(entry, Mapping) else {PARAMETERS: [entry]}
        for file, keys in named.items():
            path = normal(base, file)
            if any(not isinstance(key, str) or set(key) & set("*?[]") for key in keys or ()):
                raise Unsettled
            tracked[path] = (*tracked.get(path, ()), *(keys or ()))
    return tracked


def _fill(value: Any, parameters: Any) -> Any:
    if isinstance(value, str):
        return _filled_text(value, parameters) if "$" in value else value
    if isinstance(value, Mapping):
        return {_fill(key, parameters): _fill(member, parameters) for key, member in value.items()}
    return [_fill(member, parameters) for member in value] if isinstance(value, list) else value


def _filled_text(text: str, parameters: Any) -> str:
    filled = _EXPRESSION.sub(lambda match: _written(lookup(parameters, match[1])), text)
    if "${" in filled:
        raise Unsettled
    return filled


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, str)) and "$" not in str(value):
        return str(value)
    raise Unsettled


def lookup(document: Any, key: str) -> Any:
    """The member at a dotted key. Raises Unsettled when there is none, or when a key itself has dots."""
    for part in key.split("."):
        if not isinstance(document, Mapping) or part not in document:
            raise Unsettled
        document = document[part]
    return document


def normal(folder: str, path: str) -> str:
    """`path`, written from `folder`, as seen from the root. Raises Unsettled when it is not inside the repository."""
    joined = posixpath.normpath(posixpath.join(folder, path))
    if joined.startswith(("../", "/")) or "://" in path:
        raise Unsettled
    return joined
