"""`python -m benchmarks waits`: the times a reader waits for. Each is the best of three runs."""

import subprocess
import sys
import time
from collections.abc import Callable

import vaelab
from tools.whole import whole


def table() -> list[dict[str, object]]:
    """What, how much, in which unit."""
    return [
        _row("import vaelab", best_of(3, python("import vaelab")), "s"),
        _row("and what training needs", best_of(3, python("import vaelab; vaelab.fit")), "s"),
        _row("drawing portraits, 64x64", faces_per_second(), "faces/s"),
        _row(
            "an epoch of mayberay-digits-vae, 10,000 digits",
            epoch_seconds("mayberay-digits-vae", "digits", 10_000),
            "s",
        ),
        _row(
            "an epoch of small-portrait-vae, 1,000 portraits",
            epoch_seconds("small-portrait-vae", "portraits", 1_000),
            "s",
        ),
    ]


def _row(what: str, amount: float, unit: str) -> dict[str, object]:
    return {"what": what, "amount": f"{amount:.3g}", "unit": unit}


def best_of(runs: int, work: Callable[[], object]) -> float:
    """Seconds of the fastest run: the others measure what else the machine was doing."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def python(code: str) -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def faces_per_second(count: int = 500) -> float:
    return count / best_of(3, lambda: vaelab.load("portraits", size=64, n=count))


def epoch_seconds(recipe: str, data: str, count: int) -> float:
    model = vaelab.recipes.build(recipe)
    images = vaelab.load(data, size=model.image_shape[-1], n=count)
    return best_of(3, lambda: whole(vaelab.fit(model, images, epochs=1, batch_size=128)))
