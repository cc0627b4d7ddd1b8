"""`python -m benchmarks.lab_watch --minutes 10`: is the page quick, its memory flat, while a lab trains?

In Chromium. Row by row: tasks and frames of the page over 50 ms, memory of its JavaScript after a garbage
collection, of the worker's floats, and of the process that draws the page.
"""

import argparse
import re

import psutil

from benchmarks import lab_page, tables

LONG = """
globalThis.long = {longtask: [], 'long-animation-frame': []};
for (const type of Object.keys(long)) {
  const hear = list => list.getEntries().forEach(entry => long[type].push({
    duration: entry.duration, blocking: entry.blockingDuration ?? 0,
    scripts: (entry.scripts ?? []).map(one => `${one.invoker} ${Math.round(one.duration)}`)}));
  new PerformanceObserver(hear).observe({type, buffered: true});
}
"""
TAKE = """() => Object.fromEntries(Object.entries(long).map(([type, list]) => [type, list.splice(0)]))"""


def watch(minutes: float, every: float, data: str = "handwritten") -> list[dict[str, object]]:
    """A row of `every` seconds each, the first as the page is opened."""
    rows = []
    with lab_page.chromium() as browser, lab_page.opened(browser, data=data, before=LONG) as lab:
        system = browser.new_browser_cdp_session()
        rows.append(_row("opened", lab, system))
        lab.press("Train")
        for i in range(max(1, round(60 * minutes / every))):
            lab.page.wait_for_timeout(1000 * every)
            rows.append(_row(f"{(i + 1) * every:.0f} s", lab, system))
    return rows


def _row(when: str, lab: lab_page.Opened, system) -> dict[str, object]:
    long = lab.page.evaluate(TAKE)
    tasks, frames = (
        [entry["duration"] for entry in long[kind]] for kind in ("longtask", "long-animation-frame")
    )
    culprits = sorted(long["long-animation-frame"], key=lambda entry: -entry["blocking"])[:1]
    lab.devtools.send("HeapProfiler.collectGarbage")
    heap = lab.devtools.send("Runtime.getHeapUsage")["usedSize"]
    step = re.search(r"Step ([\d,]+)", lab.element.locator(".lab-status").inner_text())
    return {
        "when": when,
        "step": int(step[1].replace(",", "")) if step else 0,  # not yet while the pictures are loaded
        "tasks > 50 ms": len(tasks),
        "longest": f"{max(tasks, default=0):.0f}",
        "frames > 50 ms": len(frames),
        "longest frame": f"{max(frames, default=0):.0f}",
        "page heap, MB": f"{heap / 1e6:.2f}",
        "floats, MB": f"{lab.worker.evaluate('() => trainer.f.buffer.byteLength') / 1e6:.2f}",
        "process, MB": f"{_renderer(system):.0f}",
        "what": "; ".join(culprits[0]["scripts"]) if culprits else "",
    }


def _renderer(system) -> float:
    """Resident memory of the largest process that draws a page, MB."""
    return max(
        psutil.Process(one["id"]).memory_info().rss / 1e6
        for one in system.send("SystemInfo.getProcessInfo")["processInfo"]
        if one["type"] == "renderer"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lab_watch", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--every", type=float, default=60, help="seconds from row to row")
    parser.add_argument("--data", default="handwritten", help="handwritten, digits or faces")
    chosen = parser.parse_args()
    print(tables.markdown(watch(chosen.minutes, chosen.every, chosen.data)))


if __name__ == "__main__":
    main()
