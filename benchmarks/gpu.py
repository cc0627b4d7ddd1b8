"""`python -m benchmarks.gpu`: how well training uses a GPU.

    python -m benchmarks.gpu                             # 202,599 pictures of 64x64, 10 epochs, as CelebA has
    python -m benchmarks.gpu --recipe tds-face-vae --batch-size 512
    python -m benchmarks.gpu --smoke                     # a few pictures on the CPU: to see that it runs

Reported: images a second, seconds for all epochs, the GPU's utilisation (the driver's figure, sampled while
training), and two fractions of what the hardware allows, both measured on the same GPU just before:

- **matrix**: multiplications and additions of the layers, against a large matrix product in the same
  arithmetic (on a GPU, TF32 for float32, as its convolutions compute);
- **memory**: bytes that the operations read and write if each goes to memory by itself, against copying a
  large tensor. Caches make some of that traffic unnecessary, so that this can come out too high.

The one near 100 % is what holds training back.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import vaelab
from benchmarks import machine, tables
from benchmarks.training import gigaflops
from tools.whole import whole
from vaelab import recipes, speed
from vaelab.data.celeba import COUNT as CELEBA


def table(
    recipe: str,
    device: str,
    pictures: int,
    size: int,
    epochs: int,
    batch_size: int,
    distinct: int,
    precision: str | None = None,
) -> list[dict[str, object]]:
    """One row: a training run of `epochs` on `pictures` drawn faces, of which `distinct` differ."""
    model = recipes.build(recipe, image_shape=(3, size, size)).to(device)
    drawn = vaelab.load("portraits", size=size, n=distinct).images
    images = vaelab.ImageSet(drawn.repeat(-(-pictures // distinct), 1, 1, 1)[:pictures])
    x = images.float(slice(0, batch_size), device)
    steps = epochs * -(-pictures // batch_size)
    plan = speed.choose(model, x, precision, steps=steps)
    with speed.applied(plan, model):
        moved = traffic(model, x) / len(x)
    large = 8192 if device == "cuda" else 1024
    tf32 = torch.backends.cudnn.allow_tf32
    matrix = machine.matrix_rate(speed.PRECISIONS[plan.precision], device, large, tf32=tf32)
    memory = copy_rate(device)
    del x
    machine.forget_peak_memory()  # the probes' own

    with Utilisation() as utilisation:
        start = time.perf_counter()
        chosen = {"precision": plan.precision, "channels_last": plan.channels_last}
        whole(vaelab.fit(model, images, epochs=epochs, batch_size=batch_size, device=device, **chosen))
        seconds = time.perf_counter() - start
    rate = epochs * pictures / seconds
    work = gigaflops(model.cpu())
    return [
        {
            "network": f"{recipe} {size}",
            "pictures": pictures,
            "epochs": epochs,
            "batch": batch_size,
            "arithmetic": str(plan),
            "seconds": round(seconds, 1),
            "images/s": round(rate),
            "utilisation": utilisation.mean(),
            "GFLOP/s": round(rate * work),
            "of matrix rate": f"{rate * work / matrix:.0%}",
            "GB/s": round(rate * moved / 1e9),
            "of memory rate": f"{rate * moved / 1e9 / memory:.0%}",
            "peak MB": round(machine.peak_memory_mb(device)),
        }
    ]


class _Traffic(TorchDispatchMode):
    """Adds up the bytes of every operation's inputs and outputs, views left out."""

    def __init__(self):
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if not func.is_view:
            tensors = [t for t in tree_leaves((args, kwargs, result)) if isinstance(t, torch.Tensor)]
            self.bytes += sum(t.numel() * t.element_size() for t in tensors)
        return result


def traffic(model: nn.Module, x: torch.Tensor) -> int:
    """Bytes read and written by a forward and backward pass on `x`, each operation on its own."""
    with _Traffic() as counter:
        model.loss(x)["loss"].backward()
    model.zero_grad()
    return counter.bytes


def copy_rate(device: str, megabytes: int = 512) -> float:
    """GB/s read and written while copying a large tensor on the device."""
    source = torch.zeros(megabytes * 2**20, dtype=torch.uint8, device=device)
    target, best = torch.empty_like(source), float("inf")
    for _ in range(5):
        start = time.perf_counter()
        target.copy_(source)
        if source.is_cuda:
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - start)
    return 2 * source.numel() / best / 1e9


class Utilisation:
    """Samples nvidia-smi's utilisation of the GPU while the `with` block runs."""

    def __enter__(self):
        self._samples, self._ended = [], False
        self._thread = ThreadPoolExecutor(1)
        self._sampling = self._thread.submit(self._sample) if shutil.which("nvidia-smi") else None
        return self

    def __exit__(self, *error):
        self._ended = True
        self._thread.shutdown()

    def _sample(self) -> None:
        command = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
        while not self._ended:
            answer = subprocess.run(command, capture_output=True, text=True).stdout.split()
            if answer and answer[0].isdigit():
                self._samples.append(int(answer[0]))
            time.sleep(0.5)

    def mean(self) -> str:
        return f"{statistics.mean(self._samples):.0f}%" if self._samples else "unknown"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--recipe", default="small-portrait-vae", choices=recipes.RECIPES)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--pictures", type=int, default=CELEBA)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=512)
    parser.add_argument("--smoke", action="store_true", help="a tiny run on the CPU")
    chosen = parser.parse_args()
    run = {"recipe": chosen.recipe, "size": chosen.size, "epochs": chosen.epochs}
    if chosen.smoke:
        run |= {"device": "cpu", "pictures": 96, "epochs": 1, "batch_size": 32, "distinct": 32}
    elif not torch.cuda.is_available():
        sys.exit(
            "There is no CUDA GPU on this machine, and on a CPU this run would take hours. "
            "`python -m benchmarks` measures a CPU; --smoke only shows that this command runs."
        )
    else:
        run |= {"device": "cuda", "pictures": chosen.pictures, "batch_size": chosen.batch_size}
        run |= {"distinct": min(2_000, chosen.pictures)}
    described = machine.describe()
    print(machine.in_words(described))
    rows = table(**run)
    print(tables.markdown(rows))
    if not chosen.smoke:
        print(tables.save("gpu", described, rows))


if __name__ == "__main__":
    main()
