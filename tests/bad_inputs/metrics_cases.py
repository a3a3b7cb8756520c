"""Metrics and predictions that are absent, broken or impossible, or that decide nothing: rows M01 to M23.

Numbers alone (a pipeline's metrics file) and rows (predictions) are both given to `compare-models`; a verdict that is
no pass has no code, because it is an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bad_inputs.cases import CONTRACT, Case, files

GOOD = '{"f1": 0.91}'
NUMBERS = ("compare-models", "--candidate", "new.json", "--champion", "old.json", "--metric", "f1")
NO_WORSE = (*NUMBERS, "--no-worse-by", "0.01")
COLUMNS = ("--id", "id", "--target", "y", "--prediction", "p")


def numbers(name: str, title: str, text: str | bytes, ends: int, code: str | None = None, **more: Any) -> Case:
    """A candidate's metrics file against a good one."""
    arguments = more.pop("arguments", NO_WORSE)
    return Case(
        id=name,
        title=title,
        exit=ends,
        code=code,
        arguments=arguments,
        build=files(new_dot_json=text, old_dot_json=GOOD),
        **more,
    )


def rows(count: int = 400, error: float = 10.0, **replaced: Any) -> dict[str, Any]:
    """A hold-out whose predictions are off by a seeded error."""
    random = np.random.default_rng(0)
    truth = random.normal(100, 20, count)
    return {"id": np.arange(count), "y": truth, "p": truth + random.normal(0, error, count), **replaced}


def tables(new: dict[str, Any], old: dict[str, Any], suffix: str = "parquet") -> Callable[[Path], None]:
    def build(folder: Path) -> None:
        for name, columns in (("new", new), ("old", old)):
            pq.write_table(pa.table(columns), folder / f"{name}.{suffix}")

    return build


def predictions(name: str, title: str, new: dict[str, Any], ends: int, code: str | None = None, **more: Any) -> Case:
    """A candidate's predictions against good ones."""
    gate = more.pop("gate", ("--metric", "rmse", "--no-worse-by", "1%"))
    build = tables(new, more.pop("old", rows()))
    arguments = ("compare-models", "--candidate", "new.parquet", "--champion", "old.parquet", *COLUMNS, *gate)
    return Case(id=name, title=title, exit=ends, code=code, arguments=arguments, build=build, **more)


def delimited(name: str, title: str, text: str | bytes, code: str | None, ends: int = 2, **more: Any) -> Case:
    """A candidate's predictions as CSV."""
    arguments = ("compare-models", "--candidate", "new.csv", "--champion", "old.csv", *COLUMNS)
    good = "id,y,p\n" + "".join(f"{number},{number}.5,{number}\n" for number in range(40))
    return Case(
        id=name,
        title=title,
        exit=ends,
        code=code,
        arguments=(*arguments, "--metric", "mae", "--no-worse-by", "1%"),
        build=files(new_dot_csv=text, old_dot_csv=good),
        **more,
    )


def first_model(name: str, title: str, gates: str, ends: int, *mentions: str) -> Case:
    """A repository without a champion."""
    start = CONTRACT.index("    gates:")

    def build(folder: Path) -> None:
        (folder / "tidegate.yaml").write_text(CONTRACT[:start] + gates)
        path = folder / "model" / "reports" / "predictions.parquet"
        path.parent.mkdir(parents=True)
        given = rows()
        text = [f"2012-{row // 10:03}" for row in range(400)]
        named = {"instant": given["id"], "rentals": given["y"], "predicted": given["p"], "date": text}
        pq.write_table(pa.table({**named, "weather": ["mist"] * 400, "season": ["fall"] * 400}), path)

    return Case(id=name, title=title, exit=ends, arguments=("compare-models",), build=build, mentions=mentions)


