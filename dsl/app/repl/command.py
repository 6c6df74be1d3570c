"""The commands of the session, as data: what each is called, takes and does, for `:help` and completion alike."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from dsl.app.repl.arguments import Arguments
from dsl.app.repl.session import Session
from dsl.app.repl.told import Told
from dsl.source.diagnostic import fail
from dsl.source.nearest import did_you_mean
from dsl.source.text import Span

Kind = Literal[
    "", "value", "settable", "placeholder", "dataset", "name", "expression", "training", "train key",
    "operation", "documented", "command", "engine", "file", "stage", "view",
]  # fmt: skip
"""What a word of a command can be, for completion."""

Action = Callable[[Session, Arguments], Told]


@dataclass(frozen=True, slots=True)
class Command:
    """A command; `takes` are what its words can be, `options` the pairs that it knows and what their values can be."""

    name: str
    usage: str
    doc: str
    example: str
    action: Action
    takes: tuple[Kind, ...] = ()
    options: Mapping[str, Kind] = field(default_factory=dict[str, "Kind"])
    most: int = 0
    """How many words it takes."""

    @property
    def summary(self) -> str:
        """What it does, in a line."""
        return self.doc.split("\n")[0].rstrip(".")

    def run(self, session: Session, arguments: Arguments) -> Told:
        """Do it. Raises ProgramError."""
        open_pairs = any(kind in self.takes for kind in ("placeholder", "settable", "train key", "expression"))
        arguments.check(self.most, self.usage, [*self.options, *(arguments.pairs if open_pairs else ())])
        return self.action(session, arguments)


COMMANDS: dict[str, Command] = {}
"""The commands by name, in the order of the help."""

MANY = 1_000
"""As many words as one likes."""


def command(
    name: str,
    usage: str = "",
    *,
    example: str,
    takes: tuple[Kind, ...] = (),
    options: Mapping[str, Kind] | None = None,
    most: int = 0,
) -> Callable[[Action], Action]:
    """Register a command; the docstring of what it does is its help."""

    def register(action: Action) -> Action:
        doc = inspect.cleandoc(action.__doc__ or "")
        COMMANDS[name] = Command(
            name, f":{name} {usage}".rstrip(), doc, example, action, takes, dict(options or {}), most
        )
        return action

    return register


def find(name: str, place: Span) -> Command:
    """The command of this name, or the only one that begins with it. Raises ProgramError with the near ones."""
    if name in COMMANDS:
        return COMMANDS[name]
    begun = [other for other in COMMANDS if name and other.startswith(name)]
    if len(begun) == 1:
        return COMMANDS[begun[0]]
    if begun:
        raise fail("name", f"`:{name}` may be {', '.join(f'`:{other}`' for other in begun)}", place)
    hint = did_you_mean(f":{name}", [f":{other}" for other in COMMANDS], "`:help` lists them")
    raise fail("name", f"there is no command `:{name}`", place, hint=hint)
