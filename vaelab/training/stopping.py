"""Stopping in good order: a signal asks, the loop ends after the step it is in."""

import signal
import threading


class Stopping:
    """While this is open, Ctrl-C and SIGTERM are noted instead of tearing a step apart.

    A step that is cut in half would leave weights and optimizer at odds. A second Ctrl-C does not wait. A
    SIGTERM is delivered once more on leaving, after everything was saved, so that the process ends as its
    sender meant. Outside the main thread, where Python allows no handlers, signals act as always.
    """

    def __init__(self):
        self.signal: signal.Signals | None = None
        self._before = {}

    @property
    def requested(self) -> bool:
        return self.signal is not None

    def __enter__(self) -> "Stopping":
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._note)
        return self

    def _note(self, number, frame) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.signal = signal.Signals(number)

    def __exit__(self, *error) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self.signal == signal.SIGTERM:
            signal.raise_signal(signal.SIGTERM)
