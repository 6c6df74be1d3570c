"""The programs of a notebook: the session of each, under the name that it has in Python."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from dsl.app.notebook.names import Names
from dsl.app.repl.session import Session
from dsl.ops.parameters import Array
from dsl.source.diagnostic import ProgramError, fail
from dsl.source.nearest import did_you_mean

DEFAULT = "net"
"""What a program is called in Python unless it is told otherwise."""


@dataclass(slots=True)
class Sheet:
    """A program of the notebook; `fed` are the placeholders that Python variables of the same name feed."""

    name: str
    session: Session
    fed: list[str] = field(default_factory=list[str])
    shares: bool = True
    """Whether names are shared with Python."""
    _parameters: dict[str, Array] | None = None

    def remember(self) -> None:
        """Keep in mind what the program is, before Python code has its way with it."""
        self._parameters = _parameters(self.session)

    def catch_up(self) -> None:
        """Let the session know what Python code has done to the program: trained it, set its parameters, fed it."""
        program = self.session.program
        now, given = _parameters(self.session), dict(program.given)
        if now is not None and now is not self._parameters:
            self.session.change("", values=dict(now), statistics=dict(program.statistics))
        if not _same(given, self.session.state.feeds):
            self.session.change("", feeds=given)


def _parameters(session: Session) -> dict[str, Array] | None:
    """The values of the parameters; None where their shapes are not known yet."""
    try:
        return session.program.parameters
    except ProgramError:
        return None


def _same(these: dict[str, Any], those: Any) -> bool:
    return these.keys() == those.keys() and all(value is those[name] for name, value in these.items())


class Desk:
    """All programs of a notebook, and the shell that they are in."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.names = Names(shell)
        self.sheets: dict[str, Sheet] = {}
        self.last = ""

    @property
    def place(self) -> str:
        """What the cell under way is called."""
        shell: Any = self.shell
        return f"In[{len(shell.user_ns['In']) - 1}]"

    def sheet(self, name: str | None = None) -> Sheet:
        """The program of this name, or that of the last cell. Raises ProgramError where there is none."""
        found = self.sheets.get(name or self.last)
        if found is None:
            if not self.sheets:
                raise fail("name", "there is no program yet", hint="a cell that begins with `%%nn` has one")
            hint = did_you_mean(name or "", self.sheets, f"there is {', '.join(self.sheets)}")
            raise fail("name", f"there is no program `{name}` of an earlier cell", hint=hint)
        return found

    def put(self, sheet: Sheet) -> list[str]:
        """Have a program under its name, here and in Python; what there is to say of it."""
        self.sheets[sheet.name] = sheet
        self.last = sheet.name
        return self.names.bind({sheet.name: sheet.session.program}, overwrite=True)
