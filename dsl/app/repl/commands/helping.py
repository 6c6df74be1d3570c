"""Help, and the way out."""

from __future__ import annotations

import click

from dsl.app.repl.arguments import Arguments
from dsl.app.repl.command import COMMANDS, Command, command, find
from dsl.app.repl.session import Session
from dsl.app.repl.told import Told, lines

_INTRODUCTION = """\
Type statements of the language and they become the program; a name that is bound again replaces what it stood for. Type an
expression and its value is printed. Commands begin with a colon, and may be shortened as long as only one is meant; `:help
NAME` tells more of one.
"""


@command("help", "[COMMAND]", example=":help train", takes=("command",), most=1)
def help_(session: Session, arguments: Arguments) -> Told:
    """List the commands, or explain one."""
    from dsl.app.output import table

    if arguments.words:
        found = find(arguments.texts[0].removeprefix(":"), arguments.words[0])
        return lines(_explained(found), **_facts(found))

    def show() -> None:
        click.echo(_INTRODUCTION)
        table(["command", "does"], [[f":{each.name}", each.summary] for each in COMMANDS.values()])

    return Told(show, {"commands": [_facts(each) for each in COMMANDS.values()]})


def _explained(found: Command) -> str:
    return f"{found.usage}\n\n{found.doc}\n\nexample:    {found.example}"


def _facts(found: Command) -> dict[str, str]:
    return {"name": found.name, "usage": found.usage, "doc": found.doc, "example": found.example}


@command("quit", example=":quit")
def quit_(session: Session, arguments: Arguments) -> Told:
    """Leave the session.

    What is not saved is kept in a file of its own, which is said.
    """
    return Told(leaves=True)
