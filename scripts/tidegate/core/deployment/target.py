"""What a place to run in must be able to do; a new target is one class with these methods and one row in a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from tidegate.core.deployment.fleet import Fleet
from tidegate.core.deployment.traffic import Traffic


@dataclass(frozen=True, kw_only=True)
class Package:
    """A release as something that can be started: the folder that the server reads, and what names it.

    `folder` is a path; `release`: digest of the folder's ``release.json``, and so of everything in it. `image`:
    ``repository@sha256:…`` of the image that a promotion pushed; empty where none was.
    """

    release: str
    version: str
    commit: str
    folder: str
    image: str = ""


class Target(Protocol):
    """Every method may be called again after it was killed half way, and then ends as if it had not been."""

    def fleet(self) -> Fleet:
        """What runs now, as seen and not as remembered."""

    def start(self, package: Package) -> None:
        """Start a release that nobody asks yet, or what is missing of it; as many as there are to be when it returns.

        Raises TidegateError when that is impossible.
        """

    def address(self, release: str) -> str:
        """``host:port`` at which this one release can be asked past the proxy."""

    def shift(self, weights: dict[str, int]) -> None:
        """Divide the requests: release → percent; a release that is not named gets none. No request is lost."""

    def traffic(self, release: str) -> Traffic:
        """What the release has answered since it was started, as counts that only grow."""

    def stop(self, release: str) -> None:
        """Let the release finish what it was asked, and end it."""

    def log(self, release: str) -> tuple[str, ...]:
        """The last lines that the release printed: why it did not get ready, as a rule."""


@runtime_checkable
class Mirroring(Protocol):
    """A target that can let a release answer copies of requests. `Target.fleet` tells the share, `shift` ends it."""

    def mirror(self, champion: str, release: str, share: int) -> None:
        """Send copies of `share` percent of the champion's requests to the release, and throw its answers away.

        No answer of the champion waits for it, however slow the release is. `Target.traffic` of the release then has
        `pairs`, and counts copies that it did not answer as errors.
        """


@runtime_checkable
class Surrounded(Protocol):
    """A target where Git describes more than which release runs: what is around it, and how it is run."""

    def surround(self, package: Package) -> None:
        """Bring that to what Git says, also where the release runs already; a release is not started by it.

        Raises TidegateError where that is impossible, and leaves the release as it ran.
        """
