"""A `.dvc` file as DVC 3 writes it: which data it stands for, by digest, and where that belongs."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from tidegate.adapters.dvc.documents import parsed
from tidegate.errors import InputError

DIGEST = re.compile(r"[0-9a-f]{32}(\.dir)?")


@dataclass(frozen=True, kw_only=True)
class Pointer:
    """A `.dvc` file: `path` is its own, `target` that of the data, both from the repository's root.

    `digest` is DVC's: an MD5, followed by ``.dir`` for a folder of `files` files.
    """

    path: str
    target: str
    digest: str
    remote: str | None = None
    files: int | None = None

    @property
    def is_folder(self) -> bool:
        """Whether it stands for a folder of files."""
        return self.digest.endswith(".dir")


def read(data: bytes | None, path: str) -> Pointer:
    """The pointer in `data`, the bytes of the file `path`.

    Raises InputError E-DVC-013 when there is none, E-DVC-014 when it is of a kind that names no content by MD5.
    """
    if data is None:
        raise InputError(
            "E-DVC-013", "not found.", where=path, fix="Track the data with dvc add, or mend data.tracked."
        )
    document = parsed(data, path)
    outs = document.get("outs") if isinstance(document, dict) else None
    if not isinstance(outs, list) or len(outs) != 1 or not isinstance(outs[0], dict):
        raise _other(path, "does not name exactly one output.")
    out = outs[0]
    if "md5" not in out or out.get("hash") != "md5":
        old = " (written by DVC 2: run dvc cache migrate --dvc-files)" if "md5" in out else ""
        raise _other(path, f"does not name its data by MD5 as DVC 3 does{old}.")
    digest, target = str(out["md5"]), str(out.get("path", ""))
    if not DIGEST.fullmatch(digest) or not target:
        raise _other(path, f"names {digest[:80]!r} at {target[:80]!r}, which is no object.")
    place = posixpath.normpath(posixpath.join(posixpath.dirname(path), str(document.get("wdir", ".")), target))
    remote, count = out.get("remote"), out.get("nfiles")
    return Pointer(
        path=path,
        target=place,
        digest=digest,
        remote=remote if isinstance(remote, str) else None,
        files=count if isinstance(count, int) else None,
    )


def _other(path: str, message: str) -> InputError:
    return InputError("E-DVC-014", message, where=path, fix="Track the data with dvc add.")
