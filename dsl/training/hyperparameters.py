"""Declared hyper-parameters: what optimisers, schedules and initialisers are configured with, checked in one place.

A configurable thing is a frozen dataclass derived from `Declared` whose fields are made with `hyper`; `Registry.register`
gives it the name by which programs call it, and `Registry.make` builds it from the arguments of such a call.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from typing import Any, ClassVar, TypeVar, cast

import numpy as np

from dsl.ops.parameters import REQUIRED, Kind, spell
from dsl.source.diagnostic import Diagnostic, ProgramError
from dsl.source.nearest import nearest

# -- kinds ----------------------------------------------------------------------------------------------------------------


def number(
    low: float | None = None, high: float | None = None, *, above: float | None = None, below: float | None = None
) -> Kind:
    """A finite number within bounds: `low` and `high` are allowed themselves, `above` and `below` are not."""

    def convert(value: Any) -> float:
        value = _plain(value)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError
        inside = (
            (low is None or value >= low)
            and (high is None or value <= high)
            and (above is None or value > above)
            and (below is None or value < below)
        )
        if not inside:
            raise ValueError
        return float(value)

    return Kind("number", f"a number{_bounds(low, high, above, below)}", convert)


def _bounds(low: float | None, high: float | None, above: float | None, below: float | None) -> str:
    if low is not None and high is not None:
        return f" from {low} to {high}"
    lower = f" of at least {low}" if low is not None else f" above {above}" if above is not None else ""
    upper = f" of at most {high}" if high is not None else f" below {below}" if below is not None else ""
    return f"{lower} and{upper.removeprefix(' of')}" if lower and upper else lower or upper


def integer(low: int | None = None) -> Kind:
    """An integer, of at least `low` where that is given."""

    def convert(value: Any) -> int:
        value = _plain(value)
        if isinstance(value, bool) or not isinstance(value, int) or (low is not None and value < low):
            raise ValueError
        return value

    return Kind("integer", "an integer" if low is None else f"an integer of at least {low}", convert)


def flag() -> Kind:
    """True or false."""

    def convert(value: Any) -> bool:
        value = _plain(value)
        if not isinstance(value, bool):
            raise ValueError
        return value

    return Kind("flag", "true or false", convert)


def choice(*options: str) -> Kind:
    """One of these words."""

    def convert(value: Any) -> str:
        if not isinstance(value, str) or value not in options:
            raise ValueError
        return value

    return Kind("choice", f"one of {', '.join(map(spell, options))}", convert, options)


def text(example: str) -> Kind:
    """A text that is not empty; the example is shown in messages."""

    def convert(value: Any) -> str:
        if not isinstance(value, str) or not value:
            raise ValueError
        return value

    return Kind("text", f"a text such as {spell(example)}", convert)


def listed(item: Kind, expected: str, accepts: Callable[[tuple[Any, ...]], bool]) -> Kind:
    """A list of items of one kind which as a whole is acceptable; kept as a tuple."""

    def convert(value: Any) -> tuple[Any, ...]:
        value = _plain(value)
        if not isinstance(value, list | tuple):
            raise ValueError
        items = tuple(item.convert(element) for element in cast("Sequence[Any]", value))
        if not accepts(items):
            raise ValueError
        return items

    return Kind("list", expected, convert)


def optional(kind: Kind) -> Kind:
    """The kind itself, or none."""

    def convert(value: Any) -> Any:
        return None if value is None else kind.convert(value)

    return Kind(kind.name, f"{kind.expected}, or none", convert, kind.options)


def _plain(value: Any) -> Any:
    """A NumPy number as Python's, a NumPy array as a list; anything else as it is."""
    if isinstance(value, np.generic | np.ndarray):
        return cast(Any, value).tolist()
    return value


# -- declarations ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hyperparameter:
    """One declared hyper-parameter; `default` is REQUIRED where a program must give it.

    `elsewhere` is what PyTorch calls it where that differs, for hints.
    """

    name: str
    kind: Kind
    default: Any
    doc: str
    keyword_only: bool = False
    elsewhere: str = ""

    def __str__(self) -> str:
        return self.name if self.default is REQUIRED else f"{self.name}={spell(self.default)}"


def hyper(
    kind: Kind, default: Any = REQUIRED, doc: str = "", *, keyword_only: bool = False, elsewhere: str = ""
) -> Any:
    """A dataclass field that is a hyper-parameter."""
    metadata = {"kind": kind, "doc": doc, "keyword_only": keyword_only, "elsewhere": elsewhere}
    return field(default=MISSING if default is REQUIRED else default, metadata=metadata)


class ArgumentError(ProgramError):
    """A call with hyper-parameters that is wrong; `argument` is the name of the one at fault, empty for the whole call.

    The diagnostic has no place: who knows the call's span adds it.
    """

    def __init__(self, message: str, argument: str = "", *, hint: str = "", code: str = "argument") -> None:
        super().__init__([Diagnostic(code, message, hint=hint)])
        self.argument = argument


