"""The example model is a folder of scripts, not a package: its modules are found by path, after everything else."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3] / "model"))
