"""Start the command line by file, so that an isolated interpreter (`python -I`) finds this package and no other."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tidegate.cli import main

if __name__ == "__main__":
    sys.exit(main())
