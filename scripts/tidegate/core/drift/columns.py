"""The questions that are asked of one column: are values spread as before, missing as often, words known, finite."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from tidegate.core.drift import cells, distances, floors, significance
from tidegate.core.drift.finding import Against, Subject
from tidegate.core.drift.profile import Numbers, Part, Profile, Summary, Words
from tidegate.core.drift.spread import spread


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question's numbers, before all of a window's questions are looked at together."""

    column: str
    subject: Subject
    effect: float
    floor: float
    p: float | None
    against: Against = "all"
    shares: tuple[float, float] | None = None
    measures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """`alpha`: the error rate that floors are calibrated to; `min_effect`: the floor's floor.

    `months`: the window's, 1 to 12, so that it can be held against its own season as well.
    """

    alpha: float
    min_effect: float
    months: tuple[int, ...] = ()


def questions(profile: Profile, window: Part, name: str, limits: Limits) -> Iterator[Question]:
    """Everything that can be asked of a column that both sides have, of the same kind."""
    if cells.comparable(window.columns[name]):
        yield from _distribution(profile, window, name, limits)
    for subject in _events(profile, name):
        question = _rate(profile, window, name, limits, subject)
        if question.shares != (0.0, 0.0):  # what never happened is no question, and would weaken the others
            yield question


def _events(profile: Profile, name: str) -> Iterator[Subject]:
    summary = profile.total.columns[name]
    known = summary.nulls < profile.total.rows  # of a reference without a value nothing is known, not even that
    if profile.columns[name].role != "label" and known:  # labels come late
        yield "missing"
    if isinstance(summary, Words) and not summary.other:
        yield "new words"
    if isinstance(summary, Numbers):
        yield "infinite"


def _distribution(profile: Profile, window: Part, name: str, limits: Limits) -> Iterator[Question]:
    """Against the whole reference, and against its own months where there are such: drift is to be unlike both.

    A January is not like the year and need not be: the model has seen one. The larger p-value and the weaker effect
    count, which keeps the error rate (an intersection-union test, Berger 1982).
    """
    column, reference = profile.columns[name], cells.reference(profile, name, limits.months)
    here = cells.sample(window, name, column.words)
    if not here.rows or not reference.whole.rows:
        return
    bases: dict[Against, cells.Sample] = {"all": reference.whole}
    if reference.season is not None:
        bases["season"] = reference.season
    asked = [_against(against, base, reference, here, name, column.kind, limits) for against, base in bases.items()]
    weakest = min(asked, key=lambda question: (question.effect / question.floor, -(question.p or 0.0)))
    p = None if any(question.p is None for question in asked) else max(question.p or 0.0 for question in asked)
    q = distances.shares(reference.whole.counts)
    measures = _measures(
        distances.shares(here.counts), q, window.columns[name], profile.total.columns[name], column.edges
    )
    yield replace(weakest, p=p, measures=measures)


def _against(
    against: Against,
    base: cells.Sample,
    reference: cells.Reference,
    here: cells.Sample,
    name: str,
    kind: str,
    limits: Limits,
) -> Question:
    stray = spread(reference, base, here)
    floor = floors.floor(base, stray, limits.min_effect, alpha=limits.alpha, name=name)
    return Question(
        column=name,
        subject="distribution",
        effect=float(distances.jensen_shannon(distances.shares(here.counts), distances.shares(base.counts))),
        floor=floor,
        p=significance.distribution_p(base, here, stray, ordered=kind == "number"),
        against=against,
    )


def _measures(
    p: distances.Shares, q: distances.Shares, here: Summary, there: Summary, edges: tuple[float, ...]
) -> dict[str, float]:
    found = {"psi": distances.population_stability(p, q)}
    if not isinstance(here, Numbers) or not isinstance(there, Numbers):
        return found
    found["ks"], found["ks_at_most"] = distances.kolmogorov_smirnov(p, q)
    one, other = here.moments, there.moments
    deviation = (other.m2 / other.count) ** 0.5 if other.count else 0.0
    if not one.count or not deviation:
        return found
    found["shift"] = (one.mean - other.mean) / deviation
    distance = distances.wasserstein(p, q, np.asarray(edges), one.mean - other.mean)
    return found | {"wasserstein": distance / deviation}


def _rate(profile: Profile, window: Part, name: str, limits: Limits, subject: Subject) -> Question:
    """How often something happens that is not a value's place: counted in rows, judged in independent rows."""
    clustered = profile.cluster is not None
    seen, clusters, rows = _happened(window, name, subject)
    before, clusters_before, rows_before = _happened(profile.total, name, subject)
    alike = max(1.0, _per_cluster(seen, clusters, rows, window.clusters)) if clustered else 1.0
    usual = rows_before / max(profile.total.clusters, 1)
    alike_before = max(alike, _per_cluster(before, clusters_before, rows_before, profile.total.clusters))
    alike_before = min(alike_before, max(usual, 1.0)) if clustered else 1.0
    share, share_before = seen / max(rows, 1), before / max(rows_before, 1)
    return Question(
        column=name,
        subject=subject,
        effect=float(distances.jensen_shannon(_two(share), _two(share_before))),
        floor=limits.min_effect,
        p=significance.rate_p(seen / alike, rows / alike, before / alike_before, rows_before / alike_before)
        if rows and rows_before
        else None,
        shares=(share_before, share),
    )


def _happened(part: Part, name: str, subject: Subject) -> tuple[int, int | None, int]:
    """How many rows it happened in, in how many clusters (None: unknown), and of how many rows."""
    summary = part.columns[name]
    if subject == "missing":
        return summary.nulls, summary.null_clusters, part.rows
    if isinstance(summary, Words):
        return summary.other, summary.other_clusters, part.rows - summary.nulls
    infinite = summary.infinite if isinstance(summary, Numbers) else 0
    return infinite, None if infinite else 0, part.rows - summary.nulls


def _per_cluster(seen: int, clusters: int | None, rows: int, all_clusters: int) -> float:
    """Rows that happened together. Where that was not counted, whole clusters are taken to."""
    if not seen:
        return 1.0
    return seen / clusters if clusters else max(rows / max(all_clusters, 1), 1.0)


def _two(share: float) -> distances.Shares:
    return np.array([share, 1 - share])
