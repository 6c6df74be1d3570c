"""Scopes: which call of a layer or a function made a node, for readers that show such a call as one step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dsl.source.text import Span


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """One application of a layer, or one call of a function; `parent` is the one that it happened in.

    `path` is what the names of the nodes made inside begin with, `title` the name of the layer or function.
    """

    path: str
    title: str
    is_layer: bool
    parent: Scope | None = None
    span: Span | None = None

    def around(self) -> Iterator[Scope]:
        """This scope and those around it, the outermost last."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    @property
    def depth(self) -> int:
        """How many scopes lie around it."""
        return sum(1 for _ in self.around()) - 1


def common(scopes: Iterable[Scope | None]) -> Scope | None:
    """The innermost scope around all of these; None where there is no one scope around them."""
    shared: list[Scope] | None = None
    for scope in scopes:
        chain = list(scope.around())[::-1] if scope else []
        if shared is None:
            shared = chain
        else:
            pairs = zip(shared, chain, strict=False)
            shared = shared[: next((place for place, (a, b) in enumerate(pairs) if a is not b), len(chain))]
    return shared[-1] if shared else None
