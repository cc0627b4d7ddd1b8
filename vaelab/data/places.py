"""Where data lie on this machine: a person's own folder, Debian's packages, and vaelab's cache."""

import os
import tempfile
import warnings
from collections.abc import Iterable
from pathlib import Path

import platformdirs

SHARED = Path("/usr/share/datasets")  # where Debian's dataset packages put their files


def cache_dir() -> Path:
    """Folder for what vaelab downloads and packs: `$VAELAB_CACHE`, or else ~/.cache/vaelab on Linux and its
    like on macOS and Windows. It can be deleted at any time.

    Where no home folder is known (a container whose user has neither HOME nor a name), a temporary one.
    """
    if own := os.environ.get("VAELAB_CACHE"):
        return Path(own).expanduser()
    try:
        return Path(platformdirs.user_cache_dir("vaelab", appauthor=False))
    except RuntimeError:
        return homeless()


def homeless() -> Path:
    """A folder in the system's temporary one, this user's own: it takes the place of a home."""
    return Path(tempfile.gettempdir(), f"vaelab-{os.getuid() if hasattr(os, 'getuid') else 'cache'}")


def why_not_writable(folder: Path) -> str:
    """Why nothing can be written into a folder that may not be there yet; empty if something can."""
    there = folder
    while not os.path.lexists(there) and there != there.parent:
        there = there.parent
    try:
        with tempfile.TemporaryFile(dir=there):
            return ""
    except OSError as error:
        return f"{there}: {error.strerror}"


def own_dir() -> Path | None:
    """The folder `$VAELAB_DATA` names; None where the variable is not set, or (with a warning) wrong."""
    own = os.environ.get("VAELAB_DATA")
    if not own:
        return None
    root = Path(os.path.expanduser(own))
    if not os.path.isdir(root):
        warnings.warn(f"VAELAB_DATA={own} is not a folder, so it was passed over.", stacklevel=2)
        return None
    return root


def entries_named(names: Iterable[str], root: Path | None) -> list[Path]:
    """`root` itself and what lies in it, as far as it bears one of a set's names, the first name's before.

    Names are compared without case, hyphen, underscore, and the ending of an archive.
    """
    if root is None or not os.path.isdir(root) or not os.access(root, os.R_OK | os.X_OK):
        return []
    entries = (root, *sorted(root.iterdir()))
    return [entry for name in names for entry in entries if plain_name(entry) == name.lower()]


def plain_name(path: Path) -> str:
    """A folder's or archive's name without case, hyphen, underscore and ending: CelebA.zip is celeba."""
    stem = path.stem if path.suffix.lower() in (".zip", ".tar") else path.name
    return stem.lower().replace("-", "").replace("_", "")
