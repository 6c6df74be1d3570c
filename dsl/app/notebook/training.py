"""The `train` blocks of a cell, carried out one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from dsl.app.notebook.failure import CellInterrupt
from dsl.app.notebook.progress import CellProgress
from dsl.app.notebook.screen import Screen
from dsl.app.repl.session import Session
from dsl.training.loop import Outcome


def train(session: Session, names: Sequence[str], screen: Screen, called: str) -> list[Outcome]:
    """Carry out the runs of these names, and show the history of each.

    Raises ProgramError; and CellInterrupt, when the program, `called` so in Python, has the parameters that were reached.
    """
    if not names:
        return []
    program, seed = session.program, session.state.seed
    outcomes: list[Outcome] = []
    for run in program.runs(names, {} if seed is None else {"seed": seed}):
        progress = CellProgress(screen)
        try:
            outcomes.append(program.train_one(run, progress))
        except KeyboardInterrupt:
            _keep(session)
            with suppress(KeyboardInterrupt):  # who presses twice does without the curve
                progress.finish(progress.history)
            kept = f"`{called}` has the parameters that were reached"
            raise CellInterrupt(f"interrupted{progress.place()}; {kept}") from None
        progress.finish(outcomes[-1].history)
    _keep(session)
    return outcomes


def _keep(session: Session) -> None:
    """Let the session have the parameters of the program."""
    program = session.program
    session.change("training", values=program.parameters, statistics=dict(program.statistics))
