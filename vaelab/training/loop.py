"""`fit`: the training loop of the course. `_Run._step` is one step of it, seen whole."""

import math
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from time import perf_counter

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from vaelab import nets, speed
from vaelab.data import ImageSet
from vaelab.data.arguments import switch
from vaelab.errors import DataError, ModelError, ShapeError, TrainingDivergedError
from vaelab.models import wrong_shape
from vaelab.progress import progress
from vaelab.training.checkpoints import Checkpoints, TrainingState
from vaelab.training.distributed import Processes
from vaelab.training.history import History, RunningMean, Terms, mean_terms
from vaelab.training.same_run import description
from vaelab.training.settings import Settings, batch_order, seed_of

_LOOK_EVERY = 0.2  # seconds between looks at the loss: each look makes a GPU wait
_AGREE_EVERY = 20  # steps between several processes' asking each other whether to stop


def fit(
    model: nn.Module,
    images: ImageSet | Tensor,
    *,
    epochs: int,
    batch_size: int = 128,
    lr: float = 1e-3,
    optimizer: Callable[..., torch.optim.Optimizer] | dict | None = None,
    schedule: str = "constant",
    kl_warm_up: float = 0.0,
    validation: ImageSet | Tensor | None = None,
    augment: Callable[[Tensor], Tensor] | None = None,
    seed: int = 0,
    device: str | torch.device | None = None,
    precision: str | None = None,
    channels_last: bool | None = None,
    keep_memory: bool = True,
    checkpoints: str | os.PathLike | Checkpoints | None = None,
    resume: bool = False,
    initial_epoch: int = 0,
    after_epoch: Callable[[int, History], None] | None = None,
) -> History:
    """Train `model` on `images` with Adam (Kingma and Ba, ICLR 2015) or another optimiser, in place.

    Interrupting (Ctrl-C, or the stop button) ends training after the step it is in, writes a checkpoint where
    these are wanted, and keeps what was learned; SIGTERM, or a terminal that is closed (SIGHUP), does the
    same and then ends the process. The same seed gives the same result on the same machine; PyTorch's own
    random state is left as it was. Started by `torchrun` in several processes (distributed data parallel),
    each takes its share of every batch.

    In a model in training mode, a part in evaluation mode stays so: its batch norm and dropout were frozen on
    purpose. A model that is itself in evaluation mode, as `fit` and `pretrained` leave it, is trained whole.

    Args:
        model: has `loss(x) -> dict` of scalar tensors, with "loss" the one to make small.
        images: what to learn from: an `ImageSet`, or a tensor (N, C, H, W), floats in [0, 1] or uint8. They
            move to the device whole where they fit.
        epochs: how many times to go through them, those before `initial_epoch` or a resume included.
        batch_size: images a step, over all processes; one left over at the end joins the batch before it. A
            batch that does not fit the memory goes through in parts, and a line says so.
        lr: the step size.
        optimizer: None for Adam; a dict of Adam's other settings, {"betas": (0.9, 0.99)}; or what makes
            another one, called as optimizer(parameters, lr=lr): `torch.optim.SGD`, or
            `functools.partial(torch.optim.AdamW, weight_decay=0.05, fused=True)`. One that is not fused makes
            a GPU wait at each step, because the loss is looked at before the weights are touched.
        schedule: "constant", or "cosine" to let the step size fall to 0 over all epochs.
        kl_warm_up: epochs over which `model.beta` climbs from 0 to its value, while a step is taken; for a
            VAE.
        validation: images to measure the same terms on after each epoch, in evaluation mode, at the model's
            own beta.
        augment: changes each batch before it is used, (B, C, H, W) in [0, 1], on the device.
        seed: of the batch order and of the draws from the posterior.
        device: "cpu", "cuda", ...; None takes `vaelab.device()`.
        precision: "fp32" or "bf16"; None lets a short probe choose, and a line says what it chose.
        channels_last: the memory layout; None lets the probe choose.
        keep_memory: on a CPU with Linux's usual allocator (glibc), freed memory stays with this process for
            the next step: faster, up to twice for large images, but for the whole process and until it ends,
            and with about a tenth more memory. False leaves the allocator alone. See `History.kept_memory`.
        checkpoints: a folder (or `Checkpoints`, to say how many stay) to write one to after each epoch and on
            interruption.
        resume: go on from the newest checkpoint there; on a CPU the result is the same, bit for bit, as
            without the break. Where there is none yet, training starts from the beginning. What the steps
            depend on must be as it was: model, pictures, augmentation (by its name) and the numbers above.
        initial_epoch: epochs the model has already had, where there is no checkpoint to know it.
        after_epoch: called as after_epoch(epoch, history), epochs counted from 1, to draw or log something.

    Returns:
        The `History`. The model stays on `device`, in evaluation mode, without gradients.

    Raises:
        ValueError: epochs, batch size, step size or another argument that cannot be (most are `DataError`);
            `resume` without `checkpoints`.
        DataError, PixelRangeError, ShapeError: pictures that are none, or do not fit the model.
        ModelError: a model without `loss`, a class instead of a model, or one of which no part can learn.
        CheckpointError: the folder holds another run, or (without `resume`) any run, or another training is
            at work in it, or it cannot be written to.
        TrainingDivergedError: the loss became NaN or infinite. On a step the weights are those before it; on
            `validation` those of an epoch of which no checkpoint is written.

    >>> model = vaelab.recipes.build("mayberay-digits-vae", hidden=8)
    >>> history = vaelab.fit(model, torch.zeros(64, 1, 28, 28), epochs=2, device="cpu")
    >>> len(history["loss"]), sorted(history.train[-1])
    (2, ['kl', 'loss', 'reconstruction'])
    """
    settings = Settings(epochs, batch_size, lr, schedule, kl_warm_up, seed, initial_epoch)
    _check_model(model)
    switch("channels_last", channels_last, (None,))  # type: ignore[arg-type]
    switch("keep_memory", keep_memory)
    switch("resume", resume)
    for name, function in {"augment": augment, "after_epoch": after_epoch}.items():
        if function is not None and not callable(function):
            raise DataError(f"{name} is a function, or None, not {function!r}.")
    images = _fitting(model, images)
    validation = validation if validation is None else _fitting(model, validation)
    if kl_warm_up and not hasattr(model, "beta"):
        raise ValueError("kl_warm_up is for a VAE: this model has no KL term whose weight could climb.")
    if resume and checkpoints is None:
        raise ValueError("resume=True goes on from a checkpoint: name their folder with checkpoints=...")
    if not (checkpoints is None or isinstance(checkpoints, Checkpoints)):
        checkpoints = Checkpoints(checkpoints)
    with _batch_norm_explained(), checkpoints.alone() if checkpoints else nullcontext():
        run = _Run(model, images, settings, optimizer, device)
        if checkpoints:
            run.keep_in(checkpoints, resume, validation, augment, precision, channels_last)
        with run.started(precision, channels_last, keep_memory):
            for epoch in range(run.state.epoch, epochs):
                run.train_epoch(augment)
                if run.history.interrupted:
                    break
                if validation is not None:
                    run.validate(validation)
                run.save()
                if after_epoch is not None:
                    after_epoch(epoch + 1, run.history)
    return run.history


