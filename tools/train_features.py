"""Train the network behind `evaluation.portrait_features()` and write its weights and card.

    python -m tools.train_features

Everything is drawn from the seed, so anyone gets the same weights up to rounding.
"""

import argparse
import json
import math
import platform
import time
from functools import partial
from pathlib import Path

import torch
from safetensors.torch import save_file
from sklearn.metrics import balanced_accuracy_score
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.transforms.v2.functional import gaussian_blur

from vaelab.data import portraits
from vaelab.evaluation.features import WEIGHTS, PortraitFeatures, load_features
from vaelab.files import written_whole
from vaelab.progress import progress

TRAIN, TEST, SHUFFLED = 0, 2**41, 2**20  # where the stretches of faces start
BLURS = (0.0, 1.0, 2.0)  # standard deviations in pixels, for the test
# Besides attributes the features carry these numbers, so that a distance sees pose, light and colours too.
MEASURED = (
    *("position_x", "position_y", "scale", "tilt", "turn", "light_side"),
    *("backdrop_saturation", "backdrop_brightness", "skin_tone", "skin_warmth", "age", "face_width"),
    *("brow_thickness", "brow_height", "smile", "mouth_open", "hair_lightness", "hair_length"),
)


def draw(n: int, start: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Faces, half as usual and half with every factor shuffled: images, attributes, measured numbers."""
    usual = portraits.draw_factors(torch.arange(start, start + n // 2), seed)
    other = portraits.draw_factors(torch.arange(start + SHUFFLED, start + SHUFFLED + n - n // 2), seed)
    generator = torch.Generator().manual_seed(seed)
    other = {name: v[torch.randperm(len(v), generator=generator)] for name, v in other.items()}
    factors = {name: torch.cat([usual[name], other[name]]) for name in usual}
    hue = 2 * math.pi * factors["backdrop_hue"]
    strength = factors["backdrop_saturation"]
    numbers = [factors[name] for name in MEASURED] + [strength * hue.sin(), strength * hue.cos()]
    return portraits.render(factors), portraits.attributes(factors), torch.stack(numbers, 1)


def spoil(x: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """A batch with half of it blurred or noisy, and by how much: (x, (B, 2) blur and noise)."""
    uniform = partial(torch.rand, generator=generator)
    parts, levels = [], []
    for part, (blurred, noisy) in zip(x.chunk(4), ((0, 0), (0, 0), (1, 0), (1, 1)), strict=True):
        sigma, noise = blurred * (0.3 + 2.2 * uniform(1).item()), noisy * 0.06 * uniform(1).item()
        if blurred:
            part = gaussian_blur(part, [2 * math.ceil(2 * sigma) + 1] * 2, [sigma] * 2)
        if noisy:
            part = part + noise * torch.randn(part.shape, generator=generator)
        parts.append(part.clamp(0, 1))
        levels.append(torch.tensor([[sigma / 2, noise / 0.05]]).expand(len(part), 2))
    return torch.cat(parts), torch.cat(levels)


def train(images: Tensor, attributes: Tensor, numbers: Tensor, epochs: int, seed: int) -> PortraitFeatures:
    """Adam with a one-cycle step size on cross-entropy of attributes + squared error of numbers."""
    torch.manual_seed(seed)
    model = PortraitFeatures(portraits.ATTRIBUTE_NAMES).to(memory_format=torch.channels_last)
    to_numbers = nn.Linear(model.feature_dim, numbers.shape[1] + 2)  # with blur and noise; not kept
    parameters = [*model.parameters(), *to_numbers.parameters()]
    batch_size = 128
    steps = epochs * (len(images) // batch_size)
    optimizer = torch.optim.AdamW(parameters, lr=3e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    numbers = (numbers - numbers.mean(0)) / numbers.std(0)
    generator = torch.Generator().manual_seed(seed)
    with progress(total=steps, desc="Training") as bar:
        for _ in range(epochs):
            order = torch.randperm(len(images), generator=generator)
            for index in order[: len(order) // batch_size * batch_size].split(batch_size):
                x, levels = spoil(images[index].float() / 255, generator)
                features = model(x.contiguous(memory_format=torch.channels_last))
                judged = model.to_attributes(features)
                loss = F.binary_cross_entropy_with_logits(judged, attributes[index].float())
                target = torch.cat([numbers[index], levels], 1)
                loss = loss + 0.3 * F.mse_loss(to_numbers(features), target)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                bar.update()
                if bar.n % 20 == 0:
                    bar.set_postfix(loss=f"{loss.item():.3f}")
    return model.eval()


def accuracies(model: PortraitFeatures, images: Tensor, attributes: Tensor, sigma: float) -> dict[str, float]:
    """Balanced accuracy of each attribute on faces blurred by `sigma` pixels."""
    x = images.float() / 255
    x = gaussian_blur(x, [2 * math.ceil(3 * sigma) + 1] * 2, [sigma] * 2) if sigma else x
    seen = torch.cat([model.attributes(part) for part in x.split(250)]) > 0.5
    return {
        name: round(balanced_accuracy_score(attributes[:, i], seen[:, i]), 3)
        for i, name in enumerate(model.attribute_names)
    }


def save(model: PortraitFeatures, path: Path) -> None:
    """Weights in 16 bits, with the names of the attributes."""
    weights = {name: v.half() if v.is_floating_point() else v for name, v in model.state_dict().items()}
    weights = {name: v.contiguous() for name, v in weights.items()}
    with written_whole(path) as temporary:
        save_file(weights, temporary, metadata={"attribute_names": json.dumps(model.attribute_names)})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=20_000, help="faces to learn from")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="the .safetensors file to write")
    chosen = parser.parse_args()
    start, busy = time.perf_counter(), time.process_time()
    model = train(*draw(chosen.n, TRAIN, chosen.seed), chosen.epochs, chosen.seed)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - busy
    save(model, chosen.out)
    model = load_features(chosen.out)  # what is judged is what is shipped, rounded to 16 bits
    images, attributes, _ = draw(4_000, TEST, chosen.seed)
    halves = {"usual faces": slice(2_000), "shuffled factors": slice(2_000, None)}
    card = {
        "name": "portrait-features",
        "what": "attributes of drawn portraits, and 64 features for distances; knows nothing of photographs",
        "data": f"{chosen.n} drawn portraits at 64x64, half of them with every factor shuffled; while "
        "training half of each batch is blurred (sigma up to 2.5 pixels), a quarter noisy",
        "seed": chosen.seed,
        "command": f"python -m tools.train_features --n {chosen.n} --epochs {chosen.epochs} "
        f"--seed {chosen.seed}",
        "hardware": f"{platform.machine()} processor, {torch.get_num_threads()} thread(s), "
        f"PyTorch {torch.__version__.split('+')[0]}",
        "seconds": round(seconds),
        "processor seconds": round(cpu_seconds),
        "parameters": sum(p.numel() for p in model.parameters()),
        "balanced accuracy": {
            f"{half}, blurred by {sigma:g} pixels" if sigma else half: accuracies(
                model, images[rows], attributes[rows], sigma
            )
            for half, rows in halves.items()
            for sigma in BLURS
        },
    }
    chosen.out.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(card, indent=1))


if __name__ == "__main__":
    main()
