"""Where data lie on this machine: a person's own folder, Debian's packages, and vaelab's cache."""

import os
import warnings
from collections.abc import Iterable
from pathlib import Path

import platformdirs

SHARED = Path("/usr/share/datasets")  # where Debian's dataset packages put their files


def cache_dir() -> Path:
    """Folder for what vaelab downloads and packs: `$VAELAB_CACHE`, or else ~/.cache/vaelab on Linux and its
    like on macOS and Windows. It can be deleted at any time."""
    own = os.environ.get("VAELAB_CACHE")
    return Path(own).expanduser() if own else Path(platformdirs.user_cache_dir("vaelab", appauthor=False))


def own_dir() -> Path | None:
    """The folder `$VAELAB_DATA` names; None where the variable is not set, or (with a warning) wrong."""
    own = os.environ.get("VAELAB_DATA")
    if not own:
        return None
    root = Path(own).expanduser()
    if not root.is_dir():
        warnings.warn(f"VAELAB_DATA={own} is not a folder, so it was passed over.", stacklevel=2)
        return None
    return root


def entries_named(names: Iterable[str], root: Path | None) -> list[Path]:
    """`root` itself and what lies in it, as far as it bears one of a set's names, the first name's before.

    Names are compared without case, hyphen, underscore, and the ending of an archive.
    """
    if root is None or not root.is_dir():
        return []
    entries = (root, *sorted(root.iterdir()))
    return [entry for name in names for entry in entries if plain_name(entry) == name.lower()]


def plain_name(path: Path) -> str:
    """A folder's or archive's name without case, hyphen, underscore and ending: CelebA.zip is celeba."""
    stem = path.stem if path.suffix.lower() in (".zip", ".tar") else path.name
    return stem.lower().replace("-", "").replace("_", "")
