"""The prompts of a session, in a terminal and where a script is echoed."""

from __future__ import annotations

from dsl.source.render import printable

FIRST, FOLLOWING = "nn> ", "... "
SCRIPT, TERMINAL = "<stdin>", "<repl>"
"""What diagnostics call what was read from a script, and what was typed."""


def echoed(text: str) -> str:
    """An entry as a terminal shows it while it is typed."""
    first, *others = text.split("\n")
    return "\n".join(
        [f"{FIRST}{printable(first)}".rstrip(), *(f"{FOLLOWING}{printable(line)}".rstrip() for line in others)]
    )
