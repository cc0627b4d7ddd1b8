"""Look at every link of the built pages: does what it points to exist?

    python -m tools.links [FOLDER]    (default: _build/html)
    python -m tools.links --online    (`make links`: asks the servers, which needs a network)

Links inside the pages are followed on the disk, to the file and to the place in it. Addresses elsewhere are
only looked at: https, and well formed. That citations have their entry in the bibliography is seen to by the
build, which takes no warning; that the links they become lead to it, by this.
"""

import re
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tools import build_book, notebook_cache

POINTING = {"href", "src", "poster", "data-src"}
# Folders of the theme's and of Sphinx; what is in them is no page of the book.
NOT_PAGES = {"_static", "_sources"}
INLINE = ("data:", "mailto:")  # no place on the web


class Page(HTMLParser):
    """The addresses that a page points to, and the places in it that can be pointed to."""

    def __init__(self, path: Path):
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = {"", "top"}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name == "id" or (name == "name" and tag == "a"):
                self.places.add(value or "")
            elif name in POINTING and value is not None:
                self.links.append(value)
            elif name == "srcset" and value:
                self.links += [part.split()[0] for part in value.split(",") if part.strip()]


_page = cache(Page)


def pages(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.rglob("*.html") if not NOT_PAGES & set(path.relative_to(folder).parts)
    )


def broken(folder: Path) -> list[str]:
    """One line for each link that leads nowhere: the page, the link, and what is wrong with it."""
    folder = folder.resolve()
    _page.cache_clear()
    return [
        f"{path.relative_to(folder)}: {link!r} {fault}"
        for path in pages(folder)
        for link in sorted(set(_page(path).links))
        if (fault := _fault(link, path, folder))
    ]


def _fault(link: str, path: Path, folder: Path) -> str | None:
    if link.startswith(INLINE):
        return None
    try:
        parts = urlsplit(link)
        host, _ = parts.hostname, parts.port
    except ValueError as problem:
        return f"is malformed: {problem}"
    if parts.scheme or parts.netloc:
        return _fault_outside(parts.scheme, host, link)
    return _fault_inside(unquote(parts.path), unquote(parts.fragment), path, folder)


def _fault_outside(scheme: str, host: str | None, link: str) -> str | None:
    if scheme != "https":
        return "is not https"
    if not host or not re.fullmatch(r"[\w-]+(\.[\w-]+)+", host) or re.search(r'[\s<>"]', link):
        return "is malformed"
    return None


def _fault_inside(name: str, place: str, path: Path, folder: Path) -> str | None:
    if name.startswith("/"):
        return "starts at the root of a server, where the book need not be"
    target = (path.parent / name).resolve() if name else path
    if not target.is_relative_to(folder):
        return "leads out of the book"
    if not target.is_file():
        return "has no file"
    if target.suffix == ".html" and place not in _page(target).places:
        return f"has no place {place!r} in {target.name}"
    return None


def ask_servers() -> int:
    """Sphinx's own check of the addresses elsewhere, those in the API reference included."""
    command = [sys.executable, "-c", build_book.JUPYTER_BOOK, "build", ".", "--builder", "linkcheck"]
    return build_book.run_showing_progress(command)


def main(arguments: list[str]) -> int:
    if arguments == ["--online"]:
        return ask_servers()
    folder = Path(arguments[0]) if arguments else notebook_cache.BUILD / "html"
    faults, count = broken(folder), len(pages(folder))
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{len(faults)} broken links in {count} pages.")
    return int(bool(faults) or not count)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
