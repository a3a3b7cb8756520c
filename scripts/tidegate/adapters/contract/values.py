"""How each kind of value in a contract is written, what it means, and what to say when it is something else.

Every function takes what stands in the file and gives the value, or raises with our code and fix; the place is added
by whoever asked.
"""

from __future__ import annotations

import math
import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from pydantic_core import PydanticCustomError

from tidegate.adapters.contract.document import Scalar
from tidegate.core.comparison.metric_table import level_text
from tidegate.core.contract import FEWEST_REPEATS as FEWEST
from tidegate.core.contract import VERSION, is_name
from tidegate.core.contract.problem import shown
from tidegate.core.near_miss import did_you_mean

LONGEST = 200
MOST_BINS = 20
_NUMBER = r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?"
DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
CURRENCY = r"[A-Z]{3}"
PARAMETER = r"[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z_][A-Za-z0-9_-]*)*"
ENTRY_POINT = r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*:[A-Za-z_][A-Za-z0-9_.]*"
SOURCE = r"[a-z][a-z0-9+]*://"
VARIABLE = r"[A-Z_][A-Z0-9_]*"
DURATION = r"([1-9][0-9]{0,3})([mhd])"
WINDOWS = r"([1-9][0-9]?) of ([1-9][0-9]?)"
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def wrong(code: str, message: str, fix: str = "") -> PydanticCustomError:
    """The error for a value that is not what it should be."""
    return PydanticCustomError(code, "{message}", {"message": message, "fix": fix})


def described(value: object) -> str:
    """What stands in the file, for `expected …, got …`."""
    if isinstance(value, Scalar):
        return "nothing" if value.kind == "nothing" else f"{value.kind} {shown(value.text)}"
    return "a mapping" if isinstance(value, dict) else "a list"


def text(value: object) -> str:
    """One line of text that other YAML readers take for a text as well."""
    if not isinstance(value, Scalar) or value.kind == "nothing":
        raise wrong("E-CFG-005", f"expected a text, got {described(value)}.")
    if value.kind == "boolean":
        raise wrong("E-CFG-016", f"{shown(value.text)} is read as a boolean.", "Quote it.")
    if value.kind == "number":
        raise wrong("E-CFG-005", f"expected a text, got {described(value)}.", "Quote it if it is a name.")
    return _one_line(value.text)


def label(value: object) -> str:
    """A text, or a number as it is written: class labels and arguments are often numbers."""
    if isinstance(value, Scalar) and value.kind == "number":
        return _one_line(value.text)
    return text(value)


def _one_line(written: str) -> str:
    if not written.strip() or len(written) > LONGEST or not written.isprintable():
        raise wrong("E-CFG-005", f"expected one line of 1 to {LONGEST} printable characters, got {shown(written)}.")
    return written


def name(value: object) -> str:
    """A name that is safe in file names, Git tags and comments."""
    written = value if isinstance(value, str) else text(value)
    if not is_name(written):
        expected = "use letters, digits, - _ . only, 64 at most, and begin with a letter or digit"
        raise wrong("E-CFG-019", f"{shown(written)} cannot be a name: {expected}.")
    return written


def path(value: object) -> str:
    """A path inside the repository, normalised: ``./model/`` is ``model``."""
    written = text(value)
    if written.startswith("-"):
        raise wrong("E-SEC-003", f'{shown(written)}: a ref or path may not start with "-".')
    normal = posixpath.normpath(written)
    leaves = written.startswith(("/", "~")) or normal.split("/")[0] == ".." or "\\" in written or ":" in written
    if leaves or ".git" in normal.casefold().split("/"):
        raise wrong("E-SEC-002", f"path {shown(written)} leaves the workspace.", "Give a path in the repository.")
    return normal


def source(value: object) -> str:
    """A database's connection URL, without a password."""
    written = text(value)
    if not re.match(SOURCE, written):
        raise wrong("E-CFG-005", f"expected a connection URL such as duckdb://live.duckdb, got {shown(written)}.")
    if re.search(r"://[^/@]*:[^/@]*@|(?i:password|token|secret)=", written):
        raise wrong("E-SEC-065", "a password stands in the contract.", "Name the variable with it as password_from.")
    return written


def variable(value: object) -> str:
    """A name of the environment's."""
    written = text(value)
    if not re.fullmatch(VARIABLE, written):
        raise wrong("E-CFG-005", f"expected the name of an environment variable, got {shown(written)}.")
    return written


