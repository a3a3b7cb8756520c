"""Behavioural tests through the real pytest: every way in which a test file can misbehave, and whose tests count."""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from comparisons import run_git
from tidegate.adapters.behaviour import pytest_run
from tidegate.console import Console
from tidegate.core.answer import Verdict
from tidegate.core.comparison.beside.behaviour import Behaviours, Run
from tidegate.core.contract import DataSource, Evaluation, Model
from tidegate.settings import Settings
from tidegate.steps.comparison import behaviour
from tidegate.steps.comparison.packaged import Packaged

ENVIRON = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
GOOD = "def test_a(): pass\n"


def asked(folder: Path, text: str | None, *, seconds: float = 60, **beside: str) -> Run:
    tests = folder / "model" / "behaviour"
    tests.mkdir(parents=True)
    for name, content in {**({} if text is None else {"test_x": text}), **beside}.items():
        (tests / f"{name}.py").write_text(content)
    return pytest_run.asked(folder, "model/behaviour", ENVIRON, seconds=seconds)


def test_kinds_cases_and_both_sides_of_a_comparison_are_told(tmp_path: Path) -> None:
    run = asked(
        tmp_path,
        "import pytest\n"
        "@pytest.mark.invariance\ndef test_a(): pass\n"
        "@pytest.mark.warn\n@pytest.mark.directional\n@pytest.mark.parametrize('x', [1, 2])\n"
        "def test_b(x): assert x * 2 == 2\n",
    )
    assert run.trouble == ""
    assert [(case.kind, case.warns, case.outcome) for case in run.cases] == [
        ("invariance", False, "passed"),
        ("directional", True, "passed"),
        ("directional", True, "failed"),
    ]
    (example,) = run.cases[2].examples
    assert (example.case, example.observed, example.expected) == ("2", "4", "== 2")


def test_a_test_can_tell_of_its_own_cases(tmp_path: Path) -> None:
    run = asked(
        tmp_path,
        "def test_a(record_property):\n"
        "  record_property('cases', 100); record_property('failed', 3)\n"
        "  record_property('example', {'case': 'row 7', 'observed': 1.5, 'expected': 'two'})\n"
        "  assert False, '3 of 100'\n",
    )
    case = run.cases[0]
    assert (case.cases, case.failed, case.message) == (100, 3, "AssertionError: 3 of 100")
    assert (case.examples[0].case, case.examples[0].observed, case.examples[0].expected) == ("row 7", "1.5", "two")


