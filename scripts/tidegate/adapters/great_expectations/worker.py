"""The process in which Great Expectations runs: a request in JSON on standard input, a reply in a file.

A process of its own because importing it costs seconds and hundreds of megabytes that no other part needs, because it
reads the environment at import, and because whatever ends it (a crash, the kernel) must be told from a failed check.
It is handed Arrow files only: what the data is and whether it can be trusted was settled before.
"""

from __future__ import annotations

import gc
import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

_SAMPLES = 5
_SPLIT = 128 * 1024 * 1024
"""Above so many bytes of columns, expectations are run by the columns that they read, and not all at once."""
_LARGE = 8 * 1024 * 1024
Batch = Callable[[Any], Any]


def main() -> None:
    """Answer the request on standard input; the reply goes to the file that it names."""
    request = json.load(sys.stdin)
    reply = json.dumps(answer(request), allow_nan=False)
    Path(request["reply"]).write_text(reply, encoding="utf-8")


def answer(
    request: Mapping[str, Any], split: int = _SPLIT, free: Callable[[], int | None] | None = None
) -> dict[str, Any]:
    """`problems`: expectations that cannot be built. `outcomes`: all others', unless a strict suite has problems.

    Above `split` bytes of columns, expectations are run by the columns that they read; `refused` says which of those
    would need more than the `free` bytes (what the system says, unless given).
    """
    from tidegate.adapters.great_expectations import memory

    built = {run["suite"]: list(_built(run["expectations"])) for run in request["runs"]}
    problems = [
        {"suite": run["suite"], "index": index, "message": made, "strict": run["strict"]}
        for run in request["runs"]
        for index, made in enumerate(built[run["suite"]])
        if isinstance(made, str)
    ]
    if any(problem["strict"] for problem in problems):
        return {"problems": problems, "outcomes": []}
    good = {name: [one for one in made if not isinstance(one, str)] for name, made in built.items()}
    try:
        return {"problems": problems, "outcomes": _outcomes(request, good, split, free or memory.free)}
    except TooLarge as refused:
        return {"problems": problems, "outcomes": [], "refused": refused.told}


