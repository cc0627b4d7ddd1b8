"""How the worker is started: the command, and the surroundings that a submission sees."""

import sys
from pathlib import Path

from vaelab.errors import VaelabError

PACKAGE = Path(__file__).resolve().parents[2]

ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "",
    "LANG": "C.UTF-8",
    "MKL_NUM_THREADS": "1",
    "MPLBACKEND": "Agg",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",  # sets come in the same order every time
    "TQDM_DISABLE": "1",
    "USER": "learner",
    "VAELAB_GRADING": "1",  # the sheet's own checks keep still
}


_REMEDY = """\
Debian, Ubuntu: sudo apt install bubblewrap libseccomp2. Fedora: sudo dnf install bubblewrap libseccomp.
Bubblewrap must be of version 0.7 or newer.
If it may not make namespaces: Ubuntu 24.04 needs the AppArmor profile bwrap-userns-restrict in force;
a container must allow user namespaces. macOS, Windows: grade under Linux, in WSL2 or in a virtual machine.
With --unsafe nothing is kept apart: a submission can then read, change and delete every file that you can,
the hidden checks and the other submissions among them."""


class IsolationError(VaelabError, RuntimeError):
    """Submissions cannot be kept apart from this machine."""

    def __init__(self, reason: str):
        super().__init__(f"Submissions cannot be kept apart here: {reason}\n{_REMEDY}")


def command() -> list[str]:
    """The worker, with this very vaelab, wherever it is installed."""
    code = (
        f"import sys; sys.path.insert(0, {str(PACKAGE.parent)!r}); "
        "from vaelab.grading.isolation.worker import main; del sys.path[0]; main()"
    )
    return [sys.executable, "-s", "-P", "-c", code]  # -I would not read the environment
