"""The contract file as a file and as YAML: rows C01 to C11 of the catalogue."""

from __future__ import annotations

import os
from pathlib import Path

from bad_inputs.cases import CONTRACT, DRIFT, GATE, Case, contract, contract_and, contract_with, files


def _contract_is_a_folder(folder: Path) -> None:
    (folder / "tidegate.yaml").mkdir()


def _contract_is_a_pipe(folder: Path) -> None:
    os.mkfifo(folder / "tidegate.yaml")


def _nothing(folder: Path) -> None:
    pass


def _raw(
    name: str, title: str, data: str | bytes, ends: int, code: str | None, where: str = "", *mentions: str
) -> Case:
    build = files(tidegate_dot_yaml=data)
    return Case(id=name, title=title, build=build, exit=ends, code=code, where=where, mentions=mentions)


_LAUGHS = "a: §&a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


C01_TO_C05 = (
    Case(
        id="C01-absent",
        title="no contract",
        build=_nothing,
        exit=2,
        code="E-CFG-001",
        mentions=("no tidegate.yaml in", 'Run "tidegate init"'),
    ),
    Case(
        id="C01-other-name",
        title="--config names nothing",
        build=files(tidegate_dot_yaml=CONTRACT),
        arguments=("detect-changes", "--config", "ci/gates.yaml"),
        exit=2,
        code="E-CFG-001",
        mentions=("no ci/gates.yaml in",),
    ),
    Case(id="C01-folder", title="a folder", build=_contract_is_a_folder, exit=2, code="E-CFG-001"),
    Case(id="C01-pipe", title="a pipe that nobody writes to", build=_contract_is_a_pipe, exit=2, code="E-CFG-001"),
    Case(
        id="C01-process",
        title="no contract, as a real process",
        build=_nothing,
        exit=2,
        code="E-CFG-001",
        process=True,
        seconds=30,
    ),
    _raw("C02-empty", "no byte", "", 2, "E-CFG-002", "tidegate.yaml:1:1", "is empty"),
    _raw("C02-comments", "only comments", "# soon\n\n# later\n", 2, "E-CFG-002", "", "is empty"),
    _raw("C02-null", "a null", "---\nnull\n", 2, "E-CFG-002", "", "is empty"),
    _raw("C02-spaces", "only spaces", " \n  \n", 2, "E-CFG-002", "", "is empty"),
    Case(
        id="C03-tab",
        title="tab indentation",
        exit=2,
        code="E-CFG-003",
        mentions=("tab character in indentation; YAML needs spaces",),
        **contract("version: 1\nmodels:\n§\tbike:\n\t\tpath: model\n"),
    ),
    Case(
        id="C03-tab-after-spaces",
        title="a tab among the spaces",
        exit=2,
        code="E-CFG-003",
        mentions=("tab character in indentation",),
        **contract("version: 1\nmodels:\n  bike:\n  §\t  path: model\n"),
    ),
    Case(id="C03-bracket", title="open bracket", exit=2, code="E-CFG-003", **contract("version: 1\nmodels: [\n§")),
    Case(id="C03-quote", title="open quote", exit=2, code="E-CFG-003", **contract("version: 1\nmodels: 'x\n§")),
    Case(
        id="C03-colon",
        title="two colons",
        exit=2,
        code="E-CFG-003",
        mentions=("is not YAML",),
        **contract("version: 1\nmodels: bike§: model\n"),
    ),
    Case(
        id="C03-process",
        title="broken YAML, as a real process",
        exit=2,
        code="E-CFG-003",
        process=True,
        seconds=30,
        **contract("version: 1\nmodels: bike§: model\n"),
    ),
    Case(
        id="C03-two-documents",
        title="two documents",
        exit=2,
        code="E-CFG-003",
        mentions=("second document",),
        **contract(CONTRACT + "§---\nversion: 1\n"),
    ),
    _raw("C04-list", "a list", "- version: 1\n", 2, "E-CFG-005", "tidegate.yaml:1:1", "expected a mapping, got a list"),
    _raw("C04-text", "a text", "contract\n", 2, "E-CFG-005", "tidegate.yaml:1:1", "expected a mapping, got text"),
    _raw("C04-number", "a number", "42\n", 2, "E-CFG-005", "tidegate.yaml:1:1", "expected a mapping, got number"),
    Case(
        id="C04-models-list",
        title="a list of models",
        exit=2,
        code="E-CFG-005",
        mentions=("models: expected a mapping, got a list",),
        **contract("version: 1\nmodels: §[bike]\n"),
    ),
    Case(
        id="C04-gate-text",
        title="a gate as text",
        exit=2,
        code="E-CFG-005",
        mentions=("models.bike.gates[0]: expected a mapping",),
        **contract_with(GATE, "§rmse no_worse_by 1%"),
    ),
    *(
        Case(
            id=f"C05-{place}",
            title=f"unknown key in {place}",
            exit=2,
            code="E-CFG-006",
            mentions=(f'unknown key "{wrong}"', f'Did you mean "{right}"?'),
            **contract_with(old, new),
        )
        for place, old, new, wrong, right in (
            ("top", "models:", "§model:", "model", "models"),
            ("model", "    gates:", "    §gate:", "gate", "gates"),
            ("data", "tracked:", "§traked:", "traked", "tracked"),
            ("environment", "lock:", "§Lock:", "Lock", "lock"),
            ("evaluation", "      target:", "      §tagret:", "tagret", "target"),
            ("gate", GATE, "{metric: rmse, §no_wors_by: 1%}", "no_wors_by", "no_worse_by"),
        )
    ),
    Case(
        id="C05-metric",
        title="unknown key in a declared metric",
        exit=2,
        code="E-CFG-006",
        mentions=('Did you mean "direction"?',),
        **contract_and("    metrics: {profit: {direction: higher, §directon: lower}}\n"),
    ),
    Case(
        id="C05-drift",
        title="unknown key in drift",
        exit=2,
        code="E-CFG-006",
        mentions=('Did you mean "window"?',),
        **contract_and(DRIFT.replace("window: 7d", "window: 7d, §windw: 7d")),
    ),
    Case(
        id="C05-strange",
        title="unknown key with control characters",
        exit=2,
        code="E-CFG-006",
        mentions=("\\u001b[31m",),
        forbids=("\x1b", "\x07"),
        **contract_and('    §"\\e[31m\\a": 1\n'),
    ),
    Case(
        id="C05-long",
        title="unknown key of 70,000 characters",
        exit=2,
        code="E-CFG-006",
        forbids=("k" * 81,),
        **contract_and(f"    ? §{'k' * 70_000}\n    : 1\n"),
    ),
)


