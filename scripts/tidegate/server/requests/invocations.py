"""MLflow's scoring protocol: POST /invocations with one of four JSON forms, or CSV.

https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally — an answer is `{"predictions": [...]}`: one value
per row when the model gives one, otherwise an object per row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tidegate.server.refusal import Reason, Refusal, listed
from tidegate.server.release.datatypes import Values
from tidegate.server.requests import csv_body, json_body
from tidegate.server.requests.json_body import dumps, media_type
from tidegate.server.requests.rows import Answers, Judge, Rows, Written, by_row, invalid

_TYPES = "application/json or text/csv"


class Invocations:
    """Reads bodies for one signature and writes its predictions."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._signature = judge.signature
        self._single = len(judge.signature.outputs) == 1 and judge.signature.outputs[0].width == 1
        self._forms: Mapping[str, Callable[[Any], list[Values]]] = {
            "dataframe_split": self._split,
            "dataframe_records": self._records,
            "instances": self._instances,
            "inputs": self._inputs,
        }

    def read(self, body: bytes, headers: Mapping[str, str]) -> Rows:
        """The rows of a body. Raises Refusal."""
        columns = self._columns(body, headers.get("content-type", ""))
        return Rows(columns, len(columns[0]), self.write)

    def _columns(self, body: bytes, content_type: str) -> list[Values]:
        kind = media_type(content_type)
        if kind == "application/json":
            return self._json(json_body.parse(body))
        if kind == "text/csv":
            return self._judge.named(csv_body.parse(body, self._judge))
        raise Refusal(Reason.CONTENT_TYPE, f"the content type must be {_TYPES}")

    def _json(self, document: dict[str, Any]) -> list[Values]:
        if len(document) != 1:
            self._only_known(document)
        for form, read in self._forms.items():
            if form in document:
                return read(document[form])
        raise invalid(f"the body must hold exactly one of {listed(list(self._forms))}")

    def _only_known(self, document: dict[str, Any]) -> None:
        """`params` may be there, as MLflow's clients send it, as long as it asks for nothing."""
        strangers = [key for key in document if key not in self._forms and key != "params"]
        if strangers:
            raise invalid(f"unknown keys: {listed(strangers)}; expected one of {listed(list(self._forms))}")
        if document.get("params"):
            raise invalid("this model takes no params")
        if len(document.keys() & self._forms.keys()) > 1:
            raise invalid(f"the body must hold exactly one of {listed(list(self._forms))}")

    def _split(self, value: Any) -> list[Values]:
        if type(value) is not dict or not value.keys() <= {"columns", "data", "index"}:
            raise invalid('dataframe_split must be an object with "columns" and "data"')
        names, rows = value.get("columns"), value.get("data")
        if type(names) is not list or type(rows) is not list:
            raise invalid('dataframe_split must have a list "columns" and a list "data"')
        return self._judge.table(names, rows)

    def _records(self, value: Any) -> list[Values]:
        if type(value) is not list:
            raise invalid("dataframe_records must be a list of objects")
        self._judge.counted(len(value))
        for place, record in enumerate(value):
            if type(record) is not dict:
                raise invalid(f"row {place} is no object with the columns as keys")
            self._complete(record, place)
        names = self._signature.names
        return self._judge.checked([[record[name] for record in value] for name in names])

    def _complete(self, record: dict[str, Any], place: int) -> None:
        try:
            self._judge.complete(record)
        except Refusal as refusal:
            raise invalid(f"row {place}: {refusal.message}") from None

    def _instances(self, value: Any) -> list[Values]:
        """Rows: objects, or plain lists for a model whose only input has many columns."""
        if type(value) is not list:
            raise invalid("instances must be a list with one entry per row")
        if value and type(value[0]) is dict:
            return self._records(value)
        return self._matrix(value, "instances")

    def _inputs(self, value: Any) -> list[Values]:
        """Columns: an object of lists, or a matrix for a model with one input."""
        if type(value) is list:
            return self._matrix(value, "inputs")
        if type(value) is not dict:
            raise invalid("inputs must be an object with a list of values per column")
        columns = self._split_wide(value)
        return self._judge.named(_equally_long(columns, self._judge))

    def _split_wide(self, value: dict[str, Any]) -> dict[str, Any]:
        """An input of many columns may come under its own name as a list of rows."""
        columns: dict[str, Any] = {}
        wide = {tensor.name: tensor for tensor in self._signature.inputs if len(tensor.columns) > 1}
        for name, values in value.items():
            if name not in wide:
                columns[name] = values
                continue
            rows = matrix(values, len(wide[name].columns), name)
            split = zip(*rows, strict=True) if rows else ([] for _ in wide[name].columns)
            columns |= {column.name: list(part) for column, part in zip(wide[name].columns, split, strict=True)}
        return columns

    def _matrix(self, value: list[Any], what: str) -> list[Values]:
        if len(self._signature.inputs) != 1:
            raise invalid(f"this model has several inputs: {what} must name them")
        names = self._signature.names
        rows = [[item] for item in value] if len(names) == 1 and not _nested(value) else value
        return self._judge.table(names, rows)

    def write(self, answers: Answers) -> Written:
        """The answer's body."""
        if self._single:
            return Written(dumps({"predictions": answers[0]}))
        outputs = self._signature.outputs
        parts = [by_row(output, values) for output, values in zip(outputs, answers, strict=True)]
        names = [output.name for output in outputs]
        rows = [dict(zip(names, row, strict=True)) for row in zip(*parts, strict=True)]
        return Written(dumps({"predictions": rows}))


def matrix(value: Any, width: int, name: str) -> list[list[Any]]:
    """A list of rows with `width` values each. Raises Refusal."""
    if type(value) is not list:
        raise invalid(f"{listed([name])} must be a list of rows")
    for place, row in enumerate(value):
        if type(row) is not list or len(row) != width:
            raise invalid(f"{listed([name])}, row {place}: expected a list of {width} values")
    return value


def _nested(value: list[Any]) -> bool:
    return bool(value) and type(value[0]) is list


def _equally_long(columns: dict[str, Any], judge: Judge) -> dict[str, Any]:
    """Every column as a flat list; a column may come as [[1], [2]], which is its shape in the model."""
    lengths: dict[str, int] = {}
    for name, values in columns.items():
        if type(values) is not list:
            raise invalid(f"column {listed([name])} must be a list with one value per row")
        if _nested(values):
            columns[name] = [row[0] for row in matrix(values, 1, name)]
        lengths[name] = len(values)
    if len(set(lengths.values())) > 1:
        shortest, longest = min(lengths, key=lengths.__getitem__), max(lengths, key=lengths.__getitem__)
        found = f"{listed([shortest])} has {lengths[shortest]}, {listed([longest])} has {lengths[longest]}"
        raise invalid(f"the columns must have equally many rows: {found}")
    judge.counted(next(iter(lengths.values()), 0))
    return columns
