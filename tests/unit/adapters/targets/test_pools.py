"""Several containers of a release behind HAProxy: a percentage is one of all requests, whatever the sizes are."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tidegate.adapters.targets import haproxy
from tidegate.adapters.targets.docker.proxy import MOST_REPLICAS, Pool, pools_of, rows_of
from tidegate.adapters.targets.haproxy import SLOTS, Slot

PORTS = st.lists(st.integers(1024, 65_535), min_size=1, max_size=MOST_REPLICAS, unique=True).map(tuple)
POOLS = st.dictionaries(st.integers(0, SLOTS - 1), st.builds(Pool, PORTS, st.integers(0, 100)), max_size=SLOTS)


@given(POOLS)
def test_what_the_proxy_is_told_is_what_is_read_of_it(pools: dict[int, Pool]) -> None:
    assert pools_of(rows_of(pools)) == pools


@given(POOLS)
def test_every_release_has_equally_many_places(pools: dict[int, Pool]) -> None:
    each = Counter(number // MOST_REPLICAS for number in rows_of(pools))
    assert len(set(each.values())) <= 1
    assert set(each) == set(pools)


def test_orders_give_before_they_take() -> None:
    orders = haproxy.orders({0: Slot(1000, 0), 1: Slot(2000, 100)}, 3)
    assert orders.index("set server releases/s1 weight 100") < orders.index("set server releases/s0 weight 0")
    assert orders[-1] == "set server releases/s2 state maint"
