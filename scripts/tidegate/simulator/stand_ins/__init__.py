"""What runs in place of third-party actions: same inputs, same outputs, no network and no JavaScript of theirs.

The folders below ``actions/`` are what `uses:` finds; each calls one function here through ``$SIMULATOR/stand-in``.
"""

from __future__ import annotations

import importlib
import sys

KNOWN = {
    "checkout": ("checkout", "run"),
    "cache-restore": ("cache", "restore"),
    "cache-save": ("cache", "save"),
    "upload-artifact": ("upload_artifact", "run"),
    "download-artifact": ("download_artifact", "run"),
}


def main(name: str) -> int:
    """Run one stand-in in the current step; its exit code."""
    from tidegate.simulator.stand_ins import step

    # Only the one that is asked for is imported: a run starts many of these.
    module, function = KNOWN[name]
    run = getattr(importlib.import_module(f"{__name__}.{module}"), function)
    try:
        run(step.current())
    except step.Failed as failure:
        sys.stdout.write(f"::error::{failure}\n")
        return 1
    return 0
