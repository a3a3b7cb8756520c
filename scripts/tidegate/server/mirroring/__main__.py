"""`python -m tidegate.server.mirroring`: one mirror until SIGTERM.

Without `--of` the champion's server brings copies with its answers, in frames; with it a gateway brings requests alone.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence

from tidegate.server.mirroring.counts import Counts
from tidegate.server.mirroring.mirror import Mirror


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 ended by SIGTERM, 3 the address cannot be used."""
    parser = argparse.ArgumentParser(description="Ask a release what its champion is asked, and compare the answers.")
    parser.add_argument("--to", required=True, metavar="HOST:PORT", help="the release that is asked; several by commas")
    parser.add_argument("--of", default="", metavar="HOST:PORT", help="the champion, where copies come without answers")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--socket", default="", metavar="PATH", help="a socket that takes copies as well")
    parser.add_argument("--seconds", type=float, default=10.0, help="most time for one answer")
    options = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    try:
        if options.of:
            asyncio.run(_receive(options))
        else:
            asyncio.run(_serve(Mirror(options.to, options.seconds), options))
    except OSError as error:
        sys.stderr.write(f"tidegate-mirror: cannot listen on {options.host}:{options.port}: {error.strerror}\n")
        return 3
    return 0


async def _serve(mirror: Mirror, options: argparse.Namespace) -> None:
    stop = _told_to_end()
    servers = [await asyncio.start_server(mirror.connected, options.host, options.port)]
    if options.socket:
        servers.append(await asyncio.start_unix_server(mirror.connected, options.socket))
    mirror.begin()
    await stop.wait()
    for server in servers:
        server.close()


async def _receive(options: argparse.Namespace) -> None:
    from tidegate.server.mirroring.reception import Champion, Reception
    from tidegate.server.wire.connection import Connection

    counts, stop = Counts(), _told_to_end()
    champion = Champion(options.of, options.seconds, counts)
    mirror = Mirror(options.to, options.seconds, counts, champion.answered)
    reception = Reception(mirror)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(reception), options.host, options.port)
    watching = asyncio.create_task(reception.watch())
    mirror.begin()
    await stop.wait()
    watching.cancel()
    server.close()


def _told_to_end() -> asyncio.Event:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    return stop


if __name__ == "__main__":
    sys.exit(main())
