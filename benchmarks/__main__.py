"""`make bench`: the times a reader waits for, on this machine. Each is the best of three runs."""

import subprocess
import sys
import time
from collections.abc import Callable

import vaelab


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
    return best_of(3, lambda: vaelab.fit(model, images, epochs=1, batch_size=128))


def main() -> None:
    print(vaelab.device_summary())
    print(f"{best_of(3, python('import vaelab')):8.2f} s        import vaelab")
    print(f"{best_of(3, python('import vaelab; vaelab.fit')):8.2f} s        and what training needs")
    print(f"{faces_per_second():8.0f} faces/s  drawing portraits at 64 x 64")
    for recipe, data, count in (
        ("mayberay-digits-vae", "digits", 10_000),
        ("portrait-vae", "portraits", 1_000),
    ):
        print(f"{epoch_seconds(recipe, data, count):8.2f} s        one epoch of {recipe}, {count:,} pictures")


if __name__ == "__main__":
    main()