M01 = (
    Case(
        id="M01-predictions",
        title="no predictions",
        exit=2,
        code="E-MET-001",
        arguments=("compare-models",),
        mentions=("model/reports/predictions.parquet", "Let the pipeline write it"),
        build=files(tidegate_dot_yaml=CONTRACT),
    ),
    Case(
        id="M01-metrics",
        title="no metrics file",
        exit=2,
        code="E-MET-001",
        arguments=NO_WORSE,
        mentions=("new.json",),
        build=files(old_dot_json=GOOD),
    ),
)
M02 = (
    numbers("M02-empty", "an empty metrics file", "", 2, "E-MET-002"),
    numbers("M02-blank", "only spaces", " \n\n", 2, "E-MET-002"),
    numbers("M02-braces", "no metrics", "{}", 2, "E-MET-002"),
    numbers("M02-nested", "no metrics, deeper", '{"test": {}}', 2, "E-MET-002"),
    delimited("M02-predictions", "an empty predictions file", "", "E-MET-002"),
)
M03 = (
    numbers("M03-json", "cut short", '{"f1": 0.9', 2, "E-MET-003", where="new.json:1:11"),
    numbers("M03-word", "cut within a word", '{"f1": tru', 2, "E-MET-003", where="new.json:1:8"),
    numbers("M03-two", "two documents", '{"f1": 1}{"f1": 1}', 2, "E-MET-003", where="new.json:1:10"),
    numbers("M03-deep", "nested very deep", "[" * 100_000, 2, "E-MET-003"),
    numbers("M03-latin", "not UTF-8", b'{"f1\xe9": 0.9}', 2, "E-FIL-004", mentions=("byte 0xe9 at offset 4",)),
    Case(
        id="M03-parquet",
        title="Parquet cut short",
        exit=2,
        code="E-MET-003",
        arguments=("compare-models", "--candidate", "new.parquet", "--champion", "old.parquet", *NO_WORSE[5:]),
        build=files(new_dot_parquet=b"PAR1" + b"\0" * 50, old_dot_parquet=b"PAR1"),
    ),
)
M04 = (
    *(
        numbers(f"M04-{word.strip('-').lower()}{'-minus' * word.startswith('-')}", word, text, 1, "E-MET-004")
        for word, text in (
            ("NaN", '{"f1": NaN}'),
            ("Infinity", '{"f1": Infinity}'),
            ("-Infinity", '{"f1": -Infinity}'),
            ("1e999", '{"f1": 1e999}'),
        )
    ),
    predictions(
        "M04-rows", "a prediction is NaN", rows(p=np.full(400, np.nan)), 1, mentions=("400 of 400 predictions",)
    ),
    predictions(
        "M04-one", "one prediction is infinite", rows(p=np.r_[np.inf, rows()["p"][1:]]), 1, mentions=("(ids 0)",)
    ),
    predictions("M04-truth", "a truth is NaN", rows(y=np.r_[np.nan, rows()["y"][1:]]), 2, "E-MET-016"),
    predictions("M04-champion", "the champion says NaN", rows(), 1, old=rows(p=np.full(400, np.nan))),
)
M05 = (
    *(
        numbers(f"M05-{name}", f"{text} for a number", f'{{"f1": {text}}}', 2, "E-MET-005", mentions=("/f1", found))
        for name, text, found in (
            ("null", "null", "got null"),
            ("empty-text", '""', "got string"),
            ("text", '"0.9"', "got string"),
            ("boolean", "true", "got boolean"),
            ("list", "[0.9]", "got list"),
        )
    ),
    numbers("M05-top", "a list of metrics", "[0.9]", 2, "E-MET-005"),
    predictions("M05-rows", "texts for predictions", rows(p=["high"] * 400), 2, "E-MET-005", mentions=("'high'",)),
    predictions("M05-bool", "truth and falsehood for predictions", rows(p=[True] * 400), 2, "E-MET-005"),
)
M06 = (
    numbers(
        "M06-absent",
        "the gate's metric is absent",
        '{"acc": 1, "F2": 2}',
        2,
        "E-MET-006",
        mentions=("present: acc, F2",),
    ),
    numbers(
        "M06-near", "the gate's metric by another name", '{"F1": 1}', 2, "E-MET-006", mentions=('Did you mean "F1"?',)
    ),
    predictions("M06-column", "a column is absent", {"id": [1], "y": [1.0]}, 2, "E-MET-015", mentions=("'p'", "id, y")),
    predictions(
        "M06-unknown", "an unknown metric", rows(), 2, "E-ARG-010", gate=("--metric", "rsme", "--at-most", "1")
    ),
)
M07 = (
    numbers("M07-extra", "more metrics than gates", '{"f1": 0.92, "x": 1}', 0),
    predictions("M07-column", "more columns than are read", rows(extra=["x"] * 400), 0),
)
M08 = (
    numbers(
        "M08-many",
        "ten thousand metrics",
        "{" + ", ".join(f'"m{number}": {number}' for number in range(10_000)) + ', "f1": 1}',
        0,
    ),
)
_ODD = {
    "pipe": "a|b",
    "newline": "a\\nb",
    "backtick": "`a`",
    "html": "<img src=x onerror=y>",
    "mention": "@org/team",
    "reference": "#1",
    "bidi": "a\\u202eb",
    "long": "x" * 70_000,
    "empty": "",
    "surrogate": "\\ud800",
}
M09 = (
    *(
        numbers(f"M09-{name}-too", f"a metric called {name}", f'{{"f1": 0.92, "{text}": 1}}', 0, forbids=("x" * 100,))
        for name, text in _ODD.items()
    ),
    *(
        numbers(
            f"M09-{name}-only", f"only a metric called {name}", f'{{"{text}": 1}}', 2, "E-MET-006", forbids=("x" * 100,)
        )
        for name, text in _ODD.items()
    ),
)
M10 = (
    numbers("M10-case", "names that differ only by case", '{"f1": 0.95, "F1": 0.5}', 2, "E-MET-007"),
    numbers("M10-unicode", "names that look alike", '{"f1": 1, "caf\\u00e9": 1, "cafe\\u0301": 2}', 2, "E-MET-007"),
)
M11 = (
    numbers("M11-twice", "a name twice", '{"f1": 0.95, "f1": 0.5}', 2, "E-MET-008", mentions=("'f1' twice",)),
    predictions("M11-id", "an id twice", rows(id=np.zeros(400, dtype=int)), 2, "E-MET-014", mentions=("new.parquet",)),
    delimited("M11-column", "a column twice", "id,y,y,p\n1,2,3,4\n", "E-MET-015"),
)
M12 = (
    numbers("M12-limit", "exactly at the limit", '{"f1": 0.90}', 0),
    numbers("M12-below", "a hair below the limit", '{"f1": 0.8999999999}', 1),
    numbers("M12-digits", "forty digits", f'{{"f1": 0.9{"0" * 39}}}', 0),
    numbers("M12-minus-zero", "minus zero", '{"f1": -0.0}', 1, mentions=("f1 is worse by 0.91",)),
    numbers("M12-tiny", "1e-320", '{"f1": 1e-320}', 1),
    *(
        numbers(
            f"M12-{number - 2**53}-over",
            f"{number} where {2**53} is allowed",
            f'{{"mse": {number}}}',
            ends,
            arguments=(*NUMBERS[:-1], "mse", "--at-most", str(2**53)),
        )
        for number, ends in ((2**53, 0), (2**53 + 1, 1))
    ),
)
M13 = (
    numbers("M13-above", "f1 above 1", '{"f1": 1.7}', 2, "E-MET-009", mentions=("[0, 1]",)),
    numbers("M13-below", "f1 below 0", '{"f1": -0.2}', 2, "E-MET-009"),
    numbers("M13-huge", "f1 of 1e308", '{"f1": 1e308}', 2, "E-MET-009"),
    predictions(
        "M13-score",
        "probabilities above 1",
        rows(y=["0", "1"] * 200, s=np.linspace(0, 1.5, 400)),
        2,
        "E-MET-009",
        old=rows(y=["0", "1"] * 200, s=np.linspace(0, 1, 400)),
        gate=("--score", "s", "--prediction", "", "--metric", "log_loss", "--no-worse-by", "1"),
    ),
    predictions(
        "M13-weight",
        "a weight below 0",
        rows(w=[-1.0] * 400),
        2,
        "E-MET-009",
        gate=(
            "--weight",
            "w",
            "--metric",
            "rmse",
            "--at-most",
            "99",
        ),
    ),
)
_RELATIVE = "    gates:\n      - {metric: rmse, no_worse_by: 1%}\n"
M14 = (
    first_model(
        "M14-absolute",
        "no champion, absolute gate met",
        f"{_RELATIVE}      - {{metric: mae, at_most: 60}}\n",
        0,
        "there is no champion yet",
    ),
    first_model(
        "M14-missed",
        "no champion, absolute gate missed",
        f"{_RELATIVE}      - {{metric: mae, at_most: 1}}\n",
        1,
        "there is no champion yet",
    ),
    first_model("M14-relative", "no champion, relative gates only", _RELATIVE, 1, "no gate could be judged"),
)
M15 = (
    predictions(
        "M15-truth", "another truth", rows(), 1, old=rows(y=rows()["y"] + 1), mentions=("truth changed for 400",)
    ),
    predictions("M15-ids", "other ids", rows(), 1, old=rows(id=np.arange(1, 401)), mentions=("1 id only in",)),
    predictions("M15-kind", "ids of another kind", rows(), 1, old=rows(id=[f"{row}" for row in range(400)])),
)
M16 = (
    delimited("M16-none", "no rows", "id,y,p\n", "E-MET-011"),
    predictions("M16-one", "one row", rows(1), 1, old=rows(1), mentions=("cannot say how much chance there is",)),
    predictions("M16-unequal", "unequal lengths", rows(399), 1, mentions=("1 id only in the champion's file",)),
    predictions(
        "M16-constant",
        "no spread in the truth",
        rows(y=np.ones(400)),
        1,
        old=rows(y=np.ones(400)),
        gate=(
            "--metric",
            "r2",
            "--at-least",
            "-100",
        ),
        mentions=("r2 is undefined",),
    ),
    predictions(
        "M16-cluster",
        "one cluster",
        rows(c=["a"] * 400),
        1,
        old=rows(c=["a"] * 400),
        gate=(
            "--cluster",
            "c",
            "--metric",
            "mae",
            "--at-most",
            "99",
        ),
        mentions=("cannot say how much chance there is",),
    ),
)
M17 = (
    predictions(
        "M17-noise",
        "a difference within the noise, a narrow limit",
        rows(p=rows()["p"] + np.random.default_rng(1).normal(0, 1.5, 400)),
        1,
        mentions=("undecided: ", "could be worse"),
    ),
    predictions(
        "M17-wide",
        "a difference within the noise, a wide limit",
        rows(p=rows()["p"] + np.random.default_rng(1).normal(0, 1.5, 400)),
        0,
        gate=("--metric", "rmse", "--no-worse-by", "20%"),
    ),
)


