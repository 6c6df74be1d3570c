"""The commands of the session. Importing this package registers them, in the order of the help."""

from __future__ import annotations

from dsl.app.repl.commands import given, helping, running, telling, text, training

__all__ = ["given", "helping", "running", "telling", "text", "training"]
