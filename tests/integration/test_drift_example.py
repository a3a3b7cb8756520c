"""Drift on the example's real data: calm where nothing changed, and right about what did in 2012.

Reads the months that `dvc pull` put there, from this checkout or from its own remote, which is a folder in it.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fixtures import drift
from tidegate.adapters.contract import file as contract_file
from tidegate.adapters.scan import engine
from tidegate.console import Console
from tidegate.core.drift import document
from tidegate.core.drift.evidence import Seen
from tidegate.core.drift.finding import Found, State, WindowFindings
from tidegate.core.drift.profile import Profile
from tidegate.core.drift.verdict import of_one
from tidegate.settings import Settings
from tidegate.steps.drift import check as drift_check
from tidegate.steps.drift.check import Asked

ROOT = Path(__file__).parents[2]
STORE = ROOT / ".dvc" / "storage" / "files" / "md5"
YEAR = (datetime(2011, 1, 1), datetime(2012, 1, 1))
ROLES = {
    **dict.fromkeys(("season", "holiday", "workingday", "weather"), "feature"),
    **dict.fromkeys(("temperature", "feels_like", "humidity", "windspeed"), "feature"),
    "rentals": "label",
}


@cache
def tracked(pointer: str) -> dict[str, Path]:
    """The files behind a `.dvc` pointer, by name, where the remote keeps them."""
    digest = next(line.split()[-1] for line in (ROOT / pointer).read_text().splitlines() if "md5: " in line)
    listing = json.loads(stored(digest).read_bytes())
    return {entry["relpath"]: stored(entry["md5"]) for entry in listing}


def stored(digest: str) -> Path:
    return STORE / digest[:2] / digest[2:]


@cache
def data_profile() -> Any:
    sys.path.insert(0, str(ROOT / "model"))
    try:
        import data_profile as module
    finally:
        sys.path.pop(0)
    return module


@cache
def year() -> pa.Table:
    return pa.concat_tables([pq.read_table(path) for name, path in sorted(tracked("data.dvc").items())])


def days() -> Any:
    return year()["timestamp"].to_numpy().astype("datetime64[D]")


def reference(mask: Any = None) -> Profile:
    """The profile of 2011, or of some of its days, as the example's pipeline makes it."""
    rows = year() if mask is None else year().filter(pa.array(mask))
    return document.profile(data_profile().profile(rows, ROLES, "timestamp"), "profile.json")


def check(against: Profile, rows: pa.Table, span: tuple[datetime, datetime], place: Path) -> WindowFindings:
    pq.write_table(rows, path := place / "window.parquet")
    window = engine.windows([path], against.columns, [span], time="timestamp", cluster=against.cluster)[0]
    return of_one(against, window, drift.RULES)


def live(month: int) -> pa.Table:
    """One month of 2012: what was asked, and what was rented in the end."""
    files, name = tracked("model/live.dvc"), f"2012-{month:02d}.parquet"
    asked, rented = (pq.read_table(files[f"{kind}/{name}"]) for kind in ("requests", "labels"))
    return asked.join(rented.select(["instant", "rentals"]), "instant")


