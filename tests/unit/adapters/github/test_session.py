"""Patience with GitHub: what is repeated, when, and what is told instead (faults A1, A6 to A9; row G11)."""

from __future__ import annotations

import math
from typing import Any

import pytest
import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from fixtures.fake_github import ADDRESS, REPOSITORY, FakeGitHub
from tidegate.adapters.github import pull_requests as github
from tidegate.adapters.github import session as github_session
from tidegate.adapters.github.call import Call, Patience
from tidegate.adapters.github.refusal import NotPermitted, NotThere, Refused, Unknown
from tidegate.adapters.github.session import API_VERSION
from tidegate.errors import InfrastructureError, InputError, SecurityRefusal
from tidegate.simulator import faults

LIMITS = {
    "secondary": (faults.secondary_limit(retry_after=7), 7.0),
    "too many": (faults.too_many(retry_after=5), 5.0),
    "secondary without advice": (faults.answer(403, message="You have exceeded a secondary rate limit."), 60.0),
    "too many without advice": (faults.answer(429), 60.0),
    "advice of no time": (faults.too_many(retry_after=0), 1.0),
}


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("verb", ["read", "write"])
def test_a_limit_is_waited_out_and_not_a_second_less(name: str, verb: str) -> None:
    fault, least = LIMITS[name]
    fake = FakeGitHub()
    fake.faults.add(fault)
    connection = fake.connection()
    if verb == "read":
        github.comments(connection, 1)
    else:
        github.create_comment(connection, 1, "x")
        assert fake.bodies() == ["x"]
    first, second = fake.asked
    assert second.at - first.at >= least


def test_the_primary_limit_is_waited_out_until_its_reset() -> None:
    fake = FakeGitHub()
    reset = math.ceil(fake.world.now) + 40
    fake.faults.add(faults.primary_limit(reset_at=reset))
    github.comments(fake.connection(), 1)
    assert fake.asked[1].at >= reset


def test_a_limit_beyond_the_budget_says_when_to_come_back() -> None:
    fake = FakeGitHub()
    fake.faults.add(faults.primary_limit(reset_at=math.ceil(fake.world.now) + 3000))
    with pytest.raises(InfrastructureError, match=r"Retry after \d\d:\d\d UTC") as caught:
        github.comments(fake.connection(), 1)
    assert caught.value.code == "E-GH-013"
    assert len(fake.asked) == 1
    assert not fake.world.waited


def test_the_budget_is_one_for_all_calls() -> None:
    fake = FakeGitHub()
    fake.faults.add(faults.too_many(retry_after=50, times=9))
    with pytest.raises(InfrastructureError) as caught:
        github.comments(fake.connection(), 1)
    assert caught.value.code == "E-GH-013"
    assert sum(fake.world.waited) <= 120


BROKEN = {
    "500": faults.answer(500),
    "502": faults.answer(502),
    "503": faults.answer(503),
    "reset": faults.reset(),
    "truncated": faults.truncated(),
    "page": faults.page(),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_may_be_repeated_is(name: str) -> None:
    fake = FakeGitHub()
    comment = fake.say("a")
    fake.faults.add(BROKEN[name])
    github.edit_comment(fake.connection(), comment, "b")
    assert fake.bodies() == ["b"]
    assert len(fake.asked) == 2


@pytest.mark.parametrize("name", BROKEN)
def test_what_would_be_done_twice_is_not(name: str) -> None:
    fake = FakeGitHub()
    fake.faults.add(BROKEN[name])
    with pytest.raises(Unknown):
        github.create_comment(fake.connection(), 1, "x")
    assert len(fake.asked) == 1


def test_repeating_ends() -> None:
    fake = FakeGitHub()
    fake.faults.add(faults.answer(502, times=99))
    with pytest.raises(Unknown, match="status 502"):
        github.comments(fake.connection(), 1)
    assert len(fake.asked) == 4
    assert fake.world.waited == [1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("status", "message", "kind", "code", "words"),
    [
        (401, "Bad credentials", InputError, "E-GH-010", "token"),
        (403, "Resource not accessible by integration", NotPermitted, "E-GH-011", "`pull-requests: write`"),
        (403, "Must have admin rights", NotPermitted, "E-GH-011", "`pull-requests: write`"),
        (403, "Unable to create comment because issue is locked.", Refused, "E-GH-015", "locked"),
        (404, "Not Found", NotThere, "E-GH-012", "`pull-requests: write`"),
        (410, "This issue was deleted", NotThere, "E-GH-012", "not found"),
        (422, "Validation Failed", Refused, "E-GH-015", "Validation Failed"),
        (451, "", Refused, "E-GH-015", "status 451"),
    ],
)
def test_a_no_is_taken_at_once_and_says_what_to_do(
    status: int, message: str, kind: type[Exception], code: str, words: str
) -> None:
    fake = FakeGitHub()
    fake.faults.add(faults.answer(status, message=message))
    with pytest.raises(kind, match=code) as caught:
        github.create_comment(fake.connection(), 1, "x")
    assert words in str(caught.value)
    assert len(fake.asked) == 1
    assert "ghs_secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("header", "hint"),
    [
        ("issues=write; pull_requests=write", "`pull-requests: write`"),
        ("issues=write", "`issues: write`"),
        ("contents=write,workflows=write", "`contents: write`"),
        ("", "`pull-requests: write`"),
        ("nonsense", "`pull-requests: write`"),
    ],
)
def test_the_hint_is_a_key_that_github_accepts(header: str, hint: str) -> None:
    fake = FakeGitHub()
    headers = {"X-Accepted-GitHub-Permissions": header}
    fake.faults.add(faults.answer(403, message="Resource not accessible by integration", headers=headers))
    with pytest.raises(NotPermitted) as caught:
        github.create_comment(fake.connection(), 1, "x")
    assert hint in caught.value.fix


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_renamed_repository_is_followed_with_the_same_request(status: int) -> None:
    fake = FakeGitHub()
    there = f"{ADDRESS.api}/repos/{REPOSITORY}/issues/1/comments"
    fake.faults.add(faults.answer(status, headers={"Location": there}, path="/issues/1/"))
    github.create_comment(fake.connection(), 1, "x")
    assert fake.bodies() == ["x"]
    assert [asked.method for asked in fake.asked] == ["POST", "POST"]


