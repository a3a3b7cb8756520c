"""`tidegate <command>`: the one place that reads the environment, prints the answer and decides the exit code.

Command modules are imported when asked for; nothing heavy is imported here.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType

from tidegate import __version__

COMMANDS = {
    "init": "write a first contract into a repository that has none",
    "detect-changes": "which models a change touches",
    "validate-data": "check the data against its expectations and against the base's data",
    "train-model": "run the stages that are out of date and record the run",
    "compare-models": "judge the candidate against the champion by the contract's gates",
    "post-report": "turn the evidence into one comment, check run and HTML file",
    "promote-model": "write the release that a merge makes, or the next environment's, into Git",
    "deploy-model": "make an environment run what its release.yaml names, and take a bad release back",
    "rollback-release": "make an environment run the release of before at once, then say so in Git",
    "detect-drift": "whether the world that the released model was trained on has changed",
    "request-retraining": "whether it is time to train again; then one branch and one pull request",
    "status": "what is wanted, registered and running in every environment, and any difference",
    "lineage": "where a version comes from, who let it through, and where it has run",
    "run": "a pull request's commands on this machine, one after the other",
    "simulate": "a whole GitHub on this machine: real pull requests through the real workflows",
}


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] | None = None) -> int:
    """Run one command and return its exit code; without `arguments` and `environ` the process's own are used."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = _top_parser()
    known = parser.parse_args(given[:1])
    module = _module(known.command)
    options_parser = _command_parser(known.command, module)
    from tidegate import session

    variables = dict(os.environ if environ is None else environ)
    return session.run(known.command, module, options_parser, given[1:], variables)


def _top_parser() -> argparse.ArgumentParser:
    width = max(map(len, COMMANDS)) + 2
    listing = "\n".join(f"  {name:<{width}}{summary}" for name, summary in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="tidegate",
        usage="tidegate <command> [options]",
        description="A model reaches production only by a merge, and Git says what runs.",
        epilog=f"commands:\n{listing}\n\nexit codes: 0 pass, 1 a gate says no, 2 fix your input, 3 infrastructure, "
        "4 security refusal, 5 superseded, 70 our bug",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tidegate {__version__}")
    parser.add_argument("command", choices=COMMANDS, metavar="<command>", help="one of the commands below")
    return parser


def _module(command: str) -> ModuleType:
    return importlib.import_module(f"tidegate.commands.{command.replace('-', '_')}")


def _command_parser(command: str, module: ModuleType) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"tidegate {command}", description=module.SUMMARY, allow_abbrev=False)
    common = parser.add_argument_group("common options")
    common.add_argument(
        "-C", dest="directory", metavar="FOLDER", default=".", help="the repository's root (default: here)"
    )
    common.add_argument(
        "--config", metavar="FILE", default="tidegate.yaml", help="the contract (default: tidegate.yaml)"
    )
    common.add_argument(
        "--model", metavar="NAME", default="", help="which of the contract's models (default: the only one)"
    )
    common.add_argument(
        "--json",
        metavar="FILE",
        default="",
        help="also write the answer as JSON to FILE, - for standard output",
    )
    common.add_argument("--dry-run", action="store_true", help="say what would be written or sent, and do not")
    module.configure(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
