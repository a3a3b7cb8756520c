"""What a repository needs for a year in minutes: environments with short steps, live data from the log, a schedule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tidegate.simulator import permissions, workflow_yaml
from tidegate.simulator.permissions import RANK
from tidegate.simulator.story.changes import Replacement, texts
from tidegate.simulator.story.surroundings import Surroundings

MESSAGE = "A year in minutes: short canaries, drift read from the prediction log, a gate that grows with the service"
CONTRACT = "tidegate.yaml"
DRIFT = ".github/workflows/model-drift.yml"
SCHEDULE = ".github/workflows/drift-schedule.yml"
CHECKED = timedelta(days=3, hours=5, minutes=41)
"""After a month's end, when its labels are there: the one of the daily checks that is played."""

_PRODUCTION = """\
# As the example's, in requests instead of minutes: what is judged is each hour of the year, asked once.
target: process
address: {address}
after: staging
strategy:
  kind: canary
  steps:
    - {{weight: 40%, hold: 1s, requests: 60}}
    - {{weight: 60%, hold: 1s, requests: 60}}
analysis:
  error_rate: 15%
  latency_ratio: 3
  latency_floor: 50ms
  quantile: 0.8
  every: 500ms
  patience: 2m
log: {{every: 500ms}}
"""
_SCHEDULE = """\
# The prediction log and the labels are folders of the runner, which is what the shared workflow is told here.
name: Drift of the service
on:
  schedule:
    - cron: "41 5 * * *"
permissions: {{}}
jobs:
  drift:
    permissions:
{permissions}
    uses: ./.github/workflows/model-drift.yml
    with:
      live: {live}
      labels: {labels}
"""
_CONTRACT = (
    Replacement(
        path=CONTRACT,
        old="        time: timestamp ",
        new="        id: request_id                 # clients send the row's own id\n"
        "        unit: us\n"
        "        time: timestamp ",
    ),
    Replacement(path=CONTRACT, old="path: model/live/labels}", new="path: model/live/labels, id: instant}"),
    Replacement(
        path=CONTRACT,
        old="        cooldown: 21d ",
        new="        labelled_rows: 1400            # two whole months: what is not called drift is learnt too\n"
        "        cooldown: 84d ",
    ),
)


def edits(read: Callable[[str], str], place: Surroundings, *, live: Path, labels: Path) -> dict[str, str | None]:
    """The files that differ from the example's. Raises InputError E-SIM-041 where the contract is not as expected."""
    wanted = workflow_yaml.load(read(DRIFT), DRIFT)
    granted = "\n".join(f"      {scope}: {level}" for scope, level in sorted(_grants(wanted).items()))
    return {
        **place.files,
        "environments/production/environment.yaml": _PRODUCTION.format(address=place.production),
        **texts(_CONTRACT, read),
        SCHEDULE: _SCHEDULE.format(permissions=granted, live=live, labels=labels),
    }


def checked(last: datetime, now: datetime) -> datetime:
    """When drift is looked for after a month whose last hour is `last`; the next day's check where it is later now."""
    moment = (last + timedelta(days=1)).replace(hour=0) + CHECKED
    while moment < now:
        moment += timedelta(days=1)
    return moment


def _grants(workflow: dict[str, Any]) -> dict[str, str]:
    """All that the workflow's jobs ask for: whoever calls it has to give that."""
    found: dict[str, str] = {}
    for grants in permissions.job_grants(workflow).values():
        higher = {scope: max(level, found.get(scope, "none"), key=RANK.__getitem__) for scope, level in grants.items()}
        found |= higher
    return found
