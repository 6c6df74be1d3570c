"""The tables of the documents that are made from the code: operations, layers, optimisers, schedules, readers, options."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile

import click
from documents import ROOT

from dsl.app.catalogue import Entry, catalogue
from dsl.app.main import cli
from dsl.app.notebook.options import cell_command
from dsl.app.repl.command import COMMANDS
from dsl.app.repl.interpreter import commands
from dsl.diagram.formats import EXPORTERS
from dsl.ops.parameters import REQUIRED, spell
from dsl.ops.registry import FAMILIES
from dsl.training.data.readers import READERS
from dsl.training.hyperparameters import Declared
from dsl.training.initializers import INITIALIZERS
from dsl.training.optimizers import OPTIMIZERS
from dsl.training.run import TrainSettings
from dsl.training.schedules import SCHEDULES
from dsl.training.stopping import EarlyStopping


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def code(text: str) -> str:
    """Text as code in a table's cell, in which a bar would end the cell."""
    return f"`{text}`".replace("|", "\\|") if text else ""


def words(text: str) -> str:
    """Running text in a table's cell."""
    return " ".join(text.split()).replace("|", "\\|")


def operations() -> str:
    """Every operation, family by family."""
    listed = catalogue()
    made = ""
    for family in (name.replace("_", " ") for name in FAMILIES):
        entries = [entry for entry in listed.get(family, []) if not _is_layer(entry)]
        if entries:
            rows = [[code(e.signature), _in_brief(e), code(e.formula), code(e.example)] for e in entries]
            made += f"\n### {family.capitalize()}\n\n{table(['operation', 'what it is', 'formula', 'example'], rows)}"
    return made + "\n"


def _in_brief(entry: Entry) -> str:
    return words(entry.doc.split("\n\n")[0])


def _is_layer(entry: Entry) -> bool:
    """Whether an entry is a layer of the library, with two lists of arguments, and no operation."""
    return ")(" in entry.signature


def layers() -> str:
    """The layers that are written in the language itself."""
    entries = filter(_is_layer, catalogue()["layer"])
    return table(["layer", "what it is"], [[code(e.signature), words(e.doc)] for e in entries])


def declared(registry: dict[str, type[Declared]]) -> str:
    """What is called with hyper-parameters: each with its documentation and a line for each of these."""
    return "".join(_declaration(declaration) for declaration in registry.values()) + "\n"


def _declaration(declaration: type[Declared]) -> str:
    head = f"\n**`{declaration.name}`**: {words(declaration.documentation())}\n"
    return f"{head}\n{hyperparameters(declaration)}" if declaration.hyperparameters() else head


def hyperparameters(declaration: type[Declared]) -> str:
    """A line for each hyper-parameter: its name, its default, what it takes, and what it is."""
    rows = [
        [
            code(parameter.name),
            "" if parameter.default is REQUIRED else code(_default(parameter.default)),
            words(parameter.kind.expected),
            words(parameter.doc),
        ]
        for parameter in declaration.hyperparameters()
    ]
    return table(["hyper-parameter", "default", "takes", "is"], rows)


def _default(value: object) -> str:
    """A default as short as a program would write it."""
    return f"{value:.6g}" if isinstance(value, float) else spell(value)


def readers() -> str:
    """The readers of data files."""
    rows = [
        [
            code(reader.name),
            words(reader.doc),
            ", ".join(code(option) for option in dict.fromkeys([*reader.options, "missing"])),
        ]
        for reader in READERS.values()
    ]
    return table(["reader", "reads", "options"], rows)


def options(command: str) -> str:
    """The options of a command."""
    found = cli.get_command(click.Context(cli), command)
    assert found is not None
    return _options(found)


def _options(command: click.Command) -> str:
    rows = [
        [code(_usage(option)), words(option.help or "")]
        for option in command.params
        if isinstance(option, click.Option)
    ]
    return table(["option", "does"], rows)


def _usage(option: click.Option) -> str:
    if option.is_flag:
        return option.opts[0]
    choices = option.type.choices if isinstance(option.type, click.Choice) else ()
    return f"{option.opts[0]} {'|'.join(map(str, choices)) or option.metavar or 'FILE'}"


def diagram_formats() -> str:
    """The formats of diagrams by their endings."""
    rows = [[code(ending), words(exporter.doc)] for ending, exporter in EXPORTERS.items()]
    return table(["ending", "is"], rows)


def session_commands() -> str:
    """The commands of a session."""
    rows = [[code(command.usage), words(command.summary)] for command in COMMANDS.values()]
    return table(["command", "does"], rows)


def programs() -> str:
    """The example programs, each with the first sentence of its documentation."""
    rows: list[list[str]] = []
    for path in sorted((ROOT / "programs").glob("*.nn")):
        lines = path.read_text(encoding="utf-8").split("\n")
        doc = " ".join(line.removeprefix("##").strip() for line in takewhile(lambda line: line.startswith("##"), lines))
        rows.append([f"[{path.name}](programs/{path.name})", words(doc.partition(". ")[0].removesuffix("."))])
    return table(["program", "about"], rows)


assert commands  # which registers them

TABLES: dict[str, Callable[[], str]] = {
    "programs": programs,
    "diagram-formats": diagram_formats,
    "operations": operations,
    "layers": layers,
    "initializers": lambda: declared(INITIALIZERS),
    "optimizers": lambda: declared(OPTIMIZERS),
    "schedules": lambda: declared(SCHEDULES),
    "train-keys": lambda: hyperparameters(TrainSettings).replace("hyper-parameter", "key", 1),
    "early-stopping": lambda: hyperparameters(EarlyStopping),
    "readers": readers,
    "repl-commands": session_commands,
    "notebook-options": lambda: _options(cell_command),
    **{f"options-{name}": lambda name=name: options(name) for name in cli.list_commands(click.Context(cli))},
}
"""What each marked table of the documents is made by."""
