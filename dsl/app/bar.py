"""The bar of a training run in a terminal: one line with how far it is, one below with what it has come to."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from dsl.app.output import console

_SPARE = 4
"""Columns that are left free at the right: the terminal itself writes `^C` there, and would begin a new line."""


class Bar:
    """A bar of so many steps, drawn when it is made."""

    def __init__(self, name: str, steps: int, epochs: int) -> None:
        self._epochs = epochs
        self._progress = _TwoLines(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            TextColumn("epoch {task.fields[epoch]}", markup=False),
            TextColumn("{task.fields[speed]}", markup=False),
            TimeRemainingColumn(compact=True, elapsed_when_finished=True),
            console=console(stderr=True),
            refresh_per_second=10,
        )
        self._task = self._progress.add_task(name, total=steps, epoch=f"0/{epochs}", speed="", values="")
        self._progress.start()

    def move(self, epoch: int, step: int, values: str) -> None:
        """Show this place, and these values below."""
        speed = self._progress.tasks[0].speed
        self._progress.update(
            self._task,
            completed=step,
            epoch=f"{epoch}/{self._epochs}",
            speed=f"{speed:,.0f} steps/s" if speed else "",
            values=values,
        )

    def close(self) -> None:
        """Leave the bar as it stands."""
        self._progress.stop()


class _TwoLines(Progress):
    """Progress with a line below, cut where the terminal is too narrow."""

    def get_renderables(self) -> Iterable[RenderableType]:
        for task in self.tasks:
            yield self.make_tasks_table([task])
            values = Text(f"{' ' * (len(task.description) + 1)}{task.fields['values']}", no_wrap=True)
            values.truncate(max(self.console.width - _SPARE, 1), overflow="ellipsis")
            yield values
