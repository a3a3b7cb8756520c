"""`detect-drift --follow` over a log that grows: the same numbers as a check of all files, and each row once."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from fixtures.drift_world import CONTRACT, START, WEEK, DriftWorld
from fixtures.follow import FollowWorld, Turn, table
from tidegate.steps.drift.follow import Following

INPUTS_ALONE = CONTRACT.replace(", labels: {path: labels}", "").replace("      slices: [city]\n", "")


@pytest.fixture
def world(tmp_path: Path) -> FollowWorld:
    return FollowWorld(DriftWorld(tmp_path / "repository", contract=INPUTS_ALONE).made())


def rounded(value: Any) -> Any:
    """Moments of pieces are sums in another order."""
    if isinstance(value, dict):
        return {name: rounded(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [rounded(inner) for inner in value]
    return round(value, 9) if isinstance(value, float) else value


def same_as_a_check(world: FollowWorld, done: Following) -> bool:
    world.drift.check()
    mine, theirs = done.result(world.drift.now), world.drift.evidence["result"]
    return all(rounded(mine[name]) == rounded(theirs[name]) for name in ("state", "windows", "columns", "records"))


def files(world: FollowWorld, number: int, size: int = 250, **changed: Any) -> list[Turn]:
    """So many turns in which the next file comes."""
    return [
        functools.partial(world.write, f"{turn:03d}.parquet", turn * size, size, **changed) for turn in range(number)
    ]


def test_a_calm_log_raises_nothing_and_says_what_a_check_of_its_files_says(world: FollowWorld) -> None:
    done = world.follow(*files(world, 8))
    assert done.result(world.drift.now)["state"] == "calm"
    assert same_as_a_check(world, done)
    figures = [world.metric(name) for name in ("follow_rows_total", "follow_steps_total", "follow_alarms_total")]
    assert figures == [2000, 20, 0]
    assert world.metric("state", state="calm") == 1
    assert world.metric("window_rows") == 400


def test_a_planted_shift_is_told_within_three_steps_and_taken_back_when_it_is_over(world: FollowWorld) -> None:
    said = world.options["console"] = Said()
    calm, moved = files(world, 4), functools.partial(world.write, "004.parquet", 1000, 300, shift=2.0)
    done = world.follow(*calm, moved)
    (alarm,) = done.follower.memory.alarms
    assert (alarm.column, alarm.subject, alarm.rows) == ("size", "distribution", 300)
    assert alarm.since == START + WEEK * 2.5
    assert world.metric("follow_alarm", column="size", subject="distribution") == 1
    assert world.metric("follow_score", column="size", subject="distribution") == 1
    assert any(line.startswith('ALARM: "size" (distribution) is unlike the reference since') for line in said.lines)
    world.follow(functools.partial(world.write, "005.parquet", 1300, 2700))
    assert world.metric("follow_alarm", column="size", subject="distribution") == 0
    assert world.metric("follow_alarms_total") == 1
    assert any("as before again" in line for line in said.lines)


class Said:
    """A console that remembers."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


def test_a_restart_goes_on_where_it_was_and_counts_nothing_twice(world: FollowWorld) -> None:
    turns = files(world, 8)
    for turn in turns:
        done = world.follow(turn)
    assert done.follower.memory.steps == 20
    assert (world.metric("follow_rows_total"), same_as_a_check(world, done)) == (2000, True)
    at_once = FollowWorld(DriftWorld(world.drift.root, contract=INPUTS_ALONE))
    once = at_once.follow(state="elsewhere")
    assert rounded(once.result(world.drift.now)) == rounded(done.result(world.drift.now))
    tracks, again = (one.follower.memory.tracks for one in (done, once))
    assert {key: round(track.score, 9) for key, track in tracks.items()} == {
        key: round(track.score, 9) for key, track in again.items()
    }


def renamed(live: Path) -> None:
    (live / "000.parquet").rename(live / "archive-000.parquet")


def moved_into_a_folder(live: Path) -> None:
    (live / "old").mkdir()
    (live / "000.parquet").rename(live / "old" / "000.parquet")


def copied(live: Path) -> None:
    shutil.copy(live / "000.parquet", live / "000-copy.parquet")


def copied_and_emptied(live: Path) -> None:
    """What logrotate calls copytruncate."""
    shutil.copy(live / "000.parquet", live / "000.1.parquet")
    os.truncate(live / "000.parquet", 0)


def touched(live: Path) -> None:
    os.utime(live / "000.parquet")


def deleted(live: Path) -> None:
    (live / "000.parquet").unlink()


def cut_short(live: Path) -> None:
    os.truncate(live / "000.parquet", 1_000)


