"""In place of actions/download-artifact: this run's artifacts from their folder, another run's through the API."""

from __future__ import annotations

import fnmatch
import io
import json
import shutil
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tidegate.simulator.stand_ins.step import Failed, Step


def run(step: Step) -> None:
    """Unpack the artifact called `name` into `path`, or every one (that fits `pattern`) into a folder of its name."""
    target = step.workspace / step.input("path")
    name, pattern = step.input("name"), step.input("pattern") or "*"
    count = 0
    for found, data, archived in _artifacts(step):
        if found == name or (not name and fnmatch.fnmatchcase(found, pattern)):
            flat = bool(name) or step.flag("merge-multiple")
            _unpack(target if flat else target / found, found, data, archived=archived)
            count += 1
    if name and not count:
        raise Failed(f"Unable to download artifact(s): Artifact not found for name: {name}")
    step.output("download-path", target)
    step.say(f"downloaded {count} artifacts into {target}")


def _unpack(target: Path, name: str, data: bytes, *, archived: bool) -> None:
    target.mkdir(parents=True, exist_ok=True)
    if not archived:
        (target / name).write_bytes(data)
        return
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for item in archive.infolist():
            place = (target / item.filename).resolve()
            if not place.is_relative_to(target.resolve()):
                raise Failed(f"Malformed extraction path: {item.filename}")
            if not item.is_dir():
                place.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(item) as source, place.open("wb") as file:
                    shutil.copyfileobj(source, file)


def _artifacts(step: Step) -> Iterator[tuple[str, bytes, bool]]:
    """Name, bytes and whether it is a zip, of every artifact of the run that was asked for."""
    own = step.environ["GITHUB_RUN_ID"]
    wanted = step.input("run-id") or own
    if wanted == own:
        for file in sorted((step.simulator / "artifacts" / own).iterdir()):
            yield file.stem, file.read_bytes(), file.suffix == ".zip"
        return
    repository = step.input("repository") or step.environ["GITHUB_REPOSITORY"]
    listing = json.loads(_get(step, f"/repos/{repository}/actions/runs/{wanted}/artifacts"))
    for artifact in listing["artifacts"]:
        data = _get(step, f"/repos/{repository}/actions/artifacts/{artifact['id']}/zip")
        yield artifact["name"], data, zipfile.is_zipfile(io.BytesIO(data))


def _get(step: Step, path: str) -> bytes:
    headers = {"Authorization": f"Bearer {step.input('github-token')}"}
    call = urllib.request.Request(step.environ["GITHUB_API_URL"] + path, headers=headers)  # noqa: S310 - our front
    try:
        with urllib.request.urlopen(call, timeout=60) as reply:  # noqa: S310 - our front
            return bytes(reply.read())
    except urllib.error.HTTPError as error:
        with error:
            raise Failed(f"Unable to download artifact(s): {error.code} {error.reason}") from None
