"""Walking trees of any depth: generators that hand their sub-tasks to a loop with a stack of its own.

A task is a generator. It yields another task to have it done and is sent the result; it returns its own. Written like
recursion, it needs no recursion: a chain of 50,000 operations in one expression is legal.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from dsl.source.diagnostic import ProgramError

Task = Generator[Any, Any, Any]


def run(task: Task) -> Any:
    """Do a task and all that it asks for. A ProgramError passes through the tasks that wait for its result."""
    stack = [task]
    resume: Callable[[Any], Any] = task.send
    value: Any = None
    while True:
        try:
            child: Task = resume(value)
        except StopIteration as stop:
            stack.pop()
            if not stack:
                return stop.value
            resume, value = stack[-1].send, stop.value
        except ProgramError as error:
            stack.pop()
            if not stack:
                raise
            resume, value = stack[-1].throw, error
        else:
            stack.append(child)
            resume, value = child.send, None
