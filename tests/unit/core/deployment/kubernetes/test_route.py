"""Weights of a route: they add up, nobody who is asked is forgotten, and what is written is what is read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.deployment.kubernetes import route
from tidegate.core.deployment.kubernetes.names import comparison_of, name_of
from tidegate.core.deployment.kubernetes.settings import Kubernetes

PLACE = Kubernetes(namespace="bikes", route="bike-demand")
RELEASES = tuple(f"sha256:{number}" + "0" * 63 for number in range(5))
COUNTS = st.lists(st.integers(0, 100), min_size=1, max_size=5).filter(lambda found: sum(found) == 100)
TWO = st.integers(0, 100).map(lambda weight: [weight, 100 - weight])


def backends(*weights: int | None) -> dict[str, Any]:
    found = [{"name": f"s{number}", **({} if one is None else {"weight": one})} for number, one in enumerate(weights)]
    return {"spec": {"rules": [{"backendRefs": found}]}}


@given(COUNTS | TWO)
def test_what_is_written_is_what_is_read(weights: list[int]) -> None:
    wanted = dict(zip(RELEASES, weights, strict=False))
    written = route.shared(PLACE, wanted)
    names = {release: name_of(PLACE.route, release) for release in wanted}
    assert route.shares(written, list(names.values())) == {names[release]: weight for release, weight in wanted.items()}


@given(COUNTS | TWO)
def test_weights_add_up_and_nobody_is_named_who_gets_nothing(weights: list[int]) -> None:
    [rule] = route.shared(PLACE, dict(zip(RELEASES, weights, strict=False)))["spec"]["rules"]
    assert sum(one["weight"] for one in rule["backendRefs"]) == 100
    assert all(one["weight"] > 0 for one in rule["backendRefs"])


@given(st.lists(st.integers(0, 1_000_000), min_size=1, max_size=16))
def test_any_weights_are_read_as_percentages(weights: list[int]) -> None:
    names = [f"s{number}" for number in range(len(weights))]
    found = route.shares(backends(*weights), names)
    assert sum(found.values()) == (100 if any(weights) else 0)
    assert [name for name in names if found[name]] == [
        name for name, weight in zip(names, weights, strict=True) if weight
    ]


@pytest.mark.parametrize(
    "weights",
    [{}, {RELEASES[0]: 99}, {RELEASES[0]: 60, RELEASES[1]: 60}, {RELEASES[0]: 110, RELEASES[1]: -10}],
    ids=["nobody", "too few", "too many", "negative"],
)
def test_weights_that_do_not_add_up_are_never_written(weights: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="add up"):
        route.shared(PLACE, weights)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param({}, {"s0": 0, "s1": 0}, id="no rules"),
        pytest.param({"spec": {"rules": [{}]}}, {"s0": 0, "s1": 0}, id="no backends"),
        pytest.param(backends(None, None), {"s0": 50, "s1": 50}, id="no weights"),
        pytest.param(backends(999, 1), {"s0": 99, "s1": 1}, id="one in a thousand"),
        pytest.param(backends(0, 3), {"s0": 0, "s1": 100}, id="none"),
        pytest.param(backends(1, 1, 1), {"s0": 34, "s1": 33}, id="somebody else's"),
    ],
)
def test_what_somebody_wrote_is_read(found: dict[str, Any], expected: dict[str, int]) -> None:
    assert route.shares(found, ["s0", "s1"]) == expected


def condition(kind: str, status: str = "True", seen: int = 2, reason: str = "Fine") -> dict[str, Any]:
    return {"type": kind, "status": status, "observedGeneration": seen, "reason": reason, "message": "because"}


def taken_by(*conditions: dict[str, Any]) -> dict[str, Any]:
    parents = [{"parentRef": {"name": "public"}, "conditions": list(conditions)}]
    return {"metadata": {"generation": 2}, "status": {"parents": parents}}


@pytest.mark.parametrize(
    ("found", "told"),
    [
        pytest.param({}, "no gateway has taken it", id="nobody"),
        pytest.param(taken_by(), "has not looked at it yet", id="no conditions"),
        pytest.param(
            taken_by(condition("Accepted", seen=1), condition("ResolvedRefs")), "has not looked", id="an older one"
        ),
        pytest.param(
            taken_by(condition("Accepted"), condition("ResolvedRefs", "False", reason="BackendNotFound")),
            "public says BackendNotFound: because",
            id="refused",
        ),
        pytest.param(taken_by(condition("Accepted"), condition("ResolvedRefs")), "", id="taken"),
    ],
)
def test_a_route_is_in_force_when_its_gateways_say_so(found: dict[str, Any], told: str) -> None:
    assert (told in route.taken(found)) if told else not route.taken(found)


@given(st.integers(1, 100))
def test_the_share_of_copies_that_is_written_is_read(share: int) -> None:
    champion, shadow = RELEASES[:2]
    written = route.shared(PLACE, {champion: 100}, route.Copies(release=shadow, share=share))
    assert route.copied(written, comparison_of(PLACE.route, shadow)) == share
    assert route.copied(written, comparison_of(PLACE.route, champion)) == 0
    assert route.shares(written, [name_of(PLACE.route, shadow)]) == {name_of(PLACE.route, shadow): 0}


def test_weights_alone_end_all_copies() -> None:
    [one] = route.shared(PLACE, {RELEASES[0]: 100})["spec"]["rules"][0]["filters"]
    assert "requestMirror" not in one


def test_clients_cannot_ask_what_counts_as_no_client_s_question() -> None:
    [one] = route.shared(PLACE, {RELEASES[0]: 100})["spec"]["rules"][0]["filters"]
    assert one == {"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": ["tidegate-check"]}}


def test_copies_of_all_requests_need_no_key_that_an_older_gateway_api_lacks() -> None:
    whole = route.shared(PLACE, {RELEASES[0]: 100}, route.Copies(release=RELEASES[1], share=100))
    *_, last = whole["spec"]["rules"][0]["filters"]
    assert last["requestMirror"].keys() == {"backendRef"}


@pytest.mark.parametrize("found", [{}, {"spec": {}}, {"spec": {"rules": None}}, {"spec": {"rules": [{"filters": []}]}}])
def test_a_route_without_filters_copies_nothing(found: dict[str, Any]) -> None:
    assert route.copied(found, "bike-demand-1-shadow") == 0


def test_filters_of_other_kinds_are_passed_over() -> None:
    filters = [{"type": "RequestHeaderModifier", "requestHeaderModifier": {}}]
    assert route.copied({"spec": {"rules": [{"filters": filters}]}}, "bike-demand-1-shadow") == 0
