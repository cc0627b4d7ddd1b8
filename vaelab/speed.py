"""How the arithmetic of training is done: number format, memory layout, and the memory allocator.

Nothing here changes what is computed, beyond rounding (and which features a dropout happens to fall on).
`fit` calls `choose` once and trains inside `applied`:

    plan = speed.choose(model, x, steps=1_000)
    with speed.applied(plan, model):
        ...                                 # the training loop, as ever

What can pay, and why:

- **bf16** (`torch.autocast`): half the bytes, and processors with units for it multiply twice as fast or
  more. Its 8 significant bits are enough for the layers of the encoder and the decoder. Heads, losses,
  weights and the optimiser stay in float32, and so does the last sigmoid (`nets.Sigmoid`).
- **channels_last**: the channels of a pixel lie side by side in memory, which is how fast convolutions want
  them; otherwise each layer turns its input round and back.
- **keeping freed memory**: glibc gives large blocks back to the system when they are freed, so that each
  training step gets its memory anew, page by page. Keeping them can double the speed of large images.

`torch.compile` is not used: on CPUs it took 10 to 25 s to start and gained nothing on networks this small. A
model can still be compiled by hand: `model.encoder.compile(); model.decoder.compile()`.
"""

import copy
import ctypes
import platform
import time
import timeit
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from vaelab import nets

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}
WORTH_IT = 1.15  # a candidate must be this much faster than plain float32 to be chosen
SHORTEST_RUN = 300  # training steps below which a probe would cost more than a few per cent of the run
ROUNDS = 3  # timed steps of each candidate, besides one to warm up
CPU_BATCH = 32  # images in a probe's steps on a CPU, where more do not change the ratios


@dataclass(frozen=True)
class Plan:
    """How the arithmetic is done.

    Attributes:
        precision: "fp32" or "bf16", of the encoder and the decoder.
        channels_last: the memory layout of weights and feature maps.
        reason: one line for people: what was chosen, and why. Empty where there was nothing to choose.
    """

    precision: str = "fp32"
    channels_last: bool = False
    reason: str = ""

    def __str__(self) -> str:
        return self.precision + (" channels_last" if self.channels_last else "")


def choose(
    model: nn.Module,
    x: Tensor,
    precision: str | None = None,
    channels_last: bool | None = None,
    steps: int = 1_000,
) -> Plan:
    """The fastest way to train `model`, found by timing a few steps of a copy of it.

    Plain float32 is kept unless something else is at least `WORTH_IT` times as fast. There is no probe where
    it cannot pay: runs of less than `SHORTEST_RUN` steps, and models without convolutions on a CPU.

    Two ways that are about as fast may be chosen differently in another run, and then round differently:
    give both `precision` and `channels_last` where runs must agree to the last bit.

    Args:
        model: on its device. Its weights, buffers, gradients, and PyTorch's random state stay as they are.
        x: one batch of float images in [0, 1], (B, C, H, W), on the same device.
        precision: "fp32" or "bf16" to decide it; None to have it chosen.
        channels_last: True or False to decide it; None to have it chosen.
        steps: how many training steps will follow.

    Raises:
        ValueError: an unknown precision; bf16 for a model that is neither `Autoencoder` nor `VAE`, or on a
            GPU without it.
    """
    _check(model, x, precision)
    if precision is not None and channels_last is not None:
        return Plan(precision, channels_last)
    plain = Plan(precision or "fp32", bool(channels_last))
    convolutions = any(isinstance(m, (nn.Conv2d, nn.ConvTranspose2d)) for m in model.modules())
    probed = x.device.type == "cuda" or (x.device.type == "cpu" and convolutions)
    if not probed or steps < SHORTEST_RUN or not _can_run_in_half(model):
        return plain
    precisions = [precision] if precision else ["fp32"] + ["bf16"] * bf16_is_fast(x.device)
    layouts = [channels_last] if channels_last is not None else [False, True][: 1 + convolutions]
    candidates = [Plan(p, layout) for p in precisions for layout in layouts]
    return _fastest(model, x, candidates) if len(candidates) > 1 else plain


def _check(model: nn.Module, x: Tensor, precision: str | None) -> None:
    if precision not in (None, *PRECISIONS):
        raise ValueError(f"precision is 'fp32', 'bf16' or None (choose for me), not {precision!r}.")
    if precision != "bf16":
        return
    if not _can_run_in_half(model):
        raise ValueError(
            "precision='bf16' works for vaelab's Autoencoder and VAE, which know what must stay in "
            f"float32; this is a {type(model).__name__}. Train it with precision='fp32'."
        )
    if x.device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        name = torch.cuda.get_device_name(x.device)
        raise ValueError(f"{name} has no units for bf16. Train with precision='fp32'.")


