"""What a Lease says of whose turn it is: read as it was written, and only over the version that was read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.deployment.kubernetes import lease
from tidegate.core.deployment.kubernetes.lease import Said
from tidegate.core.deployment.kubernetes.settings import Kubernetes

PLACE = Kubernetes(namespace="bikes", route="bike-demand")
WORDS = st.text("0123456789abcdef", min_size=1, max_size=40)


@given(WORDS, WORDS, WORDS)
def test_what_is_written_is_what_is_read(claimed: str, holder: str, renewed: str) -> None:
    said = Said(claimed=claimed, holder=holder, renewed=renewed)
    assert lease.read(lease.written(PLACE, said, None)) == said
    assert lease.read(lease.written(PLACE, Said(claimed=claimed), None)) == Said(claimed=claimed)


@pytest.mark.parametrize("found", [None, {}, {"metadata": {}, "spec": None}, {"metadata": {"annotations": None}}])
def test_a_lease_that_says_nothing_belongs_to_nobody(found: dict[str, Any] | None) -> None:
    assert lease.read(found) == Said()


def test_a_lease_is_replaced_only_as_it_was_read() -> None:
    found = {"metadata": {"resourceVersion": "7"}}
    assert lease.written(PLACE, Said(claimed="a"), found)["metadata"]["resourceVersion"] == "7"
    assert "resourceVersion" not in lease.written(PLACE, Said(claimed="a"), None)["metadata"]
