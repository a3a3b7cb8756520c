"""Which of a pipeline's outputs are metrics, pictures and the model, as its `dvc.yaml` says or their names show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from tidegate.core.training.pipeline import Record, Unsettled, normal

PICTURES = (".svg", ".png")
_MODELS = (
    ".onnx", ".safetensors", ".skops", ".gguf", ".ubj", ".bst", ".cbm", ".mlmodel", ".tflite",
    ".pt", ".pth", ".h5", ".keras", ".pkl", ".pickle", ".joblib",
)  # fmt: skip
_EXPRESSION = re.compile(r"\$\{[^}]*\}")


@dataclass(frozen=True, kw_only=True)
class Produced:
    """Paths from the root. `pictures` may be folders; `model` is None where nothing says which file it is."""

    metrics: tuple[str, ...]
    pictures: tuple[str, ...]
    model: str | None


def produced(defined: Any, folder: str, stages: Mapping[str, Record]) -> Produced:
    """What the parsed `dvc.yaml` of `folder` names, `${...}` matched against what the stages recorded."""
    recorded = sorted({path for record in stages.values() for path in record.outs})
    metrics = _paths(_entries(defined, "metrics"), folder, recorded)
    plots = _paths(_entries(defined, "plots"), folder, recorded)
    pictures = [path for path in plots if PurePosixPath(path).suffix in ("", *PICTURES)]
    usual = normal(folder, "reports/plots")
    if usual not in pictures:
        pictures.append(usual)
    return Produced(
        metrics=tuple(metrics),
        pictures=tuple(pictures),
        model=_model(defined, folder, set(recorded) - {*metrics, *plots}),
    )


def _entries(defined: Any, kind: str) -> Iterator[tuple[str, str]]:
    """(stage's working folder, path) of each entry under `kind`, of the stages and of the file itself."""
    if not isinstance(defined, Mapping):
        return
    yield from ((".", path) for path in _named(defined.get(kind)))
    stages = defined.get("stages")
    for entry in stages.values() if isinstance(stages, Mapping) else ():
        template = entry.get("do", entry) if isinstance(entry, Mapping) else None
        if isinstance(template, Mapping):
            yield from ((str(template.get("wdir", ".")), path) for path in _named(template.get(kind)))


def _named(entries: Any) -> Iterator[str]:
    """Paths of a list of paths, or of mappings with paths as keys."""
    for entry in [entries] if isinstance(entries, Mapping | str) else entries if isinstance(entries, list) else ():
        yield from (str(key) for key in (entry if isinstance(entry, Mapping) else [entry]))


def _paths(entries: Iterable[tuple[str, str]], folder: str, recorded: Iterable[str]) -> list[str]:
    found: list[str] = []
    for wdir, written in entries:
        try:
            path = normal(folder, f"{wdir}/{written}")
        except Unsettled:
            continue
        found += [name for name in recorded if _pattern(path).fullmatch(name)] if _EXPRESSION.search(path) else [path]
    return list(dict.fromkeys(found))


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, _EXPRESSION.split(path))))


def _model(defined: Any, folder: str, outputs: Iterable[str]) -> str | None:
    declared = defined.get("artifacts") if isinstance(defined, Mapping) else None
    models = [
        str(entry["path"])
        for entry in (declared.values() if isinstance(declared, Mapping) else ())
        if isinstance(entry, Mapping) and "path" in entry and entry.get("type", "model") == "model"
    ]
    if models:
        return normal(folder, models[0]) if len(models) == 1 else None
    by_kind: dict[bool, list[str]] = {True: [], False: []}
    for path in outputs:
        if (suffix := PurePosixPath(path).suffix.lower()) in _MODELS:
            by_kind[suffix == ".onnx"].append(path)
    candidates = by_kind[True] or by_kind[False]
    return candidates[0] if len(candidates) == 1 else None
