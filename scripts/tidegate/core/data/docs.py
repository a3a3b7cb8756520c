"""Great Expectations' HTML data docs, made to open from a zip: no script, nothing fetched, one small style sheet.

Its pages load a dozen scripts and style sheets from other hosts, show a newsletter, and put values of the data into
attributes. A page that is handed on as an artifact must neither call out nor run what a row of data says, so each is
rebuilt from an allow-list of elements and carries a policy that forbids everything but its own style.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
INDEX = "index.html"
_DROPPED = {"script", "style", "link", "head", "footer", "iframe", "object", "embed", "form", "button", "label", "svg"}
_VOID = {"br", "hr", "col", "wbr"}
_KEPT = {
    *("a", "b", "i", "em", "strong", "small", "code", "pre", "span", "div", "p", "ul", "ol", "li", "nav", "hr", "br"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "blockquote", "dl", "dt", "dd"),
}
_ATTRIBUTES = {"class", "id", "hidden", "colspan", "rowspan"}
_STYLE = """
body{font:15px/1.45 system-ui,sans-serif;margin:0 auto;max-width:1100px;padding:1rem;color:#1b1f24;background:#fff}
a{color:#0550ae}table{border-collapse:collapse;margin:.5rem 0}th,td{border:1px solid #d0d7de;padding:.25rem .6rem;
text-align:left;vertical-align:top;font-variant-numeric:tabular-nums}th{background:#f6f8fa}
h1{font-size:1.4rem}h4{margin:1rem 0 0}h5,h6{margin:.2rem 0;font-size:1rem}.lead,.sticky .card-header{display:none}
.alert{background:#f6f8fa;border-left:4px solid #8c959f;padding:.4rem .8rem;margin:.8rem 0 .3rem}
.badge{background:#eaeef2;border-radius:4px;padding:0 .35rem}
.ge-navigation-sidebar-content{columns:3;list-style:none;padding:0}
.text-danger{color:#b42318;font-weight:600}.text-success{color:#116329;font-weight:600}.text-warning{color:#8a6100}
.fa-times::before,.fa-times-circle::before{content:"\\2717"}.fa-check-circle::before{content:"\\2713"}
.fa-exclamation-triangle::before{content:"! not evaluated"}i{font-style:normal}
[hidden],.card.mb-3,.cooltip>.top,ol.ge-breadcrumbs{display:none}
@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}a{color:#79c0ff}
th,.alert,.badge{background:#161b22}th,td{border-color:#30363d}.text-danger{color:#ff8e85}.text-success{color:#7ee787}}
"""


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of the docs: a suite on a frame. `file` is None where no page was kept for one that passed."""

    suite: str
    frame: str
    passed: bool
    file: str | None


def offline(html: str, title: str) -> str:
    """A page of data docs without anything that runs, loads or leads elsewhere than to the index and to itself."""
    reader = _Rebuilt()
    reader.feed(html)
    reader.close()
    return document(title, f'<p><a href="{INDEX}">All suites</a></p>{"".join(reader.parts)}')


def index(title: str, pages: Sequence[Page]) -> str:
    """The page that leads to the others."""
    rows = "".join(
        f"<tr><td>{_word(page.passed)}</td><td>{escape(page.suite)}</td><td>{_linked(page)}</td></tr>" for page in pages
    )
    head = "<thead><tr><th>Result</th><th>Suite</th><th>Run on</th></tr></thead>"
    return document(title, f"<h1>{escape(title)}</h1><table>{head}<tbody>{rows}</tbody></table>")


def document(title: str, body: str) -> str:
    """A whole HTML document under the policy."""
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>{body}</body></html>\n"
    )


def _word(passed: bool) -> str:
    return '<span class="text-success">✓ passed</span>' if passed else '<span class="text-danger">✗ failed</span>'


def _linked(page: Page) -> str:
    name = escape(page.frame)
    return name if page.file is None else f'<a href="{escape(page.file)}">{name}</a>'


class _Rebuilt(HTMLParser):
    """The elements that may stay, with the attributes that may stay; text as it was."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._dropping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DROPPED and tag != "link":
            self._dropping += 1
        elif not self._dropping and tag in _KEPT:
            self.parts.append(f"<{tag}{''.join(map(_attribute, attrs))}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self._dropping and tag in _KEPT:
            self.parts.append(f"<{tag}{''.join(map(_attribute, attrs))}>" + ("" if tag in _VOID else f"</{tag}>"))

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED and tag != "link":
            self._dropping = max(self._dropping - 1, 0)
        elif not self._dropping and tag in _KEPT and tag not in _VOID:
            self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._dropping:
            self.parts.append(escape(data, quote=False))


def _attribute(pair: tuple[str, str | None]) -> str:
    name, value = pair[0], pair[1] or ""
    if name == "href":
        return f' href="{escape(value)}"' if value.startswith("#") else f' href="{INDEX}"'
    return f' {name}="{escape(value)}"' if name in _ATTRIBUTES else ""