C06_TO_C11 = (
    Case(
        id="C06-in-gate",
        title="key twice in a gate",
        exit=2,
        code="E-CFG-007",
        mentions=('key "metric" is given twice (lines 15 and 15)',),
        **contract_with(GATE, "{metric: rmse, no_worse_by: 1%, §metric: mae}"),
    ),
    Case(
        id="C06-top",
        title="key twice at the top",
        exit=2,
        code="E-CFG-007",
        mentions=("(lines 1 and 17)",),
        **contract(CONTRACT + "§version: 1\n"),
    ),
    Case(
        id="C06-gates",
        title="a second list of gates that would replace the first",
        exit=2,
        code="E-CFG-007",
        mentions=('key "gates" is given twice (lines 14 and 17)',),
        **contract_and("    §gates:\n      - {metric: rmse, no_worse_by: 99%}\n"),
    ),
    Case(
        id="C06-quoted",
        title="key twice, once in quotes",
        exit=2,
        code="E-CFG-007",
        **contract_and('    §"path": elsewhere\n'),
    ),
    Case(
        id="C07-laughs",
        title="billion laughs",
        exit=2,
        code="E-CFG-008",
        seconds=2,
        mentions=("YAML aliases are not allowed",),
        **contract(CONTRACT + _LAUGHS),
    ),
    Case(
        id="C07-anchor",
        title="an anchor that nobody refers to",
        exit=2,
        code="E-CFG-008",
        **contract_with("path: model\n", "path: §&path model\n"),
    ),
    Case(
        id="C07-merge",
        title="a merge key",
        exit=2,
        code="E-CFG-008",
        **contract_with(GATE, "§&gate {metric: rmse, no_worse_by: 1%}\n      - {<<: *gate, severity: warn}"),
    ),
    Case(
        id="C07-key",
        title="an alias as key",
        exit=2,
        code="E-CFG-008",
        **contract("version: §&v 1\n*v : 2\n"),
    ),
    *(
        Case(
            id=f"C08-{name}",
            title=f"tag {tag}",
            exit=4,
            code="E-SEC-001",
            mentions=("YAML tag", "not allowed"),
            **contract_with("path: model\n", f"path: §{tag} {value}\n"),
        )
        for name, tag, value in (
            ("os-system", "!!python/object/apply:os.system", '["touch pwned"]'),
            ("object", "!!python/object/new:type", "{}"),
            ("text", "!!str", "model"),
            ("binary", "!!binary", "bW9kZWw="),
            ("own", "!include", "other.yaml"),
            ("plain", "!", "model"),
            ("undeclared", "!e!x", "model"),
        )
    ),
    Case(
        id="C08-key",
        title="a tag on a key",
        exit=4,
        code="E-SEC-001",
        **contract_and("    §!!python/name:os.system key: 1\n"),
    ),
    _raw("C09-5-mb", "5 MB", b"# x\n" * 1_250_000, 2, "E-CFG-009", "", "larger than 1 MiB"),
    _raw("C09-one-more", "1 MiB and one byte", b"#" * (1024 * 1024 + 1), 2, "E-CFG-009", "", "larger than 1 MiB"),
    _raw("C09-limit", "1 MiB of comment is read", b"#" * 1024 * 1024, 2, "E-CFG-002"),
    _raw("C09-values", "20,000 values", f"version: 1\nx: [{'1, ' * 20_000}]\n", 2, "E-CFG-009", "", "10,000 values"),
    _raw(
        "C09-gates",
        "201 gates",
        CONTRACT + "      - {metric: rmse, at_most: 1}\n" * 199,
        2,
        "E-CFG-009",
        "tidegate.yaml:15:7",
        "more than 200",
    ),
    _raw("C10-utf-16", "UTF-16", CONTRACT.encode("utf-16"), 2, "E-CFG-010", "tidegate.yaml:1:1", "offset 0"),
    _raw("C10-utf-16-be", "UTF-16, no mark", CONTRACT.encode("utf-16-be"), 2, "E-CFG-010", "tidegate.yaml:1:1", "NUL"),
    _raw(
        "C10-latin-1",
        "Latin-1",
        CONTRACT.replace("rentals", "ausleihen_für").encode("latin-1"),
        2,
        "E-CFG-010",
        "tidegate.yaml:10:26",
        "not UTF-8 (byte 0xfc at offset",
    ),
    _raw("C10-nul", "a NUL byte", b"version: 1\nmodels: \x00\n", 2, "E-CFG-010", "tidegate.yaml:2:9", "U+0000 (NUL)"),
    _raw("C10-escape", "an escape character", "version: \x1b1\n", 2, "E-CFG-010", "tidegate.yaml:1:10", "U+001B"),
    _raw(
        "C10-bidi", "text that runs backwards", "version: 1 # \u202e\n", 2, "E-CFG-010", "tidegate.yaml:1:14", "U+202E"
    ),
    _raw("C10-separator", "a hidden line border", "version: 1 # \u2028\n", 2, "E-CFG-010", "tidegate.yaml:1:14"),
    _raw("C10-mark", "a byte-order mark is accepted", b"\xef\xbb\xbf" + CONTRACT.encode(), 0, None),
    _raw("C10-crlf", "Windows line ends are accepted", CONTRACT.replace("\n", "\r\n"), 0, None),
    Case(
        id="C10-crlf-place",
        title="the place is right with Windows line ends",
        build=files(tidegate_dot_yaml=CONTRACT.replace("mae", "maee").replace("\n", "\r\n")),
        exit=2,
        code="E-CFG-004",
        where="tidegate.yaml:16:18",
    ),
    _raw("C11-brackets", "1,000 brackets", "[" * 1000, 2, "E-CFG-011", "tidegate.yaml:1:33", "nested deeper than 32"),
    _raw("C11-braces", "1,000 braces", "{a: " * 1000, 2, "E-CFG-011", "tidegate.yaml:1:129"),
    _raw("C11-dashes", "1,000 dashes", "- " * 1000 + "x\n", 2, "E-CFG-011", "tidegate.yaml:1:65"),
    _raw(
        "C11-block",
        "1,000 steps of indentation",
        "".join(" " * depth + "a:\n" for depth in range(1000)),
        2,
        "E-CFG-011",
        "tidegate.yaml:33:33",
    ),
)


CASES = (*C01_TO_C05, *C06_TO_C11)
