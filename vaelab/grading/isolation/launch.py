"""How the worker is started: the command, and the surroundings that a submission sees."""

import sys
from pathlib import Path

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


class MissingError(Exception):
    """What isolation needs and is not here."""


def command() -> list[str]:
    """The worker, with this very vaelab, wherever it is installed."""
    code = (
        f"import sys; sys.path.insert(0, {str(PACKAGE.parent)!r}); "
        "from vaelab.grading.isolation.worker import main; del sys.path[0]; main()"
    )
    return [sys.executable, "-s", "-P", "-c", code]  # -I would not read the environment
