"""The idx format of MNIST and its kin: a few header bytes, then the numbers."""

import gzip
import math
import zlib
from pathlib import Path

import torch
from torch import Tensor

from vaelab.errors import DataError

_GZIP_MAGIC = b"\x1f\x8b"
_BYTES = b"\x00\x00\x08"  # an idx file of unsigned bytes starts so; the fourth byte counts the axes


class DamagedFileError(DataError):
    """A file whose content is not what its name promises: `path`, and `reason` in words."""

    def __init__(self, path: Path, reason: str):
        self.path, self.reason = path, reason
        super().__init__(f"{path} cannot be used: {reason}. Delete it and fetch it again.")


def read_idx(path: Path) -> Tensor:
    """Read an idx file of unsigned bytes, compressed with gzip or not.

    Compression is told by the content, not by the name: some browsers unpack a .gz and keep its name.

    Args:
        path: the file.

    Returns:
        uint8 tensor in the shape that the header declares.

    Raises:
        DamagedFileError: the file is empty, a web page, half a download, or not idx.

    Source: the format is described at the foot of Yann LeCun's MNIST page.
    """
    data = _unpacked(path)
    axes = data[3] if len(data) > 3 else 0
    header = 4 + 4 * axes
    if data[:3] != _BYTES or axes == 0 or len(data) < header:
        raise DamagedFileError(path, "its first bytes are not those of an idx file of unsigned bytes")
    shape = [int.from_bytes(data[i : i + 4], "big") for i in range(4, header, 4)]
    missing = math.prod(shape) - (len(data) - header)
    if missing:
        what = "missing: half a download" if missing > 0 else "too many"
        raise DamagedFileError(path, f"its header declares {shape}, but {abs(missing):,} bytes are {what}")
    if not math.prod(shape):
        return torch.empty(shape, dtype=torch.uint8)
    return torch.frombuffer(bytearray(data), dtype=torch.uint8, offset=header).reshape(shape)


def _unpacked(path: Path) -> bytes:
    data = path.read_bytes()
    if not data:
        raise DamagedFileError(path, "it is empty (0 bytes)")
    if data.lstrip()[:1] == b"<":
        raise DamagedFileError(path, "it holds a web page instead of data (a login or error page?)")
    if data[:2] != _GZIP_MAGIC:
        return data
    try:
        return gzip.decompress(data)
    except EOFError:
        raise DamagedFileError(path, "it stops in the middle: half a download") from None
    except (OSError, zlib.error) as error:
        raise DamagedFileError(path, f"its gzip compression is broken ({error})") from None
