"""A web server on this machine that plays the remote, its failures included."""

import threading
from collections import defaultdict
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Remote:
    """Serves `files` by the last part of a path; `faults[name]` holds what goes wrong, one fault a request.

    A fault is a status to answer with, or: "cut" (half of what is left is sent), "stalls" (half, then nothing
    until it is switched off), "silent" (nothing until then), "page" (`page` is sent in place of the file),
    "no ranges" (all of it, from its start).

    Attributes:
        requests: (name, value of the Range header or None) of each request.
    """

    def __init__(self, files: dict[str, bytes]):
        self.files, self.page = files, b"<html><title>Hotel</title>Please log in</html>"
        self.faults: dict[str, Iterable] = defaultdict(list)
        self.requests: list[tuple[str, str | None]] = []
        self.content_types: dict[str, str] = {}
        self.off = threading.Event()
        remote = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.rsplit("/", 1)[-1].partition("?")[0]
                wanted = self.headers.get("Range")
                remote.requests.append((name, wanted))
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                remote.faults[name] = iter(remote.faults[name])
                fault = next(remote.faults[name], None)
                body = remote.files.get(name)
                if fault == "silent":
                    return remote.off.wait()
                if fault == "page":
                    return self.answer(200, remote.page, {"Content-Type": "text/html; charset=utf-8"})
                if isinstance(fault, int):
                    return self.answer(fault, remote.page, {"Content-Type": "text/html"})
                if body is None:
                    return self.answer(404, b"", {})
                kind = {"Content-Type": remote.content_types.get(name, "application/octet-stream")}
                if fault == "no ranges":
                    return self.answer(200, body, kind)
                kind["Accept-Ranges"] = "bytes"
                if wanted is None:
                    return self.answer(200, body, kind, fault)
                start = int(wanted.removeprefix("bytes=").rstrip("-"))
                if start >= len(body):
                    return self.answer(416, b"", {"Content-Range": f"bytes */{len(body)}"})
                span = {"Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"}
                return self.answer(206, body[start:], kind | span, fault)

            do_POST = do_GET

            def answer(self, status, body, headers, fault=None):
                self.send_response(status)
                for key, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(body[: len(body) // 2] if fault in ("cut", "stalls") else body)
                if fault == "stalls":
                    self.wfile.flush()
                    remote.off.wait()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def switch_off(self):
        """From now on connections are refused."""
        self.off.set()
        self.server.shutdown()
        self.server.server_close()
