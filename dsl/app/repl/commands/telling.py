"""What is told of the program: values and gradients explained, drawn, and what programs call by name."""

from __future__ import annotations

from pathlib import Path
from shutil import get_terminal_size

import click

from dsl.app.names.facts import Fact, facts
from dsl.app.repl.arguments import Arguments, unquoted
from dsl.app.repl.command import COMMANDS, MANY, Kind, command
from dsl.app.repl.session import Session
from dsl.app.repl.told import Told, lines
from dsl.source.diagnostic import ProgramError, fail, placed
from dsl.source.nearest import did_you_mean
from dsl.source.render import printable

VIEWS = ("values", "gradients", "backward", "plan")
"""What a drawing can show beside the boxes."""

_WIDEST = 120
_EXPLAINING: dict[str, Kind] = {"of": "value", "depth": "", "rows": "", "steps": "", "digits": "", "lang": ""}
_COUNTS = ("rows", "steps", "digits")


@command("explain", "[NAME …] [of=NAME] [depth=N] [rows=N] [steps=N] [digits=N] [lang=zh]", example=":explain k",
         takes=("value",), options=_EXPLAINING, most=MANY)  # fmt: skip
def explain(session: Session, arguments: Arguments) -> Told:
    """Tell how every value came to be, and every gradient by the chain rule.

    With names, the story of these values or layers. `steps=3` tells training steps instead, `depth=1` opens layers so deep.
    """
    return _explained(session, arguments, origins=False)


@command(
    "why", "NAME", example=":why loss", takes=("value",), options={"of": "value", "digits": "", "lang": ""}, most=1
)
def why(session: Session, arguments: Arguments) -> Told:
    """Tell the whole story of a value, from the beginning.

    All that it was computed from, how it was computed, what it serves, and its gradient.
    """
    arguments.one(":why NAME")
    return _explained(session, arguments, origins=True)


def _explained(session: Session, arguments: Arguments, origins: bool) -> Told:
    from dsl.app.explained import Explained
    from dsl.app.explaining import Request
    from dsl.app.explaining import explain as told_of
    from dsl.app.walk import painted
    from dsl.explain.formats import Style

    counts = {name: arguments.count(place) for name, place in arguments.pairs.items() if name in _COUNTS}
    request = Request(
        arguments.texts,
        arguments.text("of"),
        on=session.state.dataset or None,
        rows=counts.get("rows"),
        depth=arguments.whole("depth"),
        steps=counts.get("steps", 0),
        origins=origins,
    )
    with placed(arguments.words[0] if arguments.words else None):
        story = told_of(session.program, request)
    width = min(get_terminal_size((100, 24)).columns, _WIDEST)
    with placed(arguments.pairs.get("lang")):
        explained = Explained(story, arguments.text("lang") or "en", Style(counts.get("digits"), False, width))
    return Told(lambda: click.echo(painted(explained.write("text")), nl=False), explained.as_json)


@command("ops", "[NAME]", example=":ops softmax", takes=("operation",), most=1)
def ops(session: Session, arguments: Arguments) -> Told:
    """List what programs call by name, or explain one of these.

    Operations, layers, initializers, optimisers and schedules.
    """
    from dsl.app.catalogue import catalogue, find, print_entries, print_sections

    if not arguments.words:
        sections = catalogue()
        listed = {title: [entry.as_json() for entry in entries] for title, entries in sections.items()}
        return Told(lambda: print_sections(sections), listed)
    with placed(arguments.words[0]):
        entries = find(arguments.texts[0])
    return Told(lambda: print_entries(entries), {"entries": [entry.as_json() for entry in entries]})


@command("doc", "NAME", example=":doc adam", takes=("documented",), most=1)
def doc(session: Session, arguments: Arguments) -> Told:
    """Print the documentation of anything.

    A name of the program, an operation or a layer, a word of the language, a key of a `train` block, a command.
    """
    name = arguments.one(":doc NAME")
    texts = [text for text in (*_of_program(session, name), *_of_library(name), *_of_language(name)) if text]
    if not texts:
        known = [*(fact.name for fact in facts(session.model)), *documented()]
        hint = did_you_mean(name, known, "`:ops` and `:names` list what there is")
        raise fail("name", f"nothing is known of `{name}`", arguments.words[0], hint=hint)
    return lines("\n\n".join(texts), texts=texts)


