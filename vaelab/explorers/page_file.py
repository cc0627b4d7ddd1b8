"""Files that a built page loads when it needs them: weights to decode with, pictures to learn from."""

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from vaelab.files import written_whole

# While the book is made, the files that its pages need are kept here.
FOLDER = "VAELAB_EXPLORER_WEIGHTS"


@dataclass(frozen=True)
class PageFile:
    """A description and some bytes, under a name that changes with them."""

    key: str  # "<name>-<hash of the content>"
    meta: dict  # {"format", "key", ...}
    data: bytes

    @classmethod
    def of(cls, name: str, version: int, meta: dict, data: bytes) -> Self:
        """The file of this content; `version` is its format's, which the page's script compares."""
        meta = {"format": version, **meta}
        digest = hashlib.sha256(_compact(meta).encode() + data).hexdigest()
        key = f"{name}-{digest[:10]}"
        return cls(key, {"format": version, "key": key, **meta}, data)

    def script(self) -> str:
        """The file as a classic script: a page opened from disk cannot load it any other way."""
        value = {"meta": self.meta, "data": base64.b64encode(self.data).decode()}
        return f"(globalThis.vaelabModels ??= {{}})[{json.dumps(self.key)}] = {_compact(value)};\n"

    def keep(self, folder: Path) -> None:
        """Write the script into the folder, unless it is there."""
        path = folder / f"{self.key}.js"
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            with written_whole(path) as temporary:
                temporary.write_text(self.script(), encoding="ascii")


def _compact(value: dict) -> str:
    return json.dumps(value, separators=(",", ":"))
