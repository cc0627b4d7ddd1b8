"""Packed arrays: any number of picture files become one memory-mapped array, read from disk as it is needed.

Decoding 200,000 JPEG files takes minutes, and a training run would do it anew in every epoch. So it is done
once, by all processors, into one `.npy` file in the cache (numpy can open it, too), with a `.json` beside it
that lists what could not be read. The file is mapped into memory, not read: the operating system fetches
the pages that are touched and drops them again when memory is short.

How a file is made, and why nothing half-made is ever taken for whole:

- rows are written into NAME.part, one a picture file, in chunks; each finished chunk is noted in NAME.journal
  with its checksum. After a kill, or a power cut, chunks whose bytes match their note are kept;
- the finished array gets its name by a rename, as the last step;
- NAME holds a hash of everything the bytes depend on: the files' names, sizes and times (in a zip: their
  checksums; of a tar: its own time), the size, the crop, the channels. If any changes, the array is packed
  anew, and the old one goes;
- opening compares the length and the checksums of the first and the last block, which is instant and finds
  truncated and overwritten files.
"""

import hashlib
import io
import json
import math
import mmap
import warnings
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from filelock import FileLock, Timeout
from torch import Tensor

from vaelab.data import places
from vaelab.data.chunks import Chunk, Form, numbered_chunk, quiet_decoders, read_chunk
from vaelab.data.containers import Container
from vaelab.data.splits import split_starts
from vaelab.errors import DataError
from vaelab.files import DISK_IS_FULL, flush_to_disk, need_space, written_whole
from vaelab.progress import progress

CACHED_FROM = 500  # pictures, from which on the array is kept in a file
_VERSION = 1  # part of every name: raise it when the same files would give other bytes
_CHUNK = 512  # pictures a worker decodes at a time: the most that a kill can lose, for each worker
_BLOCK = 1_024  # rows under one checksum
_SKIPPED = 255  # stands for the group of a file that did not become a row


@dataclass(frozen=True, eq=False)
class Packed:
    """Pictures in one array, those of one group (a split, or all there are) next to each other.

    Attributes:
        images: uint8, shape (N, C, size, size); memory-mapped if there are many.
        files: for each row the number of its file in the list that was packed.
        groups: for each row its group, ascending.
        skipped: (file, reason, group) of each file that did not become a row; group -1 where not known.
    """

    images: Tensor
    files: np.ndarray
    groups: np.ndarray
    skipped: list[tuple[str, str, int]]

    def rows(self, group: int) -> slice:
        """The stretch of rows that holds a group."""
        return stretch(self.groups, group, group + 1)


def stretch(ascending: Sequence[int] | np.ndarray, low: int, high: int) -> slice:
    """Where numbers in ascending order are at least `low` and below `high`."""
    first, last = np.searchsorted(ascending, [low, high])
    return slice(int(first), int(last))


def pack(container: Container, names: list[str], form: Form, title: str, by_split: bool = False) -> Packed:
    """Decode picture files into one array, or open the array that was made from them before.

    Args:
        container: where the files are.
        names: which of them, in the order that rows are to have.
        form: size, channels and crop.
        title: what to call the set on progress bars and in the file's name.
        by_split: True to bring each split's rows together (see `splits.split_starts`): groups 0, 1 and 2.

    Raises:
        DataError: the disk is full, or the cache cannot be written.
    """
    if len(names) < CACHED_FROM:
        return _in_memory(container, names, form, by_split)
    target = _target(container, names, form, title, by_split)
    packed = _opened(target)
    if packed is None:
        with _plain_words(target), _one_at_a_time(target.parent):
            packed = _opened(target)  # another program may have made it in the meantime
            if packed is None:
                if target.exists():
                    warnings.warn(f"{target} is damaged, so it is packed again.", stacklevel=4)
                _build(target, container, names, form, title, by_split)
                _drop_older(target)
                packed = _opened(target)
    assert packed is not None  # it has just been made
    return packed


def _order(groups: np.ndarray) -> np.ndarray:
    """Numbers of the files that became rows: sorted by group, within a group as they came."""
    return np.argsort(groups, kind="stable")[: np.count_nonzero(groups != _SKIPPED)]


def _grouped(places: list[float], skipped: list[tuple[str, str, float]], by_split: bool):
    """Each file's group by its place, _SKIPPED for nan; and `skipped` with groups for places, -1 for nan."""
    known = np.array(places)
    starts = split_starts(known[~np.isnan(known)]) if by_split else ()

    def groups(places, otherwise: int):
        return np.where(np.isnan(places), otherwise, np.searchsorted(starts, places, side="right"))

    with_groups = [(file, why, int(groups(place, -1))) for file, why, place in skipped]
    return groups(known, _SKIPPED), with_groups


