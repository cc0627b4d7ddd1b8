"""`python -m benchmarks.lab_engines`: does the lab train in Chromium, Firefox and WebKit, from a file?

Each browser opens the page as a reader does, and the page itself presses Train, waits, presses Pause and
posts what it saw to this program, so that no driver is needed. WebKit is WebKitGTK's MiniBrowser, on a
screen of its own where xvfb-run is installed. `--pictures FOLDER` keeps what the plane shows at the end.
"""

import argparse
import base64
import http.server
import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from benchmarks import lab_page, tables
from tools import browsers, webkit

PATIENCE = 300  # seconds

# Modules of one function that returns a v128: with SIMD, with relaxed SIMD (f32x4.relaxed_madd).
SCRIPT = """
const about = {errors: [], shots: 0};
addEventListener('error', event => about.errors.push(event.message));
addEventListener('unhandledrejection', event => about.errors.push(String(event.reason)));
const takes = (...code) => WebAssembly.validate(Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0,
  10, code.length + 4, 1, code.length + 2, 0, ...code, 11));
const constant = [65, 0, 253, 17];
about.simd = takes(...constant);
about.relaxed = takes(...constant, ...constant, ...constant, 253, 133, 2);
globalThis.Worker = class extends Worker {
  constructor(...given) {
    super(...given);
    this.addEventListener('message', ({data}) => {
      if (data.type === 'open') about.backend = data.backend;
      if (data.type === 'shot') about.shots++, about.speed = Math.round(data.speed);
    });
  }
};
const until = async found => {
  while (!found()) await new Promise(resolve => setTimeout(resolve, 50));
  return found();
};
addEventListener('load', async () => {
  const lab = document.querySelector('.vaelab-explorer');
  const button = name =>
    [...lab.querySelectorAll('button:not(:disabled)')].find(one => one.textContent === name);
  (await until(() => button('Train'))).click();
  await new Promise(resolve => setTimeout(resolve, SECONDS * 1000));
  (await until(() => button('Pause'))).click();
  await until(() => lab.explorer.model.get('step') > 0);
  const history = lab.explorer.model.get('history');
  const canvases = [...lab.querySelectorAll('canvas')];
  const drawn = canvases.filter(one => one.width && new Set(new Uint32Array(
    one.getContext('2d').getImageData(0, 0, one.width, one.height).data.buffer)).size > 8).length;
  const widest = canvases.sort((a, b) => b.width - a.width)[0];
  about.errors.push(...[...lab.querySelectorAll('.vae-error')].map(one => one.textContent).filter(Boolean));
  Object.assign(about, {history, drawn, plane: widest.toDataURL(), agent: navigator.userAgent});
  fetch('http://127.0.0.1:PORT/', {method: 'POST', mode: 'no-cors', body: JSON.stringify(about)});
});
"""


def commands(folder: Path) -> dict[str, list[str]]:
    """How each browser that is here is started, the address apart."""
    screen = ["xvfb-run", "-a"] if shutil.which("xvfb-run") else []
    found = {}
    if program := browsers.program():
        found["chromium"] = [program, "--headless=new", f"--user-data-dir={folder}/chromium", *browsers.FLAGS]
    if firefox := browsers.firefox():
        (folder / "firefox").mkdir()
        found["firefox"] = [firefox, "--headless", "--no-remote", "--profile", f"{folder}/firefox"]
    if mini := webkit.mini_browser():
        found["webkit"] = [*screen, str(mini)]
    return found


class Ear(http.server.BaseHTTPRequestHandler):
    """Keeps what a page posts."""

    def do_POST(self):
        self.server.heard = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments):
        pass


def run(command: list[str], folder: Path, seconds: float, **options) -> dict:
    """What the page tells that a browser opens and trains in for so long."""
    with http.server.HTTPServer(("127.0.0.1", 0), Ear) as server:
        server.heard, server.timeout = None, PATIENCE
        before = SCRIPT.replace("PORT", str(server.server_port)).replace("SECONDS", str(seconds))
        page = lab_page.write(folder, before=before, **options)
        browser = subprocess.Popen(
            [*command, page.as_uri()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            server.handle_request()
        finally:
            os.killpg(browser.pid, signal.SIGTERM)  # the browser and what it started
            browser.wait()
        return server.heard or {"errors": [f"nothing heard in {PATIENCE} s"]}


def _row(name: str, told: dict) -> dict[str, object]:
    last = (told.get("history") or [{}])[-1]
    kernels = told.get("backend", "")
    return {
        "browser": name,
        "kernels": "wasm, relaxed SIMD" if told.get("relaxed") and kernels == "wasm" else kernels,
        "steps": last.get("step", 0),
        "shots": told.get("shots", 0),
        "pictures/s": told.get("speed", 0),
        "-ELBO": f"{last.get('reconstruction', 0) + last.get('kl', 0):.1f}",
        "named": f"{last.get('named', 0):.0%}",
        "canvases drawn": told.get("drawn", 0),
        "errors": "; ".join(told["errors"]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lab_engines", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="browser", help="chromium, firefox, webkit; all by default"
    )
    parser.add_argument("--seconds", type=float, default=20, help="of training")
    parser.add_argument("--pictures", type=Path, help="a folder")
    parser.add_argument("--data", default="handwritten", help="handwritten, digits or faces")
    parser.add_argument("--plain", action="store_true", help="plain JavaScript")
    chosen = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for name, command in commands(Path(folder)).items():
            if chosen.names and name not in chosen.names:
                continue
            told = run(command, Path(folder), chosen.seconds, data=chosen.data, webassembly=not chosen.plain)
            rows.append(_row(name, told))
            if chosen.pictures and "plane" in told:
                chosen.pictures.mkdir(parents=True, exist_ok=True)
                picture = base64.b64decode(told["plane"].partition(",")[2])
                (chosen.pictures / f"{name}.png").write_bytes(picture)
    print(tables.markdown(rows) if rows else "None of these browsers is installed.")


if __name__ == "__main__":
    main()