def written_in_another_form(live: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(pq.read_table(live / "000.parquet"), live / "000.parquet", row_group_size=40, compression="gzip")


ROTATIONS: list[Callable[[Path], None]] = [
    renamed,
    moved_into_a_folder,
    copied,
    copied_and_emptied,
    touched,
    deleted,
    cut_short,
    written_in_another_form,
]


@pytest.mark.parametrize("rotate", ROTATIONS, ids=lambda rotate: rotate.__name__)
@pytest.mark.parametrize("restarted", [False, True], ids=["running", "restarted"])
def test_what_becomes_of_a_counted_file_changes_no_count(
    rotate: Callable[[Path], None], restarted: bool, world: FollowWorld
) -> None:
    first, second = files(world, 2)
    change = functools.partial(rotate, world.live)
    if restarted:
        world.follow(first, second)
        change()
        world.follow()
    else:
        world.follow(first, second, change)
    assert world.metric("follow_rows_total") == 500
    assert sum(growing.part.rows for growing in world.memory().stream.windows.values()) == 500


def test_a_file_that_comes_back_under_its_name_after_a_lost_disk_is_known(world: FollowWorld, tmp_path: Path) -> None:
    first, second = files(world, 2)

    def away() -> None:
        shutil.move(world.live, tmp_path / "disk")

    def back() -> None:
        shutil.move(tmp_path / "disk", world.live)

    world.follow(first, second, away, back)
    assert world.metric("follow_rows_total") == 500


def test_an_emptied_file_that_is_written_anew_gives_its_new_rows_alone(world: FollowWorld) -> None:
    (first,) = files(world, 1)
    world.follow(first, functools.partial(world.write, "000.parquet", 250, 100))
    assert world.metric("follow_rows_total") == 350


def test_a_file_to_which_row_groups_are_added_gives_the_new_ones(world: FollowWorld) -> None:
    write = functools.partial(world.write, "000.parquet", 0, groups=50)
    world.follow(functools.partial(write, 100), functools.partial(write, 250))
    assert world.metric("follow_rows_total") == 250


def test_a_rewritten_file_of_which_a_stop_left_half_unread_is_not_counted_twice(world: FollowWorld) -> None:
    world.follow(files(world, 1)[0])
    written_in_another_form(world.live)
    done = world.follow()
    groups = done.follower.memory.ledger.entries["000.parquet"].groups
    assert groups == 7
    looks = iter([False, False, False, False])
    stopped = world.begun(ended=lambda: next(looks, True))
    world.write("000.parquet", 0, 400, groups=40)
    stopped.look(world.drift.now)
    assert 0 < stopped.follower.memory.ledger.entries["000.parquet"].groups < 10
    world.follow()
    assert world.metric("follow_rows_total") == 400


def half(world: FollowWorld, name: str) -> Callable[[], None]:
    """The first half of a file, as a slow writer leaves it for a while."""

    def write() -> None:
        whole = world.write(name, 0, 250).read_bytes()
        (world.live / name).write_bytes(whole[: len(whole) // 2])

    return write


def test_a_half_written_file_is_counted_once_it_is_whole(world: FollowWorld) -> None:
    said = world.options["console"] = Said()
    world.follow(half(world, "000.parquet"))
    assert (world.metric("follow_rows_total"), world.metric("follow_files", state="unreadable")) == (0, 1)
    assert sum('"000.parquet" is not read' in line for line in said.lines) == 1
    world.follow(files(world, 1)[0])
    assert (world.metric("follow_rows_total"), world.metric("follow_files", state="unreadable")) == (250, 0)


def test_the_servers_hidden_files_are_not_looked_at(world: FollowWorld) -> None:
    world.follow(lambda: world.write(".predictions-1.parquet.part", 0, 10), lambda: world.write("_x.parquet", 0, 10))
    assert world.metric("follow_files", state="counted") == 0


def test_a_log_that_does_not_exist_yet_is_waited_for(world: FollowWorld) -> None:
    world.live.rmdir()
    world.follow(world.live.mkdir, *files(world, 1))
    assert world.metric("follow_rows_total") == 250


def test_data_that_has_stopped_coming_is_unknown_while_it_is_followed(world: FollowWorld) -> None:
    contract = INPUTS_ALONE.replace("window: 7d", "window: 7d, max_age: 7d")
    (world.drift.root / "tidegate.yaml").write_text(contract)
    world.drift.now = START + WEEK * 2
    world.follow(*files(world, 3))
    assert world.metric("state", state="unknown") == 0

    def later() -> None:
        world.drift.now += timedelta(days=8)

    world.follow(later)
    assert world.metric("state", state="unknown") == 1


def test_rows_of_a_clock_that_is_years_ahead_move_nothing(world: FollowWorld) -> None:
    ahead = functools.partial(world.write, "999.parquet", 0, 50, at=START + WEEK * 500)
    done = world.follow(*files(world, 8), ahead)
    assert same_as_a_check(world, done)
    assert world.metric("follow_rows_left_out_total", reason="outside") == 50


def test_answers_of_another_version_are_not_the_releases(world: FollowWorld) -> None:
    world.drift.release(world.drift.commit_of_head())

    def answered(number: int) -> None:
        there = table(number * 250, 250)
        versions = ["7" if place % 2 else "8" for place in range(250)]
        said = [
            value + (100.0 if version == "8" else 0.0)
            for value, version in zip(there["said"].to_pylist(), versions, strict=True)
        ]
        world.write(f"{number:03d}.parquet", number * 250, 250, said=said, model_version=versions)

    done = world.follow(*(functools.partial(answered, number) for number in range(8)))
    assert done.result(world.drift.now)["state"] == "calm"
    assert same_as_a_check(world, done)
    assert world.metric("follow_alarms_total") == 0


def test_another_release_is_counted_anew_and_alarms_of_before_are_not_its(world: FollowWorld) -> None:
    world.follow(*files(world, 4, shift=3.0))
    assert world.metric("follow_alarms_total") == 1
    profile = world.drift.root / "model" / "profile.json"
    profile.write_text(profile.read_text().replace('"schema": 1', '"schema":  1'))
    done = world.follow(functools.partial(world.write, "004.parquet", 1000, 500))
    assert (world.metric("follow_rows_total"), world.metric("follow_steps_total")) == (1500, 5)
    assert world.metric("follow_alarms_total") == 0
    assert same_as_a_check(world, done)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed (Debian: prometheus)")
def test_prometheus_reads_what_is_written_whatever_columns_are_called(world: FollowWorld) -> None:
    profile = world.drift.root / "model" / "profile.json"
    profile.write_text(profile.read_text().replace('"city"', json.dumps('a "b"\\\n{c="d"}')))
    world.follow(*files(world, 8))
    text = (world.drift.root / "drift.prom").read_bytes()
    found = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    assert world.metric("follow_alarms_total") == 0


def no_times(path: Path) -> None:
    pq.write_table(table(0, 50).drop_columns(["time"]), path)


def times_that_are_none(path: Path) -> None:
    pq.write_table(table(0, 50, time=["soon"] * 50), path)


def two_columns_of_one_name(path: Path) -> None:
    pq.write_table(table(0, 50).rename_columns(["size"] * table(0, 50).num_columns), path)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def a_pointer(path: Path) -> None:
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 12\n")


def cut_in_the_middle(path: Path) -> None:
    whole = table(0, 5_000)
    pq.write_table(whole, path, row_group_size=1_000)
    path.write_bytes(path.read_bytes()[:20_000])


def damaged_within(path: Path) -> None:
    pq.write_table(table(0, 5_000), path, compression="gzip")
    data = bytearray(path.read_bytes())
    data[200:4_000] = bytes(3_800)
    path.write_bytes(data)


def a_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    "spoil",
    [
        no_times,
        times_that_are_none,
        two_columns_of_one_name,
        empty,
        a_pointer,
        cut_in_the_middle,
        damaged_within,
        a_folder,
    ],
    ids=lambda spoil: spoil.__name__,
)
def test_a_file_that_is_no_data_is_told_once_and_stops_nothing(
    spoil: Callable[[Path], None], world: FollowWorld
) -> None:
    said = world.options["console"] = Said()
    bad = functools.partial(spoil, world.live / "000-bad.parquet")
    world.follow(bad, *files(world, 2), lambda: None)
    world.follow()
    assert world.metric("follow_rows_total") == 500
    assert world.metric("follow_files", state="unreadable") == 1
    assert sum("000-bad.parquet" in line and "is not read" in line for line in said.lines) == 1


def test_a_column_of_another_kind_is_a_changed_schema_and_raises_no_alarm_of_chance(world: FollowWorld) -> None:
    words = functools.partial(world.write, "004.parquet", 1000, 1000, size=["12a"] * 1000)
    done = world.follow(*files(world, 4), words)
    assert done.result(world.drift.now)["state"] == "drift"
    assert same_as_a_check(world, done)
    assert world.metric("follow_alarms_total") == 0


def test_two_steps_of_rows_that_no_file_has_been_sorted_by(world: FollowWorld) -> None:
    """A table that holds all of three weeks in any order gives the windows that a check sees."""
    order = np.random.default_rng(0).permutation(1_600)
    pq.write_table(table(0, 1_600).take(order), world.live / "all.parquet", row_group_size=333)
    assert same_as_a_check(world, world.follow())
