"""Words that can be typed and do not depend on the program: statements, operations, keys, element types, files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from dsl.source.render import printable

_MOST_FILES = 500

SPLITS = {
    "fractions": "fractions(train=0.8, test=0.2)",
    "folds": "folds(5)",
    "files": 'files(train=csv("train.csv"), test=csv("test.csv"))',
}
"""How the rows of data are divided."""
DATA_OPTIONS = {
    "source": 'source = csv("data.csv")',
    "split": "split = fractions(train=0.8, test=0.2)",
    "seed": "seed = 0",
    "stratify": 'stratify = source["label"]',
}
"""The entries of a `data` block that are not fields."""


_OF_THEIR_OWN = ("initializer", "optimizer", "schedule", "layer")
"""Sections of the catalogue that are not simply operations."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A word that fits: what stands in the menu beside it, what kind of word it is, and what is typed right behind it."""

    text: str
    meta: str = ""
    kind: str = ""
    behind: str = ""


ATTRIBUTES = (
    Candidate("T", "the transpose", "attribute"),
    Candidate("shape", "the sizes, known where the dimensions are", "attribute"),
    Candidate("rank", "the number of axes", "attribute"),
    Candidate("dtype", "the element type", "attribute"),
)


def fitting(word: str, candidates: Iterable[Candidate]) -> list[Candidate]:
    """The candidates that a word can become: those that it begins, then those with a part that it begins."""
    wanted = word.lower()
    begun: dict[str, Candidate] = {}
    inside: dict[str, Candidate] = {}
    for candidate in candidates:
        text = candidate.text.lower()
        if text.startswith(wanted):
            begun.setdefault(candidate.text, candidate)
        elif candidate.kind != "file" and (f"_{wanted}" in text or f".{wanted}" in text):
            inside.setdefault(candidate.text, candidate)
    return [*begun.values(), *(each for text, each in inside.items() if text not in begun)]


@lru_cache(maxsize=1)
def called() -> dict[str, list[Candidate]]:
    """What programs call by name, by section: with signature and formula."""
    from dsl.app.catalogue import catalogue

    found: dict[str, list[Candidate]] = {}
    for section, entries in catalogue().items():
        for entry in entries:
            meta = f"{entry.signature}   {entry.formula or entry.summary}".rstrip()
            kind = section if section in _OF_THEIR_OWN else "operation"
            found.setdefault(kind, []).append(Candidate(entry.name, printable(" ".join(meta.split("\n"))), kind, "("))
    return found


def operations() -> list[Candidate]:
    """Operations and layers."""
    return [*called()["operation"], *called()["layer"]]


def everything_called() -> list[Candidate]:
    """All that has an entry in the catalogue."""
    return [candidate for candidates in called().values() for candidate in candidates]


@lru_cache(maxsize=1)
def statements() -> list[Candidate]:
    """The words that begin statements at the top of a program."""
    from dsl.language.mistake_hints import STATEMENTS

    return [Candidate(word, usage, "keyword", " ") for word, usage in STATEMENTS.items() if word != "return"]


@lru_cache(maxsize=1)
def builtins() -> list[Candidate]:
    """The values that are always there, but for element types."""
    from dsl.language.elaborate.values import BUILTINS
    from dsl.ops.dtypes import DTYPES

    return [Candidate(name, str(BUILTINS[name]), "constant") for name in BUILTINS if name not in (*DTYPES, "None")]


@lru_cache(maxsize=1)
def dtypes() -> list[Candidate]:
    """The element types."""
    from dsl.ops.dtypes import DTYPES

    return [Candidate(name, "element type", "type") for name in DTYPES]


@lru_cache(maxsize=1)
def train_keys() -> list[Candidate]:
    """The keys of a `train` block."""
    from dsl.language.statements.train import KEYS
    from dsl.training.run import TrainSettings

    docs = {parameter.name: str(parameter.doc) for parameter in TrainSettings.hyperparameters()}
    others = {
        "minimize": "the loss",
        "data": "the data set to train on",
        "validate": "data sets to measure after each epoch",
        "optimizer": "how parameters follow gradients",
        "schedule": "how the rate changes",
        "early_stopping": "when to stop before the end",
    }
    return [Candidate(key, docs.get(key) or others.get(key, ""), "key", " = ") for key in KEYS]


@lru_cache(maxsize=1)
def readers() -> list[Candidate]:
    """The readers of data files."""
    from dsl.training.data.readers import READERS

    return [Candidate(reader.name, reader.doc, "reader", "(") for reader in READERS.values()]


@lru_cache(maxsize=256)
def keywords(name: str) -> list[Candidate]:
    """The arguments of an operation, a layer of the library, an optimiser and the like, that are given by their names."""
    from dsl.language.elaborate.modules import library
    from dsl.ops.registry import load
    from dsl.training.initializers import INITIALIZERS
    from dsl.training.optimizers import OPTIMIZERS
    from dsl.training.schedules import SCHEDULES

    operation = load().get(name)
    if operation is not None:
        return [_argument(p.name, str(p)) for p in operation.parameters if not p.is_tensor]
    definition = library().get(name)
    if definition is not None:
        return [_argument(formal, text) for formal, text in formals(definition.statement)]
    for registry in (INITIALIZERS, OPTIMIZERS, SCHEDULES):
        if name in registry:
            return [_argument(p.name, f"{p}   {p.doc}") for p in registry[name].hyperparameters()]
    return [_argument("train", "a fraction"), _argument("test", "a fraction")] if name == "fractions" else []


def formals(statement: object) -> list[tuple[str, str]]:
    """The arguments of a function, or the options of a layer: their names, and how they are declared."""
    from dsl.language import syntax

    match statement:
        case syntax.LayerStatement(options=options):
            return [(formal.name.id, formal.span.text) for formal in options]
        case syntax.FunctionStatement(parameters=parameters):
            return [(formal.name.id, formal.span.text) for formal in parameters]
        case _:
            return []


def _argument(name: str, meta: str) -> Candidate:
    return Candidate(name, printable(meta), "argument", "=")


def engines() -> list[Candidate]:
    """What runs programs."""
    from dsl.engine.names import ENGINES

    return [Candidate(name, "engine", "engine") for name in ENGINES]


def files(word: str) -> list[Candidate]:
    """The files and folders that a path can become; hidden ones only where a dot is typed."""
    folder, _, name = word.rpartition("/")
    base = Path(f"{folder}/" if folder or word.startswith("/") else ".").expanduser()
    found: list[Candidate] = []
    try:
        with os.scandir(base) as entries:
            for entry in entries:
                if entry.name.startswith(".") and not name.startswith("."):
                    continue
                path = f"{folder}/{entry.name}" if folder or word.startswith("/") else entry.name
                is_folder = entry.is_dir()
                found.append(Candidate(path, "folder" if is_folder else "file", "file", "/" if is_folder else ""))
                if len(found) == _MOST_FILES:
                    break
    except OSError:
        return []
    return sorted(found, key=lambda each: each.text)
