"""The commands of the session. Importing this package registers them."""

from __future__ import annotations

from dsl.app.repl.command import COMMANDS
from dsl.app.repl.commands import given, helping, running, telling, text, training

__all__ = ["given", "helping", "running", "telling", "text", "training"]

_ORDER = (
    "help", "names", "show", "undo", "load", "save", "reload", "set", "feed", "forward", "backward", "grad", "step",
    "train", "explain", "why", "graph", "check", "plan", "time", "engine", "seed", "ops", "doc", "quit",
)  # fmt: skip
"""The order in which `:help` lists them."""

for _name in _ORDER:
    COMMANDS[_name] = COMMANDS.pop(_name)
