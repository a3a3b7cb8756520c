"""What a pipeline left on disk for people and for the record: metrics, pictures, files with their digests."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tidegate.adapters import files
from tidegate.core.training.claimed_metrics import numbers, parse_json
from tidegate.core.training.produced import PICTURES
from tidegate.errors import InputError, Problems, TidegateError

_METRICS_LIMIT = 4 * 1024 * 1024
_PICTURE_LIMIT = 1024 * 1024
_MOST_PICTURES = 12


def claimed(root: Path, paths: Sequence[str]) -> dict[str, float]:
    """The numbers in the metrics files `paths`; with several files, each name begins with its file's.

    Raises InputError or Problems with everything that is wrong in any of them.
    """
    found: dict[str, float] = {}
    problems: list[TidegateError] = []
    for path in paths:
        try:
            metrics = numbers(_document(root, path), path)
        except Problems as error:
            problems += error.problems
        except TidegateError as error:
            problems.append(error)
        else:
            found.update({f"{path}:{name}" if len(paths) > 1 else name: value for name, value in metrics.items()})
    if problems:
        raise Problems(problems) if len(problems) > 1 else problems[0]
    return found


def _document(root: Path, path: str) -> Any:
    place = files.inside(root, path)
    if not place.is_file():
        raise InputError("E-MET-001", "not found.", where=path, fix="A stage's `metrics` must write it.")
    text = files.read_text(place, limit=_METRICS_LIMIT, shown=path)
    if not text.strip():
        raise InputError("E-MET-002", "is empty.", where=path, fix="Let the pipeline write at least one metric.")
    match place.suffix:
        case ".json":
            return parse_json(text, path)
        case ".yaml" | ".yml":
            return _yaml(text, path)
        case ".toml":
            return _toml(text, path)
        case other:
            raise InputError("E-MET-003", f"has the unknown format {other!r}; write JSON, YAML or TOML.", where=path)


def _yaml(text: str, where: str) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import DuplicateKeyError
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).load(text)
    except DuplicateKeyError as error:
        raise InputError("E-MET-008", f"gives a name twice: {error.problem!s:.100}.", where=where) from None
    except YAMLError as error:
        raise InputError("E-MET-003", f"is not YAML: {error!s:.200}.", where=where) from None


def _toml(text: str, where: str) -> Any:
    import tomllib

    try:
        return tomllib.loads(text)
    except ValueError as error:
        raise InputError("E-MET-003", f"is not TOML: {error!s:.200}.", where=where) from None


def described(root: Path, paths: Iterable[str]) -> list[dict[str, Any]]:
    """Path, SHA-256 and size of each file at or under `paths` that is there."""
    return [
        {"path": file.relative_to(root).as_posix(), "sha256": files.sha256(file), "bytes": file.stat().st_size}
        for path in sorted(set(paths))
        for file in _files(root / path)
    ]


def _files(place: Path) -> Iterator[Path]:
    if place.is_dir():
        yield from (file for file in sorted(place.rglob("*")) if file.is_file())
    elif place.is_file():
        yield place


def copy_pictures(root: Path, paths: Iterable[str], target: Path) -> list[str]:
    """Copy the SVG and PNG files at or under `paths` to the emptied folder `target`; what was left out, and why.

    Links are not followed out of `root`; a picture is what begins like one, whatever its name says.
    """
    shutil.rmtree(target, ignore_errors=True)
    left: list[str] = []
    taken: dict[str, Path] = {}
    for file in (file for path in paths for file in _files(root / path) if file.suffix.lower() in PICTURES):
        shown = file.relative_to(root).as_posix()
        if why := _unfit(root, file, len(taken)):
            left.append(f"{shown}: {why}")
            continue
        name = file.name if file.name not in taken else shown.replace("/", "-")
        taken[name] = file
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target / name)
    return left


def _unfit(root: Path, file: Path, taken: int) -> str:
    if not file.resolve().is_relative_to(root.resolve()):
        return "it is a link that leaves the workspace"
    if taken >= _MOST_PICTURES:
        return f"more than {_MOST_PICTURES} pictures"
    if file.stat().st_size > _PICTURE_LIMIT:
        return f"larger than {_PICTURE_LIMIT} bytes"
    with file.open("rb") as stream:
        start = stream.read(1024)
    looks = start.startswith(b"\x89PNG\r\n\x1a\n") if file.suffix.lower() == ".png" else b"<svg" in start
    return "" if looks else "its content is no such picture"
