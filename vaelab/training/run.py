"""One call of `fit`: what it is made of, how it starts, stands, pauses and ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

import torch
from torch import nn
from tqdm.auto import tqdm

from vaelab import speed
from vaelab.data import ImageSet
from vaelab.progress import progress
from vaelab.training.checkpoints import Position
from vaelab.training.draws import own_random_state, seed_of
from vaelab.training.options import Options
from vaelab.training.schedules import step_size, warmed_up
from vaelab.training.share import Share
from vaelab.training.steps import Objective, Stepper
from vaelab.training.stopping import Stopping
from vaelab.training.terms import RunningMean, mean_terms

_LOOK_EVERY = 0.2  # seconds between looks at the loss: each look makes a GPU wait
_AGREE_EVERY = 20  # steps between several processes' asking each other whether to stop


class Run:
    """Model, images and optimizer on their device, and the position in the run.

    Args:
        model, images, options: as given to `fit`.
        device: as given to `fit`.
        store: where checkpoints go, or None.
        resume: whether to start from the newest of them.
    """

    def __init__(self, model: nn.Module, images: ImageSet, options: Options, device, store, resume: bool):
        self.share = Share(device)
        self.device = self.share.device
        self.options, self.store = options, store
        start = Position(options.fixed(model, images), epoch=options.initial_epoch)
        self._found = store.starting_point(resume, start.settings) if store else None
        self.position = self._found[1] if self._found else start
        self.history = self.position.history
        self.history.device, self.history.interrupted = str(self.device), False
        self.model, self.images = model.to(self.device), images.resident(self.device)
        self.optimizer = torch.optim.Adam(model.parameters(), lr=options.lr, fused=True)
        self.steps = options.steps_per_epoch(images)
        self._done = self.position.epoch * self.steps + self.position.step
        self._beta = getattr(model, "beta", None)
        self._seconds_before, self._looked = self.history.seconds, 0.0

    @contextmanager
    def started(self, precision: str | None, channels_last: bool | None) -> Iterator[None]:
        """All that holds while training, and is put back at its end."""
        plan = self._plan(precision, channels_last)
        self._clock = perf_counter()
        with own_random_state(self.device), speed.applied(plan, self.model), self._bar() as self.bar:
            if self._found:
                self.store.restore(self._found[0], self.model, self.optimizer)
                self._say(f"Going on from {self._found[0]}.")
            objective = self.share.accelerator.prepare(Objective(self.model))
            self.stepper = Stepper(objective, self.optimizer, self.share, self.position, self.options.lr)
            try:
                with Stopping() as self._stopping:
                    yield
            except KeyboardInterrupt:  # a second Ctrl-C, or one that came while no step was under way
                self._interrupted()
            finally:
                self._put_back()

    def _plan(self, precision: str | None, channels_last: bool | None) -> speed.Plan:
        """A resumed run computes as it began; a new one as asked, or else as is fastest here."""
        if self.device.type == "cpu":
            speed.keep_freed_memory()
        position = self.position
        if position.precision is None:
            x = self.images.float(slice(0, self.options.batch_size), self.device)
            steps = self.steps * (self.options.epochs - position.epoch)
            plan = self.share.agree(speed.choose(self.model, x, precision, channels_last, steps))
            position.precision, position.channels_last = plan.precision, plan.channels_last
            self.history.arithmetic = plan.reason
            if plan.reason:
                self._say(f"Arithmetic: {plan.reason}.")
        return speed.Plan(position.precision, position.channels_last)

    def _bar(self):
        total = self.options.epochs * self.steps
        options = {"desc": "Training", "unit": "step", "wanted": self.share.leads}
        return progress(total=total, initial=self._done, **options)

    def _say(self, line: str) -> None:
        if self.share.leads:
            tqdm.write(line)  # above a bar, where there is one

    def set_pace(self, epoch: int, step: int) -> None:
        """Step size and weight of the KL term for this step."""
        done = epoch + step / self.steps
        lr = step_size(self.options.lr, self.options.schedule, done / self.options.epochs)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        if self.options.kl_warm_up:
            self.model.beta = warmed_up(self._beta, done, self.options.kl_warm_up)

    def show(self, running: RunningMean) -> None:
        """Move the bar; from time to time look at the loss."""
        self._done += 1
        self.bar.update()
        if perf_counter() - self._looked > _LOOK_EVERY:
            self.stepper.check()
            self.bar.set_postfix(epoch=self.position.epoch + 1, **running.shown())
            self._looked = perf_counter()

    def asked_to_stop(self, step: int) -> bool:
        """Several processes must stop after the same step, and asking one another takes time."""
        if self.share.processes == 1:
            return self._stopping.requested
        return step % _AGREE_EVERY == 0 and self.share.any(self._stopping.requested)

    def finish_epoch(self, running: RunningMean) -> None:
        self.stepper.check()
        self.history.train.append(self.share.add_up(running).value())
        self.position.epoch += 1
        self.position.step, self.position.sums, self.position.count = 0, {}, 0

    def validate(self, validation: ImageSet) -> None:
        """Measure the loss terms on `validation`, with draws that depend on the epoch alone."""
        self.share.unseed(self.model)
        torch.manual_seed(seed_of(self.options.seed, "validation", self.position.epoch))
        self.history.validation.append(mean_terms(self.model, validation, self.options.batch_size))

    def pause(self, step: int, running: RunningMean) -> None:
        """Stop inside an epoch, `step` steps into it."""
        self.stepper.check()
        self.position.step, self.position.sums, self.position.count = step, running.totals(), running.count
        self._interrupted()
        self.save()

    def _interrupted(self) -> None:
        self.history.interrupted = True
        done, total = self._done, self.options.epochs * self.steps
        self._say(f"Interrupted after step {done} of {total}: the model keeps what it has learned.")

    def save(self) -> None:
        """Write a checkpoint, where these are wanted."""
        self.history.seconds = self._seconds_before + perf_counter() - self._clock
        if self.store and self.share.leads:
            self.store.save(self.model, self.optimizer, self.position)

    def _put_back(self) -> None:
        self.history.seconds = self._seconds_before + perf_counter() - self._clock
        self.model.eval()
        if self._beta is not None:
            self.model.beta = self._beta
        self.share.unseed(self.model)
