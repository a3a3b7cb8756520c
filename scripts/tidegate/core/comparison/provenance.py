"""Whether two prediction files can come from two models: the classic mistake is to score one model twice."""

from __future__ import annotations

from collections.abc import Mapping

from tidegate.core.training.pipeline import Record


def artifacts(stages: Mapping[str, Record]) -> dict[str, str]:
    """Path → digest of everything that the stages of a `dvc.lock` wrote."""
    return {path: f"md5:{digest}" for record in stages.values() for path, digest in record.outs.items()}


def scored_twice(
    now: Mapping[str, Record],
    before: Mapping[str, Record],
    predictions: str,
    model: str | None,
    rows: str | None = None,
) -> tuple[str, ...]:
    """What equal predictions were made from that is not equal, so that they should differ.

    That is the file `model`; where nobody says which file it is, what the predictions' stage reads and no other does
    (the model, not the data it was trained on, nor the hold-out `rows`): where a change of the data left the model as
    it was, equal predictions are right.
    """
    old, new = artifacts(before), artifacts(now)
    made_from = {model: new.get(model)} if model else _made_from(now, predictions)
    return tuple(path for path, digest in sorted(made_from.items()) if old.get(path) != digest and path != rows)


def _made_from(stages: Mapping[str, Record], predictions: str) -> dict[str, str]:
    writer = next((record for record in stages.values() if predictions in record.outs), None)
    if writer is None:
        return {}
    elsewhere = {path for record in stages.values() if record is not writer for path in record.deps}
    written = artifacts({name: record for name, record in stages.items() if record is not writer})
    return {path: written[path] for path in writer.deps if path in written and path not in elsewhere}
