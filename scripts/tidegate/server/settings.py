"""Everything that the one who starts the server may decide, with the defaults, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tidegate.server.observation.prediction_log import LogRules
from tidegate.server.wire.limits import Limits


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Times in seconds. `digest` is what release.json must have; `log` is None where nothing is to be logged.

    `copies`: a file that may ask for copies of requests, see mirroring/outlet.py.
    """

    release: Path
    host: str = "127.0.0.1"
    port: int = 8080
    digest: str | None = None
    limits: Limits = field(default_factory=Limits)
    most_rows: int = 10_000
    waiting_rows: int = 20_000
    deadline: float = 10.0
    threads: int = 1
    batching: bool = True
    drain_notice: float = 1.0
    """After SIGTERM, how long requests are still taken while readiness already says no."""
    drain: float = 20.0
    """After that, how long requests that were taken may go on."""
    log: LogRules | None = None
    copies: Path | None = None
