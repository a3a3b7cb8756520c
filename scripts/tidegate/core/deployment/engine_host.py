"""The address of a Docker Engine on another machine, as people write it: parts of it become words of a command line."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HOST = re.compile(
    r"ssh://(?:(?P<user>[A-Za-z0-9_][A-Za-z0-9._-]{0,31})@)?(?P<host>[A-Za-z0-9][A-Za-z0-9.-]{0,252}|\[[0-9a-f:]+\])"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?(?P<socket>(?:/[A-Za-z0-9._-]+)+)?"
)


@dataclass(frozen=True, kw_only=True)
class Remote:
    """`user` and `port` are empty where OpenSSH's configuration says them; `socket`: the engine's, on that machine."""

    user: str
    host: str
    port: str
    socket: str = "/var/run/docker.sock"


def remote(address: str) -> Remote | None:
    """The parts of ``ssh://[user@]host[:port][/path]``; None for anything else."""
    found = _HOST.fullmatch(address)
    if found is None or int(found["port"] or 22) > 65_535:
        return None
    socket = {"socket": found["socket"]} if found["socket"] else {}
    return Remote(user=found["user"] or "", host=found["host"].strip("[]"), port=found["port"] or "", **socket)
