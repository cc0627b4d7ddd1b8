"""What only a GPU can show, in one go and within its minutes: `python -m tools.on_gpu`.

    python -m tools.on_gpu                      what fits into 8 minutes; again: what is left
    python -m tools.on_gpu --only limits rates  some parts
    python -m tools.on_gpu --again              all of it anew
    python -m tools.on_gpu --device cpu --tiny  a rehearsal, to see that it runs

Each part has a process of its own and a budget in seconds. It is not begun when the minutes left are fewer,
and ended when it takes longer. What was shown stays in `_build/on_gpu/report.json` and, to read, `report.md`,
until the package changes; a second call goes on behind it. Python and PyTorch are enough to start: a package
that is missing costs the parts that need it, and the report says which. `python -m tools.run_times --gpu`
writes the notebooks' seconds into their heads.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tools import gpu_parts, notebook_cache

OUT = notebook_cache.BUILD / "on_gpu"
DONE, LEFT_OUT, FAILED, WAITS = "done", "left out", "failed", "waits"


@dataclass(frozen=True)
class Part:
    """One thing to show: `show(setting)` returns rows, within so many seconds."""

    name: str
    seconds: float
    show: Callable[[gpu_parts.Setting], gpu_parts.Rows]


def parts(notebooks: list[Path]) -> list[Part]:
    """All of them, the short and telling ones first."""
    return [
        Part("limits", 60, gpu_parts.limits),
        Part("tests", 90, gpu_parts.tests),
        Part("rates", 100, gpu_parts.rates),
        Part("too-large", 60, gpu_parts.too_large),
        Part("goes-on", 60, gpu_parts.goes_on),
        Part("celeba", 90, gpu_parts.celeba),
        *[Part(path.stem, 90, partial(gpu_parts.notebook, path=path)) for path in notebooks],
    ]


class Report:
    """What was shown so far, in a file that each part renews. Other code, or another GPU, begins anew."""

    def __init__(self, folder: Path, rests_on: str, again: bool):
        self.folder, self.rests_on = folder, rests_on
        self.parts: dict[str, dict] = {}
        with contextlib.suppress(OSError, ValueError, KeyError):
            kept = json.loads((folder / "report.json").read_text(encoding="utf-8"))
            if kept["rests on"] == rests_on and not again:
                self.parts = kept["parts"]

    def outcome(self, name: str) -> str:
        return self.parts.get(name, {}).get("outcome", WAITS)

    def note(self, name: str, outcome: str, seconds: float, reason: str = "", rows=()) -> None:
        self.parts[name] = {
            "outcome": outcome,
            "seconds": round(seconds, 1),
            "reason": reason,
            "rows": list(rows),
        }
        print(f"{name}: {outcome}, {seconds:.0f} s{': ' * bool(reason)}{reason}", flush=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = {"rests on": self.rests_on, "gpu": gpu_name(), "parts": self.parts}
        for file, text in {"report.json": json.dumps(kept, indent=1), "report.md": self.markdown()}.items():
            new = self.folder / f".{file}"
            new.write_text(text + "\n", encoding="utf-8")
            new.replace(self.folder / file)

    def markdown(self) -> str:
        lines = ["# On a GPU", "", device_in_words()]
        for name, part in self.parts.items():
            lines += ["", f"## {name}: {part['outcome']}, {part['seconds']:.0f} s", ""]
            lines += [f"```\n{part['reason']}\n```"] if part["reason"] else []
            lines += [table(part["rows"])] if part["rows"] else []
        return "\n".join(lines)


def table(rows: list[dict]) -> str:
    lines = [list(rows[0]), ["---"] * len(rows[0]), *[list(row.values()) for row in rows]]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def gpu_name() -> str:
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else ""


def device_in_words() -> str:
    import torch

    return f"{gpu_name() or 'no GPU'}, PyTorch {torch.__version__}, Python {sys.version.split()[0]}"


def run_all(chosen: list[Part], report: Report, seconds: float, arguments: list[str]) -> None:
    """Run what is not done, each part as long as its budget allows and only if that much time is left."""
    end = time.monotonic() + seconds
    for part in chosen:
        if report.outcome(part.name) == DONE:
            continue
        left = end - time.monotonic()
        if left < part.seconds:
            reason = f"it may take {part.seconds:.0f} s, and {max(left, 0):.0f} s are left; call again"
            if report.outcome(part.name) == WAITS:  # what failed before has more to say
                report.note(part.name, WAITS, 0, reason)
            continue
        start = time.monotonic()
        outcome, reason, rows = run_apart(part, arguments)
        report.note(part.name, outcome, time.monotonic() - start, reason, rows)


def run_apart(part: Part, arguments: list[str]) -> tuple[str, str, list[dict]]:
    """Run a part in a process of its own, which whatever it started ends with: outcome, reason, rows."""
    command = [sys.executable, "-m", "tools.on_gpu", "--show", part.name, *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "errors": "replace"}
    process = subprocess.Popen(command, cwd=notebook_cache.ROOT, start_new_session=True, **pipes)
    try:
        answer, said = process.communicate(timeout=part.seconds)
    except subprocess.TimeoutExpired:
        return FAILED, f"not done after {part.seconds:.0f} s, and ended", []
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    try:
        told = json.loads(answer.splitlines()[-1])
        return told["outcome"], told["reason"], told["rows"]
    except (IndexError, ValueError, KeyError):
        return FAILED, f"it ended with code {process.returncode}: {said[-2000:]}", []


def show(part: Part, setting: gpu_parts.Setting) -> dict:
    """What `run_apart`'s process answers. Everything else that is printed goes to stderr."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return {"outcome": DONE, "reason": "", "rows": part.show(setting)}
    except gpu_parts.NeedsGPUError as error:
        return {"outcome": LEFT_OUT, "reason": str(error), "rows": []}
    except ImportError as error:  # what vaelab's extras say is one too
        return {"outcome": LEFT_OUT, "reason": f"a package is missing: {error}", "rows": []}
    except Exception as error:
        return {"outcome": FAILED, "reason": f"{type(error).__name__}: {error}"[-4000:], "rows": []}


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.on_gpu", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("--minutes", type=float, default=8, help="for this call (default: 8)")
    add("--only", nargs="+", metavar="PART", help="these alone; a notebook goes by its name without .ipynb")
    add("--again", action="store_true", help="forget what was shown")
    add("--device", choices=("cuda", "cpu"), default="cuda", help="cpu only for a rehearsal")
    add("--tiny", action="store_true", help="tiny sizes, to see that it runs")
    add("--out", type=Path, default=OUT, metavar="FOLDER", help="of the report (default: _build/on_gpu)")
    add("--notebooks", nargs="*", type=Path, default=notebook_cache.of_the_book())
    add("--show", metavar="PART", help=argparse.SUPPRESS)
    asked = parser.parse_args(words)

    notebooks = [path.resolve() for path in asked.notebooks]
    every = {part.name: part for part in parts(notebooks)}
    setting = gpu_parts.Setting(asked.device, asked.tiny)
    if asked.show:
        print(json.dumps(show(every[asked.show], setting)))
        return 0
    if unknown := [name for name in asked.only or () if name not in every]:
        parser.error(f"no part {' or '.join(unknown)}; there are {', '.join(every)}")
    if asked.device == "cuda" and not gpu_name():
        parser.error("there is no CUDA GPU on this machine; --device cpu --tiny is a rehearsal")
    os.environ |= {"VAELAB_DEVICE": asked.device, "TQDM_DISABLE": "1"}
    print(device_in_words())
    chosen = [every[name] for name in asked.only or every]
    rests_on = f"{notebook_cache.fingerprint()} {device_in_words()}{' tiny' * asked.tiny}"
    report = Report(asked.out, rests_on, asked.again)
    arguments = ["--device", asked.device, *["--tiny"] * asked.tiny, "--notebooks", *map(str, notebooks)]
    run_all(chosen, report, 60 * asked.minutes, arguments)
    outcomes = [report.outcome(part.name) for part in chosen]
    counted = ", ".join(f"{outcomes.count(kind)} {kind}" for kind in (DONE, LEFT_OUT, FAILED, WAITS))
    print(f"{counted}. {asked.out / 'report.md'}")
    return int(FAILED in outcomes)


if __name__ == "__main__":
    sys.exit(main())
