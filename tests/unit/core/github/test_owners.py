"""CODEOWNERS as GitHub reads it."""

from __future__ import annotations

import pytest

from tidegate.core.github.owners import owners

PATH = "environments/production/release.yaml"


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("*", True),
        ("*.yaml", True),
        ("*.yml", False),
        ("/environments/", True),
        ("environments/", True),
        ("production/", True),
        ("/production/", False),
        ("/environments/*", False),
        ("/environments/*/release.yaml", True),
        ("/environments/**", True),
        ("**/production/", True),
        ("/environments/production", True),
        ("/environments/production/release.yaml", True),
        ("release.yaml", True),
        ("/release.yaml", False),
        ("/env", False),
        ("environments/prod?ction/", True),
    ],
)
def test_pattern(pattern: str, matches: bool) -> None:
    assert owners(f"{pattern} @ada", PATH) == (("@ada",) if matches else ())


def test_the_last_pattern_that_matches_counts() -> None:
    text = "# all\n* @ada\n/environments/ @grace @harbour/release # and why\n/model/ @linus\n"
    assert owners(text, PATH) == ("@grace", "@harbour/release")
    assert owners(text + "/environments/production/\n", PATH) == ()
    assert owners("", PATH) == ()
