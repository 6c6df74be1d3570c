"""What an entry comes to: words for a person, facts for a tool."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import click


def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Told:
    """`show` prints it; `facts` are the same as plain data, or what works them out.

    `failed` says that something does not hold.
    """

    show: Callable[[], None] = _nothing
    facts: dict[str, Any] | Callable[[], dict[str, Any]] = field(default_factory=dict[str, Any])
    failed: bool = False
    leaves: bool = False
    """Whether the session is over."""

    def as_json(self) -> dict[str, Any]:
        """The facts."""
        return self.facts() if callable(self.facts) else self.facts


def lines(text: str, **facts: Any) -> Told:
    """Some lines, which say the same as the facts."""
    return Told(lambda: click.echo(text), facts or {"text": text})
