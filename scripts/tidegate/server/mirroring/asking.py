"""One question to a release on a connection that is used again and again."""

from __future__ import annotations

import http.client

from tidegate.server.mirroring.frames import Copy

ANSWER = 4 * 1024 * 1024
"""Bytes that are read of an answer."""


def asked(link: http.client.HTTPConnection, path: str, copy: Copy) -> tuple[http.client.HTTPResponse, bytes]:
    """The answer and its body. On a connection that was ended while nobody asked, it is asked once more on a new one.

    Raises OSError or HTTPException without an answer; the connection is closed then.
    """
    was_open = link.sock is not None
    try:
        return _answered(link, path, copy)
    except ConnectionError:  # a server may end an idle connection in the moment in which it is used
        link.close()
        if not was_open:
            raise
    except (OSError, http.client.HTTPException):
        link.close()
        raise
    try:
        return _answered(link, path, copy)
    except (OSError, http.client.HTTPException):
        link.close()
        raise


def _answered(link: http.client.HTTPConnection, path: str, copy: Copy) -> tuple[http.client.HTTPResponse, bytes]:
    link.request("POST", path, copy.body, dict(copy.headers))
    reply = link.getresponse()
    body = reply.read(ANSWER)
    if not reply.isclosed():
        raise http.client.HTTPException("an answer without an end")
    return reply, body
