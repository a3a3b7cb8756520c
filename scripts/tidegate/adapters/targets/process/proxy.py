"""Which proxy stands in front of the processes: chosen here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from tidegate.adapters.targets.haproxy import Counts, Slot
from tidegate.adapters.targets.process import envoy, haproxy


class Proxy(Protocol):
    """What HAProxy and Envoy both do."""

    def apply(self, slots: Mapping[int, Slot]) -> None:
        """Divide requests like this, starting it when it does not run."""

    def slots(self) -> dict[int, Slot]:
        """What is behind it as it says itself; nothing when it does not run."""

    def counts(self, number: int) -> Counts:
        """What a slot was asked and did not answer."""

    def connections(self, number: int) -> int:
        """Requests that a slot is answering now."""

    def stop(self) -> None:
        """End it; clients are answered no more."""

    def answers(self) -> bool:
        """Whether it runs and can be told."""


def proxy_of(folder: Path, address: str) -> Proxy:
    """The one that runs already, else HAProxy where it is on the machine, else Envoy where its package is.

    What runs stays, whatever was installed since: exchanging it would refuse clients between the two. Without either,
    HAProxy, which says what to install when it is to be started.
    """
    ours, theirs = haproxy.HAProxy(folder, address), envoy.Envoy(folder, address)
    if theirs.answers():
        return theirs
    if ours.answers() or haproxy.program() is not None or envoy.program() is None:
        return ours
    return theirs
