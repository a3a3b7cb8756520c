"""A release folder is read once, checked against its digests, and never opened again: what was checked is what runs."""

from __future__ import annotations

import hashlib
import json
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidegate.errors import InputError, SecurityRefusal
from tidegate.server.release import profile, signature
from tidegate.server.release.profile import ProfileColumn
from tidegate.server.release.signature import Signature

MODEL, PROFILE, MANIFEST = "model.onnx", "profile.json", "release.json"
FILES = (MODEL, PROFILE, signature.FILE)
SCHEMA = 1
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_LIMITS = {MODEL: 2 * 1024**3, PROFILE: 64 * 1024**2, signature.FILE: 16 * 1024**2, MANIFEST: 64 * 1024}


@dataclass(frozen=True, kw_only=True)
class Release:
    """A checked release. `digest` is that of release.json itself and so names everything in the folder."""

    name: str
    version: str
    commit: str
    digest: str
    files: Mapping[str, str]
    model: bytes
    profile: Mapping[str, ProfileColumn]
    signature: Signature

    @property
    def identity(self) -> dict[str, Any]:
        """What /version says."""
        return {
            "name": self.name,
            "version": self.version,
            "commit": self.commit,
            "release": self.digest,
            "files": dict(self.files),
        }


def digest_of(data: bytes) -> str:
    """``sha256:<hex>``."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def load(folder: Path, expected: str | None = None) -> Release:
    """Read and check a release folder; `expected` is the digest that its release.json must have.

    Raises InputError (E-SRV-001 no such folder, E-SRV-002 release.json) and SecurityRefusal (E-SEC-050 bytes that are
    not those of the release, E-SEC-051 files that do not belong to it).
    """
    contents = _contents(folder)
    manifest_bytes = contents.pop(MANIFEST)
    digest = digest_of(manifest_bytes)
    if expected is not None and digest != expected:
        raise _tampered(folder / MANIFEST, expected, digest)
    manifest = _manifest(manifest_bytes, folder / MANIFEST)
    for name, data in contents.items():
        found, wanted = digest_of(data), manifest["files"][name]
        if found != wanted:
            raise _tampered(folder / name, wanted, found)
    terms = signature.parse(_json(contents[signature.FILE], folder / signature.FILE), str(folder / signature.FILE))
    described = profile.parse(_json(contents[PROFILE], folder / PROFILE), str(folder / PROFILE))
    profile.fits(described, terms, str(folder / PROFILE))
    return Release(
        name=manifest["name"],
        version=manifest["version"],
        commit=manifest["commit"],
        digest=digest,
        files=manifest["files"],
        model=contents[MODEL],
        profile=described,
        signature=terms,
    )


def _contents(folder: Path) -> dict[str, bytes]:
    if not folder.is_dir():
        fix = "Give the folder that holds release.json with --release."
        raise InputError("E-SRV-001", "there is no such release folder.", where=str(folder), fix=fix)
    wanted = {*FILES, MANIFEST}
    found = {path.name for path in folder.iterdir()}
    if found != wanted:
        problem = "; ".join(
            f"{word}: {', '.join(sorted(ascii(name)[1:81] for name in names))[:200]}"
            for word, names in (("missing", wanted - found), ("not part of a release", found - wanted))
            if names
        )
        raise SecurityRefusal("E-SEC-051", f"{problem}. Nothing was loaded.", where=str(folder))
    return {name: _regular(folder / name, _LIMITS[name]) for name in sorted(wanted)}


def _regular(path: Path, limit: int) -> bytes:
    """The bytes of a plain file; a link could lead anywhere and change later."""
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise SecurityRefusal("E-SEC-051", "is no plain file. Nothing was loaded.", where=str(path))
    if status.st_size > limit:
        raise SecurityRefusal("E-SEC-051", f"is larger than {limit} bytes. Nothing was loaded.", where=str(path))
    try:
        return path.read_bytes()
    except OSError as error:
        reason = f"cannot be read ({error.strerror})."
        raise InputError("E-SRV-001", reason, where=str(path), fix="Let the server's user read it.") from None


def _manifest(data: bytes, path: Path) -> Mapping[str, Any]:
    document = _json(data, path)
    keys = {"schema", "name", "version", "commit", "files"}
    if not isinstance(document, dict) or document.keys() != keys:
        raise _malformed(path, f"must be an object with {', '.join(sorted(keys))}")
    if document["schema"] != SCHEMA:
        raise _malformed(path, f"has schema {document['schema']!r}; this server reads {SCHEMA}")
    for key, form in (("name", NAME), ("version", NAME), ("commit", COMMIT)):
        if not isinstance(document[key], str) or not form.fullmatch(document[key]):
            raise _malformed(path, f"has a {key} that is not of the form {form.pattern}")
    files = document["files"]
    if not isinstance(files, dict) or files.keys() != set(FILES):
        raise _malformed(path, f"must give the digests of {', '.join(FILES)}")
    if not all(isinstance(digest, str) and _DIGEST.fullmatch(digest) for digest in files.values()):
        raise _malformed(path, "has a digest that is not sha256:<64 hex digits>")
    return document


def _json(data: bytes, path: Path) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _malformed(path, f"is no JSON ({str(error)[:80]})") from None


def _malformed(path: Path, reason: str) -> InputError:
    return InputError("E-SRV-002", f"{reason}.", where=str(path), fix="Build the release again.")


def _tampered(path: Path, wanted: str, found: str) -> SecurityRefusal:
    text = f"is not the file that was released: expected {wanted}, found {found}. Nothing was loaded."
    return SecurityRefusal(
        "E-SEC-050", text, where=str(path), fix="Fetch the release again from where it was published."
    )
