"""`detect-drift --follow`: the prediction log as it grows, until somebody ends it; what was counted is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

from tidegate.adapters import files, lock_file, metrics_port
from tidegate.adapters.scan.growing import Columns
from tidegate.adapters.scan.stream import Stream, moment
from tidegate.adapters.scan.tail import DAY, Stretch
from tidegate.core.contract import Drift, Model
from tidegate.core.drift import evidence, following, following_document
from tidegate.core.drift.evidence import Seen
from tidegate.core.drift.telling import follow_metrics, metrics
from tidegate.core.drift.verdict import Judgement, judge
from tidegate.core.drift.window import Window
from tidegate.core.drift.wording import shown, times
from tidegate.errors import InfrastructureError, InputError
from tidegate.server.release.signature import RESERVED
from tidegate.settings import Settings
from tidegate.steps.drift import check as drift_check
from tidegate.steps.drift import follow_state
from tidegate.steps.drift import reference as drift_reference
from tidegate.steps.drift.follow_log import Follower, Log
from tidegate.steps.drift.follow_state import Memory
from tidegate.steps.drift.reference import Reference
from tidegate.steps.pipeline.past_output import Output

BLOCKS_A_WINDOW = 100
"""Where steps are blocks of rows nobody knows how many a window has; alarms are as rare as α in so many."""
_WILD = frozenset("*?[")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What was asked for. `every` and `most` are seconds, 0 for without end; `port` is None where none is served."""

    live: str = ""
    state: str = ""
    textfile: str = ""
    port: int | None = None
    every: float = 5.0
    most: float = 0.0
    block: int = 500


@dataclass(kw_only=True)
class Following:
    """One follower with its state's file; `said` is the text that a scraper gets."""

    settings: Settings
    model: Model
    drift: Drift
    reference: Reference
    follower: Follower
    place: Path
    about: dict[str, Any]
    said: str = ""
    judged: tuple[Any, Judgement] | None = None

    def look(self, now: datetime) -> None:
        """Count what is new, keep it, and say what is known."""
        self.follower.look(now + drift_check.AHEAD)
        if self.follower.changed:
            follow_state.save(self.place, self.follower.memory, self.about)
            self.follower.changed = False
        self.said = self._text(now)

    def result(self, now: datetime) -> dict[str, Any]:
        """The document of a check of the windows that are over."""
        stream = self.follower.memory.stream
        windows = [self._own(window) for window in stream.latest()]
        key = tuple((window.start, window.part.rows, window.untimed) for window in windows)
        if self.judged is None or self.judged[0] != key:
            judgement = judge(self.reference.profile, windows, drift_check.rules(self.drift))
            self.judged = key, judgement
        seen = Seen(
            judgement=self.judged[1],
            windows=windows,
            profile=self.reference.profile,
            against=self.reference.about,
        )
        last = None if stream.last is None else moment(stream.last)
        return evidence.result(self.drift, drift_check.known_only_if_fresh(seen, self.drift, last, now))

    @property
    def sentence(self) -> str:
        """What came of it."""
        memory = self.follower.memory
        standing = [shown(alarm.column) for alarm in following.alarms(memory.tracks)]
        alarms = f"{times(memory.raised, 'alarm')} so far" + (f", standing: {', '.join(standing)}" if standing else "")
        return f"followed {times(memory.stream.rows, 'row')} of {self.model.name}; {alarms}"

    def summary(self) -> dict[str, Any]:
        """The same as JSON values: the latest alarms, and which of them stand."""
        memory = self.follower.memory
        document = following_document.alarm_document
        return {
            "rows": memory.stream.rows,
            "steps": memory.steps,
            "raised": memory.raised,
            "alarms": [document(alarm) for alarm in memory.alarms],
            "standing": [document(alarm) for alarm in following.alarms(memory.tracks)],
            "unreadable": dict(self.follower.problems),
        }

    def _own(self, window: Window) -> Window:
        """Without the log's own columns, which are nobody's features."""
        live = self.drift.live
        ours = {live.time, live.version, live.id or (live.labels.id if live.labels else ""), *RESERVED}
        apart = ours - self.reference.profile.columns.keys()
        return replace(window, seen={name: window.seen[name] for name in window.seen if name not in apart})

    def _text(self, now: datetime) -> str:
        seconds = (now - datetime(1970, 1, 1)).total_seconds()
        follower, name = self.follower, self.model.name
        own = follow_metrics.text(name, follower.plan, follower.memory.tracks, follower.progress(), seconds)
        return metrics.text(name, self.result(now), seconds) + own


