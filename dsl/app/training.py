"""The training runs of a command: carried out with their progress shown, and what came of them put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dsl.app.program import Program
    from dsl.app.recorder import RecordedRun
    from dsl.training.history import History
    from dsl.training.loop import Outcome
    from dsl.training.run import TrainRun


class TrainingInterrupt(KeyboardInterrupt):
    """An interruption from the keyboard: `place` says how far the training was, `kept` what a file has of it."""

    def __init__(self, place: str, kept: str) -> None:
        super().__init__(f"interrupted{place}; {kept}")
        self.place = place


def train_with_progress(
    program: Program,
    names: list[str] | None = None,
    quiet: bool = False,
    record: str | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> list[Outcome]:
    """Carry out the runs, keys overridden, showing on standard error how far they are, and recording them where a page is
    asked for.

    An interruption from the keyboard is raised again as TrainingInterrupt.
    """
    from dsl.app.progress import progress_for

    progress = progress_for(quiet)
    outcomes: list[Outcome] = []
    runs = program.runs(names, overrides)
    pages: list[RecordedRun | None] = [None] * len(runs)
    if record:
        from dsl.app.recorder import recordings

        pages = recordings(program, runs, record)
    for run, page in zip(runs, pages, strict=True):
        progress.run = None
        try:
            outcomes.append(program.train_one(run, progress, page))
        except KeyboardInterrupt:
            raise TrainingInterrupt(progress.place(), _kept(program, run)) from None
    return outcomes


def _kept(program: Program, run: TrainRun) -> str:
    path = run.settings.checkpoint
    if path and program.beside(path).exists():
        return f"`{program.beside(path)}` is still what the last whole run wrote"
    return "nothing was saved"


def joined_history(outcomes: Sequence[Outcome]) -> History:
    """The histories of all runs as one; of several, with the number of the run."""
    from dsl.training.history import History

    if len(outcomes) == 1:
        return outcomes[0].history
    rows: list[dict[str, Any]] = []
    for number, outcome in enumerate(outcomes, 1):
        rows += [{"run": number, **row} for row in outcome.history.rows]
    return History(rows)
