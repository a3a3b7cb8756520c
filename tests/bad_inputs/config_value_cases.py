"""Values that are not what the contract expects: rows C12 to C16 of the catalogue."""

from __future__ import annotations

from bad_inputs.cases import CONTRACT, Case, contract, contract_and, contract_with


def _limit(name: str, written: str, message: str = "expected a finite number", **more: str) -> Case:
    """Something else where the limit of `mae` is expected."""
    return Case(
        id=f"C12-{name}",
        title=f"{written} where a number is expected",
        exit=2,
        code="E-CFG-012",
        mentions=(message, *more.values()),
        **contract_with("at_most: 60", f"at_most: §{written}"),
    )


def _number(name: str, line: str, message: str, code: str = "E-CFG-025") -> Case:
    return Case(id=name, title=line.strip(), exit=2, code=code, mentions=(message,), **contract_and(line))


CASES = (
    _limit("quoted", '"0.9"', fix="Remove the quotes"),
    _limit("comma", '"0,9"', fix="Write a decimal point"),
    _limit("percent", "90%", fix="Write 0.90"),
    _limit("yes", "yes"),
    _limit("nan", ".nan"),
    _limit("inf", ".inf"),
    _limit("minus-inf", "-.inf"),
    _limit("too-large", "1e999"),
    _limit("too-small", "1e-999"),
    _limit("huge-exponent", "1e99999999999"),
    _limit("hexadecimal", "0x10"),
    _limit("underscore", "1_000"),
    _limit("octal", "0o17"),
    _limit("leading-zero", "060"),
    _limit("base-60", "1:30"),
    _limit("nothing", "", message="got nothing"),
    _limit("list", "[60]", message="got a list"),
    _limit("mapping", "{value: 60}", message="got a mapping"),
    _limit("text", "sixty", message='got text "sixty"'),
    _limit("long", "9" * 5_000),
    Case(
        id="C12-margin-quoted",
        title="a quoted difference",
        exit=2,
        code="E-CFG-012",
        mentions=("models.bike.gates[0].no_worse_by", "Remove the quotes"),
        **contract_with("no_worse_by: 1%", 'no_worse_by: §"0.01"'),
    ),
    Case(
        id="C12-margin-words",
        title="a percentage in words",
        exit=2,
        code="E-CFG-012",
        mentions=("or a percentage such as 1%",),
        **contract_with("no_worse_by: 1%", "no_worse_by: §1 percent"),
    ),
    Case(
        id="C12-margin-percent-nan",
        title="nan%",
        exit=2,
        code="E-CFG-012",
        **contract_with("no_worse_by: 1%", "no_worse_by: §nan%"),
    ),
    Case(
        id="C12-margin-negative",
        title="a difference below zero",
        exit=2,
        code="E-CFG-025",
        mentions=("expected 0 or more",),
        **contract_with("no_worse_by: 1%", "no_worse_by: §-1%"),
    ),
    _number("C12-alpha-quoted", '    alpha: §"0.05"\n', "expected a finite number", "E-CFG-012"),
    _number("C12-alpha-zero", "    alpha: §0\n", "above 0 and below 0.5"),
    _number("C12-alpha-half", "    alpha: §0.5\n", "above 0 and below 0.5"),
    _number("C12-alpha-percent", "    alpha: §5%\n", "Write 0.05", "E-CFG-012"),
    Case(
        id="C12-rows-fraction",
        title="half a row",
        exit=2,
        code="E-CFG-025",
        mentions=("expected a whole number from 1",),
        **contract_with("cluster: date", "minimum_rows: §1.5"),
    ),
    Case(
        id="C13-gates",
        title="at_least above at_most",
        exit=2,
        code="E-CFG-013",
        mentions=("at_least 90 is above at_most 60: no value can pass", "gates[1]"),
        **contract_and("      - {metric: mae, at_least: §90}\n"),
    ),
    Case(
        id="C13-metric",
        title="a declared range that is empty",
        exit=2,
        code="E-CFG-013",
        mentions=("min 0.9 is above max 0.8: no value can pass",),
        **contract_and("    metrics: {profit: {direction: higher, minimum: §0.9, maximum: 0.8}}\n"),
    ),
    *(
        Case(
            id=f"C14-{name}",
            title=f"{written} is no choice",
            exit=2,
            code="E-CFG-014",
            mentions=(message,),
            **contract_and(line),
        )
        for name, written, line, message in (
            ("direction", "higer", "    metrics: {profit: {direction: §higer}}\n", 'Did you mean "higher"?'),
            ("up", "up", "    metrics: {profit: {direction: §up}}\n", "expected one of higher, lower"),
            ("nothing", "nothing", "    metrics: {profit: {direction: §}}\n", "got nothing"),
            ("severity", "blok", "      - {metric: r2, at_least: 0.5, severity: §blok}\n", 'Did you mean "block"?'),
            ("case", "Warn", "      - {metric: r2, at_least: 0.5, severity: §Warn}\n", 'Did you mean "warn"?'),
        )
    ),
    *(
        Case(
            id=f"C15-{name}",
            title=f"version {written}",
            exit=2,
            code="E-CFG-015",
            mentions=(message,),
            **contract_with("version: 1", f"version: §{written}" if written else "version:§"),
        )
        for name, written, message in (
            ("newer", "2", "written for a newer tidegate"),
            ("float", "1.10", "a version is a whole number"),
            ("quoted", '"1"', "without quotes"),
            ("text", "one", "a version is a whole number"),
            ("zero", "0", "there is no version 0"),
            ("nothing", "", "got nothing"),
        )
    ),
    Case(
        id="C15-newer-only",
        title="what a newer version says is not judged by the old rules",
        exit=2,
        code="E-CFG-015",
        forbids=("E-CFG-006",),
        **contract("version: §2\nfleets:\n  bike: {}\n"),
    ),
    Case(
        id="C15-missing",
        title="no version",
        exit=2,
        code="E-CFG-023",
        mentions=('key "version" is missing',),
        **contract("§" + CONTRACT.replace("version: 1\n", "")),
    ),
    *(
        Case(
            id=f"C16-{written}",
            title=f"{written} as a column",
            exit=2,
            code="E-CFG-016",
            mentions=(f'"{written}" is read as a boolean', "Quote it"),
            **contract_with("target: rentals", f"target: §{written}"),
        )
        for written in ("no", "YES", "on", "Off", "true", "False")
    ),
    Case(
        id="C16-key",
        title="no as a key",
        exit=2,
        code="E-CFG-016",
        mentions=('key "no" is read as a boolean; quote it',),
        **contract_and("    metrics:\n      §no: {direction: higher}\n"),
    ),
    Case(
        id="C16-class",
        title="yes as a class",
        exit=2,
        code="E-CFG-016",
        **contract_with("cluster: date", "score: {§yes: p_yes, 'no': p_no}"),
    ),
    Case(
        id="C16-positive",
        title="true as the positive class",
        exit=2,
        code="E-CFG-016",
        **contract_with("cluster: date", "positive: §true"),
    ),
    Case(
        id="C16-quoted",
        title="no in quotes is accepted",
        exit=0,
        **contract_with("target: rentals", "target: 'no'"),
    ),
)
