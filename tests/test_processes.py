"""Several processes: three that share each batch end where one ends that has it all."""

import os
import subprocess
import sys

import torch
from safetensors.torch import load_file, save_file

import vaelab
from vaelab.data import ImageSet


def train():
    """66 pictures in batches of 32: the last batch is two pictures, and the third process goes without."""
    images = torch.randint(0, 256, (66, 1, 8, 8), generator=torch.Generator().manual_seed(1))
    model = vaelab.recipes.build("mayberay-digits-vae", image_shape=(1, 8, 8), hidden=32)
    images = ImageSet(images.to(torch.uint8))
    history = vaelab.fit(model, images, validation=images, epochs=3, batch_size=32, device="cpu")
    return model, history


def test_three_processes_match_one_on_the_same_total_batch(tmp_path):
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "3"]
    done = subprocess.run([*launch, __file__, str(tmp_path)], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    model, history = train()
    for rank in (0, 1, 2):
        other = load_file(tmp_path / f"{rank}.safetensors")
        torch.testing.assert_close(other["loss"], torch.tensor(history["loss"]), rtol=1e-5, atol=1e-4)
        for name, value in model.state_dict().items():
            torch.testing.assert_close(other[name], value, rtol=1e-4, atol=1e-5, msg=name)


if __name__ == "__main__":
    torch.set_num_threads(1)
    train()  # the second run in a process goes on with the group of the first
    model, history = train()
    assert os.environ["WORLD_SIZE"] == "3"
    state = {**model.state_dict(), "loss": torch.tensor(history["loss"])}
    save_file(state, f"{sys.argv[1]}/{os.environ['RANK']}.safetensors")