def pointer(value: object) -> str:
    """The path of a file that `dvc add` wrote."""
    found = path(value)
    if not found.endswith(".dvc"):
        raise wrong("E-CFG-005", f"expected the pointer file that dvc add wrote (….dvc), got {shown(found)}.")
    return found


def number(value: object, expected: str = "a finite number") -> Decimal:
    """A finite decimal number, exactly as written."""
    written = value.text if isinstance(value, Scalar) else ""
    if not isinstance(value, Scalar) or not value.plain or not _is_finite(written):
        raise wrong("E-CFG-012", f"expected {expected}, got {described(value)}.", _number_fix(value))
    return Decimal(written)


def _is_finite(written: str) -> bool:
    """Finite as a double too, and not so small that a double calls it zero."""
    if len(written) > LONGEST or not re.fullmatch(_NUMBER, written):
        return False
    as_double = float(written)
    return math.isfinite(as_double) and (as_double != 0 or Decimal(written) == 0)


def _number_fix(value: object) -> str:
    if not isinstance(value, Scalar):
        return ""
    if _is_finite(value.text) and not value.plain:
        return "Remove the quotes."
    if re.fullmatch(r"-?[0-9]{1,20},[0-9]{1,20}", value.text):
        return "Write a decimal point."
    if value.text.endswith("%") and _is_finite(value.text[:-1]):
        return f"Write {_hundredth(value.text[:-1])}."
    return ""


def _hundredth(written: str) -> Decimal:
    """Exact whatever the number of digits: a division would round to 28."""
    sign, digits, exponent = Decimal(written).as_tuple()
    return Decimal((sign, digits, int(exponent) - 2))


def real(value: object) -> float:
    """A finite number."""
    return float(number(value))


def above_zero(value: object) -> Decimal:
    """A number above 0, exactly as written."""
    found = number(value)
    if found <= 0:
        raise wrong("E-CFG-025", f"expected a number above 0, got {described(value)}.")
    return found


def currency(value: object) -> str:
    """Three capital letters, as banks write it."""
    written = value.text if isinstance(value, Scalar) else ""
    if not re.fullmatch(CURRENCY, written):
        raise wrong("E-CFG-005", f"expected a currency such as EUR or USD, got {described(value)}.")
    return written


def share(value: object) -> float:
    """A number above 0, at most 1."""
    found = real(value)
    if not 0 < found <= 1:
        raise wrong("E-CFG-025", f"expected a number above 0 and at most 1, got {described(value)}.")
    return found


def quantile_level(value: object) -> str:
    """A number between 0 and 1, as the one text that stands for it."""
    found = number(value)
    if not 0 < found < 1:
        raise wrong("E-CFG-025", f"expected a quantile's level between 0 and 1, got {described(value)}.")
    return level_text(found)


def error_rate(value: object) -> float:
    """A number above 0, below 0.5."""
    found = real(value)
    if not 0 < found < 0.5:
        raise wrong("E-CFG-025", f"expected a number above 0 and below 0.5, got {described(value)}.")
    return found


def count(value: object) -> int:
    """A whole number from 1."""
    found = number(value)
    if not 1 <= found <= 10**9 or found != int(found):
        raise wrong("E-CFG-025", f"expected a whole number from 1, got {described(value)}.")
    return int(found)


def bins(value: object) -> int:
    """How many slices a column of numbers is cut into."""
    found = number(value)
    if not 2 <= found <= MOST_BINS or found != int(found):
        raise wrong("E-CFG-025", f"expected a whole number from 2 to {MOST_BINS}, got {described(value)}.")
    return int(found)


@dataclass(frozen=True)
class Limit:
    """A gate's limit; `relative`: a share of the champion's value. `text` as written."""

    value: Decimal
    relative: bool
    text: str


def margin(value: object) -> Limit:
    """A difference: a number from 0, or a percentage of the champion's value."""
    if isinstance(value, Scalar) and value.text.endswith("%") and _is_finite(value.text[:-1].rstrip()):
        limit = Limit(_hundredth(value.text[:-1].rstrip()), True, value.text)
    else:
        written = value.text if isinstance(value, Scalar) else ""
        limit = Limit(number(value, "a finite number or a percentage such as 1%"), False, written)
    if limit.value < 0:
        raise wrong(
            "E-CFG-025", f"expected 0 or more, got {described(value)}.", "Better and worse have their own keys."
        )
    return limit


def level(value: object) -> Limit:
    """A value of the metric itself."""
    return Limit(number(value), False, value.text if isinstance(value, Scalar) else "")


