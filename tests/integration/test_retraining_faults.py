"""Whatever fails or is killed while a retraining is asked for: nothing half is left, and the next run finishes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.retraining import BRANCH, RetrainingWorld
from fixtures.retraining import world as made
from tidegate.adapters.github.refusal import NotPermitted
from tidegate.errors import InfrastructureError, InputError, SecurityRefusal, TidegateError
from tidegate.simulator import faults


class Killed(BaseException):
    """As if the machine was gone."""


@pytest.fixture
def world(tmp_path: Path) -> RetrainingWorld:
    found = made(tmp_path)
    found.weeks(0, 1)
    found.checked()
    return found


def nothing_left(world: RetrainingWorld) -> None:
    """No branch, no pull request, no second work tree, no changed file, no evidence of a request."""
    assert world.remote.tip(f"refs/heads/{BRANCH}") == ""
    assert world.fake.pulls == []
    assert world.remote.here.git("worktree", "list").count("\n") == 0
    assert world.remote.here.git("status", "--porcelain") == ""
    assert not (world.root / ".tidegate" / "request-retraining.json").exists()


def whole(world: RetrainingWorld) -> None:
    """One branch with one commit, one pull request, one evaluation."""
    assert len(world.remote.history(BRANCH)) == len(world.remote.history("main")) + 1
    assert [pull["state"] for pull in world.fake.pulls] == ["open"]
    assert len(world.fake.delivery.dispatched) == 1


def test_killed_runs_are_finished_by_the_next_one(world: RetrainingWorld) -> None:
    for step in ("data", "propose", "news"):

        def seen(name: str, step: str = step) -> None:
            if name == step:
                raise Killed

        with pytest.raises(Killed):
            world.ask(seen=seen)
        if step != "news":
            nothing_left(world)
    world.ask()
    whole(world)


def test_github_that_opens_the_pull_request_and_does_not_say_so(world: RetrainingWorld) -> None:
    world.fake.faults.add(faults.reset(committed=True, method="POST", path="/pulls$"))
    world.ask()
    whole(world)


def test_a_pull_request_that_may_not_be_opened_leaves_a_branch_that_the_next_run_uses(world: RetrainingWorld) -> None:
    words = "GitHub Actions is not permitted to create or approve pull requests."
    world.fake.faults.add(faults.answer(403, message=words, method="POST", path="/pulls$"))
    with pytest.raises(NotPermitted, match="create or approve"):
        world.ask()
    tip = world.remote.tip(f"refs/heads/{BRANCH}")
    world.ask()
    assert world.remote.tip(f"refs/heads/{BRANCH}") == tip
    whole(world)


def remote_elsewhere(world: RetrainingWorld, url: str) -> None:
    """DVC's remote where nobody has rights, or where nothing is."""
    world.remote.here.replace(".dvc/config", "url = storage", f"url = {url}")
    world.merge("another remote")


