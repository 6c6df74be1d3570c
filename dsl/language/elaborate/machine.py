"""Walking trees of any depth: generators that hand their sub-tasks to a loop with a stack of its own.

A task is a generator. It yields another task to have it done and is sent the result; it returns its own. Written like
recursion, it needs no recursion: a chain of 50,000 operations in one expression is legal.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from dsl.source.diagnostic import ProgramError

Task = Generator[Any, Any, Any]


def run(task: Task) -> Any:
    """Do a task and all that it asks for. A ProgramError passes through the tasks that wait for its result."""
    stack = [task]
    value: Any = None
    error: ProgramError | None = None
    while stack:
        try:
            if error is None:
                child = stack[-1].send(value)
            else:
                failure, error = error, None
                child = stack[-1].throw(failure)
        except StopIteration as stop:
            stack.pop()
            value = stop.value
        except ProgramError as failure:
            stack.pop()
            error = failure
        else:
            stack.append(child)
            value = None
    if error is not None:
        raise error
    return value
