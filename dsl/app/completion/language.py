"""What can follow a text of the language: names, operations, arguments, keys, keywords, files, each with what it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from dsl.app.completion import candidates as words
from dsl.app.completion.calls import under_way
from dsl.app.completion.candidates import Candidate, fitting
from dsl.app.completion.context import Context, context
from dsl.app.names.callees import Callee, callee
from dsl.app.names.facts import Fact, facts
from dsl.language.elaborate.model import Model
from dsl.language.elaborate.values import Definition
from dsl.source.render import printable

_DECLARED_BY = {"dim": "dimension", "def": "function"}
"""What the names are, for the words that declare them by another word."""
_DECLARED = ("initializer", "optimizer", "schedule", "early_stopping")
"""What is called with arguments that are known before the program runs."""
_NESTED = ("schedule",)
"""Those of them that take others of their kind."""
_WITH_KEYWORDS = ("nothing", "value", "statement")
_TAKES_PATHS = ("import", "from")


@dataclass(frozen=True, slots=True)
class Completion:
    """The candidates for the word that begins at `start`."""

    start: int
    candidates: list[Candidate]


@dataclass(frozen=True)
class Known:
    """What a program knows by name. Paths are relative to `folder`, or to the current one."""

    model: Model
    folder: Path | None = None
    inner: Mapping[str, str] = field(default_factory=dict[str, str])
    """What is known of the names of the body around the place."""
    told: Sequence[Fact] | None = None
    """The facts about the names of the program, where they have been gathered already."""

    @cached_property
    def facts(self) -> Sequence[Fact]:
        """The names of the program."""
        return list(facts(self.model)) if self.told is None else self.told

    @property
    def definitions(self) -> Mapping[str, Definition]:
        """The functions and layers of the program."""
        return self.model.frame.module.definitions if self.model.frame else {}

    @property
    def values(self) -> Mapping[str, Any]:
        """What the names at the top of the program stand for."""
        return self.model.frame.names if self.model.frame else {}

    def datasets(self) -> list[Candidate]:
        """The parts of the program's data."""
        return [
            Candidate(f"{name}.{part}", f"feeds {', '.join(plan.fields)}", "data")
            for name, plan in self.model.data.items()
            for part in plan.split.names
        ]

    def named(self, *hows: str) -> list[Candidate]:
        """The names of some kinds."""
        return [candidate(fact) for fact in self.facts if fact.how in hows]


def complete(text: str, known: Known) -> Completion:
    """What can follow a text, which is all that stands before the cursor."""
    place = context(text)
    return Completion(place.start, fitting(place.word, _Completer(known, place).expected()))


def candidate(fact: Fact) -> Candidate:
    """A name of a program, with what it is."""
    is_called = fact.how in ("function", "layer") and bool(fact.type)
    meta = fact.type if is_called else f"{fact.how} {fact.type} {fact.text}".replace("  ", " ")
    return Candidate(fact.name, printable(meta.strip()), fact.how, "(" if is_called else "")


