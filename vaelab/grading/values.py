"""What crosses between a submission and its checks: plain values and arrays, as JSON. Never pickle.

A submission may be hostile, so nothing here runs code that came from it, and what arrives is looked at before
it is used.
"""

import base64
import math
import re
import sys
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

_KINDS = "fiub"  # float, signed and unsigned integers, bool
_PLAIN_TYPE = re.compile(r"[<>=|]?[fiub]\d{1,2}")
_LARGEST_ARRAY = 1 << 26  # bytes
_LONGEST_EMPTY = 1 << 16  # the other axes of an array without elements
_MOST_AXES = 16
_LONGEST_TEXT_INSIDE = 100  # of lists: an array of texts gives each the room of the longest


class UnsendableError(TypeError):
    """A value that is neither plain nor an array."""


def encode(value: Any) -> Any:
    """The value as JSON.

    Numbers (fractions as floats), text, None, lists, tuples, dictionaries, NumPy arrays and PyTorch tensors
    (of any device and floating type) can be sent.

    Raises:
        UnsendableError: for anything else.
    """
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return value
    if kind is float:
        return value if math.isfinite(value) else {"$float": repr(value)}
    if isinstance(value, Fraction | Decimal):
        return encode(float(value))
    if kind is list or isinstance(value, tuple):  # also torch.Size and named tuples
        return [encode(item) for item in value]
    if kind is dict:
        return {"$dict": [[encode(key), encode(item)] for key, item in value.items()]}
    if value is Ellipsis:
        return {"$ellipsis": True}
    if kind.__module__ == "numpy" or isinstance(value, np.ndarray):
        return _encode_array(np.asarray(value), torch=False)
    tensor = _as_numpy(value)
    if tensor is None:
        raise UnsendableError(f"a {kind.__name__} cannot be compared")
    return _encode_array(tensor, torch=True)


def decode(value: Any, *, tensors: bool = False) -> Any:
    """The inverse of `encode`: arrays come back as NumPy, or as they were sent with `tensors=True`.

    Raises:
        UnsendableError: if `value` is nothing that `encode` makes.
    """
    if isinstance(value, list):
        return [_decode_item(item, tensors) for item in value]
    if not isinstance(value, dict):
        return value
    try:
        match value:
            case {"$array": data, "type": code, "shape": shape, "torch": from_torch}:
                array = _decode_array(data, code, shape)
                if not (tensors and from_torch):
                    return array
                import torch

                return torch.from_numpy(array)
            case {"$dict": pairs}:
                return {decode(k): _decode_item(item, tensors) for k, item in pairs}
            case {"$float": text}:
                return float(text)
            case {"$ellipsis": _}:
                return ...
    except (TypeError, ValueError) as error:
        raise UnsendableError(f"what arrived is no value: {error}") from None
    raise UnsendableError("what arrived is no value")


def _decode_item(item: Any, tensors: bool) -> Any:
    if isinstance(item, str) and len(item) > _LONGEST_TEXT_INSIDE:
        raise UnsendableError("a text too long for a list")
    return decode(item, tensors=tensors)


def _encode_array(array: np.ndarray, torch: bool) -> dict:
    if array.dtype.kind not in _KINDS:
        raise UnsendableError(f"an array of type {array.dtype} cannot be compared")
    data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    return {"$array": data, "type": array.dtype.str, "shape": list(array.shape), "torch": torch}


def _decode_array(data: str, code: str, shape: list[int]) -> np.ndarray:
    if not isinstance(data, str) or len(data) > _LARGEST_ARRAY:
        raise ValueError("an array that is too large")
    if not isinstance(code, str) or not _PLAIN_TYPE.fullmatch(code):
        raise ValueError("an array of a type that is not allowed")
    whole = isinstance(shape, list) and all(type(n) is int and n >= 0 for n in shape)
    # Without elements an axis can have any length, and sums along the others would be as long.
    most = _LARGEST_ARRAY if data else _LONGEST_EMPTY
    if not whole or len(shape) > _MOST_AXES or math.prod(max(n, 1) for n in shape) > most:
        raise ValueError("an array of a shape that is not allowed")
    array = np.frombuffer(base64.b64decode(data, validate=True), np.dtype(code)).reshape(shape)
    return array.view(np.uint8).astype(bool) if array.dtype == bool else array.copy()


def _as_numpy(value: Any) -> np.ndarray | None:
    torch = sys.modules.get("torch")  # without PyTorch there is no tensor, and loading it takes seconds
    if torch is None or not isinstance(value, torch.Tensor):
        return None
    tensor = value.detach().cpu()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()