def _of_program(session: Session, name: str) -> list[str]:
    """What the session's own text says of a name."""
    from dsl.app.repl.describing import place_of

    found: Fact | None = next((fact for fact in facts(session.model) if fact.name == name), None)
    if found is None:
        return []
    place = place_of(session, name)
    definition = session.module.definitions.get(name)
    words = session.module.tree.docs.get(place.line, "") if place else ""
    words = words or (definition.documentation if definition else "")
    node = session.model.names.get(name) or session.model.graph.names.get(name)
    words = words or (node.documentation if node is not None else "")
    where = f", line {found.line}" if found.line else ""
    title = f"{name}: {found.how} {found.type} {found.text}".replace("  ", " ").rstrip()
    return ["\n".join(printable(line) for line in [title + where, *words.split("\n")]).rstrip()]


def _of_library(name: str) -> list[str]:
    from dsl.app.catalogue import find

    try:
        entries = find(name)
    except ProgramError:
        return []
    return ["\n".join([entry.signature, "", entry.doc]) for entry in entries]


def _of_language(name: str) -> list[str]:
    from dsl.language.mistake_hints import STATEMENTS
    from dsl.language.statements.train import KEYS
    from dsl.training.run import TrainSettings

    texts: list[str] = []
    if name in STATEMENTS:
        texts.append(f"`{name}` begins a statement: {STATEMENTS[name]}")
    documented_keys = {parameter.name: str(parameter.doc) for parameter in TrainSettings.hyperparameters()}
    if name in KEYS:
        texts.append(f"`{name}` is a key of a `train` block: {documented_keys.get(name, 'what it says')}")
    found = COMMANDS.get(name.removeprefix(":"))
    if found is not None and (name.startswith(":") or not texts):
        texts.append(f"{found.usage}\n\n{found.doc}")
    return texts


def documented() -> list[str]:
    """All that `:doc` knows beside the names of the program."""
    from dsl.app.catalogue import catalogue
    from dsl.language.mistake_hints import STATEMENTS
    from dsl.language.statements.train import KEYS

    entries = [entry.name for entries in catalogue().values() for entry in entries]
    return [*entries, *STATEMENTS, *KEYS, *(f":{name}" for name in COMMANDS)]


@command("graph", "[FILE] [values] [gradients] [backward] [plan] [depth=N] [of=NAME]", example=":graph values",
         takes=("view", "file"), options={"depth": "", "of": "value"}, most=5)  # fmt: skip
def graph(session: Session, arguments: Arguments) -> Told:
    """Draw the program, with characters or into a file.

    The file's ending says how: .svg, .png, .pdf, .html, .dot, .mmd, .txt, .json. `values` and `gradients` stand in the boxes,
    `backward` draws what computes the gradients, `plan` the compiled step. `depth` is how deep layers are open; `of` draws what
    a value depends on.
    """
    views = {text for text in arguments.texts if text in VIEWS}
    files = [word for word in arguments.words if unquoted(word) not in VIEWS]
    if len(files) > 1:
        raise fail("argument", "there can be one file", files[1], hint=f"the views are {', '.join(VIEWS)}")
    of, on = arguments.text("of"), session.state.dataset or None
    with placed(arguments.pairs.get("of")):
        drawing = session.fresh().diagram(**dict.fromkeys(views, True), depth=arguments.whole("depth"), of=of, on=on)
    facts = drawing.facts()
    if not files:
        return Told(lambda: click.echo(drawing.text, nl=False), lambda: {**facts, "text": drawing.text})
    path = Path(unquoted(files[0])).expanduser()
    with placed(files[0]):
        drawing.save(path)
    return lines(printable(f"{path}: {facts['boxes']:,} boxes, {facts['edges']:,} edges"), file=str(path), **facts)