class _Completer:
    """What can stand at a place of a program."""

    def __init__(self, known: Known, place: Context) -> None:
        self.known, self.place = known, place

    def expected(self) -> Iterable[Candidate]:
        """All that can, whatever its beginning."""
        inner = words.keywords(self.place.keywords) if self.place.expected in _WITH_KEYWORDS else ()
        return [*self._by_place(), *inner]

    def _by_place(self) -> Iterable[Candidate]:
        place = self.place
        match place.expected:
            case "nothing":
                return []
            case "value":
                return self._values()
            case "statement":
                return [*words.statements(place.body), *self._values()]
            case "callable":
                return [*self.known.named("function", "layer"), *words.operations()]
            case "argument":
                return [*self._options(quoted=False), *self._arguments(), *self._values()]
            case "argument value":
                return [*self._options(quoted=False), *self._values()]
            case "attribute":
                return self._attributes(place.owner)
            case "type":
                return words.dtypes()
            case "dimension":
                return [*self._bound("dimension", "argument"), *self.known.named("dimension", "constant")]
            case "dtype":
                return [each for each in words.dtypes() if each.text.startswith("f")]
            case "initializer":
                return words.called()["initializer"]
            case "dataset":
                return self.known.datasets()
            case "text":
                return self._in_text()
            case "imported":
                return words.importable(place.owner, self.known.folder)
            case "train key":
                return [each for each in words.train_keys() if each.text not in place.given]
            case "train value":
                return self._train_values(place.owner)
            case "data key":
                return self._data_keys()
            case "data value":
                return self._data_values(place.owner)
            case "new name":
                return self.known.named(_DECLARED_BY.get(place.owner, place.owner))

    def _bound(self, *hows: str) -> Iterator[Candidate]:
        """The names that the text around the place binds, which may be on no healthy line yet."""
        told = {fact.name for fact in self.known.facts} if not self.place.body else set[str]()
        for name, how in self.place.bound.items():
            if (not hows or how in hows) and name not in told:
                yield Candidate(name, self.known.inner.get(name, how), how)
        for name, what in self.known.inner.items():
            how = what.partition(" ")[0]
            if (not hows or how in hows) and name not in self.place.bound and name not in self.place.pending:
                yield Candidate(name, what, how)

    def _values(self) -> Iterator[Candidate]:
        """What can stand in an expression: names of the program, what can be called, and the values that are always there."""
        section = self.place.section
        if section in _DECLARED:
            yield from words.called()[section] if section in _NESTED else ()
            yield from self._bound("argument", "constant", "number")
            yield from self.known.named("constant", "dimension")
            yield from words.builtins()
            return
        if section == "data":
            yield from words.data_values()
        yield from self._bound()
        for fact in self.known.facts:
            if fact.how != "training" and "." not in fact.name and fact.name not in self.place.pending:
                yield candidate(fact)
        yield from words.operations()
        yield from words.builtins()

    # -- calls ------------------------------------------------------------------------------------------------------------

    def _callee(self) -> Callee | None:
        place, known = self.place, self.known
        return callee(place.owner, place.section, known.definitions, known.values)

    def _arguments(self) -> list[Candidate]:
        """The arguments of a call that can be given by their names."""
        called, call = self._callee(), self.place.call
        found = words.arguments(called, call.is_applied) if called and call else []
        return [each for each in found if each.text not in self.place.given]

    def _options(self, quoted: bool) -> list[Candidate]:
        """The few values that the argument under way can have."""
        called, call = self._callee(), self.place.call
        argument = under_way(called, call) if called and call else None
        return words.options(argument, quoted) if argument else []

    def _in_text(self) -> list[Candidate]:
        """Inside quotation marks: the words that an argument takes, the columns of a file, the path of one."""
        place = self.place
        options = self._options(quoted=True)
        if options:
            return options
        if place.file[0]:
            return words.columns(*place.file, self.known.folder)
        called = self._callee() if place.call else None
        takes_path = called is not None and called.section == "reader" and not place.key
        if takes_path or place.key in _TAKES_PATHS or (place.section, place.key) == ("train", "checkpoint"):
            return words.files(place.word, self.known.folder)
        return []

    # -- behind a dot, and in blocks --------------------------------------------------------------------------------------

    def _attributes(self, owner: str) -> list[Candidate]:
        """What can stand behind a dot: parts of data, parameters and layers below a name, facts of a value."""
        beginning = f"{owner}."
        below: dict[str, Candidate] = {}
        for each in [*self.known.datasets(), *map(candidate, self.known.facts)]:
            if each.text.startswith(beginning):
                part, dot, _ = each.text.removeprefix(beginning).partition(".")
                below.setdefault(part, Candidate(part, "" if dot else each.meta, each.kind, "." if dot else ""))
        no_values = ("data", "layer", "function", "training", "dimension")
        is_value = any(fact.name == owner and fact.how not in no_values for fact in self.known.facts)
        is_value = is_value or self.place.bound.get(owner) in ("value", "argument", "parameter", "placeholder")
        return [*below.values(), *(words.ATTRIBUTES if is_value else ())]

    def _train_values(self, key: str) -> Iterable[Candidate]:
        match key:
            case "optimizer" | "schedule":
                return words.called()[key]
            case "data" | "validate":
                return self.known.datasets()
            case "minimize":
                return self.known.named("value")
            case "early_stopping":
                return [Candidate("early_stopping", "how long to wait", "schedule", "(")]
            case _:
                return self._values()

    def _data_keys(self) -> list[Candidate]:
        fields = [Candidate(each.text, each.meta, each.kind, " = ") for each in self.known.named("placeholder")]
        options = [Candidate(name, usage, "key", " = ") for name, usage in words.DATA_OPTIONS.items()]
        return [each for each in [*fields, *options] if each.text not in self.place.given]

    def _data_values(self, key: str) -> list[Candidate]:
        if key == "split":
            return words.splits()
        return [
            *self._bound("field"),
            Candidate("source", "the file", "field"),
            *words.data_values(),
            *self.known.named("constant"),
            *words.called()["operation"],
        ]
