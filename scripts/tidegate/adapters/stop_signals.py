"""SIGTERM and SIGINT as a wish to end: what is being done is finished, and what was done is kept."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """An event that is set by either signal, while the body runs; only the main thread can ask for it."""
    wish = threading.Event()
    before = {number: signal.signal(number, lambda *_: wish.set()) for number in _SIGNALS}
    try:
        yield wish
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
