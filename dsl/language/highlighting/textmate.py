"""The TextMate grammar of `.nn`, for editors that colour by regular expressions.

It is made of the terminals of `grammar/nn.lark` and of the operations' names. What the parser knows by its state, an editor
guesses from what stands around a word: a statement's keyword begins a line or follows `;` or a brace, and neither `=` nor
`,` follows it; `in`, `with`, `on` and `within` are keywords in the statements that have them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dsl.language.automaton import OPERATORS
from dsl.language.highlighting.roles import DOCUMENTATION, LAYER_NAME, PUNCTUATION, Role
from dsl.language.highlighting.vocabulary import one_of, signs_behind_targets, vocabulary
from dsl.language.parser import grammar

SCOPES = {
    Role.KEYWORD: "keyword.control.nn",
    Role.OPERATOR_WORD: "keyword.operator.word.nn",
    Role.OPERATION: "support.function.nn",
    Role.LAYER: "entity.name.type.layer.nn",
    Role.FUNCTION: "entity.name.function.nn",
    Role.CONSTANT: "constant.language.nn",
    Role.TYPE: "storage.type.nn",
    Role.ATTRIBUTE: "variable.other.property.nn",
    Role.ARGUMENT: "variable.parameter.nn",
    Role.NAME: "variable.other.nn",
    Role.NUMBER: "constant.numeric.nn",
    Role.STRING: "string.quoted.double.nn",
    Role.OPERATOR: "keyword.operator.nn",
    Role.PUNCTUATION: "punctuation.nn",
    Role.COMMENT: "comment.line.number-sign.nn",
    Role.DOCUMENTATION: "comment.block.documentation.nn",
    Role.ERROR: "invalid.illegal.nn",
}
"""What editors call the roles."""

_BINDS = r"\s*=(?!=)"
"""What follows a name that is bound, or an argument that is given by name."""
_BEGINNING = r"(?:^|(?<=[;{]))\s*"
"""Before the first word of a statement."""
_END = r"$|(?=[;{}])"
"""Where what belongs to a statement's own words ends."""

Rule = dict[str, Any]


def textmate_grammar() -> Rule:
    """The grammar as a JSON document."""
    return {
        "name": "nn-lang",
        "scopeName": "source.nn",
        "fileTypes": ["nn"],
        "patterns": _includes("statements"),
        "repository": {name: {"patterns": rules} for name, rules in _repository().items()},
    }


def _includes(*names: str) -> list[Rule]:
    return [{"include": f"#{name}"} for name in names]


def _scopes(*given: Role | None) -> Rule:
    """The scopes of the groups of an expression, counted from 1."""
    return {str(number): {"name": SCOPES[role]} for number, role in enumerate(given, 1) if role}


def _repository() -> dict[str, list[Rule]]:
    return {
        "statements": [
            *_includes("comments"),
            *_headers(),
            {
                "begin": r"\{",
                "end": r"\}",
                "beginCaptures": {"0": {"name": SCOPES[Role.PUNCTUATION]}},
                "endCaptures": {"0": {"name": SCOPES[Role.PUNCTUATION]}},
                "patterns": _includes("statements"),
            },
            *_includes("expressions"),
        ],
        "expressions": [
            *_includes("comments", "strings", "round", "square", "continued", "attributes", "names", "numbers", "signs")
        ],
        "comments": _comments(),
        "strings": _strings(),
        "round": _bracket(r"\(", r"\)", "comments", "arguments", "expressions"),
        "square": _bracket(r"\[", r"\]", "expressions"),
        "arguments": [
            {
                "match": rf"({_name()})\s*(=)(?!=)",
                "captures": _scopes(Role.ARGUMENT, Role.OPERATOR),
            }
        ],
        "continued": _continued(),
        "attributes": [
            {
                "match": rf"(?<!\.)(\.)(?![.\d])\s*({_name()})",
                "captures": _scopes(Role.PUNCTUATION, Role.ATTRIBUTE),
            }
        ],
        "names": _names(),
        "called": _called(),
        "numbers": [{"match": grammar().terminals["NUMBER"], "name": SCOPES[Role.NUMBER]}],
        "signs": _signs(),
    }


def _name() -> str:
    return grammar().terminals["NAME"]


# -- statements


