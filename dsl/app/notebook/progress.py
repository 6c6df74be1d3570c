"""A training in a cell: a bar that moves, in whose place the curves stand in the end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dsl.app.notebook.screen import Screen, curves, rows
from dsl.app.progress import Tracker, epoch_values, progress_for
from dsl.source import html
from dsl.training.history import History

if TYPE_CHECKING:
    from dsl.training.run import TrainRun

_REFRESH = 0.2
"""Seconds between two changes of the page."""


class CellProgress(Tracker):
    """Shows how far a run is, and keeps the rows of its history for when it is broken off."""

    def __init__(self, screen: Screen) -> None:
        super().__init__()
        self.history = History()
        self._screen = screen
        self._other = progress_for(quiet=screen.quiet or screen.is_page)
        """What shows it where a page cannot."""
        self._handle: Any = None
        self._shown = 0.0
        self._total = 1
        self._values = ""

    def begin(self, run: TrainRun, epochs: int, steps_per_epoch: int) -> None:
        """Show an empty bar."""
        super().begin(run, epochs, steps_per_epoch)
        self.history = History(name=run.name)
        self._total = run.settings.steps if run.settings.steps is not None else epochs * steps_per_epoch
        self._other.begin(run, epochs, steps_per_epoch)
        if self._screen.is_page:
            self._handle = self._screen.show(self._bar(), changes=True)
            self._shown = time.perf_counter()

    def step(self, epoch: int, step: int, loss: float, rate: float) -> None:
        """Move the bar, a few times a second."""
        super().step(epoch, step, loss, rate)
        self._other.step(epoch, step, loss, rate)
        now = time.perf_counter()
        if self._handle is not None and now - self._shown >= _REFRESH:
            self._shown = now
            if not self._values:
                self._values = f"loss {loss:.4g}, rate {rate:.3g}"
            self._handle.update(self._bar(), raw=True)

    def epoch(self, row: Mapping[str, float]) -> None:
        """Keep what the epoch came to, to be shown with the next move."""
        self.history.append(row)
        self._values = epoch_values(row)
        self._other.epoch(row)

    def end(self) -> None:
        """Leave the bar as it stands."""
        self._other.end()
        if self._handle is not None:
            self._handle.update(self._bar(), raw=True)

    def finish(self, history: History) -> None:
        """Show the curves in the place of the bar, and the rows below."""
        if not len(history):
            return
        bundle, hint = curves(history)
        if self._handle is not None:
            self._handle.update(bundle, raw=True)
        else:
            self._screen.show(bundle)
        if hint:
            self._screen.note(hint)
        self._screen.show(rows(history))

    def _bar(self) -> dict[str, str]:
        name = self.run.name if self.run else ""
        text = f"{name}: epoch {self.epoch_now}/{self.epochs}{f', {self._values}' if self._values else ''}"
        bar = f'<progress value="{self.steps}" max="{self._total}" style="vertical-align: middle"></progress>'
        return {"text/plain": text, "text/html": html.block(f"<div>{bar} {html.escaped(text)}</div>")}
