"""The words of the language, from the grammar and the registries: what highlighting knows by name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from dsl.language.automaton import OPERATORS
from dsl.language.parser import grammar
from dsl.language.tables import Tables


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words by what they are."""

    beginnings: tuple[str, ...]
    """The keywords that begin statements."""
    inner: tuple[str, ...]
    """The keywords inside statements."""
    operators: tuple[str, ...]
    """The keywords that are operators."""
    operations: frozenset[str]
    constants: frozenset[str]
    types: frozenset[str]


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The vocabulary of the grammar and of the operations that are registered."""
    from dsl.language.elaborate.values import BUILTINS
    from dsl.ops.dtypes import DTYPES
    from dsl.ops.registry import load

    tables = grammar()
    first = tables.rows[tables.starts["start"]]
    operators = [word for word, kind in tables.keywords.items() if kind in OPERATORS]
    beginnings = [word for word, kind in tables.keywords.items() if kind in first]
    inner = [word for word in tables.keywords if word not in (*beginnings, *operators)]
    return Vocabulary(
        tuple(sorted(beginnings)),
        tuple(sorted(inner)),
        tuple(sorted(operators)),
        frozenset(load()),
        frozenset(BUILTINS) - frozenset(DTYPES),
        frozenset(DTYPES),
    )


def signs_behind_targets(tables: Tables) -> list[str]:
    """The patterns of the signs that say of a word that begins a statement that it is a name after all: `=` and `,`."""
    first = tables.rows[tables.starts["start"]]
    word = next(iter(tables.keywords.values()))
    after = tables.rows[first[word]]
    found = [kind for kind, to in after.items() if to < 0 and tables.rules[-1 - to].origin == "target"]
    return sorted(tables.terminals[kind] for kind in found)


def one_of(words: Iterable[str]) -> str:
    """A regular expression for any of some words; the longer ones are tried first."""
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))