# Few pictures: no file


def _in_memory(container, names, form, by_split) -> Packed:
    """Decoders let go of Python's lock and processes take a second to start, so here threads do the work."""
    pieces = [names[i : i + 16] for i in range(0, len(names), 16)]
    with quiet_decoders(), ThreadPoolExecutor(_processors()) as pool:
        chunks = list(pool.map(lambda piece: read_chunk(container, piece, form), pieces))
    rows = np.concatenate([chunk.rows for chunk in chunks])
    places = [place for chunk in chunks for place in chunk.places]
    groups, skipped = _grouped(places, [file for chunk in chunks for file in chunk.skipped], by_split)
    order = _order(groups)
    return Packed(torch.from_numpy(rows[order]), order, groups[order], skipped)


# Many pictures: a file in the cache


def _target(container, names, form, title, by_split) -> Path:
    """The array's path. Its name holds a hash of everything that the bytes depend on."""
    how = repr((_VERSION, form, by_split))
    place, content = hashlib.blake2b(digest_size=4), hashlib.blake2b(digest_size=8)
    place.update(repr((container.path.resolve(), how)).encode())
    content.update(how.encode())
    for file in zip(names, container.marks(names), strict=True):
        content.update(repr(file).encode(errors="surrogateescape"))
    plain = "".join(c if c.isalnum() else "-" for c in title)[:40]
    name = f"{plain}-{form.size}px-{place.hexdigest()}-{content.hexdigest()}.npy"
    return places.cache_dir() / "packed" / name


def _build(target: Path, container, names, form, title, by_split) -> None:
    part, journal = target.with_suffix(".part"), target.with_suffix(".journal")
    header, row = _header((len(names), *form.shape)), math.prod(form.shape)
    _need_space(part, len(header) + len(names) * row)
    with part.open("r+b" if part.exists() else "w+b") as file, journal.open("a+") as log:
        file.truncate(len(header) + len(names) * row)
        file.write(header)
        notes = _finished(file, log, len(header), row)
        starts = [start for start in range(0, len(names), _CHUNK) if start not in notes]
        tasks = [(container, names[start : start + _CHUNK], form) for start in starts]
        before = sum(len(note["places"]) for note in notes.values())
        options: dict[str, Any] = {"desc": f"Packing {title}", "unit": "picture", "mininterval": 0.5}
        with progress(total=len(names), initial=before, **options) as bar:
            for number, chunk in _decoded(tasks):
                file.seek(len(header) + starts[number] * row)
                file.write(chunk.rows.data)
                file.flush()
                note = {"start": starts[number], "crc": zlib.crc32(chunk.rows.data)}
                notes[starts[number]] = note | {"places": chunk.places, "skipped": chunk.skipped}
                log.write(json.dumps(notes[starts[number]]) + "\n")
                log.flush()
                bar.update(len(chunk.places))
    _finish(target, part, form, title, [notes[start] for start in sorted(notes)], by_split)
    journal.unlink()


def _decoded(tasks: list[tuple]) -> Iterator[tuple[int, Chunk]]:
    """The chunks, each with its task's number, as they get done.

    joblib's worker processes need no `if __name__ == "__main__"` in the reader's script, unlike Python's own.
    """
    from joblib import Parallel, delayed

    workers = Parallel(max(1, min(len(tasks), _processors())), return_as="generator_unordered")
    yield from workers(delayed(numbered_chunk)(number, *task) for number, task in enumerate(tasks))


def _processors() -> int:
    """How many this process may use."""
    from joblib import cpu_count

    return cpu_count()


def _finished(file: BinaryIO, log, header: int, row: int) -> dict[int, dict]:
    """Notes of the chunks that an earlier run finished: start -> note. The bytes must match them."""
    notes = {}
    log.seek(0)
    for line in log.read().splitlines():
        with suppress(json.JSONDecodeError, KeyError):  # a kill can come in the middle of a line
            note = json.loads(line)
            file.seek(header + note["start"] * row)
            if zlib.crc32(file.read(len(note["places"]) * row)) == note["crc"]:
                notes[note["start"]] = note
    log.write("\n")
    return notes


