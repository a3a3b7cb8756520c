"""The data that a `.dvc` pointer stands for, at any commit: which files, and their bytes, hashed before they are used.

DVC 3.67 checks out, and pulls, objects whose bytes were changed in its cache or on its remote with exit code 0; with
`verify = true` it drops a wrong object and still reports it as fetched; a remote that is gone altogether is "up to
date". So its exit code is not asked whether the data is here: every object is counted and hashed.

Objects are read from the cache and never checked out: the work tree stays as it is, and the base's data needs no
second one. They are fetched through a throw-away DVC project that shares the caller's cache and remotes, because DVC
fetches what a pointer in its own work tree names, and the base's pointer is not there.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tidegate.adapters import files
from tidegate.adapters.dvc import cache as dvc_cache
from tidegate.adapters.dvc import program as dvc_program
from tidegate.adapters.dvc.pointer import DIGEST, Pointer
from tidegate.adapters.dvc.trees import digest_of, folder_digest
from tidegate.console import Console
from tidegate.core.evidence import strict_json
from tidegate.core.training.dvc_failure import failure
from tidegate.errors import InfrastructureError, Problems, SecurityRefusal, TidegateError

_LISTING_LIMIT = 256 * 1024 * 1024
_TOLD = 20
_LOST = re.compile(r"(?:failed to transfer '|^md5: )([0-9a-f]{32}(?:\.dir)?)")
_TELLING = {"E-DVC-007", "E-DVC-008", "E-DVC-012", "E-DVC-022", "E-DVC-023"}


@dataclass(frozen=True, kw_only=True)
class Content:
    """The files that a pointer stands for: `digests` by name, and `paths`, where their bytes are, hashed and right.

    Names are relative to the folder (for a single file, its own name).
    """

    digests: Mapping[str, str]
    paths: Mapping[str, Path]


@dataclass(frozen=True, kw_only=True)
class Store:
    """The repository at `root`, with the environment in which its DVC is started."""

    root: Path
    environment: Mapping[str, str] = field(repr=False)
    console: Console


def in_work_tree(store: Store, wanted: Pointer) -> Content | None:
    """The data as it lies in the work tree; None when it does not lie there.

    What lies there is what training will read, so it has to be what the pointer names, all of it and nothing else.
    Raises Problems with a SecurityRefusal E-DAT-031 for every file that is not.
    """
    place = files.inside(store.root, wanted.target)
    if not place.exists() or (place.is_dir() and not any(place.iterdir())):
        return None
    if place.is_dir() != wanted.is_folder:
        kinds = ("a folder", "a file") if wanted.is_folder else ("a file", "a folder")
        raise SecurityRefusal(
            "E-DAT-031", f"expected {kinds[0]}, got {kinds[1]}.", where=wanted.target, fix=_fix(wanted)
        )
    paths = _files_in(place)
    digests = {name: digest_of(path) or "" for name, path in paths.items()}
    here = folder_digest(digests) if wanted.is_folder else next(iter(digests.values()))
    if here != wanted.digest:
        recorded = _listing_for(store, wanted, here)
        extra = _not_ignored(store, wanted, sorted(set(digests) - set(recorded)))
        _refuse_differences(wanted, recorded, digests, extra)
        digests, paths = dict(recorded), {name: paths[name] for name in recorded}
    return Content(digests=digests, paths=paths)


def content(store: Store, wanted: Pointer, known: Mapping[str, Path]) -> Content:
    """The data that a pointer of any commit names: from `known` (digest → file), DVC's cache, or else its remote.

    Raises SecurityRefusal E-DAT-031 (cache) or E-DVC-011 (remote) for other bytes than the digest says,
    InfrastructureError E-DVC-010 when objects are to be had nowhere, and what `core.dvc_failure` tells apart.
    """
    digests = listing(store, wanted)
    needed = sorted(set(digests.values()) - set(known))
    objects = _objects(store, wanted, needed)
    if len(objects) < len(needed):
        objects |= _fetched(store, wanted, [digest for digest in needed if digest not in objects], len(needed))
    return Content(digests=digests, paths={name: {**known, **objects}[md5] for name, md5 in digests.items()})


def listing(store: Store, wanted: Pointer) -> dict[str, str]:
    """Name → MD5 of the files that a pointer stands for. Raises as `content` does."""
    if not wanted.is_folder:
        return {posixpath.basename(wanted.target): wanted.digest}
    found = _objects(store, wanted, [wanted.digest]) or _fetched(store, wanted, [wanted.digest], 1)
    text = files.read_text(found[wanted.digest], limit=_LISTING_LIMIT, shown=f"listing of {wanted.path}")
    try:
        return dict(_entries(strict_json(text, wanted.path)))
    except ValueError as error:
        message = f"names a listing that DVC did not write ({error})."
        raise SecurityRefusal("E-DVC-015", message, where=wanted.path, fix="Track the data again (dvc add).") from None


def _entries(document: Any) -> Iterator[tuple[str, str]]:
    """Whoever writes the pointer chooses the listing, so what a name leads to is not left to them."""
    seen: set[str] = set()
    for entry in document if isinstance(document, list) else [document]:
        name, digest = (entry.get("relpath"), entry.get("md5")) if isinstance(entry, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(digest, str) or not DIGEST.fullmatch(digest):
            raise ValueError(f"{entry!r:.80} in it is no file")
        if name in seen or posixpath.isabs(name) or posixpath.normpath(name) != name or name.startswith(".."):
            raise ValueError(f"{name[:80]!r} in it is twice or leads elsewhere")
        seen.add(name)
        yield name, digest


def _files_in(place: Path) -> dict[str, Path]:
    if place.is_file():
        return {place.name: place}
    return {path.relative_to(place).as_posix(): path for path in sorted(place.rglob("*")) if path.is_file()}


def _listing_for(store: Store, wanted: Pointer, here: str) -> dict[str, str]:
    """The listing that tells which file it is that differs; what lies here is refused without it as well."""
    try:
        return listing(store, wanted)
    except TidegateError as error:
        message = f"md5 expected {wanted.digest}, got {here} (which file it is cannot be told: {error})."
        raise SecurityRefusal("E-DAT-031", message, where=wanted.target, fix=_fix(wanted)) from error


def _not_ignored(store: Store, wanted: Pointer, names: list[str]) -> list[str]:
    """Those of `names` that `.dvcignore` does not leave out."""
    if not names:
        return []
    paths = {f"{wanted.target}/{name}": name for name in names}
    ended = dvc_program.run(["check-ignore", "--", *paths], store.root, store.environment, store.console)
    return [name for path, name in paths.items() if path not in ended.lines]


def _refuse_differences(
    wanted: Pointer, recorded: Mapping[str, str], here: Mapping[str, str], extra: list[str]
) -> None:
    messages = dict.fromkeys(extra, "is not in what the pointer names.")
    for name, digest in recorded.items():
        if name not in here:
            messages[name] = "is in what the pointer names, and missing."
        elif here[name] != digest:
            messages[name] = f"md5 expected {digest}, got {here[name]}."
    folder = wanted.target if wanted.is_folder else posixpath.dirname(wanted.target)
    told = sorted(messages.items())[:_TOLD]
    if told:
        raise Problems(
            [
                SecurityRefusal("E-DAT-031", text, where=posixpath.join(folder, name), fix=_fix(wanted))
                for name, text in told
            ]
        )


def _fix(wanted: Pointer) -> str:
    return (
        f"If it was changed on purpose, run dvc add {wanted.target}; if not, delete it and run dvc pull {wanted.path}."
    )


def _objects(store: Store, wanted: Pointer, digests: list[str]) -> dict[str, Path]:
    """Those of the objects that are in the cache, hashed. Raises SecurityRefusal E-DAT-031 for a damaged one."""
    if not digests:
        return {}
    cache = dvc_cache.folder(_project(store, wanted))
    found: dict[str, Path] = {}
    for digest in digests:
        place = cache / "files" / "md5" / digest[:2] / digest[2:]
        if not place.is_file():
            continue
        if (got := digest_of(place)) != digest.removesuffix(".dir"):
            raise SecurityRefusal(
                "E-DAT-031",
                f"md5 expected {digest}, got {got}: DVC's cache is damaged.",
                where=str(place.relative_to(store.root) if place.is_relative_to(store.root) else place),
                fix="Delete this file and run again; it is fetched from the remote then.",
            )
        found[digest] = place
    return found


def _project(store: Store, wanted: Pointer) -> Path:
    return dvc_cache.project(store.root, posixpath.dirname(wanted.path))


def _fetched(store: Store, wanted: Pointer, missing: list[str], needed: int) -> dict[str, Path]:
    """`missing` objects, from the remote into the cache. Fetches all that the pointer names and the cache lacks."""
    ended = _fetch(store, wanted)
    found = _objects(store, wanted, missing)
    lost = [digest for digest in missing if digest not in found]
    if lost:
        raise _not_fetched(wanted, ended, lost, needed)
    return found


def _not_fetched(wanted: Pointer, ended: dvc_program.Ended, lost: list[str], needed: int) -> TidegateError:
    """Why objects are not here although DVC was asked. It names those that it could not get, but drops what it got and
    found to be wrong without a word.
    """
    known = failure(ended.lines, ended.code, wanted.path)
    if known.code in _TELLING:
        return known
    named = list(dict.fromkeys(digest for line in ended.lines for digest in _LOST.findall(line)))
    if named:
        everything = max(needed, len(named), (wanted.files or 0) + 1)
        return InfrastructureError(
            "E-DVC-010",
            f"{len(named)} of {everything} objects are missing: neither in DVC's cache nor on its remote, "
            f"such as {named[0]}.",
            where=wanted.path,
            fix=f"Push them from a clone that has them (dvc push {wanted.path}), and look at the remote itself: DVC "
            "takes one that lost objects for complete.",
        )
    if ended.code:
        return known
    return SecurityRefusal(
        "E-DVC-011",
        f"{len(lost)} of {needed} objects have other bytes on the remote than their digest says: {lost[0]}.",
        where=wanted.path,
        fix="Remove them from the remote, and push them again from where they are right.",
    )


def _fetch(store: Store, wanted: Pointer) -> dvc_program.Ended:
    out = {"md5": wanted.digest, "hash": "md5", "path": "data", **({"remote": wanted.remote} if wanted.remote else {})}
    with TemporaryDirectory(prefix="tidegate-data-") as folder:
        there = Path(folder)
        (there / ".dvc").mkdir()
        (there / "data.dvc").write_text(json.dumps({"outs": [out]}), encoding="utf-8")
        dvc_cache.share(_project(store, wanted), there)
        _make_strict(there)
        environment = {**store.environment, "DVC_SITE_CACHE_DIR": str(there / "state")}
        with store.console.group(f"fetching {wanted.target} ({wanted.digest[:12]})"):
            return dvc_program.run(["fetch", "data.dvc"], there, environment, store.console)


def _make_strict(project: Path) -> None:
    """No Git around this project, and what a remote sends is hashed whatever its owner chose."""
    from dvc.config import Config

    with Config(dvc_dir=str(project / ".dvc")).edit("local") as local:
        local["core"] = {**local["core"], "no_scm": True}
        local["remote"] = {name: {**options, "verify": True} for name, options in local["remote"].items()}
