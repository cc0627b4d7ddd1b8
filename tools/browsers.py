"""A real browser without a network, and the servers it may see: for tests/browser/ and benchmarks/."""

import contextlib
import functools
import http.server
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

# No calls home, and no name resolves: a page that needs a server fails.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)

# The same for Firefox: a proxy that is not there, but for this machine.
FIREFOX_SETTINGS = {
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.allow_hijacking_localhost": False,
    "security.fileuri.strict_origin_policy": True,  # Playwright's own settings let files read one another
    "ui.useOverlayScrollbars": 1,  # a page is as wide as its window: on a phone, and in Playwright's Chromium
}

PATIENCE = 120  # seconds: a page that takes two of them took twenty beside ten busy programs


def installed(*names: str) -> str | None:
    """The path of the first that runs: Ubuntu has scripts of that name which tell people to install one."""
    return next(filter(runs, filter(None, map(shutil.which, names))), None)


def runs(path: str) -> bool:
    try:
        return subprocess.run([path, "--version"], capture_output=True).returncode == 0
    except OSError:  # made for another machine
        return False


def program() -> str | None:
    """The path of Chromium or Chrome ($VAELAB_CHROMIUM chooses one), or None."""
    return os.environ.get("VAELAB_CHROMIUM") or installed(*NAMES)


def needed() -> str:
    """The same, for a command that can do nothing without: where there is none, a sentence ends it."""
    found, chosen = program(), os.environ.get("VAELAB_CHROMIUM")
    if found is None:
        sys.exit("No Chromium or Chrome found: install one, or set VAELAB_CHROMIUM to its path.")
    if shutil.which(found) is None:
        sys.exit(f"VAELAB_CHROMIUM is {chosen}, where no program is. Set it to the path of Chromium.")
    return found


def firefox() -> str | None:
    """The path of Firefox ($VAELAB_FIREFOX chooses one), or None."""
    return os.environ.get("VAELAB_FIREFOX") or installed("firefox-esr", "firefox")


def start(playwright, engine: str):
    """The engine's browser without a network, driven by `playwright`; None where it is not installed."""
    if engine == "chromium":
        path = program()
        return path and playwright.chromium.launch(executable_path=path, args=FLAGS)
    return start_firefox(playwright.firefox, {})


def start_firefox(kind, settings: dict):
    """Firefox with more settings of its own; `kind` is Playwright's name for it, or a browser's type."""
    path, settings = firefox(), FIREFOX_SETTINGS | settings
    options = {"executable_path": path, "channel": "moz-firefox", "firefox_user_prefs": settings}
    return path and kind.launch(**options)


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


class Listening(QuietHandler):
    """Puts a script before each page's own, in browsers whose driver cannot."""

    script = ""

    def do_GET(self):
        page = Path(self.translate_path(self.path.partition("?")[0]))
        if page.suffix != ".html" or not page.is_file():
            return super().do_GET()
        text = page.read_text(encoding="utf-8").replace("<head>", f"<head><script>{self.script}</script>", 1)
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(data := text.encode())))
        self.end_headers()
        self.wfile.write(data)


@contextlib.contextmanager
def serve(folder: Path, before: str = "") -> Iterator[str]:
    """Serve the folder on this machine while the block runs; gives the address, without a final slash.

    `before`: a script that runs before each page's own.
    """
    kind = type("Handler", (Listening,), {"script": before}) if before else QuietHandler
    handler = functools.partial(kind, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def jupyter(folder: Path, home: Path, application: str = "jupyterlab") -> Iterator[str]:
    """Run JupyterLab (or `notebook`) on the folder while the block runs; gives its address.

    Settings, runtime files and IPython's start-up files are looked for under `home`, not the user's own.
    """
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": 0,  # it takes one that is free, and says which
        "ServerApp.open_browser": False,
        "ServerApp.root_dir": folder,
        "ServerApp.allow_root": True,
        "IdentityProvider.token": "",
        "ServerApp.disable_check_xsrf": True,
        "LabApp.news_url": "None",
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.expose_app_in_browser": True,
        "JupyterNotebookApp.expose_app_in_browser": True,
        "ServerApp.log_level": "ERROR",
    }
    folders = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    own = {"HOME": str(home)} | {name: str(home / name.lower()) for name in folders}
    quick = {"TQDM_DISABLE": "1", "GOMP_SPINCOUNT": "2000", "JUPYTER_PREFER_ENV_PATH": "1"}
    command = [sys.executable, "-m", application, *(f"--{name}={value}" for name, value in options.items())]
    log = home / f"{application}.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, env=os.environ | quick | own, stdout=output, stderr=subprocess.STDOUT
        ) as server,
    ):
        try:
            yield _address(home / "jupyter_runtime_dir", server, log)
        finally:
            server.terminate()  # it ends its kernels, then itself


def run_all_cells(page) -> bool:
    """Run the notebook that a Playwright page shows in a Jupyter application; whether no cell failed."""
    kernel = "globalThis.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel"
    page.wait_for_function(f"{kernel}?.status == 'idle'", timeout=1000 * PATIENCE)
    return page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")


def _address(folder: Path, server: subprocess.Popen, log: Path) -> str:
    """Where the server answers, by the file in this folder in which it says so."""
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        # No file yet, half of one, no answer.
        with contextlib.suppress(StopIteration, json.JSONDecodeError, OSError):
            about = json.loads(next(folder.glob("jpserver-*.json")).read_text())
            address = f"http://127.0.0.1:{about['port']}"
            urllib.request.urlopen(f"{address}/api/status", timeout=5).close()
            return address
        time.sleep(0.2)
    raise RuntimeError(f"the Jupyter server did not start:\n{log.read_text(errors='replace')[-2000:]}")
