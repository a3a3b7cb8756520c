"""The bytes of an artifact, from wherever GitHub keeps them: without our token, and no more of them than is sane."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar

from tidegate.errors import InfrastructureError, SecurityRefusal

if TYPE_CHECKING:
    from requests import PreparedRequest, Response

_BLOCK = 64 * 1024
_CONNECT, _READ = 5.0, 30.0
_Request = TypeVar("_Request", bound="PreparedRequest")


def download(url: str, *, most: int, digest: str | None, direct: bool) -> bytes:
    """What is at `url`, which is secret and named in no message.

    `direct` goes past every proxy. Raises InfrastructureError E-GH-016 when it cannot be had whole, SecurityRefusal
    E-SEC-041 when it is larger than `most` bytes or not what `digest` (``sha256:…``) promises.
    """
    from requests import RequestException, Session

    with Session() as session:
        session.trust_env = not direct
        session.auth = _nobody
        try:
            with session.get(url, stream=True, timeout=(_CONNECT, _READ), allow_redirects=False) as response:
                data = b"".join(_blocks(response, most))
        except RequestException as error:
            raise _cut_off(type(error).__name__) from None
    if digest is not None and f"sha256:{hashlib.sha256(data).hexdigest()}" != digest:
        raise SecurityRefusal("E-SEC-041", "the artifact is not the one that the run uploaded: its digest differs.")
    return data


def _blocks(response: Response, most: int) -> Iterator[bytes]:
    if response.status_code != 200:
        raise _cut_off(f"status {response.status_code}")
    received = 0
    for block in response.iter_content(_BLOCK):
        received += len(block)
        if received > most:
            raise SecurityRefusal("E-SEC-041", f"the artifact is larger than {most} bytes; nothing of it was used.")
        yield block


def _nobody(request: _Request) -> _Request:
    """No credentials, not even those that a .netrc would offer."""
    return request


def _cut_off(why: str) -> InfrastructureError:
    return InfrastructureError("E-GH-016", f"the artifact cannot be downloaded ({why}).", fix="Run the job again.")
