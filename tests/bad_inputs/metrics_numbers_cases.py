"""Metrics files that are absent, broken or impossible, or that decide nothing: rows M01 to M13, M20, M21 and M23.

A verdict that is no pass has no code, because it is an answer.
"""

from __future__ import annotations

from bad_inputs.cases import Case, files
from bad_inputs.metrics_files import GOOD, NO_WORSE, NUMBERS, numbers, yaml

M01 = (
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
)
M03 = (
    numbers("M03-json", "cut short", '{"f1": 0.9', 2, "E-MET-003", where="new.json:1:11"),
    numbers("M03-word", "cut within a word", '{"f1": tru', 2, "E-MET-003", where="new.json:1:8"),
    numbers("M03-two", "two documents", '{"f1": 1}{"f1": 1}', 2, "E-MET-003", where="new.json:1:10"),
    numbers("M03-deep", "nested very deep", "[" * 100_000, 2, "E-MET-003"),
    numbers("M03-latin", "not UTF-8", b'{"f1\xe9": 0.9}', 2, "E-FIL-004", mentions=("byte 0xe9 at offset 4",)),
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
)
M07 = (numbers("M07-extra", "more metrics than gates", '{"f1": 0.92, "x": 1}', 0),)
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
M11 = (numbers("M11-twice", "a name twice", '{"f1": 0.95, "f1": 0.5}', 2, "E-MET-008", mentions=("'f1' twice",)),)
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
)
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


CASES = (*M01, *M02, *M03, *M04, *M05, *M06, *M07, *M08, *M09, *M10, *M11, *M12, *M13, *M20, *M21, *M23)