@pytest.mark.parametrize(
    "target", ["https://evil.example/x", "http://api.github.com/x", "https://x@api.github.com/", "", "/repos/x"]
)
def test_a_redirect_to_elsewhere_gets_no_token(target: str) -> None:
    fake = FakeGitHub()
    fake.faults.add(faults.answer(301, headers={"Location": target}))
    with pytest.raises(SecurityRefusal) as caught:
        github.comments(fake.connection(), 1)
    assert caught.value.code == "E-SEC-042"
    assert len(fake.asked) == 1


def test_redirects_in_a_circle_end() -> None:
    fake = FakeGitHub()
    here = f"{ADDRESS.api}/repos/{REPOSITORY}/issues/1/comments"
    fake.faults.add(faults.answer(301, headers={"Location": here}, times=99))
    with pytest.raises(InfrastructureError):
        github.comments(fake.connection(), 1)
    assert len(fake.asked) <= 20


def test_a_next_page_elsewhere_gets_no_token() -> None:
    fake = FakeGitHub()
    fake.faults.add(
        faults.answer(200, headers={"Link": '<https://evil.example/2>; rel="next"'}, message="x", path="/artifacts")
    )
    call = Call(method="GET", path=f"/repos/{REPOSITORY}/artifacts", what="listing", grant="actions: read")
    with pytest.raises(SecurityRefusal):
        list(fake.connection().pages(call))


@pytest.mark.parametrize("reply", ['{"message": "x"}', "[1]", '[{"id": "x"}]', "null", '"x"', '[{"id": 1}]'])
def test_an_answer_of_another_form_is_none(reply: str) -> None:
    class Odd(FakeGitHub):
        def _answer(self, *_: Any) -> tuple[int, str, dict[str, str]]:
            return 200, reply, {}

    with pytest.raises(Unknown, match="GitHub's answer is"):
        github.comments(Odd().connection(), 1)


def test_writes_of_one_kind_keep_their_distance_and_others_do_not() -> None:
    fake = FakeGitHub()
    connection = fake.connection()
    for number in (1, 2, 3):
        github.create_comment(connection, number, "x")
    assert [round(later.at - earlier.at, 3) for earlier, later in zip(fake.asked, fake.asked[1:], strict=False)] == [
        1,
        1,
    ]
    begun = fake.world.now
    github.edit_comment(connection, 101, "y")
    github.delete_comment(connection, 102)
    assert fake.world.now == begun


def test_every_request_says_who_asks_and_which_version_of_the_api() -> None:
    fake = FakeGitHub()
    github.viewer(fake.connection())
    headers = fake.asked[0].headers
    assert headers["Authorization"] == "token ghs_secret"
    assert headers["X-GitHub-Api-Version"] == API_VERSION
    assert headers["Accept"] == "application/vnd.github+json"
    assert headers["User-Agent"].startswith("tidegate/")


def test_a_connection_that_never_came_to_be_is_no_unknown_outcome() -> None:
    class Nowhere(FakeGitHub):
        def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
            reason = NewConnectionError(None, "refused")  # type: ignore[arg-type]
            raise requests.ConnectionError(MaxRetryError(None, "/", reason), request=request)  # type: ignore[arg-type]

    with pytest.raises(InfrastructureError, match="cannot be reached") as caught:
        github.create_comment(Nowhere().connection(), 1, "x")
    assert not isinstance(caught.value, Unknown)


@pytest.mark.parametrize("token", ["a b", "a\nb", "a\u00e9", "a\x00"])
def test_what_cannot_be_a_token_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(InputError) as caught:
        github_session.connect({}, token, ADDRESS, REPOSITORY, Patience())
    assert caught.value.code == "E-GH-010"
    assert token not in str(caught.value)


def test_a_secret_in_githubs_words_is_not_passed_on() -> None:
    fake = FakeGitHub()
    fake.faults.add(faults.answer(422, message="no: ghp_0123456789abcdefghijABCDEFGHIJ012345"))
    with pytest.raises(Refused) as caught:
        github.create_comment(fake.connection(), 1, "x")
    assert "ghp_" not in str(caught.value)


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        ([{"type": "FORBIDDEN", "message": "Resource not accessible by integration"}], NotPermitted),
        ([{"type": "NOT_FOUND", "message": "Could not resolve to a node"}], Refused),
        (["odd"], Refused),
        ("odd", Refused),
    ],
)
def test_graphql_says_no_with_status_200(errors: Any, kind: type[Exception]) -> None:
    class Denied(FakeGitHub):
        def _graphql(self, _body: Any) -> Any:
            return {"data": None, "errors": errors}

    with pytest.raises(kind):
        github.hide_comment(Denied().connection(), "IC_1")
