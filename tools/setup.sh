#!/bin/sh
# Makes .venv, or brings it up to date; does nothing when pyproject.toml and constraints.txt are as
# they were at the last run. PYTHON=... chooses the interpreter, TORCH=cpu a PyTorch without GPU libraries,
# which an environment once made so keeps. Called by every make target.
set -eu
cd "$(dirname "$0")/.."
trap 'echo "Stopped. The same command goes on from here." >&2; exit 130' INT

venv=.venv
stamp=$venv/.complete
chosen=$venv/.torch
folder=$venv/.folder # where it was made: its programs hold the path
cpu_index=${TORCH_INDEX:-https://download.pytorch.org/whl/cpu}

case ${TORCH:-} in
    "" | cpu) ;;
    *)
        echo "TORCH=$TORCH is not known. TORCH=cpu takes a PyTorch without GPU libraries; leave TORCH out for the ordinary one." >&2
        exit 1
        ;;
esac

state=$(cat pyproject.toml constraints.txt | cksum)
here=$(pwd -P)

# version_of PYTHON [MODULE]: prints "3.12" for a usable interpreter, a reason for another, and fails then.
version_of() {
    "$1" -c '
import os, sys
version = "%d.%d" % sys.version_info[:2]
if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit("is Python " + version)
if sys.platform == "darwin" and os.uname().machine == "x86_64":
    sys.exit("is Python " + version + " for Intel Macs, for which PyTorch is no longer made (one for Apple chips is needed)")
try:
    list(map(__import__, sys.argv[1:]))
except ImportError:
    sys.exit("is Python " + version + " without venv (on Debian and Ubuntu: apt install python" + version + "-venv)")
print(version)' "${2:-sys}" 2>&1
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
        if answer=$(version_of "$candidate" ensurepip); then
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

# An existing .venv is kept when it works, and is of the version and with the PyTorch asked for.
usable() {
    [ -x $venv/bin/python ] && have=$(version_of $venv/bin/python) || return 1
    [ -z "${PYTHON:-}" ] || [ "$have" = "$(version_of "$PYTHON")" ] || return 1
    [ -z "${TORCH:-}" ] || [ "$(cat $chosen 2>/dev/null)" = "$TORCH" ]
}

complete() {
    [ "$(cat $stamp 2>/dev/null)" = "$state" ] && [ "$(cat $folder 2>/dev/null)" = "$here" ]
}

# A first try that was stopped may have left no pip, or half of one.
has_pip() {
    $venv/bin/python -m pip --version >/dev/null 2>&1 && return
    $venv/bin/python -m ensurepip >/dev/null 2>&1 && $venv/bin/python -m pip --version >/dev/null 2>&1
}

# "1 of 2: ...", or "1 of 4" where the Makefile has more to do.
phase=0
begin() {
    phase=$((phase + 1))
    echo "$phase of ${PHASES:-2}: $*"
}

# uv is several times as fast; pip knows more ways to a network, and goes on where uv cannot.
bring() {
    if command -v uv >/dev/null 2>&1; then
        uv pip install --python $venv/bin/python "$@" && return
        echo "uv could not do it; the reason is above. Trying pip."
    fi
    $venv/bin/python -m pip install --disable-pip-version-check "$@"
}

answers() {
    $venv/bin/python -c 'import sys, urllib.request as u; u.urlopen(sys.argv[1], timeout=10)' "$1" 2>/dev/null
}

brings_gpu_libraries() { # the PyTorch that was chosen
    [ "$(uname -s)" = Linux ] && [ "$1" != cpu ]
}

# PyTorch's own index is asked for its two packages alone: all others come from the usual place.
bring_small_torch() {
    if [ "$(uname -s)" != Linux ]; then
        echo "TORCH=cpu changes nothing here: only the packages for Linux bring GPU libraries."
    elif answers "$cpu_index/torch/"; then
        echo "PyTorch without GPU libraries comes from $cpu_index."
        pins=$(sed -n 's/^torch==.*/&+cpu/p; s/^torchvision==.*/&/p' constraints.txt)
        (
            export PIP_INDEX_URL="$cpu_index" UV_DEFAULT_INDEX="$cpu_index"
            bring --no-deps $pins
        )
    else
        echo "$cpu_index cannot be reached, so the ordinary PyTorch comes, with GPU libraries (3 GB); to try again later: make distclean."
    fi
}

bring_all() {
    [ "$torch_is" != cpu ] || bring_small_torch || return
    bring -c constraints.txt -e '.[dev]'
}

if usable; then
    ! complete || exit 0
    python=$venv/bin/python
else
    find_python
fi

[ -w . ] || {
    echo "The folder $here cannot be written. The course installs and builds inside it: copy it to a folder of yours." >&2
    exit 1
}
# Another terminal's make may be at the same: after it, everything is looked at again.
[ -n "${TURN:-}" ] || TURN=1 exec "$python" tools/alone.py tools/setup.sh /bin/sh tools/setup.sh

if usable && has_pip; then
    if [ -e $folder ] && ! [ "$(cat $folder)" = "$here" ]; then
        echo "The course was in $(cat $folder) before; $venv is told so."
        $venv/bin/python -I tools/moved.py "$(cat $folder)"
    fi
    echo "$here" >$folder
    ! complete || exit 0
    if [ -e $stamp ]; then
        begin "$venv is there, and older than pyproject.toml or constraints.txt"
    else
        begin "$venv is there; its installation had not finished"
    fi
else
    find_python
    begin "an environment in $venv, of $(command -v "$python") (Python $answer)"
    needed=$(brings_gpu_libraries "${TORCH:-}" && echo 10 || echo 3) # with the downloads, which pip keeps
    free=$("$python" -c 'import shutil; print(shutil.disk_usage(".").free // 10**9)')
    [ "$free" -ge "$needed" ] || echo "This disk has $free GB left; up to $needed GB are needed at first, for the downloads, too."
    "$python" -m venv --clear $venv
    echo "${TORCH:-}" >$chosen
    echo "$here" >$folder
fi

rm -f $stamp
torch_is=$(cat $chosen 2>/dev/null || true)
size="about 0.5 GB to download, 2 GB on the disk; some minutes"
if [ -e $venv/lib/python*/site-packages/torch ]; then
    size="those that changed"
elif brings_gpu_libraries "$torch_is"; then
    size="about 3 GB to download, 6.6 GB on the disk; some minutes"
    command -v nvidia-smi >/dev/null 2>&1 ||
        echo "No NVIDIA GPU is in sight here. With TORCH=cpu at the end of the same command it is 0.5 GB in place of 3 GB."
fi
begin "Python packages ($size)"
if ! bring_all; then
    echo "The installation did not finish; the reason is above. Running the same command again goes on from here." >&2
    echo "Where pip finds no version, or versions in conflict, the network is the likelier reason." >&2
    [ "$torch_is" != cpu ] || echo "After make distclean, the command without TORCH=cpu takes the ordinary PyTorch." >&2
    exit 1
fi
if ! $venv/bin/python -I -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec("torch") is None)'; then
    echo "The packages are not in $venv: a setting sends them elsewhere (target or prefix in: pip config list)." >&2
    exit 1
fi
echo "$state" >$stamp
