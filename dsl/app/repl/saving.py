"""The session written as a program: what it was fed, its seed and its settings become what a program can say."""

from __future__ import annotations

import re
from pathlib import Path

import click
import numpy as np

from dsl.app.files import check_writable
from dsl.app.names.binding import values_of
from dsl.app.repl.editing import Edit, chunks
from dsl.app.repl.paths import rebased
from dsl.app.repl.rewriting import literal, with_entry, with_value
from dsl.app.repl.session import Session
from dsl.app.repl.told import Told
from dsl.engine.names import AUTOMATIC
from dsl.language import syntax
from dsl.language.layout.formatter import format_text
from dsl.language.parser import parse
from dsl.source.render import printable
from dsl.source.text import Source, Span
from dsl.source.writing import written_whole
from dsl.training import checkpoint

_MOST_ELEMENTS = 64
"""Larger arrays that are fed are not written into the program."""
_HOW = "# As in the session: "
_HOW_LINE = re.compile(rf"\n*^{re.escape(_HOW)}.*\n?", re.MULTILINE)


def save(session: Session, path: Path, parameters: Path | None) -> Told:
    """Write the program, and its parameters where a file for them is named; say what the program cannot say itself.

    Raises ProgramError.
    """
    for target in filter(None, (path, parameters)):
        check_writable(target)
    text, files = write(session, path, parameters)
    unsaid = "" if parameters else _unsaid(session)
    session.saved(path, _rebased(session, path), values=parameters is not None)

    def show() -> None:
        click.echo(printable(f"written: {', '.join(map(str, files))}"))
        if how := _HOW_LINE.search(text):
            click.echo(printable(how[0].strip().removeprefix("# ")))
        if unsaid:
            click.echo(unsaid)

    return Told(show, {"files": [str(file) for file in files], "unsaid": unsaid or None})


def write(session: Session, path: Path, parameters: Path | None) -> tuple[str, list[Path]]:
    """Write the program, the parameters, and large arrays that are fed; the text, and all files. Raises ProgramError."""
    text, files = _saved_text(session, path, parameters), [path]
    if parameters:
        checkpoint.save(parameters, session.program.parameters, session.program.statistics)
        files.append(parameters)
    for name in _large_feeds(session):
        files.append(_beside(path, name))
        with written_whole(files[-1]) as part, part.open("wb") as file:
            np.save(file, np.asarray(session.state.feeds[name]))
    with written_whole(path) as part:
        part.write_text(text, encoding="utf-8")
    return text, files


def _unsaid(session: Session) -> str:
    """What a program without its parameters does not say."""
    state = session.state
    if state.values:
        return "the program begins with its first parameters; `:save parameters=FILE` writes those of the session too"
    if state.seed is not None and not session.model.runs:
        return f"without a `train` block it cannot name the seed {state.seed}; `:save parameters=FILE` writes the parameters"
    return ""


def _saved_text(session: Session, path: Path, parameters: Path | None) -> str:
    """The program as a file has it."""
    state = session.state
    changed = [*_defaults(session), *_seeded(session)]
    text = format_text(_HOW_LINE.sub("", _replaced(_rebased(session, path), changed)))
    options = [
        *([f"--load {parameters}"] if parameters else []),
        *([f"--on {state.dataset}"] if state.dataset else []),
        *([f"--engine {state.engine}"] if state.engine != AUTOMATIC else []),
        *(f"--feed {name}=@{_beside(path, name)}" for name in _large_feeds(session)),
    ]
    if options:
        text += f"\n{_HOW}nn run {path} {' '.join(options)}\n"
    return text


def _rebased(session: Session, path: Path) -> str:
    """The program with its files by their paths from another place."""
    folder = session.state.path.parent if session.state.path else Path()
    return rebased(session.source.text, session.module.tree.statements, folder, path.parent)


def _beside(path: Path, name: str) -> Path:
    """The file for an array that is too large to stand in the program."""
    return path.with_name(f"{path.stem}.{name}.npy")


def _defaults(session: Session) -> list[str]:
    """The placeholders that are fed, with what they are fed as their defaults."""
    large = _large_feeds(session)
    feeds = {name: value for name, value in session.state.feeds.items() if name not in large}
    found: list[str] = []
    for statement in session.statements:
        for name in values_of(statement):
            if name in feeds and isinstance(statement, syntax.PlaceholderStatement):
                found.append(with_value(statement, literal(np.asarray(feeds[name]))) or "")
    return found


def _large_feeds(session: Session) -> list[str]:
    return [name for name, value in session.state.feeds.items() if np.size(value) > _MOST_ELEMENTS]


def _seeded(session: Session) -> list[str]:
    seed = session.state.seed
    blocks = [s for s in session.statements if isinstance(s, syntax.TrainStatement)]
    return [with_entry(block, "seed", str(seed))[0] for block in blocks] if seed is not None else []


def _replaced(text: str, changed: list[str]) -> str:
    """The program with some statements in the place of those that bind the same."""
    old = Source(text)
    for statement in changed:
        new = Source(statement)
        typed = Span(new, 0, len(statement))
        old = Source(Edit(old, parse(old).statements, typed, chunks(statement, parse(new).statements)).text)
    return old.text