def run(
    settings: Settings,
    model: Model,
    drift: Drift,
    wish: Wish,
    clock: Callable[[], datetime],
    output: Output,
    stop: Event,
) -> Following:
    """Follow until `stop` is set. Raises InputError and InfrastructureError for what keeps it from beginning.

    E-DRF-040 nothing that can be followed, E-DRF-041 another follows already, E-DRF-042 a state that is not whole,
    E-DRF-043 no port, E-DRF-030 and E-FIL-001 what cannot be written.
    """
    with _begun(settings, model, drift, wish, output, stop) as begun:
        ends = monotonic() + wish.most
        while not stop.is_set() and not (wish.most and monotonic() > ends):
            begun.look(clock())
            _expose(settings, wish, begun)
            stop.wait(0 if begun.follower.more else wish.every)
        return begun


@contextmanager
def _begun(
    settings: Settings, model: Model, drift: Drift, wish: Wish, output: Output, stop: Event
) -> Iterator[Following]:
    folder = Path(wish.state) if wish.state else settings.evidence / follow_state.FOLDER
    place = follow_state.place(settings.workspace / folder, model.name)
    with ExitStack() as stack:
        stack.enter_context(lock_file.held(place.with_suffix(".lock")))
        begun = _made(settings, model, drift, wish, place, output, stop)
        if wish.port is not None:
            port = stack.enter_context(metrics_port.served(wish.port, lambda: begun.said))
            settings.console.say(f"metrics at http://127.0.0.1:{port}/metrics")
        yield begun


def _made(
    settings: Settings, model: Model, drift: Drift, wish: Wish, place: Path, output: Output, stop: Event
) -> Following:
    log = log_of(settings, drift, wish.live)
    reference = drift_reference.of(settings, model, drift, output)
    asked = _stretch(drift, reference, wish.block)
    told = follow_state.about(reference.about.digest, asked)
    fresh = Memory(stream=Stream(asked=asked, keep=drift.fire_when.of))
    memory, other = follow_state.load(place, fresh, told)
    if other:
        settings.console.say("The state is about another release or other windows: what lies there is counted anew.")
    steps = asked.microseconds / DAY if asked.by_day else float(BLOCKS_A_WINDOW)
    plan = following.plan(reference.profile, drift_check.rules(drift), steps)
    follower = Follower(log=log, plan=plan, memory=memory, say=settings.console.say, ended=stop.is_set)
    return Following(
        settings=settings,
        model=model,
        drift=drift,
        reference=reference,
        follower=follower,
        place=place,
        about=told,
    )


def log_of(settings: Settings, drift: Drift, live: str) -> Log:
    """Where the log lies. Raises InputError E-DRF-040 for live data that does not grow file by file."""
    if drift.live.source and not live:
        fix = "Leave --follow out: a check reads it. Or give --live, the folder of the prediction log."
        raise InputError("E-DRF-040", "live data in a database cannot be followed.", where="drift.live.source", fix=fix)
    if live:
        return Log(root=settings.workspace / live)
    if _WILD & set(drift.live.path):
        return Log(root=settings.workspace, pattern=drift.live.path)
    return Log(root=files.inside(settings.workspace, drift.live.path))


def _stretch(drift: Drift, reference: Reference, block: int) -> Stretch:
    live, profile, version = drift.live, reference.profile, reference.about.version
    cluster = profile.cluster
    columns = Columns(
        described=profile.columns,
        clustered=cluster is not None,
        apart=frozenset({live.time, cluster or live.time} - profile.columns.keys()),
        version=None if version is None else (live.version, version),
    )
    return Stretch(columns=columns, time=live.time, window=live.window, cluster=cluster, unit=live.unit, block=block)


def _expose(settings: Settings, wish: Wish, begun: Following) -> None:
    if not wish.textfile:
        return
    path = settings.workspace / wish.textfile
    try:
        files.write_atomically(path, begun.said.encode())
    except OSError as error:
        raise InfrastructureError("E-DRF-030", f"cannot be written: {error.strerror}.", where=str(path)) from error
