"""The simulated repository's environments: as the example's, with seconds for minutes and free ports."""

from __future__ import annotations

import socket
from dataclasses import dataclass

MESSAGE = "Environments of a demonstration: seconds instead of minutes, free ports; nobody asks staging"
_STAGING = """\
# Nobody asks staging here: a release proves itself by its health and by the answers that it was judged by.
target: process
address: {address}
strategy: {{kind: blue-green}}
"""
_PRODUCTION = """\
# As the example's, in seconds instead of minutes.
target: process
address: {address}
after: staging
strategy:
  kind: canary
  steps:
    - {{weight: 25%, hold: 1s, requests: 150}}
    - {{weight: 50%, hold: 1s, requests: 250}}
analysis:
  error_rate: 5%
  latency_ratio: 3
  quantile: 0.8
  prediction_distance: 0.35
  failures: 2 of 3
  every: 500ms
  patience: 60s
"""


@dataclass(frozen=True)
class Surroundings:
    """Where clients ask in staging and in production."""

    staging: str
    production: str

    @property
    def files(self) -> dict[str, str]:
        """The two environment files."""
        return {
            "environments/staging/environment.yaml": _STAGING.format(address=self.staging),
            "environments/production/environment.yaml": _PRODUCTION.format(address=self.production),
        }


def free() -> Surroundings:
    """Addresses that nobody listens on."""
    with socket.socket() as one, socket.socket() as other:
        for probe in (one, other):
            probe.bind(("127.0.0.1", 0))
        return Surroundings(*(f"127.0.0.1:{probe.getsockname()[1]}" for probe in (one, other)))