@cache
def months() -> dict[int, tuple[str, ...]]:
    """Month of 2012 → columns that drifted against 2011."""
    from tempfile import TemporaryDirectory

    found = {}
    with TemporaryDirectory() as place:
        for month in range(1, 13):
            span = (datetime(2012, month, 1), datetime(2012 + month // 12, month % 12 + 1, 1))
            found[month] = check(reference(), live(month), span, Path(place)).drifted
    return found


@pytest.mark.parametrize("parity", [0, 1])
def test_weeks_of_2011_that_the_profile_has_not_seen_are_calm(parity: int, tmp_path: Path) -> None:
    """Every other week is held against the profile of the weeks between: real weather, whole days, nothing changed."""
    week = (days().astype(int) + 3) // 7
    against = reference(week % 2 == parity)
    drifted = []
    for number in np.unique(week[week % 2 != parity]):
        mine = week == number
        start = datetime.combine(days()[mine].min().astype(object), datetime.min.time())
        answer = check(against, year().filter(pa.array(mine)), (start, start + timedelta(days=7)), tmp_path)
        drifted += [(start, answer.drifted)] if answer.drifted else []
    assert not drifted


@pytest.mark.parametrize("number", [7, 30])
def test_random_days_of_2011_alarm_no_more_often_than_promised(number: int, tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    shuffled = random.permutation(np.unique(days()))
    against, rest = reference(np.isin(days(), shuffled[:210])), shuffled[210:]
    alarms = 0
    for _ in range(100):
        mine = np.isin(days(), random.choice(rest, number, replace=False))
        alarms += bool(check(against, year().filter(pa.array(mine)), YEAR, tmp_path).drifted)
    assert alarms <= 4  # P(more than 4 of 100 at 0.01) = 0.3 %


@pytest.mark.parametrize("month", range(1, 13))
def test_seasons_are_no_drift(month: int) -> None:
    """A January is nothing like the year 2011, and like its January."""
    assert not {"season", "temperature", "feels_like", "weather", "workingday", "holiday"} & set(months()[month])


def test_growth_is_seen_from_march_on() -> None:
    """65 % more rentals than in 2011, with the steepest rise in March (DATA.md); inputs do not move."""
    grown = [month for month, columns in months().items() if "rentals" in columns]
    assert set(range(3, 12)) - set(grown) <= {6}
    assert not {1, 2} & set(grown)


def test_the_committed_profile_is_read_whole() -> None:
    lock = (ROOT / "model" / "dvc.lock").read_text()
    found = re.search(r"path: model/artifacts/profile\.json\n.*\n *md5: ([0-9a-f]{32})", lock)
    assert found
    written = json.loads(stored(found.group(1)).read_bytes())
    assert document.document(document.profile(written, "profile.json")) == written


def by_contract(folder: Path, until: datetime) -> Seen:
    """A check of the committed contract, profile and live months, as if nothing after `until` had come."""
    for name in ("requests", "labels"):
        (folder / "model" / "live" / name).mkdir(parents=True, exist_ok=True)
    for name, path in tracked("model/live.dvc").items():
        (folder / "model" / "live" / name).unlink(missing_ok=True)
        (folder / "model" / "live" / name).symlink_to(path)
    shutil.copy(ROOT / "tidegate.yaml", folder)
    settings = Settings(
        workspace=folder, config="tidegate.yaml", model=None, environ={}, console=Console(actions=False)
    )
    model = contract_file.load(folder / "tidegate.yaml", folder).model(None)
    assert model.drift is not None
    asked = Asked(
        now=datetime(2013, 6, 1),
        until=until,
        live=str(folder / "model" / "live" / "requests"),
        labels=str(folder / "model" / "live" / "labels"),
    )
    return drift_check.check(
        settings, model, model.drift, asked, lambda _settings, _model, _commit, path: recorded(folder, path)
    )


def recorded(folder: Path, path: str) -> Path:
    """What the pipeline wrote, under its name, from where the remote keeps it."""
    lock = (ROOT / "model" / "dvc.lock").read_text()
    found = re.search(rf"path: {re.escape(path)}\n.*\n *md5: ([0-9a-f]{{32}})", lock)
    assert found
    place = folder / "recorded" / path
    place.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(stored(found.group(1)), place))


YEAR_OF_CHECKS = {
    datetime(2012, 1, 9): (State.CALM, False),
    datetime(2012, 2, 6): (State.WATCH, True),
    datetime(2012, 3, 5): (State.DRIFT, True),
    datetime(2012, 9, 17): (State.DRIFT, True),
    datetime(2012, 12, 10): (State.DRIFT, True),
}


def test_the_committed_contract_calls_it_drift_in_march(tmp_path: Path) -> None:
    """Four weeks a window: worse than at release from January on, demand moved from March on, no input is to blame."""
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    subprocess.run(["git", *who, "commit", "--quiet", "--allow-empty", "-m", "m"], cwd=tmp_path, check=True)
    for until, (state, worse) in YEAR_OF_CHECKS.items():
        seen = by_contract(tmp_path, until + timedelta(hours=1))
        latest = seen.judgement.windows[-1]
        assert (seen.judgement.state, latest.end, latest.worse) == (state, until, worse), seen.judgement.sentence
        assert latest.share < 0.3
        assert ("rentals" in latest.drifted) == (until > datetime(2012, 3, 5))
        assert "the release's model was asked" in " ".join(seen.notes)
    released, live = next((item.performance.released, item.performance.live) for item in seen.judgement.performance)
    assert released is not None
    assert live is not None
    assert live.value > 2 * released.value


def test_a_broken_sensor_is_seen(tmp_path: Path) -> None:
    """Humidity 0 in every hour of two weeks."""
    rows = year().filter(pa.array((days() >= np.datetime64("2011-06-06")) & (days() < np.datetime64("2011-06-20"))))
    column = rows.schema.get_field_index("humidity")
    broken = rows.set_column(column, "humidity", pa.array(np.zeros(len(rows))))
    answer = check(reference(), broken, (datetime(2011, 6, 6), datetime(2011, 6, 20)), tmp_path)
    assert answer.drifted == ("humidity",)
    assert next(item for item in answer.findings if item.column == "humidity").found is Found.DRIFTED
