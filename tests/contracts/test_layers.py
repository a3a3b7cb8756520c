"""Who may import whom (architecture: core is pure, adapters speak to one tool each, model/ knows nothing of us)."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "scripts" / "tidegate"
CORE_MAY_IMPORT = {"numpy", "scipy", "tidegate"}
PURE_PARTS = {"pathlib.PurePosixPath"}  # paths as words: they touch no file system
NOT_FOR_CORE = ("tidegate.adapters", "tidegate.steps", "tidegate.commands", "tidegate.settings")
# Programs of their own: stand-ins are started by a workflow step, the plugin by pytest in the model's environment.
ENTRY_POINTS = ("cli.py", "simulator/stand_ins/", "adapters/behaviour/plugin.py")
IMPURE = {
    "os",
    "io",
    "subprocess",
    "socket",
    "pathlib",
    "shutil",
    "tempfile",
    "time",
    "random",
    "secrets",
    "urllib.request",
}


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Full names of all modules that a file imports, anywhere in it, with the line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def impure_parents(path: Path) -> set[str]:
    """Modules of which a file takes nothing but their pure parts."""
    parents = {name.rpartition(".")[0] for name in PURE_PARTS}
    taken = {name for name, _ in imports(path) if name.rpartition(".")[0] in parents}
    plain = {
        alias.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    return parents - plain if taken <= PURE_PARTS else set()


def files(folder: str) -> list[Path]:
    return sorted((PACKAGE / folder).rglob("*.py"))


def names(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("path", files("core"), ids=names)
def test_core_is_pure(path: Path) -> None:
    for name, line in imports(path):
        top = name.split(".")[0]
        assert top in CORE_MAY_IMPORT or top in sys.stdlib_module_names, f"{path}:{line} imports {name}"
        assert name in PURE_PARTS or not ({top, name} & IMPURE) or name in impure_parents(path), (
            f"{path}:{line} imports {name}"
        )
        assert not name.startswith(NOT_FOR_CORE), f"{path}:{line}"


@pytest.mark.parametrize("path", files("adapters"), ids=names)
def test_adapters_do_not_import_commands_or_one_another(path: Path) -> None:
    own = path.relative_to(PACKAGE / "adapters").with_suffix("").parts[0]
    for name, line in imports(path):
        assert not name.startswith(("tidegate.commands", "tidegate.steps")), f"{path}:{line}"
        if name.startswith("tidegate.adapters."):
            sibling = name.removeprefix("tidegate.adapters.").split(".")[0]
            assert sibling in {own, "files"}, f"{path}:{line} imports {name}"


@pytest.mark.parametrize("path", files("commands") + files("steps"), ids=names)
def test_nothing_imports_a_command(path: Path) -> None:
    for name, line in imports(path):
        assert not name.startswith("tidegate.commands."), f"{path}:{line} imports {name}"


@pytest.mark.parametrize("path", sorted((ROOT / "model").rglob("*.py")), ids=lambda path: path.name)
def test_the_model_does_not_know_the_toolkit(path: Path) -> None:
    assert not [name for name, _ in imports(path) if name.split(".")[0] == "tidegate"]


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=names)
def test_the_toolkit_does_not_know_the_model(path: Path) -> None:
    assert not [name for name, _ in imports(path) if name.split(".")[0] == "model"]


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=names)
def test_only_the_entry_point_reads_the_environment(path: Path) -> None:
    if names(path).startswith(ENTRY_POINTS):
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}:
            assert not (isinstance(node.value, ast.Name) and node.value.id == "os"), f"{path}:{node.lineno}"


HEAVY = ("mlflow", "great_expectations", "dvc", "sklearn", "scipy", "pandas", "pyarrow", "numpy", "pydantic", "github3")


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from tidegate.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PACKAGE.parent, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr.strip() == "[]"