def _headers() -> list[Rule]:
    """The keywords of statements."""
    words = vocabulary()
    is_bound = "|".join("=(?!=)" if sign == "=" else sign for sign in signs_behind_targets(grammar()))
    no_target = rf"\b(?!\s*(?:{is_bound}))"
    name, value = _name(), r"(?=\s*[\w\"(\[.+-])"
    own = ("repeat", "expect", "from")
    return [
        {
            "begin": rf"{_BEGINNING}(repeat){no_target}(?:\s+({name})(?:\s+(in)\b)?)?",
            "end": _END,
            "beginCaptures": _scopes(Role.KEYWORD, Role.NAME, Role.KEYWORD),
            "patterns": [
                {"match": rf"\bwith\b(?=\s+{name}{_BINDS})", "name": SCOPES[Role.KEYWORD]},
                *_includes("expressions"),
            ],
        },
        {
            "begin": rf"{_BEGINNING}(expect){no_target}",
            "end": _END,
            "beginCaptures": _scopes(Role.KEYWORD),
            "patterns": [
                {"match": rf"(?<=[\w\])\".])\s+(on)\b(?=\s+{name})", "captures": _scopes(Role.KEYWORD)},
                {"match": rf"(?<=[\w\])\".])\s+(within)\b{value}", "captures": _scopes(Role.KEYWORD)},
                *_includes("expressions"),
            ],
        },
        {
            "begin": rf"{_BEGINNING}(from){no_target}",
            "end": _END,
            "beginCaptures": _scopes(Role.KEYWORD),
            "patterns": [
                {"match": r"(?<=\")\s*(import)\b", "captures": _scopes(Role.KEYWORD)},
                {"match": name, "captures": {"0": {"patterns": _includes("called")}}},
                *_includes("expressions"),
            ],
        },
        {
            "match": rf"{_BEGINNING}({one_of(set(words.beginnings) - {*own})}){no_target}",
            "captures": _scopes(Role.KEYWORD),
        },
        {"match": r"(?<=\})\s*(else)\b(?:\s+(if)\b)?", "captures": _scopes(Role.KEYWORD, Role.KEYWORD)},
    ]


# -- expressions


def _comments() -> list[Rule]:
    comment = grammar().terminals["COMMENT"]
    return [
        {"match": DOCUMENTATION.pattern + comment[1:], "name": SCOPES[Role.DOCUMENTATION]},
        {"match": comment, "name": SCOPES[Role.COMMENT]},
    ]


def _strings() -> list[Rule]:
    string = grammar().terminals["STRING"]
    escapes = {"0": {"patterns": [{"match": r"\\.", "name": "constant.character.escape.nn"}]}}
    return [
        {"match": string, "name": SCOPES[Role.STRING], "captures": escapes},
        {"match": '".*$', "name": f"{SCOPES[Role.STRING]} invalid.illegal.unclosed.nn"},
    ]


def _bracket(opening: str, closing: str, *inside: str) -> list[Rule]:
    return [
        {
            "begin": opening,
            "end": closing,
            "beginCaptures": {"0": {"name": SCOPES[Role.PUNCTUATION]}},
            "endCaptures": {"0": {"name": SCOPES[Role.PUNCTUATION]}},
            "patterns": _includes(*inside),
        }
    ]


def _continued() -> list[Rule]:
    """Pipes, whose next name is called; operators at the end of a line, behind which no statement begins."""
    tables = grammar()
    signs = [tables.terminals[kind] for kind in sorted(OPERATORS) if kind in tables.terminals and kind != "PIPE"]
    words = one_of(vocabulary().operators)
    any_name = rf"({_name()})(?=\s*\()|({_name()})|(?=[^\s#])"
    return [
        {
            "begin": tables.terminals["PIPE"],
            "end": rf"({_name()})\b(?!\s*\.)|(?=[^\s#])",
            "beginCaptures": {"0": {"name": SCOPES[Role.OPERATOR]}},
            "endCaptures": {"1": {"patterns": _includes("called")}},
            "patterns": _includes("comments"),
        },
        {
            "begin": rf"(?:({'|'.join(signs)})|\b({words})\b)\s*(?=#|$)",
            "end": any_name,
            "beginCaptures": _scopes(Role.OPERATOR, Role.OPERATOR_WORD),
            "endCaptures": {"1": {"patterns": _includes("called")}, "2": {"patterns": _includes("names")}},
            "patterns": _includes("comments"),
        },
    ]


def _names() -> list[Rule]:
    words, name = vocabulary(), _name()
    return [
        {"match": rf"\b({one_of(words.operators)})\b(?!{_BINDS})", "name": SCOPES[Role.OPERATOR_WORD]},
        {"match": rf"{name}\b(?={_BINDS})", "name": SCOPES[Role.NAME]},
        {"match": rf"({name})(?=\s*\()", "captures": {"1": {"patterns": _includes("called")}}},
        {"match": rf"\b({one_of(words.constants)})\b", "name": SCOPES[Role.CONSTANT]},
        {"match": rf"\b({one_of(words.types)})\b", "name": SCOPES[Role.TYPE]},
        {"match": name, "name": SCOPES[Role.NAME]},
    ]


def _called() -> list[Rule]:
    """What a name is that is called, piped into or imported."""
    return [
        {"match": rf"\b({LAYER_NAME.pattern})\b", "name": SCOPES[Role.LAYER]},
        {"match": rf"\b({one_of(vocabulary().operations)})\b", "name": SCOPES[Role.OPERATION]},
        {"match": _name(), "name": SCOPES[Role.FUNCTION]},
    ]


def _signs() -> list[Rule]:
    """Operators and punctuation, and what has no meaning."""
    terminals = grammar().terminals
    operators = {terminals[kind] for kind in (*OPERATORS, "EQUAL", "TILDE") if kind in terminals}
    return [
        {"match": _longest_first(terminals[kind] for kind in PUNCTUATION), "name": SCOPES[Role.PUNCTUATION]},
        {"match": _longest_first(operators), "name": SCOPES[Role.OPERATOR]},
        {"match": r"\S", "name": SCOPES[Role.ERROR]},
    ]


def _longest_first(patterns: Iterable[str]) -> str:
    return "|".join(sorted(patterns, key=lambda pattern: (-len(pattern), pattern)))
