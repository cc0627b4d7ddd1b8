"""How CelebA comes to this machine: from Kaggle, or else from the authors' Google Drive."""

import json
import os
import shutil
import time
import zipfile
from pathlib import Path

from vaelab.data import downloads, places
from vaelab.errors import DownloadError, MissingDataError
from vaelab.files import DISK_IS_FULL

KAGGLE_NAME = "jessicali9530/celeba-dataset"

_DRIVE = "https://drive.usercontent.google.com/download?id={}&export=download&confirm=t"
_DRIVE_FILES = ("list_eval_partition.txt", "list_attr_celeba.txt", "img_align_celeba.zip")  # small ones first


def home() -> Path:
    """Where the files from Drive are kept."""
    return places.cache_dir() / "celeba"


def here() -> list[Path]:
    """Folders with a download that came to its end, Kaggle's before Drive's."""
    drive = [home()] if (home() / _DRIVE_FILES[-1]).exists() else []
    return [*_finished_versions(), Path("/kaggle/input/celeba-dataset"), *drive]


def download() -> Path:
    """Fetch CelebA, and give the folder it is in.

    Raises:
        MissingDataError: both ways failed; the message says why each did, and what to do.
    """
    failures = []
    for title, way in (("Kaggle", from_kaggle), ("Google Drive", from_drive)):
        try:
            return way()
        except DownloadError as failure:
            failures.append(f"- {title}: {failure}")
    reasons = "\n".join(failures)
    raise MissingDataError(
        f"CelebA is not on this machine, and cannot be fetched.\n{reasons}\n{ways_to_get()}"
    )


def ways_to_get() -> str:
    """The ways to bring CelebA to this machine, a numbered line each."""
    return """There are these ways to get it:
  1. From Kaggle: pip install kagglehub, then load it again (1.4 GB, once). If Kaggle asks for a login, make
     a token at kaggle.com/settings and put it into ~/.kaggle/access_token or the variable KAGGLE_API_TOKEN.
  2. In a browser, from kaggle.com/datasets/jessicali9530/celeba-dataset: name the zip celeba.zip, leave it
     packed, put it into a folder, and set the environment variable VAELAB_DATA to that folder.
  3. From the authors' page, mmlab.ie.cuhk.edu.hk/projects/CelebA.html: put img_align_celeba.zip,
     list_attr_celeba.txt and list_eval_partition.txt into a folder celeba, and set VAELAB_DATA to the
     folder above it."""


def from_drive() -> Path:
    """The files that torchvision lists, with their checksums. The zip stays packed."""
    from torchvision.datasets import CelebA

    known = {name: (identity, md5) for identity, md5, name in CelebA.file_list}
    for name in _DRIVE_FILES:
        identity, md5 = known[name]
        if not (home() / name).exists():
            downloads.fetch(_DRIVE.format(identity), home() / name, md5)
    return home()


def from_kaggle() -> Path:
    """kagglehub's download: goes on where it stopped, checks the checksum, unpacks into its own cache."""
    try:
        import kagglehub
    except ImportError:
        raise DownloadError("kagglehub is not installed", "Install it: pip install kagglehub") from None
    pauses = iter(downloads.PAUSES)
    while True:
        try:
            return Path(kagglehub.dataset_download(KAGGLE_NAME))
        except Exception as error:  # its own, requests' and the system's errors have no common base
            failure = _kaggle_failure(error)
            if failure is not None:
                raise failure from error
            if (pause := next(pauses, None)) is None:
                raise DownloadError(f"it keeps failing ({_one_line(error)})", downloads.AGAIN) from error
            time.sleep(pause)


def _finished_versions() -> list[Path]:
    """What kagglehub has fetched to the end, latest first."""
    versions = sorted(_kaggle_cache().glob("versions/*"), key=lambda v: (len(v.name), v.name), reverse=True)
    return [version for version in versions if (_kaggle_cache() / f"{version.name}.complete").exists()]


def _kaggle_failure(error: Exception) -> DownloadError | None:
    """What kagglehub's error means and what to do; None for one that may pass by itself."""
    import requests
    from kagglehub.exceptions import DataCorruptionError, UnauthenticatedError

    answer = getattr(error, "response", None)
    status = 0 if answer is None else answer.status_code
    if isinstance(error, UnauthenticatedError) or status in (401, 403):
        token = "a token from kaggle.com/settings, in ~/.kaggle/access_token or the variable KAGGLE_API_TOKEN"
        return DownloadError(f"it asks for a login (status {status or 401})", f"Give it {token}.")
    if status == 404:
        return DownloadError(f"{KAGGLE_NAME} is not there any more", "Take another way below.")
    if isinstance(error, DataCorruptionError):
        return DownloadError("what arrived has a wrong checksum, and was deleted", downloads.AGAIN)
    if isinstance(error, OSError) and error.errno in DISK_IS_FULL:
        _forget_unfinished()
        remedy = "Make room (4 GB for a while), or set KAGGLEHUB_CACHE to a folder on a larger disk."
        return DownloadError("the disk is full, and what had arrived was deleted", remedy)
    not_an_archive = (zipfile.BadZipFile, json.JSONDecodeError)
    if isinstance(error, not_an_archive) or "archive type" in str(error):
        _forget_unfinished()  # else kagglehub would take it for the whole file next time
        remedy = "Open kaggle.com in a browser (a hotel's or company's network may ask for a login first)."
        return DownloadError(
            "a web page or half an archive came in place of the data and was deleted", remedy
        )
    if any(word in str(error) for word in ("resolve", "refused", "unreachable")):
        remedy = "Connect this machine to the internet, and run the same command again."
        return DownloadError("kaggle.com cannot be reached: no network?", remedy)
    passing = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
    if status >= 500 or status == 429 or isinstance(error, passing):
        return None
    return DownloadError(_one_line(error), "Take another way below.")


def _forget_unfinished() -> None:
    """Delete what kagglehub has not finished: archives, and what it unpacked without marking it as whole."""
    for archive in _kaggle_cache().glob("*.archive"):
        archive.unlink()
    for version in set(_kaggle_cache().glob("versions/*")) - set(_finished_versions()):
        shutil.rmtree(version, ignore_errors=True)


def _kaggle_cache() -> Path:
    base = Path(os.path.expanduser(os.environ.get("KAGGLEHUB_CACHE", "~/.cache/kagglehub")))
    return base / "datasets" / KAGGLE_NAME


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