def _finish(target: Path, part: Path, form: Form, title: str, notes: list[dict], by_split: bool) -> None:
    """Bring the rows into their order if they are not yet, write the index, give the array its name."""
    places = [place for note in notes for place in note["places"]]
    groups, skipped = _grouped(places, [file for note in notes for file in note["skipped"]], by_split)
    order = _order(groups)
    shape = (len(order), *form.shape)
    made = part
    if not np.array_equal(order, np.arange(len(groups))):
        made = target.with_suffix(".sorted")
        rows = _map(part, (len(groups), *form.shape))
        _need_space(made, len(order) * math.prod(form.shape))
        with made.open("wb") as file:
            file.write(_header(shape))
            for block in torch.from_numpy(order).split(_BLOCK):
                file.write(rows.index_select(0, block).numpy().data)
        del rows  # Windows deletes no file that is mapped
    flush_to_disk(made)
    index = {
        "title": title,
        "shape": shape,
        "crop": form.crop,
        "groups": groups.tolist(),
        "skipped": skipped,
        "checksums": [zlib.crc32(block.numpy().data) for block in _outer_blocks(_map(made, shape))],
    }
    with written_whole(target.with_suffix(".json")) as beside:
        beside.write_text(json.dumps(index))
    made.replace(target)
    part.unlink(missing_ok=True)


def _drop_older(target: Path) -> None:
    """Delete what was packed, in the same form, from an earlier state of the same folder."""
    same_place = target.stem.rpartition("-")[0]
    for file in target.parent.glob(f"{same_place}-*"):
        if file.stem != target.stem:
            with suppress(OSError):  # on Windows a file that is in use stays
                file.unlink()


# Opening


def _opened(target: Path) -> Packed | None:
    """The array, if it is there and its length and outer blocks are right."""
    try:
        index = json.loads(target.with_suffix(".json").read_text())
    except (OSError, json.JSONDecodeError):
        return None
    if not _matches(target, index):
        return None
    groups = np.array(index["groups"])
    order = _order(groups)
    skipped = [tuple(file) for file in index["skipped"]]
    return Packed(_map(target, index["shape"]), order, groups[order], skipped)


def _matches(path: Path, index: dict) -> bool:
    shape = index["shape"]
    if not path.exists() or path.stat().st_size != len(_header(shape)) + math.prod(shape):
        return False
    first, last = (zlib.crc32(block.numpy().data) for block in _outer_blocks(_map(path, shape)))
    return (first, last) == (index["checksums"][0], index["checksums"][-1])


def _outer_blocks(rows: Tensor) -> tuple[Tensor, Tensor]:
    """The first rows and the last, which may be the same."""
    return rows[:_BLOCK], rows[(len(rows) - 1) // _BLOCK * _BLOCK :]


def _header(shape) -> bytes:
    """The first bytes of a .npy file of bytes in this shape."""
    header = io.BytesIO()
    what = {"descr": "|u1", "fortran_order": False, "shape": tuple(shape)}
    np.lib.format.write_array_header_1_0(header, what)
    return header.getvalue()


def _map(path: Path, shape) -> Tensor:
    """A .npy file as a memory-mapped tensor, whose pages come from disk when they are touched.

    The mapping is private: a stray write changes the tensor, never the file. No memory is set aside for such
    writes where the system lets us say so (Linux), so the file may be larger than the memory.
    """
    if not math.prod(shape):
        return torch.empty(tuple(shape), dtype=torch.uint8)
    how = {"access": mmap.ACCESS_COPY}
    if hasattr(mmap, "MAP_NORESERVE"):
        how = {"flags": mmap.MAP_PRIVATE | mmap.MAP_NORESERVE}
    with path.open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, **how)
    return torch.frombuffer(content, dtype=torch.uint8, offset=len(_header(shape))).reshape(tuple(shape))


# What can go wrong


def _need_space(file: Path, needed: int) -> None:
    """Refuse at the start what would fail at the end."""
    there = getattr(file.stat(), "st_blocks", 0) * 512 if file.exists() else 0
    need_space(file.parent, needed - there)


@contextmanager
def _one_at_a_time(folder: Path):
    """A lock: of several processes that load the same set, the first packs it, the others wait."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=1)
    except Timeout:
        print("Another program is packing pictures; waiting until it is done.")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _plain_words(target: Path):
    """A full disk and a cache that cannot be written, in words that help."""
    try:
        yield
    except OSError as error:
        full = error.errno in DISK_IS_FULL
        if full:  # give the space back; after anything else the next run can go on
            for suffix in (".part", ".journal", ".sorted"):
                target.with_suffix(suffix).unlink(missing_ok=True)
        what = "There is not enough space to pack these pictures" if full else "The cache cannot be written"
        raise DataError(
            f"{what}: {error.strerror or error} ({target.parent}). Set the environment variable VAELAB_CACHE "
            f"to a folder {'on a larger disk, or take a smaller size' if full else 'that you may write to'}."
        ) from error
