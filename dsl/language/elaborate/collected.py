"""Several mistakes of one statement, each reported: the parts of a block are read to the end though one of them is wrong."""

from __future__ import annotations

from typing import Any

from dsl.language.elaborate.machine import Task
from dsl.language.elaborate.values import POISON
from dsl.source.diagnostic import Diagnostic, ProgramError


class Collected:
    """The mistakes of a statement so far."""

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.failed = False

    def add(self, error: ProgramError) -> None:
        """Keep the diagnostics of a part that is wrong."""
        self.failed = True
        self.diagnostics += error.diagnostics

    def part(self, task: Task) -> Task:
        """The task whose result is that of a part, POISON when the part is wrong."""
        try:
            found: Any = yield task
        except ProgramError as error:
            self.add(error)
            return POISON
        self.failed = self.failed or found is POISON
        return found

    def raise_any(self) -> None:
        """Raise ProgramError with all mistakes, if there was any; with none when all have been reported elsewhere."""
        if self.failed:
            raise ProgramError(self.diagnostics)
