"""How a session begins and ends: the file that it begins with, and what is kept of it when nothing was saved."""

from __future__ import annotations

from pathlib import Path

from dsl.app.output import show_diagnostics
from dsl.app.repl.hints import in_session
from dsl.app.repl.session import Session
from dsl.source.cache import state_folder
from dsl.source.diagnostic import ProgramError
from dsl.source.render import printable

UNSAVED = "unsaved.nn"


def begin(file: str | None, engine: str, quiet: bool, forgiving: bool) -> Session:
    """A session, with the program of a file where one is named. Raises ProgramError.

    A `forgiving` one says what is wrong with the file and waits for `:reload`.
    """
    session = Session(engine)
    session.quiet = quiet
    if file is None:
        return session
    try:
        session.open(Path(file))
    except ProgramError as error:
        if not forgiving:
            raise
        show_diagnostics(map(in_session, error.diagnostics))
        session.wait_for(Path(file))
    else:
        if session.model.warnings:
            show_diagnostics(map(in_session, session.model.warnings))
    return session


def keep_unsaved(session: Session) -> str:
    """Keep what no file has, so that it is not lost when the session ends; words that say where. Empty where all is saved."""
    lost = [
        *([] if session.text_is_saved else ["the program"]),
        *([] if session.values_are_saved else ["the trained parameters"]),
    ]
    if not lost:
        return ""
    said = f"{' and '.join(lost)} {'was' if lost == ['the program'] else 'were'} not saved"
    folder = state_folder()
    path = folder / UNSAVED if folder else None
    if path is None or not _keep(session, path):
        return said
    again = f"nn repl {path}"
    if not session.values_are_saved:
        again += f", then :load {path.with_suffix('.safetensors')}"
    return printable(f"{said}; to go on: {again}")


def _keep(session: Session, path: Path) -> bool:
    """Write what is not saved to a folder of the user's own; whether that was possible."""
    from dsl.app.repl.saving import write

    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write(session, path, None if session.values_are_saved else path.with_suffix(".safetensors"))
    except (OSError, ProgramError):
        return False
    return True
