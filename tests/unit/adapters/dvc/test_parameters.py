"""One parameter of params.yaml, read and replaced."""

from __future__ import annotations

import pytest
from ruamel.yaml import YAML

from tidegate.adapters.dvc.parameters import replaced, whole_number
from tidegate.errors import InputError

WHERE = "model/params.yaml"
WRITTEN = b"""\
# how it is trained
train:
  seed: 7                  # only breaks ties
  learning_rate: 5e-2
  names: [b, "a", 'c']
  version: "1.10"
split: {seed: 0, share: 0.20}
long: >-
  a text that goes on and on and on, far beyond the eighty columns after which most writers of YAML would break it
"""


@pytest.mark.parametrize(("key", "value"), [("train.seed", 7), ("split.seed", 0)], ids=["nested", "in-braces"])
def test_it_is_read(key: str, value: int) -> None:
    assert whole_number(WRITTEN, key, WHERE) == value


@pytest.mark.parametrize("key", ["train.seed", "split.seed"])
def test_only_its_value_changes(key: str) -> None:
    found = YAML(typ="safe").load(replaced(WRITTEN, key, 1007))
    before = YAML(typ="safe").load(WRITTEN)
    section, name = key.split(".")
    assert found[section].pop(name) == 1007
    before[section].pop(name)
    assert found == before


def test_comments_quotes_and_order_stay() -> None:
    assert replaced(WRITTEN, "train.seed", 1007).decode().splitlines()[:6] == [
        "# how it is trained",
        "train:",
        "  seed: 1007               # only breaks ties",
        "  learning_rate: 5e-2",
        "  names: [b, \"a\", 'c']",
        '  version: "1.10"',
    ]


def test_the_same_value_gives_the_same_bytes() -> None:
    """DVC knows a file again by its bytes."""
    assert replaced(WRITTEN, "train.seed", 1007) == replaced(WRITTEN, "train.seed", 1007)
    assert replaced(replaced(WRITTEN, "train.seed", 1), "train.seed", 2) == replaced(WRITTEN, "train.seed", 2)


def test_json_after_a_byte_order_mark_is_a_kind_of_yaml() -> None:
    assert YAML(typ="safe").load(replaced(b'\xef\xbb\xbf{"seed": 3}', "seed", 4)) == {"seed": 4}


@pytest.mark.parametrize(
    ("written", "key", "code", "words"),
    [
        (WRITTEN, "train.sed", "E-DVC-040", 'Did you mean "train.seed"?'),
        (WRITTEN, "seed", "E-DVC-040", "has no parameter 'seed'; it has: train.seed, train.learning_rate"),
        (WRITTEN, "train.seed.more", "E-DVC-040", "has no parameter"),
        (None, "seed", "E-DVC-040", "it has: none."),
        (b"", "seed", "E-DVC-040", "it has: none."),
        (b"- 7\n", "seed", "E-DVC-040", "it has: none."),
        (b"seed: 7.0\n", "seed", "E-DVC-041", "seed is 7.0, not a whole number from 0"),
        (b"seed: true\n", "seed", "E-DVC-041", "seed is True"),
        (b"seed: '7'\n", "seed", "E-DVC-041", "seed is '7'"),
        (b"seed: -1\n", "seed", "E-DVC-041", "seed is -1"),
        (b"seed:\n", "seed", "E-DVC-041", "seed is None"),
        (b"seed: [1, 2]\n", "seed", "E-DVC-041", "seed is [1, 2]"),
        (b"seed: 7\n<<<<<<< ours\n", "seed", "E-DVC-002", "conflict markers"),
        (b"seed: [\n", "seed", "E-DVC-001", "cannot be parsed"),
    ],
    ids=[
        "near", "far", "below-it", "no-file", "empty", "a-list", "fraction", "boolean", "text", "negative", "nothing",
        "several", "half-merged", "broken",
    ],
)  # fmt: skip
def test_what_is_no_seed_is_named(written: bytes | None, key: str, code: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        whole_number(written, key, WHERE)
    assert caught.value.code == code
    assert words in str(caught.value)
    assert str(caught.value.where).startswith(WHERE)
