"""Releases that the server's unit tests share; packing one takes a few milliseconds."""

from __future__ import annotations

import pytest

from fixtures import server_models
from fixtures.server_wiring import Served
from tidegate.server.release.folder import Release


@pytest.fixture(scope="session")
def fruit(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return server_models.fruit_release(tmp_path_factory.mktemp("fruit"))


@pytest.fixture(scope="session")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return server_models.wide_release(tmp_path_factory.mktemp("wide"))


@pytest.fixture
def served(fruit: Release) -> Served:
    return Served(fruit)
