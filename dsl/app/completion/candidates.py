"""Words that can be typed and do not depend on the program: statements, operations, keys, element types, files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from dsl.app.completion.beginning import AT_THE_TOP
from dsl.app.names.callees import Argument, Callee, callee, sections
from dsl.source.render import printable

_MOST_FILES = 500
_PATHS = ("file", "folder")
"""Kinds of words that are paths, which one types from their beginning."""

DATA_OPTIONS = {
    "source": 'source = csv("data.csv")',
    "split": "split = fractions(train=0.8, test=0.2)",
    "seed": "seed = 0",
    "stratify": 'stratify = source["label"]',
}
"""The entries of a `data` block that are not fields."""

TRAIN_KEYS = {
    "minimize": "the loss",
    "data": "the data set to train on",
    "validate": "data sets to measure after each epoch",
    "optimizer": "how parameters follow gradients",
    "schedule": "how the rate changes",
    "early_stopping": "when to stop before the end",
}
"""The keys of a `train` block that are no plain numbers or texts."""

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
        elif candidate.kind not in _PATHS and (f"_{wanted}" in text or f".{wanted}" in text):
            inside.setdefault(candidate.text, candidate)
    return [*begun.values(), *(each for text, each in inside.items() if text not in begun)]


@lru_cache(maxsize=1)
def called() -> dict[str, list[Candidate]]:
    """What programs call by name, by section: with signature and formula."""
    from dsl.app.catalogue import catalogue
    from dsl.language.elaborate.modules import library

    found: dict[str, list[Candidate]] = {}
    for section, entries in catalogue().items():
        for entry in entries:
            meta = f"{entry.signature}   {entry.formula or entry.summary}".rstrip()
            group = section if section in _OF_THEIR_OWN else "operation"
            kind = "operation" if group == "layer" and entry.name not in library() else group
            found.setdefault(group, []).append(Candidate(entry.name, printable(" ".join(meta.split("\n"))), kind, "("))
    return found


def operations() -> list[Candidate]:
    """Operations and layers."""
    return [*called()["operation"], *called()["layer"]]


def everything_called() -> list[Candidate]:
    """All that has an entry in the catalogue."""
    return [candidate for candidates in called().values() for candidate in candidates]


@lru_cache(maxsize=3)
def statements(body: str = "") -> list[Candidate]:
    """The words that begin statements: at the top of a program, or inside the body of a `def` or a `layer`."""
    from dsl.language.mistake_hints import STATEMENTS

    def fits(word: str) -> bool:
        if not body:
            return word != "return"
        return word not in AT_THE_TOP and not (body == "def" and word == "parameter")

    return [Candidate(word, usage, "keyword", " ") for word, usage in STATEMENTS.items() if fits(word)]


@lru_cache(maxsize=64)
def keywords(kinds: tuple[str, ...]) -> list[Candidate]:
    """The words inside statements, of these kinds."""
    from dsl.language.highlighting.vocabulary import vocabulary
    from dsl.language.parser import grammar

    known = vocabulary()
    words = [word for word, kind in grammar().keywords.items() if kind in kinds and word not in known.beginnings]
    return [Candidate(word, "keyword", "keyword", " ") for word in sorted(words, key=known.operators.__contains__)]


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
    return [Candidate(key, docs.get(key) or TRAIN_KEYS.get(key, ""), "key", " = ") for key in KEYS]


def data_values() -> list[Candidate]:
    """What only a `data` block calls, but for the ways to divide the rows."""
    return [_called_in_data(name) for name in sections()["data"] if name not in _splits()]


def splits() -> list[Candidate]:
    """How the rows of data are divided."""
    return [Candidate(name, usage.removeprefix("split = "), "split", "(") for name, usage in _splits().items()]


def _splits() -> dict[str, str]:
    from dsl.language.statements.data import SPLITS

    return SPLITS


def _called_in_data(name: str) -> Candidate:
    found = callee(name, "data")
    assert found is not None
    return Candidate(name, f"{found.signature}   {found.summary}", found.section, "(")


def arguments(called: Callee, is_applied: bool) -> list[Candidate]:
    """The arguments of a call that are given by their names."""
    found = [each for each in called.arguments(is_applied) if not each.is_value]
    return [Candidate(a.name, printable(f"{a.label}   {a.doc}".rstrip()), "argument", "=") for a in found]


def options(argument: Argument, quoted: bool) -> list[Candidate]:
    """The values of an argument of which there are few; `quoted` where the quotation mark is there already."""
    from dsl.ops.dtypes import DTYPES

    def written(option: str) -> str:
        return option if quoted or option in DTYPES else f'"{option}"'

    return [Candidate(written(option), argument.doc, "option") for option in argument.options]


def engines() -> list[Candidate]:
    """What runs programs."""
    from dsl.engine.names import ENGINES

    return [Candidate(name, "engine", "engine") for name in ENGINES]


def files(word: str, beside: Path | None = None) -> list[Candidate]:
    """The files and folders that a path can become; hidden ones only where a dot is typed.

    Paths are relative to the folder `beside`, or to the current one.
    """
    folder, _, name = word.rpartition("/")
    base = (beside or Path()) / Path(f"{folder}/" if folder or word.startswith("/") else ".").expanduser()
    found: list[Candidate] = []
    try:
        with os.scandir(base) as entries:
            for entry in entries:
                if entry.name.startswith(".") and not name.startswith("."):
                    continue
                path = f"{folder}/{entry.name}" if folder or word.startswith("/") else entry.name
                kind = "folder" if entry.is_dir() else "file"
                found.append(Candidate(path, kind, kind, "/" if kind == "folder" else ""))
                if len(found) == _MOST_FILES:
                    break
    except OSError:
        return []
    return sorted(found, key=lambda each: each.text)


def columns(path: str, delimiter: str, beside: Path | None) -> list[Candidate]:
    """The columns of a file of data."""
    from dsl.training.data.delimited import csv_columns

    return [
        Candidate(name, f"column of {path}", "column") for name in csv_columns((beside or Path()) / path, delimiter)
    ]


def importable(path: str, beside: Path | None) -> list[Candidate]:
    """The functions and layers of another file; nothing of one that cannot be read."""
    from dsl.app.names.signature import signature
    from dsl.language import syntax
    from dsl.language.parser import parse
    from dsl.source.diagnostic import ProgramError
    from dsl.source.text import Source

    try:
        statements = parse(Source.read((beside or Path()) / path)).statements
    except (OSError, UnicodeDecodeError, ProgramError):
        return []
    return [
        Candidate(
            each.name.id, printable(signature(each)), "layer" if isinstance(each, syntax.LayerStatement) else "function"
        )
        for each in statements
        if isinstance(each, syntax.LayerStatement | syntax.FunctionStatement)
    ]
