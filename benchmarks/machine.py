"""What the numbers were measured on, and what this machine can do at best."""

import os
import platform
import sys
import time
from pathlib import Path

import torch

from vaelab import speed

_FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "bf16")  # the ones that decide how fast networks are


def describe() -> dict[str, object]:
    """Processor, cores, flags, threads and versions."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": torch.get_num_threads(),
        "flags": [flag for flag in _FLAGS if flag in _cpuinfo()],
        "instructions limited to": os.environ.get("ONEDNN_MAX_CPU_ISA"),
        "bf16 units": speed.bf16_is_fast(torch.device("cpu")),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def in_words(machine: dict[str, object]) -> str:
    """The description as lines for people."""
    bf16 = (
        "with bf16 units" if machine["bf16 units"] else "no bf16 units: bf16 would be slower than fp32 here"
    )
    limit = machine["instructions limited to"]
    bf16 += f", as convolutions may use no more than {limit} here" if limit else ""
    return (
        f"{machine['processor']}, {machine['cores']} cores, {machine['threads']} threads, "
        f"{' '.join(machine['flags']) or 'flags unknown'} ({bf16})\n"
        f"{machine['gpu'] or 'no GPU'}; {machine['system']}; Python {machine['python']}, "
        f"PyTorch {machine['torch']}"
    )


def matrix_rate(
    dtype: torch.dtype = torch.float32,
    device: str = "cpu",
    n: int = 2048,
    rounds: int = 5,
    tf32: bool = False,
) -> float:
    """GFLOP/s of a large matrix product, best of `rounds`: what a network's layers can hope for.

    `tf32` rounds float32's factors to 10 binary digits, as convolutions on NVIDIA's GPUs do by themselves.
    """
    a, b = torch.randn(n, n, device=device, dtype=dtype), torch.randn(n, n, device=device, dtype=dtype)
    best = float("inf")
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high" if tf32 and a.is_cuda else before)
    try:
        for _ in range(1 + rounds):
            start = time.perf_counter()
            a @ b
            if a.is_cuda:
                torch.cuda.synchronize()
            best = min(best, time.perf_counter() - start)
    finally:
        torch.set_float32_matmul_precision(before)
    return 2 * n**3 / best / 1e9


def _cpuinfo() -> str:
    file = Path("/proc/cpuinfo")
    return file.read_text() if file.exists() else ""


def _processor() -> str:
    names = [line.split(":")[1].strip() for line in _cpuinfo().splitlines() if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def forget_peak_memory() -> None:
    """Let `peak_memory_mb` of a GPU count from now on. A process's own peak cannot be forgotten."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()


def peak_memory_mb(device: str | torch.device = "cpu") -> float:
    """Most memory in use so far, in MB (10^6 bytes): of this process, or of the tensors on a GPU."""
    device = torch.device(device)
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e6
    if sys.platform == "win32":
        import psutil

        return psutil.Process().memory_info().peak_wset / 1e6
    import resource

    unit = 1 if sys.platform == "darwin" else 1024  # Linux counts in KiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