def duration(value: object) -> timedelta:
    """Minutes, hours or days: ``30m``, ``12h``, ``7d``."""
    found = re.fullmatch(DURATION, value.text) if isinstance(value, Scalar) else None
    if found is None:
        raise wrong("E-CFG-005", f"expected a duration such as 30m, 12h or 7d, got {described(value)}.")
    return int(found.group(1)) * _UNITS[found.group(2)]


def day(value: object) -> date:
    """A day of the calendar: ``2026-12-31``."""
    written = value.text if isinstance(value, Scalar) else ""
    try:
        return date.fromisoformat(written if re.fullmatch(DAY, written) else "")
    except ValueError:
        raise wrong("E-CFG-005", f"expected a day such as 2026-12-31, got {described(value)}.") from None


def windows(value: object) -> tuple[int, int]:
    """How many of the last windows: ``2 of 3`` is (2, 3)."""
    found = re.fullmatch(WINDOWS, value.text) if isinstance(value, Scalar) else None
    if found is None or int(found.group(1)) > int(found.group(2)):
        raise wrong("E-CFG-005", f'expected a count of windows such as "2 of 3", got {described(value)}.')
    return int(found.group(1)), int(found.group(2))


def arguments(value: object) -> tuple[str, ...]:
    """A program and its arguments. No shell reads it, so it is a list."""
    if not isinstance(value, list) or not value:
        raise wrong(
            "E-CFG-017", f"expected a list of arguments, got {_described_list(value)}.", "Write [python, file.py]."
        )
    words = tuple(label(word) for word in value)
    if words[0].startswith("-"):
        raise wrong("E-SEC-003", f'{shown(words[0])}: a program may not start with "-".')
    return words


def entry_point(value: object) -> str:
    """A function of a module: ``metrics:asymmetric``."""
    written = text(value)
    if not re.fullmatch(ENTRY_POINT, written):
        raise wrong("E-CFG-005", f"expected module:function, got {described(value)}.", "Write metrics:asymmetric.")
    return written


def some(what: str, code: str) -> Callable[[object], object]:
    """A check that a list or mapping is not empty; its form is checked elsewhere."""

    def check(value: object) -> object:
        if not value or (isinstance(value, Scalar) and value.kind == "nothing"):
            raise wrong(code, what)
        return value

    return check


def _described_list(value: object) -> str:
    return "an empty one" if value == [] else described(value)


MOST_REPEATS = 50


def times(value: object) -> int:
    """How often both models are trained again. One repeat cannot tell spread from luck."""
    found = number(value)
    if not FEWEST <= found <= MOST_REPEATS or found != int(found):
        got = described(value)
        raise wrong("E-CFG-025", f"expected a whole number from {FEWEST} to {MOST_REPEATS}, got {got}.", "5 is usual.")
    return int(found)


def parameter(value: object) -> str:
    """A dotted key of params.yaml: ``train.seed``."""
    written = text(value)
    if not re.fullmatch(PARAMETER, written):
        raise wrong("E-CFG-005", f"expected a parameter such as train.seed, got {described(value)}.")
    return written


def attribution(value: object) -> str:
    """``true`` trains what is missing, ``cached`` does not, ``false`` asks for nothing."""
    written = value.text if isinstance(value, Scalar) and value.plain else ""
    known = {"true": "trained", "cached": "cached", "false": "never"}
    if written not in known:
        raise wrong("E-CFG-014", f"expected one of true, cached, false, got {described(value)}.")
    return known[written]


def version(value: object) -> int:
    """The contract's version, a plain whole number."""
    written = value.text if isinstance(value, Scalar) else ""
    if not isinstance(value, Scalar) or not value.plain or not re.fullmatch(r"[0-9]{1,9}", written):
        got = described(value)
        raise wrong("E-CFG-015", f"a version is a whole number, got {got}.", f"Write {VERSION}, without quotes.")
    if int(written) > VERSION:
        raise wrong(
            "E-CFG-015", f"version {written} is written for a newer tidegate; this one reads {VERSION}.", "Update it."
        )
    if int(written) != VERSION:
        raise wrong("E-CFG-015", f"there is no version {written}.", f"Write {VERSION}.")
    return VERSION


def one_of(*options: str) -> Callable[[object], Any]:
    """A choice from `options`."""

    def choose(value: object) -> str:
        written = value.text if isinstance(value, Scalar) else ""
        if written not in options:
            near = did_you_mean(written, options)
            raise wrong("E-CFG-014", f"expected one of {', '.join(options)}, got {described(value)}.{near}")
        return written

    return choose
