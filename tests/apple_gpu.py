"""An Apple GPU, as far as its number formats go, on a machine that has none.

Numbers lie on the CPU, in tensors that say they are on "mps". As in Apple's framework they refuse to become
float64, also by `.to("cpu", torch.float64)` in one go, which may convert before it moves. Which operations
that framework lacks is not known here.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch._dynamo  # PyTorch loads it with the first optimiser, and not through a mode
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_iter, tree_map_only

MPS = torch.device("mps")
REFUSAL = "Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64."


class OnApple(Tensor):
    """A tensor that says it is on the GPU; what is computed from it says so, too."""

    device = property(lambda self: MPS)


class _Apple(TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if func is Tensor.cpu:
            return args[0].as_subclass(Tensor)
        if func is Tensor.to:
            return _moved(*args, **kwargs)
        if func is Tensor.numpy and isinstance(args[0], OnApple):
            raise TypeError("can't convert mps:0 device type tensor to numpy.")
        made_there = "device" in kwargs and torch.device(kwargs["device"] or "cpu") == MPS
        if made_there:
            kwargs["device"] = torch.device("cpu")
        result = func(*args, **kwargs)
        if made_there:
            result = tree_map_only(Tensor, lambda made: made.as_subclass(OnApple), result)
        return _allowed(result)


def _moved(tensor: Tensor, *targets, **named) -> Tensor:
    """Tensor.to: a device, a dtype, both, or another tensor's."""
    device, dtype = named.pop("device", None), named.pop("dtype", None)
    for target in targets:
        if isinstance(target, torch.dtype):
            dtype = target
        elif isinstance(target, Tensor):
            device, dtype = target.device, target.dtype
        elif isinstance(target, str | torch.device):
            device = target
    device = torch.device(device) if device is not None else tensor.device
    there = isinstance(tensor, OnApple)
    if (there or device == MPS) and (dtype or tensor.dtype) == torch.float64:
        raise TypeError(REFUSAL)
    moves = there != (device == MPS)
    if not moves and dtype in (None, tensor.dtype) and not named.get("copy"):
        return tensor
    changed = tensor.as_subclass(Tensor).to(dtype or tensor.dtype, copy=True)
    return changed.as_subclass(OnApple) if device == MPS else changed


def _allowed(result):
    for made in tree_iter(result):
        if isinstance(made, OnApple) and made.dtype == torch.float64:
            raise TypeError(REFUSAL)
    return result


@contextmanager
def fake_apple_gpu(monkeypatch) -> Iterator[None]:
    """Inside, "mps" is a device of this machine."""
    state = torch.Generator()
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.mps, "manual_seed", state.manual_seed)
    monkeypatch.setattr(torch.mps, "get_rng_state", lambda device: state.get_state())
    monkeypatch.setattr(torch.mps, "set_rng_state", lambda new, device: state.set_state(new))
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 2**30)
    monkeypatch.setattr(torch.mps, "driver_allocated_memory", lambda: 0)
    torch.__future__.set_overwrite_module_params_on_conversion(True)
    try:
        with _Apple():
            yield
    finally:
        torch.__future__.set_overwrite_module_params_on_conversion(False)
