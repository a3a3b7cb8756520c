"""`python -m tidegate.server.mirroring`: one mirror until SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence

from tidegate.server.mirroring.mirror import Mirror


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 ended by SIGTERM, 3 the address cannot be used."""
    parser = argparse.ArgumentParser(description="Ask a release what its champion is asked, and compare the answers.")
    parser.add_argument("--to", required=True, metavar="HOST:PORT", help="the release that is asked")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=10.0, help="most time for one answer")
    options = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    mirror = Mirror(options.to, options.seconds)
    try:
        asyncio.run(_serve(mirror, options.host, options.port))
    except OSError as error:
        sys.stderr.write(f"tidegate-mirror: cannot listen on {options.host}:{options.port}: {error.strerror}\n")
        return 3
    return 0


async def _serve(mirror: Mirror, host: str, port: int) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    server = await asyncio.start_server(mirror.connected, host, port)
    mirror.begin()
    await stop.wait()
    server.close()


if __name__ == "__main__":
    sys.exit(main())