class _Run:
    """One call of `fit`: model, pictures and optimiser on their device, and the training state.

    The arguments are those of `fit`, but for `store`, the checkpoints.
    """

    def __init__(self, model, images: ImageSet, settings: Settings, optimizer, device):
        self.processes = Processes(device)
        self.device = self.processes.device
        self.settings = settings
        self.frozen = [part for part in model.modules() if model.training and not part.training]
        self.model, self.images = model.to(self.device), images.resident(self.device)
        self.optimizer = _make(optimizer, model, settings.lr)
        self.steps = len(batch_order(len(images), settings.batch_size, seed=0, epoch=0))
        self.store: Checkpoints | None = None
        self._found: tuple[Path, TrainingState] | None = None
        self._begin_at(TrainingState({}, epoch=settings.initial_epoch))
        self._looked = 0.0
        self._broken = torch.zeros((), device=self.device)  # 1 once the loss was not a number
        self._unchecked: list[tuple[int, dict[str, Tensor]]] = []
        self._buffers: list[tuple[Tensor, Tensor]] = []  # each, and what it was after the last good step

    def _begin_at(self, state: TrainingState) -> None:
        if self.processes.rank > 0:
            state.terms = RunningMean()  # rank 0 goes on with those of all
        self.state, self.history = state, state.history
        self.history.device, self.history.interrupted = str(self.device), False
        self._seconds_before = self.history.seconds

    def keep_in(
        self, store: Checkpoints, resume: bool, validation, augment, precision, channels_last
    ) -> None:
        """Write checkpoints to `store`, and go on from the newest one there, if it is of this very run."""
        fixed = description(self.settings, self.model, self.optimizer, self.images, validation, augment)
        self.store, self._found = store, store.starting_point(resume, fixed, precision, channels_last)
        new = TrainingState(fixed, epoch=self.settings.initial_epoch)
        self._begin_at(self._found[1] if self._found else new)

    @property
    def done(self) -> int:
        """Steps taken, of all epochs."""
        return self.state.epoch * self.steps + self.state.step

    # ---- starting and ending ----

    @contextmanager
    def started(self, precision: str | None, channels_last: bool | None, keep_memory: bool) -> Iterator[None]:
        """All that holds while training, and is put back at its end."""
        self.processes.join()
        with nets.keeping_random_state(self.device):
            plan = self._plan(precision, channels_last, keep_memory)
            total = self.settings.epochs * self.steps
            self.bar = progress(total=total, initial=self.done, desc="Training", unit="step")
            with speed.applied(plan, self.model), self.bar:
                if self._found:
                    Checkpoints.restore(self._found[0], self.model, self.optimizer)
                    self._say(f"Going on from {self._found[0]}.")
                self.objective = self.processes.objective(self.model)
                self._clock = perf_counter()
                try:
                    with _Stopping() as self._stopping:
                        yield
                except KeyboardInterrupt:  # a second Ctrl-C, or one that came while no step was under way
                    self._interrupted()
                finally:
                    self._count_seconds()
                    self.model.eval()
                    self.optimizer.zero_grad()
                    self.processes.unseed(self.model)

    def _plan(self, precision: str | None, channels_last: bool | None, keep_memory: bool) -> speed.Plan:
        """A resumed run computes as it began; a new one as asked, or else as is fastest here."""
        on_cpu = self.device.type == "cpu"
        self.history.kept_memory = on_cpu and keep_memory and speed.keep_freed_memory()
        state = self.state
        if state.precision is None or state.channels_last is None:
            x = self.images.float(slice(0, self.settings.batch_size), self.device)
            steps = self.steps * (self.settings.epochs - state.epoch)
            plan = self.processes.agree(speed.choose(self.model, x, precision, channels_last, steps))
            state.precision, state.channels_last = plan.precision, plan.channels_last
            self.history.arithmetic = plan.reason
            if plan.reason:
                self._say(f"Arithmetic: {plan.reason}.")
        return speed.Plan(state.precision, state.channels_last)

    def _say(self, line: str) -> None:
        if self.processes.rank == 0:
            tqdm.write(line)  # above a bar, where there is one

    def _count_seconds(self) -> None:
        self.history.seconds = self._seconds_before + perf_counter() - self._clock

    # ---- an epoch, a step ----

    def train_epoch(self, augment: Callable[[Tensor], Tensor] | None) -> None:
        """The steps of one epoch that are still to be taken, or those until somebody asks to stop."""
        state, stopped = self.state, False
        order = batch_order(len(self.images), self.settings.batch_size, self.settings.seed, state.epoch)
        self.model.train()
        for part in self.frozen:
            part.training = False
        self._buffers = [(buffer, buffer.clone()) for buffer in self.model.buffers()]
        with self._warming_up():
            for step in range(state.step, len(order)):
                self._step(order[step], augment)
                if stopped := self._asked_to_stop(step):
                    break
        self._check()
        if stopped:
            self.history.interrupted = True
            state.terms = self.processes.together(state.terms)
            self.save()
            self._interrupted()  # after saving: the terminal that reads this may be what is gone
        else:
            self.history.train.append(self.processes.together(state.terms).value())
            state.epoch, state.step, state.terms = state.epoch + 1, 0, RunningMean()

    def _step(self, batch: Tensor, augment: Callable[[Tensor], Tensor] | None) -> None:
        """One step of the optimiser, on the pictures with the row numbers `batch`."""
        state, settings, processes = self.state, self.settings, self.processes
        self._set_pace(state.epoch + state.step / self.steps)
        processes.seed(self.model, len(batch), seed_of(settings.seed, "step", state.epoch, state.step))
        rows, counted = processes.share(batch)
        x = self.images.float(rows, self.device)
        x = _augmented(augment, x) if augment else x
        # The weight makes the mean of the processes' gradients that of the whole batch, short ones included.
        terms = self._gradients(x, counted * processes.world_size / len(batch))
        self._update(terms)
        state.terms.add(terms, counted)
        state.step += 1
        self._show()

    def _gradients(self, x: Tensor, weight: float) -> dict[str, Tensor]:
        """Gradients of the mean loss over `x`, and its terms; in more parts when memory runs out, said aloud.

        Several processes cannot cut a batch: the others would wait for a step that this one takes twice.
        """
        while True:
            self.optimizer.zero_grad()
            try:
                return self._add_up(x, weight)
            except (RuntimeError, MemoryError) as error:
                can_cut = self.state.parts < self._most_parts(x) and self.processes.world_size == 1
                if not speed.is_out_of_memory(error) or not can_cut:
                    raise
            # Outside the except block, which keeps the tensors of the failed step alive.
            self.state.parts = min(2 * self.state.parts, self._most_parts(x))
            if x.device.type == "cuda":
                torch.cuda.empty_cache()
            self._say(
                f"A batch of {len(x)} pictures does not fit the memory of {x.device}: it now goes through in "
                f"{self.state.parts} parts, whose gradients are added up. Batch norm sees a part at a time."
            )

    def _most_parts(self, x: Tensor) -> int:
        """A part holds at least one picture; two where batch norm needs a spread."""
        norm = any(isinstance(part, nn.modules.batchnorm._BatchNorm) for part in self.model.modules())
        return max(1, len(x) // (2 if norm else 1))

    def _add_up(self, x: Tensor, weight: float) -> dict[str, Tensor]:
        sums: dict[str, Tensor] = {}
        for part in x.tensor_split(min(self.state.parts, self._most_parts(x))):
            share = len(part) / len(x)
            terms = self.objective(part)
            (terms["loss"] * (share * weight)).backward()
            for name, value in terms.items():
                sums[name] = sums.get(name, 0.0) + value.detach() * share
        return sums

    def _update(self, terms: dict[str, Tensor]) -> None:
        """Let the optimiser change the weights, unless the loss is not a number.

        A fused optimiser has PyTorch's hook for loss scaling (`torch.amp.GradScaler` uses it): where
        `found_inf` is not 0 it leaves the weights alone, and does so on the device, so that nobody waits.
        For the others the loss is looked at first. Buffers, such as the averages of batch norm, have been
        changed by the forward pass: what they were is kept until it is sure that the loss is a number.
        """
        self._broken += self.processes.sum((~torch.isfinite(terms["loss"])).float())
        self._broken.clamp_(max=1)  # a fused step takes any other number for a good one
        broken = self._broken > 0
        for now, kept in self._buffers:
            torch.where(broken, kept, now, out=kept)
        self._unchecked.append((self.done + 1, terms))
        if getattr(self.optimizer, "_step_supports_amp_scaling", False):
            self.optimizer.found_inf = self._broken  # type: ignore[attr-defined]
        else:
            self._check()
        self.optimizer.step()

    def _check(self) -> None:
        """Raise TrainingDivergedError if the loss of a step since the last check was not a number.

        This makes a GPU wait, so it is not done at every step.
        """
        unchecked, self._unchecked = self._unchecked, []
        if not self._broken:
            return
        for now, kept in self._buffers:
            now.copy_(kept)
        for number, terms in unchecked:
            if not torch.isfinite(terms["loss"]):
                raise TrainingDivergedError(_diverged(number, terms, self.settings.lr))
        raise TrainingDivergedError("Training stopped: the loss became NaN or infinite in another process.")

    def _set_pace(self, epochs_done: float) -> None:
        """Step size and weight of the KL term for this step."""
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"] * self.settings.step_size_factor(epochs_done)
        if self.settings.kl_warm_up:
            self.model.beta = self.settings.kl_weight(self._beta, epochs_done)

    @contextmanager
    def _warming_up(self) -> Iterator[None]:
        """The KL term's weight changes while steps are taken; around them beta is the model's own."""
        if self.settings.kl_warm_up:
            self._beta = self.model.beta
        try:
            yield
        finally:
            if self.settings.kl_warm_up:
                self.model.beta = self._beta

    def _show(self) -> None:
        """Move the bar; from time to time look at the loss."""
        self.bar.update()
        if perf_counter() - self._looked > _LOOK_EVERY:
            self._check()
            shown = {name: f"{value:.4g}" for name, value in self.state.terms.value().items()}
            self.bar.set_postfix(epoch=self.state.epoch + 1, **shown)
            self._looked = perf_counter()

    def _asked_to_stop(self, step: int) -> bool:
        """Several processes must stop after the same step, and asking one another takes time."""
        asked = self._stopping.signal is not None
        if self.processes.world_size == 1:
            return asked
        return step % _AGREE_EVERY == 0 and self.processes.any(asked)

    def _interrupted(self) -> None:
        self.history.interrupted = True
        total = self.settings.epochs * self.steps
        self._say(f"Interrupted after step {self.done} of {total}: the model keeps what it has learned.")

    # ---- after an epoch ----

    def validate(self, validation: ImageSet) -> None:
        """Measure the loss terms on `validation`, with draws that depend on the epoch alone."""
        self.processes.unseed(self.model)
        nets.seed(seed_of(self.settings.seed, "validation", self.state.epoch), self.device)
        terms = mean_terms(self.model, validation, self.settings.batch_size)
        if not math.isfinite(terms["loss"]):  # the last step may be the one that went too far
            raise TrainingDivergedError(_diverged_after(self.state.epoch, terms, self.settings.lr))
        self.history.validation.append(terms)

    def save(self) -> None:
        """Write a checkpoint, where these are wanted."""
        self._count_seconds()
        if self.store and self.processes.rank == 0:
            self.store.save(self.model, self.optimizer, self.state)


class _Stopping:
    """Signals wait while this is open: they are noted instead of tearing a step apart.

    A step that is cut in half would leave weights and optimiser at odds. A second Ctrl-C does not wait. Any
    signal but Ctrl-C is delivered once more on leaving, after everything was saved, so that the process ends
    as its sender meant: a batch system (SIGTERM), or a terminal that was closed (SIGHUP). What is ignored, as
    under `nohup`, stays ignored. Outside the main thread, where Python allows no handlers, signals act as
    always.
    """

    _NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # the third is not on Windows, the last only there

    def __init__(self):
        self.signal: signal.Signals | None = None
        self._before: dict = {}

    def __enter__(self) -> "_Stopping":
        if threading.current_thread() is threading.main_thread():
            for number in (getattr(signal, name) for name in self._NAMES if hasattr(signal, name)):
                if signal.getsignal(number) not in (signal.SIG_IGN, None):  # None: not Python's to give back
                    self._before[number] = signal.signal(number, self._note)
        return self

    def _note(self, number, frame) -> None:
        if number == signal.SIGINT and self.signal is not None:
            raise KeyboardInterrupt
        self.signal = signal.Signals(number)

    def __exit__(self, *error) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self.signal not in (None, signal.SIGINT):
            signal.raise_signal(self.signal)


def _check_model(model) -> None:
    if isinstance(model, type):
        raise ModelError(
            f"fit needs a model, not its class: make one, {model.__name__}(...), or build a recipe."
        )
    if not callable(getattr(model, "loss", None)):
        raise ModelError(f"fit needs a model with loss(x) -> dict; {type(model).__name__} has none.")
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ModelError("Nothing in this model can learn: model.requires_grad_(True) lets all of it.")


def _augmented(augment: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    changed = augment(x)
    if not isinstance(changed, Tensor):
        raise DataError(f"augment returns the batch that it made, a tensor; not {changed!r}.")
    return changed


def _fitting(model: nn.Module, images: ImageSet | Tensor) -> ImageSet:
    """Pictures as an ImageSet. Raises DataError or ShapeError where they and the model do not fit."""
    images = ImageSet.some(images)
    expected = getattr(model, "image_shape", images.shape)
    if images.shape != expected:
        raise ShapeError(wrong_shape(images.images.shape, expected))
    return images


@contextmanager
def _batch_norm_explained() -> Iterator[None]:
    """PyTorch's word on a batch of one picture, with what to do about it."""
    try:
        yield
    except ValueError as error:
        if "more than 1 value per channel" not in str(error):
            raise
        raise DataError(
            "Batch norm divides by the spread of a batch, and one picture may have none. Train "
            "on more pictures, with a larger batch_size, or on fewer processes."
        ) from error


def _make(optimizer, model: nn.Module, lr: float) -> torch.optim.Optimizer:
    """The optimiser that was asked for; each group of weights remembers the step size it begins with."""

    def adam(parameters, lr: float) -> torch.optim.Optimizer:
        return torch.optim.Adam(parameters, **{"lr": lr, "fused": True, **(optimizer or {})})

    make = adam if optimizer is None or isinstance(optimizer, dict) else optimizer
    try:
        made = make(model.parameters(), lr=lr)
        for group in made.param_groups:
            group.setdefault("initial_lr", group["lr"])
    except (TypeError, ValueError, AttributeError) as error:
        raise DataError(
            "optimizer is None, for Adam; a dict of Adam's settings; or what makes another: torch.optim.SGD. "
            f"With {optimizer!r} that fails: {error}"
        ) from error
    return made


def _diverged_after(epoch: int, terms: Terms, lr: float) -> str:
    return (
        f"Training stopped after epoch {epoch}: on the validation pictures {_values(terms)}. The weights of "
        "this epoch are of no use, and no checkpoint of it was written. A smaller step size than "
        f"lr={lr:g} usually helps."
    )


def _values(terms: Mapping[str, Tensor | float]) -> str:
    return ", ".join(f"{name} = {float(value):.4g}" for name, value in terms.items())


def _diverged(number: int, terms: dict[str, Tensor], lr: float) -> str:
    sigmoid = " At step 1 the decoder may lack its nets.Sigmoid(), too." if number == 1 else ""
    return (
        f"Training stopped at step {number}: {_values(terms)}. The weights are those before this step. A "
        f"smaller step size than lr={lr:g} usually helps; so does a look at log_var, whose exponential "
        f"overflows first.{sigmoid}"
    )
