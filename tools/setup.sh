#!/bin/sh
# Makes .venv, or brings it up to date; does nothing when pyproject.toml and constraints.txt are as
# they were at the last run. PYTHON=... chooses the interpreter. Called by every make target.
set -eu
cd "$(dirname "$0")/.."

venv=.venv
stamp=$venv/.complete

# The folder belongs to the state: .venv points to the package by its absolute path.
state=$({ cat pyproject.toml constraints.txt; pwd; } | cksum)

# Prints "3.12" for a usable interpreter, a reason on stderr for another, and fails then.
version_of() {
    "$1" -c '
import sys
version = "%d.%d" % sys.version_info[:2]
if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit("is Python " + version)
try:
    import ensurepip, venv
except ImportError:
    sys.exit("is Python " + version + " without venv (on Debian and Ubuntu: apt install python" + version + "-venv)")
print(version)' 2>&1
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        set -- "$PYTHON"
    else
        set -- python3 python3.13 python3.12 python3.11 python
    fi
    reasons=
    for candidate; do
        command -v "$candidate" >/dev/null 2>&1 || continue
        if answer=$(version_of "$candidate"); then
            python=$candidate
            return
        fi
        reasons="$reasons  $candidate $(echo "$answer" | head -n 1)
"
    done
    {
        echo "Python 3.11, 3.12 or 3.13 is needed, and none was found${PYTHON:+ at PYTHON=$PYTHON}."
        [ -z "$reasons" ] || printf 'What was tried:\n%s' "$reasons"
        echo "Install one (https://www.python.org/downloads/), or name it: make book PYTHON=/path/to/python3.12"
    } >&2
    exit 1
}

# An existing .venv is kept when it works and is of the version asked for.
usable() {
    [ -x $venv/bin/python ] && have=$(version_of $venv/bin/python) || return 1
    [ -z "${PYTHON:-}" ] || [ "$have" = "$(version_of "$PYTHON")" ]
}

if usable; then
    [ "$(cat $stamp 2>/dev/null)" != "$state" ] || exit 0
    echo "pyproject.toml or constraints.txt changed: bringing $venv up to date."
else
    find_python
    echo "Making $venv with $(command -v "$python") (Python $answer). The first time this downloads PyTorch"
    echo "and takes some minutes; see README.md for the size."
    "$python" -m venv --clear $venv
fi

rm -f $stamp
if ! $venv/bin/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[dev]'; then
    echo "The installation did not finish; the reason is above. Running the same command again goes on from here." >&2
    exit 1
fi
echo "$state" > $stamp