TROUBLES = {
    "no file": (None, "there is no test in it"),
    "no test": ("x = 1\n", "there is no test in it"),
    "no import": ("import nothing_like_it\n", "No module named 'nothing_like_it'"),
    "not Python": ("def (:\n", "cannot be collected"),
    "exit while collecting": ("import sys; sys.exit(0)\n", "there is no test in it"),
    "exit of the process": (f"import os\n{GOOD}def test_b(): os._exit(0)\n", "the run ended in"),
    "exit of pytest": (f"import pytest\n{GOOD}def test_b(): pytest.exit('x', returncode=0)\n", "were never finished"),
    "crash": ("import ctypes\ndef test_a(): ctypes.string_at(0)\n", "the run ended in"),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_a_run_that_is_not_whole_is_no_pass(name: str, tmp_path: Path) -> None:
    text, trouble = TROUBLES[name]
    run = asked(tmp_path, text)
    assert trouble in run.trouble
    assert Behaviours(folder="t", troubles=(run.trouble,)).verdict is Verdict.UNDECIDED


FAILURES = {
    "sys.exit": "import sys\ndef test_a(): sys.exit(0)\n",
    "megabytes": "import os\ndef test_a():\n  for _ in range(90): os.write(1, b'x' * 1_000_000)\n",
    "fixture": "import pytest\n@pytest.fixture\ndef f(): raise ValueError\ndef test_a(f): pass\n",
    "teardown": "import pytest\n@pytest.fixture\ndef f():\n  yield 1\n  raise OSError\ndef test_a(f): pass\n",
    "interrupt": "def test_a(): raise SystemExit\n",
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_test_that_misbehaves_fails(name: str, tmp_path: Path) -> None:
    run = asked(tmp_path, FAILURES[name])
    assert [case.outcome for case in run.cases] == ["failed"]


def test_a_test_that_hangs_is_stopped_and_named(tmp_path: Path) -> None:
    run = asked(tmp_path, f"import time\n{GOOD}def test_b(): time.sleep(100)\n", seconds=3)
    assert run.trouble == "they were stopped after 3 s: the run ended in model/behaviour/test_x.py::test_b"


def test_what_a_test_leaves_running_does_not_outlive_it(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    asked(
        tmp_path,
        "import pathlib, subprocess\ndef test_a():\n"
        f"  pathlib.Path({str(note)!r}).write_text(str(subprocess.Popen(['sleep', '600']).pid))\n",
    )
    state, end = Path(f"/proc/{note.read_text()}/stat"), time.monotonic() + 20
    while _runs(state) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _runs(state)


def _runs(state: Path) -> bool:
    """Whether a process is neither gone nor dead and waiting to be noticed: a kill takes a moment to arrive."""
    try:
        return state.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_broken_conftest_and_emptied_collections_are_no_pass(tmp_path: Path) -> None:
    broken = asked(tmp_path / "a", GOOD, conftest="raise RuntimeError('lost')")
    emptied = asked(tmp_path / "b", GOOD, conftest="def pytest_collection_modifyitems(items): items.clear()")
    assert "RuntimeError: lost" in broken.trouble
    assert emptied.trouble == "there is no test in it"


def test_an_environment_without_pytest_is_told_with_its_remedy(tmp_path: Path) -> None:
    import venv

    venv.create(tmp_path / "bare", with_pip=False)
    tests = tmp_path / "root" / "t"
    tests.mkdir(parents=True)
    run = pytest_run.asked(tmp_path / "root", "t", {"PATH": str(tmp_path / "bare" / "bin")})
    assert run.trouble == "their environment has no pytest: lock it in a requirements.txt beside the tests"


# ---- whose tests -----------------------------------------------------------------------------------------------------

ANSWER = "import os, pathlib\ndef answer(): return pathlib.Path(os.environ['TIDEGATE_MODEL']).read_text()\n"
FOLDER = "model/behaviour"
SOUND = f"{ANSWER}def test_sound(): assert answer() in ('good', 'better')\n"


class Project:
    """A repository whose model is a word, and whose tests ask for that word."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        self.root.mkdir()
        run_git(self.root, "init", "-q", "-b", "main")
        (self.root / "model.txt").write_text("good")

    def write(self, text: str | None, name: str = "test_sound.py") -> None:
        path = self.root / FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink() if text is None else path.write_text(text)

    def commit(self) -> str:
        run_git(self.root, "add", ".")
        run_git(self.root, "commit", "-qm", "tests", "--allow-empty")
        return run_git(self.root, "rev-parse", "HEAD")

    def asked(self, base: str | None, candidate: str, champion: str | None = "good") -> Behaviours:
        files: Mapping[str, Path] = {name: self.root.parent / f"{name}.model" for name in ("new", "old")}
        files["new"].write_text(candidate)
        files["old"].write_text(champion or "")
        settings = Settings(
            workspace=self.root,
            config="tidegate.yaml",
            model=None,
            environ=ENVIRON,
            console=Console(stream=io.StringIO()),
        )
        columns = Evaluation(predictions="p", id="i", target="t", prediction="p", model="model.txt", tests=FOLDER)
        model = Model(
            name="m", path="model", data=DataSource(tracked="d", expectations="e"), evaluation=columns, gates=()
        )
        models = Packaged(candidate=files["new"], champion=files["old"] if champion else None)
        found = behaviour.of(settings, model, model, base, models)
        assert found is not None
        return found


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_a_failure_is_new_or_was_there_before(project: Project) -> None:
    project.write(SOUND)
    base = project.commit()
    standings = [project.asked(base, "bad", champion).findings[0].standing for champion in ("good", "bad", None)]
    assert standings == ["newly failing", "was failing before", ""]
    assert project.asked(base, "better").verdict is Verdict.PASS


def test_a_change_cannot_loosen_the_tests_that_judge_it(project: Project) -> None:
    project.write(SOUND)
    base = project.commit()
    project.write(f"{ANSWER}def test_sound(): pass\n")
    found = project.asked(base, "bad")
    assert found.verdict is Verdict.FAIL
    assert [(one.source, one.verdict) for one in found.findings] == [("base", Verdict.FAIL), ("change", Verdict.PASS)]
    assert found.edited == ("test_sound.py",)


def test_a_change_cannot_drop_the_tests_that_judge_it(project: Project) -> None:
    project.write(SOUND)
    base = project.commit()
    project.write(None)
    found = project.asked(base, "bad")
    assert (found.verdict, found.edited) == (Verdict.FAIL, ("test_sound.py",))
    assert project.asked(base, "good").verdict is Verdict.PASS


def test_tests_that_a_change_brings_are_asked_as_well(project: Project) -> None:
    project.write(SOUND)
    base = project.commit()
    project.write(f"{ANSWER}def test_strict(): assert answer() == 'better'\n", "test_strict.py")
    found = project.asked(base, "good")
    assert found.verdict is Verdict.FAIL
    assert [(one.name, one.source, one.standing) for one in found.findings] == [
        ("test_sound.py::test_sound", "base", ""),
        ("test_strict.py::test_strict", "change", "was failing before"),
    ]


def test_a_broken_version_of_a_changes_own_is_no_pass(project: Project) -> None:
    project.write(SOUND)
    base = project.commit()
    project.write("import nothing_like_it\n", "test_broken.py")
    found = project.asked(base, "good")
    assert found.verdict is Verdict.UNDECIDED
    assert found.troubles[0].startswith("this change's version of them: ")


def test_without_a_base_the_changes_own_tests_judge(project: Project) -> None:
    project.write(SOUND)
    project.commit()
    assert project.asked(None, "bad", None).verdict is Verdict.FAIL
    assert project.asked(None, "good", None).verdict is Verdict.PASS


def test_a_folder_without_tests_is_no_pass(project: Project) -> None:
    base = project.commit()
    assert project.asked(base, "good").verdict is Verdict.UNDECIDED


def test_the_code_of_a_change_is_not_there_to_be_imported(project: Project) -> None:
    (project.root / "train.py").write_text("secret = 1\n")
    project.write("import importlib.util\ndef test_alone(): assert importlib.util.find_spec('train') is None\n")
    base = project.commit()
    assert project.asked(base, "good").verdict is Verdict.PASS
