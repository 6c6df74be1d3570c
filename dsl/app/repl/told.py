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
    """`show` prints it, `facts` are the same as plain data. `failed` says that something did not hold."""

    show: Callable[[], None] = _nothing
    facts: Any = field(default_factory=dict[str, Any])
    failed: bool = False
    leaves: bool = False
    """Whether the session is over."""


def lines(text: str, **facts: Any) -> Told:
    """Some lines, which say the same as the facts."""
    return Told(lambda: click.echo(text), facts or {"text": text})
