"""What can follow the text before the cursor, each with what it is: names, operations, arguments, keys, commands, files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from dsl.app.repl import candidates as words
from dsl.app.repl import commands
from dsl.app.repl.arguments import Arguments, read_arguments
from dsl.app.repl.candidates import Candidate, fitting
from dsl.app.repl.command import COMMANDS, Command, Kind
from dsl.app.repl.commands.telling import VIEWS
from dsl.app.repl.context import Context, context
from dsl.app.repl.describing import Fact, facts
from dsl.app.repl.session import Session
from dsl.source.render import printable
from dsl.source.text import Source, Span

assert commands  # which registers them

_DECLARED_BY = {"dim": "dimension", "def": "function"}
"""What the names are, for the words that declare them by another word."""


@dataclass(frozen=True, slots=True)
class Completion:
    """The candidates for the word that begins at `start`."""

    start: int
    candidates: list[Candidate]


@lru_cache(maxsize=1)
def completer_of(session: Session) -> Completer:
    """What completes for a session."""
    return Completer(session)


class Completer:
    """Completes for a session; what it knows of the program is worked out once after each change of it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._facts: tuple[object, list[Fact]] = (None, [])

    def complete(self, text: str) -> Completion:
        """What can follow a text, which is all that stands before the cursor."""
        if text.lstrip().startswith(":"):
            return self._of_command(text)
        return self._of_language(text)

    def _of_language(self, text: str, offset: int = 0) -> Completion:
        """What can follow a text of the language; places are told `offset` further on."""
        place = context(text)
        return Completion(place.start + offset, fitting(place.word, self._expected(place)))

    @property
    def _known(self) -> list[Fact]:
        """The names of the program."""
        if self._facts[0] is not self._session.program:
            self._facts = (self._session.program, list(facts(self._session)))
        return self._facts[1]

    # -- in the language --------------------------------------------------------------------------------------------------

    def _expected(self, place: Context) -> Iterable[Candidate]:
        match place.expected:
            case "nothing":
                return []
            case "statement":
                return [*words.statements(), *self._values()]
            case "value":
                return self._values()
            case "callable":
                return [*self._named("function", "layer"), *words.operations()]
            case "argument":
                return [*self._arguments(place.owner, place.given), *self._values()]
            case "attribute":
                return self._attributes(place.owner)
            case "type":
                return words.dtypes()
            case "dimension":
                return self._named("dimension", "constant")
            case "dtype":
                return [each for each in words.dtypes() if each.text.startswith("f")]
            case "initializer":
                return words.called()["initializer"]
            case "dataset":
                return self._datasets()
            case "file":
                return words.files(place.word)
            case "train key":
                return [each for each in words.train_keys() if each.text not in place.given]
            case "train value":
                return self._train_values(place.owner)
            case "data key":
                return self._data_keys(place.given)
            case "data value":
                return self._data_values(place.owner)
            case "new name":
                return self._named(_DECLARED_BY.get(place.owner, place.owner))

    def _named(self, *hows: str) -> list[Candidate]:
        return [_candidate(fact) for fact in self._known if fact.how in hows]

    def _values(self) -> Iterator[Candidate]:
        """What can stand in an expression: names of the program, what can be called, and the values that are always there."""
        yield from (_candidate(fact) for fact in self._known if fact.how != "training" and "." not in fact.name)
        yield from words.operations()
        yield from words.builtins()

    def _arguments(self, owner: str, given: frozenset[str]) -> list[Candidate]:
        """The arguments of a call that can be given by their names."""
        definition = self._session.module.definitions.get(owner)
        if definition is None:
            found = words.keywords(owner)
        else:
            found = [
                Candidate(name, printable(text), "argument", "=") for name, text in words.formals(definition.statement)
            ]
        return [each for each in found if each.text not in given]

    def _attributes(self, owner: str) -> list[Candidate]:
        """What can stand behind a dot: parts of data, parameters and layers below a name, facts of a value."""
        beginning = f"{owner}."
        below: dict[str, Candidate] = {}
        for each in [*self._datasets(), *map(_candidate, self._known)]:
            if each.text.startswith(beginning):
                part, dot, _ = each.text.removeprefix(beginning).partition(".")
                below.setdefault(part, Candidate(part, "" if dot else each.meta, each.kind, "." if dot else ""))
        is_value = any(fact.name == owner and fact.how not in ("data", "layer", "function") for fact in self._known)
        return [*below.values(), *(words.ATTRIBUTES if is_value else ())]

    def _datasets(self) -> list[Candidate]:
        data = self._session.model.data
        return [
            Candidate(f"{name}.{part}", f"feeds {', '.join(plan.fields)}", "data")
            for name, plan in data.items()
            for part in plan.split.names
        ]

    def _train_values(self, key: str) -> Iterable[Candidate]:
        match key:
            case "optimizer" | "schedule":
                return words.called()[key]
            case "data" | "validate":
                return self._datasets()
            case "minimize":
                return self._named("value")
            case "early_stopping":
                return [Candidate("early_stopping", "how long to wait", "schedule", "(")]
            case _:
                return self._values()

    def _data_keys(self, given: frozenset[str]) -> list[Candidate]:
        fields = [Candidate(each.text, each.meta, each.kind, " = ") for each in self._named("placeholder")]
        options = [Candidate(name, usage, "key", " = ") for name, usage in words.DATA_OPTIONS.items()]
        return [each for each in [*fields, *options] if each.text not in given]

    def _data_values(self, key: str) -> list[Candidate]:
        if key == "split":
            return [Candidate(name, usage, "split", "(") for name, usage in words.SPLITS.items()]
        from dsl.language.statements.fields import USAGE

        columns = [Candidate(name, usage, "field", "(") for name, usage in USAGE.items()]
        return [Candidate("source", "the file", "field"), *columns, *words.readers(), *self._named("constant")]

    # -- of commands ------------------------------------------------------------------------------------------------------

    def _of_command(self, text: str) -> Completion:
        name, blank, rest = text.lstrip()[1:].partition(" ")
        if not blank:
            every = [Candidate(each.name, each.summary, "command", " ") for each in COMMANDS.values()]
            return Completion(len(text) - len(name), fitting(name, every))
        begun = [each for each in COMMANDS.values() if each.name.startswith(name)]
        command = COMMANDS.get(name) or (begun[0] if len(begun) == 1 else None)
        if command is None:
            return Completion(len(text), [])
        offset = len(text) - len(rest)
        if "expression" in command.takes:
            return self._of_language(f"_ = {rest}", offset - len("_ = "))
        arguments = read_arguments(Span(Source(rest), 0, len(rest)))
        for name, value in arguments.pairs.items():
            if value.end == len(rest):
                return self._of_pair(command, name, value, offset)
        return self._of_word(command, arguments, offset)

    def _of_word(self, command: Command, arguments: Arguments, offset: int) -> Completion:
        whole = arguments.place.text
        word = arguments.words[-1] if arguments.words and arguments.words[-1].end == len(whole) else None
        text = word.text if word else ""
        room = len(arguments.words) - (word is not None) < command.most
        takes: list[Kind] = [kind for kind in command.takes if room or kind in _PAIRS]
        found = [each for kind in takes for each in self._of_kind(kind, text)]
        found += [Candidate(name, "option", "option", "=") for name in command.options if name not in arguments.pairs]
        return Completion(len(whole) - len(text) + offset, fitting(text, found))

    def _of_pair(self, command: Command, name: str, value: Span, offset: int) -> Completion:
        """A value behind `name=`."""
        text, start = value.text, value.start + offset
        if text.startswith("@"):
            return Completion(start + 1, fitting(text[1:], words.files(text[1:])))
        if name in command.options:
            return Completion(start, fitting(text, self._of_kind(command.options[name], text)))
        is_key = "train key" in command.takes or ("settable" in command.takes and "." in name)
        before = f"train {{ {name.rpartition('.')[2]} = " if is_key else "_ = "
        return self._of_language(before + text, start - len(before))

    def _of_kind(self, kind: Kind, word: str) -> Iterable[Candidate]:
        match kind:
            case "value":
                return self._named("value", "metric", "parameter", "placeholder")
            case "placeholder":
                return [Candidate(each.text, each.meta, each.kind, "=") for each in self._named("placeholder")]
            case "settable":
                return self._settable()
            case "dataset":
                return self._datasets()
            case "name":
                return map(_candidate, self._known)
            case "training":
                return self._named("training")
            case "train key":
                return [Candidate(each.text, each.meta, each.kind, "=") for each in words.train_keys()]
            case "operation":
                return _bare(words.everything_called())
            case "documented":
                named = [
                    *map(_candidate, self._known),
                    *words.everything_called(),
                    *words.statements(),
                    *words.train_keys(),
                ]
                return _bare(named)
            case "command":
                return [Candidate(each.name, each.summary, "command") for each in COMMANDS.values()]
            case "engine":
                return words.engines()
            case "stage":
                return [Candidate(stage, "", "stage") for stage in ("plan", "passes", "code")]
            case "view":
                return [Candidate(view, "", "view") for view in VIEWS]
            case "file":
                return words.files(word)
            case "expression" | "":
                return []

    def _settable(self) -> Iterator[Candidate]:
        for each in self._named("constant", "dimension", "parameter"):
            yield Candidate(each.text, each.meta, each.kind, "=")
        for run in self._session.model.runs:
            for key in words.train_keys():
                yield Candidate(f"{run.name}.{key.text}", key.meta, key.kind, "=")


_PAIRS: tuple[Kind, ...] = ("placeholder", "settable", "train key")
"""Kinds that are names of pairs, of which there can be as many as one likes."""


def _candidate(fact: Fact) -> Candidate:
    is_called = fact.how in ("function", "layer") and bool(fact.type)
    meta = fact.type if is_called else f"{fact.how} {fact.type} {fact.text}".replace("  ", " ")
    return Candidate(fact.name, printable(meta.strip()), fact.how, "(" if is_called else "")


def _bare(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The candidates as words by themselves."""
    return [Candidate(each.text, each.meta, each.kind) for each in candidates]
