"""What can follow the text before the cursor of a session: what the language has there, and what a command takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from dsl.app.completion import candidates as words
from dsl.app.completion.candidates import Candidate, fitting
from dsl.app.completion.language import Completion, Known, candidate, complete
from dsl.app.repl import commands
from dsl.app.repl.arguments import Arguments, read_arguments
from dsl.app.repl.command import COMMANDS, Command, Kind
from dsl.app.repl.commands.telling import VIEWS
from dsl.app.repl.session import Session
from dsl.source.text import Source, Span

assert commands  # which registers them


@lru_cache(maxsize=1)
def completer_of(session: Session) -> Completer:
    """What completes for a session."""
    return Completer(session)


class Completer:
    """Completes for a session; what it knows of the program is worked out once after each change of it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._found: Known | None = None

    def complete(self, text: str) -> Completion:
        """What can follow a text, which is all that stands before the cursor."""
        if text.lstrip().startswith(":"):
            return self._of_command(text)
        return self._of_language(text)

    def _of_language(self, text: str, offset: int = 0) -> Completion:
        """What can follow a text of the language; places are told `offset` further on."""
        found = complete(text, self._known)
        return Completion(found.start + offset, found.candidates)

    @property
    def _known(self) -> Known:
        """What the program knows by name."""
        if self._found is None or self._found.model is not self._session.model:
            self._found = Known(self._session.model)
        return self._found

    def _named(self, *hows: str) -> list[Candidate]:
        return self._known.named(*hows)

    def _datasets(self) -> list[Candidate]:
        return self._known.datasets()

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
                return map(candidate, self._known.facts)
            case "training":
                return self._named("training")
            case "train key":
                return [Candidate(each.text, each.meta, each.kind, "=") for each in words.train_keys()]
            case "operation":
                return _bare(words.everything_called())
            case "documented":
                named = [
                    *map(candidate, self._known.facts),
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


def _bare(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The candidates as words by themselves."""
    return [Candidate(each.text, each.meta, each.kind) for each in candidates]
