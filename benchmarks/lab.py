"""`python -m benchmarks lab`: how fast and how well a VAE learns in a page, beside PyTorch on one thread.

In Chromium, with scikit-learn's handwritten digits: 784-128-2-128-784, batches of 128. Speed is the best
of several rounds, taken in turn; then each page trains for a while as a reader sees it, and PyTorch, from
the same start, as many steps as the page with WebAssembly.
"""

import base64
import contextlib
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.utils import vector_to_parameters

from benchmarks import lab_page
from benchmarks.lab_peer import Peer

BATCH, RATE, LOOKS = 128, 5e-3, 20
FLY = """seconds => {
  const start = performance.now(), end = start + 1000 * seconds;
  let pictures = 0;
  while (performance.now() < end) trainer.step(), pictures += trainer.settings.batch;
  return pictures * 1000 / (performance.now() - start);
}"""
TEXT = "array => btoa(Array.from(new Uint8Array(array.buffer), byte => String.fromCharCode(byte)).join(''))"
START = f"""async () => {{
  await trainer.restart();
  const {{pixels, labels, held}} = trainer.set;
  return [trainer.weights().numbers, pixels.slice(), labels.slice()].map({TEXT}).concat([held]);
}}"""


class Rival:
    """PyTorch, eager, from the page's start and with its pictures."""

    def __init__(self, numbers: Tensor, pixels: Tensor, labels: Tensor, held: int):
        self.pictures, self.labels, self.held = pixels.view(len(labels), -1) / 255, labels, held
        self.peer = Peer(self.pictures.shape[1], [128], 2)
        vector_to_parameters(numbers.clone(), self.peer.parameters())  # they are views of it
        self.adam = torch.optim.Adam(self.peer.parameters(), lr=RATE)
        self.steps, self.order = 0, torch.empty(0, dtype=torch.long)

    def step(self) -> None:
        if len(self.order) < BATCH:
            self.order = torch.cat([self.order, self.held + torch.randperm(len(self.labels) - self.held)])
        batch, self.order = self.order[:BATCH], self.order[BATCH:]
        loss, *_ = self.peer(self.pictures[batch], torch.randn(BATCH, 2))
        self.adam.zero_grad()
        loss.backward()
        self.adam.step()
        self.steps += 1

    def fly(self, seconds: float) -> float:
        """Pictures a second."""
        start, before = time.perf_counter(), self.steps
        while time.perf_counter() < start + seconds:
            self.step()
        return BATCH * (self.steps - before) / (time.perf_counter() - start)

    @torch.no_grad()
    def unseen(self) -> tuple[float, float]:
        """Minus the ELBO of the unseen pictures, nats each, and how many are `named`."""
        pictures, labels = self.pictures[: self.held], self.labels[: self.held]
        draws = [self.peer(pictures, torch.randn(self.held, 2))[0] for _ in range(LOOKS)]
        return torch.stack(draws).mean().item(), named(self.peer.encode(pictures)[0], labels)


def named(codes: Tensor, labels: Tensor) -> float:
    """The share of codes, (N, latent), whose nearest other one has their label."""
    away = torch.cdist(codes, codes).fill_diagonal_(torch.inf)
    return (labels[away.argmin(1)] == labels).float().mean().item()


def table(rounds: int = 8, seconds: float = 2.0, watched: float = 20.0) -> list[dict[str, object]]:
    """Pictures a second, and what `watched` seconds of training bring."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with lab_page.chromium() as browser, contextlib.ExitStack() as stack:
            pages = [
                stack.enter_context(lab_page.opened(browser, webassembly=fast)) for fast in (True, False)
            ]
            *texts, held = pages[0].worker.evaluate(START)
            start, pixels, labels = (
                torch.frombuffer(bytearray(base64.b64decode(text)), dtype=kind)
                for text, kind in zip(texts, (torch.float32, torch.uint8, torch.uint8), strict=True)
            )
            rival = Rival(start, pixels, labels, held)
            speeds = _fastest(
                [*(lambda s, p=p: p.worker.evaluate(FLY, s) for p in pages), rival.fly], rounds, seconds
            )
            ends = [_watch(page, watched) for page in pages]
    finally:
        torch.set_num_threads(threads)
    rival = Rival(start, pixels, labels, held)
    for _ in range(ends[0]["step"]):
        rival.step()
    loss, share = rival.unseen()
    ends.append({"step": rival.steps, "loss": loss, "named": share})
    names = ("WebAssembly", "plain JavaScript", "PyTorch, one thread")
    after = f"after {watched:.0f} s"
    rows = {
        "pictures a second": [f"{speed:,.0f}" for speed in speeds],
        "PyTorch is so many times as fast": [f"{speeds[-1] / speed:.2f}" for speed in speeds],
        f"steps {after}": [f"{end['step']:,}" for end in ends],
        f"-ELBO of unseen digits {after}, nats": [f"{end['loss']:.1f}" for end in ends],
        f"nearest neighbour of the same class {after}": [f"{end['named']:.0%}" for end in ends],
    }
    return [{"what": what} | dict(zip(names, values, strict=True)) for what, values in rows.items()]


def _fastest(contestants: list[Callable[[float], float]], rounds: int, seconds: float) -> list[float]:
    speeds = [[run(seconds) for run in contestants] for _ in range(rounds + 1)]
    return [max(found) for found in zip(*speeds[1:], strict=True)]  # the first round warms up


def _watch(lab: lab_page.Opened, seconds: float) -> dict[str, float]:
    """Let the page train from its start as a reader does; where it stands then."""
    lab.worker.evaluate("() => trainer.restart()")
    lab.press("Train")
    lab.page.wait_for_timeout(1000 * seconds)
    lab.pause()
    last = lab.trait("history")[-1]
    return {"step": last["step"], "loss": last["reconstruction"] + last["kl"], "named": last["named"]}
