"""Build single pages of the book, quickly, to look at them while they are written.

    python -m tools.preview book/04-kl-divergence.ipynb [MORE ...]

Only these notebooks run, if they changed. Glossary and bibliography are built with them; links to other pages
lead nowhere. Every warning but those is shown; `make book` fails on it.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools import alone, notebook_cache, run_notebooks
from tools.build_book import JUPYTER_BOOK
from tools.ending import told

ROOT = notebook_cache.ROOT
FOLDER = notebook_cache.BUILD / "preview"
ALWAYS = ("book/appendix-glossary", "book/bibliography")
EXPECTED = ("unknown document", "reference target not found", "ParserConfig(", "without encryption")


def prepare(pages: list[Path]) -> None:
    """Write a small book: these pages, in the settings of the whole one."""
    shutil.rmtree(FOLDER / "book", ignore_errors=True)
    shutil.copytree(ROOT / "book", FOLDER / "book")
    settings = (ROOT / "_config.yml").read_text(encoding="utf-8")
    cache = settings.replace("cache: .cache/jupyter", f'cache: "{notebook_cache.CACHE.as_posix()}"')
    (FOLDER / "_config.yml").write_text(cache, encoding="utf-8")
    names = [page.resolve().relative_to(ROOT).with_suffix("").as_posix() for page in pages]
    root, *others = dict.fromkeys([*names, *ALWAYS])
    contents = "".join(f"  - file: {name}\n" for name in others)
    (FOLDER / "_toc.yml").write_text(
        f"format: jb-book\nroot: {root}\nchapters:\n{contents}", encoding="utf-8"
    )


def build() -> int:
    """Build it and pass on what needs a writer's attention."""
    environment = notebook_cache.notebook_environment() | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", JUPYTER_BOOK, "build", "."]
    done = subprocess.run(
        command, cwd=FOLDER, env=environment, capture_output=True, text=True, errors="replace"
    )
    lines = (done.stdout + done.stderr).splitlines()
    for line in lines if done.returncode else [line for line in lines if "WARNING" in line]:
        if not any(known in line for known in EXPECTED):
            print(line)
    return done.returncode


@alone.turn(notebook_cache.__file__)
def main() -> int:
    pages = [Path(name) for name in sys.argv[1:]]
    missing = [str(page) for page in pages if not page.exists()]
    if not pages or missing:
        print(f"There is no {', '.join(missing)}." if missing else __doc__, file=sys.stderr)
        return 2
    if not run_notebooks.fill_cache([page for page in pages if page.suffix == ".ipynb"]):
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    prepare(pages)
    failed = build()
    for page in [] if failed else pages:
        path = FOLDER / "_build" / "html" / "book" / f"{page.stem}.html"
        print(os.path.relpath(path))
    return failed


if __name__ == "__main__":
    sys.exit(told(main))
