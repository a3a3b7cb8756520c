"""Words to HAProxy in its container: a program there carries them to its socket for as long as somebody here asks.

It is started through the engine, once: starting one for every question costs a tenth of a second of a processor.
"""

from __future__ import annotations

import os
import select
import struct
import time
import weakref
from typing import Any

from tidegate.adapters.targets.docker.engine import Engine

_WAIT = 10.0
_HEAD = struct.Struct(">BxxxL")
_OUT = 1
_END = b"\0"
# Perl is in every image of Debian's family, as is HAProxy's own; nothing else there can speak to a socket.
_CARRY = (
    "use IO::Socket::UNIX; $| = 1; while (defined(my $line = <STDIN>)) { "
    "my $link = IO::Socket::UNIX->new(Peer => $ARGV[0]); my $said; "
    "if ($link) { print $link $line; local $/; $said = <$link> } "
    'print defined($said) ? "+$said\\0" : "-$!\\0" }'
)


class Channel:
    """To the socket `path` in `container`, as `user` there. It ends with this object."""

    def __init__(self, engine: Engine, container: str, user: str, path: str) -> None:
        api = engine.client.api
        with engine.asked("speaking to HAProxy"):
            order = api.exec_create(container, ["perl", "-e", _CARRY, path], stdin=True, user=user)["Id"]
            stream = api.exec_start(order, socket=True)
        self.container = container
        self._number = stream.fileno()
        self._rest = b""
        self.close = weakref.finalize(self, _closed, stream)
        """Ends the program in the container."""

    def asked(self, words: str) -> str:
        """The answer to one line. Raises OSError when there is none, after which nothing more can be asked."""
        os.write(self._number, words.encode() + b"\n")
        deadline, said = time.monotonic() + _WAIT, b""
        while _END not in said:
            said += self._frame(deadline)
        if not said.startswith(b"+"):
            raise OSError(said[1:-1].decode(errors="replace"))
        return said[1:-1].decode(errors="replace")

    def _frame(self, deadline: float) -> bytes:
        """The next piece of what the program says; of what it complains, too, which is no answer."""
        kind, size = _HEAD.unpack(self._read(_HEAD.size, deadline))
        data = self._read(size, deadline)
        if kind != _OUT:
            raise OSError(data.decode(errors="replace"))
        return data

    def _read(self, size: int, deadline: float) -> bytes:
        while len(self._rest) < size:
            poll = select.poll()
            poll.register(self._number, select.POLLIN)
            if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise TimeoutError("no answer in time")
            more = os.read(self._number, 65536)
            if not more:
                raise ConnectionResetError("the container has no such program, or ended")
            self._rest += more
        data, self._rest = self._rest[:size], self._rest[size:]
        return data


def _closed(stream: Any) -> None:
    response = getattr(stream, "_response", None)
    if response is not None:  # it has the connection, and has to be asked while the stream is open
        response.close()
    stream.close()
