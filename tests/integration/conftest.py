"""A simulated GitHub for tests that talk to one: a fresh repository per test, some 0.2 s to start."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tidegate.simulator.front import GitHub, serve


@pytest.fixture
def github() -> Iterator[GitHub]:
    with serve(os.environ) as running:
        yield running


@pytest.fixture
def github_over_tls() -> Iterator[GitHub]:
    with serve(os.environ, tls=True) as running:
        yield running
