"""The bibliography holds what the book cites, and nothing else."""

import re
from pathlib import Path

BOOK = Path(__file__).resolve().parent.parent / "book"


def test_each_entry_is_cited_and_each_citation_has_an_entry():
    entries = re.findall(
        r"^@\w+\{([^,]+),", (BOOK / "references.bib").read_text(encoding="utf-8"), re.MULTILINE
    )
    pages = [page for ending in ("*.md", "*.ipynb") for page in BOOK.rglob(ending)]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    cited = {key.strip() for keys in re.findall(r"\{cite:[pt]\}`([^`]+)`", text) for key in keys.split(",")}
    assert len(entries) == len(set(entries)) and set(entries) == cited
