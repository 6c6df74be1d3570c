"""The program itself: read, written, shown, and one step back."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import click

from dsl.app.files import existing
from dsl.app.names.facts import Fact, facts
from dsl.app.repl.arguments import Arguments, unquoted
from dsl.app.repl.command import MANY, command
from dsl.app.repl.describing import now, place_of
from dsl.app.repl.saving import save
from dsl.app.repl.session import Session
from dsl.app.repl.told import Told, lines
from dsl.app.wording import plural, some
from dsl.source.diagnostic import ProgramError, fail, placed
from dsl.source.nearest import did_you_mean
from dsl.source.render import printable
from dsl.source.text import Span


@command("load", "FILE", example=":load programs/neuron.nn", takes=("file",), most=1)
def load(session: Session, arguments: Arguments) -> Told:
    """Take the program of a file, or the parameters of a safetensors file.

    A program takes the place of the session's, with all that was fed and trained; `:undo` brings that back.
    """
    path = Path(arguments.one(":load FILE")).expanduser()
    with placed(arguments.words[0]):
        if path.suffix == ".safetensors":
            return _load_parameters(session, path)
        _open(session, path, f":load {path}")
    return _opened(session, path)


def _load_parameters(session: Session, path: Path) -> Told:
    from dsl.training import checkpoint

    found = checkpoint.load(existing(path))
    checkpoint.fit(found, [n for n in session.program.forward if n.kind == "parameter"], f"`{path}`")
    session.change(f":load {path}", values=dict(found.parameters), statistics=dict(found.statistics))
    return lines(printable(f"{path}: {plural(len(found.parameters), 'parameter')}"), parameters=list(found.parameters))


def _open(session: Session, path: Path, entry: str) -> None:
    """Take the program of a file. Raises ProgramError, for a file that is plainly none in few words."""
    try:
        session.open(path, entry)
    except ProgramError as error:
        if path.suffix == ".nn" or error.diagnostics[0].span is None:
            raise
        hint = f"a program is in a file like model.nn; data are fed, `:feed x=@{path}`"
        raise fail("file", f"`{path}` is no program", hint=hint) from None


@command("save", "[FILE] [parameters=FILE]", example=":save neuron.nn parameters=neuron.safetensors",
         takes=("file",), options={"parameters": "file"}, most=1)  # fmt: skip
def save_(session: Session, arguments: Arguments) -> Told:
    """Write a program that does what the session did.

    What is fed becomes the default of its placeholder, a seed goes into the `train` blocks, and a comment says how to run the
    file where more than that is needed: with which parameters, data set or engine. Without FILE, to where the program is from.
    """
    path = Path(arguments.texts[0]).expanduser() if arguments.words else session.state.path
    if path is None:
        raise fail("file", "the session has no file yet", arguments.place, hint="name one: `:save model.nn`")
    parameters = arguments.text("parameters")
    return save(session, path, Path(parameters).expanduser() if parameters else None)


@command("reload", example=":reload")
def reload(session: Session, arguments: Arguments) -> Told:
    """Read the session's file again, which another program may have changed, and its data.

    Parameters and feeds keep their values where they fit.
    """
    path = session.state.path
    if path is None:
        raise fail("file", "the session is from no file", hint="`:load FILE` reads one")
    session.open(path, ":reload", keep=True)
    return _opened(session, path)


def _opened(session: Session, path: Path) -> Told:
    from dsl.app.output import show_diagnostics

    warnings = session.model.warnings
    outputs = session.program.outputs
    counts = [plural(len(session.statements), "statement"), *([f"computes {some(outputs)}"] if outputs else [])]

    def show() -> None:
        click.echo(printable(f"{path}: {'; '.join(counts)}"))
        if warnings:
            show_diagnostics(warnings)

    return Told(show, {"file": str(path), "statements": len(session.statements), "outputs": outputs})


@command("undo", "[N]", example=":undo", most=1)
def undo(session: Session, arguments: Arguments) -> Told:
    """Take back the last entry that changed something, or the last N.

    The program, its parameters, feeds and settings are as they were before.
    """
    count = arguments.count(arguments.words[0]) if arguments.words else 1
    if not session.undoable:
        raise fail("argument", "there is nothing to take back", arguments.place)
    taken = [session.undo() for _ in range(min(count, len(session.undoable)))]
    return lines("\n".join(printable(f"took back: {' '.join(entry.split())}") for entry in taken), undone=taken)


@command("show", "[NAME …]", example=":show loss", takes=("name",), most=MANY)
def show(session: Session, arguments: Arguments) -> Told:
    """Print the program as it stands, or the statements that names come from.

    Of a layer or a function, one of the library's too, all its lines.
    """
    source = session.source
    if not arguments.words:
        end = len(source.text.rstrip())
        text = _numbered(session, Span(source, 0, end)) if end else "the program is empty"
        return lines(text, program=source.text)
    places = [_place(session, unquoted(word), word) for word in arguments.words]
    return lines("\n".join(_numbered(session, place) for place in places), statements=[place.text for place in places])


def _place(session: Session, name: str, word: Span) -> Span:
    """The statement that a name comes from. Raises ProgramError."""
    from dsl.language.elaborate.modules import library

    place = place_of(session, name) or place_of(session, name.partition(".")[0])
    definition = session.module.definitions.get(name) or library().get(name)
    if place is None and definition is not None:
        place = definition.statement.span
    if place is None:
        known = [*(fact.name for fact in facts(session.model)), *session.module.definitions, *library()]
        hint = did_you_mean(name, known, "`:names` lists what there is")
        raise fail("name", f"there is nothing named `{name}`", word, hint=hint)
    return place


def _numbered(session: Session, place: Span) -> str:
    """The lines of a place with their numbers, and its file where that is another one."""
    first = place.line
    texts = place.text.split("\n")
    width = len(str(first + len(texts) - 1))
    shown = [f"{first + at:>{width}} | {printable(text)}".rstrip() for at, text in enumerate(texts)]
    return "\n".join(shown if place.source is session.source else [f"{printable(place.source.name)}:", *shown])


@command("names", "[PATTERN …]", example=":names *loss*", takes=("name",), most=MANY)
def names(session: Session, arguments: Arguments) -> Told:
    """List what has a name: what it is, its type, and its line.

    A pattern stands for the names that it begins, or with `*` for all that look like it.
    """
    found = list(facts(session.model))
    for_all = [fact for fact in found if not arguments.words or any(_fits(fact, text) for text in arguments.texts)]
    if arguments.words and not for_all:
        hint = did_you_mean(arguments.texts[0], [fact.name for fact in found], "")
        raise fail("name", f"no name looks like `{arguments.texts[0]}`", arguments.words[0], hint=hint)
    return Told(lambda: _print(session, for_all), {"names": [fact.as_json() for fact in for_all]})


def _fits(fact: Fact, pattern: str) -> bool:
    return fnmatchcase(fact.name, pattern) or fact.name.startswith(pattern)


def _print(session: Session, found: list[Fact]) -> None:
    from dsl.app.output import table

    if not found:
        click.echo("nothing has a name yet")
        return
    rows = [[f.name, f.how, f.type, now(session, f), str(f.line) if f.line else ""] for f in found]
    table(["name", "how", "type", "is", "line"], rows, right=["line"])
