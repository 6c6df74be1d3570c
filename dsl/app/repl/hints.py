"""Hints that speak of options of the command line, said as a session has them."""

from __future__ import annotations

import re
from dataclasses import replace

from dsl.source.diagnostic import Diagnostic

_IN_SESSION = (
    (r"`--feed ([\w.]+)=…`", r"`:feed \1=…`"),
    (r"with `--feed` or `--on`", "with `:feed`"),
    (r"`--on ([\w.]+)`", r"`:feed \1`"),
    (r"`--set ([\w.]+)=…`", r"`:set \1=…`"),
    (r"`--set` given another value", "`:set` given another value"),
    (r"`--of ([\w.]+)`", r"`:grad \1`"),
    (r"`--depth (\d+)`", r"`depth=\1`"),
    (r"`--engine (\w+)`", r"`:engine \1`"),
    (r"`nn explain FILE ([\w.]+)`", r"`:explain \1`"),
    (r"`nn ops`", "`:ops`"),
    (r"`nn train FILE --save PATH`", "`:save parameters=FILE`"),
)


def in_session(diagnostic: Diagnostic) -> Diagnostic:
    """The diagnostic with a hint that can be followed at once."""
    hint = diagnostic.hint
    for pattern, command in _IN_SESSION:
        hint = re.sub(pattern, command, hint)
    return replace(diagnostic, hint=hint) if hint != diagnostic.hint else diagnostic
