"""The report's page in a real browser: it looks like something, runs nothing and asks nobody for anything.

All of the browser's traffic goes through a proxy of ours that answers nothing and remembers every address.
"""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fixtures.evidence import changed, evidence_set
from fixtures.hostile import HOSTILE
from fixtures.rendering import context
from tidegate.core.report import Section, build

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium on the PATH (apt-get install chromium)")
DRAWN = (
    b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="400" height="200">'
    b'<image xlink:href="http://evil.example/in-a-plot.png" width="9" height="9"/>'
    b'<style>@import url("http://evil.example/style.css");</style>'
    b'<rect width="400" height="200" fill="#cde" onload="alert(1)"/></svg>'
)
OWN_TRAFFIC = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--disable-features=OptimizationHints,MediaRouter,Translate",
    "--no-first-run",
    "--no-default-browser-check",
)


@dataclass
class Traffic:
    """Every address that the browser asked the proxy for."""

    port: int = 0
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def traffic() -> Iterator[Traffic]:
    seen = Traffic()

    class Proxy(BaseHTTPRequestHandler):
        def _refuse(self) -> None:
            seen.asked.append(self.path)
            self.send_error(403)

        do_GET = do_POST = do_HEAD = do_CONNECT = _refuse  # noqa: N815 (the names that http.server looks for)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name of the method replaced)
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    seen.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield seen
    server.shutdown()
    server.server_close()
    thread.join()


def browse(page: str, folder: Path, traffic: Traffic, *options: str) -> str:
    """Open the page without a window; what the browser prints. Nothing is asked of a host, not even its address."""
    assert BROWSER is not None
    path = folder / "report.html"
    path.write_text(page, encoding="utf-8")
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", *OWN_TRAFFIC]
    command += [f"--user-data-dir={folder / 'profile'}", f"--proxy-server=http://127.0.0.1:{traffic.port}"]
    command += ["--virtual-time-budget=3000", *options, path.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


def hostile_page() -> str:
    """A failing report in which hostile words stand in many places, with a plot that reaches out."""
    found = evidence_set("fail")
    for number, text in enumerate(HOSTILE.values()):
        found = changed(found, "train-model", "stages", 0, "why", value=[*found_why(found), text])
        if number < 2:
            found = changed(found, "compare-models", "slices", number, "value", value=text)
    sections = tuple(Section(title=text[:80], markdown=text[:500]) for text in HOSTILE.values())
    return build(found, context(sections=sections, plots={"residuals.svg": DRAWN, "<img>.png": b"x"})).html()


def found_why(found: object) -> list[str]:
    return list(found["train-model"].result["stages"][0]["why"])  # type: ignore[index]


def outside(traffic: Traffic) -> list[str]:
    """Addresses that a page of ours could have led to (the browser's own few are not the page's)."""
    return [address for address in traffic.asked if not re.search(r"google|gstatic|gvt1", address)]


def size_of(picture: Path) -> tuple[int, int]:
    """Width and height of a PNG."""
    head = picture.read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", head[16:24])
    return int(width), int(height)


def test_hostile_evidence_leads_the_browser_nowhere(tmp_path: Path, traffic: Traffic) -> None:
    shown = browse(hostile_page(), tmp_path, traffic, "--dump-dom")
    assert "Not promotable" in shown
    assert outside(traffic) == []


def test_a_plot_is_drawn_and_asks_for_nothing(tmp_path: Path, traffic: Traffic) -> None:
    report = build(evidence_set("pass"), context(plots={"residuals.svg": DRAWN}))
    browse(report.html(), tmp_path, traffic, f"--screenshot={tmp_path / 'plot.png'}", "--window-size=1200,9000")
    assert outside(traffic) == []


def test_what_somebody_adds_to_the_page_neither_runs_nor_loads(tmp_path: Path, traffic: Traffic) -> None:
    added = (
        "<script>document.title = 'ran'</script>"
        "<img src='http://evil.example/added.png' onerror=\"document.title = 'ran'\">"
        "<link rel='stylesheet' href='http://evil.example/added.css'><iframe src='http://evil.example/'></iframe>"
    )
    page = build(evidence_set("pass"), context()).html()
    shown = browse(page.replace("</main>", f"{added}</main>"), tmp_path, traffic, "--dump-dom")
    assert "<title>Ready to promote: bike-demand" in shown
    assert outside(traffic) == []


def test_the_proxy_would_have_seen_it(tmp_path: Path, traffic: Traffic) -> None:
    """The control: without the page's policy the same picture is asked for and the same script runs."""
    page = "<title>still</title><img src='http://evil.example/added.png'><script>document.title = 'ran'</script>"
    shown = browse(f"<!doctype html>{page}", tmp_path, traffic, "--dump-dom")
    assert "<title>ran</title>" in shown
    assert outside(traffic) == ["http://evil.example/added.png"]


@pytest.mark.parametrize(
    ("width", "options"), [(1280, ()), (420, ()), (1280, ("--blink-settings=preferredColorScheme=0",))]
)
def test_the_page_is_a_picture_worth_looking_at(
    width: int, options: tuple[str, ...], tmp_path: Path, traffic: Traffic
) -> None:
    """Much more than an empty page (some 5 kB) is drawn, wide, narrow and dark."""
    picture = tmp_path / "page.png"
    page = build(evidence_set("fail"), context()).html()
    browse(page, tmp_path, traffic, f"--screenshot={picture}", f"--window-size={width},1400", *options)
    assert size_of(picture) == (max(width, 420), 1400)
    assert picture.stat().st_size > 40_000
