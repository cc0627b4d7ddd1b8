"""A page that needs nothing but itself: no network, no script; light and dark; on a phone and on paper."""

from collections.abc import Container, Iterable, Mapping
from html import escape
from pathlib import Path

from vaelab.files import written_whole
from vaelab.grading.safe_text import printable

_STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #20262e; --soft: #55606e; --line: #d9dde3;
  --tint: #f6f8fb; --accent: #0072b2; --right: #007a59; --wrong: #b3362b; --open: #6b5a1e;
  --serif: "Iowan Old Style", "Palatino Linotype", Palatino, "URW Palladio L", P052, Georgia, serif; }
@media screen and (prefers-color-scheme: dark) { :root { --paper: #12161b; --ink: #d8dee6; --soft: #9aa6b4;
  --line: #39424e; --tint: #1b2129; --accent: #56b4e9; --right: #3fc39b; --wrong: #ff8f80;
  --open: #e0b84c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 46rem; padding: 2rem 1.1rem 4rem; background: var(--paper);
  color: var(--ink); overflow-wrap: anywhere;
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
body.wide { max-width: 68rem; }
h1, h2, h3 { line-height: 1.25; text-wrap: balance; }
h1, h2 { font-family: var(--serif); font-weight: 600; }
h1 { margin: 0.2rem 0; font-size: 1.9rem; }
h2 { margin: 2.2rem 0 0.4rem; font-size: 1.3rem; }
h3 { margin: 1.2rem 0 0.2rem; font-size: 1rem; }
a { color: var(--accent); }
code, pre { font: 0.88em/1.5 ui-monospace, "SF Mono", Menlo, "Liberation Mono", monospace; }
pre, blockquote { margin: 0.4rem 0; padding: 0.6rem 0.8rem; background: var(--tint);
  border-left: 3px solid var(--line); border-radius: 0 4px 4px 0; }
pre { white-space: pre-wrap; }
blockquote p { margin: 0 0 0.6rem; }
blockquote p:last-child { margin: 0; }
.soft { color: var(--soft); }
.score { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 0.6rem; margin: 1rem 0 0; }
.score strong { font: 600 2.6rem/1.1 var(--serif); color: var(--accent); }
.bar { display: block; height: 8px; margin: 0.5rem 0; border-radius: 4px; background: var(--line);
  overflow: hidden; print-color-adjust: exact; }
.bar > i { display: block; height: 100%; background: var(--accent); }
.of { float: right; font: 500 1rem/1.6 system-ui, sans-serif; color: var(--soft); }
ul.cases { margin: 0.4rem 0; padding: 0; list-style: none; }
ul.cases > li { position: relative; padding: 0.3rem 0 0.3rem 1.7rem; border-top: 1px solid var(--line); }
ul.cases .mark { position: absolute; left: 0.2rem; font-weight: 700; }
.passed > .mark { color: var(--right); }
.failed > .mark { color: var(--wrong); }
.open > .mark { color: var(--open); }
.tag { padding: 0 0.45em; border: 1px solid var(--line); border-radius: 1em; font-size: 0.8rem;
  color: var(--soft); }
.said { display: block; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.35rem 0.9rem 0.35rem 0; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; overflow-wrap: break-word; }
:is(th, td):last-child { padding-right: 0; }
td:last-child:not(.number) { min-width: 12rem; }
tbody th { min-width: 6rem; overflow-wrap: anywhere; }
.checks th:first-child { width: 30%; }
.checks .number { width: 5.5rem; }
thead th { font-size: 0.85rem; color: var(--soft); font-weight: 500; }
tbody th { font-weight: 500; }
.number { text-align: right; white-space: nowrap; }
footer { margin-top: 3rem; padding-top: 0.7rem; border-top: 1px solid var(--line); font-size: 0.85rem;
  color: var(--soft); }
@media print { body { padding: 0; } section { break-inside: avoid; } }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def document(title: str, body: str, *, style: str = "", kind: str = "", by: str = "") -> str:
    """A whole page.

    Args:
        title: plain text.
        body: HTML.
        style: more CSS.
        kind: the body's class; `wide` for tables.
        by: the command that writes it, to be known by later.
    """
    generator = f'<meta name="generator" content="{text(by)}">\n' if by else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n{generator}'
        f"<title>{text(title)}</title>\n<style>{_STYLE}{style}</style>\n</head>\n"
        f'<body class="{kind}">\n<main>\n{body}\n</main>\n</body>\n</html>\n'
    )


def write_all(folder: Path, pages: Mapping[str, str]) -> None:
    """Write pages into a folder, by their names; it is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, html in pages.items():
        with written_whole(folder / name) as temporary:
            temporary.write_text(html, encoding="utf-8")


def text(plain: str, longest: int = 5_000) -> str:
    """Any text as HTML."""
    return escape(printable(plain, longest))


def message(plain: str) -> str:
    """A check's sentence as HTML: `backticks` are code."""
    parts = text(plain).split("`")
    if len(parts) % 2 == 0:  # one of them stands alone
        return "`".join(parts)
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))


def bar(share: float) -> str:
    """A share in [0, 1] as a bar. It only repeats a number that stands beside it."""
    percent = 100 * min(1.0, max(0.0, share))
    return f'<span class="bar" aria-hidden="true"><i style="width:{percent:.3g}%"></i></span>'


def table(
    header: Iterable[str], rows: Iterable[Iterable[str]], numbers: Container[int] = (), kind: str = ""
) -> str:
    """A table of cells in HTML; a row's first names it. Columns with `numbers` stand to the right."""

    def attributes(i: int) -> str:
        return ' class="number"' if i in numbers else ""

    head = "".join(f'<th scope="col"{attributes(i)}>{text(name)}</th>' for i, name in enumerate(header))
    body = "\n".join(
        "<tr>"
        + "".join(
            f"<td{attributes(i)}>{content}</td>" if i else f'<th scope="row">{content}</th>'
            for i, content in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll" role="region" aria-label="Table" tabindex="0"><table class="{kind}">\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>"
    )
