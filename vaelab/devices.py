"""Which processor does the work: CUDA, then Apple's MPS, then the CPU; VAELAB_DEVICE overrides."""

import os
import platform

import torch

from vaelab.errors import DeviceError


def device(name: str | torch.device | None = None) -> torch.device:
    """The device that computations should run on.

    Args:
        name: "cpu", "cuda", "cuda:1" or "mps"; None takes `VAELAB_DEVICE`, or else the fastest there is.

    Raises:
        DeviceError: the device is not on this machine.
    """
    asked = str(name or os.environ.get("VAELAB_DEVICE") or _fastest())
    try:
        found = torch.device(asked)
    except RuntimeError as error:
        raise DeviceError(f"{asked!r} is not a device name. Use one of: {', '.join(available())}.") from error
    if str(found) not in available() and found.type not in available():
        raise DeviceError(
            f"The device {asked!r} is not on this machine. Here there is: {', '.join(available())}. "
            "Leave VAELAB_DEVICE and `device` unset to take the fastest one."
        )
    return found


def available() -> list[str]:
    """Names of the devices on this machine, fastest first: "cuda" stands for the first GPU."""
    gpus = [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    gpus = ["cuda", *gpus] if gpus else []
    return gpus + (["mps"] if torch.backends.mps.is_available() else []) + ["cpu"]


def _fastest() -> str:
    return available()[0]


def device_summary(name: str | torch.device | None = None) -> str:
    """One line for people: the device, what it is called, and the version of PyTorch."""
    found = device(name)
    if found.type == "cuda":
        properties = torch.cuda.get_device_properties(found)
        what = f"{properties.name}, {properties.total_memory / 2**30:.0f} GiB"
    elif found.type == "mps":
        what = "Apple GPU"
    else:
        threads = torch.get_num_threads()
        what = f"{platform.machine() or 'processor'}, {threads} thread{'s' * (threads != 1)}"
    return f"Device: {found} ({what}), PyTorch {torch.__version__}"
