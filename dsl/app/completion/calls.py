"""Which argument of a call is being typed."""

from __future__ import annotations

from dsl.app.completion.brackets import Open
from dsl.app.names.callees import Argument, Callee


def under_way(called: Callee, call: Open) -> Argument | None:
    """The argument at the end of an open call: by its name where it has one, else the first that is not given yet."""
    arguments = called.arguments(call.is_applied)
    tokens = call.tokens
    if len(tokens) > 1 and tokens[1].kind == "EQUAL":
        return next((each for each in arguments if each.name == tokens[0].text), None)
    by_place = call.separators - len(call.given) + (call.is_piped and _takes_piped(called, call))
    free = [each for place, each in enumerate(arguments) if place >= by_place and each.name not in call.given]
    if not call.given:
        free.sort(key=lambda each: each.keyword_only)
    return free[0] if free else None


def _takes_piped(called: Callee, call: Open) -> bool:
    """Whether a piped value is an argument of this call: of a layer it is given to what the call makes."""
    return not called.is_layer or call.is_applied
