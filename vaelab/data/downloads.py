"""Fetch one large file over HTTP: it goes on where it stopped, and arrives whole or not at all.

What has come so far lies in NAME.part. The file gets its name when its checksum is right.
"""

import errno
import hashlib
import html
import http.client
import re
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urljoin

from vaelab.errors import DownloadError
from vaelab.files import DISK_IS_FULL, need_space
from vaelab.progress import progress

SILENCE = 60.0  # seconds without a byte after which a connection is given up
PAUSES = (1, 4, 15)  # seconds to wait before trying again
_PIECE = 1 << 20
AGAIN = "Run the same command again: it goes on where it stopped."


class _TryAgain(Exception):
    """A failure that may pass by itself."""


def fetch(url: str, path: Path, md5: str | None = None) -> Path:
    """Download `url` to `path`; a download that stopped before goes on.

    A server's own failures (status 5xx and 429), cut connections and silence are tried again, after the
    `PAUSES`. A Google Drive page that asks whether to download a large file is answered.

    Args:
        url: http or https.
        path: the file to make. Its folder is made too.
        md5: the checksum that it must have, 32 hexadecimal digits.

    Raises:
        DownloadError: what went wrong, and what to do next.
    """
    part = path.with_name(f"{path.name}.part")
    with _disk_in_words(path, part):
        path.parent.mkdir(parents=True, exist_ok=True)
        pauses = iter(PAUSES)
        while True:
            before = _size(part)
            try:
                _receive(url, part, path.name)
                break
            except _TryAgain as failure:
                if _size(part) > before:  # it got on: as good as new
                    pauses = iter(PAUSES)
                pause = next(pauses, None)
                if pause is None:
                    raise DownloadError(f"{path.name}: {failure}", AGAIN) from failure
                time.sleep(pause)
        if md5 and _md5(part) != md5:
            part.unlink()
            raise DownloadError(
                f"{path.name} arrived, but its checksum is not {md5}: damaged, or another file",
                "It was deleted; run the same command again. If this comes back, fetch the file by hand.",
            )
        part.replace(path)
    return path


def _receive(url: str, part: Path, name: str) -> None:
    """Bring `part` to its full length. Raises _TryAgain or DownloadError."""
    have = _size(part)
    with _open(url, have, name) as answer:
        if answer.status == 416:  # nothing after what is here: whole, or not this file
            if answer.headers.get("Content-Range", "").rpartition("/")[2] != str(have):
                part.unlink()
                raise _TryAgain("what had arrived did not belong to this file")
            return
        if "text/html" in answer.headers.get("Content-Type", ""):
            return _read_page(answer, part, name)
        goes_on = answer.status == 206
        start = have if goes_on else 0  # some servers know no ranges and begin anew
        length = answer.headers.get("Content-Length")
        total = start + int(length) if length else None
        need_space(part.parent, (total or start) - have)
        with (
            part.open("ab" if goes_on else "wb") as file,
            progress(total=total, initial=start, desc=f"Fetching {name}", unit="B", unit_scale=True) as bar,
        ):
            for piece in _pieces(answer):
                file.write(piece)
                bar.update(len(piece))
    if total is not None and _size(part) < total:
        raise _TryAgain(f"the connection ended after {_size(part):,} of {total:,} bytes")


def _open(url: str, have: int, name: str) -> http.client.HTTPResponse | urllib.error.HTTPError:
    headers = {"User-Agent": "vaelab"} | ({"Range": f"bytes={have}-"} if have else {})
    try:
        return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=SILENCE)
    except urllib.error.HTTPError as error:
        if error.code == 416:
            return error
        if error.code >= 500 or error.code == 429:
            raise _TryAgain(f"the server fails with status {error.code} ({error.reason})") from error
        page = error.read(1 << 20).decode(errors="replace")
        raise _page_error(name, page, f"the server refuses it with status {error.code}") from error
    except urllib.error.URLError as error:
        raise _network_error(name, error.reason) from error
    except (OSError, http.client.HTTPException) as error:
        raise _network_error(name, error) from error


def _pieces(answer) -> Iterable[bytes]:
    while True:
        try:
            piece = answer.read1(_PIECE)
        except TimeoutError as error:
            raise _TryAgain(f"the server fell silent for {SILENCE:g} seconds") from error
        except (OSError, http.client.HTTPException) as error:
            raise _TryAgain(f"the connection broke ({error})") from error
        if not piece:
            return
        yield piece


def _read_page(answer, part: Path, name: str) -> None:
    """A web page came instead of the file. Drive's "download anyway?" has a form: send it."""
    page = answer.read(1 << 20).decode(errors="replace")
    form = re.search(r'<form[^>]*id="download-form"[^>]*action="([^"]+)"', page)
    if form is None:
        raise _page_error(name, page, "a web page came instead of the file")
    fields = re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page)
    target = urljoin(answer.url, html.unescape(form[1]))
    sent = f"{target}?{urlencode({key: html.unescape(value) for key, value in fields})}"
    if sent == answer.url:
        raise _page_error(name, page, "a web page came instead of the file")
    _receive(sent, part, name)


def _page_error(name: str, page: str, otherwise: str) -> DownloadError:
    """What a web page says that came instead of a file."""
    if re.search(r"quota exceeded|too many users have viewed or downloaded", page, re.IGNORECASE):
        return DownloadError(
            f"{name}: its download quota at Google Drive is used up for now",
            "Try again after 24 hours, or take the other way below.",
        )
    if re.search(
        r"accounts\.google\.com|sign in|log ?in|request access|you need access", page, re.IGNORECASE
    ):
        return DownloadError(
            f"{name}: a login page came instead of the file",
            "Open the address in a browser (a hotel's network may ask first), or take another way.",
        )
    title = re.search(r"<title>(.*?)</title>", page, re.IGNORECASE | re.DOTALL)
    said = f" ({' '.join(html.unescape(title[1]).split())[:80]})" if title else ""
    return DownloadError(f"{name}: {otherwise}{said}", "Take another way below.")


def _network_error(name: str, cause) -> Exception:
    """No network at all cannot be waited for; a silent or a breaking one can."""
    if isinstance(cause, socket.gaierror):
        host = "the server's address was not found: is this machine connected to the internet?"
        return DownloadError(f"{name}: {host} ({cause})", f"Connect it. {AGAIN}")
    if isinstance(cause, TimeoutError):
        return _TryAgain(f"the server did not answer within {SILENCE:g} seconds")
    if isinstance(cause, ConnectionRefusedError) or getattr(cause, "errno", 0) in (
        errno.ENETUNREACH,
        errno.EHOSTUNREACH,
    ):
        return DownloadError(f"{name}: no connection to the server ({cause})", f"Check the network. {AGAIN}")
    return _TryAgain(f"the connection broke ({cause})")


@contextmanager
def _disk_in_words(path: Path, part: Path):
    try:
        yield
    except OSError as error:
        if isinstance(error, DownloadError):
            raise
        if error.errno in DISK_IS_FULL:
            part.unlink(missing_ok=True)  # give the space back
            remedy = "Make room there, or set VAELAB_CACHE to a folder on a larger disk."
            raise DownloadError(f"{path.name}: the disk is full ({error.strerror})", remedy) from error
        remedy = "Set VAELAB_CACHE to a folder that you may write to."
        raise DownloadError(f"{path.parent} cannot be written ({error.strerror})", remedy) from error


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()
