"""`fit`: the training loop of the course. What it calls lies in the files beside it."""

import os
from collections.abc import Callable

import torch
from torch import Tensor, nn

from vaelab.data import ImageSet
from vaelab.training.checkpoints import Checkpoints
from vaelab.training.draws import batch_order
from vaelab.training.history import History
from vaelab.training.options import Options, check_images
from vaelab.training.run import Run
from vaelab.training.terms import RunningMean


def fit(
    model: nn.Module,
    images: ImageSet,
    *,
    epochs: int,
    batch_size: int = 128,
    lr: float = 1e-3,
    schedule: str = "constant",
    kl_warm_up: float = 0.0,
    validation: ImageSet | None = None,
    augment: Callable[[Tensor], Tensor] | None = None,
    seed: int = 0,
    device: str | torch.device | None = None,
    precision: str | None = None,
    channels_last: bool | None = None,
    checkpoints: str | os.PathLike | Checkpoints | None = None,
    resume: bool = False,
    initial_epoch: int = 0,
    after_epoch: Callable[[int, History], None] | None = None,
) -> History:
    """Train `model` on `images` with Adam (Kingma and Ba, ICLR 2015), in place.

    Interrupting (Ctrl-C, or the stop button) ends training after the step it is in, writes a checkpoint where
    these are wanted, and keeps what was learned; SIGTERM does the same and then ends the process. The same
    seed gives the same result on the same machine; PyTorch's own random state is left as it was. Started by
    `accelerate launch` in several processes, each takes its share of every batch.

    Args:
        model: has `loss(x) -> dict` of scalar tensors, with "loss" the one to make small.
        images: what to learn from. They move to the device whole where they fit.
        epochs: how many times to go through them, those before `initial_epoch` or a resume included.
        batch_size: images a step, over all processes. A batch that does not fit the memory goes through in
            parts, and a line says so.
        lr: Adam's step size.
        schedule: "constant", or "cosine" to let the step size fall to 0 over all epochs.
        kl_warm_up: epochs over which `model.beta` climbs from 0 to its value; for a VAE.
        validation: images to measure the same terms on after each epoch, in evaluation mode.
        augment: changes each batch before it is used, (B, C, H, W) in [0, 1], on the device.
        seed: of the batch order and of the draws from the posterior.
        device: "cpu", "cuda", ...; None takes `vaelab.device()`.
        precision: "fp32" or "bf16"; None lets a short probe choose, and a line says what it chose.
        channels_last: the memory layout; None lets the probe choose.
        checkpoints: a folder (or `Checkpoints`, to say how many stay) to write one to after each epoch and on
            interruption.
        resume: go on from the newest checkpoint there; on a CPU the result is the same, bit for bit, as
            without the break. Where there is none yet, training starts from the beginning.
        initial_epoch: epochs the model has already had, where there is no checkpoint to know it.
        after_epoch: called as after_epoch(epoch, history), epochs counted from 1, to draw or log something.

    Returns:
        The `History`. The model stays on `device`, in evaluation mode.

    Raises:
        ValueError: epochs, batch size, step size or another number out of range.
        DataError, ShapeError: pictures that do not fit the model.
        CheckpointError: the folder holds another run, or (without `resume`) any run.
        TrainingDivergedError: the loss became NaN or infinite; the weights are those before that step.
    """
    options = Options(epochs, batch_size, lr, schedule, kl_warm_up, seed, initial_epoch)
    check_images(model, images, validation, kl_warm_up)
    run = Run(model, images, options, device, Checkpoints.of(checkpoints), resume)
    with run.started(precision, channels_last):
        for epoch in range(run.position.epoch, epochs):
            _train_epoch(run, epoch, augment)
            if run.history.interrupted:
                break
            if validation is not None:
                run.validate(validation)
            run.save()
            if after_epoch is not None:
                after_epoch(epoch + 1, run.history)
    return run.history


def _train_epoch(run: Run, epoch: int, augment: Callable[[Tensor], Tensor] | None) -> None:
    """The steps of one epoch that are still to be taken."""
    order = batch_order(len(run.images), run.options.batch_size, run.options.seed, epoch)
    running = RunningMean(run.position.sums, run.position.count)
    run.model.train()
    for step in range(run.position.step, len(order)):
        run.set_pace(epoch, step)
        run.share.seed(run.model, order[step], run.options.seed, "step", epoch, step)
        rows, counted = run.share.rows(order[step])
        x = run.images.float(rows, run.device)
        terms = run.stepper.step(augment(x) if augment else x, run.share.weight(counted, order[step]))
        running.add(terms, counted)
        run.show(running)
        if run.asked_to_stop(step):
            run.pause(step + 1, running)
            return
    run.finish_epoch(running)
