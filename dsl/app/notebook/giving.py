"""What a program is given beside its text: settings, a seed, parameters of a file, feeds, the variables of Python."""

from __future__ import annotations

from typing import Any

import numpy as np

from dsl.app.feeding import check_names
from dsl.app.notebook.desk import Sheet
from dsl.app.notebook.names import Names, check_feeds
from dsl.app.notebook.options import CellOptions
from dsl.app.options import pairs
from dsl.app.repl.interpreter import carry_out
from dsl.app.repl.session import Session
from dsl.engine.names import AUTOMATIC
from dsl.source.text import Source, Span


def give(names: Names, sheet: Sheet, options: CellOptions) -> None:
    """Let a program have what the options of its cell say, and the variables named like its placeholders.

    Raises ProgramError.
    """
    session = sheet.session
    for setting in options.settings:
        _command(session, f":set {setting}")
    if options.engine != AUTOMATIC:
        _command(session, f":engine {options.engine}")
    if options.seed is not None:
        _command(session, f":seed {options.seed}")
    if options.load:
        _command(session, f':load "{options.load}"')
    named = {name: names.evaluated(name, text) for name, text in pairs("--feed", options.feeds).items()}
    sheet.fed = [name for name in sheet.fed if name not in named]
    feed(names, sheet, named, options.names)


def feed(names: Names, sheet: Sheet, named: dict[str, Any], shares: bool) -> None:
    """Feed these values, and where it `shares` names the variables that there are. Raises ProgramError."""
    session = sheet.session
    program = session.program
    check_names(program.model, named)
    taken = {name: v for name, v in names.feeds(program, sheet.fed).items() if name not in named} if shares else {}
    feeds = {**taken, **named}
    if not feeds:
        return
    check_feeds(program, feeds)
    sheet.fed = list(dict.fromkeys([*sheet.fed, *taken]))
    session.change("", feeds={**session.state.feeds, **{name: np.array(value) for name, value in feeds.items()}})


def _command(session: Session, text: str) -> None:
    source = Source(text, "%%nn")
    carry_out(session, "command", Span(source, 0, len(text)))