def _can_run_in_half(model: nn.Module) -> bool:
    return hasattr(model, "network_dtype")


def _fastest(model: nn.Module, x: Tensor, candidates: list[Plan]) -> Plan:
    """Time the candidates, the first being the plain one, one step each in turn."""
    best = dict.fromkeys(candidates, float("inf"))
    x = x[:CPU_BATCH] if x.device.type == "cpu" else x
    for round_ in range(1 + ROUNDS):
        for plan in candidates:
            seconds = _step_seconds(model, x, plan)
            if round_ > 0:  # the first step also sets things up
                best[plan] = min(best[plan], seconds)
    plain, winner = candidates[0], min(best, key=best.__getitem__)
    if best[plain] == float("inf"):  # memory ran out: at least say what needs least of it
        return Plan(winner.precision, winner.channels_last, f"{winner}: {plain} does not fit the memory")
    gain = best[plain] / best[winner]
    if gain < WORTH_IT:
        others = ", ".join(f"{plan} {best[plain] / best[plan]:.2f}x" for plan in candidates[1:])
        return Plan(plain.precision, plain.channels_last, f"{plain}: nothing was clearly faster ({others})")
    return Plan(winner.precision, winner.channels_last, f"{winner}: {gain:.1f} times as fast as {plain}")


def _step_seconds(model: nn.Module, x: Tensor, plan: Plan) -> float:
    """Wall seconds of a forward and backward pass through a copy of the model; infinite if out of memory."""
    model = copy.deepcopy(model).train()  # a copy keeps its own gradients and batch-norm statistics
    with nets.keeping_random_state(x.device), applied(plan, model):
        _wait(x.device)
        start = time.perf_counter()
        try:
            model.loss(x)["loss"].backward()  # type: ignore[operator]
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            return float("inf")  # `fit` will cut the batch
        _wait(x.device)
        return time.perf_counter() - start


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


@cache
def bf16_is_fast(device: torch.device) -> bool:
    """Whether one small convolution is faster in bf16 than in float32.

    Without units for it a CPU computes bf16 one number at a time, a hundred times slower: a whole training
    step would be too long to wait for. One thread takes the time: on a busy machine several wait for each
    other a hundred times longer than they compute, and both numbers would be that wait.
    """
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)

    def seconds(dtype: torch.dtype) -> float:
        x, weight = torch.ones(8, 32, 16, 16, dtype=dtype), torch.ones(32, 32, 3, 3, dtype=dtype)
        return min(timeit.repeat(lambda: nn.functional.conv2d(x, weight, padding=1), repeat=3, number=1))

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return seconds(torch.bfloat16) < seconds(torch.float32)
    finally:
        torch.set_num_threads(threads)


@contextmanager
def applied(plan: Plan, model: Any) -> Iterator[None]:
    """Train `model` as planned inside the `with` block; on leaving it, all is as before.

    The weights are the same numbers throughout and go back to the usual layout in memory at the end, so what
    is saved does not depend on the plan. Inside the block they may lie channels last: call `.contiguous()` on
    a weight to write it to a file. Wrap the model for several processes inside the block, not before.
    """
    if _can_run_in_half(model):
        before, model.network_dtype = model.network_dtype, PRECISIONS[plan.precision]
    if plan.channels_last:
        model.to(memory_format=torch.channels_last)  # the optimiser sees the same parameters
    try:
        yield
    finally:
        if _can_run_in_half(model):
            model.network_dtype = before
        if plan.channels_last:
            model.to(memory_format=torch.contiguous_format)


@cache
def keep_freed_memory() -> bool:
    """Ask glibc to keep large freed blocks for the next training step: whether it agreed.

    Once per process; it cannot be undone. It costs memory that other programs could have had, about a tenth
    more than before. Elsewhere than on Linux with glibc this does nothing and returns False.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    # The numbers are glibc's, from malloc.h.
    m_trim_threshold, m_top_pad, m_mmap_max = -1, -2, -4
    mallopt = ctypes.CDLL(None).mallopt
    wishes = ((m_mmap_max, 0), (m_trim_threshold, 2**31 - 1), (m_top_pad, 64 * 2**20))
    return all([mallopt(option, value) for option, value in wishes])


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that a device, or the machine, has no memory left for a tensor.

    Only CUDA has a class for it; elsewhere PyTorch raises a RuntimeError that has to be read.
    """
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    said = str(error)
    known = ("MPS backend out of memory", "DefaultCPUAllocator", "CUBLAS_STATUS_ALLOC_FAILED")
    return isinstance(error, RuntimeError) and any(words in said for words in known)
