"""What evidence is about: the commit, and digests of everything that a model is made from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import PurePosixPath

from tidegate.adapters import files, git
from tidegate.adapters.dvc import documents as dvc_documents
from tidegate.core.contract import Model
from tidegate.core.evidence import Subject, canonical_bytes, digest
from tidegate.core.training.pipeline import DEFINITION, PARAMETERS, RECORD, Unsettled, normal
from tidegate.core.training.training import flat
from tidegate.settings import Settings

_PROSE = (".md", ".rst")
# DVC writes one beside each output that it keeps.
_BY_DVC = (".gitignore",)


def of(settings: Settings, model: Model, outputs: Iterable[str] = ()) -> Subject:
    """The subject of the work tree as it is: `outputs` are what the pipeline writes and Git keeps."""
    commit = git.head(settings.workspace)
    return Subject(
        commit=commit,
        tree=tree_of(settings, model, commit, outputs),
        data=_data(settings, model),
        params=digest(canonical_bytes(params_of(settings, model, None))),
        environment=_environment(settings, model),
    )


def inputs_digest(subject: Subject) -> str:
    """One digest for all that decides what a training results in."""
    members = {name: getattr(subject, name) for name in ("tree", "data", "params", "environment")}
    return digest(canonical_bytes(members))


def tree_of(settings: Settings, model: Model, commit: str, outputs: Iterable[str] = ()) -> str | None:
    """Digest of the Git object ids of the model's inputs at `commit`; None where the work tree's differ from them.

    The pipeline's own record and outputs are no inputs, and prose trains nothing.
    """
    written = {f"{model.path}/{RECORD}", *outputs}
    if any(_is_input(path, written) for path in touched_since(settings, model, commit)):
        return None
    roots = _roots(model)
    found = {path: name for root in roots for path, name in git.blobs_at(settings.workspace, commit, root).items()}
    return digest(canonical_bytes({path: name for path, name in found.items() if _is_input(path, written)}))


def touched_since(settings: Settings, model: Model, commit: str) -> list[str]:
    """Paths of the model's own that differ between `commit` and the work tree, prose left out."""
    changed = git.changed_paths(settings.workspace, commit, None)
    return [path for path in changed if _is_input(path, set()) and _under(path, _roots(model))]


def _roots(model: Model) -> list[str]:
    return [model.path, model.data.tracked, *filter(None, [model.environment.lock])]


def _is_input(path: str, written: set[str]) -> bool:
    place = PurePosixPath(path)
    under = {path, *map(str, place.parents)}
    return place.suffix not in _PROSE and place.name not in _BY_DVC and not under & written


def _under(path: str, roots: Iterable[str]) -> bool:
    return any(PurePosixPath(path).is_relative_to(root) for root in roots)


def _data(settings: Settings, model: Model) -> str | None:
    place = settings.workspace / model.data.tracked
    if not place.is_file():
        return None
    pointed = dvc_documents.pointed(dvc_documents.parsed(place.read_bytes(), model.data.tracked))
    return "+".join(f"md5:{digest}" for digest in pointed.values()) or None


def _environment(settings: Settings, model: Model) -> str | None:
    lock = model.environment.lock
    return files.sha256(settings.workspace / lock) if lock and (settings.workspace / lock).is_file() else None


def params_of(settings: Settings, model: Model, commit: str | None) -> dict[str, str]:
    """Dotted name -> value as text of all parameters, at `commit`, or in the work tree for None.

    Names from another file than params.yaml begin with the file's.
    """
    main = f"{model.path}/{PARAMETERS}"
    names = dict.fromkeys([main, *_other_parameter_files(settings, model)])
    documents = {path: dvc_documents.parsed(_read(settings, commit, path), path) for path in names}
    return {
        name if path == main else f"{path}: {name}": value
        for path, document in documents.items()
        for name, value in flat(document).items()
    }


def _other_parameter_files(settings: Settings, model: Model) -> Iterator[str]:
    """Those that the stages of `dvc.yaml` name."""
    path = f"{model.path}/{DEFINITION}"
    defined = dvc_documents.parsed(_read(settings, None, path), path)
    stages = defined.get("stages") if isinstance(defined, Mapping) else None
    for entry in stages.values() if isinstance(stages, Mapping) else ():
        stage = entry if isinstance(entry, Mapping) else {}
        for named in stage.get("params") or ():
            for name in named if isinstance(named, Mapping) else ():
                with suppress(Unsettled):
                    yield normal(f"{model.path}/{stage.get('wdir', '.')}", name)


def _read(settings: Settings, commit: str | None, path: str) -> bytes | None:
    if commit is not None:
        return git.show(settings.workspace, commit, path)
    place = settings.workspace / path
    return place.read_bytes() if place.is_file() else None
