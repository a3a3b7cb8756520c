"""`python -m tidegate.server`: options to settings, errors to one line and an exit code."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tidegate.errors import TidegateError, exit_code_of
from tidegate.server.observation.prediction_log import LogRules
from tidegate.server.settings import Settings
from tidegate.server.wire.limits import Limits


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 drained, 2 mend the release or an option, 3 the address cannot be used, 4 refused as tampered."""
    settings = parse(sys.argv[1:] if arguments is None else arguments)
    from tidegate.server.serving import run

    try:
        run(settings, _say)
    except TidegateError as error:
        sys.stderr.write(f"tidegate-server: {error}\n")
        return exit_code_of(error)
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def parse(arguments: Sequence[str]) -> Settings:
    """Options to settings; argparse ends with 2 on its own where they are wrong."""
    options = _parser().parse_args(arguments)
    log = None
    if options.log is not None:
        log = LogRules(
            folder=options.log,
            rows=options.log_rows,
            seconds=options.log_seconds,
            share=options.log_share,
            waiting=options.log_waiting,
        )
    return Settings(
        release=options.release,
        host=options.host,
        port=options.port,
        digest=options.digest,
        limits=Limits(body=options.body_bytes, connections=options.connections, read=options.read_seconds),
        most_rows=options.rows,
        waiting_rows=options.waiting_rows,
        deadline=options.deadline,
        threads=options.threads,
        batching=not options.no_batching,
        drain_notice=options.drain_notice,
        drain=options.drain,
        log=log,
        copies=options.copies,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tidegate.server", description="Serve one ONNX release over HTTP.")
    add = parser.add_argument
    add("--release", type=Path, required=True, help="the release folder")
    add("--digest", help="refuse to start unless release.json has this digest (sha256:…)")
    add("--host", default="127.0.0.1")
    add("--port", type=_whole(0, 65_535), default=8080, help="0 for any free one, which the first line of output names")
    limits = Limits()
    add("--body-bytes", type=_whole(1), default=limits.body, help="largest body")
    add("--connections", type=_whole(1), default=limits.connections, help="most open connections")
    add("--read-seconds", type=_positive, default=limits.read, help="time for a request to come in whole")
    add("--rows", type=_whole(1), default=Settings.most_rows, help="most rows of one request")
    add("--waiting-rows", type=_whole(1), default=Settings.waiting_rows, help="most rows before the model")
    add("--deadline", type=_positive, default=Settings.deadline, help="seconds for a prediction")
    add("--threads", type=_whole(1), default=1, help="threads of one model run")
    add("--no-batching", action="store_true", help="never run requests together")
    add("--drain-notice", type=_seconds, default=Settings.drain_notice, help="seconds of not ready, still serving")
    add("--drain", type=_seconds, default=Settings.drain, help="most seconds for requests under way")
    add("--log", type=Path, help="folder of the prediction log; without it there is none")
    add("--copies", type=Path, help="a file that says where copies of requests go, while it is there")
    add("--log-rows", type=_whole(1), default=LogRules.rows, help="rows of one file")
    add("--log-seconds", type=_positive, default=LogRules.seconds, help="age of one file")
    add("--log-share", type=_share, default=LogRules.share, help="share of requests that are logged, 0 to 1")
    add("--log-waiting", type=_whole(1), default=LogRules.waiting, help="most rows before the log")
    return parser


def _whole(low: int, high: int = 2**40) -> type[int]:
    def number(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{value} is not between {low} and {high}")
        return value

    number.__name__ = "whole number"
    return number  # type: ignore[return-value]


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 86_400:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 86400")
    return value


def _positive(text: str) -> float:
    value = _seconds(text)
    if value == 0:
        raise argparse.ArgumentTypeError("must be more than 0")
    return value


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


if __name__ == "__main__":
    sys.exit(main())
