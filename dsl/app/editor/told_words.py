"""What is said of words that the program did not make: operations, optimisers, keys, keywords, element types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dsl.app.catalogue import Entry, find
from dsl.app.completion import candidates as words
from dsl.app.editor.markdown import bullets, code, fenced, paragraphs, prose
from dsl.app.names.callees import Argument, Callee, callee
from dsl.app.names.keywords import MEANINGS
from dsl.ops.dtypes import DTYPES
from dsl.ops.parameters import spell

_DTYPE_KINDS = {"float": "floating point numbers", "int": "integers", "bool": "truth values"}


def told_operation(name: str) -> str:
    """An operation, as `nn ops NAME` tells it. Raises ProgramError where there is none."""
    entry = next(each for each in find(name) if each.section not in ("initializer", "optimizer", "schedule"))
    return paragraphs(
        [
            fenced([entry.signature]),
            prose(entry.doc),
            bullets(_formulas(entry)),
            fenced(entry.example.split("\n")) if entry.example else "",
        ]
    )


def _formulas(entry: Entry) -> Iterator[str]:
    if entry.formula and not entry.signature.startswith(entry.formula.removesuffix(")")):
        yield f"formula {code(entry.formula)}"
    for rule in entry.derivative.split("\n") if entry.derivative else ():
        source, _, text = rule.partition(": ")
        if source.startswith("where "):
            yield f"where {code(rule.removeprefix('where '))}"
        else:
            yield f"gradient to {code(source)}: {code(text)}"


def told_callee(called: Callee, what: str) -> str:
    """What only some places of a program call: how, what it does, and its arguments."""
    arguments = [told_argument(each) for bracket in called.brackets for each in bracket if each.doc]
    return paragraphs([fenced([called.signature]), f"*{what}*", prose(called.doc), bullets(arguments)])


def told_argument(argument: Argument) -> str:
    """An argument: how the signature has it, and what it takes."""
    return f"{code(argument.label)} {prose(argument.doc)}".rstrip()


def told_keyword_argument(
    owner: str, name: str, section: str, definitions: Mapping[str, Any], values: Mapping[str, Any]
) -> str:
    """An argument given by its name, and what it belongs to; empty where nothing is known of it."""
    called = callee(owner, section, definitions, values)
    arguments = [each for bracket in called.brackets for each in bracket] if called else []
    found = next((each for each in arguments if each.name == name), None)
    if called is None or found is None:
        return ""
    return paragraphs([fenced([found.label]), f"argument of {code(called.signature)}", prose(found.doc)])


def told_key(name: str, block: str) -> str:
    """A key of a `train` or a `data` block; empty for a name that is none."""
    if block == "data":
        usage = words.DATA_OPTIONS.get(name)
        return paragraphs([fenced([usage]), "*key of a `data` block*", _DATA_KEYS[name]]) if usage else ""
    key = next((each for each in words.train_keys() if each.text == name), None)
    if key is None:
        return ""
    return paragraphs(
        [fenced([_with_default(name)]), "*key of a `train` block*", prose(f"{key.meta[:1].upper()}{key.meta[1:]}.")]
    )


_DATA_KEYS = {
    "source": "A file, and what reads it; fields are made of its columns.",
    "split": "How the rows are divided into parts.",
    "seed": "Of the order in which the rows are divided.",
    "stratify": "A column of which every part gets the same mixture.",
}


def _with_default(key: str) -> str:
    from dsl.ops.parameters import REQUIRED
    from dsl.training.run import TrainSettings

    settings = {each.name: each.default for each in TrainSettings.hyperparameters()}
    default = settings.get(key, REQUIRED)
    return f"{key} = …" if default is REQUIRED or default is None else f"{key} = {spell(default)}   # by default"


def told_keyword(word: str) -> str:
    """A keyword: how its statement looks, and what it says; empty for a word that is none."""
    from dsl.language.mistake_hints import STATEMENTS

    if word not in MEANINGS:
        return ""
    return paragraphs([fenced([STATEMENTS.get(word, word)]), prose(MEANINGS[word])])


def told_sign(sign: str) -> str:
    """An operator, by the operation that it stands for; empty for one that stands for none."""
    from dsl.ops.registry import load

    operation = next((each for each in load().values() if each.symbol == sign and each.tensor_count == 2), None)
    if operation is not None:
        return told_operation(operation.name)
    if sign == "|>":
        return paragraphs(
            [
                fenced(["x |> f(a)"]),
                prose("`f(x, a)` for a function, `f(a)(x)` for a layer: a value goes through what follows."),
            ]
        )
    return ""


def told_dtype(name: str) -> str:
    """An element type."""
    dtype = DTYPES[name]
    bits = f" of {dtype.bits} bits" if dtype.kind != "bool" else ""
    gradient = "" if dtype.is_float else "; no gradient flows through them"
    return paragraphs([fenced([name]), f"*element type*: {_DTYPE_KINDS[dtype.kind]}{bits}{gradient}."])


def told_builtin(name: str) -> str:
    """A value that is always there; empty for a name that is none."""
    from dsl.language.elaborate.values import BUILTINS

    if name not in BUILTINS:
        return ""
    value = spell(BUILTINS[name])
    return paragraphs([fenced([name if value == name else f"{name} = {value}"]), "*constant that every program has*"])


def told_attribute(name: str) -> str:
    """A fact about a value; empty for a name that is none."""
    found = next((each for each in words.ATTRIBUTES if each.text == name), None)
    return paragraphs([fenced([f"x.{name}"]), prose(f"{found.meta[:1].upper()}{found.meta[1:]}.")]) if found else ""
