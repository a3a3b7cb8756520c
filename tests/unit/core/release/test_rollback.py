"""Which release an environment goes back to: tables of histories, and what holds for every history."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tidegate.core.release.history import CameToRun, TakenBack, came_to_run, line, message, standing, taken_back, tried
from tidegate.core.release.rollback import Known, way_back
from tidegate.errors import InputError

ASKED, BEFORE = "a" * 40, "b" * 40


def digest(version: str) -> str:
    return f"sha256:{int(version):064x}"


def came(*versions: str, asked_by: str = BEFORE, instead_of: str = "") -> tuple[CameToRun, ...]:
    """A history; what is said besides is of its newest entry."""
    entries = [
        CameToRun(tag=f"m#staging#{number}", version=version, release=digest(version), asked_by=BEFORE)
        for number, version in enumerate(versions, start=1)
    ]
    if instead_of:
        last = entries[-1]
        entries[-1] = CameToRun(
            tag=last.tag, version=last.version, release=last.release, asked_by=asked_by, instead_of=digest(instead_of)
        )
    return tuple(entries)


def back(version: str, after: int) -> TakenBack:
    tag = f"m!staging!{after}"
    return TakenBack(tag=tag, version=version, release=digest(version), asked_by=ASKED, after=after, reason="slow")


def known(
    wanted: str, history: tuple[CameToRun, ...], *failures: TakenBack, running: dict[str, int] | None = None
) -> Known:
    shares = {wanted: 100} if running is None else running
    return Known(
        environment="staging",
        wanted=digest(wanted),
        asked_by=ASKED,
        history=history,
        failures=failures,
        running={digest(version): share for version, share in shares.items()},
    )


@pytest.mark.parametrize(
    ("case", "leaving", "to"),
    [
        (known("2", came("1", "2")), "2", "1"),
        (known("3", came("1", "2", "3")), "3", "2"),
        (known("3", came("1", "2", "3"), back("2", 1)), "3", "2"),
        (known("3", came("1", "2", "3"), back("2", 3)), "3", "1"),
        (known("2", came("1", "2", "3", "2")), "2", "1"),
        (known("2", came("1", "2", "3", "2", instead_of="3"), back("3", 4)), "2", "1"),
        (known("3", came("1", "2", "3", "2", asked_by=ASKED, instead_of="3")), "3", "2"),
        (known("3", came("1", "2", "3", "2", asked_by=ASKED, instead_of="3"), running={"2": 100}), "3", "2"),
        (known("3", came("1", "2"), back("3", 2), running={"2": 100}), "3", "2"),
        (known("3", came("1", "2"), running={"2": 100}), "2", "1"),
        (known("3", came("1", "2"), running={"2": 70, "3": 30}), "3", "2"),
        (known("1", came("1", "2"), running={"2": 100}), "2", "1"),
        (known("2", came("1", "2"), running={}), "2", "1"),
        (known("3", came("1", "2", "3", "2", "3")), "3", "2"),
        (known("2", came("1", "2"), running={"1": 100}), "2", "1"),
    ],
    ids=[
        "the one before",
        "the nearest",
        "one that was taken back and came to run later",
        "never one that was taken back",
        "what a return has left is not gone back to",
        "a rollback of a rollback",
        "killed after the rollback ran: the same again",
        "and when the next run sees it run",
        "taken back by itself before",
        "what is wanted has not run yet: what runs goes",
        "what is wanted has some of the requests: it goes",
        "a revert that was merged and not deployed",
        "nothing runs",
        "back and forth again",
        "killed before the rollback was recorded",
    ],
)
def test_the_way_back(case: Known, leaving: str, to: str) -> None:
    found = way_back(case)
    assert (found.leaving, found.to.release) == (digest(leaving), digest(to))


@pytest.mark.parametrize(
    ("case", "version", "code", "said"),
    [
        (known("1", came("1")), "", "E-RBK-001", "nothing is left"),
        (known("1", ()), "", "E-RBK-001", "nothing is left"),
        (known("2", came("1", "2"), back("1", 2)), "", "E-RBK-001", "nothing is left"),
        (known("1", came("1", "2", "1")), "", "E-RBK-001", r"left are version 2 \(m#staging#2\)"),
        (known("2", came("1", "2")), "7", "E-RBK-002", "version '7' never came to run in staging; left are version 1"),
        (known("3", came("1", "2", "3"), back("2", 3)), "2", "E-RBK-003", "version 2 was taken back in staging: slow"),
        (known("2", came("1", "2")), "2", "E-RBK-004", "version 2 is the one that staging is to leave"),
    ],
    ids=["the first", "none ever", "only a bad one", "only one that was left", "never ran", "taken back", "itself"],
)
def test_no_way_back_is_told_with_what_is_left(case: Known, version: str, code: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        way_back(case, version)
    assert caught.value.code == code
    assert caught.value.fix


def test_a_version_that_ran_twice_is_its_newest_entry() -> None:
    assert way_back(known("3", came("1", "2", "1", "3")), "1").to.tag == "m#staging#3"


def test_further_back_than_a_rollback_that_is_not_merged_yet() -> None:
    case = known("3", came("1", "2", "3", "2", asked_by=ASKED, instead_of="3"), back("3", 4))
    found = way_back(case, "1")
    assert (found.leaving, found.to.version) == (digest("3"), "1")


versions = st.sampled_from("12345")
histories = st.lists(versions, max_size=9).map(lambda names: came(*names))


@given(histories, st.lists(st.tuples(versions, st.integers(0, 9)), max_size=4), versions, versions)
def test_never_back_to_what_goes_or_was_taken_back_and_always_to_what_ran(
    history: tuple[CameToRun, ...], failed: list[tuple[str, int]], wanted: str, running: str
) -> None:
    case = known(wanted, history, *(back(*one) for one in failed), running={running: 100})
    left_to_go = line(case.history)
    try:
        found = way_back(case)
    except InputError:
        good = {entry.release for entry in left_to_go} - {one.release for one in standing(history, case.failures)}
        assert len(good) <= 1
        return
    assert found.to in history
    assert found.to.release != found.leaving
    assert found.to.release not in {one.release for one in standing(case.history, case.failures)}


@given(st.permutations("12345"), st.integers(1, 4))
def test_one_rollback_after_the_other_walks_the_line_back(order: list[str], steps: int) -> None:
    history, failures = came(*order), ()
    for step in range(steps):
        now = order[-1 - step]
        found = way_back(known(now, history, *failures))
        assert found.to.version == order[-2 - step]
        history = came(*(entry.version for entry in history), found.to.version, instead_of=now)
        failures = (*failures, back(now, len(history)))  # type: ignore[assignment]


@given(histories, versions, st.dictionaries(versions, st.integers(1, 100), max_size=2))
def test_a_rollback_that_is_killed_anywhere_is_the_same_rollback_once_more(
    history: tuple[CameToRun, ...], wanted: str, running: dict[str, int]
) -> None:
    """What the next run sees: after the shift, after the tag, after the mark of the failure."""
    try:
        found = way_back(known(wanted, history, running=running))
    except InputError:
        return
    left = str(int(found.leaving[7:], 16))
    assume(left == wanted or wanted not in {entry.version for entry in history})
    recorded = came(*(entry.version for entry in history), found.to.version, asked_by=ASKED, instead_of=left)
    marked = back(left, len(recorded))
    after = {found.to.version: 100}
    seen = [known(wanted, recorded, running=after), known(wanted, recorded, marked, running=after)]
    if left == wanted and history[-1].version == wanted:
        seen.append(known(wanted, history, running=after))
    for case in seen:
        again = way_back(case)
        assert (again.leaving, again.to.release) == (found.leaving, found.to.release)


@pytest.mark.parametrize(
    ("names", "expected"),
    [("", ""), ("1", "1"), ("123", "123"), ("1232", "12"), ("1231", "1"), ("123232", "12"), ("12323", "123")],
)
def test_the_line_that_led_to_the_newest(names: str, expected: str) -> None:
    assert "".join(entry.version for entry in line(came(*names))) == expected


def test_a_failure_is_answered_by_a_commit_and_by_a_success() -> None:
    failure = back("2", 1)
    assert tried(digest("2"), ASKED, [failure]) == failure
    assert tried(digest("2"), BEFORE, [failure]) is None
    assert tried(digest("1"), ASKED, [failure]) is None
    assert standing(came("1"), [failure]) == (failure,)
    assert standing(came("1", "2"), [failure]) == ()


@pytest.mark.parametrize(
    "text",
    ["", "x", "[]", "{}", '{"version": 1, "release": "x"}', '{"version": "1"}', "{", '{"version":"1","version":"2"}'],
)
def test_a_tag_that_somebody_else_made_is_no_entry(text: str) -> None:
    assert came_to_run("m#staging#1", text) is None
    assert taken_back("m!staging!1", text) is None


def test_what_a_tag_says_is_read_again() -> None:
    said = message("7", digest("7"), asked_by=ASKED, after=3, reason="x" * 5_000, by_hand=True)
    found = taken_back("m!staging!2", said)
    assert found is not None
    assert (found.version, found.release, found.asked_by, found.after, found.by_hand) == (
        "7",
        digest("7"),
        ASKED,
        3,
        True,
    )
    assert found.reason == "x" * 2_000
    entry = came_to_run("m#staging#12", message("7", digest("7"), wanted_by=ASKED, asked_by=ASKED, instead_of=""))
    assert entry == CameToRun(tag="m#staging#12", version="7", release=digest("7"), asked_by=ASKED)
    assert entry is not None
    assert entry.number == 12