def _declared_without_rows(folder: Path) -> None:
    """A category that the file declares and no row has, with a gate on it."""
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 400), pa.array(["mist", "snow"]))
    for name in ("new", "old"):
        given = rows()
        table = {"instant": given["id"], "rentals": given["y"], "predicted": given["p"], "date": given["id"] // 10}
        pq.write_table(pa.table({**table, "weather": column, "season": ["fall"] * 400}), folder / f"{name}.parquet")
    start = CONTRACT.index("    gates:")
    gate = "    gates: [{metric: rmse, no_worse_by: 5%, slices: [weather]}]\n"
    (folder / "tidegate.yaml").write_text(CONTRACT[:start] + gate)


M18 = (
    Case(
        id="M18-empty-slice",
        title="a slice with a rule and no rows",
        exit=1,
        arguments=("compare-models", "--candidate", "new.parquet", "--champion", "old.parquet"),
        build=_declared_without_rows,
        mentions=("rmse where weather is snow was not judged: the slice has no rows",),
    ),
)
M19 = (
    delimited("M19-semicolon", "semicolons", "id;y;p\n1;2;3\n", "E-MET-012"),
    delimited("M19-comma", "decimal comma", 'id,y,p\n1,"2,5",3\n', "E-MET-005", mentions=("a decimal comma?",)),
    delimited(
        "M19-bom", "a byte-order mark", "\ufeffid,y,p\n1,2,3\n", None, 1, mentions=("39 ids only in the champion",)
    ),
    delimited("M19-ragged", "a row too short", "id,y,p\n1,2\n", "E-MET-012"),
    delimited("M19-quote", "a quote left open", 'id,y,p\n1,"2,3\n', "E-MET-012"),
    delimited("M19-pointer", "a Git LFS pointer", "version https://git-lfs.github.com/spec/v1\n", "E-DAT-030"),
)
YAML = (
    "compare-models",
    "--candidate",
    "new.yaml",
    "--champion",
    "old.yaml",
    "--metric",
    "f1",
    "--no-worse-by",
    "0.01",
)


def yaml(name: str, title: str, text: str, ends: int, code: str | None = None, **more: Any) -> Case:
    """A candidate's metrics as YAML."""
    build = files(new_dot_yaml=text, old_dot_yaml="f1: 0.5\n")
    return Case(id=name, title=title, exit=ends, code=code, arguments=YAML, build=build, **more)


M20 = (
    yaml("M20-point", "no zero before the point", "f1: .9\n", 0),
    yaml("M20-hex", "hexadecimal is a number", "f1: 0x1\n", 0),
    yaml("M20-text", "a quoted number", "f1: '0.9'\n", 2, "E-MET-005"),
    yaml("M20-yes", "yes is a text", "f1: yes\n", 2, "E-MET-005"),
    yaml("M20-nan", "not a number", "f1: .nan\n", 1, "E-MET-004"),
    yaml("M20-twice", "a name twice", "f1: 0.9\nf1: 0.1\n", 2, "E-MET-008"),
    yaml("M20-tag", "an object", "f1: !!python/object/apply:os.getcwd []\n", 2, "E-MET-003"),
    yaml("M20-tab", "a tab", "f1:\n\t- 1\n", 2, "E-MET-003"),
)
M21 = (
    numbers("M21-steps", "one entry per step", '[{"step": 1, "f1": 0.1}, {"step": 2, "f1": 0.9}]', 2, "E-MET-013"),
    numbers("M21-inside", "a metric per step", '{"f1": [{"step": 1, "value": 0.9}]}', 2, "E-MET-013"),
)
M23 = (
    numbers("M23-inf", "infinity as MLflow stores it", '{"f1": 1.797e308}', 1, "E-MET-004"),
    numbers("M23-minus-inf", "minus infinity as MLflow stores it", '{"f1": -1.797e308}', 1, "E-MET-004"),
)

CASES = (
    *(*M01, *M02, *M03, *M04, *M05, *M06, *M07, *M08, *M09, *M10, *M11, *M12),
    *(*M13, *M14, *M15, *M16, *M17, *M18, *M19, *M20, *M21, *M23),
)
