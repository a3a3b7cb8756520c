"""What this target needs of an engine, and the words that its containers share."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

PLACE = "io.tidegate.place"
"""The label that says to which environment something belongs."""
ROLE = "io.tidegate.role"
"""The label of what is no release: the proxy, the mirror."""
ORDERS = "/orders"
"""Where the proxy's file and the champion's order to send copies lie, in a volume that no release may write."""
LIVE = ("running", "restarting", "paused")


class Engine(Protocol):
    """A connection to an engine; `asked` turns what it refuses into our errors."""

    client: Any

    def asked(self, what: str) -> AbstractContextManager[None]:
        """For the calls in the block."""

    def reach(self, port: int) -> int:
        """The port of this machine's loopback that leads to a port of the engine's."""

    def free_port(self) -> int:
        """A port of the engine's loopback that nobody has, as far as can be known from here."""


def orders_of(place: str) -> str:
    """The volume at `ORDERS`."""
    return f"{place}-orders"


def keep(engine: Engine, container: str) -> None:
    """Have the engine start a container again whenever it ends: clients need it now."""
    with engine.asked("changing a container"):
        engine.client.api.update_container(container, restart_policy={"Name": "unless-stopped"})


def write(engine: Engine, container: str, named: Mapping[str, bytes], folder: str = "", owner: int = 0) -> None:
    """Put files into the volume at `ORDERS` of a container that may write there, whether it runs or not.

    `folder`: one that is made there as well, in which nobody but `owner` may write.
    """
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        if folder:
            told = tarfile.TarInfo(folder)
            told.type, told.mode, told.uid, told.gid = tarfile.DIRTYPE, 0o755, owner, owner
            archive.addfile(told)
        for name, data in named.items():
            told = tarfile.TarInfo(name)
            # By its time a server sees that a file is another one; to the fraction of a second, which this format has.
            told.size, told.mode, told.mtime = len(data), 0o644, time.time()
            archive.addfile(told, io.BytesIO(data))
    with engine.asked("writing orders"):
        engine.client.api.put_archive(container, ORDERS, stream.getvalue())


def bounds(memory: int, processes: int) -> dict[str, Any]:
    """No right that root has, a file system that nobody can write, and no more memory and processes than this."""
    return {
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "mem_limit": memory,
        "memswap_limit": memory,
        "pids_limit": processes,
    }
