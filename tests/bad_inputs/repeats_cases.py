"""Repeats and attribution that ask for what cannot be had: row C30, one of ours."""

from __future__ import annotations

from bad_inputs.cases import Case, contract_with

_LAST = "      slices: [weather, season]\n"


def _case(name: str, title: str, line: str, code: str = "E-CFG-025", *mentions: str) -> Case:
    """The good contract with one more line in its evaluation; a case without a code is accepted."""
    return Case(
        id=f"C30-{name}",
        title=title,
        exit=2 if code else 0,
        code=code or None,
        mentions=mentions,
        **contract_with(_LAST, f"{_LAST}      {line}\n"),
    )


CASES = (
    _case("once", "one repeat", "repeats: {times: §1, parameter: seed}", "E-CFG-025", "a whole number from 2 to 50"),
    _case("never", "no repeats", "repeats: {times: §0, parameter: seed}"),
    _case("negative", "repeats below zero", "repeats: {times: §-3, parameter: seed}"),
    _case("too-often", "more repeats than anyone waits for", "repeats: {times: §1000, parameter: seed}"),
    _case("half", "half a repeat", "repeats: {times: §2.5, parameter: seed}"),
    _case("quoted", "a count in quotes", 'repeats: {times: §"3", parameter: seed}', "E-CFG-012", "Remove the quotes"),
    _case("no-times", "repeats without a count", "§repeats: {parameter: seed}", "E-CFG-023", "How many more trainings"),
    _case("no-parameter", "repeats of nothing", "§repeats: {times: 3}", "E-CFG-023", "The seed in params.yaml"),
    _case("bare", "only a count", "repeats: §3", "E-CFG-005", "expected a mapping"),
    _case("unknown", "a key of its own", "repeats: {times: 3, parameter: seed, §seed: 4}", "E-CFG-006"),
    _case(
        "path", "a parameter by file", 'repeats: {times: 3, parameter: §"params.yaml:seed"}', "E-CFG-005", "train.seed"
    ),
    _case("command", "a parameter that is more", "repeats: {times: 3, parameter: §a.b; rm -rf}", "E-CFG-005"),
    _case("number", "a number as parameter", "repeats: {times: 3, parameter: §7}", "E-CFG-005"),
    _case("good", "good repeats", "repeats: {times: 5, parameter: train.seed}", ""),
    _case("attribution-word", "another word", "attribution: §always", "E-CFG-014", "one of true, cached, false"),
    _case("attribution-quoted", "true in quotes", 'attribution: §"true"', "E-CFG-014"),
    _case("attribution-yes", "yes for true", "attribution: §yes", "E-CFG-014"),
    _case("attribution-nothing", "attribution of nothing", "attribution: §~", "E-CFG-014"),
    _case("attribution-good", "attribution on request", "attribution: true", ""),
)
