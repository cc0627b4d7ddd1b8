"""What happened while training: the mean of each loss term, epoch by epoch."""

from dataclasses import dataclass, field

from vaelab.training.terms import Terms


@dataclass
class History:
    """What happened while training.

    Attributes:
        device: where it ran.
        train: one dict of mean loss terms an epoch.
        validation: the same on the validation images, measured after each epoch.
        seconds: time spent training, over all resumed parts.
        interrupted: True if it was stopped before its last epoch.
        arithmetic: how it was computed, for instance "bf16, channels last: 1.9 times as fast here".
    """

    device: str = ""
    train: list[Terms] = field(default_factory=list)
    validation: list[Terms] = field(default_factory=list)
    seconds: float = 0.0
    interrupted: bool = False
    arithmetic: str = ""

    def __getitem__(self, term: str) -> list[float]:
        """One training term over the epochs, for instance `history["loss"]`."""
        return [epoch[term] for epoch in self.train]

    def __repr__(self) -> str:
        last = self.train[-1] if self.train else {}
        terms = ", ".join(f"{name} {value:.4g}" for name, value in last.items()) or "none"
        end = ", interrupted" if self.interrupted else ""
        return f"History({len(self.train)} epochs on {self.device}, {self.seconds:.1f} s{end}; last: {terms})"