class Declared:
    """Something that programs call by name with hyper-parameters; derived classes are frozen keyword-only dataclasses.

    The class's docstring is its documentation for users.
    """

    name: ClassVar[str] = ""

    @classmethod
    def hyperparameters(cls) -> tuple[Hyperparameter, ...]:
        """The hyper-parameters in the order of positional arguments, keyword-only ones last."""
        return _hyperparameters(cls)

    @classmethod
    def signature(cls) -> str:
        """The declaration as it is called: `step(size, gamma=0.1, per="epoch")`."""
        return f"{cls.name}({', '.join(map(str, cls.hyperparameters()))})"

    @classmethod
    def documentation(cls) -> str:
        """What it is and does, for listings."""
        return inspect.cleandoc(cls.__doc__ or "")

    def check(self) -> None:
        """Raise ArgumentError where hyper-parameters, each right by itself, do not go together."""

    def __str__(self) -> str:
        given = [
            f"{parameter.name}={spell(getattr(self, parameter.name))}"
            for parameter in self.hyperparameters()
            if getattr(self, parameter.name) != parameter.default
        ]
        return f"{self.name}({', '.join(given)})"


D = TypeVar("D", bound=Declared)
C = TypeVar("C", bound=Declared)


class Registry(dict[str, type[D]]):
    """Declarations of one sort by name; `noun` is the sort as messages call it, with its article.

    `elsewhere` has the names that other libraries use, for hints.
    """

    def __init__(self, noun: str, elsewhere: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.noun = noun
        self.elsewhere = elsewhere or {}

    def register(self, name: str) -> Callable[[type[C]], type[C]]:
        """Give the decorated class this name. Raises ValueError when the name is taken."""

        def add(declaration: type[C]) -> type[C]:
            if name in self:
                raise ValueError(f"{self.noun} named {name} is there already")
            known: Any = declaration
            known.name = name
            self[name] = known
            return declaration

        return add

    def make(self, name: str, arguments: Mapping[str, Any] | None = None, positional: Sequence[Any] = ()) -> D:
        """The declaration of this name with these hyper-parameters.

        Raises ArgumentError, without a place, for an unknown name, an unknown, missing or repeated argument, a value of the
        wrong kind or out of range, and for arguments that do not go together.
        """
        if name not in self:
            found = self.elsewhere.get(name) or nearest(name, self)
            hint = f"did you mean `{found}`?" if found else f"there are {', '.join(self)}"
            raise ArgumentError(f"`{name}` is not the name of {self.noun}", hint=hint, code="name")
        return build(self[name], arguments or {}, positional)


@cache
def _hyperparameters(declaration: type[Declared]) -> tuple[Hyperparameter, ...]:
    declared = [
        Hyperparameter(
            item.name,
            item.metadata["kind"],
            REQUIRED if item.default is MISSING else item.default,
            item.metadata["doc"],
            item.metadata["keyword_only"],
            item.metadata["elsewhere"],
        )
        for item in fields(cast(Any, declaration))
        if "kind" in item.metadata
    ]
    return tuple(sorted(declared, key=lambda parameter: parameter.keyword_only))


def build(declaration: type[D], arguments: Mapping[str, Any], positional: Sequence[Any] = ()) -> D:
    """The declared thing with these hyper-parameters. Raises ArgumentError as `Registry.make` does."""
    given = _by_name(declaration, arguments, positional)
    usage = f"it is called as `{declaration.signature()}`"
    values: dict[str, Any] = {}
    for parameter in declaration.hyperparameters():
        if parameter.name in given:
            values[parameter.name] = _convert(declaration, parameter, given[parameter.name], usage)
        elif parameter.default is REQUIRED:
            message = f"`{declaration.name}` needs `{parameter.name}`: {parameter.kind.expected}"
            raise ArgumentError(message, hint=usage)
    made = declaration(**values)
    made.check()
    return made


def _by_name(declaration: type[Declared], arguments: Mapping[str, Any], positional: Sequence[Any]) -> dict[str, Any]:
    """The arguments of a call by the names of the hyper-parameters."""
    parameters = declaration.hyperparameters()
    usage = f"it is called as `{declaration.signature()}`"
    places = [parameter.name for parameter in parameters if not parameter.keyword_only]
    if len(positional) > len(places):
        count = f"{len(places)} positional argument{'' if len(places) == 1 else 's'}"
        raise ArgumentError(f"`{declaration.name}` takes at most {count}, not {len(positional)}", hint=usage)
    given = dict(zip(places, positional, strict=False))
    known = [parameter.name for parameter in parameters]
    for name, value in arguments.items():
        if name not in known:
            hint = _renamed(name, parameters) or usage
            raise ArgumentError(f"`{declaration.name}` has no hyper-parameter `{name}`", name, hint=hint)
        if name in given:
            raise ArgumentError(f"`{name}` of `{declaration.name}` is given twice", name, hint=usage)
        given[name] = value
    return given


def _renamed(name: str, parameters: Sequence[Hyperparameter]) -> str:
    for parameter in parameters:
        if name == parameter.elsewhere:
            return f"`{name}` is called `{parameter.name}` here"
    found = nearest(name, [parameter.name for parameter in parameters])
    return f"did you mean `{found}`?" if found else ""


def _convert(declaration: type[Declared], parameter: Hyperparameter, value: Any, usage: str) -> Any:
    try:
        return parameter.kind.convert(value)
    except ValueError:
        message = f"`{parameter.name}` of `{declaration.name}` must be {parameter.kind.expected}, not {spell(value)}"
        raise ArgumentError(message, parameter.name, hint=usage) from None
