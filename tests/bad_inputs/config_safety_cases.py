"""Contracts that could harm: rows C17 to C21, C24 and C25 of the catalogue.

Not here: C20 (an image without a digest) and C22 (cron expressions), because the contract has no such field. Times are
the workflow's, images the environment's, and neither is read by a command that exists. C21 is about environment names;
the same rule holds for the names of models and metrics, and is tested on those.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bad_inputs.cases import CONTRACT, DRIFT, Case, contract_and, contract_with, files

# Credentials are put together here, so that no scanner takes this file for a leak.
AWS = "AKIA" + "IOSFODNN7EXAMPLE"
GITHUB = "ghp_" + "a1B2" * 9
KEY_HEAD = "-----BEGIN " + "RSA PRIVATE KEY-----"
TOKEN = "eyJ" + "hbGciOiJIUzI1NiJ9" + ".eyJ" + "zdWIiOiIxMjM0NTY3ODkwIn0" + ".s5Vx"


def _path(name: str, written: str, code: str = "E-SEC-002") -> Case:
    message = "leaves the workspace" if code == "E-SEC-002" else 'may not start with "-"'
    text = contract_with("predictions: model/reports/predictions.parquet", f"predictions: §{written}")
    return Case(id=name, title=f"path {written}", exit=4, code=code, mentions=(message,), **text)


def _name(name: str, written: str) -> Case:
    text = contract_with("  bike:", f"  §{written}:")
    return Case(
        id=f"C21-{name}",
        title=f"model called {written}",
        exit=2,
        code="E-CFG-019",
        mentions=("letters, digits",),
        **text,
    )


def _secret(name: str, secret: str, text: str, line: int, code_where: str = "") -> Case:
    return Case(
        id=f"C24-{name}",
        title="a secret in the contract",
        build=files(tidegate_dot_yaml=text),
        exit=4,
        code="E-SEC-004",
        where=code_where,
        mentions=(f"looks like a secret at line {line}",),
        forbids=(secret,),
    )


def _linked(target: str) -> Callable[[Path], None]:
    """The folder `model` is a link that leads elsewhere."""

    def build(folder: Path) -> None:
        files(tidegate_dot_yaml=CONTRACT)(folder)
        (folder / "model").symlink_to(target)

    return build


def _contract_is_a_link(folder: Path) -> None:
    outside = folder.parent / "outside.yaml"
    outside.write_text(CONTRACT)
    (folder / "tidegate.yaml").symlink_to(outside)


C17_TO_C21 = (
    _path("C17-above", "../../etc/passwd"),
    _path("C17-above-inside", "model/../../secrets"),
    _path("C17-absolute", "/etc/passwd"),
    _path("C17-home", "~/predictions.parquet"),
    _path("C17-backslash", "..\\..\\secrets"),
    _path("C17-drive", "C:\\secrets"),
    _path("C17-file", "file:///etc/passwd"),
    _path("C17-s3", "s3://bucket/predictions.parquet"),
    _path("C17-git", ".git/hooks/pre-commit"),
    *(
        Case(id=f"C17-{name}", title=f"{name} leads out", exit=4, code="E-SEC-002", **contract_with(old, new))
        for name, old, new in (
            ("model", "path: model\n", "path: §../model\n"),
            ("pointer", "tracked: data.dvc", "tracked: §../data.dvc"),
            ("suites", "expectations: model/expectations", "expectations: §/expectations"),
            ("lock", "lock: model/requirements.txt", "lock: §~/requirements.txt"),
        )
    ),
    Case(
        id="C17-live",
        title="live data outside",
        exit=4,
        code="E-SEC-002",
        **contract_and(DRIFT.replace("path: live/*.parquet", "path: §../*/live.parquet")),
    ),
    *(
        Case(
            id=f"C17-{name}",
            title=f"a folder that is a link to {target}",
            build=_linked(target),
            exit=4,
            code="E-SEC-002",
            where="tidegate.yaml:4:11",
            mentions=("leaves the workspace",),
        )
        for name, target in (("link", "/etc"), ("link-above", "../.."), ("loop", "model"))
    ),
    Case(
        id="C17-config-above",
        title="--config outside",
        build=files(tidegate_dot_yaml=CONTRACT),
        arguments=("detect-changes", "--config", "../tidegate.yaml"),
        exit=4,
        code="E-SEC-002",
    ),
    Case(
        id="C17-config-absolute",
        title="--config as an absolute path",
        build=files(tidegate_dot_yaml=CONTRACT),
        arguments=("detect-changes", "--config", "/etc/passwd"),
        exit=4,
        code="E-SEC-002",
        forbids=("root:",),
    ),
    Case(id="C17-config-link", title="contract is a link", build=_contract_is_a_link, exit=4, code="E-SEC-002"),
    *(
        Case(
            id=f"C18-{name}",
            title=f"command {written}",
            exit=2,
            code="E-CFG-017",
            mentions=("expected a list of arguments",),
            **contract_and(DRIFT.replace("[python, model/extend_data.py]", f"§{written}")),
        )
        for name, written in (("shell", "python extend.py; rm -rf /"), ("empty", "[]"), ("mapping", "{run: python}"))
    ),
    _path("C19-option", "--upload-pack=touch", "E-SEC-003"),
    _path("C19-dash", "-x", "E-SEC-003"),
    Case(
        id="C19-program",
        title="a program that is an option",
        exit=4,
        code="E-SEC-003",
        **contract_and(DRIFT.replace("[python,", "§[-c,")),
    ),
    *(
        Case(
            id=f"C19-base-{name}",
            title=f"--base {ref}",
            build=files(tidegate_dot_yaml=CONTRACT),
            arguments=("detect-changes", f"--base={ref}"),
            exit=4,
            code="E-SEC-003",
        )
        for name, ref in (("option", "--upload-pack=touch pwned"), ("dash", "-x"), ("range", "main..HEAD"))
    ),
    _name("slash", "bike/demand"),
    _name("above", '"../bike"'),
    _name("newline", '"bike\\ndemand"'),
    _name("space", '"bike demand"'),
    _name("emoji", "🚲"),
    _name("long", "b" * 65),
    _name("dash", '"-bike"'),
    _name("two-dots", "bike..demand"),
    _name("lock", "bike.lock"),
    _name("empty", '""'),
    Case(
        id="C21-metric",
        title="a metric's name",
        exit=2,
        code="E-CFG-019",
        **contract_and('    metrics: {§"a b": {direction: higher}}\n'),
    ),
)


SECRETS = (
    _secret("password", "hunter2", CONTRACT + "    password: hunter2\n", 17, "tidegate.yaml:17:15"),
    _secret("named", "correct horse", CONTRACT + "    db_api_key: correct horse\n", 17, "tidegate.yaml:17:17"),
    _secret("aws", AWS, CONTRACT.replace("target: rentals", f"target: {AWS}"), 10, "tidegate.yaml:10:15"),
    _secret("aws-key", AWS, CONTRACT + f"    {AWS}: 1\n", 17, "tidegate.yaml:17:5"),
    _secret("github", GITHUB, CONTRACT.replace("mae", GITHUB), 16, "tidegate.yaml:16:18"),
    _secret("comment", GITHUB, f"# old token: {GITHUB}\n" + CONTRACT, 1, "tidegate.yaml:1:14"),
    _secret("broken-file", AWS, f"version: [\n# {AWS}\n", 2, "tidegate.yaml:2:3"),
    _secret("address", "s3cret", CONTRACT.replace("lock: model/", "lock: https://me:s3cret@host/"), 6),
    _secret("jwt", TOKEN, CONTRACT.replace("cluster: date", f"cluster: {TOKEN}"), 12, "tidegate.yaml:12:16"),
    _secret("private-key", "MIIEow", CONTRACT + f"    key: |\n      {KEY_HEAD}\n      MIIEow\n", 18),
    _secret("argument", "hunter2", CONTRACT + DRIFT.replace("[python,", "[python, --password=hunter2,"), 21),
    _secret("escaped", AWS, CONTRACT.replace("cluster: date", f'cluster: "\\x41{AWS[1:]}"'), 12, "tidegate.yaml:12:16"),
    _secret("expected-number", GITHUB, CONTRACT.replace("at_most: 60", f"at_most: {GITHUB}"), 16),
    *(
        Case(
            id=f"C25-{name}",
            title=f"{written} was not expanded",
            exit=2,
            code="E-CFG-022",
            mentions=("was not expanded",),
            **contract_with(old, new),
        )
        for name, written, old, new in (
            ("expression", "${{ }}", "path: model\n", "path: §${{ inputs.path }}\n"),
            ("variable", "${VAR}", "path: model\n", "path: §${MODEL}\n"),
            ("in-number", "${{ }}", "at_most: 60", 'at_most: §"${{ vars.LIMIT }}"'),
            ("in-list", "${VAR}", "[weather, season]", "[weather, §'${SLICE}']"),
            ("in-braces", "${VAR}", "at_most: 60", "at_most: §${LIMIT}"),
            ("in-key", "${VAR}", "  bike:", "  §${MODEL}:"),
            ("secret", "${{ }}", "cluster: date", "password: §${{ secrets.PASSWORD }}"),
        )
    ),
)


CASES = (*C17_TO_C21, *SECRETS)