def _built(expectations: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    """Each expectation, or why there is no such expectation. A suite made of all of them would drop bad ones."""
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    for index, document in enumerate(expectations):
        numbered = {**document, "id": None, "meta": {**(document.get("meta") or {}), "tidegate": {"index": index}}}
        try:
            yield ExpectationConfiguration(**numbered).to_domain_obj()
        except Exception as error:  # noqa: BLE001  # whatever it dislikes about the file is told to the file's author
            yield " ".join(str(error).split())[:300] or type(error).__name__


class TooLarge(Exception):
    """Rows that would not fit into the memory that is left; `told` says which and how large."""

    def __init__(self, told: dict[str, Any]) -> None:
        super().__init__(str(told))
        self.told = told


def _outcomes(
    request: Mapping[str, Any],
    expectations: Mapping[str, Sequence[Any]],
    split: int,
    free: Callable[[], int | None],
) -> list[dict[str, Any]]:
    from tidegate.adapters.great_expectations import docs

    folder = Path(request["docs"]) if request["docs"] else None
    outcomes: list[dict[str, Any]] = []
    pages: list[Any] = []
    table_of, batch = _tables(), _batches()
    for run in request["runs"]:
        suite = run["suite"]
        for frame in run["frames"]:
            table = table_of(frame["files"])
            found = []
            for some, part in _parts(run, expectations[suite], table, request["id"], split):
                _require_room(part, suite, frame["name"], free() if part.nbytes > split // 8 else None)
                found += _validated(batch(part), some, suite, frame["parameters"], request["id"])
            found.sort(key=lambda pair: pair[0])
            outcomes += [_outcome(suite, frame["name"], index, result) for index, result in found]
            if folder:
                whole = None if any(isinstance(one, str) for _, one in found) else [one for _, one in found]
                newest = frame is run["frames"][-1]
                pages.append(docs.write_page(folder, suite, frame["name"], whole, pages, newest=newest))
    if folder:
        docs.write_index(folder, request["title"], pages)
    return outcomes


def _parts(
    run: Mapping[str, Any], expectations: Sequence[Any], table: Any, id_column: str, split: int
) -> Iterator[tuple[list[Any], Any]]:
    """Expectations with the part of the table that they are run on: all together as long as that is small."""
    wanted = table.column_names if run["columns"] is None else run["columns"]
    whole = table.select([name for name in table.column_names if name in wanted])
    if whole.nbytes <= split:
        yield list(expectations), whole
        return
    by_need: dict[tuple[str, ...], list[Any]] = {}
    for expectation in expectations:
        reads = run["reads"][expectation.meta["tidegate"]["index"]]
        key = ("names",) if reads["names"] else ("all",) if reads["columns"] is None else ("of", *reads["columns"])
        by_need.setdefault(key, []).append(expectation)
    for (kind, *columns), some in by_need.items():
        part = table.slice(0, 0) if kind == "names" else table
        if kind == "of":
            part = table.select(_with_id(table.column_names, columns, id_column))
        yield some, part


def _with_id(there: Sequence[str], columns: Sequence[str], id_column: str) -> list[str]:
    """The columns and the id, in the table's order; the first column where that leaves none: rows must be there."""
    found = [name for name in there if name in columns or name == id_column]
    return found or list(there[:1])


def _require_room(part: Any, suite: str, frame: str, free: int | None) -> None:
    """Raise TooLarge where a part of a table, with the copies that are made of it, is larger than what is free."""
    from tidegate.adapters.great_expectations import memory

    need = part.nbytes * memory.COPIES
    if free is not None and need > free:
        told = {"suite": suite, "frame": frame, "rows": part.num_rows, "columns": part.num_columns}
        raise TooLarge({**told, "need": need, "free": free})


def _tables() -> Callable[[Sequence[str]], Any]:
    """A function that maps Arrow files as one table; the last one is kept, as suites follow on the same rows."""
    import pyarrow as pa

    last: dict[tuple[str, ...], Any] = {}

    def table(files: Sequence[str]) -> Any:
        key = tuple(files)
        if key not in last:
            last.clear()
            tables = [pa.ipc.open_file(pa.memory_map(file)).read_all() for file in files]
            last[key] = pa.concat_tables(tables, promote_options="default")
        return last[key]

    return table


def _batches() -> Batch:
    """A function that makes a batch of a table.

    Great Expectations keeps every batch for as long as its context lives (1.24.1): a large one gets a context of its
    own, and the next one takes its place.
    """
    import great_expectations as gx

    definitions: list[Any] = []

    def batch(table: Any) -> Any:
        if not definitions or table.nbytes > _LARGE:
            definitions.clear()
            gc.collect()
            context: Any = gx.get_context(mode="ephemeral")
            asset = context.data_sources.add_pandas("data").add_dataframe_asset("rows")
            definitions.append(asset.add_batch_definition_whole_dataframe("all"))
        return definitions[0].get_batch({"dataframe": table.to_pandas()})

    return batch


def _validated(
    batch: Any, expectations: Sequence[Any], suite: str, parameters: Mapping[str, Any], id_column: str
) -> list[tuple[int, Any]]:
    """(index, result) of every expectation, or a text where asking for it raises. One of them makes all raise."""
    form: dict[str, Any] = {"result_format": "SUMMARY", "partial_unexpected_count": _SAMPLES}
    if id_column in batch.columns():
        form["unexpected_index_column_names"] = [id_column]
    known = {name: _parameter(value) for name, value in parameters.items()}

    def results(some: Sequence[Any]) -> list[tuple[int, Any]]:
        from great_expectations.core.expectation_suite import ExpectationSuite

        asked = ExpectationSuite(name=suite, expectations=list(some))
        validated = batch.validate(asked, result_format=form, expectation_parameters=known)
        return [(one.expectation_config.meta["tidegate"]["index"], _plain(one)) for one in validated.results]

    try:
        return sorted(results(expectations), key=lambda pair: pair[0])
    except Exception:  # noqa: BLE001  # which one it was is found by asking one at a time
        return [_alone(results, one) for one in expectations]


def _alone(results: Callable[[Sequence[Any]], list[tuple[int, Any]]], expectation: Any) -> tuple[int, Any]:
    try:
        return results([expectation])[0]
    except Exception as error:  # noqa: BLE001  # told as this expectation's outcome
        return expectation.meta["tidegate"]["index"], f"{type(error).__name__}: {error}"


def _plain(result: Any) -> Any:
    """The result with Python's own values: NumPy's in it keep some of them from being stored (1.24.1)."""
    result.result = _native(result.result)
    result.success = bool(result.success)
    return result


def _outcome(suite: str, frame: str, index: int, result: Any) -> dict[str, Any]:
    place = {"suite": suite, "frame": frame, "index": index}
    if isinstance(result, str):
        return {**place, "success": False, "result": {}, "kwargs": {}, "error": result[:500]}
    kwargs = _native(dict(result.expectation_config.kwargs))
    error = _error(result.exception_info)
    return {**place, "success": result.success, "result": result.result, "kwargs": kwargs, "error": error}


def _error(info: Mapping[str, Any]) -> str | None:
    """The first exception's message. It is told flat, or by metric, depending on where it was raised."""
    told = [info] if "raised_exception" in info else [one for one in info.values() if isinstance(one, Mapping)]
    return next((str(one["exception_message"])[:500] for one in told if one.get("raised_exception")), None)


def _parameter(value: Any) -> Any:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _native(value: Any) -> Any:
    """JSON's own types for whatever a result holds; what is no finite number becomes null, as missing values are."""
    if isinstance(value, Mapping):
        return {str(key): _native(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_native(inner) for inner in value]
    if hasattr(value, "isoformat"):
        return value.isoformat() if value == value else None  # not-a-time differs from itself
    if hasattr(value, "item"):
        return _native(value.item())
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value)


if __name__ == "__main__":
    # Started by file under -I: no folder but this is added to the path. Not this file's own, which has a module named
    # great_expectations.
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    main()
