"""The language of HAProxy: its configuration, what it is told while it runs, and what it answers.

Whoever starts it and carries the words to it, as a program of this machine or as a container, speaks it from here.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from tidegate.server.wire.message import CHECK

SLOTS = 4
"""Versions that can run side by side: the champion, the release, and what a killed run left."""
STATE = "show servers state releases"
STATISTICS = "show stat"
_MAINTAINED = 0x63  # forced, inherited, by resolution or by name: the bits under which HAProxy asks a server nothing
_CONFIGURATION = """\
global
  stats socket {socket} mode 600 level admin
  hard-stop-after 60s
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout queue 5s
  timeout http-request 10s
  retries 3
  option redispatch
  retry-on conn-failure
frontend clients
  bind {address}
  http-request del-header {check}
  default_backend releases
backend releases
  balance roundrobin
  http-reuse safe
{servers}
"""


@dataclass(frozen=True)
class Slot:
    """One place behind the proxy: a local port, and what percent of the requests goes there."""

    port: int
    weight: int


@dataclass(frozen=True)
class Counts:
    """What the proxy got from one slot since it was started."""

    requests: int
    errors: int


def configuration(slots: Mapping[int, Slot], places: int, socket: str, address: str) -> str:
    """The file with which it starts: `places` servers, of which those in `slots` are asked."""
    servers = []
    for number in range(places):
        slot = slots.get(number)
        where = f"127.0.0.1:{slot.port} weight {slot.weight}" if slot else "127.0.0.1:9 weight 0 disabled"
        servers.append(f"  server s{number} {where}")
    return _CONFIGURATION.format(socket=socket, address=address, check=CHECK, servers="\n".join(servers))


def orders(slots: Mapping[int, Slot], places: int) -> list[str]:
    """What makes a running proxy divide requests like this, in an order in which there is always somebody to ask."""
    commands = []
    for number in range(places):
        slot, name = slots.get(number), f"releases/s{number}"
        if slot is None:
            commands += [f"set server {name} state maint"]
        else:
            commands += [f"set server {name} addr 127.0.0.1 port {slot.port}", f"set server {name} state ready"]
            commands += [f"set server {name} weight {slot.weight}"]
    # Those that get more first: there is no moment at which nobody is asked.
    return sorted(commands, key=lambda command: command.endswith((" weight 0", " maint")))


def slots(state: str) -> dict[int, Slot]:
    """Who is behind it, from its answer to `STATE`."""
    rows = csv.DictReader(io.StringIO(state.partition("# ")[2]), delimiter=" ")
    asked = [row for row in rows if not int(row["srv_admin_state"]) & _MAINTAINED]
    return {int(row["srv_name"][1:]): Slot(int(row["srv_port"]), int(row["srv_uweight"])) for row in asked}


def counts(statistics: str, places: Collection[int]) -> Counts | None:
    """What these places together were asked and did not answer, from its answer to `STATISTICS`; None without them."""
    found = _rows(statistics, places)
    kinds = ("1xx", "2xx", "3xx", "4xx", "5xx", "other")
    unanswered = sum(int(row["econ"] or 0) for row in found)
    answered = sum(int(row[f"hrsp_{kind}"] or 0) for row in found for kind in kinds)
    refused = sum(int(row["hrsp_5xx"] or 0) for row in found)
    return Counts(requests=answered + unanswered, errors=refused + unanswered) if found else None


def under_way(statistics: str, places: Collection[int]) -> int:
    """Requests that these places are answering now."""
    return sum(int(row["scur"]) for row in _rows(statistics, places))


def _rows(statistics: str, places: Collection[int]) -> list[dict[str, str]]:
    rows = csv.DictReader(io.StringIO(statistics.lstrip("# ")))
    names = {f"s{number}" for number in places}
    return [row for row in rows if row["pxname"] == "releases" and row["svname"] in names]
