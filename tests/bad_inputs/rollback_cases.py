"""Going back to what is not there, asking what is not known: told with what there is, before anything is changed.

Rows X06, X10 and G15 of the catalogue, for `rollback-release`, `status` and `lineage`.
"""

from __future__ import annotations

from bad_inputs.cases import Case, files
from bad_inputs.deploy_cases import HOSTILE, ON_MAIN, RELEASE, STAGING, committed, staging

BACK = ("rollback-release", "--environment", "staging")
HERE = {**ON_MAIN, "XDG_STATE_HOME": "{workspace}/state"}

_NOWHERE = tuple(
    Case(
        id=f"G15-{command}-{place}",
        title=f"{command} of the environment {name[:40]!a}",
        build=staging(),
        arguments=(command, f"--environment={name}"),
        exit=2,
        code="E-ENV-002",
        environ=HERE,
    )
    for command in ("rollback-release", "status")
    for place, name in enumerate(HOSTILE)
    if name or command != "status"
)
_VERSIONS = tuple(
    Case(
        id=f"G15-to-{place}",
        title=f"back to the version {name[:40]!a}",
        build=staging(),
        arguments=(*BACK, f"--to={name}"),
        exit=2,
        code="E-RBK-002",
        mentions=("never came to run in staging", "nothing is left"),
        environ=HERE,
    )
    for place, name in enumerate(HOSTILE)
    if name
)
_LINEAGES = tuple(
    Case(
        id=f"G15-lineage-{place}",
        title=f"the lineage of {name[:40]!a}",
        build=staging(),
        arguments=("lineage", "--", name),
        exit=2,
        code="E-LIN-001",
        mentions=("there are none",),
        environ=HERE,
    )
    for place, name in enumerate(HOSTILE)
)
_REF = Case(
    id="G15-rollback-ref",
    title="a rollback from a branch of somebody's choice",
    build=staging(),
    arguments=BACK,
    exit=4,
    code="E-SEC-064",
    mentions=("GITHUB_REF",),
    environ={**HERE, "GITHUB_REF": "refs/heads/topic"},
)
_STATES = (
    Case(
        id="X06-rollback-none",
        title="a rollback where nothing was ever wanted",
        build=staging(release=None),
        arguments=BACK,
        exit=2,
        code="E-REL-002",
        mentions=("environments/staging/release.yaml",),
        environ=HERE,
    ),
    Case(
        id="X06-rollback-first",
        title="a rollback of what never came to run",
        build=staging(),
        arguments=BACK,
        exit=2,
        code="E-RBK-001",
        mentions=("nothing is left to go back to",),
        environ=HERE,
    ),
    Case(
        id="X10-rollback-empty",
        title="a rollback from an empty state file",
        build=staging(release=""),
        arguments=BACK,
        exit=2,
        code="E-REL-001",
        mentions=("environments/staging/release.yaml",),
        environ=HERE,
    ),
    Case(
        id="X10-status-list",
        title="a status with a state file that is a list",
        build=staging(release="- 1\n"),
        arguments=("status",),
        exit=2,
        code="E-REL-001",
        mentions=("environments/staging/release.yaml",),
        environ=HERE,
    ),
    Case(
        id="X06-status-key",
        title="a status with an environment that nobody can read",
        build=staging("target: mainframe\naddress: a:1\n", RELEASE),
        arguments=("status",),
        exit=2,
        code="E-CFG-014",
        where=f"{STAGING}:1:9",
        environ=HERE,
    ),
    Case(
        id="X06-status-none",
        title="a status without environments",
        build=committed(README_dot_md="nothing\n"),
        arguments=("status",),
        exit=2,
        code="E-ENV-005",
        mentions=("environments/",),
        environ=HERE,
    ),
    Case(
        id="X06-status-no-commit",
        title="environments that nobody committed",
        build=files(environments__staging__environment_dot_yaml="target: process\naddress: a:1\n"),
        arguments=("status",),
        exit=2,
        code="E-ENV-005",
        mentions=("commit",),
        environ=HERE,
    ),
)
CASES = (*_NOWHERE, *_VERSIONS, *_LINEAGES, _REF, *_STATES)
