"""What of the portraits can be seen: toggle size, what a small network reads, and drawing speed.

    python benchmarks/portraits.py                # the whole table, a few minutes on one core
    python benchmarks/portraits.py --no-network   # toggles, rates and speed only

For each factor: the mean squared difference (pixels in [0, 1], whole picture) between the same faces drawn
with the factor at its low and at its high end. Below 0.0005 a small VAE has no reason to keep it.
For each attribute: how often it holds, the same difference for switching it, and the balanced
accuracy of a small convolutional network on faces it has not seen. Below 0.9 the label cannot be
trusted to mean something in the picture.
"""

import argparse
import time

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vaelab.data import portraits

TEST_START = 2**41  # far from the training faces

# Factors that only show on people who wear the thing.
NEEDS = {
    "glasses_shape": ["glasses"],
    "glasses_colour": ["glasses"],
    "beard_width": ["beard"],
    "hat_hue": ["hat"],
}


def difference(a: dict[str, Tensor], b: dict[str, Tensor], size: int = 64) -> float:
    """Mean squared difference between the faces drawn from two sets of factors."""
    a, b = portraits.render(a, size).float() / 255, portraits.render(b, size).float() / 255
    return F.mse_loss(a, b).item()


def swing(factors: dict[str, Tensor], name: str) -> float:
    """`difference` between one factor at its low and at its high end."""
    low, high = portraits.FACTORS[name].low, portraits.FACTORS[name].high
    if name.endswith("hue"):
        high = 0.5  # a hue comes round to where it began: its far end is half way
    shown = factors | {needed: torch.ones_like(factors[name]) for needed in NEEDS.get(name, ())}
    return difference(*[shown | {name: torch.full_like(factors[name], v)} for v in (low, high)])


def toggle(factors: dict[str, Tensor], name: str) -> float:
    """`difference` between an attribute switched on and off."""
    on = portraits.switch(factors, name, True)
    return difference(on, portraits.switch(on, name, False))


def small_network(outputs: int) -> nn.Module:
    def block(i, o):
        return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU(), nn.MaxPool2d(2))

    layers = [block(3, 16), block(16, 32), block(32, 48), block(48, 64), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(64 * 16, 96), nn.ReLU(), nn.Dropout(0.3), nn.Linear(96, outputs))


def balanced_accuracy(count: int, epochs: int) -> Tensor:
    """Balanced accuracy of a small network for each attribute, on fresh faces."""
    torch.manual_seed(0)
    images, targets = _faces(0, count)
    network = small_network(targets.shape[1])
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-2)
    rate = targets.float().mean(0)
    weights = torch.where(targets, 0.5 / rate, 0.5 / (1 - rate))  # both answers count alike
    steps = epochs * -(-count // 64)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    for _ in range(epochs):
        for index in torch.randperm(count).split(64):
            logits = network(images[index].float() / 127.5 - 1)
            loss = F.binary_cross_entropy_with_logits(logits, targets[index].float(), weights[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    images, targets = _faces(TEST_START, 3000)
    network.eval()
    with torch.no_grad():
        found = torch.cat([network(batch.float() / 127.5 - 1) > 0 for batch in images.split(256)])
    hits = (found & targets).sum(0) / targets.sum(0)
    passes = (~found & ~targets).sum(0) / (~targets).sum(0)
    return (hits + passes) / 2


def _faces(start: int, count: int) -> tuple[Tensor, Tensor]:
    factors = portraits.draw_factors(torch.arange(start, start + count), seed=0)
    return portraits.render(factors, 64), portraits.attributes(factors)


def faces_per_second(size: int, count: int) -> float:
    """Faces drawn in a second of processor time (all threads together)."""
    factors = portraits.draw_factors(torch.arange(count), seed=1)
    portraits.render({name: values[:16] for name, values in factors.items()}, size)
    start = time.process_time()
    portraits.render(factors, size)
    return count / (time.process_time() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--no-network", action="store_true", help="skip the small network (the slow part)")
    parser.add_argument("--faces", type=int, default=10_000, help="faces the network learns from")
    parser.add_argument("--epochs", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(1)

    factors = portraits.draw_factors(torch.arange(TEST_START, TEST_START + 256), seed=0)
    print(f"{'factor':22}{'low to high':>12}")
    for name in portraits.FACTORS:
        print(f"{name:22}{swing(factors, name):12.5f}", flush=True)

    rates = portraits.attributes(portraits.draw_factors(torch.arange(20_000), seed=0)).float().mean(0)
    accuracy = [None] * len(rates) if options.no_network else balanced_accuracy(options.faces, options.epochs)
    print(f"\n{'attribute':22}{'rate':>8}{'toggle':>10}{'accuracy':>10}")
    for name, rate, correct in zip(portraits.ATTRIBUTE_NAMES, rates, accuracy, strict=True):
        read = "" if correct is None else f"{correct:10.3f}"
        print(f"{name:22}{rate:8.3f}{toggle(factors, name):10.5f}{read}")

    print("\nfaces a second of processor time, one thread")
    for size, count in ((32, 1024), (64, 512), (128, 128), (256, 32)):
        print(f"  {size:3} px: {faces_per_second(size, count):6.0f}")


if __name__ == "__main__":
    main()