def test_a_remote_that_takes_no_data_leaves_nothing_behind(world: RetrainingWorld, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.write_text("a file where a folder should be")
    remote_elsewhere(world, str(closed / "store"))
    with pytest.raises(InfrastructureError, match="the data was not pushed") as raised:
        world.ask()
    assert (raised.value.code, raised.value.exit_code) == ("E-RTR-005", 3)
    nothing_left(world)
    closed.unlink()
    world.ask()
    whole(world)
    assert (tmp_path / "closed" / "store" / "files").is_dir()


def test_a_branch_that_a_rule_protects_is_told(world: RetrainingWorld) -> None:
    world.remote.forbid("refs/heads/tidegate/*")
    with pytest.raises(InputError, match="was refused") as raised:
        world.ask()
    assert raised.value.code == "E-PRP-002"
    nothing_left(world)


def program(text: str) -> Callable[[RetrainingWorld], None]:
    def change(world: RetrainingWorld) -> None:
        world.remote.here.write("extend.py", f"import pathlib, sys\ndata = pathlib.Path(sys.argv[1])\n{text}\n")
        world.merge("another program")

    return change


def uncountable(world: RetrainingWorld) -> None:
    """A file of another kind, where the contract counts rows and nothing else is a reason."""
    program("(data / '9.txt').write_text('nine')")(world)
    world.contract("cooldown: 14d", "cooldown: 14d, labelled_rows: 1")
    world.checked("calm")


PROGRAMS: dict[str, tuple[Callable[[RetrainingWorld], None], type[TidegateError], str]] = {
    "fails": (program("sys.exit('no labels in march')"), InputError, "no labels in march"),
    "is killed half-way": (
        program("(data / '9.csv').write_text('id,day,sold\\n'); import os; os.kill(os.getpid(), 9)"),
        InputError,
        "signal 9",
    ),
    "is not there": (
        lambda world: world.contract("[python3, extend.py", "[python3, nowhere.py"), InputError, "nowhere.py"
    ),
    "leaves nothing": (program("[path.unlink() for path in data.iterdir()]"), InputError, "is empty after the program"),
    "leaves no rows": (program("(data / '9.csv').write_text('id,day,sold\\n')"), InputError, "has no rows"),
    "leaves half a file": (program("(data / '9.parquet').write_bytes(b'PAR1abc')"), InputError, "9.parquet"),
    "asks for labels that there are none of": (
        lambda world: world.contract(", labels: {path: labels, id: id, target: sold}", ""), InputError, "E-RTR-003"
    ),
    "adds what cannot be counted": (uncountable, InputError, "E-RTR-007"),
    "links out of the repository": (
        program("(data / '9.csv').write_text('id\\n1\\n'); pathlib.Path('notes').symlink_to('/etc/hostname')"),
        SecurityRefusal,
        "no plain file",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "kind", "words"), PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_program_that_is_wrong_leaves_nothing_behind(
    change: Callable[[RetrainingWorld], None], kind: type[TidegateError], words: str, world: RetrainingWorld
) -> None:
    change(world)
    with pytest.raises(kind) as raised:
        world.ask()
    assert words in f"{raised.value} {' '.join(raised.value.log)}"
    nothing_left(world)


def test_the_program_sees_no_token(world: RetrainingWorld) -> None:
    program("import os; sys.exit('seen: ' + ' '.join(value for value in os.environ.values() if 'secret' in value))")(
        world
    )
    with pytest.raises(InputError) as raised:
        world.ask()
    assert raised.value.log[-1].endswith("seen:")


def test_the_program_gets_the_password_of_the_database_that_the_contract_names(world: RetrainingWorld) -> None:
    program("import os; sys.exit('seen: ' + os.environ.get('WAREHOUSE', 'nothing'))")(world)
    world.contract(
        "live: {path: live, time: time, window: 7d, labels: {path: labels, id: id, target: sold}}",
        "live: {source: 'postgres://me@host/db', password_from: WAREHOUSE, table: rides, time: time, window: 7d}",
    )
    world.contract('"{data}", "{live}", "{labels}", "{until}"', '"{data}"')
    with pytest.raises(InputError) as raised:
        world.ask(environ={"WAREHOUSE": "open sesame"})
    assert raised.value.log[-1] == "seen: open sesame"


def test_what_else_the_program_changes_comes_along_but_no_credentials(world: RetrainingWorld) -> None:
    program(
        "(data / '9.csv').write_text('id,day,sold\\n9,2024-03-05,9\\n'); pathlib.Path('seen.txt').write_text('march')\n"
        "config = pathlib.Path('.dvc/config.local'); config.write_text(config.read_text() + '# password\\n')\n"
        "pathlib.Path('.dvc/.gitignore').write_text('/tmp\\n/cache\\n')"
    )(world)
    world.ask()
    changed = world.remote.here.run("git", "--git-dir", str(world.remote.bare), "diff", "--name-only", "main", BRANCH)
    own = [path for path in changed.split() if not path.startswith(".dvc/storage/")]
    assert own == [".dvc/.gitignore", "data.dvc", "seen.txt"]
