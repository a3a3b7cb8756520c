"""Names of container images in the contract: a base is a digest, because a tag is whatever somebody pushed last."""

from __future__ import annotations

import re

from tidegate.adapters.contract import values
from tidegate.core.contract.problem import shown

_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_HOST = r"(?:[A-Za-z0-9.-]+(?::[0-9]{1,5})?/)?"
REPOSITORY = rf"{_HOST}{_PART}(?:/{_PART})*"
BASE = rf"{REPOSITORY}(?::[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}})?@sha256:[0-9a-f]{{64}}"
_LONGEST = 255


def repository(value: object) -> str:
    """Where an image is pushed: registry and path, without a tag or a digest."""
    written = values.text(value)
    if len(written) > _LONGEST or not re.fullmatch(REPOSITORY, written):
        expected = "expected a repository such as ghcr.io/owner/name, without tag or digest"
        raise values.wrong("E-CFG-070", f"{expected}, got {shown(written)}.")
    return written


def base(value: object) -> str:
    """The image that others build on, pinned by digest."""
    written = values.text(value)
    if re.fullmatch(BASE, written):
        return written
    if "@" not in written and re.fullmatch(rf"{REPOSITORY}(?::[\w.-]+)?", written):
        fix = f"Write the digest behind it: {written[:80]}@sha256:… (docker buildx imagetools inspect shows it)."
        raise values.wrong("E-CFG-071", f"{shown(written)} is not pinned: a tag can be moved.", fix)
    raise values.wrong("E-CFG-071", f"expected an image by digest, name@sha256:…, got {shown(written)}.")
