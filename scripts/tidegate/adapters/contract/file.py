"""`tidegate.yaml` on disk or at a commit, read whole: a contract, or every problem it has, each with its place."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tidegate.adapters import files
from tidegate.adapters.contract.document import Document, Scalar, line_and_column
from tidegate.core.contract import Contract
from tidegate.core.contract.problem import Path as Place
from tidegate.core.contract.problem import Problem, shown
from tidegate.errors import InputError, Problems, SecurityRefusal, TidegateError

LIMIT = 1024 * 1024
_MOST_PROBLEMS = 100
_PATHS: tuple[Place, ...] = (
    ("path",),
    ("data", "tracked"),
    ("data", "expectations"),
    ("environment", "lock"),
    ("evaluation", "predictions"),
    ("evaluation", "rows"),
    ("evaluation", "model"),
    ("evaluation", "tests"),
    ("drift", "profile"),
    ("drift", "live", "path"),
    ("drift", "live", "labels", "path"),
)


def load(path: Path, root: Path) -> Contract:
    """The contract in the file `path` of the repository `root`; no path in it leads out of there, not by a link either.

    Raises InputError (E-CFG-…), SecurityRefusal (E-SEC-…), or Problems with all of them in the order of the file.
    """
    name = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
    if not _is_inside(path, root):
        raise SecurityRefusal("E-SEC-002", f"contract {shown(name)} leaves the workspace.", fix="Name a file inside.")
    return _contract(_bytes(path, name, root), name, root)


def parse(source: str | bytes, name: str) -> Contract:
    """The contract that `source` (UTF-8 when bytes) says, as read from another commit; `name` is shown in messages.

    Raises what `load` raises.
    """
    return _contract(source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source, name, None)


def place_of(path: Path, name: str, value: Place) -> str:
    """``file:line:column`` of the value at `value` in a contract that was read before, for complaints about it."""
    from tidegate.adapters.contract import strict_yaml as contract_yaml

    line, column = contract_yaml.read(_text(path.read_bytes(), name)).place(value)
    return f"{name}:{line}:{column}"


def _bytes(path: Path, name: str, root: Path) -> bytes:
    if not path.exists():
        raise InputError("E-CFG-001", f"no {name} in {root}.", fix='Run "tidegate init".')
    if not path.is_file():
        raise InputError("E-CFG-001", "is not a regular file.", where=name)
    try:
        with path.open("rb") as stream:
            return stream.read(LIMIT + 1)
    except OSError as error:
        raise InputError("E-CFG-001", f"cannot be read: {error.strerror}.", where=name) from error


def _contract(data: bytes, name: str, root: Path | None) -> Contract:
    from tidegate.adapters.contract import strict_yaml as contract_yaml
    from tidegate.adapters.contract.check import contract_of

    document = contract_yaml.read(_text(data, name))
    contract, found = None, document.problems
    if document.tree is not None:
        contract, shape_problems = contract_of(document)
        found = [*found, *shape_problems, *(_links(document, root) if root else ())]
    problems = _in_order(found, document)
    if problems or contract is None:
        raise _error(problems, name)
    return contract


def _text(data: bytes, name: str) -> str:
    if len(data) > LIMIT:
        raise InputError("E-CFG-009", "larger than 1 MiB.", where=name, fix="Write one contract for each repository.")
    body = data.removeprefix(codecs.BOM_UTF8)
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        offset = error.start + len(data) - len(body)
        line, column = line_and_column(body[: error.start].decode(), error.start)
        message = f"not UTF-8 (byte 0x{data[offset]:02x} at offset {offset})."
        raise InputError("E-CFG-010", message, where=f"{name}:{line}:{column}", fix="Save it as UTF-8.") from None


def _links(document: Document, root: Path) -> Iterator[Problem]:
    """Paths that lead out of the repository by a symbolic link on this machine."""
    models = document.tree.get("models") if isinstance(document.tree, dict) else None
    for model in models if isinstance(models, dict) else ():
        for path in _PATHS:
            written = document.at(("models", model, *path))
            if isinstance(written, Scalar) and not _is_inside(root / _fixed_part(written.text), root):
                message = f"path {shown(written.text)} leaves the workspace."
                fix = "Give a path in the repository."
                yield Problem(code="E-SEC-002", path=("models", model, *path), message=message, fix=fix)


def _fixed_part(pattern: str) -> str:
    """The folders in front of the first wildcard."""
    return re.split(r"[^/]*[*?\[]", pattern, maxsplit=1)[0]


def _is_inside(path: Path, root: Path) -> bool:
    """Whether `path` stays in `root` when links are followed; what cannot be followed to its end (a loop) does not."""
    try:
        files.inside(root, str(path.relative_to(root)))
    except (SecurityRefusal, ValueError, OSError, RuntimeError):
        return False
    return True


def _in_order(found: Sequence[Problem], document: Document) -> list[Problem]:
    """Problems with their places, by line and column, each place told once for each code."""
    placed = {_identity(problem): problem for problem in reversed([_placed(problem, document) for problem in found])}
    return sorted(placed.values(), key=lambda problem: (problem.line, problem.column))


def _placed(problem: Problem, document: Document) -> Problem:
    if problem.line:
        return problem
    line, column = document.place(problem.path, at_key=problem.at_key)
    return replace(problem, line=line, column=column)


def _identity(problem: Problem) -> tuple[object, ...]:
    """A secret can be found by its form and by its key; that is one problem of one line."""
    if problem.code == "E-SEC-004":
        return problem.code, problem.line
    return problem.code, problem.line, problem.column, problem.path, problem.message


def _error(found: Sequence[Problem], name: str) -> TidegateError:
    """One error for all of `found`: the first hundred, and the first danger among the rest."""
    kept = list(found[:_MOST_PROBLEMS])
    if not any(problem.refuses for problem in kept):
        kept += [problem for problem in found if problem.refuses][:1]
    problems = [_raised(problem, name) for problem in kept]
    told = set(kept)
    if rest := [problem for problem in found if problem not in told]:
        where = f"{name}:{rest[0].line}:{rest[0].column}"
        problems.append(InputError(rest[0].code, f"and {len(rest)} more problems from here on.", where=where))
    return problems[0] if len(problems) == 1 else Problems(problems)


def _raised(problem: Problem, name: str) -> TidegateError:
    kind = SecurityRefusal if problem.refuses else InputError
    return kind(problem.code, problem.text, where=f"{name}:{problem.line}:{problem.column}", fix=problem.fix)
