"""In place of actions/upload-artifact: the files go into a zip that the simulated API serves.

The rules that bite are kept: hidden files stay out unless asked for, a name is used once, and paths in the archive
start at the least common folder of what was searched.
"""

from __future__ import annotations

import glob
import hashlib
import os
import re
import shutil
import zipfile
import zlib
from pathlib import Path

from tidegate.simulator.stand_ins.step import Failed, Step

EPOCH = (1980, 1, 1, 0, 0, 0)
FORBIDDEN = '":<>|*?\r\n\\/'


def run(step: Step) -> None:
    """Upload the files that `path` names under `name`."""
    roots, files = found(step.workspace, step.lines("path"), hidden=step.flag("include-hidden-files"))
    if not files:
        _nothing(step)
        return
    archived = step.input("archive").lower() != "false"
    if not archived and len(files) != 1:
        raise Failed("When 'archive' is false, exactly one file can be uploaded.")
    name = (step.input("name") or "artifact") if archived else files[0].name
    if not name or set(name) & set(FORBIDDEN):
        raise Failed(f"The artifact name is not valid: {name}.")
    overwrite = step.flag("overwrite")
    target = store(step.simulator, step.environ["GITHUB_RUN_ID"], name, archived=archived)
    if target.exists() and not overwrite:
        raise Failed("Failed to CreateArtifact: (409) Conflict: an artifact with this name already exists")
    _write(target, roots, files, archived=archived)
    identity = number(step.environ["GITHUB_RUN_ID"], name)
    step.output("artifact-id", identity)
    step.output("artifact-digest", hashlib.sha256(target.read_bytes()).hexdigest())
    run_url = "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}".format_map(step.environ)
    step.output("artifact-url", f"{run_url}/artifacts/{identity}")
    step.say(f"artifact {name}: {len(files)} files, {target.stat().st_size} bytes")


def store(simulator: Path, run_id: str, name: str, *, archived: bool = True) -> Path:
    """Where an artifact is kept: a zip, or the one file as it is."""
    return simulator / "artifacts" / run_id / f"{name}.{'zip' if archived else 'raw'}"


def number(run_id: str, name: str) -> int:
    """An artifact's id: the same for the job that makes it and for the API that lists it."""
    return 1_000_000_000 + zlib.crc32(f"{run_id}/{name}".encode())


def found(workspace: Path, patterns: list[str], *, hidden: bool) -> tuple[list[Path], list[Path]]:
    """Folders that were searched and files that were found, for lines of patterns (`!` excludes)."""
    roots: list[Path] = []
    files: dict[Path, None] = {}
    for pattern in patterns:
        exclude = pattern.startswith("!")
        place = workspace / Path(pattern.lstrip("!")).expanduser()
        matched = _matches(place, hidden=hidden)
        if exclude:
            files = {file: None for file in files if file not in matched}
        else:
            roots.append(_searched(place))
            files |= dict.fromkeys(matched)
    return roots, sorted(files)


def _matches(place: Path, *, hidden: bool) -> list[Path]:
    root = _searched(place)
    named = list(root.glob(str(place.relative_to(root)))) if root != place else [place]
    walked = [Path(top, name) for path in named for top, _, names in os.walk(path) for name in names]
    files = dict.fromkeys([*(path for path in named if path.is_file()), *walked])
    return [file for file in files if hidden or not _hidden(file, root)]


def _hidden(file: Path, root: Path) -> bool:
    """Whether the search meets a name with a leading dot on its way, the place it starts at included."""
    return any(part.startswith(".") for part in [root.name, *file.relative_to(root).parts])


def _searched(place: Path) -> Path:
    """The part of a pattern before its first wildcard: where the search starts."""
    parts = place.parts
    magic = next((index for index, part in enumerate(parts) if glob.has_magic(part)), len(parts))
    return Path(*parts[:magic])


def _write(target: Path, roots: list[Path], files: list[Path], *, archived: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not archived:
        shutil.copyfile(files[0], target)
        return
    base = Path(os.path.commonpath(roots))
    base = base.parent if base.is_file() else base
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.writestr(zipfile.ZipInfo(file.relative_to(base).as_posix(), EPOCH), file.read_bytes())


def _nothing(step: Step) -> None:
    message = f"No files were found with the provided path: {step.input('path')}. No artifacts will be uploaded."
    wish = step.input("if-no-files-found") or "warn"
    if not re.fullmatch("warn|error|ignore", wish):
        raise Failed(f"Unrecognized if-no-files-found input: {wish}")
    if wish == "error":
        raise Failed(message)
    step.say(f"::warning::{message}" if wish == "warn" else message)
