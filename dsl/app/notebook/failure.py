"""What a cell shows of an exception: diagnostics as in the terminal, and that the cell has failed, but no traceback."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from dsl.app.failure import diagnose
from dsl.source.diagnostic import ProgramError
from dsl.source.painting import painted


class CellError(ProgramError):
    """A mistake in a cell, which IPython shows as it is told in a terminal."""

    def _render_traceback_(self) -> list[str]:
        return "\n\n".join(map(painted, self.diagnostics)).split("\n")


class CellInterrupt(KeyboardInterrupt):
    """An interruption, with what is kept."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


@contextmanager
def without_traceback() -> Generator[None]:
    """Tell mistakes of users by their diagnostics, and interruptions by their words; mistakes of ours keep their traceback."""
    try:
        yield
    except KeyboardInterrupt as interruption:
        raise CellInterrupt(str(interruption) or "interrupted") from None
    except Exception as error:
        found = diagnose(error)
        if not found:
            raise
        raise CellError(found) from None
