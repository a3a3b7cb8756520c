"""One Docker Engine for all tests of this folder; they are skipped, with the reason, where none can be started."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.docker_targets import Dock
from fixtures.engine import missing, running


@pytest.fixture(scope="session")
def dock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dock]:
    if why := missing():
        pytest.skip(why)
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    with running(Path(home) / "tidegate-tests") as here:
        yield Dock(here, tmp_path_factory.mktemp("cache") / "images")
