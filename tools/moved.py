"""Tell .venv that the course has moved: its programs, and the way to the package, hold the old folder's name.

.venv/bin/python -I tools/moved.py OLD_FOLDER    (tools/setup.sh calls it; needs no network)
"""

import sys
import sysconfig
from pathlib import Path
from venv import EnvBuilder

# A first line can name no program whose path has spaces; the shell can.
BY_THE_SHELL = "#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''\n"


def texts(venv: Path) -> list[Path]:
    """Files that may hold the folder's name."""
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(venv)}))
    found = [*(venv / "bin").iterdir(), *packages.glob("__editable__*"), *packages.glob("*/direct_url.json")]
    return [path for path in found if path.is_file() and not path.is_symlink()]


def renamed(text: str, old: Path, new: Path) -> str:
    """A file's text, with the new folder in place of the old one."""
    first, _, rest = text.partition("\n")
    if first.startswith(f"#!{old}/"):
        text = BY_THE_SHELL.format(python=first.removeprefix("#!")) + rest
    return text.replace(f'{old.as_uri()}"', f'{new.as_uri()}"').replace(f"{old}/", f"{new}/")


def main() -> None:
    old, new = Path(sys.argv[1]), Path.cwd()
    EnvBuilder(symlinks=True).create(new / ".venv")  # writes `activate` again
    for path in texts(new / ".venv"):
        before = path.read_bytes()
        if b"\0" in before:  # machine code
            continue
        after = renamed(before.decode(), old, new).encode()
        if after != before:
            path.write_bytes(after)


if __name__ == "__main__":
    main()
