"""Programs that a contract names, and what keeps them from being one: predict and metrics of the model's own."""

from __future__ import annotations

from bad_inputs.cases import Case, contract_and, contract_with

_CLUSTER = "      cluster: date\n"
_ROWS = "      rows: model/holdout.parquet\n      model: model/model.onnx\n"


def _predict(name: str, title: str, words: str, code: str, *mentions: str, rows: str = _ROWS) -> Case:
    placed = contract_with(_CLUSTER, f"{_CLUSTER}{rows}      predict: {words}\n")
    return Case(id=name, title=title, exit=4 if code.startswith("E-SEC") else 2, code=code, mentions=mentions, **placed)


def _metric(name: str, title: str, declared: str, code: str, *mentions: str) -> Case:
    placed = contract_and(f"    metrics: {{own: {{direction: lower, {declared}}}}}\n")
    return Case(id=name, title=title, exit=4 if code.startswith("E-SEC") else 2, code=code, mentions=mentions, **placed)


CASES = (
    _predict(
        "C18-predict", "predict as one text", "§python p.py; rm -rf /", "E-CFG-017", "expected a list of arguments"
    ),
    _predict("C18-predict-empty", "predict of nothing", "§[]", "E-CFG-017"),
    _predict(
        "C25-predict",
        "a name in braces that nobody knows",
        '[python, p.py, §"{modle}", "{rows}", "{predictions}"]',
        "E-CFG-033",
        '"{modle}" stands for nothing',
        'Did you mean "model"?',
    ),
    _predict(
        "C25-predict-rows",
        "predict is not told the rows",
        '§[python, p.py, "{predictions}"]',
        "E-CFG-033",
        "is not told where the rows are",
    ),
    _predict(
        "C25-predict-predictions",
        "predict is not told where to write",
        '§[python, p.py, "{rows}"]',
        "E-CFG-033",
        "is not told where the predictions are",
    ),
    _predict(
        "C25-predict-no-model",
        "{model} stands for nothing",
        '§[python, p.py, "{model}", "{rows}", "{predictions}"]',
        "E-CFG-027",
        "{model} stands for evaluation.model, which is not given",
        rows="      rows: model/holdout.parquet\n",
    ),
    _predict(
        "C25-predict-no-rows",
        "{rows} stands for nothing",
        '§[python, p.py, "{rows}", "{predictions}"]',
        "E-CFG-027",
        "{rows} stands for evaluation.rows",
        rows="",
    ),
    _predict("C19-predict", "a program that is an option", '§[-c, "{rows}", "{predictions}"]', "E-SEC-003"),
    _metric("C18-metric", "a metric's command as one text", "command: §python m.py", "E-CFG-017"),
    _metric(
        "C25-metric",
        "a metric's command that is not told the predictions",
        "command: §[python, m.py]",
        "E-CFG-033",
        "is not told where the predictions are",
    ),
    _metric(
        "C25-metric-braces",
        "a metric's command with another name in braces",
        'command: [python, m.py, "{predictions}", §"{truth}"]',
        "E-CFG-033",
    ),
    _metric(
        "C06-metric",
        "a metric measured by two programs",
        'python: "m:f", §command: [python, m.py, "{predictions}"]',
        "E-CFG-024",
        "python and command both measure it",
    ),
    _metric("C05-metric-python", "no module:function", 'python: §"metrics.asymmetric"', "E-CFG-005", "module:function"),
    _metric("C05-metric-shell", "a shell's words", 'python: §"os:system(1)"', "E-CFG-005", "module:function"),
    _metric("C17-metric-path", "a path for a module", 'python: §"../evil:f"', "E-CFG-005", "module:function"),
)
